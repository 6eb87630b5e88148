/** Neighbours that an administrator named, in the caches of the interfaces that are up; others wait until theirs is. */
import { type Ipv4, parseMac, type Stack } from '../../stack/index.ts'
import { assert } from '../../stack/platform/index.ts'
import type { StaticNeighbour } from '../model/index.ts'

export class StaticNeighbours {
  readonly #stack: Stack
  #list: readonly StaticNeighbour[]

  constructor(stack: Stack, neighbours: readonly StaticNeighbour[]) {
    this.#stack = stack
    this.#list = neighbours
    this.reconcile()
  }

  get list(): readonly StaticNeighbour[] {
    return this.#list
  }

  on(interfaceName: string): readonly StaticNeighbour[] {
    return this.#list.filter((neighbour) => neighbour.interfaceName === interfaceName)
  }

  find(interfaceName: string, address: Ipv4): StaticNeighbour | undefined {
    return this.on(interfaceName).find((neighbour) => neighbour.address === address)
  }

  /** In the place of what was said of the address before. */
  put(neighbour: StaticNeighbour): void {
    this.#list = [...this.#list.filter((other) => !isSame(other, neighbour)), neighbour]
    this.#apply(neighbour)
  }

  remove(neighbour: StaticNeighbour): void {
    this.#list = this.#list.filter((other) => !isSame(other, neighbour))
    this.#stack.interface(neighbour.interfaceName)?.neighbours.delete(neighbour.address)
  }

  /** Interfaces are others than before. */
  reconcile(): void {
    for (const neighbour of this.#list) this.#apply(neighbour)
  }

  #apply({ interfaceName, address, mac }: StaticNeighbour): void {
    const octets = parseMac(mac)
    assert(octets !== undefined, 'what is stored is a hardware address')
    this.#stack.interface(interfaceName)?.neighbours.addStatic(address, octets)
  }
}

const isSame = (a: StaticNeighbour, b: StaticNeighbour): boolean =>
  a.interfaceName === b.interfaceName && a.address === b.address
