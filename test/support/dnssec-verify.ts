/**
 * A validator for tests, written from RFC 4035 §5, RFC 5155 §8, RFC 6605, RFC 8080 and RFC 5702 without the code under
 * test: it takes a response apart and says whether a resolver that trusts the zone's keys would believe it.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import type { Message, MessageRecord } from '../../services/dns/wire/message.ts'

const T = { NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, SRV: 33, DNAME: 39, DS: 43, RRSIG: 46, NSEC: 47, DNSKEY: 48, NSEC3: 50, NXNAME: 128, ANY: 255 } as const

type Labels = readonly string[]
/** Labels of an uncompressed name, lower case, the root's none. */
export function labelsOf(b: Uint8Array, from = 0): Labels {
  const labels: string[] = []
  for (let at = from; b[at] !== 0; at += 1 + (b[at] as number)) {
    labels.push(Buffer.from(b.subarray(at + 1, at + 1 + (b[at] as number))).toString('latin1').replaceAll(/[A-Z]/g, (c) => c.toLowerCase()))
  }
  return labels
}
const wire = (labels: Labels): Uint8Array => Uint8Array.from([...labels.flatMap((l) => [l.length, ...Buffer.from(l, 'latin1')]), 0])
const nameEnd = (b: Uint8Array, from: number): number => {
  let at = from
  while (b[at] !== 0) at += 1 + (b[at] as number)
  return at + 1
}
const same = (a: Labels, b: Labels): boolean => a.length === b.length && a.every((label, i) => label === b[i])
const isBelow = (a: Labels, b: Labels): boolean => a.length > b.length && same(a.slice(a.length - b.length), b)

/** RFC 4034 §6.1. */
export function compareNames(a: Labels, b: Labels): number {
  for (let i = 1; i <= Math.min(a.length, b.length); i++) {
    const difference = Buffer.compare(Buffer.from(a.at(-i) as string, 'latin1'), Buffer.from(b.at(-i) as string, 'latin1'))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** RFC 4034 §6.2 for the types that the tests have. */
function canonical(type: number, rdata: Uint8Array): Uint8Array {
  const lead = type === T.MX ? 2 : type === T.SRV ? 6 : 0
  const names = type === T.SOA ? 2 : ([T.NS, T.CNAME, T.PTR, T.MX, T.SRV, T.DNAME] as readonly number[]).includes(type) ? 1 : 0
  const out = Uint8Array.from(rdata)
  let at = lead
  for (let n = 0; n < names; n++) {
    const end = nameEnd(rdata, at)
    out.set(wire(labelsOf(rdata, at)), at)
    at = end
  }
  return out
}

export type Set = { readonly owner: Labels; readonly type: number; readonly ttl: number; readonly rdata: readonly Uint8Array[] }
type Rrsig = { readonly owner: Labels; readonly rdata: Uint8Array; readonly covered: number; readonly labels: number; readonly ttl: number; readonly signer: Labels; readonly signatureAt: number }

const u16 = (b: Uint8Array, at: number): number => ((b[at] as number) << 8) | (b[at + 1] as number)
const u32 = (b: Uint8Array, at: number): number => u16(b, at) * 65_536 + u16(b, at + 2)

function setsOf(records: readonly MessageRecord[]): readonly Set[] {
  const groups = Map.groupBy(records.filter((r) => r.type !== T.RRSIG), (r) => `${labelsOf(r.name).join('.')} ${r.type}`)
  return [...groups.values()].map((group) => {
    const [first] = group as [MessageRecord]
    return { owner: labelsOf(first.name), type: first.type, ttl: first.ttl, rdata: group.map((r) => r.rdata) }
  })
}

const rrsigsOf = (records: readonly MessageRecord[]): readonly Rrsig[] => records.filter((r) => r.type === T.RRSIG).map(({ name, rdata }) => ({
  owner: labelsOf(name), rdata, covered: u16(rdata, 0), labels: rdata[3] as number, ttl: u32(rdata, 4), signer: labelsOf(rdata, 18), signatureAt: nameEnd(rdata, 18),
}))

const known = new Map<string, ReturnType<typeof createPublicKey>>()
function publicKeyOf(dnskey: Uint8Array): ReturnType<typeof createPublicKey> {
  const text = Buffer.from(dnskey).toString('latin1')
  const key = known.get(text) ?? readKey(dnskey)
  known.set(text, key)
  return key
}

function readKey(dnskey: Uint8Array): ReturnType<typeof createPublicKey> {
  const key = Buffer.from(dnskey.subarray(4))
  const text = (part: Buffer): string => part.toString('base64url')
  if (dnskey[3] === 15) return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: text(key) } })
  if (dnskey[3] === 13) return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: text(key.subarray(0, 32)), y: text(key.subarray(32)) } })
  const exponent = key[0] as number
  return createPublicKey({ format: 'jwk', key: { kty: 'RSA', e: text(key.subarray(1, 1 + exponent)), n: text(key.subarray(1 + exponent)) } })
}

