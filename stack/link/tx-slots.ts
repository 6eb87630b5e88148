/** The transmit side that in-memory links share: slots in one buffer, reserved, committed and taken in order. */
import { ETHERNET_HEADER_BYTES, FRAME_OFFSET } from './link.ts'

export class TxSlots {
  readonly buffer: Uint8Array
  readonly #slotBytes: number
  readonly #lengths: Int32Array
  readonly #offloads: Int32Array
  #queued = 0

  /** `slots` frames with up to `payload` octets behind their header may be committed between two flushes. */
  constructor(slots: number, payload: number) {
    this.#slotBytes = Math.ceil((FRAME_OFFSET + ETHERNET_HEADER_BYTES + payload) / 64) * 64
    this.#lengths = new Int32Array(slots)
    this.#offloads = new Int32Array(slots)
    this.buffer = new Uint8Array(slots * this.#slotBytes)
  }

  /** As Link.reserve. */
  reserve(): number {
    return this.#queued === this.#lengths.length ? -1 : this.#queued * this.#slotBytes + FRAME_OFFSET
  }

  /** As Link.commit. */
  commit(length: number, offload: number): void {
    this.#offloads[this.#queued] = offload
    this.#lengths[this.#queued++] = length
  }

  /** Hands every committed frame to `take`, which copies what it keeps, and forgets them. */
  drain(take: (at: number, length: number, offload: number) => void): void {
    const count = this.#queued
    this.#queued = 0
    for (let i = 0; i < count; i++) {
      take(i * this.#slotBytes + FRAME_OFFSET, this.#lengths[i] as number, this.#offloads[i] as number)
    }
  }
}
