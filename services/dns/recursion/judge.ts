/**
 * What a response means on the way down from the root: an answer, a referral, a step on the way, or that this server is
 * of no use. RFC 1034 §5.3.3, RFC 2181 §5.4.1, RFC 2308 §2.1; an iterative resolver asks who has authority, so what comes
 * without AA and is no referral is of no use to it.
 */
import type { Instant } from '../../../stack/platform/index.ts'
import { i32 } from '../../../stack/platform/index.ts'
import { findingsOf } from '../resolver/findings.ts'
import { TRUST } from '../resolver/finding.ts'
import type { Finding } from '../resolver/finding.ts'
import { SignedSets } from '../resolver/signed-sets.ts'
import type { OwnedSet } from '../resolver/signed-sets.ts'
import { FLAG, RCODE } from '../wire/message.ts'
import type { Message } from '../wire/message.ts'
import { isAtOrBelow, nameKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import { META, TYPE } from '../wire/type-names.ts'
import { MAX_ADDRESSES_OF_ONE, MAX_NAME_SERVERS } from './delegation.ts'
import type { NameServer } from './delegation.ts'

export type Wanted = { readonly key: NameKey; readonly type: number }

/** Why a response is of no use. */
export type JudgedBecause =
  | 'server-failure' | 'refused' | 'not-implemented' | 'format-error' | 'other-rcode'
  /** It answers, but not with authority: a cache, or a server that lost the zone. */
  | 'not-authoritative'
  /** To where we are, or above: it does not have the zone (a "lame" server, RFC 1912 §2.8). */
  | 'upward-referral'
  /** To names that can be found nowhere: each lies below the cut, and has no glue. */
  | 'empty-referral'
  /** For DS the parent was asked, and the child answered. */
  | 'child-side'
  | 'name-too-long' | 'two-aliases'

export type Judgement =
  | { readonly kind: 'answer'; readonly findings: readonly [Finding, ...Finding[]]; readonly own: readonly NameServer[] }
  /** To a part of the name: it is there, and there is no cut. */
  | { readonly kind: 'nothing'; readonly finding: Finding }
  /** To a part of the name: it is not there. `proven`: NSEC or NSEC3 records say so. */
  | { readonly kind: 'denied'; readonly finding: Finding; readonly proven: boolean }
  | {
      readonly kind: 'referral'
      readonly cut: NameKey
      readonly servers: readonly NameServer[]
      readonly ttlSeconds: number
      /** What the parent says of the child's keys: DS, or what proves that there are none; undefined: nothing. */
      readonly ds: Finding | undefined
    }
  /** `lame`: it should not be asked for this zone again soon. */
  | { readonly kind: 'useless'; readonly because: JudgedBecause; readonly lame: boolean }

export type Situation = {
  /** The zone whose servers were asked. */
  readonly zone: NameKey
  readonly asked: Wanted
  /** What is to be found in the end; `asked` may be a part of it. */
  readonly question: Wanted
  readonly now: Instant
  readonly source: string
}

const RCODE_BECAUSE = new Map<number, JudgedBecause>([
  [RCODE.SERVFAIL, 'server-failure'], [RCODE.REFUSED, 'refused'], [RCODE.NOTIMP, 'not-implemented'],
  [RCODE.FORMERR, 'format-error'], [RCODE.NOTAUTH, 'not-authoritative'],
])
const LAME: ReadonlySet<JudgedBecause> = new Set(['refused', 'not-authoritative', 'upward-referral'])

const useless = (because: JudgedBecause): Judgement => ({ kind: 'useless', because, lame: LAME.has(because) })

export function judge(message: Message, s: Situation): Judgement {
  const { rcode } = message
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN && rcode !== RCODE.YXDOMAIN) {
    return useless(RCODE_BECAUSE.get(rcode) ?? 'other-rcode')
  }
  const authority = new SignedSets(message.authority, s.zone)
  if (rcode === RCODE.NOERROR && !answersAnything(message, s) && authority.ofType(TYPE.SOA).length === 0) {
    const referral = referralOf(message, authority, s)
    if (referral !== undefined) return referral
  }
  if ((message.flags & FLAG.AA) === 0) return useless('not-authoritative')
  return authoritative(message, authority, s)
}

function answersAnything(message: Message, { asked }: Situation): boolean {
  return message.answer.some((record) => record.key === asked.key
    ? record.type === asked.type || record.type === TYPE.CNAME || asked.type === META.ANY
    : record.type === TYPE.DNAME && isAtOrBelow(asked.key, record.key))
}

