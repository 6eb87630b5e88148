/**
 * What one update does to a zone (RFC 2136 §3.2–§3.4): prerequisites, form, permission, then the changes in their order.
 * The first fault refuses the whole of it. What is allowed and has no effect by the RFC's own rules is passed over in
 * silence (§3.4.2): a second CNAME's company, the last name server, an SOA that is no newer.
 */
import { formatIpv4 } from '../../../stack/index.ts'
import { u32 } from '../../../stack/platform/index.ts'
import { zoneText } from '../../model/index.ts'
import type { DnsRecord, RecordOwner, TraceStep } from '../../model/index.ts'
import { RCODE, rcodeName } from '../wire/message.ts'
import { formatKey, formatName, isAtOrBelow } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import { CLASS_IN, isMetaType, META, TYPE, typeName } from '../wire/type-names.ts'
import { MAX_TTL } from '../zone/changes.ts'
import type { Planned } from '../zone/changes.ts'
import { isNewerSerial } from '../zone/serial.ts'
import type { LiveZone } from '../zone/zone.ts'
import { firstUnmet } from './prerequisites.ts'
import { CLASS_ANY, CLASS_NONE } from './update-message.ts'
import type { UpdateMessage, UpdateRecord } from './update-message.ts'
import { mayTouch } from './update-rules.ts'
import type { Requester, UpdateRules } from './update-rules.ts'
import { identityOf, ZoneDraft } from './zone-draft.ts'
import type { DraftChange, DraftRow, SoaChange } from './zone-draft.ts'

/** Types that may stand beside a CNAME (RFC 4035 §2.5), and itself. */
const BESIDE_CNAME: ReadonlySet<number> = new Set([TYPE.CNAME, TYPE.RRSIG, TYPE.NSEC])

/** One of each name: another takes its place (§3.4.2.2, RFC 6672 §5.2). */
const SINGLE: ReadonlySet<number> = new Set([TYPE.CNAME, TYPE.DNAME])

/** `change`: what is to be stored; undefined when nothing is, and then the serial stays (§3.6). */
export type UpdatePlan = {
  readonly rcode: number
  readonly because: TraceStep
  readonly change: (DraftChange & { readonly soa: SoaChange | undefined }) | undefined
}

export type UpdateContext = {
  readonly live: LiveZone
  /** With the edits that are under way. */
  readonly planned: Planned
  readonly rules: UpdateRules
  readonly requester: Requester
  readonly nextId: () => number
}

const refused = (rcode: number, ...because: TraceStep): UpdatePlan => ({ rcode, because, change: undefined })

export function planUpdate(context: UpdateContext, message: UpdateMessage): UpdatePlan {
  const { live, planned, requester } = context
  const draft = new ZoneDraft(live, planned)
  const unmet = firstUnmet(draft, message.prerequisites)
  if (unmet !== undefined) {
    const { rcode, record } = unmet
    return refused(rcode, 'dns.update.prerequisite', { name: formatKey(record.key), type: typeName(record.type), rcode: rcodeName(rcode) })
  }
  for (const record of message.updates) {
    const rcode = formFault(draft, record)
    if (rcode !== RCODE.NOERROR) return refused(rcode, 'dns.update.malformed', { name: formatKey(record.key), rcode: rcodeName(rcode) })
  }
  const work = new Work(context, draft)
  for (const record of message.updates) {
    const plan = work.carryOut(record)
    if (plan !== undefined) return plan
  }
  const change = draft.change(ownerOf(requester), context.nextId)
  const { soa } = draft
  if (change.add.length + change.remove.length === 0 && soa === undefined) {
    return { rcode: RCODE.NOERROR, because: ['dns.update.unchanged', { zone: zoneText(live.zone) }], change: undefined }
  }
  const facts = { zone: zoneText(live.zone), added: change.add.length, removed: change.remove.length }
  return { rcode: RCODE.NOERROR, because: ['dns.update.applied', facts], change: { ...change, soa } }
}

/** Who is not known by a key is known by the address. */
const ownerOf = ({ key, source }: Requester): RecordOwner =>
  ({ kind: 'update', key: key === undefined ? formatIpv4(source) : formatKey(key) })

