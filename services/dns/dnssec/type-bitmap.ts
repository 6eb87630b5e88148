/** The types that a name owns, as NSEC and NSEC3 list them: RFC 4034 §4.1.2. */

/** Windows of (number, length, bits), ascending. `types` in any order. */
export function typeBitmap(types: readonly number[]): Uint8Array {
  const largest = Math.max(0, ...types)
  if (largest > 255) return severalWindows(types)
  const octets = new Uint8Array(types.length === 0 ? 0 : 3 + (largest >>> 3))
  if (octets.length > 0) octets[1] = octets.length - 2
  for (const type of types) octets[2 + (type >>> 3)] = (octets[2 + (type >>> 3)] as number) | (0x80 >>> (type & 7))
  return octets
}

function severalWindows(types: readonly number[]): Uint8Array {
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
