/**
 * HOT PATH. A link carries Ethernet frames. Every driver (TAP, virtual wire, loopback …) and every wrapper (faulty,
 * capture) is a Link and passes test/contract/link.ts. Watched by `npm run bench:dns`.
 *
 * Buffers. A received frame lies in the link's own buffer and may be read only until `onFrame` returns. To send, the
 * caller borrows room in `txBuffer` with reserve(), writes the frame there, and commit()s it; flush() hands all
 * committed frames to the device. No frame is ever an object of its own.
 *
 * Alignment. Frames start at an offset that is 2 modulo 4, on both sides, so that the IPv4 header is 4-byte aligned.
 */
import type { Mac } from '../address/mac.ts'

/** `at` … `at + length` is one frame from its destination address on, without the frame check sequence. */
export type FrameHandler = (buffer: Uint8Array, at: number, length: number) => void

export interface Link {
  /** As people know it: "taproot0". */
  readonly name: string
  /** Largest layer-3 datagram in octets; frames are up to 14 longer. */
  readonly mtu: number
  /** The address of our end. */
  readonly mac: Mac
  /** Called once per received frame. Set by the owner before frames flow. */
  onFrame: FrameHandler
  /** Called once after a batch of onFrame calls, so that the owner can send what it gathered. */
  onBatchEnd: () => void
  /** Where frames to send are written. Always the same array. */
  readonly txBuffer: Uint8Array
  /** The offset in txBuffer at which a frame of up to mtu + 14 octets may be written; −1 when there is no room. */
  reserve(): number
  /** Queues the frame of `length` octets written at the offset that reserve() gave last. */
  commit(length: number): void
  /** Hands everything queued to the device. What the device refuses is dropped and counted. */
  flush(): void
  /** Plain counters for listings: rx-frames, tx-frames, rx-bytes, tx-bytes, tx-dropped … */
  counters(): Record<string, number>
  close(): void
}

/** Room for an Ethernet frame of the usual MTU; a multiple of 64 so that slots do not share cache lines. */
export const SLOT_BYTES = 2048
/** Offset of a frame within its slot; see Alignment above. */
export const FRAME_OFFSET = 2
export const ETHERNET_HEADER_BYTES = 14
