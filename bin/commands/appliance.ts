/** Commands about the appliance itself: what it sees and how it is. */
import type { HealthView } from '../../services/index.ts'
import { type Command, NotDone } from './command.ts'
import { type Column, printable, printJson, printTable, shortTime } from './print.ts'

/** What comes without a token is only the status. */
type HealthSeen = Pick<HealthView, 'status'> & Partial<HealthView>

const CHECK_COLUMNS: readonly Column<HealthView['checks'][number]>[] = [
  ['PART', each => each.name],
  ['STATUS', each => each.status],
  ['DETAIL', each => each.detail],
]

export const health: Command = {
  words: 'health',
  summary: 'show whether everything works',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot health'],
  async run({ api, terminal, json }) {
    const seen = await api.json<HealthSeen>('GET', 'health')
    if (json) {
      printJson(terminal, seen)
    } else {
      const since =
        seen.version === undefined ? '' : `  Taproot ${seen.version}, since ${shortTime(seen.startedAt ?? null) ?? '?'}`
      terminal.out(`${printable(seen.status + since)}\n`)
      if (seen.checks !== undefined) printTable(terminal, seen.checks, CHECK_COLUMNS, 'no checks')
    }
    if (seen.status === 'failing') throw new NotDone('the appliance is failing')
  },
}