/** §3.4.1.3. */
function formFault(draft: ZoneDraft, { key, type, ttl, rdata, class: recordClass }: UpdateRecord): number {
  if (!isAtOrBelow(key, draft.apex)) return RCODE.NOTZONE
  const isAny = type === META.ANY && recordClass === CLASS_ANY
  if (isMetaType(type) && !isAny) return RCODE.FORMERR
  switch (recordClass) {
    case CLASS_IN:
      return RCODE.NOERROR
    case CLASS_ANY:
      return ttl !== 0 || rdata.length > 0 ? RCODE.FORMERR : RCODE.NOERROR
    case CLASS_NONE:
      return ttl !== 0 ? RCODE.FORMERR : RCODE.NOERROR
    default:
      return RCODE.FORMERR
  }
}

/** §3.4.2, record by record; each may refuse the whole. */
class Work {
  readonly #c: UpdateContext
  readonly #draft: ZoneDraft
  /** Names found without a lease's record in the way. */
  readonly #free = new Set<NameKey>()
  /** RRsets that have one TTL, and for which one it was looked. */
  readonly #ttls = new WeakMap<ReadonlyMap<string, DraftRow>, { readonly wanted: number; readonly ttl: number }>()

  constructor(context: UpdateContext, draft: ZoneDraft) {
    this.#c = context
    this.#draft = draft
  }

  carryOut(record: UpdateRecord): UpdatePlan | undefined {
    const { key, type } = record
    const { rules, requester } = this.#c
    const allowed = type === META.ANY || this.#isIdleSoa(record)
      ? rules.coversName(requester, key)
      : rules.touches(requester, key, type) !== undefined
    if (!allowed) return forbidden(key, type)
    if (type === TYPE.SOA) return this.#replaceSoa(record)
    if (record.class === CLASS_IN) return this.#add(record)
    if (record.class === CLASS_NONE) return this.#removeOne(record)
    return this.#removeAll(record)
  }

