/** Trust anchors and negative ones; all of it is asked of the network side. */
import type {
  Answer, NegativeTrustAnchorInput, NegativeTrustAnchorView, TrustAnchorInput, TrustAnchorServices, TrustAnchorView,
} from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import { canonical, pick } from './inputs.ts'

export class ApplianceTrustAnchors implements TrustAnchorServices {
  readonly #network: NetworkSide

  constructor({ network }: { readonly network: NetworkSide }) {
    this.#network = network
  }

  listTrustAnchors(): Answer<readonly TrustAnchorView[]> {
    return this.#network.trustAnchors.trustAnchors()
  }

  async getTrustAnchor(id: number): Answer<TrustAnchorView> {
    return pick(await this.listTrustAnchors(), (anchor) => anchor.id === id, `trust anchor ${id}`)
  }

  addTrustAnchor(input: TrustAnchorInput): Answer<TrustAnchorView> {
    return this.#network.trustAnchors.addTrustAnchor(input)
  }

  changeTrustAnchor(id: number, change: Partial<Omit<TrustAnchorInput, 'zone'>>): Answer<TrustAnchorView> {
    return this.#network.trustAnchors.changeTrustAnchor(id, change)
  }

  removeTrustAnchor(id: number): Answer<null> {
    return this.#network.trustAnchors.removeTrustAnchor(id)
  }

  listNegativeTrustAnchors(): Answer<readonly NegativeTrustAnchorView[]> {
    return this.#network.trustAnchors.negativeTrustAnchors()
  }

  addNegativeTrustAnchor(input: NegativeTrustAnchorInput): Answer<NegativeTrustAnchorView> {
    return this.#network.trustAnchors.addNegativeTrustAnchor(input)
  }

  removeNegativeTrustAnchor(zone: string): Answer<null> {
    return this.#network.trustAnchors.removeNegativeTrustAnchor(canonical(zone))
  }
}
