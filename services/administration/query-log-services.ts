/** The query log as people ask for it. The log itself is read here; who had an address when is asked of the leases. */
import { formatIpv4, lastOf, parseIpv4, parsePrefix } from '../../stack/index.ts'
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import { ASKED_DO, WAS_ALLOWED } from '../dns/query-log/ring.ts'
import { CARRIERS, SOURCE, sourceName, type SourceName } from '../dns/query-log/sources.ts'
import { RCODE, rcodeName } from '../dns/wire/message.ts'
import { formatKey, nameKey, parseName } from '../dns/wire/name.ts'
import { typeCode, typeName } from '../dns/wire/type-names.ts'
import type {
  Answer, Page, Paging, QueryFilter, QueryLogInput, QueryLogServices, QueryLogView, QueryView, Streaming, TopQuestion, TopView,
} from '../facade.ts'
import { type QueryLogSettings, type Refusal, refusal } from '../model/index.ts'
import type { NetworkSide } from '../network-side.ts'
import { type ClientRange, outcomeOf, type QueryLogReader, type QueryRow, type QuerySearch } from '../storage/query-log-reader.ts'
import type { LeaseHolding, StoreReader } from '../storage/store.ts'
import { timeText } from '../views.ts'
import { badCursor, cursorOf, given, pageOf, periodField } from './inputs.ts'

/** Whoever writes the log. */
export type QueryLogPort = {
  readonly settings: QueryLogSettings
  /** Counts from the next query on. */
  apply(settings: QueryLogSettings): void
  /** Resolves when what was answered so far can be found, or after a moment. */
  flush(): Promise<void>
  clear(): Promise<Result<null, Refusal>>
  /** Undefined: nothing was ever written. */
  reader(): QueryLogReader | undefined
  readonly dropped: number
  /** Lets others have their turn. */
  pause(): Promise<void>
}

export type ApplianceQueryLogOptions = {
  readonly network: NetworkSide
  readonly queryLog: QueryLogPort
  readonly reader: StoreReader
  readonly clock: Clock
}

const DAY_MS = 86_400_000
/** Holdings looked at for who had an address, or which addresses a name had. */
const MOST_HOLDINGS = 200
const FLAGS = [['aa', 0x0400], ['tc', 0x0200], ['rd', 0x0100], ['ra', 0x0080], ['ad', 0x0020], ['cd', 0x0010]] as const

export class ApplianceQueryLog implements QueryLogServices {
  readonly #o: ApplianceQueryLogOptions

  constructor(options: ApplianceQueryLogOptions) {
    this.#o = options
  }

  async queryLog(): Answer<QueryLogView> {
    const { queryLog } = this.#o
    await queryLog.flush()
    const extent = queryLog.reader()?.extent() ?? { queries: 0, oldest: undefined, octets: 0 }
    const { queries, oldest, octets } = extent
    return ok({ ...queryLog.settings, queries, oldestAt: oldest === undefined ? null : timeText(oldest), octets, dropped: queryLog.dropped })
  }

  async changeQueryLog(change: Partial<QueryLogInput>): Answer<QueryLogView> {
    const { network, queryLog } = this.#o
    const settings: QueryLogSettings = { ...queryLog.settings, ...given(change) }
    const stored = await network.queryLog.setQueryLog(settings)
    if (!stored.ok) return stored
    queryLog.apply(settings)
    return this.queryLog()
  }

