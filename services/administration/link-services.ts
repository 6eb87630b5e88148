/** Whom the stack sees on its links. */
import type { Answer, LinkServices, NeighbourView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'

export type ApplianceLinksOptions = {
  readonly network: NetworkSide
}

export class ApplianceLinks implements LinkServices {
  readonly #o: ApplianceLinksOptions

  constructor(options: ApplianceLinksOptions) {
    this.#o = options
  }

  listNeighbours(): Answer<readonly NeighbourView[]> {
    return this.#o.network.links.neighbours()
  }
}
