/**
 * How a query gets its answer: a list of steps, tried in order. Each answers, passes on, starts the list again with
 * another name (an alias was followed) or says that upstream servers must be asked. No step writes to the client.
 * RFC 1034 §4.3.2 and §5.3.1.
 */
import { u16, u32 } from '../../../stack/platform/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Instant } from '../../../stack/platform/index.ts'
import { zoneText } from '../../model/index.ts'
import type { TraceStep } from '../../model/index.ts'
import { negativeTtl } from '../cache/negative.ts'
import type { ZoneSecurity } from '../dnssec/security.ts'
import type { DnsEventId } from '../events.ts'
import type { DnsPolicy, PolicyDecision } from '../policy/decision.ts'
import type { Finding } from '../resolver/finding.ts'
import type { Resolver, Sought } from '../resolver/resolver.ts'
import { Budget } from '../resolver/source.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import { FLAG, RCODE, rcodeName } from '../wire/message.ts'
import type { Query } from '../wire/message.ts'
import { formatKey, nameKey, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { additionalName, leadingName } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { CLASS_IN, META, TYPE, typeName } from '../wire/type-names.ts'
import { lookup } from '../zone/lookup.ts'
import type { Lookup } from '../zone/lookup.ts'
import { findRrset } from '../zone/zone.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { SeenZones, ZoneSet } from '../zone/zone-set.ts'
import { UDP } from './carrier.ts'
import type { Carrier } from './carrier.ts'
import { redirect } from './redirect.ts'
import { dns64Step } from './dns64-answers.ts'
import type { Synthesis } from './dns64-answers.ts'
import { addFound, addStale } from './found.ts'
import { policyStep } from './policy-step.ts'
import { ANY_ZONE, place, placeGlue, Response } from './respond.ts'
import { addProof, ownedBySecurity, placeSigned } from './secured.ts'

/** Signed, these change with edits of other names: the SOA with all, NSEC with those beside it. */
const OF_THE_WHOLE_ZONE: ReadonlySet<number> = new Set([TYPE.SOA, TYPE.NSEC, TYPE.RRSIG])
/** Aliases followed in one answer; 16 as BIND and Unbound allow about. */
const MAX_CHAIN = 16
/** Address records added for one answer; enough for any sensible set of servers. */
const MAX_ADDITIONAL = 16

/** Of the last link, where aliases were followed. */
export type Origin = 'own' | 'special-use' | 'cache' | 'network' | 'stale' | 'policy' | 'failure' | 'refused'

/** What there is for a client. */
export type Seen = { readonly client: Ipv4; readonly zones: SeenZones; readonly policySet: number; readonly partition: number; readonly now: Instant }

/** One query's way through the steps. */
export class Resolution {
  readonly query: Query
  readonly response = new Response()
  /** The name that is looked for now: the query's, or where aliases have led. */
  name: Name
  key: NameKey
  /** The type that is looked for now: the query's, but for records that others are made of. */
  type: number
  /** Aliases followed. */
  hops = 0
  /** What all of it may cost. */
  readonly budget = new Budget()
  readonly startedAt: Instant
  /** What upstream has said is in the response. */
  complete = false
  /** For `explain` only. */
  readonly trace: TraceStep[] | undefined
  readonly carrier: Carrier
  /** The zones that the client sees. */
  readonly zones: SeenZones
  /** Who asks, the number of the policy that counts for it, and the part of the cache. */
  readonly client: Ipv4
  readonly policySet: number
  readonly partition: number
  /** Where the answer comes from, as the query log has it. */
  origin: Origin = 'own'
  /** Since when what it was made of was in the cache, and who was asked. */
  storedAt: Instant = 0
  server = ''
  /** A rule said that policy has nothing more to say of this question. */
  exempt = false
  /** Who said what was found so far, the aliases before it too. */
  readonly sources: string[] = []
  /** What policy decided, for the query log. */
  decision: PolicyDecision | undefined
  /** Where AAAA records are being made. */
  synthesis: Synthesis | undefined
  /** For `explain`: what the cache has is passed over. */
  fresh = false
  /** Policy wants no answer at all to be sent. */
  dropped = false

  constructor(query: Query, seen: Seen, trace: TraceStep[] | undefined, carrier: Carrier = UDP) {
    this.query = query
    this.zones = seen.zones
    this.client = seen.client
    this.policySet = seen.policySet
    this.partition = seen.partition
    this.startedAt = seen.now
    this.type = query.type
    this.carrier = carrier
    this.name = query.name
    this.key = query.key
    this.trace = trace
  }

  get dnssecOk(): boolean {
    return this.query.edns?.dnssecOk ?? false
  }

  get recursionDesired(): boolean {
    return (this.query.flags & FLAG.RD) !== 0
  }

  /** The client judges signatures by itself, and takes what we hold for forged. */
  get checkingDisabled(): boolean {
    return (this.query.flags & FLAG.CD) !== 0
  }

  get sought(): Sought {
    return { partition: this.partition, key: this.key, type: this.type }
  }

  /** The whole once more, for another type. */
  startAgain(type: number): void {
    this.type = type
    this.name = this.query.name
    this.key = this.query.key
    this.hops = 0
    this.complete = false
    this.response.clear()
    this.response.rcode = RCODE.NOERROR
    this.response.extendedError = undefined
  }

  say(id: DnsEventId, facts: TraceStep[1]): void {
    this.trace?.push([id, facts])
  }

  /** Goes on with an alias's target; false when the chain must end. */
  follow(target: Name): boolean {
    const key = nameKey(target)
    const seen = this.response.answer.some((placed) => placed.rrset.type === TYPE.CNAME && nameKey(placed.owner) === key)
    if (seen || this.hops >= MAX_CHAIN) {
      this.say('dns.answer.cname-loop', { name: formatKey(this.query.key) })
      return false
    }
    this.hops++
    this.name = target.slice()
    this.key = key
    return true
  }
}

/** `wait`: the resolver is to be asked; then the list starts again. */
export type Outcome = 'done' | 'next' | 'restart' | 'wait'
export type Step = (r: Resolution) => Outcome
export type Parts = {
  readonly specialUse: ZoneSet
  readonly resolver: Resolver
  /** Somebody may be asked for a name that is not ours. */
  readonly mayAsk: (sought: Sought) => boolean
  /** One of our zones delegates the name to servers that recursion asks. */
  readonly isDelegated: (sought: Sought) => boolean
  /** A rule is for just this domain, or one below it, and the name. */
  readonly isForwarded: (sought: Sought, domain: NameKey) => boolean
  readonly wantsPrefetch: (finding: Finding) => boolean
  readonly policy: () => DnsPolicy | undefined
  readonly now: () => Instant
}

/** The order in which answers are looked for. */
export const dnsPipeline = (parts: Parts): readonly Step[] => [
  alreadyComplete,
  refuseOthers,
  dns64Step(parts.policy),
  zonesStep(parts),
  refuseRecursion(parts),
  policyStep(parts.policy),
  cacheStep(parts),
  failureStep(parts),
  () => 'wait',
]

/** Runs the steps until one has decided. Restarts are bounded by the length of alias chains. */
export function run(steps: readonly Step[], r: Resolution): 'done' | 'wait' {
  for (;;) {
    let outcome: Outcome = 'next'
    for (let i = 0; outcome === 'next'; i++) outcome = (steps[i] as Step)(r)
    if (outcome !== 'restart') return outcome
  }
}

const alreadyComplete: Step = (r) => (r.complete ? 'done' : 'next')

/**
 * Only class IN is served; CHAOS questions for the version are nobody's business. Query types that are no data: a
 * transfer that comes as far as this is one that is not allowed (transfer/transfers.ts takes the others before) and is
 * refused; MAILA and MAILB (RFC 1035 §3.2.3, long obsolete) get NOTIMP; the rest cannot stand in a question.
 */
const refuseOthers: Step = (r) => {
  const { type } = r
  if (r.query.class !== CLASS_IN) return withRcode(r, RCODE.REFUSED, EXTENDED_ERROR.notSupported)
  if (type === META.AXFR || type === META.IXFR) return withRcode(r, RCODE.REFUSED, EXTENDED_ERROR.notSupported)
  if (type === META.MAILA || type === META.MAILB) return withRcode(r, RCODE.NOTIMP, EXTENDED_ERROR.notSupported)
  const meta = type === 0 || type === META.OPT || (type >= 128 && type < META.ANY)
  return meta ? withRcode(r, RCODE.FORMERR, EXTENDED_ERROR.invalidQueryType) : 'next'
}

function withRcode(r: Resolution, rcode: number, why?: ExtendedError): 'done' {
  r.origin = 'refused'
  r.response.rcode = rcode
  r.response.extendedError = why
  return 'done'
}

/** Configured zones and special-use ones; of two that hold the name the longer counts. */
function zonesStep(parts: Parts): Step {
  const { specialUse } = parts
  return (r) => {
    const enclosed = enclosing(r.zones, r.key, r.type)
    const own = enclosed !== undefined && isForRecursion(enclosed, r, parts) ? undefined : enclosed
    const reserved = specialUse.closest(r.key)
    // A rule for such a domain says that its servers know these names.
    const special = reserved !== undefined && parts.isForwarded(r.sought, reserved.key) ? undefined : reserved
    const zone = special !== undefined && (own === undefined || own.key.length < special.key.length) ? special : own
    if (zone === undefined) {
      if (r.trace !== undefined) r.say('dns.zone.none', { name: formatKey(r.key) })
      return 'next'
    }
    if (r.trace !== undefined) {
      const facts = { name: formatKey(r.key), zone: zoneText(zone.identity), serial: zone.zone.serial }
      r.say(zone === special ? 'dns.special-use' : 'dns.zone.enclosing', facts)
    }
    if (zone === special) r.origin = 'special-use'
    if (!zone.isServed) {
      r.say('dns.zone.not-served', { zone: zoneText(zone.identity), serial: zone.zone.serial })
      return fail(r, EXTENDED_ERROR.expired)
    }
    const found = find(zone, r.key, r.type)
    // Names for local use go to nobody but whom we delegate them to.
    const mayAsk = r.recursionDesired && (special === undefined ? parts.mayAsk(r.sought) : parts.isDelegated(r.sought))
    if (zone === special && found.kind === 'nxdomain') r.response.extendedError = EXTENDED_ERROR.specialUse
    return fromZone(r, zone, found, mayAsk)
  }
}

/** A copy of the root serves recursion (RFC 8806): who asks for recursion gets what was validated, not what stands there. */
const isForRecursion = (zone: LiveZone, r: Resolution, parts: Parts): boolean =>
  zone.key === ROOT_KEY && zone.isSecondary && r.recursionDesired && parts.mayAsk(r.sought)

function find(zone: LiveZone, key: NameKey, type: number): Lookup {
  const found = lookup(zone, key, type)
  if (found.kind !== 'nodata' && found.kind !== 'cname') return found
  const own = ownedBySecurity(zone, key, type)
  return own === undefined ? found : { kind: 'answer', ...own }
}

/** The zone to answer from. DS belongs to the parent's side of a cut (RFC 4035 §3.1.4.1), if we serve that side. */
function enclosing(zones: SeenZones, key: NameKey, type: number): LiveZone | undefined {
  const zone = zones.closest(key)
  if (type !== TYPE.DS || zone === undefined || zone.key !== key || key.length === 1) return zone
  return zones.closest(parentKey(key)) ?? zone
}

function fromZone(r: Resolution, zone: LiveZone, found: Lookup, mayAsk: boolean): Outcome {
  const { response } = r
  const security = r.dnssecOk ? zone.security : undefined
  if (r.trace !== undefined) saySecured(r, zone, found)
  // RFC 1035 §4.1.1: AA speaks of the first owner name, so what aliases lead to does not change it.
  if (r.hops === 0) response.authoritative = found.kind !== 'referral'
  switch (found.kind) {
    case 'answer':
    case 'cname': {
      const owner = found.wildcard ? r.name : found.rrset.name
      if (security === undefined) response.answer.push(place(found.rrset, owner))
      else placeSigned(response, response.answer, security, found.rrset, owner)
      if (security !== undefined && found.wildcard) addProof(response, zone, security, r.key, 'wildcard-answer')
      if (r.trace !== undefined) sayFound(r, found)
      if (found.kind === 'cname') {
        response.depend(zone.slot, true)
        return r.follow(leadingName(found.rrset.rdata[0] as Uint8Array)) ? 'restart' : 'done'
      }
      const extra = addAdditional(r.zones, r, found.rrset)
      const ofAll = zone.security !== undefined && OF_THE_WHOLE_ZONE.has(found.rrset.type)
      response.depend(extra ? ANY_ZONE : zone.slot, extra || ofAll || found.wildcard || r.hops > 0)
      return 'done'
    }
    case 'dname':
      response.depend(zone.slot, true)
      return redirect(r, found.rrset, security)
    case 'referral':
      r.say('dns.answer.referral', { name: formatKey(r.key), cut: formatKey(nameKey(found.cut.name)) })
      response.depend(zone.slot, true)
      // A client that wants recursion gets it: the upstream may know more than our delegation says.
      if (mayAsk) return 'next'
      response.authority.push(place(found.cut))
      addDelegation(r, zone, found, security)
      return 'done'
    case 'nodata':
    case 'nxdomain': {
      const exists = found.kind === 'nodata' || r.zones.hasZoneBelow(r.key)
      response.rcode = exists ? RCODE.NOERROR : RCODE.NXDOMAIN
      if (security === undefined) response.authority.push(place(zone.soa, zone.soa.name, negativeTtl(zone.soa)))
      else deny(r, zone, security, found)
      const byWildcard = found.kind === 'nodata' ? found.wildcard : zone.wildcards > 0
      // Every edit makes the SOA's signature anew.
      response.depend(zone.slot, byWildcard || security !== undefined || r.hops > 0)
      if (found.kind === 'nodata' && found.wildcard) r.say('dns.answer.wildcard-nodata', { name: formatKey(r.key), type: typeName(r.type) })
      else if (exists) r.say('dns.answer.nodata', { name: formatKey(r.key), type: typeName(r.type) })
      else r.say('dns.answer.nxdomain', { name: formatKey(r.key), zone: zoneText(zone.identity) })
      return 'done'
    }
  }
}

/** SOA and proof, and the rcode that goes with it (RFC 9824 §5). */
function deny(r: Resolution, zone: LiveZone, security: ZoneSecurity, found: Lookup & { readonly kind: 'nodata' | 'nxdomain' }): void {
  const { response } = r
  placeSigned(response, response.authority, security, zone.soa, zone.soa.name, negativeTtl(zone.soa))
  const claim = found.kind === 'nxdomain' ? 'nxdomain' : found.wildcard ? 'wildcard-nodata' : 'nodata'
  addProof(response, zone, security, r.key, claim)
  if (security.denial !== 'compact') return
  response.compactAnswerOk = r.query.edns?.compactAnswerOk ?? false
  if (!response.compactAnswerOk) response.rcode = RCODE.NOERROR
}

function saySecured(r: Resolution, zone: LiveZone, found: Lookup): void {
  if (zone.security === undefined || found.kind === 'referral') return
  if (found.kind === 'nodata' || found.kind === 'nxdomain') {
    r.say('dns.answer.denied', { denial: zone.security.denial })
    return
  }
  for (const rdata of zone.security.sign(found.rrset).signatures?.rdata ?? []) {
    const until = new Date(u32(rdata, 8) * 1000).toISOString()
    r.say('dns.answer.signed', { type: typeName(found.rrset.type), keyTag: u16(rdata, 16), algorithm: rdata[2] as number, until })
  }
}

function sayFound(r: Resolution, found: Lookup & { readonly kind: 'answer' | 'cname' }): void {
  const facts = { name: formatKey(r.key), type: typeName(found.rrset.type), count: found.rrset.rdata.length }
  if (found.wildcard) r.say('dns.answer.wildcard', { ...facts, source: formatKey(nameKey(found.rrset.name)) })
  else if (found.kind === 'answer') r.say('dns.answer.node', facts)
  if (found.kind === 'cname') {
    const target = formatKey(nameKey(leadingName(found.rrset.rdata[0] as Uint8Array)))
    r.say('dns.answer.cname', { name: formatKey(r.key), target })
  }
}

/** Addresses of the names in an answer, as far as our zones hold them. True when the type has such names at all. */
function addAdditional(zones: SeenZones, r: Resolution, rrset: Rrset): boolean {
  let any = false
  for (const rdata of rrset.rdata.slice(0, MAX_ADDITIONAL)) {
    const target = additionalName(rrset.type, rdata)
    if (target === undefined) return false
    any = true
    const key = nameKey(target)
    const zone = zones.closest(key)
    if (zone?.isServed === true) addAddresses(r, zone, key, false)
  }
  return any
}

function addAddresses(r: Resolution, zone: LiveZone, key: NameKey, glue: boolean): void {
  for (const type of [TYPE.A, TYPE.AAAA]) {
    const node = zone.node(key)
    // Below a cut there is glue only, which goes into referrals and nowhere else.
    if (node === undefined || (!glue && lookup(zone, key, type).kind !== 'answer')) continue
    const rrset = findRrset(node, type)
    if (rrset === undefined || r.response.additional.some((placed) => placed.rrset === rrset)) continue
    const security = r.dnssecOk && !glue ? zone.security : undefined
    if (security !== undefined) placeSigned(r.response, r.response.additional, security, rrset)
    else r.response.additional.push(glue ? placeGlue(rrset) : place(rrset))
  }
}

/** For a client that validates the DS of a delegation, or the proof that it has none; and glue for its servers. */
function addDelegation(
  r: Resolution, zone: LiveZone, found: Lookup & { readonly kind: 'referral' }, security: ZoneSecurity | undefined,
): void {
  const ds = r.dnssecOk ? findRrset(found.node, TYPE.DS) : undefined
  if (ds !== undefined && security !== undefined) placeSigned(r.response, r.response.authority, security, ds)
  else if (ds !== undefined) r.response.authority.push(place(ds))
  else if (security !== undefined) addProof(r.response, zone, security, nameKey(found.cut.name), 'no-ds')
  for (const server of found.cut.rdata) addAddresses(r, zone, nameKey(server), true)
}

/**
 * Names outside our zones need recursion. Without RD they are refused whatever the cache holds: a look into it would
 * tell what others asked. Without upstream servers they are refused too: recursion is a service that is not offered
 * (RFC 1035 §4.1.1), while SERVFAIL would make clients try again. After an alias of ours the client has what we know.
 */
function refuseRecursion(parts: Parts): Step {
  return (r) => {
    if (r.recursionDesired && parts.mayAsk(r.sought)) return 'next'
    if (r.hops > 0) return 'done'
    r.say(r.recursionDesired ? 'dns.refused.no-upstream' : 'dns.refused.no-recursion', { name: formatKey(r.key) })
    return withRcode(r, RCODE.REFUSED, EXTENDED_ERROR.notAuthoritative)
  }
}

function cacheStep(parts: Parts): Step {
  return (r) => {
    if (r.fresh) return 'next'
    const { sought } = r
    const known = parts.resolver.known(sought)
    if (known === undefined) return 'next'
    if (r.trace !== undefined) {
      const now = parts.now()
      r.say('dns.cache.hit', {
        rcode: rcodeName(known.kind === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR), ageSeconds: Math.floor((now - known.storedAt) / 1000),
        leftSeconds: Math.floor((known.expiresAt - now) / 1000), source: known.source, security: known.security,
      })
    }
    if (parts.wantsPrefetch(known)) parts.resolver.refresh(sought)
    r.origin = 'cache'
    return addFound(parts, r, known)
  }
}

function failureStep(parts: Parts): Step {
  return (r) => {
    if (r.fresh) return 'next'
    const { sought } = r
    const fault = parts.resolver.failedLately(sought)
    if (fault === undefined) return 'next'
    r.say('dns.cache.failure', { name: formatKey(r.key), type: typeName(r.type) })
    const old = parts.resolver.stale(sought)
    if (old === undefined) return fail(r, EXTENDED_ERROR.cachedError)
    return addStale(parts, r, old)
  }
}

/** SERVFAIL says nothing else: half a chain of aliases would look like an answer. */
export function fail(r: Resolution, why: ExtendedError | undefined): 'done' {
  r.response.clear()
  r.complete = true
  withRcode(r, RCODE.SERVFAIL, why)
  r.origin = 'failure'
  return 'done'
}