const tagOf = (dnskey: Uint8Array): number => {
  let sum = 0
  for (let i = 0; i < dnskey.length; i++) sum += i % 2 === 1 ? (dnskey[i] as number) : (dnskey[i] as number) * 256
  return (sum + Math.floor(sum / 65_536)) % 65_536
}

export type Trust = { readonly apex: Labels; readonly keys: readonly Uint8Array[]; readonly seconds: number }

/** Whether one signature is good for a set (RFC 4035 §5.3); a sentence part when not. */
function faultOf(set: Set, sig: Rrsig, trust: Trust): string | undefined {
  if (!same(sig.signer, trust.apex)) return 'the signer is not the zone'
  const own = set.owner[0] === '*' ? set.owner.length - 1 : set.owner.length
  if (sig.labels > own) return 'more labels than the owner has'
  if (trust.seconds < u32(sig.rdata, 12) || trust.seconds > u32(sig.rdata, 8)) return 'not valid now'
  if (set.ttl > sig.ttl) return 'the TTL is above the signed one'
  const key = trust.keys.find((dnskey) => tagOf(dnskey) === u16(sig.rdata, 16) && dnskey[3] === sig.rdata[2])
  if (key === undefined) return 'no such key'
  const owner = sig.labels < set.owner.length && !(set.owner[0] === '*' && own === sig.labels) ? ['*', ...set.owner.slice(set.owner.length - sig.labels)] : set.owner
  const records = set.rdata.map((rdata) => canonical(set.type, rdata)).sort(Buffer.compare).map((rdata) => {
    const fixed = Buffer.alloc(10)
    fixed.writeUInt16BE(set.type, 0)
    fixed.writeUInt16BE(1, 2)
    fixed.writeUInt32BE(sig.ttl, 4)
    fixed.writeUInt16BE(rdata.length, 8)
    return Buffer.concat([wire(owner), fixed, rdata])
  })
  const data = Buffer.concat([sig.rdata.subarray(0, sig.signatureAt), ...records])
  const good = verify(key[3] === 15 ? null : 'sha256', data, { key: publicKeyOf(key), dsaEncoding: 'ieee-p1363' }, sig.rdata.subarray(sig.signatureAt))
  return good ? undefined : 'the signature does not fit'
}

/** What the sets of a section are worth: all good signatures of each, or a fault. */
function checkSets(records: readonly MessageRecord[], trust: Trust, spared: (set: Set) => boolean): { readonly sets: readonly (Set & { readonly labels: number })[]; readonly fault?: string } {
  const keyOf = (owner: Labels, type: number): string => `${owner.join('.')} ${type}`
  const sigs = Map.groupBy(rrsigsOf(records), (sig) => keyOf(sig.owner, sig.covered))
  const sets: (Set & { readonly labels: number })[] = []
  const all = setsOf(records)
  for (const set of all) {
    if (spared(set)) continue
    const own = sigs.get(keyOf(set.owner, set.type)) ?? []
    const faults = own.map((sig) => faultOf(set, sig, trust))
    if (own.length === 0 || faults.some((fault) => fault !== undefined)) {
      return { sets, fault: `${set.owner.join('.')} ${set.type}: ${faults.find((fault) => fault !== undefined) ?? 'no signature'}` }
    }
    sets.push({ ...set, labels: Math.min(...own.map((sig) => sig.labels)) })
  }
  for (const set of all) sigs.delete(keyOf(set.owner, set.type))
  const [stray] = sigs.keys()
  return stray === undefined ? { sets } : { sets, fault: `a stray signature of ${stray}` }
}

const typesIn = (bitmap: Uint8Array): ReadonlySet<number> => {
  const types = new globalThis.Set<number>()
  for (let at = 0; at < bitmap.length; at += 2 + (bitmap[at + 1] as number)) {
    for (let bit = 0; bit < 8 * (bitmap[at + 1] as number); bit++) {
      if (((bitmap[at + 2 + (bit >> 3)] as number) & (0x80 >> (bit & 7))) !== 0) types.add((bitmap[at] as number) * 256 + bit)
    }
  }
  return types
}

/** What denial records say: about a name, whether it is matched (and its types) or covered. */
type Denial = {
  readonly match: (name: Labels) => ReadonlySet<number> | undefined
  readonly covers: (name: Labels) => boolean
}

