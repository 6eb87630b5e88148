/**
 * HOT PATH. A received IPv4 datagram as the protocols above see it. One object serves all datagrams: read it, do not
 * keep it. Watched by test/bench/micro/udp-echo.ts.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'

export class ReceivedDatagram {
  /** The header begins at `at`, the payload at `payloadAt`. */
  buffer: Uint8Array
  at = 0
  payloadAt = 0
  payloadLength = 0
  source: Ipv4 = 0
  target: Ipv4 = 0
  protocol = 0
  ttl = 0
  /** What the link says besides, with offsets as in an Ethernet II frame (see wire/offload.ts). */
  offload = 0
  /** Its transport checksum is known to be right. */
  checked = false
  /** Where it came in. */
  iface: Interface
  /** It came in a frame to all or to a group. */
  linkBroadcast = false
  /** Its target is an IPv4 broadcast address. */
  broadcast = false
  /** Its target is a group that the interface listens to. */
  multicast = false

  constructor(buffer: Uint8Array, iface: Interface) {
    this.buffer = buffer
    this.iface = iface
  }
}
