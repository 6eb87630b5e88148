/** Serial numbers of zones: 32-bit sequence space arithmetic, RFC 1982. */
import type { SerialPolicy } from '../../model/index.ts'

/** True when `a` is newer than `b`. Two that are exactly 2^31 apart are neither newer (RFC 1982 §3.2). */
export const isNewerSerial = (a: number, b: number): boolean => {
  const ahead = (a - b) >>> 0
  return ahead !== 0 && ahead < 0x8000_0000
}

/**
 * One more, and never 0, which some secondaries take for "unset". That is what a zone does unless its policy says
 * otherwise: leases edit zones far oftener than the hundred times a day for which YYYYMMDDnn has room.
 */
export function serialAfter(old: number): number {
  const next = (old + 1) >>> 0
  return next === 0 ? 1 : next
}

/** The serial of the next version, by the zone's policy. `wallMs` is the time of the change. */
export function serialBy(policy: SerialPolicy | undefined, old: number, wallMs: number): number {
  const wanted = policy === 'date' ? dateSerial(wallMs) : policy === 'unixtime' ? Math.floor(wallMs / 1000) >>> 0 : 0
  return isNewerSerial(wanted, old) && wanted !== 0 ? wanted : serialAfter(old)
}

/** 2026112200 for any time of 22 November 2026 (UTC). */
function dateSerial(wallMs: number): number {
  const [date = ''] = new Date(wallMs).toISOString().split('T')
  return Number(date.replaceAll('-', '')) * 100
}
