/**
 * Clients that went without an address because none was free, by segment. One event tells that it began; how many more
 * there are is counted, so that a boot storm does not fill the log.
 */
import type { Instant } from '../../stack/platform/index.ts'
import type { Scope } from './configuration.ts'

/** An episode has ended when nobody was refused for so long: clients that get nothing ask again every minute or so. */
export const QUIET_MS = 600_000

type Episode = { readonly name: string; readonly since: number; refused: number; last: Instant }

/** One segment that has no address left now. `since`: wall time in ms; `refused`: requests since then. */
export type ExhaustedSegment = {
  readonly segmentId: number
  readonly name: string
  readonly since: number
  readonly refused: number
}

export class Exhaustion {
  /** By segment; as many as there are. */
  readonly #episodes = new Map<number, Episode>()

  /** A client goes without. True when that begins an episode. */
  refuse({ segment }: Scope, now: Instant, wallMs: number): boolean {
    const current = this.#episodes.get(segment.id)
    if (current !== undefined && now - current.last < QUIET_MS) {
      current.refused++
      current.last = now
      return false
    }
    this.#episodes.set(segment.id, { name: segment.name, since: wallMs, refused: 1, last: now })
    return true
  }

  /** The segments in an episode. */
  present(now: Instant): readonly ExhaustedSegment[] {
    return [...this.#episodes]
      .filter(([, { last }]) => now - last < QUIET_MS)
      .map(([segmentId, { name, since, refused }]) => ({ segmentId, name, since, refused }))
  }

  /** After a change of the configuration: an address may be free again, and segments may be gone. */
  reset(): void {
    this.#episodes.clear()
  }
}
