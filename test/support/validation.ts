/** A small tree of signed zones for tests of validation: each served and signed by our own server, asked like a parent's and a child's servers are. */
import { createPublicKey, verify } from 'node:crypto'
import type { SigningKey, ZoneSigning } from '../../services/dns/index.ts'
import { rsaParts } from '../../services/dns/index.ts'
import { rrsigHead, rrsigRdata, signedOctets } from '../../services/dns/dnssec/canonical.ts'
import type { SignatureTimes } from '../../services/dns/dnssec/canonical.ts'
import { TRUST } from '../../services/dns/resolver/finding.ts'
import type { Finding, SignedRrset } from '../../services/dns/resolver/finding.ts'
import { Budget } from '../../services/dns/resolver/source.ts'
import type { FindOther, Trace } from '../../services/dns/resolver/source.ts'
import { dsRdata } from '../../services/dns/rollover/dnskey.ts'
import type { NegativeAnchor, TrustAnchor } from '../../services/dns/validator/anchors.ts'
import { Trust } from '../../services/dns/validator/trust.ts'
import { Validator } from '../../services/dns/validator/validator.ts'
import type { VerifySignature } from '../../services/dns/validator/verifier.ts'
import { parseMessage, RCODE } from '../../services/dns/wire/message.ts'
import type { Message, MessageRecord } from '../../services/dns/wire/message.ts'
import { ABSOLUTE, formatKey, formatName, isAtOrBelow, keyOf, labelCount, name, nameKey, nameOfKey, parentKey, ROOT_KEY } from '../../services/dns/wire/name.ts'
import type { NameKey } from '../../services/dns/wire/name.ts'
import { formatRdata, parseRdataText } from '../../services/dns/wire/rdata.ts'
import type { Rrset } from '../../services/dns/wire/rrset.ts'
import { TYPE, typeCode, typeName } from '../../services/dns/wire/type-names.ts'
import { VirtualClock } from '../../stack/platform/index.ts'
import { Bench, CLIENT, queryBytes, zoneOf } from './dns.ts'

const HASH = new Map<number, string | null>([[8, 'sha256'], [10, 'sha512'], [13, 'sha256'], [14, 'sha384'], [15, null], [16, null]])
const b64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url')

function keyObject(algorithm: number, key: Uint8Array): ReturnType<typeof createPublicKey> {
  const [x, y] = [b64(key.subarray(0, key.length / 2)), b64(key.subarray(key.length / 2))]
  if (algorithm === 15 || algorithm === 16) return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: algorithm === 15 ? 'Ed25519' : 'Ed448', x: b64(key) } })
  if (algorithm === 13 || algorithm === 14) return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: algorithm === 13 ? 'P-256' : 'P-384', x, y } })
  const parts = rsaParts(key) as NonNullable<ReturnType<typeof rsaParts>>
  return createPublicKey({ format: 'jwk', key: { kty: 'RSA', e: b64(parts.exponent), n: b64(parts.modulus) } })
}

/** At once, on this thread. */
export const verifyNow: VerifySignature = (algorithm, publicKey, data, signature, done) => {
  let genuine = false
  try {
    genuine = verify(HASH.get(algorithm), data, { key: keyObject(algorithm, publicKey), dsaEncoding: 'ieee-p1363' }, signature)
  } catch {
    genuine = false
  }
  done(genuine)
}

/** RRsets of a section with their signatures. */
export function setsOf(records: readonly MessageRecord[]): readonly SignedRrset[] {
  const groups = Map.groupBy(records.filter((record) => record.type !== TYPE.RRSIG), (record) => `${record.key} ${record.type}`)
  return [...groups.values()].map((group) => {
    const first = group[0] as MessageRecord
    const own = records.filter((record) => record.type === TYPE.RRSIG && record.key === first.key && (((record.rdata[0] as number) << 8) | (record.rdata[1] as number)) === first.type)
    const rrset: Rrset = { name: first.name, type: first.type, ttl: first.ttl, rdata: group.map((record) => record.rdata) }
    return { rrset, signatures: own.length === 0 ? undefined : { name: first.name, type: TYPE.RRSIG, ttl: first.ttl, rdata: own.map((record) => record.rdata) } }
  })
}

