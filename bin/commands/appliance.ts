/** Commands about the appliance itself: what it sees and how it is. */
import type { HealthView, NeighbourView, Page } from '../../services/index.ts'
import { type Command, NotDone } from './command.ts'
import { type Column, printable, printJson, printPage, printTable, shortTime } from './print.ts'

const NEIGHBOUR_COLUMNS: readonly Column<NeighbourView>[] = [
  ['INTERFACE', each => each.interface],
  ['ADDRESS', each => each.address],
  ['MAC', each => each.mac],
  ['STATE', each => each.state],
  ['EXPIRES IN', each => (each.expiresIn === null ? null : `${Math.ceil(each.expiresIn)}s`)],
]

export const neighbours: Command = {
  words: 'neighbours',
  summary: 'list the ARP cache',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot neighbours'],
  async run(invocation) {
    printPage(
      invocation,
      await invocation.api.json<Page<NeighbourView>>('GET', 'neighbours'),
      NEIGHBOUR_COLUMNS,
      'no neighbours',
    )
  },
}

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
