/** What the history of a zone says of its versions: the difference that changes make together, and the way back. */
import { err, ok, type Result } from '../stack/platform/index.ts'
import { type Change, isMade, newRecord } from './dns/index.ts'
import { type DnsRecord, type Refusal, refusal } from './model/index.ts'

type Changed = DnsRecord & { readonly action: 'add' | 'remove' }
export type Net = { readonly remove: readonly DnsRecord[]; readonly add: readonly DnsRecord[] }

/** A record as a person sees it; its id is new with every change. */
const identity = ({ name, type, ttl, data, owner, enabled, expiresAt, comment }: DnsRecord): string =>
  JSON.stringify([name, type, ttl, data, owner, enabled, expiresAt, comment])
const place = ({ name, type, data, enabled }: DnsRecord): string => JSON.stringify([name.toLowerCase(), type, data, enabled])
const told = ({ name, type, data }: DnsRecord): string => `${name} ${type} ${data}`

/** Changes, oldest first, without what they took back themselves. */
export function netOf(changes: Iterable<Changed>): Net {
  const net = new Map<string, { readonly record: DnsRecord; count: number }>()
  for (const change of changes) {
    const key = identity(change)
    const entry = net.get(key) ?? { record: change, count: 0 }
    entry.count += change.action === 'add' ? 1 : -1
    net.set(key, entry)
  }
  const of = (sign: number): readonly DnsRecord[] => [...net.values()].filter(({ count }) => Math.sign(count) === sign).map(({ record }) => record)
  return { remove: of(-1), add: of(1) }
}

export const inverseOf = ({ remove, add }: Net): Net => ({ remove: add, add: remove })

/**
 * The change that takes these back, where the records of `present` allow it: what is to go must be there, and what is to
 * come must not. Records of leases belong to their leases, and addresses made of ALIAS and URL records go with those: both
 * are left alone. All conflicts are named.
 */
export function wayBack(changes: Iterable<Changed>, present: Iterable<DnsRecord>): Result<Change, Refusal> {
  const { remove, add } = inverseOf(netOf(changes))
  const ofPeople = (record: DnsRecord): boolean => record.owner.kind !== 'lease' && !isMade(record)
  const ids = new Map<string, number[]>()
  const places = new Map<string, DnsRecord>()
  for (const record of present) {
    const key = identity(record)
    ids.set(key, [...(ids.get(key) ?? []), record.id])
    places.set(place(record), record)
  }
  const removeIds: number[] = []
  const conflicts: Omit<Refusal, 'code' | 'others'>[] = []
  for (const record of remove.filter(ofPeople)) {
    const id = ids.get(identity(record))?.pop()
    if (id === undefined) conflicts.push({ field: '', problem: `${told(record)} is not there as it was any more`, remedy: 'go back to a later version first, or change it by hand' })
    else {
      removeIds.push(id)
      places.delete(place(record))
    }
  }
  for (const record of add.filter(ofPeople)) {
    const other = places.get(place(record))
    if (other !== undefined) conflicts.push({ field: '', problem: `${told(record)} is there already, as record ${other.id}`, remedy: 'remove it first, or leave it as it is' })
  }
  const [first, ...others] = conflicts
  if (first !== undefined) return err({ ...refusal('conflict', first.field, first.problem, first.remedy), ...(others.length === 0 ? {} : { others }) })
  return ok({ removeIds, add: add.filter(ofPeople).map((record) => ({ ...newRecord(record, record.owner, record), enabled: record.enabled })) })
}
