/** Commands about the appliance itself: what it sees and how it is. */
import type { HealthView, InterfaceView, NeighbourView, Page, StatisticsView } from '../../services/index.ts'
import { type Command, NotDone } from './command.ts'
import { type Column, printable, printJson, printPage, printTable, shortTime } from './print.ts'

const INTERFACE_COLUMNS: readonly Column<InterfaceView>[] = [
  ['INTERFACE', each => each.name],
  ['MAC', each => each.mac],
  ['MTU', each => each.mtu],
  ['ADDRESSES', each => each.addresses.join(' ')],
]

const NEIGHBOUR_COLUMNS: readonly Column<NeighbourView>[] = [
  ['INTERFACE', each => each.interface],
  ['ADDRESS', each => each.address],
  ['MAC', each => each.mac],
  ['STATE', each => each.state],
  ['EXPIRES IN', each => (each.expiresIn === null ? null : `${Math.ceil(each.expiresIn)}s`)],
]

export const interfaces: Command = {
  words: 'interfaces',
  summary: 'list the interfaces of the own network stack',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot interfaces', 'taproot interfaces --json'],
  async run(invocation) {
    printPage(
      invocation,
      await invocation.api.json<Page<InterfaceView>>('GET', 'interfaces'),
      INTERFACE_COLUMNS,
      'no interfaces',
    )
  },
}

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

type Counter = { readonly part: string; readonly counter: string; readonly value: number }

const COUNTER_COLUMNS: readonly Column<Counter>[] = [
  ['PART', each => each.part],
  ['COUNTER', each => each.counter],
  ['VALUE', each => each.value],
]

export const statistics: Command = {
  words: 'statistics',
  summary: 'show the counters of every part',
  operands: '[PART]',
  fewest: 0,
  most: 1,
  options: {},
  examples: ['taproot statistics', 'taproot statistics dns'],
  async run({ api, terminal, operands, json }) {
    const all = await api.json<StatisticsView>('GET', 'statistics')
    const wanted = Object.entries(all).filter(([part]) => operands[0] === undefined || part === operands[0])
    if (json) return printJson(terminal, Object.fromEntries(wanted))
    const counters = wanted.flatMap(([part, values]) =>
      Object.entries(values).map(([counter, value]) => ({ part, counter, value })),
    )
    printTable(terminal, counters, COUNTER_COLUMNS, 'nothing was counted so far')
  },
}
