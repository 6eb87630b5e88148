/**
 * A cable in memory: two links, each of which receives what the other sends, in order, after a delay and at a rate, on
 * the injected clock. Bad weather is put on by faulty.ts.
 */
import type { Mac } from '../address/mac.ts'
import type { Clock } from '../platform/index.ts'
import { MemoryLink, numberedMac } from './memory-link.ts'
import type { MemoryLinkOptions } from './memory-link.ts'
import { Transmitter } from './transmitter.ts'

export type VirtualWireOptions = {
  readonly names?: readonly [string, string]
  readonly macs?: readonly [Mac, Mac]
  /** Octets of layer 3, 1500 when not given. */
  readonly mtu?: number
  /** Bits a second in each direction; as fast as can be when not given. */
  readonly bitsPerSecond?: number
  /** One way, 0 when not given. */
  readonly delayMs?: number
  /** Frames under way in each direction before the next is dropped; 1024 when not given. */
  readonly queueFrames?: number
  /** Both ends cut super-segments and compute checksums, as network cards do; not when not given. */
  readonly offloads?: boolean
}

class WireEnd extends MemoryLink {
  peer: WireEnd | undefined
  readonly #bitsPerMs: number
  readonly #delayMs: number
  readonly #transmitter = new Transmitter()

  constructor(clock: Clock, link: MemoryLinkOptions, wire: VirtualWireOptions) {
    super(clock, link)
    this.#bitsPerMs = (wire.bitsPerSecond ?? Number.POSITIVE_INFINITY) / 1000
    this.#delayMs = wire.delayMs ?? 0
  }

  protected override carry(buffer: Uint8Array, at: number, length: number): boolean {
    const departure = this.#transmitter.departure(this.clock.now(), length, this.#bitsPerMs)
    if (this.peer === undefined || !this.peer.arrive(departure + this.#delayMs, buffer, at, length)) return false
    this.#transmitter.queue(departure)
    return true
  }
}

/** The two ends. Closing one silences it; the other may go on and is not heard. */
export function virtualWire(clock: Clock, options: VirtualWireOptions = {}): readonly [MemoryLink, MemoryLink] {
  const end = (side: 0 | 1): WireEnd =>
    new WireEnd(
      clock,
      {
        name: options.names?.[side] ?? `wire${side}`,
        mac: options.macs?.[side] ?? numberedMac(side + 1),
        mtu: options.mtu ?? 1500,
        queueFrames: options.queueFrames ?? 1024,
        offloads: options.offloads ?? false,
      },
      options,
    )
  const a = end(0)
  const b = end(1)
  a.peer = b
  b.peer = a
  return [a, b]
}
