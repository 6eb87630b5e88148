/** The RRsets that a zone's keys put at its apex: DNSKEY (RFC 4034 §2), CDS and CDNSKEY (RFC 7344 §3). */
import type { Name } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import type { ZoneSigning } from './signing-keys.ts'

export function keyRrsets(apex: Name, signing: ZoneSigning): readonly Rrset[] {
  const { dnskeyTtl: ttl, keys, cds, cdnskey } = signing
  const published = keys.filter((key) => key.published).map((key) => key.dnskey)
  const sets: readonly Rrset[] = [
    { name: apex, type: TYPE.DNSKEY, ttl, rdata: published },
    { name: apex, type: TYPE.CDS, ttl, rdata: cds },
    { name: apex, type: TYPE.CDNSKEY, ttl, rdata: cdnskey },
  ]
  return sets.filter((rrset) => rrset.rdata.length > 0)
}
