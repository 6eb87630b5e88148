/** Why the appliance did what it did. */
import type { Answer, Page, Paging } from './common.ts'
import type { RecordView } from './dns.ts'
import type { LeaseHistoryView, LeaseView } from './leases.ts'

export type DecisionView = {
  readonly id: number
  readonly at: string
  readonly kind: string
  readonly interface: string
  readonly mac: string
  readonly clientId: string | null
  readonly address: string | null
  readonly hostName: string | null
  readonly received: string
  readonly sent: string
  readonly steps: readonly { readonly id: string; readonly text: string; readonly facts: { readonly [name: string]: unknown } }[]
}
export type DecisionFilter = {
  readonly mac?: string | undefined
  readonly address?: string | undefined
  readonly hostName?: string | undefined
  readonly received?: string | undefined
  readonly sent?: string | undefined
  /** No later than then: a time, or a date to its end (UTC). */
  readonly until?: string | undefined
}
/** All that is known of a MAC, an address or a name, ready to print. */
export type ExplanationView = {
  readonly subject: string
  readonly kind: 'mac' | 'address' | 'name'
  /** Lines of at most 100 columns: one screen. */
  readonly lines: readonly string[]
  readonly leases: readonly LeaseView[]
  readonly history: readonly LeaseHistoryView[]
  readonly records: readonly RecordView[]
  readonly decisions: readonly DecisionView[]
}

/** A query to a server on the way to an answer. */
export type ServerAskedView = {
  /** "192.0.2.1", "192.0.2.1:853 by TLS". */
  readonly server: string
  /** Whose server it was asked as; null of servers that are forwarded to. */
  readonly zone: string | null
  readonly name: string | null
  readonly type: string | null
  readonly outcome: 'answered' | 'referred' | 'no-zone-cut' | 'useless' | 'none'
  /** Null: no answer was waited for any longer. */
  readonly tookMs: number | null
  readonly text: string
}
/** How a question is answered, and why. */
export type QueryExplanationView = {
  readonly name: string
  readonly type: string
  readonly client: string | null
  readonly view: string | null
  readonly rcode: string
  readonly answers: readonly string[]
  readonly origin: 'own' | 'special-use' | 'cache' | 'network' | 'stale' | 'policy' | 'failure' | 'refused'
  readonly authentic: boolean
  /** The rule of a list or policy that decided. */
  readonly rule: { readonly action: string; readonly list: string; readonly rule: string } | null
  readonly cache: {
    readonly state: 'hit' | 'miss' | 'stale' | 'failed-lately' | 'not-looked'
    readonly ageSeconds: number | null
    readonly leftSeconds: number | null
    readonly source: string | null
  }
  readonly servers: readonly ServerAskedView[]
  /** The chain of trust, in the order in which it was gone. */
  readonly validation: readonly { readonly id: string; readonly text: string }[]
  readonly steps: readonly { readonly id: string; readonly text: string; readonly facts: { readonly [name: string]: unknown } }[]
  readonly lines: readonly string[]
}

export interface ReasonServices {
  listDecisions(filter: DecisionFilter, paging: Paging): Answer<Page<DecisionView>>
  getDecision(id: number): Answer<DecisionView>
  /**
   * `at`: as it was then, a time or a date (UTC); undefined: as it is now, with why not otherwise. `client`: a name as it
   * is answered to this address.
   */
  /** `type`: of a name, the type that is asked for; A unless said. */
  /** `client`: who asks, as "10.53.0.20". `fresh`: others are asked even where the cache has an answer. */
  explainQuery(query: { readonly name: string; readonly type?: string | undefined; readonly client?: string | undefined; readonly fresh?: boolean | undefined }): Answer<QueryExplanationView>
  explain(subject: string, at?: string, client?: string, type?: string): Answer<ExplanationView>
}
