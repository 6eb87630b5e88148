/**
 * The signature of a query that came in, and what its answer has to carry for it (RFC 8945 §5.2, §5.3).
 */
import { u16 } from '../../../stack/platform/index.ts'
import { FLAG, HEADER_OCTETS } from '../wire/message.ts'
import { nameKey, parseName } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import type { TsigKey } from '../../model/index.ts'
import { addUnsignedTsig, findTsig, signTsig, tsigOctets, TSIG_ERROR, verifyTsig } from './tsig.ts'
import type { LiveTsigKey, TsigRecord, TsigRefusal } from './tsig.ts'

/** The keys that are known here, by name. */
export class TsigKeys {
  readonly #keys = new Map<NameKey, LiveTsigKey>()

  /** Replaces a key of the same name. One whose name is no domain name, which no store holds, is left out. */
  put(key: TsigKey): void {
    const parsed = parseName(key.name)
    if (!parsed.ok) return
    const live = { name: parsed.value, key: nameKey(parsed.value), algorithm: key.algorithm, secret: Buffer.from(key.secret, 'base64') }
    this.#keys.set(live.key, live)
  }

  remove(name: string): void {
    const parsed = parseName(name)
    if (parsed.ok) this.#keys.delete(nameKey(parsed.value))
  }

  find(key: NameKey): LiveTsigKey | undefined {
    return this.#keys.get(key)
  }
}

/** The names of what can be wrong, beside a message whose record is malformed. */
export type SignatureFault = Exclude<TsigRefusal, 'FORMERR'>

/** A record that is whole, and what became of it. */
export class Signature {
  readonly #record: TsigRecord
  readonly #key: LiveTsigKey | undefined
  /** Undefined: the message is from who holds the key. */
  readonly fault: SignatureFault | undefined

  constructor(record: TsigRecord, key: LiveTsigKey | undefined, fault: SignatureFault | undefined) {
    this.#record = record
    this.#key = key
    this.fault = fault
  }

  /** Who signed; undefined when that is not proven. */
  get signer(): LiveTsigKey | undefined {
    return this.fault === undefined ? this.#key : undefined
  }

  /** The MAC that an answer's signature goes on from. */
  get mac(): Uint8Array {
    return this.#record.mac
  }

  /** Octets that the answer needs for its record. */
  get octets(): number {
    if (this.#key === undefined || this.#unsigned) return unsignedOctets(this.#record.name, this.#record.algorithmName)
    return tsigOctets(this.#key, this.fault === 'BADTIME' ? TIME_OCTETS : 0)
  }

  /**
   * Puts the record behind the answer of `length` octets at `at`, and returns the new length. An answer to a key or a
   * MAC that is wrong has no MAC itself (§5.3.2); one to a wrong time repeats that and says ours (§5.2.3).
   */
  answer(b: Uint8Array, at: number, length: number, nowSeconds: number): number {
    const { fault } = this
    const error = fault === undefined ? TSIG_ERROR.NOERROR : TSIG_ERROR[fault]
    if (this.#key === undefined || this.#unsigned) return addUnsignedTsig(b, at, length, this.#record, error, nowSeconds)
    const badTime = fault === 'BADTIME' ? { time: this.#record.time, other: timeOctets(nowSeconds) } : {}
    const context = { priorMac: this.#record.mac, timersOnly: false }
    return signTsig(b, at, length, this.#key, { now: nowSeconds, context, error, ...badTime }).length
  }

  get #unsigned(): boolean {
    return this.fault === 'BADKEY' || this.fault === 'BADSIG'
  }
}

const TIME_OCTETS = 6
const unsignedOctets = (owner: Name, algorithm: Name): number => owner.length + 10 + algorithm.length + 16

function timeOctets(seconds: number): Uint8Array {
  const octets = Buffer.alloc(TIME_OCTETS)
  octets.writeUIntBE(seconds, 0, TIME_OCTETS)
  return octets
}

/** Reads and checks the signature of a query. undefined: it has none, or is a response, to which none is given. */
export function readSignature(
  b: Uint8Array, at: number, length: number, keys: TsigKeys, nowSeconds: number,
): Signature | undefined | 'malformed' {
  if (length < HEADER_OCTETS || u16(b, at + 10) === 0 || (u16(b, at + 2) & FLAG.QR) !== 0) return undefined
  const record = findTsig(b, at, length)
  if (record === undefined || record === 'malformed') return record
  const key = keys.find(record.key)
  const verified = verifyTsig(b, at, length, record, key, nowSeconds)
  if (verified.ok) return new Signature(record, key, undefined)
  return verified.error === 'FORMERR' ? 'malformed' : new Signature(record, key, verified.error)
}
