/** Zones that are copies; all of it is asked of the network side. */
import type { Answer, SecondaryInput, SecondaryServices, SecondaryView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import { canonical } from './inputs.ts'

export type ApplianceSecondariesOptions = {
  readonly network: NetworkSide
}

export class ApplianceSecondaries implements SecondaryServices {
  readonly #o: ApplianceSecondariesOptions

  constructor(options: ApplianceSecondariesOptions) {
    this.#o = options
  }

  getSecondary(zone: string): Answer<SecondaryView> {
    return this.#o.network.secondaries.secondary(canonical(zone))
  }

  setSecondary(zone: string, { primaries }: SecondaryInput): Answer<SecondaryView> {
    const named = primaries.map((primary) => ({ ...primary, key: primary.key === null ? null : canonical(primary.key) }))
    return this.#o.network.secondaries.setSecondary(canonical(zone), { primaries: named })
  }

  promote(zone: string): Answer<null> {
    return this.#o.network.secondaries.promote(canonical(zone))
  }

  refresh(zone: string, full: boolean): Answer<SecondaryView> {
    return this.#o.network.secondaries.refreshSecondary(canonical(zone), full)
  }
}
