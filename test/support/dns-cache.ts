/** Findings for tests of the cache, from lines of a master file. */
import { TRUST } from '../../services/dns/resolver/finding.ts'
import type { Finding, SignedRrset } from '../../services/dns/resolver/finding.ts'
import { ABSOLUTE, keyOf, name } from '../../services/dns/wire/name.ts'
import { parseRdataText } from '../../services/dns/wire/rdata.ts'
import type { Rrset } from '../../services/dns/wire/rrset.ts'
import { typeCode } from '../../services/dns/wire/type-names.ts'

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

export const nodata = (owner: string, type: string, shape: FindingShape = {}): Finding => finding('nodata', owner, type, [], shape)
export const nxdomain = (owner: string, shape: FindingShape = {}): Finding => finding('nxdomain', owner, 'A', [], shape)
