/**
 * HOT PATH. Segments into datagrams: header, options and text, straight from the send buffer into the link's transmit
 * buffer where that can be. The checksum is left open for the link, or the Ethernet layer, to compute; where the link cuts
 * super-segments, one datagram stands for many (wire/offload.ts). Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { DEFAULT_TTL } from '../ipv4/output.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import { SEND_FAULT } from '../ipv4/send-fault.ts'
import { copy } from '../platform/index.ts'
import { ETHERNET_HEADER_BYTES } from '../wire/ethernet.ts'
import * as ip from '../wire/ipv4.ts'
import { tcpOffload } from '../wire/offload.ts'
import * as tcp from '../wire/tcp.ts'
import type { TcpConnection } from './connection.ts'
import type { OutSegment } from './segment.ts'
import { plus } from './seq.ts'
import type { TcpTally } from './tally.ts'

/** Our datagrams have no IPv4 options. */
const CHECKSUM_START = ETHERNET_HEADER_BYTES + ip.IPV4_HEADER_BYTES

export class SegmentOutput {
  readonly #output: Ipv4Output
  readonly #tally: TcpTally
  readonly #sent: number

  constructor(output: Ipv4Output, tally: TcpTally) {
    this.#output = output
    this.#tally = tally
    this.#sent = tally.slot('sent')
  }

  /** A segment, or a super-segment, of a connection. Returns 0 or a SEND_FAULT. */
  sendOf(c: TcpConnection, out: OutSegment): number {
    const fault = this.send(c.local, c.localPort, c.remote, c.remotePort, out, c)
    return fault === SEND_FAULT.cannotSegment ? this.#sendPieces(c, out) : fault
  }

  /** `c`: whose send buffer has the text; undefined for segments without. Returns 0 or a SEND_FAULT. */
  send(
    local: Ipv4, localPort: number, remote: Ipv4, remotePort: number, out: OutSegment, c: TcpConnection | undefined,
  ): number {
    const header = tcp.TCP_HEADER_BYTES + out.optionBytes
    const length = header + out.length
    const output = this.#output
    const piece = out.pieceBytes
    if (c !== undefined) {
      // RFC 1191 §3; what was cut for a wider path goes in fragments.
      output.prepare(piece > 0 || length <= c.mss + tcp.TCP_HEADER_BYTES, undefined, out.ecn)
      if (piece > 0) output.prepareSegments(header + piece)
    }
    const fault = output.begin(remote, local, ip.PROTOCOL_TCP, length, DEFAULT_TTL, undefined, false)
    if (fault !== 0) return fault
    const b = output.buffer
    const at = output.payloadAt
    copy(out.options, 0, b, at + tcp.TCP_HEADER_BYTES, out.optionBytes)
    if (c !== undefined && out.length > 0) c.sendRing.copyTo(out.offset, b, at + header, out.length)
    tcp.writeOpen(b, at, local, localPort, remote, remotePort, out.seq, out.ack, out.flags, out.window, header, length)
    this.#tally.bump(this.#sent)
    return output.commit(tcpOffload(CHECKSUM_START, piece))
  }

  /** A super-segment whose way, as it turned out, has a link that does not cut: piece by piece, and no more of them. */
  #sendPieces(c: TcpConnection, out: OutSegment): number {
    const { seq, offset, length, flags, pieceBytes } = out
    c.segmentsMost = 1
    out.pieceBytes = 0
    let fault = 0
    for (let from = 0; from < length && fault === 0; from += pieceBytes) {
      const last = from + pieceBytes >= length
      out.seq = plus(seq, from)
      out.offset = offset + from
      out.length = last ? length - from : pieceBytes
      out.flags = last ? flags : flags & ~(tcp.FIN | tcp.PSH)
      fault = this.send(c.local, c.localPort, c.remote, c.remotePort, out, c)
      // The pieces before have left, so all count as sent; the rest is repaired as any loss.
      if (fault !== 0 && from > 0) return 0
    }
    return fault
  }
}
