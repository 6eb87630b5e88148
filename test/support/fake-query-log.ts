/** The query log in memory, for tests of the admin API and the command line. */
import type { Answer, Page, Paging, QueryFilter, QueryLogInput, QueryLogServices, QueryLogView, QueryView, Streaming, TopQuestion, TopView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const AT = '2026-11-22T03:11:00.000Z'

const query = (id: number, fields: Partial<QueryView> = {}): QueryView => ({
  id, at: AT, client: '10.53.0.20', clientName: 'printer', carrier: 'udp', name: `www${id}.example`, type: 'A', rcode: 'NOERROR', outcome: 'answered',
  source: 'network', age: null, server: '192.0.2.53:53', list: null, rule: null, allowed: false, tookMs: 12.5, octets: 100, flags: ['rd', 'ra'], dnssecOk: false,
  ...fields,
})

export class FakeQueryLog implements QueryLogServices {
  queries: QueryView[] = [
    query(4, { name: 'ads.example', rcode: 'NXDOMAIN', outcome: 'blocked', source: 'policy', server: null, list: 'ads', rule: '||ads.example^', tookMs: 0 }),
    query(3, { name: '=cmd, "quoted".example' }),
    query(2, { client: null, clientName: null, name: null }),
    query(1),
  ]
  log: QueryLogView = { mode: 'full', keepDays: 7, maxMebibytes: 1024, queries: 4, oldestAt: AT, octets: 40_960, dropped: 0 }
  /** What was asked for last. */
  asked: QueryFilter = {}

  async queryLog(): Answer<QueryLogView> {
    return ok(this.log)
  }

  async changeQueryLog(change: Partial<QueryLogInput>): Answer<QueryLogView> {
    this.log = { ...this.log, ...change }
    return ok(this.log)
  }

  async listQueries(filter: QueryFilter, { limit, after }: Paging): Answer<Page<QueryView>> {
    this.asked = filter
    if (filter.client === 'nobody') return err(refusal('not-found', '/client', '"nobody" is neither an address nor a prefix', 'give an address'))
    const found = this.queries.filter(({ id, outcome }) =>
      (after === undefined || id < Number(after)) && id > (filter.since ?? 0) && (filter.outcome === undefined || outcome === filter.outcome))
    return ok({ items: found.slice(0, limit), next: found.length > limit ? String(found[limit - 1]?.id) : null })
  }

  async exportQueries(filter: QueryFilter): Streaming<readonly QueryView[]> {
    this.asked = filter
    const { queries } = this
    return ok((async function* pieces() {
      yield queries.slice(0, 2)
      yield queries.slice(2)
    })())
  }

  async topQueries({ by, limit }: TopQuestion): Answer<TopView> {
    const items = [{ key: by === 'client' ? '10.53.0.20' : 'www.example', clientName: by === 'client' ? 'printer' : null, count: 7 }, { key: 'z', clientName: null, count: 1 }]
    return ok({ by, from: AT, to: AT, total: 8, items: items.slice(0, limit) })
  }

  async clearQueries(): Answer<null> {
    this.queries = []
    return ok(null)
  }
}
