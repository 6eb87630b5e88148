/**
 * The root answered out of a copy of its zone that is held here (RFC 8806), as its servers would answer: a secondary zone
 * "." that has not expired. What it says is judged and validated like anything that came over the network; nothing of it
 * is given to clients as it is.
 */
import { i32 } from '../../../stack/platform/index.ts'
import { negativeTtl } from '../cache/negative.ts'
import { proofOf } from '../dnssec/proofs.ts'
import type { Claim } from '../dnssec/proofs.ts'
import { TRUST } from '../resolver/finding.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import { nameKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { META, TYPE } from '../wire/type-names.ts'
import { lookup } from '../zone/lookup.ts'
import { findRrset } from '../zone/zone.ts'
import type { ZoneSet } from '../zone/zone-set.ts'
import type { LiveZone, ZoneNode } from '../zone/zone.ts'
import { MAX_ADDRESSES_OF_ONE, MAX_NAME_SERVERS } from './delegation.ts'
import type { NameServer } from './delegation.ts'
import type { Judgement, Situation } from './judge.ts'

/** As judgeByCopy, where the zones have a copy; undefined elsewhere. */
export function judgeByCopyIn(zones: ZoneSet, s: Situation): Judgement | undefined {
  const root = zones.get('.')
  return root?.isSecondary === true ? judgeByCopy(root, s) : undefined
}

/** Undefined: the copy has nothing to say of it, so a root server is asked. */
export function judgeByCopy(root: LiveZone, s: Situation): Judgement | undefined {
  const { asked } = s
  if (!root.isServed || asked.type === META.ANY || asked.type === TYPE.RRSIG) return undefined
  const found = lookup(root, asked.key, asked.type)
  switch (found.kind) {
    case 'referral':
      return referral(root, found.cut, found.node, s)
    case 'answer':
      return found.wildcard ? undefined : judged(finding(s, 'rrset', [signed(root, found.rrset)], []), false, s)
    case 'nodata':
      return found.wildcard ? undefined : judged(denial(root, s, 'nodata'), false, s)
    case 'nxdomain':
      return judged(denial(root, s, 'nxdomain'), root.security !== undefined, s)
    default:
      // Aliases: the root has none.
      return undefined
  }
}

function judged(found: Finding, proven: boolean, { asked, question }: Situation): Judgement {
  if (asked.key === question.key && asked.type === question.type) return { kind: 'answer', findings: [found], own: [] }
  if (found.kind !== 'nxdomain') return { kind: 'nothing', finding: found }
  return { kind: 'denied', finding: { ...found, owner: question.key, type: question.type }, proven }
}

function referral(root: LiveZone, cut: Rrset, node: ZoneNode, s: Situation): Judgement {
  const key = nameKey(cut.name)
  const ds = findRrset(node, TYPE.DS)
  const proof = ds === undefined ? prove(root, key, 'no-ds') : []
  const about = { ...s, asked: { key, type: TYPE.DS } }
  const known = ds === undefined ? (proof.length === 0 ? undefined : finding(about, 'nodata', [], proof)) : finding(about, 'rrset', [signed(root, ds)], [])
  return { kind: 'referral', cut: key, servers: cut.rdata.slice(0, MAX_NAME_SERVERS).map((rdata) => server(root, rdata)), ttlSeconds: cut.ttl, ds: known }
}

function server(root: LiveZone, rdata: Uint8Array): NameServer {
  const name = nameKey(leadingName(rdata))
  const glue = findRrset(root.node(name) ?? { rrsets: [] }, TYPE.A)?.rdata ?? []
  return { name, addresses: glue.slice(0, MAX_ADDRESSES_OF_ONE).map((octets) => i32(octets, 0)) }
}

/** The SOA with the TTL of the denial (RFC 2308 §5), and what DNSSEC proves it with. */
function denial(root: LiveZone, s: Situation, claim: 'nodata' | 'nxdomain'): Finding {
  const soa = signed(root, root.soa)
  const bounded: SignedRrset = { ...soa, rrset: { ...soa.rrset, ttl: negativeTtl(soa.rrset) } }
  return finding(s, claim, [], [bounded, ...prove(root, s.asked.key, claim)])
}

const prove = (root: LiveZone, key: NameKey, claim: Claim): readonly SignedRrset[] =>
  root.security === undefined ? [] : proofOf(root, root.security, key, claim).map(({ rrset, signatures }) => ({ rrset, signatures }))

function signed(root: LiveZone, rrset: Rrset): SignedRrset {
  return { rrset, signatures: root.security?.sign(rrset).signatures }
}

function finding(s: Situation, kind: Finding['kind'], answer: readonly SignedRrset[], authority: readonly SignedRrset[]): Finding {
  const seconds = Math.min(...[...answer, ...authority].map(({ rrset }) => rrset.ttl))
  return {
    owner: s.asked.key, type: s.asked.type, kind, answer, authority, trust: TRUST.authoritative, security: 'unchecked',
    fault: undefined, storedAt: s.now, expiresAt: s.now + 1000 * seconds, source: s.source, zone: s.zone,
  }
}
