/** What denial records can prove, and the reading of their type bitmaps: RFC 4034 §4.1.2. */

/**
 * `insecure`: as far as the zone vouches for it at all: an opted-out span (RFC 5155 §9.2), or too many rounds of hashing
 * (RFC 9276 §3.2). `out-of-budget`: we have stopped counting.
 */
export type Proof = 'proven' | 'insecure' | 'unproven' | 'out-of-budget'

/** What a question for DS says of a name: a zone of its own without DS, or no zone of its own. */
export type CutProof = 'insecure' | 'no-cut' | 'unproven' | 'out-of-budget'

/** Whether the bitmap from `at` to the end of the rdata lists a type. A malformed one lists nothing further. */
export function listsType(rdata: Uint8Array, at: number, type: number): boolean {
  for (let i = at; i + 2 <= rdata.length; i += 2 + (rdata[i + 1] as number)) {
    if (rdata[i] !== type >>> 8) continue
    const octet = (type & 0xff) >>> 3
    return octet < (rdata[i + 1] as number) && ((rdata[i + 2 + octet] ?? 0) & (0x80 >>> (type & 7))) !== 0
  }
  return false
}

/** Whether the bitmap lists nothing but these. */
export function listsOnly(rdata: Uint8Array, at: number, types: readonly number[]): boolean {
  for (let i = at; i + 2 <= rdata.length; i += 2 + (rdata[i + 1] as number)) {
    for (let bit = 0; bit < 8 * (rdata[i + 1] as number); bit++) {
      const isSet = ((rdata[i + 2 + (bit >>> 3)] ?? 0) & (0x80 >>> (bit & 7))) !== 0
      if (isSet && !types.includes(((rdata[i] as number) << 8) | bit)) return false
    }
  }
  return true
}
