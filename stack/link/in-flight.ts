/** Frames on their way to one receiver, in order of arrival, on the injected clock. */
import type { Clock, Instant, Timer } from '../platform/index.ts'
import { NO_OFFLOAD } from '../wire/offload.ts'
import { FRAME_OFFSET } from './link.ts'
import type { FrameHandler } from './link.ts'

type Flight = { readonly arrival: Instant; readonly slot: Uint8Array }

export class InFlight {
  readonly #clock: Clock
  readonly #receive: FrameHandler
  readonly #batchEnd: () => void
  #flights: Flight[] = []
  #timer: Timer | undefined
  #octets = 0

  constructor(clock: Clock, receive: FrameHandler, batchEnd: () => void) {
    this.#clock = clock
    this.#receive = receive
    this.#batchEnd = batchEnd
  }

  get size(): number {
    return this.#flights.length
  }

  /** Of all frames under way. */
  get octets(): number {
    return this.#octets
  }

  /** Copies the frame. `arrival` must not lie before that of the frame pushed last. */
  push(arrival: Instant, buffer: Uint8Array, at: number, length: number): void {
    const slot = new Uint8Array(FRAME_OFFSET + length)
    slot.set(buffer.subarray(at, at + length), FRAME_OFFSET)
    this.#flights.push({ arrival, slot })
    this.#octets += length
    this.#arm()
  }

  clear(): void {
    this.#flights = []
    this.#octets = 0
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #arm(): void {
    const first = this.#flights[0]
    if (this.#timer !== undefined || first === undefined) return
    this.#timer = this.#clock.at(first.arrival, () => this.#deliver())
  }

  /** Everything that has arrived is one batch. What the receiver sends meanwhile comes in a later one. */
  #deliver(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    let count = this.#flights.findIndex((flight) => flight.arrival > now)
    if (count < 0) count = this.#flights.length
    const arrived = this.#flights.splice(0, count)
    for (const { slot } of arrived) {
      this.#octets -= slot.length - FRAME_OFFSET
      this.#receive(slot, FRAME_OFFSET, slot.length - FRAME_OFFSET, NO_OFFLOAD)
      // A receiver that keeps the buffer breaks the contract of Link; here it finds out.
      slot.fill(0xdb)
    }
    if (arrived.length > 0) this.#batchEnd()
    this.#arm()
  }
}
