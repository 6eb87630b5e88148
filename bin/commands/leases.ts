import {
  LEASE_EXPORTS, LEASE_FORMATS, leaseHeader, leaseLine, type LeaseHistoryView, type LeaseImportView, type LeaseView, type Page, type SubnetView,
} from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, type Invocation, type Options, PAGING_OPTIONS, UsageError } from './command.ts'
import { readText } from './dhcp.ts'
import { type Column, printable, printDone, printPage, shortTime } from './print.ts'

const FILTERS = {
  mac: { type: 'string', value: 'MAC', says: 'of this client' },
  address: { type: 'string', value: 'ADDRESS', says: 'of this address' },
  host: { type: 'string', value: 'NAME', says: 'of clients with this host name' },
  state: { type: 'string', value: 'STATE', says: 'bound, released, expired or declined' },
  subnet: { type: 'string', value: 'PREFIX', says: 'in this subnet' },
  ...PAGING_OPTIONS,
} as const satisfies Options

const filterOf = ({ text, integer }: Invocation) => ({
  mac: text('mac'),
  address: text('address'),
  hostName: text('host'),
  state: text('state'),
  subnet: text('subnet'),
  limit: integer('limit'),
  after: text('after'),
})

const COLUMNS: readonly Column<LeaseView>[] = [
  ['ADDRESS', lease => lease.address],
  ['STATE', lease => lease.state],
  ['MAC', lease => lease.mac],
  ['HOST', lease => lease.hostName],
  ['NAME', lease => lease.name],
  ['EXPIRES', lease => shortTime(lease.expiresAt)],
]

const HISTORY_COLUMNS: readonly Column<LeaseHistoryView>[] = [
  ['ADDRESS', hold => hold.address],
  ['MAC', hold => hold.mac],
  ['HOST', hold => hold.hostName],
  ['FROM', hold => shortTime(hold.from)],
  ['TO', hold => shortTime(hold.to)],
  ['ENDED', hold => hold.ended],
]

export const leasesList: Command = {
  words: 'leases list',
  summary: 'list leases',
  operands: '',
  fewest: 0,
  most: 0,
  options: FILTERS,
  examples: [
    'taproot leases',
    'taproot leases list --state bound --subnet 10.53.0.0/24',
    'taproot leases --mac 02:00:0a:35:00:14 --json',
  ],
  async run(invocation) {
    const page = await invocation.api.json<Page<LeaseView>>('GET', 'leases', filterOf(invocation))
    printPage(invocation, page, COLUMNS, 'no leases')
  },
}

export const leasesHistory: Command = {
  words: 'leases history',
  summary: 'list who had which address, and when',
  operands: '[ADDRESS]',
  fewest: 0,
  most: 1,
  options: { ...FILTERS, at: { type: 'string', value: 'TIME', says: 'held then: 2026-11-17T14:02, or a date for any time of that day (UTC)' } },
  examples: ['taproot leases history 10.53.0.120 --at 2026-11-17', 'taproot leases history --mac 02:00:0a:35:00:14'],
  async run(invocation) {
    const filter = filterOf(invocation)
    const of = { ...filter, address: invocation.operands[0] ?? filter.address, at: invocation.text('at') }
    const page = await invocation.api.json<Page<LeaseHistoryView>>('GET', 'leases/history', of)
    printPage(invocation, page, HISTORY_COLUMNS, 'no leases so far')
  },
}

export const leasesImport: Command = {
  words: 'leases import',
  summary: 'take over the leases of another server',
  operands: 'FILE',
  fewest: 1,
  most: 1,
  options: {
    from: { type: 'string', value: 'kea|dnsmasq|isc|csv', says: 'whose file it is; csv: address,mac,client-id,hostname,expiry' },
    'dry-run': { type: 'boolean', says: 'only say what would be taken' },
  },
  examples: ['taproot leases import dnsmasq.leases --from dnsmasq --dry-run', 'taproot leases import kea-leases4.csv --from kea'],
  async run(invocation) {
    const { api, operands, flag, text, terminal } = invocation
    const [file] = operands as [string]
    const from = text('from')
    const format = LEASE_FORMATS.find(each => each === from)
    if (format === undefined) throw new UsageError(`--from takes ${LEASE_FORMATS.join(', ')}, not "${from ?? ''}"`)
    const body = { format, text: readText(file), dryRun: flag('dry-run') }
    const done = await api.json<LeaseImportView>('POST', 'leases/import', {}, body)
    for (const { line, problem, remedy } of done.notes) terminal.err(`${printable(`${file}:${line}: ${problem}; ${remedy}`)}\n`)
    printDone(invocation, `${done.dryRun ? 'would take' : 'took'} ${done.taken} lease${done.taken === 1 ? '' : 's'} over`, done)
  },
}

/** As many as a page may have. */
const EXPORT_PAGE = 1000

export const leasesExport: Command = {
  words: 'leases export',
  summary: 'print all leases as CSV or as a lease file of Kea',
  operands: '',
  fewest: 0,
  most: 0,
  options: { to: { type: 'string', value: 'kea|csv', says: 'csv unless given' } },
  examples: ['taproot leases export > leases.csv', 'taproot leases export --to kea > kea-leases4.csv'],
  async run({ api, text, terminal }) {
    const given = text('to') ?? 'csv'
    const to = LEASE_EXPORTS.find(each => each === given)
    if (to === undefined) throw new UsageError(`--to takes ${LEASE_EXPORTS.join(' or ')}, not "${given}"`)
    const ids = new Map<string, number>()
    for await (const { prefix, id } of everyOne<SubnetView>(api, 'subnets')) ids.set(prefix, id)
    terminal.out(`${leaseHeader(to)}\n`)
    for await (const lease of everyOne<LeaseView>(api, 'leases')) terminal.out(`${leaseLine(to, lease, ids.get(lease.subnet) ?? 0)}\n`)
  },
}

async function* everyOne<T>(api: Invocation['api'], resource: string): AsyncGenerator<T> {
  let after: string | undefined
  do {
    const page: Page<T> = await api.json<Page<T>>('GET', resource, { limit: EXPORT_PAGE, after })
    yield* page.items
    after = page.next ?? undefined
  } while (after !== undefined)
}

export const leasesRelease: Command = {
  words: 'leases release',
  summary: 'end a lease now, as if the client had released it',
  operands: 'ADDRESS',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot leases release 10.53.0.120'],
  async run(invocation) {
    const lease = await invocation.api.json<LeaseView>('DELETE', path('leases', invocation.operands[0] as string))
    printDone(invocation, `released ${lease.address}, which ${lease.mac} had`, lease)
  },
}

export const leasesForceRenew: Command = {
  words: 'leases force-renew',
  summary: 'make a client renew now, so that it takes new settings',
  operands: 'ADDRESS',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot leases force-renew 10.53.0.120'],
  async run(invocation) {
    const where = path('leases', invocation.operands[0] as string, 'force-renew')
    const lease = await invocation.api.json<LeaseView>('POST', where)
    printDone(invocation, `told ${lease.mac} to renew ${lease.address}`, lease)
  },
}
