/**
 * Frames on a byte stream, each behind its length in 4 octets, big-endian: what QEMU's `-netdev stream` and `-netdev
 * socket` speak. Octets come in pieces of any size.
 */
import { u32 } from '../platform/index.ts'
import { NO_OFFLOAD } from '../wire/offload.ts'
import { FRAME_OFFSET } from './link.ts'
import type { FrameHandler } from './link.ts'

export const LENGTH_BYTES = 4

/** QEMU sends no frame larger than this (its NET_BUFSIZE: 4096 + 65536). */
export const LARGEST_STREAM_FRAME_BYTES = 69_632

export class FrameReader {
  readonly #receive: FrameHandler
  readonly #slot: Uint8Array
  readonly #length = new Uint8Array(LENGTH_BYTES)
  #lengthHave = 0
  #want = 0
  #have = 0

  /** Each whole frame is handed on in a buffer that is used again. */
  constructor(receive: FrameHandler) {
    this.#receive = receive
    this.#slot = new Uint8Array(FRAME_OFFSET + LARGEST_STREAM_FRAME_BYTES)
  }

  /** False when a length is 0 or too large: the two ends are out of step, and the stream is of no use any more. */
  push(chunk: Uint8Array): boolean {
    let at = 0
    while (at < chunk.length) {
      if (this.#lengthHave < LENGTH_BYTES) {
        this.#length[this.#lengthHave++] = chunk[at++] as number
        if (this.#lengthHave < LENGTH_BYTES) continue
        this.#want = u32(this.#length, 0)
        this.#have = 0
        if (this.#want === 0 || this.#want > LARGEST_STREAM_FRAME_BYTES) return false
        continue
      }
      const take = Math.min(this.#want - this.#have, chunk.length - at)
      this.#slot.set(chunk.subarray(at, at + take), FRAME_OFFSET + this.#have)
      this.#have += take
      at += take
      if (this.#have < this.#want) continue
      this.#lengthHave = 0
      this.#receive(this.#slot, FRAME_OFFSET, this.#want, NO_OFFLOAD)
    }
    return true
  }
}
