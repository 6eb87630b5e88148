/** The stack's interfaces and neighbours. */
import type { Answer, InterfaceView, LinkServices, NeighbourView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'

export type ApplianceLinksOptions = {
  readonly network: NetworkSide
}

export class ApplianceLinks implements LinkServices {
  readonly #o: ApplianceLinksOptions

  constructor(options: ApplianceLinksOptions) {
    this.#o = options
  }

  listInterfaces(): Answer<readonly InterfaceView[]> {
    return this.#o.network.links.interfaces()
  }

  listNeighbours(): Answer<readonly NeighbourView[]> {
    return this.#o.network.links.neighbours()
  }
}
