/** PTR records that come and go with A and AAAA records, where a person wants that: edits of our reverse zones. */
import { parseIpv4 } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { canonicalRecord, type DnsServer, type NewRecord, reverseOf } from '../dns/index.ts'
import { type DnsRecord, type Refusal, refusal, zoneText } from '../model/index.ts'
import type { ZoneChange } from './zone-editor.ts'

type Wanted = { readonly removeIds: number[]; readonly add: NewRecord[] }
/** Addresses that have `name`, as records of a zone. */
type Forward = Pick<DnsRecord, 'name' | 'type' | 'data'>

/**
 * What becomes of the reverse zones when these addresses go and those come. A PTR record that says something else, or
 * belongs to a lease, stays; where it stands in the way of a new one that is refused.
 */
export function ptrChanges(
  dns: DnsServer, removed: readonly Forward[], added: readonly { readonly record: NewRecord; readonly zone: string }[], author: string | undefined,
): Result<readonly ZoneChange[], Refusal> {
  const byZone = new Map<string, Wanted>()
  const wanted = (zone: string): Wanted => {
    const found = byZone.get(zone) ?? { removeIds: [], add: [] }
    byZone.set(zone, found)
    return found
  }
  const gone = new Set<number>()
  for (const record of removed) {
    const reverse = reverseNameOf(dns, record)
    const zone = reverse === undefined ? undefined : dns.zones.enclosing(reverse)
    for (const ptr of zone?.recordsNamed(reverse as string) ?? []) {
      if (zone === undefined || ptr.type !== 'PTR' || ptr.owner.kind === 'lease' || ptr.data.toLowerCase() !== record.name.toLowerCase()) continue
      wanted(zoneText(zone.zone)).removeIds.push(ptr.id)
      gone.add(ptr.id)
    }
  }
  for (const { record, zone: forwardZone } of added) {
    const forward = canonicalRecord(record, forwardZone)
    if (!forward.ok) return err({ ...forward.error, field: `${record.pointer ?? ''}${forward.error.field}` })
    const { name, data } = forward.value
    const pointer = `${record.pointer ?? ''}/ptr`
    const reverse = reverseNameOf(dns, forward.value)
    if (reverse === undefined) return err(refusal('invalid', pointer, `a record of type ${forward.value.type} has no address`, 'a PTR record for A and AAAA records only'))
    const zone = dns.zones.enclosing(reverse)
    if (zone === undefined) return err(refusal('conflict', pointer, `no zone here holds ${reverse}`, 'add the reverse zone first, or leave the PTR record away'))
    const present = zone.recordsNamed(reverse).filter((ptr) => ptr.type === 'PTR' && !gone.has(ptr.id))
    if (present.some((ptr) => ptr.data.toLowerCase() === name.toLowerCase())) continue
    const other = present[0]
    if (other !== undefined) return err(refusal('conflict', pointer, `${data} is ${other.data} already`, 'change that PTR record, or leave this one away'))
    wanted(zoneText(zone.zone)).add.push({ ...record, name: `${reverse}.`, type: 'PTR', data: `${name}.`, pointer })
  }
  return ok([...byZone].map(([zone, change]) => ({ zone, change, author })))
}

function reverseNameOf(dns: DnsServer, { type, data }: Pick<Forward, 'type' | 'data'>): string | undefined {
  const ipv4 = type === 'A' ? parseIpv4(data) : undefined
  if (ipv4 !== undefined) return dns.zones.reverseNameOf(ipv4)
  return type === 'AAAA' ? reverseOf(type, data) : undefined
}
