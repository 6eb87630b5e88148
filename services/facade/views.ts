/** Views: the same name answered differently for different clients. */
import type { Answer } from './common.ts'

export type ViewView = {
  /** Zones of the view are called after it: "lab.internal@inside". */
  readonly name: string
  /** "10.53.0.0/24". */
  readonly addresses: readonly string[]
  /** Names of segments: all their subnets. */
  readonly segments: readonly string[]
  /** Names of TSIG keys. */
  readonly keys: readonly string[]
  readonly comment: string | null
}

export interface ViewServices {
  /** In their order: the first that fits a client counts. */
  listViews(): Answer<readonly ViewView[]>
  /** All of them instead of those before, in their order. */
  setViews(views: readonly ViewView[]): Answer<readonly ViewView[]>
}
