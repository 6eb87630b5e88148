/**
 * Answers made from proofs that came with other answers: RFC 8198. NSEC and NSEC3 records that were validated say of whole
 * ranges of names that nothing is there, so nobody has to be asked. Read RFC 4035 §5.4, RFC 5155 §8, RFC 6840 §4 and
 * RFC 9077 first.
 *
 * Records of a delegation or a DNAME say nothing of what is below (RFC 6840 §4.1); those with opt-out nothing of what
 * they cover (RFC 5155 §6). Bounded in zones, and in records of each.
 */
import { equalBytes, LruMap } from '../../../stack/platform/index.ts'
import type { Instant } from '../../../stack/platform/index.ts'
import { signedLabels } from '../dnssec/canonical.ts'
import { TRUST } from '../resolver/finding.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import { isAtOrBelow, isWildcard, labelCount, nameKey, nameOfKey, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { META, TYPE } from '../wire/type-names.ts'
import { DenialOrder } from './denial-order.ts'
import { closestEncloser, coversHash, coversName, endsZone, hashedOwner, hasType, lacks, parametersOf, readDenial, signerOf } from './denial-proof.ts'
import type { Denial } from './denial-proof.ts'
import type { EntryLog } from './entry-log.ts'
import { negativeTtl } from './negative.ts'

/** Zones whose proofs are kept in order; of further ones the one used longest ago is forgotten. */
export const MAX_DENIAL_ZONES = 1024
/** Labels below the zone that are hashed at most. */
const MAX_HASHED_LABELS = 8
const WILDCARD_LABEL = '\x01*'

/** What of the cache is needed here. */
export type Shelf = {
  readonly log: EntryLog
  /** What lives under a handle; undefined when it has ended. */
  read(handle: number): Finding | undefined
  rrset(partition: number, key: NameKey, type: number): Finding | undefined
  put(partition: number, finding: Finding): boolean
}

type DenialZone = {
  readonly partition: number
  readonly apex: NameKey
  readonly order: DenialOrder
  /** See parametersOf; undefined: NSEC. */
  readonly hashed: Uint8Array | undefined
}
type Proof = { readonly finding: Finding; readonly denial: Denial }
/** What was found to answer with. */
type Made = { readonly kind: Finding['kind']; readonly wildcard: Finding | undefined; readonly proofs: readonly Proof[] }

export class Denials {
  readonly #shelf: Shelf
  readonly #zones = new LruMap<string, DenialZone>(MAX_DENIAL_ZONES)

  constructor(shelf: Shelf) {
    this.#shelf = shelf
  }

  get zones(): number {
    return this.#zones.size
  }

  clear(): void {
    this.#zones.clear()
  }

  /** Takes the proofs out of a finding that is secure: all its records were validated. */
  learn(partition: number, finding: Finding): void {
    for (const signed of finding.authority) {
      const { type } = signed.rrset
      if (type === TYPE.NSEC || type === TYPE.NSEC3 || type === TYPE.SOA) this.#keep(partition, finding, nameKey(signed.rrset.name), signed)
    }
    const [only] = finding.answer
    if (only !== undefined && finding.answer.length === 1) this.#learnWildcard(partition, finding, only)
  }

