/** The DS records that the parent of a zone has for it (RFC 4035 §3.1.4.1: they stand above the cut): asked for, and put there. */
import type { Change, DnsServer } from '../dns/index.ts'
import { formatRdata } from '../dns/wire/rdata.ts'
import { zoneText } from '../model/index.ts'
import { keyOf, parentKey, ROOT_KEY } from '../dns/wire/name.ts'
import { TYPE } from '../dns/wire/type-names.ts'

/** Rdata; from a zone of ours where that is the parent, else as an upstream server has it. Undefined: nobody answered. */
export async function askParentDs(dns: DnsServer, zoneName: string): Promise<readonly Uint8Array[] | undefined> {
  const key = keyOf(zoneName)
  if (key === ROOT_KEY) return []
  const parent = dns.zones.closest(parentKey(key))
  const sets = parent === undefined ? (await dns.askUpstream(key, TYPE.DS))?.answer.map(({ rrset }) => rrset) : (parent.node(key)?.rrsets ?? [])
  return sets?.filter((rrset) => rrset.type === TYPE.DS).flatMap((rrset) => rrset.rdata)
}

/**
 * What the parent, if it is a zone of ours that delegates the child, has to change to have these DS records. Records that
 * people made stay, and the TTL of those that are there is kept. Undefined: it is none.
 */
export function parentChange(dns: DnsServer, childId: number, wanted: readonly Uint8Array[], ttl: number): { readonly zone: string; readonly change: Change } | undefined {
  const child = dns.zones.byId(childId)
  const parent = child === undefined || child.key === ROOT_KEY ? undefined : dns.zones.closest(parentKey(child.key))
  if (child === undefined || parent === undefined || parent.isSecondary) return undefined
  const there = parent.recordsAt(child.key)
  if (!there.some(({ type }) => type === 'NS')) return undefined
  const present = there.filter(({ type }) => type === 'DS')
  const texts = wanted.map((rdata) => formatRdata(TYPE.DS, rdata))
  const { name } = child.identity
  return {
    zone: zoneText(parent.zone),
    change: {
      removeIds: present.filter(({ owner, data }) => owner.kind === 'system' && !texts.includes(data)).map(({ id }) => id),
      add: texts.filter((data) => !present.some((record) => record.data === data)).map((data) => (
        { name: `${name}.`, type: 'DS', ttl: present[0]?.ttl ?? ttl, data, owner: { kind: 'system' }, comment: `put by the signing of ${name}` }
      )),
    },
  }
}
