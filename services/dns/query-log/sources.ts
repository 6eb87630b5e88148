/** Where answers come from, as the query log tells it. The codes are stored: they are never given another meaning. */
import type { Origin } from '../server/pipeline.ts'

export const SOURCE = {
  /** Not a question, or one that came to nothing that is told. */
  none: 0,
  /** A zone of ours: primary, secondary, names of leases. */
  own: 1,
  /** Names that never leave (RFC 6761, RFC 6303). */
  'special-use': 2,
  cache: 3,
  /** From the cache after its time, because nobody could be asked (RFC 8767). */
  stale: 4,
  /** Servers were asked: those that are forwarded to, or from the root on. */
  network: 5,
  /** A list or rule decided. */
  policy: 6,
  /** Not served to this client, or not of a kind that is. */
  refused: 7,
  /** Nobody could answer, or what came did not validate. */
  failure: 8,
} as const satisfies { readonly [O in Origin | 'none']: number }
export type SourceName = keyof typeof SOURCE

const NAMES = new Map<number, SourceName>(Object.entries(SOURCE).map(([name, code]) => [code, name as SourceName]))

/** "cache" of 3; "none" for a code that this version does not know. */
export const sourceName = (code: number): SourceName => NAMES.get(code) ?? 'none'

export const CARRIERS = ['udp', 'tcp', 'tls', 'https'] as const
export type CarrierName = (typeof CARRIERS)[number]
