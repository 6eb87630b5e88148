/** The stack's interfaces and neighbours. */
import type { Answer } from './common.ts'

export type InterfaceView = {
  readonly name: string
  readonly mac: string
  readonly mtu: number
  readonly addresses: readonly string[]
  readonly counters: { readonly [name: string]: number }
}
export type NeighbourView = {
  readonly interface: string
  readonly address: string
  readonly mac: string | null
  readonly state: string
  /** Seconds until the entry ends; null for a static one. */
  readonly expiresIn: number | null
}

export interface LinkServices {
  listInterfaces(): Answer<readonly InterfaceView[]>
  listNeighbours(): Answer<readonly NeighbourView[]>
}
