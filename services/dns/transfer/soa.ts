/** The SOA of a zone that comes from another server (RFC 1035 §3.3.13), between octets and the zone's own fields. */
import { u32 } from '../../../stack/platform/index.ts'
import type { Zone } from '../../model/index.ts'
import { formatName, nameLength } from '../wire/name.ts'

export type TransferredSoa = Pick<Zone, 'serial' | 'primaryServer' | 'hostmaster' | 'refresh' | 'retry' | 'expire' | 'minimum'> & {
  readonly soaTtl: number
}

/** Serial, refresh, retry, expire and minimum are its last 20 octets. */
const TIMES_OCTETS = 20

export const soaSerial = (rdata: Uint8Array): number => u32(rdata, rdata.length - TIMES_OCTETS)

/** Well-formed rdata is expected; times are 31 bits, as TTLs are. */
export function soaFieldsOf(rdata: Uint8Array, ttl: number): TransferredSoa {
  const hostmasterAt = nameLength(rdata, 0, rdata.length)
  const at = rdata.length - TIMES_OCTETS
  const time = (n: number): number => Math.min(u32(rdata, at + 4 * n), 0x7fff_ffff)
  return {
    serial: soaSerial(rdata),
    primaryServer: formatName(rdata),
    hostmaster: formatName(rdata, hostmasterAt),
    refresh: time(1),
    retry: time(2),
    expire: time(3),
    minimum: time(4),
    soaTtl: ttl,
  }
}
