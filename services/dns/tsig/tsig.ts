/**
 * Transaction signatures (RFC 8945): a keyed digest over a whole message, in a pseudo-record at its end.
 *
 *   owner: the key's name | type 250 | class ANY | TTL 0 | rdata:
 *   algorithm name | time signed u48 | fudge u16 | MAC size u16, MAC | original id u16 | error u16 | other size u16, other
 *
 * The digest covers the request's MAC (for answers), the message as it was before the record was added, and the record's
 * variables (§4.2, §5.3). Between the messages of one stream it covers the MAC before and the timers only (§5.3.1).
 * Pure: the time is given. node:crypto does the arithmetic.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Result } from '../../../stack/platform/index.ts'
import { err, ok, put16, put32, u16, u32 } from '../../../stack/platform/index.ts'
import type { TsigAlgorithm } from '../../model/index.ts'
import { HEADER_OCTETS } from '../wire/message.ts'
import { keyOf, name, nameKey, NameReader, skipName } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { META } from '../wire/type-names.ts'

/** §6. A message signed with SHA-1 or MD5, whose use is not recommended there, has a key that nobody here knows. */
export const TSIG_ALGORITHMS = {
  'hmac-sha224': { digest: 'sha224', octets: 28 },
  'hmac-sha256': { digest: 'sha256', octets: 32 },
  'hmac-sha384': { digest: 'sha384', octets: 48 },
  'hmac-sha512': { digest: 'sha512', octets: 64 },
} as const satisfies { readonly [A in TsigAlgorithm]: { readonly digest: string; readonly octets: number } }

/** A key as messages are signed with it. */
export type LiveTsigKey = {
  readonly name: Name
  readonly key: NameKey
  readonly algorithm: TsigAlgorithm
  readonly secret: Uint8Array
}

