/** An RRset: all records of one owner and type in class IN, with one TTL (RFC 2181 §5). */
import type { Name } from './name.ts'

export type Rrset = {
  readonly name: Name
  readonly type: number
  /** Seconds. */
  readonly ttl: number
  /** Without compression, no two alike. */
  readonly rdata: readonly Uint8Array[]
}
