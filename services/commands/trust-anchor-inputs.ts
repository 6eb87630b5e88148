/** What people give as trust anchors, read and refused; and what they are shown. */
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { algorithmRow, digestRow } from '../dns/validator/algorithms.ts'
import type { TrustAnchor } from '../dns/validator/anchors.ts'
import type { FollowedKey } from '../dns/validator/key-states.ts'
import { readDs, readZoneKey } from '../dns/validator/keys.ts'
import { ABSOLUTE, formatName, parseName } from '../dns/wire/name.ts'
import { formatRdata, parseRdataText } from '../dns/wire/rdata.ts'
import { TYPE } from '../dns/wire/type-names.ts'
import type { TrustedKeyView } from '../facade.ts'
import { type Refusal, refusal, type TrustedKey } from '../model/index.ts'

/** Two or three are usual while a key is changed. */
export const MAX_ANCHOR_RECORDS = 16

export function readZone(text: string): Result<string, Refusal> {
  const parsed = parseName(text.toLowerCase())
  if (!parsed.ok) return err(refusal('invalid', '/zone', `"${text}" is not a domain name: ${parsed.error}`, 'labels joined by dots, as example.org; "." for the root'))
  return ok(formatName(parsed.value))
}

type ReadRecord = { readonly kind: 'DS' | 'DNSKEY'; readonly rdata: Uint8Array; readonly text: string }

function readRecord(text: string, field: string): Result<ReadRecord, Refusal> {
  const bad = (problem: string, remedy: string): Result<ReadRecord, Refusal> => err(refusal('invalid', field, problem, remedy))
  // What dig and the files of BIND and Unbound have before the type is read over.
  const match = /^(?:\S+\s+)?(?:\d+\s+)?(?:IN\s+)?(DS|DNSKEY)\s+(.*?)\s*(?:;.*)?$/i.exec(text.trim())
  if (match === null) return bad(`"${text.slice(0, 60)}" is no DS or DNSKEY record`, 'as DS 20326 8 2 E06D… or DNSKEY 257 3 8 AwEA…')
  const kind = (match[1] as string).toUpperCase() as 'DS' | 'DNSKEY'
  const type = kind === 'DS' ? TYPE.DS : TYPE.DNSKEY
  const rdata = parseRdataText(type, match[2] as string, ABSOLUTE)
  if (!rdata.ok) return bad(`${kind}: ${rdata.error.field}: ${rdata.error.what}`, 'give the record as the zone has it')
  const fault = kind === 'DS' ? dsFault(rdata.value) : keyFault(rdata.value)
  if (fault !== undefined) return bad(fault, 'give another record of the zone: SHA-256 digests, algorithms 8, 10, 13 to 16')
  return ok({ kind, rdata: rdata.value, text: `${kind} ${formatRdata(type, rdata.value)}` })
}

function dsFault(rdata: Uint8Array): string | undefined {
  if (algorithmRow(rdata[2] as number) === undefined) return `algorithm ${rdata[2]} is not believed here`
  if (digestRow(rdata[3] as number) === undefined) return `digest type ${rdata[3]} is not known here`
  return readDs(rdata) === undefined ? 'the digest is not as long as its type says' : undefined
}

function keyFault(rdata: Uint8Array): string | undefined {
  const key = readZoneKey(rdata)
  if (key === undefined || !key.isZoneKey) return 'it is no zone key: its flags have no 256'
  if (key.isRevoked) return 'the key is revoked'
  if (algorithmRow(key.algorithm) === undefined) return `algorithm ${key.algorithm} is not believed here`
  return key.isUsable ? undefined : 'the octets are no key of that algorithm'
}

export type ReadAnchor = { readonly records: readonly string[]; readonly anchor: TrustAnchor }

/** The records in one form, and as the validator takes them. */
export function readRecords(texts: readonly string[]): Result<ReadAnchor, Refusal> {
  if (texts.length === 0) return err(refusal('invalid', '/records', 'there is no record', 'give one DS or DNSKEY record or more'))
  if (texts.length > MAX_ANCHOR_RECORDS) return err(refusal('invalid', '/records', `there are ${texts.length} records`, `give ${MAX_ANCHOR_RECORDS} at most`))
  const records: ReadRecord[] = []
  for (const [i, text] of texts.entries()) {
    const read = readRecord(text, `/records/${i}`)
    if (!read.ok) return read
    if (!records.some((other) => other.text === read.value.text)) records.push(read.value)
  }
  const of = (kind: ReadRecord['kind']): readonly Uint8Array[] => records.filter((record) => record.kind === kind).map((record) => record.rdata)
  return ok({ records: records.map((record) => record.text), anchor: { ds: of('DS'), dnskey: of('DNSKEY') } })
}

export const recordsOf = ({ ds, dnskey }: TrustAnchor): readonly string[] =>
  [...ds.map((rdata) => `DS ${formatRdata(TYPE.DS, rdata)}`), ...dnskey.map((rdata) => `DNSKEY ${formatRdata(TYPE.DNSKEY, rdata)}`)]

export const storedKey = (zone: string, { dnskey, state, since }: FollowedKey): TrustedKey => ({ zone, dnskey: formatRdata(TYPE.DNSKEY, dnskey), state, since })

export function followedKey({ dnskey, state, since }: TrustedKey): readonly FollowedKey[] {
  const rdata = parseRdataText(TYPE.DNSKEY, dnskey, ABSOLUTE)
  return rdata.ok ? [{ dnskey: rdata.value, state, since }] : []
}

export function keyView({ dnskey, state, since }: FollowedKey): TrustedKeyView {
  const key = readZoneKey(dnskey)
  return { keyTag: key?.keyTag ?? 0, algorithm: key?.algorithm ?? 0, state, since: new Date(since).toISOString(), record: `DNSKEY ${formatRdata(TYPE.DNSKEY, dnskey)}` }
}