/** §5.2.3, §10: five minutes either way. */
export const FUDGE_SECONDS = 300
/** Extended rcodes of the record's error field (RFC 8945 §3, §5.2). */
export const TSIG_ERROR = { NOERROR: 0, BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const

const ANY_CLASS = 255
const BY_NAME = new Map<NameKey, TsigAlgorithm>(
  (Object.keys(TSIG_ALGORITHMS) as TsigAlgorithm[]).map((algorithm) => [keyOf(algorithm), algorithm]),
)
const WIRE_NAMES = new Map<TsigAlgorithm, Name>([...BY_NAME].map(([, algorithm]) => [algorithm, name(algorithm)]))

/** The record at the end of a message. */
export type TsigRecord = {
  /** Where it begins: the message without it ends there. */
  readonly at: number
  readonly name: Name
  readonly key: NameKey
  readonly algorithmName: Name
  readonly algorithm: TsigAlgorithm | undefined
  /** Seconds since 1970; 48 bits. */
  readonly time: number
  readonly fudge: number
  readonly mac: Uint8Array
  readonly originalId: number
  readonly error: number
  readonly other: Uint8Array
}

const names = new NameReader()

/**
 * Finds the record at the end of the message of `length` octets at `at`. undefined: there is none. 'malformed': it stands
 * anywhere but at the end, or is not whole (§5.1, §5.2: FORMERR).
 */
export function findTsig(b: Uint8Array, at: number, length: number): TsigRecord | undefined | 'malformed' {
  const end = at + length
  if (length < HEADER_OCTETS) return undefined
  let i = at + HEADER_OCTETS
  for (let n = u16(b, at + 4); n > 0; n--) {
    i = skipName(b, i, end) + 4
    if (i < 4 + at || i > end) return undefined
  }
  const count = u16(b, at + 6) + u16(b, at + 8) + u16(b, at + 10)
  for (let n = 0; n < count; n++) {
    const fixed = skipName(b, i, end)
    if (fixed < 0 || fixed + 10 > end || fixed + 10 + u16(b, fixed + 8) > end) return undefined
    const next = fixed + 10 + u16(b, fixed + 8)
    if (u16(b, fixed) === META.TSIG) {
      if (n !== count - 1 || u16(b, at + 10) === 0 || next !== end) return 'malformed'
      return readRecord(b, at, i, fixed, next) ?? 'malformed'
    }
    i = next
  }
  return undefined
}

function readRecord(b: Uint8Array, base: number, start: number, fixed: number, end: number): TsigRecord | undefined {
  if (u16(b, fixed + 2) !== ANY_CLASS || u32(b, fixed + 4) !== 0) return undefined
  if (!names.read(b, base, start, end)) return undefined
  const owner = names.take()
  if (!names.read(b, base, fixed + 10, end)) return undefined
  const algorithmName = names.take()
  const at = names.next
  if (at + 10 > end) return undefined
  const macOctets = u16(b, at + 8)
  const afterMac = at + 10 + macOctets
  if (afterMac + 6 > end || afterMac + 6 + u16(b, afterMac + 4) !== end) return undefined
  return {
    at: start - base,
    name: owner,
    key: nameKey(owner),
    algorithmName,
    algorithm: BY_NAME.get(nameKey(algorithmName)),
    time: u16(b, at) * 0x1_0000_0000 + u32(b, at + 2),
    fudge: u16(b, at + 6),
    mac: b.slice(at + 10, afterMac),
    originalId: u16(b, afterMac),
    error: u16(b, afterMac + 2),
    other: b.slice(afterMac + 6, end),
  }
}

/** What a digest goes on from: the request's MAC, or the MAC of the message before in a stream (§5.3.1). */
export type TsigContext = {
  readonly priorMac: Uint8Array | undefined
  /** A further message of a stream: of the record's variables only the timers count. */
  readonly timersOnly: boolean
  /** Messages without a signature since the one that had the prior MAC, as they came (§5.3.1). */
  readonly unsigned?: readonly Uint8Array[]
}
export const FIRST_MESSAGE: TsigContext = { priorMac: undefined, timersOnly: false }

type Variables = {
  readonly key: LiveTsigKey
  readonly time: number
  readonly fudge: number
  readonly error: number
  readonly other: Uint8Array
}

/** §4.3: prior MAC with its length, message, variables. */
function digest(context: TsigContext, message: Uint8Array, v: Variables): Uint8Array {
  const hmac = createHmac(TSIG_ALGORITHMS[v.key.algorithm].digest, v.key.secret)
  if (context.priorMac !== undefined) {
    const size = new Uint8Array(2)
    put16(size, 0, context.priorMac.length)
    hmac.update(size).update(context.priorMac)
  }
  for (const earlier of context.unsigned ?? []) hmac.update(earlier)
  hmac.update(message)
  const timers = new Uint8Array(8)
  putTime(timers, 0, v.time)
  put16(timers, 6, v.fudge)
  if (context.timersOnly) return hmac.update(timers).digest()
  const classAndTtl = Uint8Array.of(0, ANY_CLASS, 0, 0, 0, 0)
  const tail = new Uint8Array(4)
  put16(tail, 0, v.error)
  put16(tail, 2, v.other.length)
  hmac.update(lower(v.key.name)).update(classAndTtl).update(lower(WIRE_NAMES.get(v.key.algorithm) as Name))
  return hmac.update(timers).update(tail).update(v.other).digest()
}

const lower = (n: Name): Uint8Array => Buffer.from(nameKey(n), 'latin1')

function putTime(b: Uint8Array, at: number, seconds: number): void {
  put16(b, at, Math.floor(seconds / 0x1_0000_0000) & 0xffff)
  put32(b, at + 2, seconds % 0x1_0000_0000)
}

/** Why a signed message is not accepted, and what its answer says (§5.2); FORMERR: its MAC has no possible size. */
export type TsigRefusal = 'BADKEY' | 'BADSIG' | 'BADTIME' | 'BADTRUNC' | 'FORMERR'

export type TsigVerified = { readonly key: LiveTsigKey; readonly mac: Uint8Array }

/**
 * Checks a signature: key, digest, time, then length, in this order (§5.2). Truncated digests are not taken. `b` holds the message of `length` octets at `at` with
 * its record, `now` is in seconds since 1970. The message is not changed.
 */
export function verifyTsig(
  b: Uint8Array, at: number, length: number, record: TsigRecord, key: LiveTsigKey | undefined, now: number,
  context: TsigContext = FIRST_MESSAGE,
): Result<TsigVerified, TsigRefusal> {
  if (key === undefined || record.algorithm !== key.algorithm) return err('BADKEY')
  const message = b.slice(at, at + Math.min(record.at, length))
  // The message as it was signed: with the id it had, and without the record in its count.
  put16(message, 0, record.originalId)
  put16(message, 10, u16(message, 10) - 1)
  const { time, fudge, error, other } = record
  const expected = digest(context, message, { key, time, fudge, error, other })
  const full = TSIG_ALGORITHMS[key.algorithm].octets
  // §5.2.2.1: a truncated MAC has half of the digest at least, and 10 octets.
  if (record.mac.length > full || record.mac.length < Math.max(10, full / 2)) return err('FORMERR')
  if (!timingSafeEqual(expected.subarray(0, record.mac.length), record.mac)) return err('BADSIG')
  if (Math.abs(now - record.time) > record.fudge) return err('BADTIME')
  if (record.mac.length < full) return err('BADTRUNC')
  return ok({ key, mac: record.mac })
}

/** Octets that sign() adds. */
export const tsigOctets = (key: LiveTsigKey, other = 0): number =>
  key.name.length + 10 + (WIRE_NAMES.get(key.algorithm) as Name).length + 16 + TSIG_ALGORITHMS[key.algorithm].octets + other

export type SignOptions = {
  /** Seconds since 1970. */
  readonly now: number
  readonly context?: TsigContext
  /** BADTIME answers are signed and carry our time in `other` (§5.2.3). */
  readonly error?: number
  readonly other?: Uint8Array
  /** §5.2.3: a BADTIME answer repeats the request's time. */
  readonly time?: number
}

/** Signs the message of `length` octets at `at`; there is room for tsigOctets() after it. Returns length and MAC. */
export function signTsig(
  b: Uint8Array, at: number, length: number, key: LiveTsigKey, o: SignOptions,
): { readonly length: number; readonly mac: Uint8Array } {
  const error = o.error ?? TSIG_ERROR.NOERROR
  const other = o.other ?? new Uint8Array(0)
  const time = o.time ?? o.now
  const variables = { key, time, fudge: FUDGE_SECONDS, error, other }
  const mac = digest(o.context ?? FIRST_MESSAGE, b.subarray(at, at + length), variables)
  return { length: writeRecord(b, at, length, key, mac, variables), mac }
}

/** An answer to a bad key or signature carries the record without a MAC (§5.3.2). Returns the new length. */
export function addUnsignedTsig(b: Uint8Array, at: number, length: number, to: TsigRecord, error: number, now: number): number {
  const start = at + length
  let i = start
  b.set(to.name, i)
  i = putFixed(b, i + to.name.length)
  b.set(to.algorithmName, i)
  i += to.algorithmName.length
  putTime(b, i, now)
  put16(b, i + 6, FUDGE_SECONDS)
  put16(b, i + 8, 0)
  put16(b, i + 10, u16(b, at))
  put16(b, i + 12, error)
  put16(b, i + 14, 0)
  put16(b, start + to.name.length + 8, to.algorithmName.length + 16)
  put16(b, at + 10, u16(b, at + 10) + 1)
  return i + 16 - at
}

function putFixed(b: Uint8Array, at: number): number {
  put16(b, at, META.TSIG)
  put16(b, at + 2, ANY_CLASS)
  put32(b, at + 4, 0)
  return at + 10
}

function writeRecord(b: Uint8Array, at: number, length: number, key: LiveTsigKey, mac: Uint8Array, v: Variables): number {
  const algorithm = WIRE_NAMES.get(key.algorithm) as Name
  let i = at + length
  b.set(key.name, i)
  i = putFixed(b, i + key.name.length)
  const rdata = i
  b.set(algorithm, i)
  i += algorithm.length
  putTime(b, i, v.time)
  put16(b, i + 6, v.fudge)
  put16(b, i + 8, mac.length)
  b.set(mac, i + 10)
  i += 10 + mac.length
  put16(b, i, u16(b, at))
  put16(b, i + 2, v.error)
  put16(b, i + 4, v.other.length)
  b.set(v.other, i + 6)
  i += 6 + v.other.length
  put16(b, rdata - 2, i - rdata)
  put16(b, at + 10, u16(b, at + 10) + 1)
  return i - at
}
