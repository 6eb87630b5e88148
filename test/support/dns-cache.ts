/** Findings for tests of the cache, from lines of a master file, and a cache to put them into. */
import { RrsetCache, type RrsetCacheOptions } from '../../services/dns/cache/rrset-cache.ts'
import { signedLabels } from '../../services/dns/dnssec/canonical.ts'
import { TRUST } from '../../services/dns/resolver/finding.ts'
import type { Finding, SignedRrset } from '../../services/dns/resolver/finding.ts'
import { ABSOLUTE, formatName, keyOf, name, nameKey, nameOfKey } from '../../services/dns/wire/name.ts'
import { formatRdata, parseRdataText } from '../../services/dns/wire/rdata.ts'
import type { Rrset } from '../../services/dns/wire/rrset.ts'
import { TYPE, typeCode, typeName } from '../../services/dns/wire/type-names.ts'
import { put16, put32, SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'

/** "www.lab. 300 A 192.0.2.1", one record. */
export function rrsetOf(...lines: readonly string[]): Rrset {
  const parts = lines.map((line) => line.split(/\s+/))
  const [owner, ttl, typeText] = parts[0] as [string, string, string]
  const type = typeCode(typeText) as number
  const rdata = parts.map((words) => {
    const read = parseRdataText(type, words.slice(3).join(' '), ABSOLUTE)
    if (!read.ok) throw new Error(`${words.join(' ')}: ${read.error}`)
    return read.value
  })
  return { name: name(owner), type, ttl: Number(ttl), rdata }
}

export const unsigned = (...lines: readonly string[]): SignedRrset => ({ rrset: rrsetOf(...lines), signatures: undefined })

/** Far enough behind the time at which virtual clocks begin. */
const EXPIRATION = 0x7000_0000

/**
 * RRSIG rdata by the zone `signer`, over an owner of so many labels; its signature proves nothing, which a cache does not
 * look at.
 */
export function rrsig(rrset: Rrset, signer: string, labels = signedLabels(nameKey(rrset.name)), expiration = EXPIRATION): Uint8Array {
  const apex = nameOfKey(keyOf(signer))
  const rdata = new Uint8Array(18 + apex.length + 64).fill(0x5a)
  put16(rdata, 0, rrset.type)
  rdata[2] = 13
  rdata[3] = labels
  put32(rdata, 4, rrset.ttl)
  put32(rdata, 8, expiration)
  put32(rdata, 12, 0)
  put16(rdata, 16, 12_345)
  rdata.set(apex, 18)
  return rdata
}

/** Records of one owner and type with a signature by `zone`; `labels` when a wildcard made them. */
export function signed(zone: string, lines: string | readonly string[], labels?: number): SignedRrset {
  const rrset = rrsetOf(...(typeof lines === 'string' ? [lines] : lines))
  return { rrset, signatures: { ...rrset, type: TYPE.RRSIG, rdata: [rrsig(rrset, zone, labels)] } }
}

export type FindingShape = {
  readonly at?: number
  readonly seconds?: number
  readonly trust?: Finding['trust']
  readonly security?: Finding['security']
  readonly fault?: Finding['fault']
  readonly zone?: string
  readonly authority?: readonly SignedRrset[]
}

const SOA = (zone: string, seconds: number): SignedRrset =>
  unsigned(`${zone} ${seconds} SOA ns.${zone === '.' ? '' : zone} host.${zone === '.' ? '' : zone} 1 7200 900 86400 ${seconds}`)

function finding(kind: Finding['kind'], owner: string, type: string, answer: readonly SignedRrset[], shape: FindingShape): Finding {
  const seconds = shape.seconds ?? answer[0]?.rrset.ttl ?? 300
  const at = shape.at ?? 0
  const zone = shape.zone ?? (owner.split('.').slice(-2).join('.') || '.')
  return {
    owner: keyOf(owner), type: typeCode(type) as number, kind, answer,
    authority: shape.authority ?? (kind === 'nodata' || kind === 'nxdomain' ? [SOA(zone, seconds)] : []),
    trust: shape.trust ?? TRUST.authoritative, security: shape.security ?? 'insecure', fault: shape.fault,
    storedAt: at, expiresAt: at + seconds * 1000, source: '192.0.2.53', zone: keyOf(zone),
  }
}

/** Of the records' owner and type. */
export function found(lines: string | readonly string[], shape: FindingShape = {}): Finding {
  const all = typeof lines === 'string' ? [lines] : lines
  const [owner, , type] = (all[0] as string).split(/\s+/) as [string, string, string]
  return finding('rrset', owner, type, [unsigned(...all)], shape)
}

/** `line` is the CNAME record; the question was for `type`. */
export const aliasFor = (type: string, line: string, shape: FindingShape = {}): Finding =>
  finding('alias', line.split(/\s+/)[0] as string, type, [unsigned(line)], shape)

/** Of sets that are put together already: an answer with the proofs that came along. */
export const proven = (kind: Finding['kind'], owner: string, type: string, answer: readonly SignedRrset[], authority: readonly SignedRrset[], shape: FindingShape = {}): Finding =>
  finding(kind, owner, type, answer, { security: 'secure', seconds: 3600, ...shape, authority })

export const nodata = (owner: string, type: string, shape: FindingShape = {}): Finding => finding('nodata', owner, type, [], shape)
export const nxdomain = (owner: string, shape: FindingShape = {}): Finding => finding('nxdomain', owner, 'A', [], shape)

/** A cache on virtual time, and what it says in short: "rrset 300 A 192.0.2.1", "nxdomain", "" for nothing. */
export class CacheBench {
  readonly clock = new VirtualClock()
  readonly cache: RrsetCache

  constructor(options: RrsetCacheOptions = {}) {
    this.cache = new RrsetCache({ clock: this.clock, random: new SeededSecureRandom(1) }, options)
  }

  put(...findings: readonly Finding[]): readonly boolean[] {
    return findings.map((one) => this.cache.put(0, { ...one, storedAt: one.storedAt + this.clock.now(), expiresAt: one.expiresAt + this.clock.now() }))
  }

  answer(owner: string, type = 'A'): string {
    return saidOf(this.cache.answer(0, keyOf(owner), typeCode(type) as number), this.clock.now())
  }

  stale(owner: string, type = 'A'): string {
    return saidOf(this.cache.stale(0, keyOf(owner), typeCode(type) as number), this.clock.now())
  }

  /** Owners and types of the records that prove it, in order. */
  proofs(owner: string, type = 'A'): readonly string[] {
    const answered = this.cache.answer(0, keyOf(owner), typeCode(type) as number)
    return (answered?.authority ?? []).map(({ rrset }) => `${formatName(rrset.name)} ${typeName(rrset.type)}`)
  }
}

/** Kind, seconds left, and the data of the last set. */
function saidOf(answered: Finding | undefined, now: number): string {
  if (answered === undefined) return ''
  const seconds = Math.floor((answered.expiresAt - now) / 1000)
  const last = answered.answer.at(-1)?.rrset
  const data = last === undefined ? [] : [typeName(last.type), ...last.rdata.map((rdata) => formatRdata(last.type, rdata))]
  return [answered.kind, seconds, ...data].join(' ')
}