/** A response as the finding of its question; of a chain of aliases the first link. */
export function findingOf(message: Message, zone: NameKey, now: number): Finding {
  const { key: owner, type } = message
  const sets = setsOf(message.answer)
  const dname = sets.find((set) => set.rrset.type === TYPE.DNAME && nameKey(set.rrset.name) !== owner && isAtOrBelow(owner, nameKey(set.rrset.name)))
  const cname = sets.find((set) => set.rrset.type === TYPE.CNAME && nameKey(set.rrset.name) === owner)
  const own = sets.filter((set) => nameKey(set.rrset.name) === owner && (set.rrset.type === type || (type === 255 && dname === undefined)))
  const isMade = dname !== undefined && cname !== undefined && (type === TYPE.CNAME || type === 255)
  const kind = own.length > 0 || isMade ? 'rrset' : cname !== undefined ? 'alias' : message.rcode === RCODE.NXDOMAIN ? 'nxdomain' : 'nodata'
  const answer = own.length > 0 && !isMade ? own : [dname, cname].filter((set) => set !== undefined)
  const authority = setsOf(message.authority).filter((set) => [TYPE.SOA, TYPE.NSEC, TYPE.NSEC3].includes(set.rrset.type as 6))
  const ttl = Math.min(86_400, ...[...answer, ...authority].map((set) => set.rrset.ttl))
  return {
    owner, type, kind, answer, authority, trust: TRUST.authoritative, security: 'unchecked', fault: undefined, storedAt: now,
    expiresAt: now + 1000 * ttl, source: '192.0.2.1', zone,
  }
}

export type WorldZone = {
  /** Records in master-file text; NS and DS records of zones below come by themselves. */
  readonly text: string
  /** The text is the whole zone: somebody else has signed it. */
  readonly own?: boolean
  /** Not signed without. */
  readonly signing?: ZoneSigning
  /** DS rdata in the parent, in place of that of its keys that sign keys; empty: none. */
  readonly ds?: readonly Uint8Array[]
}

export type Told = { readonly security: string; readonly code: number | undefined; readonly text: string | undefined; readonly finding: Finding }

export class SignedWorld {
  readonly clock: VirtualClock
  readonly validator: Validator
  readonly anchors: Trust
  /** Questions for keys, as "name type". */
  readonly asked: string[] = []
  readonly counts = new Map<string, number>()
  readonly discarded: string[] = []
  /** What becomes of an answer on its way, by "name type". */
  readonly tamper = new Map<string, (finding: Finding) => Finding | undefined>()
  /** What waits, when answers do not come at once. */
  readonly held: (() => void)[] = []
  holds = false
  verifies = 0
  readonly #benches = new Map<NameKey, Bench>()

