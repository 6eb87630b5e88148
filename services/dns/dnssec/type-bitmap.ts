/** The types that a name owns, as NSEC and NSEC3 list them: RFC 4034 §4.1.2. */

/** Windows of (number, length, bits), ascending. `types` in any order. */
export function typeBitmap(types: Iterable<number>): Uint8Array {
  const windows = new Map<number, Uint8Array>()
  for (const type of types) {
    const window = type >>> 8
    const bits = windows.get(window) ?? new Uint8Array(32)
    windows.set(window, bits)
    const at = (type & 0xff) >>> 3
    bits[at] = (bits[at] as number) | (0x80 >>> (type & 7))
  }
  const octets: number[] = []
  for (const [window, bits] of [...windows].sort((a, b) => a[0] - b[0])) {
    const used = bits.findLastIndex((octet) => octet !== 0) + 1
    octets.push(window, used, ...bits.subarray(0, used))
  }
  return Uint8Array.from(octets)
}
