/** Entry of the command line. Run by bin/taproot on the pinned Node.js. */
import { main } from './commands/main.ts'

process.exitCode = await main(process.argv.slice(2), {
  out: text => process.stdout.write(text),
  err: text => process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  environment: process.env,
})
