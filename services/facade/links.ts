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

export interface LinkServices {
  listNeighbours(): Answer<readonly NeighbourView[]>
}