function authoritative(message: Message, authority: SignedSets, s: Situation): Judgement {
  const { asked, question, zone, now, source } = s
  const read = findingsOf(message, { question: asked, zone, trust: TRUST.authoritative, now, source })
  if (read.kind === 'useless') return useless(read.because === 'rcode' ? 'other-rcode' : read.because)
  const [first] = read.findings
  if (asked.key !== question.key || asked.type !== question.type) {
    if (first.kind !== 'nxdomain') return { kind: 'nothing', finding: first }
    const proven = first.authority.some(({ rrset, signatures }) => rrset.type !== TYPE.SOA && signatures !== undefined)
    // RFC 8020: what holds for a name holds for all below it; and so does the proof.
    return { kind: 'denied', finding: { ...first, owner: question.key, type: question.type }, proven }
  }
  if (question.type === TYPE.DS && isFromChild(first, authority)) return useless('child-side')
  const ns = authority.get(zone, TYPE.NS) ?? apexAnswer(message, s)
  return { kind: 'answer', findings: read.findings, own: ns === undefined ? [] : nameServers(ns, message, zone) }
}

/** A zone that denies a DS at its own apex: its parent is who knows (RFC 4035 §3.1.4.1). */
function isFromChild(finding: Finding, authority: SignedSets): boolean {
  return finding.kind === 'nodata' && finding.owner.length > 1 && authority.get(finding.owner, TYPE.SOA) !== undefined
}

function apexAnswer(message: Message, { question, zone }: Situation): OwnedSet | undefined {
  return question.key === zone && question.type === TYPE.NS ? new SignedSets(message.answer, zone).get(zone, TYPE.NS) : undefined
}

/**
 * RFC 1034 §4.2.1: NS records below the zone and at or above the name. They go down, or they are no referral: whatever
 * the flags are, since servers of old set AA on referrals.
 */
function referralOf(message: Message, authority: SignedSets, s: Situation): Judgement | undefined {
  const { zone, asked, now, source } = s
  const ns = authority.ofType(TYPE.NS)
  const down = ns.find(({ owner }) => owner !== zone && isAtOrBelow(asked.key, owner))
  if (down === undefined) {
    // With AA it is a denial without a SOA, RFC 2308 §2.2 type 3.
    const isLame = (message.flags & FLAG.AA) === 0 && message.authority.some((record) => record.type === TYPE.NS)
    return isLame ? useless('upward-referral') : undefined
  }
  const cut = down.owner
  const servers = nameServers(down, message, zone).filter((server) => server.addresses.length > 0 || !isAtOrBelow(server.name, cut))
  if (servers.length === 0) return useless('empty-referral')
  return { kind: 'referral', cut, servers, ttlSeconds: down.rrset.ttl, ds: delegationSigner(cut, authority, zone, now, source) }
}

/**
 * RFC 4035 §3.1.4: a signed parent's referral has the DS set, or the proof that there is none. Of these the parent has
 * authority, unlike of the NS records beside them, so they may answer for themselves.
 */
function delegationSigner(cut: NameKey, authority: SignedSets, zone: NameKey, now: Instant, source: string): Finding | undefined {
  const ds = authority.get(cut, TYPE.DS)
  const proof = authority.ofType(TYPE.NSEC, TYPE.NSEC3)
  const records = ds === undefined ? proof : [ds]
  if (records.length === 0) return undefined
  const seconds = Math.min(...records.map(({ rrset, signatures }) => Math.min(rrset.ttl, signatures?.ttl ?? rrset.ttl)))
  const sets = records.map(({ rrset, signatures }) => ({ rrset, signatures }))
  return {
    owner: cut, type: TYPE.DS, kind: ds === undefined ? 'nodata' : 'rrset', answer: ds === undefined ? [] : sets,
    authority: ds === undefined ? sets : [], trust: TRUST.authoritative, security: 'unchecked', fault: undefined,
    storedAt: now, expiresAt: now + 1000 * seconds, source, zone,
  }
}

/** The servers that an NS set names, with the addresses that lie in the zone of who says so (RFC 5452 §6). */
export function nameServers(ns: OwnedSet, message: Message, zone: NameKey): readonly NameServer[] {
  const glue = new SignedSets(message.additional, zone)
  return ns.rrset.rdata.slice(0, MAX_NAME_SERVERS).map((rdata) => {
    const name = nameKey(leadingName(rdata))
    const addresses = glue.get(name, TYPE.A)?.rrset.rdata ?? []
    return { name, addresses: addresses.slice(0, MAX_ADDRESSES_OF_ONE).map((octets) => i32(octets, 0)) }
  })
}
