/** Which queries were answered how: the log, its search, and how much is written down. */
import type { QueryLogMode } from '../model/index.ts'
import type { Answer, Page, Paging, Streaming } from './common.ts'

export type QueryView = {
  readonly id: number
  /** When it came in. */
  readonly at: string
  /** Null where the mode left it out; "10.53.0.0" of 10.53.0.20 where it is anonymous. */
  readonly client: string | null
  /** What the holder of the address called itself then. */
  readonly clientName: string | null
  readonly carrier: 'udp' | 'tcp' | 'tls' | 'https'
  readonly name: string | null
  readonly type: string
  readonly rcode: string
  readonly outcome: 'answered' | 'blocked' | 'failed' | 'refused'
  readonly source: string
  /** Of what was in the cache, in seconds. */
  readonly age: number | null
  /** Who was asked: "192.0.2.53:53". */
  readonly server: string | null
  /** Of the rule that decided. */
  readonly list: string | null
  readonly rule: string | null
  /** The rule let the name pass. */
  readonly allowed: boolean
  /** 0: it was ready. */
  readonly tookMs: number
  readonly octets: number
  /** Of the response: "aa", "tc", "rd", "ra", "ad", "cd". */
  readonly flags: readonly string[]
  readonly dnssecOk: boolean
}

export type QueryFilter = {
  /** A time, or a date (UTC). */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** An address, a prefix, or the host name of a DHCP client. */
  readonly client?: string | undefined
  /** Exactly this name; or it and all below it; or all that have this in them. One of the three. */
  readonly name?: string | undefined
  readonly below?: string | undefined
  readonly containing?: string | undefined
  readonly type?: string | undefined
  readonly rcode?: string | undefined
  readonly outcome?: QueryView['outcome'] | undefined
  readonly source?: string | undefined
  readonly carrier?: QueryView['carrier'] | undefined
  /** Only what came after the query of this id. */
  readonly since?: number | undefined
}

export type TopQuestion = {
  /** `blocked`: names that a rule blocked. */
  readonly by: 'name' | 'client' | 'blocked'
  /** A day up to `to` unless said; to now unless said. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** 1 to 1000. */
  readonly limit: number
}
export type TopView = {
  readonly by: TopQuestion['by']
  readonly from: string
  readonly to: string
  /** Queries in all. */
  readonly total: number
  readonly items: readonly { readonly key: string; readonly clientName: string | null; readonly count: number }[]
}

export type QueryLogInput = { readonly mode: QueryLogMode; readonly keepDays: number; readonly maxMebibytes: number }
export type QueryLogView = QueryLogInput & {
  readonly queries: number
  readonly oldestAt: string | null
  readonly octets: number
  /** Since the start, because too many came at once. */
  readonly dropped: number
}

export interface QueryLogServices {
  queryLog(): Answer<QueryLogView>
  /** Counts from the next query on; what was written stays as it is. */
  changeQueryLog(change: Partial<QueryLogInput>): Answer<QueryLogView>
  /** Newest first. */
  listQueries(filter: QueryFilter, paging: Paging): Answer<Page<QueryView>>
  /** All that match, newest first, some hundreds at a time. */
  exportQueries(filter: QueryFilter): Streaming<readonly QueryView[]>
  topQueries(question: TopQuestion): Answer<TopView>
  /** Forgets all. */
  clearQueries(): Answer<null>
}
