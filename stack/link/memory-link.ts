/** What every in-memory link is: transmit slots, arrivals on a clock, counters. The kinds differ in where frames go. */
import { formatMac } from '../address/mac.ts'
import type { Mac } from '../address/mac.ts'
import { Counters } from '../platform/index.ts'
import type { Clock, Instant } from '../platform/index.ts'
import { InFlight } from './in-flight.ts'
import { ETHERNET_HEADER_BYTES } from './link.ts'
import type { FrameHandler, Link } from './link.ts'
import { TxSlots } from './tx-slots.ts'

const LINK_COUNTERS = ['rx-frames', 'rx-bytes', 'tx-frames', 'tx-bytes', 'tx-dropped'] as const

export type MemoryLinkOptions = {
  readonly name: string
  readonly mac: Mac
  readonly mtu: number
  /** Frames that may be committed before a flush, and that may be under way to the receiver. */
  readonly queueFrames: number
}

export abstract class MemoryLink implements Link {
  readonly name: string
  readonly mac: Mac
  readonly mtu: number
  readonly queueFrames: number
  onFrame: FrameHandler = () => {}
  onBatchEnd: () => void = () => {}
  protected readonly clock: Clock
  protected readonly count = new Counters(LINK_COUNTERS)
  readonly #slots: TxSlots
  readonly #arrivals: InFlight
  #closed = false

  constructor(clock: Clock, options: MemoryLinkOptions) {
    this.clock = clock
    this.name = options.name
    this.mac = options.mac
    this.mtu = options.mtu
    this.queueFrames = options.queueFrames
    this.#slots = new TxSlots(options.queueFrames, options.mtu)
    const receive: FrameHandler = (buffer, at, length) => {
      this.count.count('rx-frames')
      this.count.count('rx-bytes', length)
      this.onFrame(buffer, at, length)
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

  commit(length: number): void {
    this.#slots.commit(length)
  }

  flush(): void {
    this.#slots.drain((at, length) => {
      const fits = length <= this.mtu + ETHERNET_HEADER_BYTES
      if (!this.#closed && fits && this.carry(this.#slots.buffer, at, length)) {
        this.count.count('tx-frames')
        this.count.count('tx-bytes', length)
      } else {
        this.count.count('tx-dropped')
      }
    })
  }

  /** A frame reaches this link at `arrival`. False when as many as it queues are under way already. */
  arrive(arrival: Instant, buffer: Uint8Array, at: number, length: number): boolean {
    if (this.#closed || this.#arrivals.size >= this.queueFrames) return false
    this.#arrivals.push(arrival, buffer, at, length)
    return true
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
