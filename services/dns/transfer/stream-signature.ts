/**
 * The signatures of an answer of many messages (RFC 8945 §5.3.1): the first and the last message have one, of those
 * between at least each hundredth; each goes on from the MAC before and covers the unsigned messages in between.
 */
import { findTsig, TSIG_ERROR, verifyTsig } from '../tsig/tsig.ts'
import type { LiveTsigKey, TsigRefusal } from '../tsig/tsig.ts'

/** §5.3.1: a hundredth message in a row without a signature ends it. */
export const MAX_UNSIGNED = 99

export type StreamSignatureFault = 'unsigned' | 'malformed' | TsigRefusal

export class StreamSignature {
  readonly #key: LiveTsigKey
  readonly #seconds: () => number
  #mac: Uint8Array
  #first = true
  #unsigned: Uint8Array[] = []

  /** `mac` is the query's; `seconds` gives the time since 1970. */
  constructor(key: LiveTsigKey, mac: Uint8Array, seconds: () => number) {
    this.#key = key
    this.#mac = mac
    this.#seconds = seconds
  }

  /** Whether all that was taken is covered. */
  get isWhole(): boolean {
    return !this.#first && this.#unsigned.length === 0
  }

  take(b: Uint8Array, at: number, length: number): 'taken' | StreamSignatureFault {
    const record = findTsig(b, at, length)
    if (record === 'malformed') return 'malformed'
    if (record === undefined) {
      if (this.#first || this.#unsigned.length >= MAX_UNSIGNED) return 'unsigned'
      this.#unsigned.push(b.slice(at, at + length))
      return 'taken'
    }
    if (record.key !== this.#key.key) return 'BADKEY'
    // What the other side found wrong with our query it may say without a MAC (§5.3.2); that proves nothing, and ends it.
    if (record.error !== TSIG_ERROR.NOERROR && record.mac.length === 0) return errorOf(record.error)
    const context = { priorMac: this.#mac, timersOnly: !this.#first, unsigned: this.#unsigned }
    const verified = verifyTsig(b, at, length, record, this.#key, this.#seconds(), context)
    if (!verified.ok) return verified.error
    if (record.error !== TSIG_ERROR.NOERROR) return errorOf(record.error)
    this.#mac = verified.value.mac
    this.#first = false
    this.#unsigned = []
    return 'taken'
  }
}

const errorOf = (code: number): StreamSignatureFault =>
  code === TSIG_ERROR.BADKEY ? 'BADKEY' : code === TSIG_ERROR.BADTIME ? 'BADTIME' : code === TSIG_ERROR.BADTRUNC ? 'BADTRUNC' : 'BADSIG'
