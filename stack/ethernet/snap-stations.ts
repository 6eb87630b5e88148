/**
 * HOT PATH. The stations on a link that were last heard in IEEE 802.3 frames, and are answered in such (RFC 1042; RFC
 * 1122 §2.3.3). On nearly every link there are none. Watched by test/bench/micro/udp-echo.ts.
 */
import { LruMap } from '../platform/index.ts'
import { LLC_SNAP_BYTES } from '../wire/llc-snap.ts'

/** More old stations than one link ever had; the one heard longest ago is answered in Ethernet II again. */
export const SNAP_STATION_LIMIT = 256

const keyOf = (high: number, low: number): number => high * 0x1_0000_0000 + (low >>> 0)

export class SnapStations {
  /** HOT: there is one at all. */
  any = false
  readonly #stations = new LruMap<number, true>(SNAP_STATION_LIMIT)

  /** HOT */
  has(high: number, low: number): boolean {
    return this.any && this.#stations.peek(keyOf(high, low)) !== undefined
  }

  /** HOT: the largest datagram to a station, of at most `mtu` octets: 1,492 where Ethernet II takes 1,500. */
  limit(high: number, low: number, mtu: number, linkMtu: number): number {
    return this.has(high, low) ? Math.min(mtu, linkMtu - LLC_SNAP_BYTES) : mtu
  }

  /** An ARP packet came from the station, in one framing or the other. */
  heard(high: number, low: number, snap: boolean): void {
    if (snap) this.#stations.set(keyOf(high, low), true)
    else if (this.any) this.#stations.delete(keyOf(high, low))
    this.any = this.#stations.size > 0
  }
}