  async listQueries(filter: QueryFilter, paging: Paging): Answer<Page<QueryView>> {
    const before = cursorOf(paging)
    if (before === 'bad') return badCursor(paging.after ?? '')
    const search = this.#search(filter)
    if (!search.ok) return search
    await this.#o.queryLog.flush()
    const reader = this.#o.queryLog.reader()
    const rows: QueryRow[] = []
    for (const piece of reader?.search(search.value, paging.limit + 1, before) ?? []) {
      rows.push(...piece)
      await this.#o.queryLog.pause()
    }
    const names = new ClientNames(this.#o.reader)
    return ok(pageOf(rows, paging.limit, (row) => row.id, (row) => viewOf(row, names)))
  }

  async exportQueries(filter: QueryFilter): Streaming<readonly QueryView[]> {
    const search = this.#search(filter)
    if (!search.ok) return search
    await this.#o.queryLog.flush()
    return ok(this.#pieces(search.value))
  }

  async *#pieces(search: QuerySearch): AsyncGenerator<readonly QueryView[], void, void> {
    const names = new ClientNames(this.#o.reader)
    for (const piece of this.#o.queryLog.reader()?.search(search, Number.MAX_SAFE_INTEGER, undefined) ?? []) {
      if (piece.length > 0) yield piece.map((row) => viewOf(row, names))
      await this.#o.queryLog.pause()
    }
  }

  async topQueries({ by, from, to, limit }: TopQuestion): Answer<TopView> {
    const { clock, queryLog } = this.#o
    const end = to === undefined ? ok({ to: clock.wallMs() }) : periodField('/to', to)
    if (!end.ok) return end
    const start = from === undefined ? ok({ from: end.value.to - DAY_MS }) : periodField('/from', from)
    if (!start.ok) return start
    const search: QuerySearch = { from: start.value.from, to: end.value.to, ...(by === 'blocked' ? { outcome: 'blocked' as const } : {}) }
    await queryLog.flush()
    let counts: ReadonlyMap<string, number> = new Map()
    for (counts of queryLog.reader()?.count(by === 'client' ? 'client' : 'name', search) ?? []) await queryLog.pause()
    const names = new ClientNames(this.#o.reader)
    const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, limit)
    return ok({
      by,
      from: timeText(start.value.from),
      to: timeText(end.value.to),
      total: [...counts.values()].reduce((sum, count) => sum + count, 0),
      items: sorted.map(([key, count]) => {
        if (by !== 'client') return { key, clientName: null, count }
        return { key: formatIpv4(Number(key) | 0), clientName: names.of(Number(key), end.value.to), count }
      }),
    })
  }

  clearQueries(): Answer<null> {
    return this.#o.queryLog.clear()
  }

  #search(filter: QueryFilter): Result<QuerySearch, Refusal> {
    const from = filter.from === undefined ? ok(undefined) : periodField('/from', filter.from)
    if (!from.ok) return from
    const to = filter.to === undefined ? ok(undefined) : periodField('/to', filter.to)
    if (!to.ok) return to
    const name = nameOf(filter)
    if (!name.ok) return name
    const type = filter.type === undefined ? undefined : typeCode(filter.type)
    if (filter.type !== undefined && type === undefined) return err(refusal('invalid', '/type', `there is no type ${filter.type}`, 'as A, or TYPE and the number, as TYPE731'))
    const rcode = filter.rcode === undefined ? undefined : rcodeOf(filter.rcode)
    if (filter.rcode !== undefined && rcode === undefined) return err(refusal('invalid', '/rcode', `there is no rcode ${filter.rcode}`, 'as NOERROR, NXDOMAIN or SERVFAIL'))
    if (filter.source !== undefined && !Object.hasOwn(SOURCE, filter.source)) {
      return err(refusal('invalid', '/source', `"${filter.source}" is no source of answers`, `one of ${Object.keys(SOURCE).filter((each) => each !== 'none').join(', ')}`))
    }
    const clients = filter.client === undefined ? ok(undefined) : this.#clients(filter.client)
    if (!clients.ok) return clients
    const { outcome, carrier, since } = filter
    const source = filter.source as SourceName | undefined
    return ok({ from: from.value?.from, to: to.value?.to, name: name.value, type, rcode, outcome, carrier, since, source, clients: clients.value })
  }

  /** An address, a prefix, or all that a host of this name had, each while it had it. */
  #clients(text: string): Result<readonly ClientRange[], Refusal> {
    const address = parseIpv4(text)
    if (address !== undefined) return ok([{ first: address >>> 0, last: address >>> 0 }])
    const prefix = text.includes('/') ? parsePrefix(text) : undefined
    if (prefix !== undefined) return ok([{ first: prefix.network >>> 0, last: lastOf(prefix) >>> 0 }])
    const { reader } = this.#o
    const label = text.toLowerCase().split('.')[0] as string
    const holdings = [...new Set([text, text.toLowerCase(), label])].flatMap((hostName) => reader.leaseHistory({ hostName }, MOST_HOLDINGS, undefined))
    if (holdings.length === 0) {
      const problem = `"${text}" is neither an address nor a prefix, and no DHCP client was ever called so`
      return err(refusal('not-found', '/client', problem, 'give an address, as 10.53.0.20, a prefix, as 10.53.0.0/24, or a host name from the list of leases'))
    }
    return ok(holdings.map(({ address: held, from, to }) => ({ first: held >>> 0, last: held >>> 0, from, to })))
  }
}

