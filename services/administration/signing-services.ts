/** Signing of zones; all of it is asked of the network side. */
import type { Answer, KeyImportInput, SigningInput, SigningServices, SigningView } from '../facade.ts'
import type { KeyRole } from '../model/index.ts'
import type { NetworkSide } from '../network-side.ts'
import { canonical } from './inputs.ts'

export type ApplianceSigningOptions = {
  readonly network: NetworkSide
}

export class ApplianceSigning implements SigningServices {
  readonly #o: ApplianceSigningOptions

  constructor(options: ApplianceSigningOptions) {
    this.#o = options
  }

  getSigning(zone: string): Answer<SigningView> {
    return this.#o.network.signing.signing(canonical(zone))
  }

  setSigning(zone: string, input: SigningInput): Answer<SigningView> {
    return this.#o.network.signing.setSigning(canonical(zone), input)
  }

  rollKeys(zone: string, role: KeyRole | null): Answer<SigningView> {
    return this.#o.network.signing.rollKeys(canonical(zone), role)
  }

  confirmDs(zone: string, by: 'hand' | 'asking'): Answer<SigningView> {
    return this.#o.network.signing.confirmDs(canonical(zone), by)
  }

  importKeys(zone: string, input: KeyImportInput): Answer<SigningView> {
    return this.#o.network.signing.importKeys(canonical(zone), input)
  }
}