function nsecDenial(sets: readonly Set[], apex: Labels): Denial {
  const records = sets.filter((set) => set.type === T.NSEC).map((set) => {
    const rdata = set.rdata[0] as Uint8Array
    return { owner: set.owner, next: labelsOf(rdata), types: typesIn(rdata.subarray(nameEnd(rdata, 0))) }
  })
  return {
    match: (name) => records.find((one) => same(one.owner, name))?.types,
    covers: (name) => records.some(({ owner, next, types }) => {
      // RFC 6840 §4.1: what lies below a delegation is not denied by the delegation's own record.
      if (isBelow(name, owner) && ((types.has(T.NS) && !types.has(T.SOA)) || types.has(T.DNAME))) return false
      return compareNames(owner, name) < 0 && (same(next, apex) || compareNames(name, next) < 0)
    }),
  }
}

const BASE32 = '0123456789abcdefghijklmnopqrstuv'
function base32(b: Uint8Array): string {
  let bits = ''
  for (const octet of b) bits += octet.toString(2).padStart(8, '0')
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[parseInt(five, 2)]).join('')
}

function nsec3Denial(sets: readonly Set[]): Denial {
  const records = sets.filter((set) => set.type === T.NSEC3).map((set) => {
    const rdata = set.rdata[0] as Uint8Array
    const saltEnd = 5 + (rdata[4] as number)
    const nextEnd = saltEnd + 1 + (rdata[saltEnd] as number)
    return {
      hash: set.owner[0] as string, next: base32(rdata.subarray(saltEnd + 1, nextEnd)), salt: rdata.subarray(5, saltEnd),
      iterations: u16(rdata, 2), types: typesIn(rdata.subarray(nextEnd)),
    }
  })
  const hashed = (name: Labels, salt: Uint8Array, iterations: number): string => {
    let digest: Uint8Array = wire(name)
    for (let i = 0; i <= iterations; i++) digest = createHash('sha1').update(digest).update(salt).digest()
    return base32(digest)
  }
  return {
    match: (name) => records.find((one) => one.hash === hashed(name, one.salt, one.iterations))?.types,
    covers: (name) => records.some(({ hash, next, salt, iterations }) => {
      const at = hashed(name, salt, iterations)
      return hash < next ? hash < at && at < next : at > hash || at < next
    }),
  }
}

export type Verdict = 'secure' | `insecure delegation` | `bogus: ${string}`

/** Whether the response to this question is to be believed. */
export function verdictOn(message: Message, trust: Trust): Verdict {
  // Nothing signs signatures: RFC 4035 §2.2.
  if (message.type === T.RRSIG) return message.answer.every((r) => r.type === T.RRSIG) ? 'secure' : 'bogus: other records'
  const name = labelsOf(message.name)
  // What a DNAME makes of a name is not signed: the DNAME is (RFC 6672 §5.3.1).
  const redirected = (of: Labels): boolean => message.answer.some((r) => r.type === T.DNAME && isBelow(of, labelsOf(r.name)))
  const answer = checkSets(message.answer, trust, (set) => set.type === T.CNAME && redirected(set.owner))
  if (answer.fault !== undefined) return `bogus: answer: ${answer.fault}`
  const referral = !message.authority.some((r) => r.type === T.SOA) && message.authority.some((r) => r.type === T.NS)
  const authority = checkSets(message.authority, trust, (set) => referral && set.type === T.NS)
  if (authority.fault !== undefined) return `bogus: authority: ${authority.fault}`
  const additional = checkSets(message.additional, trust, (set) => !message.additional.some((r) => r.type === T.RRSIG && same(labelsOf(r.name), set.owner)))
  if (additional.fault !== undefined) return `bogus: additional: ${additional.fault}`
  const hashed = authority.sets.some((set) => set.type === T.NSEC3)
  const denial = hashed ? nsec3Denial(authority.sets) : nsecDenial(authority.sets, trust.apex)
  for (const set of answer.sets) {
    if (set.labels < set.owner.length && set.owner[0] !== '*') {
      const closer = set.owner.slice(set.owner.length - set.labels - 1)
      if (!denial.covers(hashed ? closer : set.owner)) return 'bogus: nothing says that there is no nearer name than the wildcard'
    }
  }
  if (referral) return referralVerdict(message, authority.sets, denial)
  // Aliases lead on; the last name is the one that the rest is about.
  let last = name
  for (const set of answer.sets) if (set.type === T.CNAME && message.type !== T.CNAME && message.type !== T.ANY) last = labelsOf((set.rdata[0] as Uint8Array))
  if (redirected(last)) return 'secure'
  const answered = answer.sets.some((set) => (set.type === message.type || message.type === T.ANY) && same(set.owner, last))
  // A chain that bites its tail ends there.
  const looped = answer.sets.some((set) => set.type === T.CNAME && same(set.owner, last))
  if (answered || looped || !(same(last, trust.apex) || isBelow(last, trust.apex))) return 'secure'
  return message.rcode === 3 ? nxdomainVerdict(last, trust.apex, denial, hashed) : nodataVerdict(last, message.type, trust.apex, denial, hashed)
}

