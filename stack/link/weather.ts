/**
 * Bad weather on a way that frames take in one direction: they are lost, damaged, repeated, delayed and overtaken by
 * chance from a seeded generator, and leave at a rate. On the injected clock; the machine's own has steps of 1 ms, so
 * there frames that are due within one leave together.
 */
import type { Clock, Instant, Random } from '../platform/index.ts'
import { Counters } from '../platform/index.ts'
import { InFlight } from './in-flight.ts'
import { FRAME_OFFSET } from './link.ts'
import { Transmitter } from './transmitter.ts'

export type Weather = {
  /** Chances from 0 to 1, per frame. */
  readonly loss?: number
  readonly duplication?: number
  /** A frame so chosen is held back, so that later ones overtake it. */
  readonly reordering?: number
  /** For how long at most; 20 ms when not given. */
  readonly reorderMs?: number
  /** One bit of the frame is flipped. */
  readonly corruption?: number
  /** Each frame takes this long, and up to `jitterMs` longer. Jitter alone makes no frame overtake another. */
  readonly delayMs?: number
  readonly jitterMs?: number
  /** As fast as can be when not given. */
  readonly bitsPerSecond?: number
  /** Octets that may wait for the rate before the next frame is dropped; 256 KiB when not given. */
  readonly queueBytes?: number
}

/** What befell frames: `queue-full` waited for the rate, `too-many-delayed` met DELAYED_LIMIT_BYTES. */
export const WEATHER_COUNTERS = [
  'lost', 'duplicated', 'reordered', 'corrupted', 'delayed', 'queue-full', 'too-many-delayed',
] as const
export type WeatherCounters = Counters<(typeof WEATHER_COUNTERS)[number]>

/** Frames held back at once; the next goes out in order. */
const HELD_LIMIT = 256
const REORDER_MS = 20
const QUEUE_BYTES = 256 * 1024
/** Octets under way in one direction: half a second of 1 Gbit/s, or 5 s of 100 Mbit/s. */
export const DELAYED_LIMIT_BYTES = 64 * 1024 * 1024

/** Takes a whole frame. */
type Emit = (buffer: Uint8Array, at: number, length: number) => void

const isFair = (weather: Weather): boolean =>
  !weather.loss && !weather.duplication && !weather.reordering && !weather.corruption && !weather.delayMs &&
  !weather.jitterMs && weather.bitsPerSecond === undefined

export class WeatherPath {
  readonly count: WeatherCounters = new Counters(WEATHER_COUNTERS)
  readonly #clock: Clock
  readonly #random: Random
  readonly #emit: Emit
  readonly #batchEnd: () => void
  readonly #delayed: InFlight
  readonly #transmitter = new Transmitter()
  #weather: Weather
  #fair: boolean
  #lastArrival: Instant = 0
  #held = 0
  #closed = false

  /**
   * `emit` gets every frame that comes through, at once or later; `batchEnd` is called after those that come later.
   */
  constructor(clock: Clock, random: Random, weather: Weather, emit: Emit, batchEnd: () => void) {
    this.#clock = clock
    this.#random = random
    this.#weather = weather
    this.#fair = isFair(weather)
    this.#emit = emit
    this.#batchEnd = batchEnd
    this.#delayed = new InFlight(clock, emit, batchEnd)
  }

  get weather(): Weather {
    return this.#weather
  }
  /** Holds for the frames that come from now on; those under way arrive as they would have. */
  set weather(weather: Weather) {
    this.#weather = weather
    this.#fair = isFair(weather)
  }

  /** Frames pass untouched and at once: the caller may do without pass(). */
  get isFair(): boolean {
    return this.#fair && this.#delayed.size === 0
  }

  /** The frame of `length` octets at `at`; read only until this returns. */
  pass(buffer: Uint8Array, at: number, length: number): void {
    const random = this.#random
    const weather = this.#weather
    if (random.chance(weather.loss ?? 0)) return this.count.count('lost')
    if (random.chance(weather.corruption ?? 0)) {
      this.count.count('corrupted')
      buffer = copyOf(buffer, at, length)
      at = FRAME_OFFSET
      flip(buffer, at, random.below(length * 8))
    }
    if (random.chance(weather.duplication ?? 0)) {
      this.count.count('duplicated')
      this.#carry(buffer, at, length)
    }
    if (random.chance(weather.reordering ?? 0) && this.#held < HELD_LIMIT) {
      this.count.count('reordered')
      this.#hold(copyOf(buffer, at, length), length)
    } else {
      this.#carry(buffer, at, length)
    }
  }

  /** Forgets the frames under way. */
  close(): void {
    this.#closed = true
    this.#delayed.clear()
  }

  /** When a frame that leaves now is there; undefined when the queue of the rate has no room for it. */
  #arrival(length: number): Instant | undefined {
    const { bitsPerSecond, delayMs = 0, jitterMs = 0, queueBytes = QUEUE_BYTES } = this.#weather
    const now = this.#clock.now()
    let left = now
    if (bitsPerSecond !== undefined) {
      const bitsPerMs = bitsPerSecond / 1000
      const waiting = this.#transmitter.waiting(now, bitsPerMs)
      // A frame larger than the whole queue still leaves when nothing waits.
      if (waiting > 0 && waiting + length > queueBytes) return undefined
      left = this.#transmitter.departure(now, length, bitsPerMs)
      this.#transmitter.queue(left)
    }
    return left + delayMs + (jitterMs > 0 ? (jitterMs * this.#random.u32()) / 0x1_0000_0000 : 0)
  }

  #carry(buffer: Uint8Array, at: number, length: number): void {
    const arrival = this.#arrival(length)
    if (arrival === undefined) return this.count.count('queue-full')
    if (arrival <= this.#clock.now() && this.#delayed.size === 0) return this.#emit(buffer, at, length)
    if (this.#delayed.octets + length > DELAYED_LIMIT_BYTES) return this.count.count('too-many-delayed')
    this.count.count('delayed')
    this.#lastArrival = Math.max(this.#lastArrival, arrival)
    this.#delayed.push(this.#lastArrival, buffer, at, length)
  }

  #hold(copy: Uint8Array, length: number): void {
    this.#held++
    const wait = 1 + this.#random.below(this.#weather.reorderMs ?? REORDER_MS)
    const arrival = this.#arrival(length)
    if (arrival === undefined) {
      this.#held--
      return this.count.count('queue-full')
    }
    this.#clock.at(arrival + wait, () => {
      this.#held--
      if (this.#closed) return
      this.#emit(copy, FRAME_OFFSET, length)
      this.#batchEnd()
    })
  }
}

/** A frame in a buffer of its own, at FRAME_OFFSET. */
export function copyOf(buffer: Uint8Array, at: number, length: number): Uint8Array {
  const copy = new Uint8Array(FRAME_OFFSET + length)
  copy.set(buffer.subarray(at, at + length), FRAME_OFFSET)
  return copy
}

function flip(buffer: Uint8Array, at: number, bit: number): void {
  buffer[at + (bit >>> 3)] = (buffer[at + (bit >>> 3)] as number) ^ (1 << (bit & 7))
}
