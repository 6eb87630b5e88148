/** Cables with weather that changes, and the chances of everything else that can go wrong. */
import { FaultyLink, patch, virtualWire } from '../../stack/index.ts'
import type { Link, Mac, Weather } from '../../stack/index.ts'
import type { Clock, Random } from '../../stack/platform/index.ts'
import { SeededRandom } from '../../stack/platform/index.ts'

/** What one cable does to frames now; the same in both directions. */
export type Sky = Required<Pick<Weather, 'loss' | 'duplication' | 'reordering' | 'reorderMs' | 'corruption'>>

export const CLEAR: Sky = { loss: 0, duplication: 0, reordering: 0, reorderMs: 1, corruption: 0 }

/**
 * Held back at most: less than the second that a client waits before it starts anew (RFC 2131 §4.4.1). On a network that
 * delays longer, a repeated RELEASE may end a later lease: DHCP has no remedy for that.
 */
const LONGEST_DELAY_MS = 400

/** From drizzle to a storm in which hardly anything arrives. A chance of 1 to be held back is jitter. */
export function someSky(random: Random): Sky {
  if (random.chance(0.3)) return CLEAR
  const part = (most: number): number => (random.chance(0.5) ? 0 : (most * random.below(1000)) / 1000)
  return {
    loss: part(random.chance(0.2) ? 0.9 : 0.4),
    duplication: part(0.3),
    reordering: random.chance(0.3) ? 1 : part(0.5),
    reorderMs: 1 + random.below(LONGEST_DELAY_MS),
    corruption: random.chance(0.3) ? part(0.02) : 0,
  }
}

/** Between a host and its port of the switch. */
export class Cable {
  /** The host's end. */
  readonly link: Link
  readonly #up: FaultyLink
  readonly #down: FaultyLink
  #sky: Sky = CLEAR
  #plugged = true

  constructor(clock: Clock, seed: number, port: Link, name: string, mac: Mac) {
    const [near, far] = virtualWire(clock, { names: [name, `${name}-far`], macs: [mac, mac], delayMs: 0.2, queueFrames: 64 })
    this.#up = new FaultyLink(near, clock, new SeededRandom(seed), CLEAR)
    this.#down = new FaultyLink(far, clock, new SeededRandom(seed + 1), CLEAR)
    this.link = this.#up
    patch(port, this.#down)
  }

  get sky(): Sky {
    return this.#sky
  }
  set sky(sky: Sky) {
    this.#sky = sky
    this.#change()
  }

  get plugged(): boolean {
    return this.#plugged
  }
  set plugged(plugged: boolean) {
    this.#plugged = plugged
    this.#change()
  }

  #change(): void {
    const weather = this.#plugged ? this.#sky : { ...this.#sky, loss: 1 }
    this.#up.setWeather(weather)
    this.#down.setWeather(weather)
  }
}

/** Mean times between mishaps in ms; 0 for never. */
export type Climate = {
  /** A cable's sky changes. */
  readonly skyMs: number
  readonly unplugMs: number
  readonly powerCutMs: number
  readonly diskFullMs: number
  /** The calendar jumps, by up to two hours either way. */
  readonly jumpMs: number
  /** The administrator does something. */
  readonly commandMs: number
  /** A host is switched off, restarted, or gives its address back. */
  readonly hostMs: number
  /** Chance that a single transaction cannot be written. */
  readonly badTransaction: number
  /** Chance that the disk takes its time, up to longer than a client has patience. */
  readonly slowDisk: number
}

const MINUTE = 60_000

/** Bad cables, a steady appliance. */
export const STORM: Climate = {
  skyMs: MINUTE, unplugMs: 6 * MINUTE, powerCutMs: 40 * MINUTE, diskFullMs: 0, jumpMs: 0, commandMs: 5 * MINUTE, hostMs: 2 * MINUTE, badTransaction: 0, slowDisk: 0.05,
}
/** Power cuts, a disk that fills up and fails, a calendar that jumps. */
export const BLACKOUT: Climate = {
  skyMs: 5 * MINUTE, unplugMs: 20 * MINUTE, powerCutMs: 4 * MINUTE, diskFullMs: 8 * MINUTE, jumpMs: 20 * MINUTE, commandMs: MINUTE, hostMs: MINUTE, badTransaction: 0.05, slowDisk: 0.1,
}
/** Everybody calls himself alike, and the administrator edits the same names. */
export const CROWD: Climate = {
  skyMs: 10 * MINUTE, unplugMs: 0, powerCutMs: 20 * MINUTE, diskFullMs: 0, jumpMs: 0, commandMs: 20_000, hostMs: 20_000, badTransaction: 0.2, slowDisk: 0.7,
}

/** Until something happens that happens every `meanMs` on average: exponential, and so without memory. */
export const waitFor = (random: Random, meanMs: number): number => -Math.log(1 - random.below(1_000_000) / 1_000_000) * meanMs