  constructor(zones: { readonly [zone: string]: WorldZone }, options: { readonly clock?: VirtualClock; readonly verify?: VerifySignature; readonly maxRemembered?: number } = {}) {
    this.clock = options.clock ?? new VirtualClock(Date.UTC(2026, 10, 22))
    Object.entries(zones).forEach(([zone, { text, own, signing }], i) => {
      const soa = zone === '.' ? '@ SOA ns.nic. root.nic. 1 3600 600 604800 300\n' : ''
      const below = Object.keys(zones).filter((other) => other !== zone && closestAbove(other, Object.keys(zones)) === zone)
      const cuts = below.flatMap((other) => [`${other}. NS ns.nic.`, ...dsLines(other, zones[other] as WorldZone)])
      const whole = own === true ? text : `${soa}@ NS ns.nic.\n${cuts.join('\n')}\n${text}`
      const bench = new Bench([zoneOf(zone, whole, i + 1)], {}, 1, false, this.clock)
      if (signing !== undefined) bench.server.setSigning(i + 1, signing)
      this.#benches.set(keyOf(zone), bench)
    })
    const verify = options.verify ?? verifyNow
    this.anchors = new Trust({ clock: this.clock, find: this.find, verify, count: () => {}, whenUsed: (told) => told(true) }, new Map())
    this.anchors.onChanged = () => this.validator.forget()
    this.validator = new Validator({
      clock: this.clock, find: this.find, anchors: this.anchors,
      verify: (...job) => {
        this.verifies++
        verify(...job)
      },
      count: (what) => void this.counts.set(what, (this.counts.get(what) ?? 0) + 1),
      discard: (_partition, key, type) => {
        this.discarded.push(`${formatKey(key)} ${typeName(type)}`)
        return false
      },
    }, options)
    const root = zones['.']
    if (root?.signing !== undefined) this.trust({ '.': { ds: dsOf('.', root), dnskey: [] } })
  }

