/** `taproot queries`: which queries were answered how, also while they come in, and what is written down of them. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Page, QueryLogView, QueryView, TopView } from '../../services/index.ts'
import type { Query } from './client.ts'
import { type Command, type Invocation, type Options, PAGING_OPTIONS, UsageError } from './command.ts'
import { type Column, printable, printDone, printJson, printPage, printTable, shortTime } from './print.ts'

const FILTERS = {
  from: { type: 'string', value: 'TIME', says: 'not before then: 2026-11-22T14:02, or a date (UTC)' },
  to: { type: 'string', value: 'TIME', says: 'not after then' },
  client: { type: 'string', value: 'CLIENT', says: 'an address, a prefix, or the host name of a DHCP client' },
  name: { type: 'string', value: 'NAME', says: 'exactly this name' },
  below: { type: 'string', value: 'NAME', says: 'this name and all below it' },
  containing: { type: 'string', value: 'TEXT', says: 'names that have this in them' },
  type: { type: 'string', value: 'TYPE', says: 'what was asked for: A, AAAA, …' },
  rcode: { type: 'string', value: 'RCODE', says: 'what the response says: NOERROR, NXDOMAIN, SERVFAIL, …' },
  outcome: { type: 'string', value: 'OUTCOME', says: 'answered, blocked, failed or refused' },
  source: { type: 'string', value: 'SOURCE', says: 'own, special-use, cache, stale, network, policy, refused or failure' },
  carrier: { type: 'string', value: 'CARRIER', says: 'udp, tcp, tls or https' },
} as const satisfies Options

/** How often a log that is followed is looked at, and how much of it is shown first. */
const FOLLOW_MS = 500
const FIRST_SHOWN = 10

/** What else there is to say of the source. */
const because = (each: QueryView): string | null =>
  each.list !== null ? `${each.allowed ? 'allowed by ' : ''}${each.list}: ${each.rule ?? ''}` : each.age !== null ? `${each.age} s old` : each.server

const COLUMNS: readonly Column<QueryView>[] = [
  ['AT', each => shortTime(each.at)],
  ['CLIENT', each => each.clientName ?? each.client],
  ['NAME', each => each.name],
  ['TYPE', each => each.type],
  ['RCODE', each => each.rcode],
  ['OUTCOME', each => each.outcome],
  ['SOURCE', each => each.source],
  ['MS', each => each.tookMs.toFixed(1)],
  ['BY', because],
]

const filterOf = ({ text }: Invocation): Query => Object.fromEntries(Object.keys(FILTERS).map(name => [name, text(name)]))

export const queriesList: Command = {
  words: 'queries list',
  summary: 'list the queries that were answered, the latest first',
  operands: '',
  fewest: 0,
  most: 0,
  options: {
    ...FILTERS,
    follow: { type: 'boolean', short: 'f', says: 'the latest, and then those that come, until Ctrl-C' },
    export: { type: 'string', value: 'FORMAT', says: 'all that match, as ndjson or csv' },
    ...PAGING_OPTIONS,
  },
  examples: [
    'taproot queries --client printer --outcome blocked',
    'taproot queries --below example.com --from 2026-11-22',
    'taproot queries --follow --containing track',
    'taproot queries --export csv --from 2026-11-22 > queries.csv',
  ],
  async run(invocation) {
    const { api, terminal, text, integer, flag } = invocation
    const format = text('export')
    if (flag('follow')) return follow(invocation)
    if (format === undefined) {
      const page = await api.json<Page<QueryView>>('GET', 'dns/queries', { ...filterOf(invocation), limit: integer('limit'), after: text('after') })
      return printPage(invocation, page, COLUMNS, 'no such queries')
    }
    const signal = terminal.interrupt()
    for await (const piece of api.octets('GET', 'dns/queries/export', { ...filterOf(invocation), format }, undefined, signal))
      if (!(await terminal.octets(piece))) return
  },
}

