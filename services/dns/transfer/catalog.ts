/**
 * What a catalog zone says (RFC 9432 §4), and what is to be done about it.
 *
 *   version.CATALOG            TXT "2"
 *   LABEL.zones.CATALOG        PTR member
 *   group.LABEL.zones.CATALOG  TXT "how the member is set up"
 *   coo.LABEL.zones.CATALOG    PTR the catalog that may take the member over
 *
 * Other names in it mean nothing here (§4.4). A catalog that breaks the rules is not acted upon (§5.1).
 */
import { err, ok, type Result } from '../../../stack/platform/index.ts'
import { type DnsRecord, PLAIN_RECORD } from '../../model/index.ts'
import { formatKey, keyOf, type NameKey, nameKey, parseName } from '../wire/name.ts'
import type { NewRecord } from '../zone/changes.ts'
import type { LiveZone } from '../zone/zone.ts'

/** §4.2.1. */
const VERSION = '"2"'
/** Members of one catalog: as many zones as one appliance is meant for. */
export const MAX_CATALOG_MEMBERS = 10_000

export type ListedZone = {
  /** Lower case, without the final dot. */
  readonly zone: string
  readonly label: string
  readonly groups: readonly string[]
  /** Who may take it over. */
  readonly coo: string | undefined
}
/** Why a catalog is not acted upon; `at` is the name where. */
export type CatalogFault = { readonly kind: 'version' | 'several-records' | 'listed-twice' | 'too-large'; readonly at: string }

type Gathered = { zone: string | undefined; groups: string[]; coo: string | undefined }

/** Members by zone. */
export function readCatalog(live: LiveZone): Result<ReadonlyMap<string, ListedZone>, CatalogFault> {
  const versions: string[] = []
  const gathered = new Map<string, Gathered>()
  for (const record of live.records()) {
    const labels = labelsBelow(record.name, live.key)
    if (labels.length === 1 && labels[0] === 'version' && record.type === 'TXT') versions.push(record.data)
    const property = labels.length === 3 ? labels[0] : undefined
    if (labels.at(-1) !== 'zones' || labels.length < 2 || labels.length > 3) continue
    const label = labels[labels.length - 2] as string
    const member = gathered.get(label) ?? { zone: undefined, groups: [], coo: undefined }
    gathered.set(label, member)
    if (gathered.size > MAX_CATALOG_MEMBERS) return err({ kind: 'too-large', at: record.name })
    if (property === undefined && record.type === 'PTR') {
      if (member.zone !== undefined) return err({ kind: 'several-records', at: record.name })
      member.zone = targetOf(record)
    } else if (property === 'coo' && record.type === 'PTR') {
      if (member.coo !== undefined) return err({ kind: 'several-records', at: record.name })
      member.coo = targetOf(record)
    } else if (property === 'group' && record.type === 'TXT') member.groups.push(textOf(record))
  }
  if (versions.length !== 1 || versions[0] !== VERSION) return err({ kind: 'version', at: `version.${live.zone.name}` })
  const members = new Map<string, ListedZone>()
  for (const [label, { zone, groups, coo }] of gathered) {
    // Properties without a member mean nothing.
    if (zone === undefined) continue
    if (members.has(zone)) return err({ kind: 'listed-twice', at: zone })
    members.set(zone, { zone, label, groups, coo })
  }
  return ok(members)
}

/** Labels of a name from the left, down to the apex, in lower case. */
function labelsBelow(name: string, apex: NameKey): readonly string[] {
  const parsed = parseName(name)
  if (!parsed.ok) return []
  const key = nameKey(parsed.value)
  const labels: string[] = []
  for (let at = 0; key.length - at > apex.length; at += 1 + key.charCodeAt(at)) labels.push(key.slice(at + 1, at + 1 + key.charCodeAt(at)))
  return labels
}

const targetOf = (record: DnsRecord): string => formatKey(keyOf(record.data))
/** Of TXT data as it is stored: `"one"`, or several joined. */
const textOf = (record: DnsRecord): string => record.data.replaceAll(/" "/g, '').replaceAll(/^"|"$/g, '')

