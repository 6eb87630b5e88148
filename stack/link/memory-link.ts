/** What every in-memory link is: transmit slots, arrivals on a clock, counters. The kinds differ in where frames go. */
import { formatMac } from '../address/mac.ts'
import type { Mac } from '../address/mac.ts'
import { Counters } from '../platform/index.ts'
import type { Clock, Instant } from '../platform/index.ts'
import { InFlight } from './in-flight.ts'
import { frameCount, NO_OFFLOAD, writeFrame } from '../wire/offload.ts'
import { ETHERNET_HEADER_BYTES, SUPER_FRAME_BYTES } from './link.ts'
import type { FrameHandler, Link } from './link.ts'
import { TxSlots } from './tx-slots.ts'

const LINK_COUNTERS = ['rx-frames', 'rx-bytes', 'tx-frames', 'tx-bytes', 'tx-dropped'] as const

/** Frames that may be committed before a flush where each may be a super-segment: 3 MiB. */
const SUPER_SLOTS = 48

export type MemoryLinkOptions = {
  readonly name: string
  readonly mac: Mac
  readonly mtu: number
  /** Frames that may be under way to the receiver, and, without offloads, committed before a flush. */
  readonly queueFrames: number
  /** As a network card that computes checksums and cuts super-segments; not when not given. */
  readonly offloads?: boolean
}

export abstract class MemoryLink implements Link {
  readonly name: string
  readonly mac: Mac
  readonly mtu: number
  readonly queueFrames: number
  readonly offloads: boolean
  onFrame: FrameHandler = () => {}
  onBatchEnd: () => void = () => {}
  protected readonly clock: Clock
  protected readonly count = new Counters(LINK_COUNTERS)
  readonly #slots: TxSlots
  /** Where frames are made from super-segments. */
  readonly #cut: Uint8Array
  readonly #arrivals: InFlight
  #closed = false

  constructor(clock: Clock, options: MemoryLinkOptions) {
    this.clock = clock
    this.name = options.name
    this.mac = options.mac
    this.mtu = options.mtu
    this.queueFrames = options.queueFrames
    this.offloads = options.offloads ?? false
    const largest = this.offloads ? SUPER_FRAME_BYTES : options.mtu + ETHERNET_HEADER_BYTES
    const slots = this.offloads ? Math.min(options.queueFrames, SUPER_SLOTS) : options.queueFrames
    this.#slots = new TxSlots(slots, largest - ETHERNET_HEADER_BYTES)
    this.#cut = new Uint8Array(this.offloads ? largest : 0)
    const receive: FrameHandler = (buffer, at, length, offload) => {
      this.count.count('rx-frames')
      this.count.count('rx-bytes', length)
      this.onFrame(buffer, at, length, offload)
    }
    this.#arrivals = new InFlight(clock, receive, () => this.onBatchEnd())
  }

  /** Where a frame goes; called within flush(). False when it is dropped. */
  protected abstract carry(buffer: Uint8Array, at: number, length: number): boolean

  get txBuffer(): Uint8Array {
    return this.#slots.buffer
  }

  reserve(): number {
    return this.#closed ? -1 : this.#slots.reserve()
  }

  commit(length: number, offload = NO_OFFLOAD): void {
    this.#slots.commit(length, offload)
  }

  flush(): void {
    const { buffer } = this.#slots
    this.#slots.drain((at, length, offload) => {
      if (offload === NO_OFFLOAD) return this.#send(buffer, at, length)
      const frames = frameCount(buffer, at, offload)
      for (let i = 0; i < frames; i++) {
        this.#send(this.#cut, 0, writeFrame(i, buffer, at, length, offload, this.#cut, 0))
      }
    })
  }

  /** A frame reaches this link at `arrival`. False when as many as it queues are under way already. */
  arrive(arrival: Instant, buffer: Uint8Array, at: number, length: number): boolean {
    if (this.#closed || this.#arrivals.size >= this.queueFrames) return false
    this.#arrivals.push(arrival, buffer, at, length)
    return true
  }

  #send(buffer: Uint8Array, at: number, length: number): void {
    const fits = length <= this.mtu + ETHERNET_HEADER_BYTES
    if (!this.#closed && fits && this.carry(buffer, at, length)) {
      this.count.count('tx-frames')
      this.count.count('tx-bytes', length)
    } else {
      this.count.count('tx-dropped')
    }
  }

  counters(): Record<string, number> {
    return this.count.toJSON()
  }

  close(): void {
    this.#closed = true
    this.#arrivals.clear()
  }
}

/** 02:00:00:00:00:n, locally administered, for links that were given no address. */
export const numberedMac = (n: number): Mac => formatMac(new Uint8Array([2, 0, 0, 0, (n >>> 8) & 255, n & 255]))