/** One line each, oldest first, until Ctrl-C. */
async function follow(invocation: Invocation): Promise<void> {
  const { api, terminal, text } = invocation
  if (text('export') !== undefined || text('after') !== undefined) throw new UsageError('--follow goes with neither --export nor --after')
  const signal = terminal.interrupt()
  let since: number | undefined
  while (!signal.aborted) {
    const limit = since === undefined ? FIRST_SHOWN : 1000
    const { items } = await api.json<Page<QueryView>>('GET', 'dns/queries', { ...filterOf(invocation), since, limit })
    since = items[0]?.id ?? since ?? 0
    for (const each of items.toReversed()) terminal.out(`${lineOf(each, invocation)}\n`)
    await wait(FOLLOW_MS, undefined, { signal }).catch(() => undefined)
  }
}

const lineOf = (each: QueryView, { json, terminal }: Invocation): string =>
  json ? JSON.stringify(each) : COLUMNS.map(([, cell]) => printable(String(cell(each) ?? '-'))).join(terminal.isTerminal ? '  ' : '\t')

const TOP: readonly Column<TopView['items'][number]>[] = [
  ['QUERIES', each => each.count],
  ['WHAT', each => each.key],
  ['NAME', each => each.clientName],
]

export const queriesTop: Command = {
  words: 'queries top',
  summary: 'show the most frequent names, clients, or blocked names, of the last day',
  operands: 'name|client|blocked',
  fewest: 1,
  most: 1,
  options: {
    from: { type: 'string', value: 'TIME', says: 'not before then' },
    to: { type: 'string', value: 'TIME', says: 'not after then' },
    limit: { type: 'string', value: 'N', says: 'how many, 1 to 1000 (default 10)' },
  },
  examples: ['taproot queries top blocked', 'taproot queries top client --from 2026-11-01 --limit 20'],
  async run(invocation) {
    const { api, terminal, json, operands, text, integer } = invocation
    const [by] = operands
    const top = await api.json<TopView>('GET', 'dns/queries/top', { by, from: text('from'), to: text('to'), limit: integer('limit') })
    if (json) return printJson(terminal, top)
    printTable(terminal, top.items, by === 'client' ? TOP : TOP.slice(0, 2), 'no queries in that time')
  },
}

export const queriesClear: Command = {
  words: 'queries clear',
  summary: 'forget all queries that are written down',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot queries clear'],
  async run(invocation) {
    await invocation.api.json<null>('DELETE', 'dns/queries')
    printDone(invocation, 'all queries are forgotten', null)
  },
}

export const queriesLog: Command = {
  words: 'queries log',
  summary: 'show or change what is written down of queries, and for how long',
  operands: '',
  fewest: 0,
  most: 0,
  options: {
    mode: { type: 'string', value: 'MODE', says: 'full, anonymous (no last octet of addresses), counts (no names, no clients) or off' },
    'keep-days': { type: 'string', value: 'DAYS', says: 'how long queries are kept' },
    'max-mebibytes': { type: 'string', value: 'MIB', says: 'the largest that the file may be' },
  },
  examples: ['taproot queries log', 'taproot queries log --mode anonymous --keep-days 2'],
  async run(invocation) {
    const { api, text, integer } = invocation
    const change = { mode: text('mode'), keepDays: integer('keep-days'), maxMebibytes: integer('max-mebibytes') }
    const changes = Object.values(change).some(value => value !== undefined)
    const view = changes ? await api.json<QueryLogView>('PATCH', 'dns/query-log', {}, change) : await api.json<QueryLogView>('GET', 'dns/query-log')
    const { mode, keepDays, maxMebibytes, queries, octets, oldestAt, dropped } = view
    const since = oldestAt === null ? '' : ` since ${shortTime(oldestAt) ?? ''}`
    const lost = dropped === 0 ? '' : `, ${dropped} not written down`
    const said = `mode ${mode}, kept for ${keepDays} days in at most ${maxMebibytes} MiB: ${queries} queries${since}, ${(octets / 1_048_576).toFixed(1)} MiB${lost}`
    printDone(invocation, said, view)
  },
}
