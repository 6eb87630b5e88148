/**
 * What cannot stand with a DNAME (RFC 6672 §2.3, §2.4): a second one, the NS of a delegation beside it, anything below
 * it. Updates and transfers may bring such zones all the same; then what stands below is not served.
 */
import { refusal } from '../../model/index.ts'
import type { DnsRecord, Refusal } from '../../model/index.ts'
import { name, nameKey, parentKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import type { Planned } from './changes.ts'

/** `added` is part of `planned` already. */
export function checkRedirections(planned: Planned, added: readonly DnsRecord[]): Refusal | undefined {
  if (!planned.hasRedirections) return undefined
  const apex = nameKey(name(planned.zone.name))
  for (const record of added) {
    const key = nameKey(name(record.name))
    const refused = record.type === 'DNAME' || record.type === 'NS' ? besideItself(planned, key, apex, record) : undefined
    if (refused !== undefined) return refused
    if (record.type === 'DNAME' && planned.isAnyBelow(key)) {
      return conflict(record, `there are names below ${record.name}, which a DNAME would hide`, 'remove them first')
    }
    for (let at = key; at !== apex; ) {
      at = parentKey(at)
      const redirection = planned.at(at).find(({ type }) => type === 'DNAME')
      if (redirection === undefined) continue
      return conflict(record, `${record.name} lies below ${redirection.name}, whose names are looked for below ${redirection.data} (DNAME)`, 'put the record there')
    }
  }
  return undefined
}

function besideItself(planned: Planned, key: NameKey, apex: NameKey, record: DnsRecord): Refusal | undefined {
  const at = planned.at(key)
  const redirections = at.filter(({ type }) => type === 'DNAME')
  if (redirections.length > 1) return conflict(record, `${record.name} is redirected (DNAME) already`, 'one DNAME per name: change that one')
  if (redirections.length === 0 || key === apex || !at.some(({ type }) => type === 'NS')) return undefined
  return conflict(record, `${record.name} would be both delegated (NS) and redirected (DNAME)`, 'choose one of the two')
}

const conflict = ({ type }: DnsRecord, problem: string, remedy: string): Refusal => refusal('conflict', type === 'DNAME' ? '/type' : '/name', problem, remedy)
