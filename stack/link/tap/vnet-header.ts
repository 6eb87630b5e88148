/**
 * HOT PATH. The header that the kernel puts before a frame on a TAP device with offloads, and expects of us (virtio 1.2
 * §5.1.6; the kernel's include/uapi/linux/virtio_net.h). Ten octets, numbers little-endian.
 *    0       1        2            4            6               8
 *   | flags |GSO type|header length|segment size|checksum start | checksum field |
 * flags: 1 the checksum is open, 2 it was verified. GSO type: 0 none, 1 TCP over IPv4; 0x80 with it: with ECN. Header
 * length is a hint. Watched by `npm run bench:dns`.
 */
import {
  CHECKED, checksumField, checksumStart, isOpen, MOST_CHECKSUM_FIELD, MOST_CHECKSUM_START, NO_OFFLOAD, offloadOf,
  segmentBytes,
} from '../../wire/offload.ts'
import { headerLength } from '../../wire/tcp.ts'

export const VNET_HEADER_BYTES = 10
const NEEDS_CHECKSUM = 1
const CHECKSUM_VALID = 2
const GSO_NONE = 0
const GSO_TCP_IPV4 = 1
const GSO_ECN = 0x80
/** What readVnetHeader() says of a header that asks for what we did not offer, or makes no sense. */
export const UNUSABLE = -1

const le16 = (b: Uint8Array, at: number): number => (b[at] as number) | ((b[at + 1] as number) << 8)

function putLe16(b: Uint8Array, at: number, value: number): void {
  b[at] = value
  b[at + 1] = value >>> 8
}

/** The offload word of a received frame of `length` octets whose header is at `at`; or UNUSABLE. */
export function readVnetHeader(b: Uint8Array, at: number, length: number): number {
  const flags = b[at] as number
  const gso = (b[at + 1] as number) & ~GSO_ECN
  if (gso === GSO_NONE && (flags & NEEDS_CHECKSUM) === 0) return (flags & CHECKSUM_VALID) === 0 ? NO_OFFLOAD : CHECKED
  const size = gso === GSO_NONE ? 0 : le16(b, at + 4)
  const start = le16(b, at + 6)
  const field = le16(b, at + 8)
  // The kernel leaves the checksum of every super-segment open.
  if ((flags & NEEDS_CHECKSUM) === 0 || (gso !== GSO_NONE && (gso !== GSO_TCP_IPV4 || size === 0))) return UNUSABLE
  if (start === 0 || start > MOST_CHECKSUM_START || field > MOST_CHECKSUM_FIELD || start + field + 2 > length) {
    return UNUSABLE
  }
  return offloadOf(start, field, size)
}

/** Writes the header of a frame that begins right behind it. */
export function writeVnetHeader(b: Uint8Array, at: number, offload: number): void {
  const size = segmentBytes(offload)
  const start = checksumStart(offload)
  b[at] = isOpen(offload) ? NEEDS_CHECKSUM : 0
  b[at + 1] = size > 0 ? GSO_TCP_IPV4 : GSO_NONE
  putLe16(b, at + 2, size > 0 ? start + headerLength(b, at + VNET_HEADER_BYTES + start) : 0)
  putLe16(b, at + 4, size)
  putLe16(b, at + 6, start)
  putLe16(b, at + 8, checksumField(offload))
}
