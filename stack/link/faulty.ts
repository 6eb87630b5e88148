/**
 * Bad weather for any link, in each direction a weather of its own that may be changed at any time. In fair weather it
 * is the link it wraps, at the cost of one test per frame.
 */
import type { Clock, Random } from '../platform/index.ts'
import { Counters } from '../platform/index.ts'
import { frameCount, isFinishable, isWhole, NO_OFFLOAD, writeFrame } from '../wire/offload.ts'
import { FRAME_OFFSET, SUPER_FRAME_BYTES } from './link.ts'
import type { FrameHandler, Link } from './link.ts'
import { copyOf, WeatherPath } from './weather.ts'
import type { Weather } from './weather.ts'

/** Frames committed between two flushes in bad weather. */
const QUEUED_LIMIT = 256

export class FaultyLink implements Link {
  readonly #inner: Link
  readonly #outgoing: WeatherPath
  readonly #incoming: WeatherPath
  readonly #count = new Counters(['refused', 'rx-not-segmentable'])
  #onFrame: FrameHandler = () => {}
  #onBatchEnd: () => void = () => {}
  #reserved = -1
  /** Committed in bad weather and not flushed, each at FRAME_OFFSET. */
  #queued: Uint8Array[] = []
  #finished: Uint8Array | undefined
  #closed = false

  /** `outgoing` is the weather for what is sent, `incoming` for what is received; fair when not given. */
  constructor(inner: Link, clock: Clock, random: Random, outgoing: Weather = {}, incoming: Weather = {}) {
    this.#inner = inner
    this.#outgoing = new WeatherPath(clock, random, outgoing, (b, at, n) => this.#send(b, at, n), () => inner.flush())
    this.#incoming = new WeatherPath(
      clock, random, incoming, (b, at, n) => this.#onFrame(b, at, n, NO_OFFLOAD), () => this.#onBatchEnd(),
    )
    inner.onFrame = (buffer, at, length, offload) => {
      if (this.#incoming.isFair) this.#onFrame(buffer, at, length, offload)
      else this.#receive(buffer, at, length, offload)
    }
    inner.onBatchEnd = () => this.#onBatchEnd()
  }

  get name(): string {
    return this.#inner.name
  }
  get mtu(): number {
    return this.#inner.mtu
  }
  /** In bad weather not: it is to be given frames as they are on a wire. */
  get offloads(): boolean {
    return this.#inner.offloads && this.#passes
  }
  get mac(): string {
    return this.#inner.mac
  }
  get onFrame(): FrameHandler {
    return this.#onFrame
  }
  set onFrame(handler: FrameHandler) {
    this.#onFrame = handler
  }
  get onBatchEnd(): () => void {
    return this.#onBatchEnd
  }
  set onBatchEnd(handler: () => void) {
    this.#onBatchEnd = handler
  }
  get txBuffer(): Uint8Array {
    return this.#inner.txBuffer
  }
  get weather(): { readonly outgoing: Weather; readonly incoming: Weather } {
    return { outgoing: this.#outgoing.weather, incoming: this.#incoming.weather }
  }

  /** Holds for the frames that come from now on; those under way arrive as they would have. */
  setWeather(outgoing: Weather, incoming: Weather = {}): void {
    this.#outgoing.weather = outgoing
    this.#incoming.weather = incoming
  }

  reserve(): number {
    const full = this.#closed || this.#queued.length === QUEUED_LIMIT
    this.#reserved = full ? -1 : this.#inner.reserve()
    return this.#reserved
  }

  commit(length: number, offload = NO_OFFLOAD): void {
    if (this.#passes) this.#inner.commit(length, offload)
    else this.#queued.push(copyOf(this.#inner.txBuffer, this.#reserved, length))
  }

  flush(): void {
    if (this.#queued.length > 0) {
      const frames = this.#queued
      this.#queued = []
      for (const frame of frames) this.#outgoing.pass(frame, FRAME_OFFSET, frame.length - FRAME_OFFSET)
    }
    this.#inner.flush()
  }

  /** What the weather did; names that begin with "rx-" are about frames received. */
  weatherCounters(): Record<string, number> {
    const out: Record<string, number> = { ...this.#outgoing.count.toJSON(), ...this.#count.toJSON() }
    for (const [name, value] of Object.entries(this.#incoming.count.toJSON())) out[`rx-${name}`] = value
    return out
  }

  /** Those of the wrapped link, and what the weather did. */
  counters(): Record<string, number> {
    return { ...this.#inner.counters(), ...this.weatherCounters() }
  }

  close(): void {
    this.#closed = true
    this.#queued = []
    this.#outgoing.close()
    this.#incoming.close()
    this.#inner.close()
  }

  /** What is sent goes to the inner link as it is. */
  get #passes(): boolean {
    return this.#outgoing.isFair && this.#queued.length === 0
  }

  /** The weather befalls frames as they are on a wire: whole, and none longer than the link lets. */
  #receive(buffer: Uint8Array, at: number, length: number, offload: number): void {
    if (isWhole(offload)) return this.#incoming.pass(buffer, at, length)
    if (!isFinishable(buffer, at, length, offload)) return this.#count.count('rx-not-segmentable')
    const frame = (this.#finished ??= new Uint8Array(SUPER_FRAME_BYTES))
    const frames = frameCount(buffer, at, offload)
    for (let i = 0; i < frames; i++) {
      this.#incoming.pass(frame, 0, writeFrame(i, buffer, at, length, offload, frame, 0))
    }
  }

  #send(buffer: Uint8Array, at: number, length: number): void {
    const inner = this.#inner
    let room = inner.reserve()
    if (room < 0) {
      inner.flush()
      room = inner.reserve()
    }
    if (room < 0) return this.#count.count('refused')
    inner.txBuffer.set(buffer.subarray(at, at + length), room)
    inner.commit(length)
  }
}
