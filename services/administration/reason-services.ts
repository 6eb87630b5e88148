/** The decisions that are kept, and explanations made of all that is known. */
import { ok } from '../../stack/platform/index.ts'
import { explainQuery } from '../explain-query.ts'
import { explain } from '../explain.ts'
import type { Answer, DecisionFilter, DecisionView, ExplanationView, Page, Paging, QueryExplanationView, ReasonServices, Services } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import type { DecisionStore } from '../storage/decisions.ts'
import { decisionView } from '../views.ts'
import { badCursor, cursorOf, notFound, pageOf, periodField } from './inputs.ts'

export type ApplianceReasonsOptions = {
  readonly network: NetworkSide
  readonly decisions: DecisionStore
  readonly services: () => Services
}

export class ApplianceReasons implements ReasonServices {
  readonly #o: ApplianceReasonsOptions

  constructor(options: ApplianceReasonsOptions) {
    this.#o = options
  }

  async listDecisions(filter: DecisionFilter, paging: Paging): Answer<Page<DecisionView>> {
    const before = cursorOf(paging)
    if (before === 'bad') return badCursor(paging.after ?? '')
    const period = filter.until === undefined ? ok(undefined) : periodField('/until', filter.until)
    if (!period.ok) return period
    const rows = this.#o.decisions.list({ ...filter, until: period.value?.to }, paging.limit + 1, before)
    return ok(pageOf(rows, paging.limit, (d) => d.id, decisionView))
  }

  async getDecision(id: number): Answer<DecisionView> {
    const decision = this.#o.decisions.get(id)
    return decision === undefined ? notFound(`decision ${id}`, 'it may have made room for newer ones; list the decisions') : ok(decisionView(decision))
  }

  explainQuery(query: Parameters<ReasonServices['explainQuery']>[0]): Answer<QueryExplanationView> {
    return explainQuery(this.#o.network, query)
  }

  explain(subject: string, at?: string, client?: string, type?: string): Answer<ExplanationView> {
    return explain(this.#o.services(), this.#o.network, subject, at, client, type)
  }
}