/** Who holds a zone of a name. */
export type Holder =
  | { readonly kind: 'nobody' }
  /** A catalog, under this label; `coo`: whom that catalog lets have it now. */
  | { readonly kind: 'catalog'; readonly catalog: string; readonly label: string; readonly coo: string | undefined }
  /** A zone that was made by hand. */
  | { readonly kind: 'hand' }

export type CatalogAct =
  | { readonly kind: 'add' | 'keep'; readonly member: ListedZone }
  /** It is another zone of the same name: what is here is forgotten (§5.4). */
  | { readonly kind: 'reset'; readonly member: ListedZone }
  /** From another catalog, which lets it go (§4.3.1); with the same label what is here stays. */
  | { readonly kind: 'take'; readonly member: ListedZone; readonly from: string; readonly reset: boolean }
  | { readonly kind: 'remove'; readonly zone: string }
  /** It is not ours to have (§5.2). */
  | { readonly kind: 'conflict'; readonly member: ListedZone; readonly holder: Exclude<Holder, { readonly kind: 'nobody' }> }

/** `held`: zones that are here because of this catalog. */
export function reconcile(
  catalog: string, members: ReadonlyMap<string, ListedZone>, held: Iterable<string>, holderOf: (zone: string) => Holder,
): readonly CatalogAct[] {
  const acts: CatalogAct[] = []
  for (const zone of held) if (!members.has(zone)) acts.push({ kind: 'remove', zone })
  for (const member of members.values()) acts.push(actFor(catalog, member, holderOf(member.zone)))
  return acts
}

function actFor(catalog: string, member: ListedZone, holder: Holder): CatalogAct {
  // A catalog that lists itself would remove itself one day.
  if (member.zone === catalog) return { kind: 'conflict', member, holder: { kind: 'hand' } }
  if (holder.kind === 'nobody') return { kind: 'add', member }
  if (holder.kind === 'hand') return { kind: 'conflict', member, holder }
  const same = holder.label === member.label
  if (holder.catalog === catalog) return same ? { kind: 'keep', member } : { kind: 'reset', member }
  return holder.coo === catalog ? { kind: 'take', member, from: holder.catalog, reset: !same } : { kind: 'conflict', member, holder }
}

const catalogRecord = (name: string, type: string, data: string): NewRecord => ({
  ...PLAIN_RECORD, name: `${name}.`, type, ttl: 0, data, owner: { kind: 'catalog' },
})

/** That a zone is a catalog (§4.2.1). */
export const versionRecord = (catalog: string): NewRecord => catalogRecord(`version.${catalog}`, 'TXT', VERSION)

/** That it lists a member. */
export function memberRecords(catalog: string, { zone, label, groups, coo }: ListedZone): readonly NewRecord[] {
  const node = `${label}.zones.${catalog}`
  return [
    catalogRecord(node, 'PTR', `${zone}.`),
    ...groups.map((group) => catalogRecord(`group.${node}`, 'TXT', `"${group}"`)),
    ...(coo === undefined ? [] : [catalogRecord(`coo.${node}`, 'PTR', `${coo}.`)]),
  ]
}

/** The records of a member and of its properties. */
export function recordsOfMember(live: LiveZone, label: string): readonly DnsRecord[] {
  const node = `${label}.zones.${live.zone.name}`
  return [...live.records()].filter(({ name }) => name.toLowerCase() === node || name.toLowerCase().endsWith(`.${node}`))
}

/** What is wrong with a catalog, in words. */
export const catalogFaultText = ({ kind, at }: CatalogFault): string => `${FAULTS[kind]} (${at})`

const FAULTS: { readonly [K in CatalogFault['kind']]: string } = {
  version: 'it does not say that it is of version 2',
  'several-records': 'a name has several PTR records',
  'listed-twice': 'a zone is listed twice',
  'too-large': `it lists more than ${MAX_CATALOG_MEMBERS} zones`,
}
