/** Entry of the command line. Run by bin/taproot on the pinned Node.js. */
import { main } from './commands/main.ts'

/** What a shell shows of a program that SIGPIPE ended. */
const EXIT_BROKEN_PIPE = 141

/** Somebody like `head` has read enough. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT_BROKEN_PIPE)
})

/** Aborted by the first Ctrl-C; a second one ends the program. */
function interrupt(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  environment: process.env,
  octets: (piece) =>
    new Promise((resolve) => process.stdout.write(piece, (error) => resolve(error === null || error === undefined))),
  interrupt,
})
