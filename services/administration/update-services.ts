/** Dynamic update; all of it is asked of the network side. */
import type { Answer, PastUpdateView, UpdatePolicyView, UpdateServices } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import { canonical } from './inputs.ts'

export type ApplianceUpdatesOptions = {
  readonly network: NetworkSide
}

export class ApplianceUpdates implements UpdateServices {
  readonly #o: ApplianceUpdatesOptions

  constructor(options: ApplianceUpdatesOptions) {
    this.#o = options
  }

  getUpdatePolicy(zone: string): Answer<UpdatePolicyView> {
    return this.#o.network.updates.updatePolicy(canonical(zone))
  }

  setUpdatePolicy(zone: string, { rules }: UpdatePolicyView): Answer<UpdatePolicyView> {
    const named = rules.map((rule) => ({
      ...rule, key: rule.key === null ? null : canonical(rule.key), name: rule.name === null ? null : canonical(rule.name),
    }))
    return this.#o.network.updates.setUpdatePolicy(canonical(zone), { rules: named })
  }

  recentUpdates(zone: string): Answer<readonly PastUpdateView[]> {
    return this.#o.network.updates.recentUpdates(canonical(zone))
  }
}
