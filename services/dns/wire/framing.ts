/**
 * DNS messages in a stream of octets (RFC 1035 §4.2.2, RFC 7766 §8):
 *
 *   length u16 | message of that length | length u16 | …
 */
import { put16, u16 } from '../../../stack/platform/index.ts'

export const LENGTH_OCTETS = 2
/** What the length field can say. */
export const MAX_STREAM_OCTETS = 65_535
/** Holds every query of usual size; more is taken only as more really comes. */
const FIRST_OCTETS = 512

/** Where octets come from: copies up to `length`, and says how many. A TcpEndpoint is one. */
export type OctetSource = { read(into: Uint8Array, at: number, length: number): number }

/** Puts messages together again, however the stream was cut. Its memory is at most twice what has come of a message. */
export class FrameReader {
  /** After next() has said true, the message stands here, from 0, until the next call. */
  buffer: Uint8Array = new Uint8Array(FIRST_OCTETS)
  /** Octets of the message. */
  length = 0
  readonly #prefix = new Uint8Array(LENGTH_OCTETS)
  #prefixed = 0
  #have = 0
  #whole = false

  /** True when part of a message has come. */
  get partial(): boolean {
    return this.#prefixed > 0 && !this.#whole
  }

  /** Octets kept for a message beyond those that every reader has. */
  get held(): number {
    return this.buffer.length - FIRST_OCTETS
  }

  /** Reads on. True: a whole message is there. False: the source has no more for now. */
  next(source: OctetSource): boolean {
    if (this.#whole) this.#begin()
    while (this.#prefixed < LENGTH_OCTETS) {
      const taken = source.read(this.#prefix, this.#prefixed, LENGTH_OCTETS - this.#prefixed)
      if (taken === 0) return false
      this.#prefixed += taken
      this.length = u16(this.#prefix, 0)
    }
    while (this.#have < this.length) {
      if (this.#have === this.buffer.length) this.#grow()
      const taken = source.read(this.buffer, this.#have, Math.min(this.length, this.buffer.length) - this.#have)
      if (taken === 0) return false
      this.#have += taken
    }
    this.#whole = true
    return true
  }

  #begin(): void {
    if (this.buffer.length > FIRST_OCTETS) this.buffer = new Uint8Array(FIRST_OCTETS)
    this.#prefixed = 0
    this.#have = 0
    this.#whole = false
  }

  #grow(): void {
    const larger = new Uint8Array(Math.min(this.length, 2 * this.buffer.length))
    larger.set(this.buffer)
    this.buffer = larger
  }
}

/** The message with its length before it, in octets of its own, so that both leave in one segment (RFC 7766 §8). */
export function framed(message: Uint8Array, at: number, length: number): Uint8Array {
  const frame = new Uint8Array(LENGTH_OCTETS + length)
  put16(frame, 0, length)
  frame.set(message.subarray(at, at + length), LENGTH_OCTETS)
  return frame
}
