/** Whom the stack sees on its links. */
import type { Answer } from './common.ts'

export type NeighbourView = {
  readonly interface: string
  readonly address: string
  readonly mac: string | null
  readonly state: string
  /** Seconds until the entry ends; null for a static one. */
  readonly expiresIn: number | null
}

export type NeighbourInput = {
  /** null: the one on whose link the address is. */
  readonly interface: string | null
  readonly address: string
  readonly mac: string
}

export interface LinkServices {
  listNeighbours(): Answer<readonly NeighbourView[]>
  /** A static entry, in the place of any other of that address. */
  addNeighbour(input: NeighbourInput): Answer<NeighbourView>
  /** Forgets an entry, static or not; null: on the only interface that knows it. */
  removeNeighbour(address: string, interfaceName: string | null): Answer<null>
  /** Forgets all entries but the static ones, and says how many that were; null: on all interfaces. */
  flushNeighbours(interfaceName: string | null): Answer<number>
}
