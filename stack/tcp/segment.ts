/**
 * HOT PATH. A received segment, and one about to be sent, as the connection sees them. One object each serves all
 * segments: read them, do not keep them. Watched by test/bench/micro/tcp-bulk.ts.
 */
import * as tcp from '../wire/tcp.ts'
import { TcpOptions } from '../wire/tcp-options.ts'

export class Segment {
  seq = 0
  ack = 0
  flags = 0
  /** As it stands in the header, not scaled. */
  window = 0
  /** The payload: `length` octets of `buffer` from `at`. */
  buffer: Uint8Array = new Uint8Array(0)
  at = 0
  length = 0
  /** A super-segment: octets of text in each segment that it was joined of; 0: it is none. */
  pieceBytes = 0
  readonly options = new TcpOptions()
  /** A router marked it (RFC 3168 §5). */
  congested = false

  /** Reads a segment that tcp.check() found sound. */
  read(b: Uint8Array, at: number, end: number, pieceBytes: number): void {
    const header = tcp.headerLength(b, at)
    this.seq = tcp.sequence(b, at)
    this.ack = tcp.acknowledgment(b, at)
    this.flags = tcp.flags(b, at)
    this.window = tcp.windowField(b, at)
    this.buffer = b
    this.at = at + header
    this.length = end - at - header
    this.pieceBytes = pieceBytes
    this.options.read(b, at + tcp.TCP_HEADER_BYTES, at + header)
  }
}

export class OutSegment {
  seq = 0
  ack = 0
  flags = 0
  window = 0
  readonly options = new Uint8Array(40)
  optionBytes = 0
  /** Payload: `length` octets of the connection's send buffer from `offset`. */
  offset = 0
  length = 0
  /** A super-segment: octets of text in each of its pieces; 0: it is none. */
  pieceBytes = 0
  /** The codepoint of RFC 3168 §5. */
  ecn = 0
}
