/**
 * HOT PATH. A link carries Ethernet frames. Every driver (TAP, virtual wire, loopback …) and every wrapper (faulty,
 * capture) is a Link and passes test/contract/link.ts. Watched by `npm run bench:dns`.
 *
 * Buffers. A received frame lies in the link's own buffer and may be read only until `onFrame` returns. To send, the
 * caller borrows room in `txBuffer` with reserve(), writes the frame there, and commit()s it; flush() hands all
 * committed frames to the device. No frame is ever an object of its own.
 *
 * Offloads. A link may take over work: compute checksums, and cut super-segments of TCP into frames. What is to be done
 * with a frame, and what is known of a received one, is an int32 beside it (wire/offload.ts). A link that does not offer
 * it is given whole frames only; nobody else need know what offloads are.
 *
 * Alignment. Frames start at an offset that is 2 modulo 4, on both sides, so that the IPv4 header is 4-byte aligned.
 */
import type { Mac } from '../address/mac.ts'

/**
 * `at` … `at + length` is one frame from its destination address on, without the frame check sequence. `offload`: see
 * wire/offload.ts; NO_OFFLOAD from links that do not offer it. With one that says so the checksum is not there yet, or the
 * frame is a super-segment of up to 65,549 octets, that whoever passes it on must complete and cut (writeFrame()).
 */
export type FrameHandler = (buffer: Uint8Array, at: number, length: number, offload: number) => void

export interface Link {
  /** As people know it: "taproot0". */
  readonly name: string
  /** Largest layer-3 datagram in octets; frames are up to 14 longer. */
  readonly mtu: number
  /** It computes checksums and cuts super-segments: frames may have an offload, and be up to 65,549 octets long. */
  readonly offloads: boolean
  /** The address of our end. */
  readonly mac: Mac
  /** Called once per received frame. Set by the owner before frames flow. */
  onFrame: FrameHandler
  /** Called once after a batch of onFrame calls, so that the owner can send what it gathered. */
  onBatchEnd: () => void
  /** Where frames to send are written. Always the same array. */
  readonly txBuffer: Uint8Array
  /** The offset in txBuffer at which the largest frame may be written; −1 when there is no room. */
  reserve(): number
  /** Queues the frame of `length` octets written at the offset that reserve() gave last. `offload`: none when not given. */
  commit(length: number, offload?: number): void
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
/** The largest frame of a link with offloads: an IPv4 datagram of 65,535 octets. */
export const SUPER_FRAME_BYTES = 65_549
