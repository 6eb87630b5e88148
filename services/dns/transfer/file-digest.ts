/** Whether a master file is what its own ZONEMD records say (RFC 8976 §4). */
import { ABSOLUTE, formatName, keyOf, name } from '../wire/name.ts'
import { parseRdataText } from '../wire/rdata.ts'
import { TYPE } from '../wire/type-names.ts'
import type { ParsedZoneFile, SoaFields } from '../zone/master-file.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'
import { rowOf } from './journal.ts'
import { type DigestAlgorithm, isAnyRight, publishedDigests, ZoneDigest } from './zone-digest.ts'

/** none: it has none that can be checked. */
export function fileDigest(file: ParsedZoneFile, zoneName: string): 'none' | 'right' | 'wrong' {
  const apex = keyOf(zoneName)
  const soa = file.soa === undefined ? undefined : soaRow(file.soa, zoneName)
  if (soa === undefined) return 'none'
  const rows = file.records.flatMap((record) => rowOf(record))
  const zonemd = rows.filter((row) => row.type === TYPE.ZONEMD && keyOf(formatName(row.owner)) === apex)
  const published = publishedDigests(zonemd.map((row) => row.rdata), soa.rdata)
  if (published.length === 0) return 'none'
  const digest = new ZoneDigest(apex, [soa, ...rows], new Set(published.map((each): DigestAlgorithm => each.algorithm)))
  for (;;) {
    const digests = digest.step()
    if (digests !== undefined) return isAnyRight(published, digests) ? 'right' : 'wrong'
  }
}

function soaRow({ primaryServer, hostmaster, serial, refresh, retry, expire, minimum, soaTtl }: SoaFields, zoneName: string): ZoneRow | undefined {
  const rdata = parseRdataText(TYPE.SOA, [primaryServer, hostmaster, serial, refresh, retry, expire, minimum].join(' '), ABSOLUTE)
  return rdata.ok ? { owner: name(zoneName), type: TYPE.SOA, ttl: soaTtl, rdata: rdata.value } : undefined
}
