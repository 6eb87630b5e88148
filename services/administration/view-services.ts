/** Views; all of it is asked of the network side. */
import type { Answer, ViewServices, ViewView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import { canonical } from './inputs.ts'

export type ApplianceViewsOptions = {
  readonly network: NetworkSide
}

export class ApplianceViews implements ViewServices {
  readonly #o: ApplianceViewsOptions

  constructor(options: ApplianceViewsOptions) {
    this.#o = options
  }

  listViews(): Answer<readonly ViewView[]> {
    return this.#o.network.views.views()
  }

  setViews(views: readonly ViewView[]): Answer<readonly ViewView[]> {
    return this.#o.network.views.setViews(views.map((view) => ({ ...view, name: view.name.toLowerCase(), keys: view.keys.map(canonical) })))
  }
}
