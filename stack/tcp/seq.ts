/**
 * HOT PATH. Sequence numbers (RFC 9293 §3.4) as int32, compared by the sign of their difference: right as long as the
 * two lie less than 2^31 apart, which windows of at most 2^30 (RFC 7323 §2.2) ensure.
 * Watched by test/bench/micro/tcp-bulk.ts.
 */
export const lt = (a: number, b: number): boolean => ((a - b) | 0) < 0
export const le = (a: number, b: number): boolean => ((a - b) | 0) <= 0
export const gt = (a: number, b: number): boolean => ((a - b) | 0) > 0
export const ge = (a: number, b: number): boolean => ((a - b) | 0) >= 0
export const plus = (a: number, n: number): number => (a + n) | 0
/** How far `a` is ahead of `b`. */
export const ahead = (a: number, b: number): number => (a - b) | 0
export const later = (a: number, b: number): number => (((a - b) | 0) >= 0 ? a : b)
