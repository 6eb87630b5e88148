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

export interface ReasonServices {
  listDecisions(filter: DecisionFilter, paging: Paging): Answer<Page<DecisionView>>
  getDecision(id: number): Answer<DecisionView>
  /**
   * `at`: as it was then, a time or a date (UTC); undefined: as it is now, with why not otherwise. `client`: a name as it
   * is answered to this address.
   */
  /** `type`: of a name, the type that is asked for; A unless said. */
  explain(subject: string, at?: string, client?: string, type?: string): Answer<ExplanationView>
}
