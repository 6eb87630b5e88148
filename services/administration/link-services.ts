/** Whom the stack sees on its links. */
import type { Answer, LinkServices, NeighbourInput, NeighbourView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import { addressField } from './inputs.ts'

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

  async addNeighbour({ interface: interfaceName, address, mac }: NeighbourInput): Answer<NeighbourView> {
    const read = addressField('/address', address)
    return read.ok ? this.#o.network.links.addNeighbour(interfaceName ?? undefined, read.value, mac) : read
  }

  async removeNeighbour(address: string, interfaceName: string | null): Answer<null> {
    const read = addressField('/address', address)
    return read.ok ? this.#o.network.links.removeNeighbour(interfaceName ?? undefined, read.value) : read
  }

  flushNeighbours(interfaceName: string | null): Answer<number> {
    return this.#o.network.links.flushNeighbours(interfaceName ?? undefined)
  }
}