function referralVerdict(message: Message, sets: readonly Set[], denial: Denial): Verdict {
  const cut = message.authority.find((r) => r.type === T.NS) as MessageRecord
  const owner = labelsOf(cut.name)
  if (sets.some((set) => set.type === T.DS && same(set.owner, owner))) return 'secure'
  const types = denial.match(owner)
  if (types === undefined) return 'bogus: nothing says that the delegation has no DS'
  return types.has(T.NS) && !types.has(T.DS) && !types.has(T.SOA) ? 'insecure delegation' : 'bogus: the delegation is otherwise'
}

/** The names from just above `name` to the apex. */
const above = (name: Labels, apex: Labels): readonly Labels[] => Array.from({ length: name.length - apex.length }, (_, i) => name.slice(i + 1))

function nxdomainVerdict(name: Labels, apex: Labels, denial: Denial, hashed: boolean): Verdict {
  const types = denial.match(name)
  // RFC 9824 §5.1: the name is matched, and said not to exist.
  if (types?.has(T.NXNAME) === true) return 'secure'
  if (types !== undefined) return 'bogus: the name is there'
  for (const encloser of above(name, apex)) {
    const closer = name.slice(name.length - encloser.length - 1)
    const there = hashed ? denial.match(encloser) !== undefined : true
    if (there && denial.covers(hashed ? closer : name) && denial.covers(['*', ...encloser])) return 'secure'
  }
  return 'bogus: the name or its wildcard is not denied'
}

function nodataVerdict(name: Labels, type: number, apex: Labels, denial: Denial, hashed: boolean): Verdict {
  const types = denial.match(name)
  if (types !== undefined) {
    if (types.has(type) || types.has(T.CNAME)) return 'bogus: the name has that type, or is an alias'
    if (types.has(T.NS) && !types.has(T.SOA) && type !== T.DS) return 'bogus: the name is delegated'
    return 'secure'
  }
  for (const encloser of above(name, apex)) {
    const closer = name.slice(name.length - encloser.length - 1)
    const there = hashed ? denial.match(encloser) !== undefined : true
    const source = denial.match(['*', ...encloser])
    if (there && denial.covers(hashed ? closer : name) && source !== undefined && !source.has(type) && !source.has(T.CNAME)) return 'secure'
  }
  // An empty non-terminal has no record of its own: the one that covers it leads to a name below it.
  return !hashed && denial.covers(name) ? 'secure' : 'bogus: nothing says that there is no such type'
}

/** What is wrong with a whole zone, signatures and all. For zones without delegations. */
export function zoneFaults(records: readonly MessageRecord[], trust: Trust): readonly string[] {
  const { fault } = checkSets(records, trust, () => false)
  return [...(fault === undefined ? [] : [fault]), ...chainFaults(records)]
}

/** The same without looking at signatures: the chain of denials goes round through all names, and lists the types that they have. */
export function chainFaults(records: readonly MessageRecord[]): readonly string[] {
  const faults: string[] = []
  const sets = setsOf(records)
  const owners = Map.groupBy(sets, (set) => set.owner.join('.'))
  const hashed = sets.some((set) => set.type === T.NSEC3)
  const chain = sets.filter((set) => set.type === (hashed ? T.NSEC3 : T.NSEC)).sort((a, b) => compareNames(a.owner, b.owner))
  chain.forEach((set, i) => {
    const rdata = set.rdata[0] as Uint8Array
    const next = chain[(i + 1) % chain.length] as Set
    const said = hashed ? base32(rdata.subarray(6 + (rdata[4] as number), 26 + (rdata[4] as number))) : labelsOf(rdata).join('.')
    if (said !== (hashed ? next.owner[0] : next.owner.join('.'))) faults.push(`${set.owner.join('.')} leads to ${said}, not to ${next.owner.join('.')}`)
    if (hashed) return
    const types = [...(owners.get(set.owner.join('.')) ?? []).map((own) => own.type), T.RRSIG].sort((a, b) => a - b)
    const listed = [...typesIn(rdata.subarray(nameEnd(rdata, 0)))]
    if (listed.join() !== types.join()) faults.push(`${set.owner.join('.')} lists ${listed.join()} and has ${types.join()}`)
  })
  const named = [...owners].filter(([, own]) => own.some((set) => set.type !== T.NSEC3)).length
  if (hashed ? chain.length < named : chain.length !== named) faults.push(`${named} names, ${chain.length} links`)
  return faults
}
