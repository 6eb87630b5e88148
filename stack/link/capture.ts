/**
 * A tap on any link: what comes in and goes out is also written as pcapng (draft-ietf-opsawg-pcapng) to whoever
 * listens. While nobody does, frames take the same way as without the wrapper, at the cost of one test each.
 */
import { put16 } from '../platform/index.ts'
import type { Clock } from '../platform/index.ts'
import { checksumField, checksumStart, isOpen, NO_OFFLOAD, openChecksum } from '../wire/offload.ts'
import * as pcapng from '../wire/pcapng.ts'
import type { FrameTest } from './capture-filter.ts'
import type { FrameHandler, Link } from './link.ts'

/**
 * Takes the blocks of a capture file in order; each array is its own. False when it has no room: that frame is not in
 * the file, and is counted.
 */
export type CaptureSink = (block: Uint8Array) => boolean

export type CaptureOptions = {
  readonly sink: CaptureSink
  /** Which frames; all when not given. */
  readonly keep?: FrameTest
  /** Octets kept of each frame; the whole frame when not given. */
  readonly snapLength?: number
  /**
   * Its number in a file of several interfaces, from 0; they are to be started in the order of their numbers. 0 when
   * not given.
   */
  readonly interfaceId?: number
  /** The link is gone: no frame will come any more. */
  readonly onGone?: () => void
}

export type Capture = {
  /** Frames written, and frames that the sink had no room for. */
  readonly counts: () => { readonly captured: number; readonly missed: number }
  /** Writes the counts as the last block. */
  readonly stop: () => void
}

/** Captures at once on one link; each costs a copy of every frame. */
export const CAPTURE_LIMIT = 16

type Listener = {
  readonly options: CaptureOptions
  captured: number
  missed: number
  /** How many of the missed ones the file tells of. */
  told: number
}

export class CaptureLink implements Link {
  #inner: Link
  readonly #clock: Clock
  /** What to add to the monotonic clock for calendar time; taken once, so that times in a file never run back. */
  readonly #epochMs: number
  #listeners: readonly Listener[] = []
  #reserved = -1
  #onFrame: FrameHandler = () => {}

  constructor(inner: Link, clock: Clock) {
    this.#inner = inner
    this.#clock = clock
    this.#epochMs = clock.wallMs() - clock.now()
    this.#onFrame = inner.onFrame
    this.#listen()
  }

  get inner(): Link {
    return this.#inner
  }
  /** The same wire by another Link; captures go on. The owner sets its handlers anew. */
  set inner(inner: Link) {
    this.#inner = inner
    this.#listen()
  }

  #listen(): void {
    this.#inner.onFrame = (buffer, at, length, offload) => {
      if (this.#listeners.length > 0) this.#see('in', buffer, at, length, offload)
      this.#onFrame(buffer, at, length, offload)
    }
  }

  get name(): string {
    return this.#inner.name
  }
  get mtu(): number {
    return this.#inner.mtu
  }
  get offloads(): boolean {
    return this.#inner.offloads
  }
  get mac(): string {
    return this.#inner.mac
  }
  get onFrame(): FrameHandler {
    return this.#onFrame
  }
  set onFrame(handler: FrameHandler) {
    this.#onFrame = handler
  }
  get onBatchEnd(): () => void {
    return this.#inner.onBatchEnd
  }
  set onBatchEnd(handler: () => void) {
    this.#inner.onBatchEnd = handler
  }
  get txBuffer(): Uint8Array {
    return this.#inner.txBuffer
  }

  reserve(): number {
    this.#reserved = this.#inner.reserve()
    return this.#reserved
  }

  commit(length: number, offload = NO_OFFLOAD): void {
    if (this.#listeners.length > 0) this.#see('out', this.#inner.txBuffer, this.#reserved, length, offload)
    this.#inner.commit(length, offload)
  }

  flush(): void {
    this.#inner.flush()
  }

  counters(): Record<string, number> {
    return this.#inner.counters()
  }

  close(): void {
    this.release()
    this.#inner.close()
  }

  /** Nobody captures. */
  get idle(): boolean {
    return this.#listeners.length === 0
  }

  /** Takes the wrapper off: captures end, and the link itself has the handler again. */
  release(): Link {
    const gone = this.#listeners
    this.#listeners = []
    this.#inner.onFrame = this.#onFrame
    for (const { options } of gone) options.onGone?.()
    return this.#inner
  }

  /** Writes the head of a file to the sink, then every frame, until stop(). Undefined when CAPTURE_LIMIT is reached. */
  start(options: CaptureOptions): Capture | undefined {
    if (this.#listeners.length === CAPTURE_LIMIT) return undefined
    const listener: Listener = { options, captured: 0, missed: 0, told: 0 }
    if ((options.interfaceId ?? 0) === 0) options.sink(pcapng.sectionHeader())
    options.sink(pcapng.interfaceDescription(this.name, options.snapLength ?? 0))
    this.#listeners = [...this.#listeners, listener]
    return {
      counts: () => ({ captured: listener.captured, missed: listener.missed }),
      stop: () => {
        if (!this.#listeners.includes(listener)) return
        this.#listeners = this.#listeners.filter((other) => other !== listener)
        this.#tell(listener)
      },
    }
  }

  get #timeUs(): number {
    return Math.floor((this.#epochMs + this.#clock.now()) * 1000)
  }

  /** Writes how many frames there were and how many are not in the file. False when there is no room even for that. */
  #tell(listener: Listener): boolean {
    const { captured, missed, options } = listener
    const written = options.sink(
      pcapng.interfaceStatistics(options.interfaceId ?? 0, this.#timeUs, captured + missed, missed),
    )
    if (written) listener.told = missed
    return written
  }

  /** A checksum that is left to the device is written down as the device will make it; super-segments stay whole. */
  #see(direction: 'in' | 'out', buffer: Uint8Array, at: number, length: number, offload: number): void {
    let timeUs = 0
    for (const listener of this.#listeners) {
      const { interfaceId = 0, keep, sink, snapLength } = listener.options
      if (keep !== undefined && !keep(buffer, at, length)) continue
      if (timeUs === 0) timeUs = this.#timeUs
      const captured = Math.min(length, snapLength ?? length)
      // What is missing is told of before what comes after it.
      if (listener.missed > listener.told && !this.#tell(listener)) {
        listener.missed++
        continue
      }
      const block = pcapng.enhancedPacket(interfaceId, timeUs, direction, buffer, at, captured, length)
      const field = checksumStart(offload) + checksumField(offload)
      if (isOpen(offload) && field + 2 <= captured) {
        put16(block, pcapng.PACKET_OCTETS_AT + field, openChecksum(buffer, at, at + length, offload))
      }
      if (sink(block)) listener.captured++
      else listener.missed++
    }
  }
}
