/** How long "there is no such name" and "there is no such type" may be believed. RFC 2308 §3, §5. */
import { soaMinimum } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'

/** RFC 2308 §5 finds one to three hours reasonable as an upper bound. */
export const MAX_NEGATIVE_SECONDS = 10_800

/** Seconds, from the SOA that came with the answer: the lesser of its TTL and its minimum field. */
export const negativeTtl = (soa: Rrset): number => Math.min(soa.ttl, soaMinimum(soa.rdata[0] as Uint8Array))
