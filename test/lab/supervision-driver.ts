/**
 * The appliance with a hand on its threads: `node supervision-driver.ts sh bin/taproot start …` starts it as that command
 * would, and obeys lines on standard input. For supervision.test.ts, because no signal can kill a thread.
 *   kill network|storage|tls   ends that worker in the middle of forty commands, and says what became of them
 */
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { compose } from '../../bin/compose.ts'
import { readSettings } from '../../services/config/settings.ts'

const say = (event: string, facts: object = {}): void => console.log(JSON.stringify({ event, ...facts }))

/** Commands under way when the worker goes. */
const CALLS = 40

const given = process.argv.slice(process.argv.indexOf('start') + 1)
const flags = new Map<string, string>()
for (let i = 0; i + 1 < given.length; i += 2) flags.set(given[i] as string, given[i + 1] as string)
flags.delete('--log-format')

const settings = readSettings({ flags, environment: {}, file: undefined })
if (!settings.ok) throw new Error(JSON.stringify(settings.error))
const running = await compose({
  settings: settings.value,
  version: 'under test',
  log: pino({ enabled: false }),
  onEvents: () => undefined,
  onRestart: (worker) => say('worker.restarted', { worker }),
  onGiveUp: (reason) => say('gave.up', { reason }),
})
if (!running.ok) throw new Error(`${running.error.problem}; ${running.error.remedy}`)
const { threads, tokenFile, close } = running.value

async function kill(worker: 'network' | 'storage' | 'tls'): Promise<void> {
  const calls = Array.from({ length: CALLS }, () => threads.network.dns.explainName('taproot.lab.internal', 'A'))
  const gone = threads.kill(worker)
  const answers = await Promise.all(calls)
  await gone
  const after = await threads.network.dns.zones()
  say('worker.killed', {
    worker,
    answered: answers.filter((answer) => answer.ok).length,
    refused: [...new Set(answers.map((answer) => (answer.ok ? 'none' : answer.error.code)))].filter((code) => code !== 'none'),
    after: after.ok ? 'answered' : after.error.code,
  })
}

createInterface(process.stdin).on('line', (line) => {
  const worker = /^kill (network|storage|tls)$/.exec(line)?.[1]
  if (worker === 'network' || worker === 'storage' || worker === 'tls') void kill(worker)
})
process.once('SIGTERM', () => void close().then(() => process.exit(0)))
say('appliance.ready', { tokenFile })