  /** RFC 8198 §5.3: what a wildcard stands for is kept under the wildcard's own name too. */
  #learnWildcard(partition: number, finding: Finding, signed: SignedRrset): void {
    const labels = signed.signatures?.rdata[0]?.[3] ?? Number.POSITIVE_INFINITY
    const more = labelCount(finding.owner) - labels
    if (more <= 0 || isWildcard(finding.owner)) return
    let encloser = finding.owner
    for (let i = 0; i < more; i++) encloser = parentKey(encloser)
    const owner = WILDCARD_LABEL + encloser
    this.#keep(partition, finding, owner, renamed(signed, owner))
  }

  #keep(partition: number, from: Finding, owner: NameKey, signed: SignedRrset): void {
    const zone = signerOf(signed)
    if (zone === undefined || !isAtOrBelow(owner, zone)) return
    const expiresAt = Math.min(from.expiresAt, from.storedAt + signed.rrset.ttl * 1000)
    this.#shelf.put(partition, {
      ...from, owner, type: signed.rrset.type, kind: 'rrset', answer: [signed], authority: [], trust: TRUST.authority, fault: undefined,
      expiresAt, zone,
    })
  }

  /** A secure NSEC or NSEC3 RRset was put under that handle. */
  index(partition: number, handle: number, finding: Finding): void {
    const [signed] = finding.answer
    const apex = signed && signerOf(signed)
    const rdata = signed?.rrset.rdata[0]
    if (signed?.rrset.rdata.length !== 1 || apex === undefined || rdata === undefined || !isAtOrBelow(finding.owner, apex)) return
    // One that a wildcard made is of no owner in the chain.
    if (signed.signatures?.rdata[0]?.[3] !== signedLabels(finding.owner)) return
    const hashed = finding.type === TYPE.NSEC3 ? parametersOf(rdata) : undefined
    if (finding.type === TYPE.NSEC3 && hashed === undefined) return
    this.#zoneFor(partition, apex, hashed).order.insert(finding.owner, handle)
  }

  /** The entry is about to go. */
  forget(partition: number, finding: Finding): void {
    const [signed] = finding.answer
    const apex = signed && signerOf(signed)
    if (apex !== undefined) this.#zones.peek(keyFor(partition, apex))?.order.remove(finding.owner)
  }

  /** A zone has one kind of proof, and one set of parameters; with others it begins anew. */
  #zoneFor(partition: number, apex: NameKey, hashed: Uint8Array | undefined): DenialZone {
    const key = keyFor(partition, apex)
    const known = this.#zones.get(key)
    if (known !== undefined && isSame(known.hashed, hashed)) return known
    const made = { partition, apex, order: new DenialOrder(this.#shelf.log), hashed }
    this.#zones.set(key, made)
    return made
  }

  /** What the proofs say of a name and type; undefined: nothing. */
  make(partition: number, key: NameKey, type: number, now: Instant): Finding | undefined {
    if (this.#zones.size === 0 || type === TYPE.NSEC || type === TYPE.NSEC3 || type === TYPE.RRSIG || type === META.ANY) return undefined
    const zone = this.#closest(partition, key, type)
    if (zone === undefined) return undefined
    const made = zone.hashed === undefined ? this.#byName(zone, key, type) : this.#byHash(zone, zone.hashed, key, type)
    return made && this.#finish(zone, key, type, made, now)
  }

  /** DS records stand on the parent's side of a cut. */
  #closest(partition: number, key: NameKey, type: number): DenialZone | undefined {
    for (let above = type === TYPE.DS && key !== ROOT_KEY ? parentKey(key) : key; ; above = parentKey(above)) {
      const zone = this.#zones.get(keyFor(partition, above))
      if (zone !== undefined) return zone
      if (above === ROOT_KEY) return undefined
    }
  }

  #byName(zone: DenialZone, key: NameKey, type: number): Made | undefined {
    const proof = this.#proof(zone.order.atOrBefore(key))
    if (proof === undefined) return undefined
    const { denial, finding } = proof
    const nodata: Made = { kind: 'nodata', wildcard: undefined, proofs: [proof] }
    if (finding.owner === key) return lacks(denial, key, type) ? nodata : undefined
    if (!coversName(finding, denial, key)) return undefined
    // The next name lies below: this one exists, and has nothing (RFC 4592 §2.2.2).
    if (isAtOrBelow(denial.next, key)) return nodata
    const wildcard = WILDCARD_LABEL + closestEncloser(key, finding.owner, denial.next)
    const other = this.#proof(zone.order.atOrBefore(wildcard))
    if (other === undefined) return undefined
    if (other.finding.owner === wildcard) return this.#fromWildcard(zone, wildcard, type, [proof], other)
    const noWildcard = coversName(other.finding, other.denial, wildcard) && !isAtOrBelow(other.denial.next, wildcard)
    return noWildcard ? { kind: 'nxdomain', wildcard: undefined, proofs: [proof, other] } : undefined
  }

  /** RFC 5155 §8.4 to §8.8. */
  #byHash(zone: DenialZone, parameters: Uint8Array, key: NameKey, type: number): Made | undefined {
    const exact = this.#matching(zone, parameters, key)
    if (exact !== undefined) return lacks(exact.denial, key, type) ? { kind: 'nodata', wildcard: undefined, proofs: [exact] } : undefined
    let nextCloser = key
    for (let hashed = 0; nextCloser !== zone.apex && hashed < MAX_HASHED_LABELS; hashed++) {
      const encloser = parentKey(nextCloser)
      const closest = this.#matching(zone, parameters, encloser)
      if (closest !== undefined) return this.#below(zone, parameters, encloser, closest, nextCloser, type)
      nextCloser = encloser
    }
    return undefined
  }

  /** `closest` proves that the encloser exists; now for what is below it. */
  #below(zone: DenialZone, parameters: Uint8Array, encloser: NameKey, closest: Proof, nextCloser: NameKey, type: number): Made | undefined {
    const covering = this.#covering(zone, parameters, nextCloser)
    if (covering === undefined || endsZone(closest.denial)) return undefined
    const wildcard = WILDCARD_LABEL + encloser
    const wild = this.#matching(zone, parameters, wildcard)
    if (wild !== undefined) return this.#fromWildcard(zone, wildcard, type, [closest, covering], wild)
    const noWildcard = this.#covering(zone, parameters, wildcard)
    return noWildcard && { kind: 'nxdomain', wildcard: undefined, proofs: [closest, covering, noWildcard] }
  }

  /** The wildcard stands for the name: with what the cache has of it, or with the proof that it has no such type. */
  #fromWildcard(zone: DenialZone, wildcard: NameKey, type: number, proofs: readonly Proof[], own: Proof): Made | undefined {
    const { types } = own.denial
    if (endsZone(own.denial)) return undefined
    const kind = hasType(types, type) ? 'rrset' : hasType(types, TYPE.CNAME) ? 'alias' : 'nodata'
    if (kind === 'nodata') return { kind, wildcard: undefined, proofs: [...proofs, own] }
    const found = this.#shelf.rrset(zone.partition, wildcard, kind === 'rrset' ? type : TYPE.CNAME)
    const usable = found?.security === 'secure' && found.kind === 'rrset' && found.answer.length === 1
    return usable ? { kind, wildcard: found, proofs } : undefined
  }

  #matching(zone: DenialZone, parameters: Uint8Array, key: NameKey): Proof | undefined {
    return this.#proof(zone.order.at(hashedOwner(zone.apex, parameters, key)))
  }

  #covering(zone: DenialZone, parameters: Uint8Array, key: NameKey): Proof | undefined {
    const owner = hashedOwner(zone.apex, parameters, key)
    // What stands before the first may be covered by the last.
    const proof = this.#proof(zone.order.atOrBefore(owner) || zone.order.last())
    return proof !== undefined && coversHash(proof.finding, proof.denial, owner) ? proof : undefined
  }

  #proof(handle: number): Proof | undefined {
    const finding = handle === 0 ? undefined : this.#shelf.read(handle)
    const denial = finding?.security === 'secure' ? readDenial(finding) : undefined
    return finding && denial && { finding, denial }
  }

  /** RFC 8198 §5.4 and RFC 9077 §3: it ends with the first of the proofs, and a denial not after the SOA allows. */
  #finish(zone: DenialZone, key: NameKey, type: number, { kind, wildcard, proofs }: Made, now: Instant): Finding | undefined {
    const used = wildcard === undefined ? proofs.map(({ finding }) => finding) : [wildcard, ...proofs.map(({ finding }) => finding)]
    if (wildcard === undefined) {
      const soa = this.#shelf.rrset(zone.partition, zone.apex, TYPE.SOA)
      if (soa?.security !== 'secure' || soa.kind !== 'rrset') return undefined
      used.unshift(soa)
    }
    const distinct = used.filter((finding, i) => used.findIndex((other) => other.owner === finding.owner && other.type === finding.type) === i)
    const sets = distinct.map((finding) => aged(finding, now))
    let seconds = Math.min(...sets.map(({ rrset }) => rrset.ttl))
    if (wildcard === undefined) seconds = Math.min(seconds, negativeTtl((sets[0] as SignedRrset).rrset))
    const answer = wildcard === undefined ? [] : [renamed(sets[0] as SignedRrset, key)]
    return {
      owner: key, type, kind, answer, authority: wildcard === undefined ? sets : sets.slice(1), trust: TRUST.authoritative,
      security: 'secure', fault: undefined, storedAt: now, expiresAt: now + seconds * 1000, source: MADE_HERE, zone: zone.apex,
    }
  }
}

/** Source of an answer that nobody gave as it is. */
export const MADE_HERE = 'proofs in the cache'

const keyFor = (partition: number, apex: NameKey): string => String.fromCharCode(partition) + apex
const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalBytes(a, b)

/** The one RRset of a finding, with the TTL that is left of it. */
function aged(finding: Finding, now: Instant): SignedRrset {
  const { rrset, signatures } = finding.answer[0] as SignedRrset
  const ttl = Math.max(0, Math.min(rrset.ttl, Math.floor((finding.expiresAt - now) / 1000)))
  return { rrset: { ...rrset, ttl }, signatures: signatures && { ...signatures, ttl } }
}

function renamed({ rrset, signatures }: SignedRrset, owner: NameKey): SignedRrset {
  const name = nameOfKey(owner)
  return { rrset: { ...rrset, name }, signatures: signatures && { ...signatures, name } }
}
