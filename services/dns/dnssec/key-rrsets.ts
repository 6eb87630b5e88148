/**
 * The RRsets that signing puts at a zone's apex: DNSKEY (RFC 4034 §2), CDS and CDNSKEY (RFC 7344 §3), NSEC3PARAM
 * (RFC 5155 §4, for secondaries; its TTL means nothing to anybody).
 */
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
    { name: apex, type: TYPE.NSEC3PARAM, ttl: 0, rdata: signing.denial === 'nsec3' ? [nsec3Param(signing.nsec3.salt)] : [] },
  ]
  return sets.filter((rrset) => rrset.rdata.length > 0)
}

/** SHA-1, no flags, no further iterations. */
const nsec3Param = (salt: Uint8Array): Uint8Array => Uint8Array.from([1, 0, 0, 0, salt.length, ...salt])
