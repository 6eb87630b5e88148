/** The DS records that the parent of a zone has for it (RFC 4035 §3.1.4.1: they stand above the cut). */
import type { DnsServer } from '../dns/index.ts'
import { keyOf, parentKey, ROOT_KEY } from '../dns/wire/name.ts'
import { TYPE } from '../dns/wire/type-names.ts'

/** Rdata; from a zone of ours where that is the parent, else as an upstream server has it. Undefined: nobody answered. */
export async function askParentDs(dns: DnsServer, zoneName: string): Promise<readonly Uint8Array[] | undefined> {
  const key = keyOf(zoneName)
  if (key === ROOT_KEY) return []
  const parent = dns.zones.closest(parentKey(key))
  const sets = parent === undefined ? (await dns.askUpstream(key, TYPE.DS))?.answer : (parent.node(key)?.rrsets ?? [])
  return sets?.filter((rrset) => rrset.type === TYPE.DS).flatMap((rrset) => rrset.rdata)
}
