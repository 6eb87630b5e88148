/**
 * What NSEC records prove: RFC 4035 §5.4, RFC 6840 §4 (which spans may be believed), RFC 4592 (wildcards, empty
 * non-terminals), RFC 9824 §3 (a record of the name alone, whose bitmap says that it does not exist).
 */
import { orderKey } from '../dnssec/canonical.ts'
import type { OrderKey } from '../dnssec/canonical.ts'
import { NXNAME } from '../dnssec/proofs.ts'
import { isAtOrBelow, nameKey, nameLength, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { META, TYPE } from '../wire/type-names.ts'
import { listsOnly, listsType } from './denial.ts'
import type { CutProof, Proof } from './denial.ts'

export type NsecRecord = {
  readonly owner: NameKey
  readonly order: OrderKey
  readonly next: NameKey
  readonly nextOrder: OrderKey
  readonly has: (type: number) => boolean
  /** The name has no records but those that deny. */
  readonly isBare: boolean
}

/** The records of proven RRsets of one zone; one that leads out of the zone is left out. */
export function nsecRecords(rrsets: readonly Rrset[], zone: NameKey): readonly NsecRecord[] {
  return rrsets.flatMap((rrset) => {
    const rdata = rrset.rdata[0]
    if (rrset.type !== TYPE.NSEC || rdata === undefined || rrset.rdata.length !== 1) return []
    const length = nameLength(rdata, 0, rdata.length)
    if (length < 0) return []
    const owner = nameKey(rrset.name)
    const next = nameKey(rdata, 0, length)
    if (!isAtOrBelow(next, zone) || !isAtOrBelow(owner, zone)) return []
    return [{ owner, order: orderKey(owner), next, nextOrder: orderKey(next), has: (type: number) => listsType(rdata, length, type), isBare: listsOnly(rdata, length, [TYPE.RRSIG, TYPE.NSEC]) }]
  })
}

const isBelow = (key: NameKey, above: NameKey): boolean => key.length > above.length && isAtOrBelow(key, above)

/** What lies below a delegation or a DNAME is not this zone's to deny: RFC 6840 §4.1, RFC 6672 §5.3.4.1. */
const endsZone = (record: NsecRecord): boolean => record.has(TYPE.DNAME) || (record.has(TYPE.NS) && !record.has(TYPE.SOA))

/** The record in whose span a name lies; the last of a zone leads back to its apex. */
function covering(records: readonly NsecRecord[], zone: NameKey, key: NameKey): NsecRecord | undefined {
  const order = orderKey(key)
  return records.find((record) =>
    record.order < order && (order < record.nextOrder || record.next === zone) && !(isBelow(key, record.owner) && endsZone(record)))
}

/** Whether the name of a record has neither the type nor an alias, as far as the record may say so. */
function lacks(record: NsecRecord, type: number, zone: NameKey): boolean {
  const delegates = record.has(TYPE.NS) && !record.has(TYPE.SOA)
  // RFC 6840 §4.1: of a delegation the parent's record speaks for DS only, and the child's for all but DS.
  if (type === TYPE.DS ? record.has(TYPE.SOA) && zone !== ROOT_KEY : delegates) return false
  if (type === META.ANY) return record.isBare
  return !record.has(type) && !record.has(TYPE.CNAME)
}

function commonAncestor(a: NameKey, b: NameKey): NameKey {
  let above = a
  while (!isAtOrBelow(b, above)) above = parentKey(above)
  return above
}

/** The longest ancestor of a name that exists, by the record in whose span the name lies. */
function encloserBy(record: NsecRecord, key: NameKey): NameKey {
  const [one, other] = [commonAncestor(key, record.owner), commonAncestor(key, record.next)]
  return one.length > other.length ? one : other
}

const wildcardBelow = (encloser: NameKey): NameKey => `\x01*${encloser}`

/** No such name, and no wildcard in its place. */
export function nsecNoName(records: readonly NsecRecord[], zone: NameKey, key: NameKey): Proof {
  if (records.some((record) => record.owner === key && record.has(NXNAME))) return 'proven'
  const record = covering(records, zone, key)
  if (record === undefined || isBelow(record.next, key)) return 'unproven'
  const wildcard = wildcardBelow(encloserBy(record, key))
  const other = covering(records, zone, wildcard)
  return other !== undefined && !isBelow(other.next, wildcard) ? 'proven' : 'unproven'
}

/** The name is there, or a wildcard in its place, and has no such type. */
export function nsecNoType(records: readonly NsecRecord[], zone: NameKey, key: NameKey, type: number): Proof {
  const itself = records.find((record) => record.owner === key)
  if (itself !== undefined) return itself.has(NXNAME) || lacks(itself, type, zone) ? 'proven' : 'unproven'
  const record = covering(records, zone, key)
  if (record === undefined) return 'unproven'
  // An empty non-terminal has no record of its own: the span over it ends below it.
  if (isBelow(record.next, key)) return 'proven'
  const wildcard = wildcardBelow(encloserBy(record, key))
  const own = records.find((other) => other.owner === wildcard)
  if (own !== undefined) return lacks(own, type, zone) ? 'proven' : 'unproven'
  // The wildcard may be an empty non-terminal itself (RFC 4592 §2.2.2).
  const above = covering(records, zone, wildcard)
  return above !== undefined && isBelow(above.next, wildcard) ? 'proven' : 'unproven'
}

/** Nothing stands between a name and the wildcard below `encloser` that its data came from: RFC 4035 §5.3.4. */
export function nsecNothingCloser(records: readonly NsecRecord[], zone: NameKey, key: NameKey, encloser: NameKey): Proof {
  const record = covering(records, zone, key)
  return record !== undefined && !isBelow(record.next, key) && encloserBy(record, key) === encloser ? 'proven' : 'unproven'
}

/** What the denial of DS at a name below the apex says of the name: RFC 4035 §5.2. */
export function nsecCut(records: readonly NsecRecord[], zone: NameKey, key: NameKey): CutProof {
  const own = records.find((record) => record.owner === key)
  if (own === undefined) return covering(records, zone, key) === undefined ? 'unproven' : 'no-cut'
  if (own.has(TYPE.SOA) || own.has(TYPE.DS)) return 'unproven'
  return own.has(TYPE.NS) ? 'insecure' : 'no-cut'
}
