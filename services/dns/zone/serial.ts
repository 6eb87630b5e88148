/** Serial numbers of zones: 32-bit sequence space arithmetic, RFC 1982. */

/** True when `a` is newer than `b`. Two that are exactly 2^31 apart are neither newer (RFC 1982 §3.2). */
export const isNewerSerial = (a: number, b: number): boolean => {
  const ahead = (a - b) >>> 0
  return ahead !== 0 && ahead < 0x8000_0000
}

/**
 * The serial of the next version: one more, and never 0, which some secondaries take for "unset". Not a date: leases
 * edit zones far oftener than the hundred times a day for which YYYYMMDDnn has room. A zone that came with a date
 * simply counts on from it.
 */
export function serialAfter(old: number): number {
  const next = (old + 1) >>> 0
  return next === 0 ? 1 : next
}
