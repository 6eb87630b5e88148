/**
 * A response taken apart into what it says of names. Only what was asked for is taken: the chain of aliases from the
 * question's name, the records it ends in, the denial it ends in; and of these only what lies in the zone whose servers
 * were asked (RFC 5452 §6, RFC 2181 §5.4.1). What else a server adds is left out. RFC 2308 (denials), RFC 6604 (a chain's
 * rcode is that of its end), RFC 6672 §3 (DNAME), RFC 4035 §3.2 (proofs).
 */
import type { Instant } from '../../../stack/platform/index.ts'
import { MAX_NEGATIVE_SECONDS, negativeTtl } from '../cache/negative.ts'
import { RCODE } from '../wire/message.ts'
import type { Message } from '../wire/message.ts'
import { isAtOrBelow, labelCount, MAX_NAME_OCTETS, nameKey, nameOfKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { META, TYPE } from '../wire/type-names.ts'
import type { Finding, SignedRrset, Trust } from './finding.ts'
import { SignedSets } from './signed-sets.ts'
import type { OwnedSet } from './signed-sets.ts'

/** Links of a chain taken out of one response; as many as the pipeline follows. */
export const MAX_LINKS = 16

export type AnswerScope = {
  readonly question: { readonly key: NameKey; readonly type: number }
  /** Nothing outside is believed: the zone whose servers were asked, or the domain that a forwarder stands for. */
  readonly zone: NameKey
  /** Of the answer section. */
  readonly trust: Trust
  readonly now: Instant
  readonly source: string
}

export type UselessBecause =
  /** Neither an answer nor a denial. */
  | 'rcode'
  /** RFC 6672 §2.2: what a DNAME would make of the name does not fit into 255 octets. */
  | 'name-too-long'
  /** RFC 2181 §10.1: a name has one CNAME. */
  | 'two-aliases'

export type Findings =
  | { readonly kind: 'answered'; readonly findings: readonly [Finding, ...Finding[]] }
  | { readonly kind: 'useless'; readonly because: UselessBecause }

/** `message` is one that matches the question, not truncated. A referral reads as an empty answer here. */
export function findingsOf(message: Message, scope: AnswerScope): Findings {
  const { rcode } = message
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN && rcode !== RCODE.YXDOMAIN) return { kind: 'useless', because: 'rcode' }
  const answer = new SignedSets(message.answer, scope.zone, scope.question.type)
  const authority = new SignedSets(message.authority, scope.zone)
  const findings: Finding[] = []
  const visited = new Set<NameKey>()
  let at = scope.question.key
  while (findings.length < MAX_LINKS && isAtOrBelow(at, scope.zone) && !visited.has(at)) {
    visited.add(at)
    const found = positive(answer, at, scope.question.type)
    const link = linkAt(answer, at)
    if (found.length > 0) {
      // The alias itself was asked for. One that a DNAME makes is proven by that, and goes nowhere without it.
      const sets = link.kind === 'alias' && link.sets.length > 1 && found.every(({ rrset }) => rrset.type === TYPE.CNAME) ? link.sets : found
      findings.push(finding(scope, at, 'rrset', sets, wildcardProof(sets, at, authority)))
      break
    }
    if (link.kind === 'none') {
      const denial = denialOf(rcode, at, authority, scope, findings.length === 0)
      if (denial !== undefined) findings.push(denial)
      break
    }
    if (link.kind === 'useless') {
      if (findings.length === 0) return link
      break
    }
    findings.push(finding(scope, at, 'alias', link.sets, wildcardProof(link.sets, at, authority)))
    at = link.target
  }
  const [first, ...more] = findings
  return first === undefined ? { kind: 'useless', because: 'rcode' } : { kind: 'answered', findings: [first, ...more] }
}

function positive(answer: SignedSets, at: NameKey, type: number): readonly OwnedSet[] {
  if (type === META.ANY) return answer.at(at)
  const set = answer.get(at, type)
  return set === undefined ? [] : [set]
}

type Link =
  | { readonly kind: 'alias'; readonly sets: readonly SignedRrset[]; readonly target: NameKey }
  | { readonly kind: 'none' }
  | { readonly kind: 'useless'; readonly because: UselessBecause }

/**
 * The CNAME of a name. Where a DNAME stands above it, the CNAME is made of that, whatever the server made: it has no
 * signature of its own to say that it is right (RFC 6672 §5.3.1).
 */