  /** A zone is signed otherwise from now on. */
  sign(zone: string, signing: ZoneSigning): void {
    const id = [...this.#benches.keys()].indexOf(keyOf(zone)) + 1
    this.#benches.get(keyOf(zone))?.server.setSigning(id, signing)
  }

  trust(anchors: { readonly [zone: string]: TrustAnchor }, negative: { readonly [zone: string]: NegativeAnchor } = {}): void {
    const byKey = <T>(rows: { readonly [zone: string]: T }): Map<NameKey, T> => new Map(Object.entries(rows).map(([zone, row]) => [keyOf(zone), row]))
    this.anchors.setAnchors([...byKey(anchors)].map(([zone, anchor]) => ({ zone, anchor, follows: true })))
    this.anchors.setNegative(byKey(negative))
  }

  /** What the servers of the zone say of a question, unchecked. */
  ask(key: NameKey, type: number): Finding | undefined {
    const text = formatKey(key)
    const zone = closestAbove(type === TYPE.DS && key !== ROOT_KEY ? formatKey(parentKey(key)) : text, [...this.#benches.keys()].map(formatKey), true)
    const bench = zone === undefined ? undefined : this.#benches.get(keyOf(zone))
    if (bench === undefined || zone === undefined) return undefined
    const bytes = queryBytes(text, typeName(type), { flags: 0, edns: { dnssecOk: true, size: 65_535 } })
    const into = new Uint8Array(65_535)
    const length = bench.server.receiveStream(bytes, 0, bytes.length, into, 0, CLIENT, () => {
      throw new Error('the answer is to come later')
    })
    const message = parseMessage(into, 0, length)
    if (!message.ok) throw new Error(`malformed: ${message.error}`)
    const tampered = this.tamper.get(`${text} ${typeName(type)}`)
    const finding = findingOf(message.value, keyOf(zone), this.clock.now())
    return tampered === undefined ? finding : tampered(finding)
  }

  readonly find: FindOther = (key, type, _options, done) => {
    this.asked.push(`${formatKey(key)} ${typeName(type)}`)
    const finding = this.ask(key, type)
    if (this.holds) this.held.push(() => done(finding))
    else done(finding)
  }

  /** The verdict on the answer to a question: "www.example.test A". */
  validate(question: string, options: { readonly budget?: Budget; readonly trace?: Trace; readonly finding?: Finding } = {}): Told {
    let told: Told | undefined
    this.start(question, (got) => (told = got), options)
    if (told === undefined) throw new Error('validation has not ended')
    return told
  }

  start(question: string, done: (told: Told) => void, options: { readonly budget?: Budget; readonly trace?: Trace; readonly finding?: Finding; readonly depth?: number } = {}): void {
    const [text, type] = question.split(' ') as [string, string]
    const [key, code] = [keyOf(text), typeCode(type) as number]
    const finding = options.finding ?? this.ask(key, code)
    if (finding === undefined) throw new Error(`nobody answers ${question}`)
    const ask = { partition: 0, key, type: code, budget: options.budget ?? new Budget(), depth: options.depth ?? 0, trace: options.trace }
    this.validator.validate(finding, ask, (validated) => done(toldOf(validated)))
  }
}

export function toldOf(finding: Finding): Told {
  const { fault } = finding
  return {
    security: finding.security, finding, code: fault && (((fault[4] as number) << 8) | (fault[5] as number)),
    text: fault && new TextDecoder().decode(fault.subarray(6)),
  }
}

/** The longest of the zones above a name, or at it. */
function closestAbove(text: string, zones: readonly string[], orAt = false): string | undefined {
  const key = keyOf(text)
  return zones.filter((zone) => isAtOrBelow(key, keyOf(zone)) && (orAt || keyOf(zone) !== key)).sort((a, b) => keyOf(b).length - keyOf(a).length)[0]
}

export const dsOf = (zone: string, { ds, signing }: WorldZone): readonly Uint8Array[] =>
  ds ?? (signing?.keys ?? []).filter((key) => key.signsKeys).map((key) => dsRdata(nameOfKey(keyOf(zone)), key.dnskey, 2))

const dsLines = (zone: string, row: WorldZone): readonly string[] => dsOf(zone, row).map((rdata) => `${zone}. DS ${formatRdata(TYPE.DS, rdata)}`)

/** A record set by hand: "www.example.test 300 A 192.0.2.1 | 192.0.2.2". */
export function rrset(line: string): Rrset {
  const [owner, ttl, type, ...rest] = line.trim().split(/\s+/) as [string, string, string, ...string[]]
  const code = typeCode(type) as number
  return {
    name: name(owner), type: code, ttl: Number(ttl),
    rdata: rest.join(' ').split(' | ').map((text) => {
      const parsed = parseRdataText(code, text, ABSOLUTE)
      if (!parsed.ok) throw new Error(`${line}: ${parsed.error.what}`)
      return parsed.value
    }),
  }
}

export const answerText = (finding: Finding): readonly string[] =>
  finding.answer.flatMap((set) => set.rrset.rdata.map((rdata) => `${formatName(set.rrset.name)} ${typeName(set.rrset.type)} ${formatRdata(set.rrset.type, rdata)}`))

/** An RRset signed by hand, for what no sane signer makes. `labels`: as if made from a wildcard that deep. */
export function signedBy(key: SigningKey, zone: string, set: Rrset, shape: { readonly times?: SignatureTimes; readonly labels?: number } = {}): SignedRrset {
  const now = Date.UTC(2026, 10, 22) / 1000
  const times = shape.times ?? { inception: now - 3600, expiration: now + 86_400 }
  const head = rrsigHead(set, { apex: nameOfKey(keyOf(zone)), algorithm: key.algorithm, keyTag: key.keyTag }, times)
  if (shape.labels !== undefined) head[3] = shape.labels
  let owner = nameKey(set.name)
  if (shape.labels !== undefined) {
    while (labelCount(owner) > shape.labels) owner = parentKey(owner)
    owner = `\x01*${owner}`
  }
  const signature = key.sign(signedOctets(head, { ...set, name: nameOfKey(owner) }))
  return { rrset: set, signatures: { name: set.name, type: TYPE.RRSIG, ttl: set.ttl, rdata: [rrsigRdata(head, signature)] } }
}

/** The finding of a question that nobody was asked. */
export function findingFor(question: string, kind: Finding['kind'], answer: readonly SignedRrset[], authority: readonly SignedRrset[] = []): Finding {
  const [text, type] = question.split(' ') as [string, string]
  return {
    owner: keyOf(text), type: typeCode(type) as number, kind, answer, authority, trust: TRUST.authoritative, security: 'unchecked',
    fault: undefined, storedAt: 0, expiresAt: 300_000, source: '192.0.2.1', zone: ROOT_KEY,
  }
}
