/** The ARP cache without a network. */
import type { Answer, LinkServices, NeighbourInput, NeighbourView, Refusal } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

export class FakeNeighbours implements LinkServices {
  neighbours: readonly NeighbourView[] = [
    { interface: 'lan0', address: '10.53.0.100', mac: '02:00:0a:35:00:64', state: 'reachable', expiresIn: 873 },
    { interface: 'lan0', address: '10.53.0.101', mac: null, state: 'incomplete', expiresIn: null },
  ]
  readonly #refused: () => Refusal | undefined

  constructor(refused: () => Refusal | undefined) {
    this.#refused = refused
  }

  async listNeighbours(): Answer<readonly NeighbourView[]> {
    return ok(this.neighbours)
  }

  async addNeighbour({ interface: name, address, mac }: NeighbourInput): Answer<NeighbourView> {
    const refused = this.#refused()
    if (refused !== undefined) return err(refused)
    if (mac.startsWith('01'))
      return err(
        refusal('invalid', '/mac', `${mac} is not the hardware address of one station`, 'the first pair is even'),
      )
    const added: NeighbourView = { interface: name ?? 'lan0', address, mac, state: 'static', expiresIn: null }
    this.neighbours = [...this.neighbours.filter((other) => other.address !== address), added]
    return ok(added)
  }

  async removeNeighbour(address: string): Answer<null> {
    const left = this.neighbours.filter((other) => other.address !== address)
    if (left.length === this.neighbours.length)
      return err(refusal('not-found', '', `there is no neighbour ${address}`, 'list what there is'))
    this.neighbours = left
    return ok(null)
  }

  async flushNeighbours(): Answer<number> {
    const left = this.neighbours.filter((other) => other.state === 'static')
    const flushed = this.neighbours.length - left.length
    this.neighbours = left
    return ok(flushed)
  }
}