function linkAt(answer: SignedSets, at: NameKey): Link {
  const dname = dnameAbove(answer, at)
  if (dname !== undefined) {
    const target = redirected(at, dname.owner, leadingName(dname.rrset.rdata[0] as Uint8Array))
    if (target === undefined) return { kind: 'useless', because: 'name-too-long' }
    const made: Rrset = { name: nameOfKey(at), type: TYPE.CNAME, ttl: dname.rrset.ttl, rdata: [target] }
    return { kind: 'alias', sets: [dname, { rrset: made, signatures: undefined }], target: nameKey(target) }
  }
  const cname = answer.get(at, TYPE.CNAME)
  if (cname === undefined) return { kind: 'none' }
  if (cname.rrset.rdata.length > 1) return { kind: 'useless', because: 'two-aliases' }
  return { kind: 'alias', sets: [cname], target: nameKey(leadingName(cname.rrset.rdata[0] as Uint8Array)) }
}

/** The nearest one; a name with two of them has none that could be believed. */
function dnameAbove(answer: SignedSets, at: NameKey): OwnedSet | undefined {
  return answer.ofType(TYPE.DNAME)
    .filter((set) => set.owner !== at && set.rrset.rdata.length === 1 && isAtOrBelow(at, set.owner))
    .sort((a, b) => b.owner.length - a.owner.length)[0]
}

/** RFC 6672 §2.2: the labels before `owner` stay, and `target` takes its place. Undefined when that is too long. */
export function redirected(key: NameKey, owner: NameKey, target: Name): Name | undefined {
  const kept = key.length - owner.length
  if (kept + target.length > MAX_NAME_OCTETS) return undefined
  const name = new Uint8Array(kept + target.length)
  name.set(nameOfKey(key.slice(0, kept)))
  name.set(target, kept)
  return name
}

/** Octets of an RRSIG before its count of labels, RFC 4034 §3.1. */
const LABELS_AT = 3

/** What shows that nothing nearer than the wildcard exists, when one made the answer (RFC 4035 §5.3.4). */
function wildcardProof(sets: readonly SignedRrset[], owner: NameKey, authority: SignedSets): readonly SignedRrset[] {
  const labels = labelCount(owner)
  const isMade = sets.some(({ rrset, signatures }) => nameKey(rrset.name) === owner
    && signatures?.rdata.some((rdata) => (rdata[LABELS_AT] ?? labels) < labels) === true)
  return isMade ? authority.ofType(TYPE.NSEC, TYPE.NSEC3) : []
}

/**
 * That there is no such name, or no such type, with the SOA and what DNSSEC proves it with. Undefined at the end of a
 * chain of which the server says nothing more: it asks us to go on elsewhere (RFC 1034 §4.3.2 step 3).
 */
function denialOf(rcode: number, at: NameKey, authority: SignedSets, scope: AnswerScope, isFirst: boolean): Finding | undefined {
  const soa = authority.ofType(TYPE.SOA).find((set) => isAtOrBelow(at, set.owner) && set.rrset.rdata.length === 1)
  if (rcode === RCODE.YXDOMAIN || (soa === undefined && rcode === RCODE.NOERROR && !isFirst)) return undefined
  const proof = authority.ofType(TYPE.NSEC, TYPE.NSEC3)
  // RFC 2308 §5: the SOA is given on with the TTL of the denial, so that caches behind us hold it no longer.
  const own = soa === undefined ? [] : [{ ...soa, rrset: { ...soa.rrset, ttl: Math.min(MAX_NEGATIVE_SECONDS, negativeTtl(soa.rrset)) } }]
  const kind = rcode === RCODE.NXDOMAIN ? 'nxdomain' : 'nodata'
  const made = finding(scope, at, kind, [], [...own, ...proof])
  // §5 too: without a SOA nobody says for how long, so it is not kept.
  return soa === undefined ? { ...made, expiresAt: scope.now } : made
}

function finding(
  scope: AnswerScope, owner: NameKey, kind: Finding['kind'], answer: readonly SignedRrset[], authority: readonly SignedRrset[],
): Finding {
  const seconds = Math.min(...[...answer, ...authority].flatMap(({ rrset, signatures }) => [rrset.ttl, signatures?.ttl ?? rrset.ttl]))
  return {
    owner, type: scope.question.type, kind, answer: answer.map(bare), authority: authority.map(bare), trust: scope.trust,
    security: 'unchecked', fault: undefined, storedAt: scope.now,
    expiresAt: scope.now + 1000 * (Number.isFinite(seconds) ? seconds : 0), source: scope.source, zone: scope.zone,
  }
}

const bare = ({ rrset, signatures }: SignedRrset): SignedRrset => ({ rrset, signatures })

