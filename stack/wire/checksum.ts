/**
 * HOT PATH. The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit words.
 * Sums are kept as int32 and taken modulo 2^32; a datagram has at most 32,768 words of at most 65,535, and a seed below
 * 2^20 on top, so nothing is lost before the fold. Parts are summed range by range and folded once: a pseudo-header is
 * added as numbers, never copied in front of a datagram. Watched by test/bench/micro/udp-echo.ts.
 */

/** Adds `length` octets from `at` as big-endian words to `seed`; an odd last octet is padded with zero. Not folded. */
export function sumWords(b: Uint8Array, at: number, length: number, seed: number): number {
  const end = at + length
  let sum = seed | 0
  let i = at
  for (const last = end - 7; i < last; i += 8) {
    sum =
      (sum +
        (((b[i] as number) << 8) | (b[i + 1] as number)) +
        (((b[i + 2] as number) << 8) | (b[i + 3] as number)) +
        (((b[i + 4] as number) << 8) | (b[i + 5] as number)) +
        (((b[i + 6] as number) << 8) | (b[i + 7] as number))) |
      0
  }
  for (const last = end - 1; i < last; i += 2) sum = (sum + (((b[i] as number) << 8) | (b[i + 1] as number))) | 0
  if (i < end) sum = (sum + ((b[i] as number) << 8)) | 0
  return sum
}

/** Folds a sum to 16 bits with end-around carry. A range with a right checksum in it folds to 0xffff. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return ((once & 0xffff) + (once >>> 16)) & 0xffff
}

/** The checksum field for a sum: its complement. */
export const complement = (sum: number): number => ~fold(sum) & 0xffff

/** The sum of the pseudo-header of UDP and TCP (RFC 768, RFC 9293 §3.1). `length` is the transport's, in octets. */
export const pseudoHeader = (source: number, target: number, protocol: number, length: number): number =>
  (source >>> 16) + (source & 0xffff) + (target >>> 16) + (target & 0xffff) + protocol + length