  /** An SOA that the RFC says to pass over: one that is no newer (§3.4.2.2), or the deletion of one (§3.4.2.3, §3.4.2.4). */
  #isIdleSoa({ type, class: recordClass, rdata }: UpdateRecord): boolean {
    if (type !== TYPE.SOA) return false
    const present = this.#draft.soa?.serial ?? this.#c.planned.zone.serial
    return recordClass !== CLASS_IN || !isNewerSerial(u32(rdata, rdata.length - 20), present)
  }

  /** §3.4.2.2: one that is newer takes the place of the zone's; only the apex has one. */
  #replaceSoa(record: UpdateRecord): undefined {
    if (record.key === this.#draft.apex && !this.#isIdleSoa(record)) this.#draft.soa = soaOf(record)
  }

  #add(record: UpdateRecord): UpdatePlan | undefined {
    const { key, type, rdata } = record
    const draft = this.#draft
    const types = [...draft.types(key)]
    // §3.4.2.2: what cannot stand beside what is there is passed over, whichever of the two the CNAME is.
    if (type === TYPE.CNAME && (key === draft.apex || types.some((other) => !BESIDE_CNAME.has(other)))) return undefined
    if (!BESIDE_CNAME.has(type) && types.includes(TYPE.CNAME)) return undefined
    if (draft.isLeaving(key)) return refused(RCODE.SERVFAIL, 'dns.update.busy', { name: formatKey(key) })
    const lease = this.#leaseAt(key)
    if (lease !== undefined) return foreign(lease)
    const identity = identityOf(type, rdata)
    if (SINGLE.has(type)) {
      const other = this.#removeRows(key, type, (each) => each !== identity)
      if (other !== undefined) return other
    }
    const ttl = this.#oneTtl(key, type, record.ttl > MAX_TTL ? 0 : record.ttl)
    if (!draft.rrset(key, type).has(identity)) draft.add(record, ttl)
    return undefined
  }

  /** A lease gives up a name at which there is anything else: what of it stands in the way of a record. */
  #leaseAt(key: NameKey): DraftRow | undefined {
    if (this.#free.has(key)) return undefined
    const lease = this.#untouchable(key, TYPE.A, (row) => row.records.some(isOfLease))
    if (lease === undefined) this.#free.add(key)
    return lease
  }

  /** Gives an RRset one TTL (RFC 2181 §5.2): the one wanted, or that of a record that must stay as it is. */
  #oneTtl(key: NameKey, type: number, wanted: number): number {
    const rrset = this.#draft.rrset(key, type)
    const done = this.#ttls.get(rrset)
    if (done?.wanted === wanted) return done.ttl
    const ttl = this.#untouchable(key, type, (row) => row.ttl !== wanted)?.ttl ?? wanted
    for (const [identity, row] of rrset) if (row.ttl !== ttl) this.#draft.setTtl(key, type, identity, ttl)
    this.#ttls.set(rrset, { wanted, ttl })
    return ttl
  }

  /** §3.4.2.3: an RRset, or all of a name; at the apex SOA and NS stay. */
  #removeAll({ key, type }: UpdateRecord): UpdatePlan | undefined {
    const types = type === META.ANY ? [...this.#draft.types(key)] : [type]
    for (const each of types) {
      if (each === TYPE.NS && key === this.#draft.apex) continue
      const plan = this.#removeRows(key, each, () => true)
      if (plan !== undefined) return plan
    }
    return undefined
  }

  /** §3.4.2.4: one record; the apex keeps its last NS. */
  #removeOne({ key, type, rdata }: UpdateRecord): UpdatePlan | undefined {
    const rrset = this.#draft.rrset(key, type)
    if (key === this.#draft.apex && type === TYPE.NS && rrset.size === 1) return undefined
    const identity = identityOf(type, rdata)
    const row = rrset.get(identity)
    return row === undefined ? undefined : this.#removeRow(key, identity, row)
  }

  #removeRows(key: NameKey, type: number, goes: (identity: string) => boolean): UpdatePlan | undefined {
    for (const [identity, row] of this.#draft.rrset(key, type)) {
      const plan = goes(identity) ? this.#removeRow(key, identity, row) : undefined
      if (plan !== undefined) return plan
    }
    return undefined
  }

  #removeRow(key: NameKey, identity: string, row: DraftRow): UpdatePlan | undefined {
    if (this.#c.rules.touches(this.#c.requester, key, row.type) === undefined) return forbidden(key, row.type)
    if (!this.#mayTouch(key, row)) return foreign(row)
    this.#draft.remove(key, row.type, identity)
    return undefined
  }

  /** One of these that the requester must leave as it is. */
  #untouchable(key: NameKey, type: number, among: (row: DraftRow) => boolean): DraftRow | undefined {
    for (const row of this.#draft.rrset(key, type).values()) if (among(row) && !this.#mayTouch(key, row)) return row
    return undefined
  }

  /** A record that this very update has made is its own. */
  #mayTouch(key: NameKey, { records, type }: DraftRow): boolean {
    if (records.length === 0) return true
    const touches = this.#c.rules.touches(this.#c.requester, key, type)
    return touches !== undefined && records.every(({ owner }) => mayTouch(touches, owner))
  }
}

/** RFC 1035 §3.3.13. */
function soaOf({ rdata, ttl }: UpdateRecord): SoaChange {
  const primary = leadingName(rdata)
  const times = rdata.length - 20
  return {
    primaryServer: formatName(primary),
    hostmaster: formatName(rdata, primary.length),
    serial: u32(rdata, times),
    refresh: u32(rdata, times + 4),
    retry: u32(rdata, times + 8),
    expire: u32(rdata, times + 12),
    minimum: u32(rdata, times + 16),
    soaTtl: ttl > MAX_TTL ? 0 : ttl,
  }
}

const isOfLease = ({ owner }: DnsRecord): boolean => owner.kind === 'lease'

const forbidden = (key: NameKey, type: number): UpdatePlan =>
  refused(RCODE.REFUSED, 'dns.update.name-not-allowed', { name: formatKey(key), type: typeName(type) })

const foreign = ({ records, name, type }: DraftRow): UpdatePlan =>
  refused(RCODE.REFUSED, 'dns.update.foreign-record', { name, type: typeName(type), owner: (records[0] as DnsRecord).owner.kind })