function nameOf({ name, below, containing }: QueryFilter): Result<QuerySearch['name'], Refusal> {
  const given = [['exactly', 'name', name], ['below', 'below', below], ['containing', 'containing', containing]] as const
  const [first, second] = given.filter(([, , text]) => text !== undefined)
  if (first === undefined) return ok(undefined)
  const [how, field, text = ''] = first
  if (second !== undefined) return err(refusal('invalid', `/${second[1]}`, `${field} and ${second[1]} are given`, 'give one of name, below and containing'))
  if (how === 'containing') return ok({ how, text: text.toLowerCase() })
  const parsed = parseName(text)
  if (!parsed.ok) return err(refusal('invalid', `/${field}`, `"${text}" is not a domain name`, 'as www.example.com'))
  return ok({ how, text: formatKey(nameKey(parsed.value)) })
}

function rcodeOf(text: string): number | undefined {
  const upper = text.toUpperCase()
  if (Object.hasOwn(RCODE, upper)) return RCODE[upper as keyof typeof RCODE]
  return /^RCODE\d{1,4}$/.test(upper) ? Number(upper.slice(5)) : undefined
}

/** Who had an address when; what was asked of the leases is remembered for the rest of a list. */
class ClientNames {
  readonly #reader: StoreReader
  readonly #holdings = new Map<number, readonly LeaseHolding[]>()

  constructor(reader: StoreReader) {
    this.#reader = reader
  }

  /** `address` unsigned. */
  of(address: number, at: number): string | null {
    let holdings = this.#holdings.get(address)
    if (holdings === undefined) this.#holdings.set(address, (holdings = this.#reader.leaseHistory({ address: address | 0 }, MOST_HOLDINGS, undefined)))
    return holdings.find(({ from, to }) => from <= at && (to === undefined || at <= to))?.hostName ?? null
  }
}

function viewOf(row: QueryRow, names: ClientNames): QueryView {
  const source = sourceName(row.how & 255)
  const asked = row.how >> 16
  const lineFeed = row.detail?.indexOf('\n') ?? -1
  const hasRule = row.detail !== null && lineFeed >= 0
  return {
    id: row.id,
    at: timeText(row.at_ms),
    client: row.client === null ? null : formatIpv4(row.client | 0),
    clientName: row.client === null ? null : names.of(row.client, row.at_ms),
    carrier: CARRIERS[(row.how >> 8) & 255] ?? 'udp',
    name: row.name,
    type: typeName(row.type),
    rcode: rcodeName(row.rcode),
    outcome: outcomeOf(row),
    source,
    age: source === 'cache' || source === 'stale' ? row.age_s : null,
    server: hasRule ? null : row.detail,
    list: hasRule ? (row.detail?.slice(0, lineFeed) ?? null) : null,
    rule: hasRule ? (row.detail?.slice(lineFeed + 1) ?? null) : null,
    allowed: (asked & WAS_ALLOWED) !== 0,
    tookMs: row.took_us / 1000,
    octets: row.octets,
    flags: FLAGS.filter(([, bit]) => (row.flags & bit) !== 0).map(([flag]) => flag),
    dnssecOk: (asked & ASKED_DO) !== 0,
  }
}
