/**
 * Bad weather for any link: what goes out through the wrapper is lost, repeated, held back or damaged, by chance from a
 * seeded generator. Wrap both ends for weather in both directions. With all chances at 0 it is the link it wraps.
 */
import type { Clock, Random } from '../platform/index.ts'
import { Counters } from '../platform/index.ts'
import type { FrameHandler, Link } from './link.ts'
import { TxSlots } from './tx-slots.ts'

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
}

/** Frames held back at once; the next goes out in order. */
const HELD_LIMIT = 256
const SLOTS = 256

export class FaultyLink implements Link {
  readonly #inner: Link
  readonly #clock: Clock
  readonly #random: Random
  readonly #weather: Weather
  readonly #slots: TxSlots
  readonly #count = new Counters(['lost', 'duplicated', 'reordered', 'corrupted', 'refused'])
  #held = 0
  #closed = false

  constructor(inner: Link, clock: Clock, random: Random, weather: Weather) {
    this.#inner = inner
    this.#clock = clock
    this.#random = random
    this.#weather = weather
    this.#slots = new TxSlots(SLOTS, inner.mtu)
  }

  get name(): string {
    return this.#inner.name
  }
  get mtu(): number {
    return this.#inner.mtu
  }
  get mac(): string {
    return this.#inner.mac
  }
  get onFrame(): FrameHandler {
    return this.#inner.onFrame
  }
  set onFrame(handler: FrameHandler) {
    this.#inner.onFrame = handler
  }
  get onBatchEnd(): () => void {
    return this.#inner.onBatchEnd
  }
  set onBatchEnd(handler: () => void) {
    this.#inner.onBatchEnd = handler
  }
  get txBuffer(): Uint8Array {
    return this.#slots.buffer
  }

  reserve(): number {
    return this.#closed ? -1 : this.#slots.reserve()
  }

  commit(length: number): void {
    this.#slots.commit(length)
  }

  flush(): void {
    this.#slots.drain((at, length) => this.#pass(at, length))
    this.#inner.flush()
  }

  /** Those of the wrapped link, and what the weather did. */
  counters(): Record<string, number> {
    return { ...this.#inner.counters(), ...this.#count.toJSON() }
  }

  close(): void {
    this.#closed = true
    this.#inner.close()
  }

  #pass(at: number, length: number): void {
    const random = this.#random
    const weather = this.#weather
    const frame = this.#slots.buffer.subarray(at, at + length)
    if (random.chance(weather.loss ?? 0)) return this.#count.count('lost')
    if (random.chance(weather.corruption ?? 0)) {
      const bit = random.below(length * 8)
      frame[bit >>> 3] = (frame[bit >>> 3] as number) ^ (1 << (bit & 7))
      this.#count.count('corrupted')
    }
    if (random.chance(weather.duplication ?? 0)) {
      this.#count.count('duplicated')
      this.#send(frame)
    }
    if (random.chance(weather.reordering ?? 0) && this.#held < HELD_LIMIT) {
      this.#count.count('reordered')
      this.#hold(frame.slice())
    } else {
      this.#send(frame)
    }
  }

  #hold(frame: Uint8Array): void {
    this.#held++
    const wait = 1 + this.#random.below(this.#weather.reorderMs ?? 20)
    this.#clock.at(this.#clock.now() + wait, () => {
      this.#held--
      this.#send(frame)
      this.#inner.flush()
    })
  }

  #send(frame: Uint8Array): void {
    let at = this.#inner.reserve()
    if (at < 0) {
      this.#inner.flush()
      at = this.#inner.reserve()
    }
    if (at < 0) return this.#count.count('refused')
    this.#inner.txBuffer.set(frame, at)
    this.#inner.commit(frame.length)
  }
}
