/**
 * HOT PATH. Frames out. Writes Ethernet headers straight into a link's transmit buffer, and decides when a link is
 * flushed: during a batch of received frames (or within Stack.batch) once at its end, otherwise right away. So a burst
 * costs one system call, and a lone datagram waits for nothing. No timer takes part, so the order is the same on any
 * clock. Watched by test/bench/micro/udp-echo.ts.
 */
import type { Link } from '../link/link.ts'
import { put16 } from '../platform/index.ts'
import { ETHERNET_HEADER_BYTES, MIN_PAYLOAD_BYTES, putMac } from '../wire/ethernet.ts'
import * as snap from '../wire/llc-snap.ts'
import { closeChecksum, NO_OFFLOAD } from '../wire/offload.ts'
import type { SnapStations } from './snap-stations.ts'

/** A link as the transmit path sees it: with our address as numbers, and whether frames wait for a flush. */
export interface Port {
  readonly link: Link
  readonly macHigh: number
  readonly macLow: number
  /** Who is spoken to in IEEE 802.3 frames. */
  readonly snapStations: SnapStations
  unflushed: boolean
}

export class EthernetOutput {
  #receiving = false
  #batches = 0
  /** The frame begun last is an IEEE 802.3 one. */
  #snap = false
  readonly #unflushed: Port[] = []
  /** Called at the end of a batch of received frames, before what was sent meanwhile is flushed. */
  atBatchEnd: () => void = () => {}

  /**
   * Room for a frame: writes the header and returns the offset of its payload in the link's txBuffer; −1 when the link
   * has no room even after a flush.
   */
  begin(port: Port, destinationHigh: number, destinationLow: number, type: number): number {
    const link = port.link
    let at = link.reserve()
    if (at < 0) {
      link.flush()
      at = link.reserve()
      if (at < 0) return -1
    }
    const b = link.txBuffer
    putMac(b, at, destinationHigh, destinationLow)
    putMac(b, at + 6, port.macHigh, port.macLow)
    const stations = port.snapStations
    this.#snap = stations.any && stations.has(destinationHigh, destinationLow)
    if (this.#snap) {
      snap.write(b, at, type, 0)
      return at + snap.SNAP_HEADER_BYTES
    }
    put16(b, at + 12, type)
    return at + ETHERNET_HEADER_BYTES
  }

  /** The frame begun last may be a super-segment. */
  segments(port: Port): boolean {
    return port.link.offloads && !this.#snap
  }

  /**
   * Queues the frame begun last, with `length` octets of payload at `at`; short ones are padded with zeros (RFC 894).
   * `offload` as in an Ethernet II frame; a checksum that the link does not compute is computed here.
   */
  end(port: Port, at: number, length: number, offload = NO_OFFLOAD): void {
    const link = port.link
    const b = link.txBuffer
    const llc = this.#snap ? snap.LLC_SNAP_BYTES : 0
    let left = offload
    if (left !== NO_OFFLOAD && (this.#snap || !link.offloads)) {
      closeChecksum(b, at - ETHERNET_HEADER_BYTES, at + length, offload)
      left = NO_OFFLOAD
    }
    if (this.#snap) put16(b, at - snap.SNAP_HEADER_BYTES + 12, llc + length)
    let padded = llc + length
    if (padded < MIN_PAYLOAD_BYTES) {
      b.fill(0, at + length, at + MIN_PAYLOAD_BYTES - llc)
      padded = MIN_PAYLOAD_BYTES
    }
    link.commit(ETHERNET_HEADER_BYTES + padded, left)
    if (!this.#receiving && this.#batches === 0) {
      link.flush()
    } else if (!port.unflushed) {
      port.unflushed = true
      this.#unflushed.push(port)
    }
  }

  /** A batch of received frames is being gone through; atBatchEnd() will be called. */
  get receiving(): boolean {
    return this.#receiving
  }

  /** A received frame: what is sent from now on waits for the end of its batch. */
  frameReceived(): void {
    this.#receiving = true
  }

  /** The end of a batch of received frames. Should atBatchEnd() throw, it is to be called again. */
  receiveEnded(): void {
    this.atBatchEnd()
    this.#receiving = false
    if (this.#batches === 0) this.#flush()
  }

  /** Sends wait until the endBatch() that belongs to it. May be nested. */
  beginBatch(): void {
    this.#batches++
  }

  endBatch(): void {
    this.#batches--
    if (this.#batches === 0 && !this.#receiving) this.#flush()
  }

  #flush(): void {
    for (let port = this.#unflushed.pop(); port !== undefined; port = this.#unflushed.pop()) {
      port.unflushed = false
      port.link.flush()
    }
  }
}
