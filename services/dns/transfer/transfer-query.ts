/**
 * What a secondary asks: for the SOA (RFC 1034 §4.3.5), the changes since its version (RFC 1995 §3), or the whole zone
 * (RFC 5936 §2.1); signed where primary and secondary share a key.
 */
import { put16, put32 } from '../../../stack/platform/index.ts'
import { signTsig, tsigOctets } from '../tsig/tsig.ts'
import type { LiveTsigKey } from '../tsig/tsig.ts'
import { HEADER_OCTETS } from '../wire/message.ts'
import { CLASS_IN, META, TYPE } from '../wire/type-names.ts'
import type { LiveZone } from '../zone/zone.ts'

export type TransferQuery = {
  readonly id: number
  readonly bytes: Uint8Array
  /** That an answer's signature goes on from; undefined without a key. */
  readonly mac: Uint8Array | undefined
}

/** `type`: SOA, IXFR or AXFR. `seconds` since 1970. */
export function transferQuery(id: number, live: LiveZone, type: number, key: LiveTsigKey | undefined, seconds: number): TransferQuery {
  const { apex, soa } = live
  const rdata = soa.rdata[0] as Uint8Array
  const bytes = new Uint8Array(HEADER_OCTETS + apex.length + 4 + 12 + rdata.length + (key === undefined ? 0 : tsigOctets(key)))
  put16(bytes, 0, id)
  put16(bytes, 4, 1)
  bytes.set(apex, HEADER_OCTETS)
  let at = HEADER_OCTETS + apex.length
  put16(bytes, at, type)
  put16(bytes, at + 2, CLASS_IN)
  at += 4
  if (type === META.IXFR) {
    put16(bytes, 8, 1)
    put16(bytes, at, 0xc000 | HEADER_OCTETS)
    put16(bytes, at + 2, TYPE.SOA)
    put16(bytes, at + 4, CLASS_IN)
    put32(bytes, at + 6, soa.ttl)
    put16(bytes, at + 10, rdata.length)
    bytes.set(rdata, at + 12)
    at += 12 + rdata.length
  }
  if (key === undefined) return { id, bytes: bytes.subarray(0, at), mac: undefined }
  const { length, mac } = signTsig(bytes, 0, at, key, { now: seconds })
  return { id, bytes: bytes.subarray(0, length), mac }
}
