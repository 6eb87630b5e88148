/**
 * Keys as BIND and others keep them in files: `Kname.+alg+tag.private` ("Private-key-format: v1.3", one field a line) and
 * `.key` (a DNSKEY record). Both directions; what comes from outside is checked here.
 */
import type { KeyObject } from 'node:crypto'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { formatRdata, parseRdataText } from '../dns/wire/rdata.ts'
import { ABSOLUTE } from '../dns/wire/name.ts'
import { TYPE } from '../dns/wire/type-names.ts'
import { dnskeyRdata, isSamePublicKey, roleOf } from '../dns/rollover/dnskey.ts'
import { type KeyAlgorithm, type KeyRole, type Refusal, refusal } from '../model/index.ts'
import { ALGORITHMS, ecdsaKeyOf, ed25519KeyOf, publicKeyOf, rsaKeyOf, type RsaNumbers } from './key-pair.ts'

export type PrivateKey = { readonly algorithm: KeyAlgorithm; readonly key: KeyObject }

/** RFC 3447's numbers by the names that the files have for them. */
const RSA_FIELDS = {
  n: 'Modulus', e: 'PublicExponent', d: 'PrivateExponent', p: 'Prime1', q: 'Prime2', dp: 'Exponent1', dq: 'Exponent2', qi: 'Coefficient',
} as const satisfies { readonly [N in keyof RsaNumbers]: string }
/** Octets of the private number. */
const SHORT_KEY_OCTETS = 32

const wrong = (problem: string, remedy: string): { readonly ok: false; readonly error: Refusal } => err(refusal('invalid', '/privateKey', problem, remedy))
const SUPPORTED = 'keys of the algorithms 8 (RSASHA256), 13 (ECDSAP256SHA256) and 15 (ED25519) can be imported'

/** Reads a .private file. */
export function parsePrivateKeyFile(text: string): Result<PrivateKey, Refusal> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim())
  }
  const format = fields.get('Private-key-format')
  if (format === undefined || !/^v1\.\d+$/.test(format)) return wrong('it is no private key file: no line "Private-key-format: v1.…"', 'give what the file K….private has, as dnssec-keygen writes it')
  const algorithm = Number.parseInt(fields.get('Algorithm') ?? '', 10)
  if (!isAlgorithm(algorithm)) return wrong(`its algorithm is ${fields.get('Algorithm') ?? 'missing'}`, SUPPORTED)
  try {
    const key = algorithm === 8 ? rsaFrom(fields) : shortKeyFrom(fields, algorithm)
    if (key !== undefined && ALGORITHMS[algorithm].fits(key)) return ok({ algorithm, key })
  } catch {
    // node:crypto says no; what it says names no field.
  }
  return wrong('its numbers make no key of that algorithm', 'give the whole file, unchanged')
}

const isAlgorithm = (number: number): number is KeyAlgorithm => Object.hasOwn(ALGORITHMS, number)

function rsaFrom(fields: ReadonlyMap<string, string>): KeyObject {
  const numbers = Object.entries(RSA_FIELDS).map(([name, field]) => [name, Buffer.from(fields.get(field) ?? '', 'base64')])
  return rsaKeyOf(Object.fromEntries(numbers) as RsaNumbers)
}

function shortKeyFrom(fields: ReadonlyMap<string, string>, algorithm: 13 | 15): KeyObject | undefined {
  const octets = Buffer.from(fields.get('PrivateKey') ?? '', 'base64')
  if (octets.length !== SHORT_KEY_OCTETS) return undefined
  return algorithm === 13 ? ecdsaKeyOf(octets) : ed25519KeyOf(octets)
}

/** Writes a .private file. */
export function formatPrivateKeyFile({ algorithm, key }: PrivateKey): string {
  const parts = key.export({ format: 'jwk' })
  const base64 = (text: string | undefined): string => Buffer.from(text ?? '', 'base64url').toString('base64')
  const numbers = algorithm === 8
    ? Object.entries(RSA_FIELDS).map(([name, field]) => `${field}: ${base64(parts[name as keyof RsaNumbers])}`)
    : [`PrivateKey: ${base64(parts.d)}`]
  return ['Private-key-format: v1.3', `Algorithm: ${algorithm} (${ALGORITHMS[algorithm].mnemonic})`, ...numbers, ''].join('\n')
}

/**
 * Reads a .key file: comments and one DNSKEY record, or its data alone. Gives its role; it has to belong to the zone and to
 * the private key.
 */
export function readPublicKeyFile(text: string, zone: string, { algorithm, key }: PrivateKey): Result<KeyRole, Refusal> {
  const bad = (problem: string, remedy: string): Result<KeyRole, Refusal> => err(refusal('invalid', '/publicKey', problem, remedy))
  const line = text.split('\n').map((each) => each.trim()).find((each) => each !== '' && !each.startsWith(';')) ?? ''
  const record = /^(\S+)\s+(?:\d+\s+)?(?:IN\s+)?(?:\d+\s+)?DNSKEY\s+(.*)$/i.exec(line)
  const owner = record?.[1]?.toLowerCase().replace(/\.$/, '')
  if (owner !== undefined && owner !== zone) return bad(`the key belongs to ${owner}`, `give a key of ${zone}`)
  const rdata = parseRdataText(TYPE.DNSKEY, record?.[2] ?? line, ABSOLUTE)
  const role = rdata.ok ? roleOf(rdata.value) : undefined
  if (!rdata.ok || role === undefined) return bad('it is no DNSKEY record with the flags 256 or 257', 'give what the file K….key has')
  if (!isSamePublicKey(rdata.value, dnskeyRdata(role, algorithm, publicKeyOf(key, algorithm)))) return bad('it is the public half of another key', 'give the two files of the same name')
  return ok(role)
}

/** The line of a .key file, or of a zone file. */
export const formatDnskey = (zone: string, ttl: number, rdata: Uint8Array): string => `${zone}. ${ttl} IN DNSKEY ${formatRdata(TYPE.DNSKEY, rdata)}`
