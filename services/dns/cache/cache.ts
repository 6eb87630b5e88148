/**
 * What upstream servers said, by question, for as long as its TTLs allow. RFC 1035 §7.4, RFC 2181 §5 and §8, RFC 2308.
 * Whole answers are kept, cleaned of what was not asked, so nothing that an answer brought along can be used for
 * another name. Bounded in octets and entries; the entry used longest ago goes first.
 */
import type { Clock, Instant } from '../../../stack/platform/index.ts'
import { isAtOrBelow } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'

/** RFC 8767 §4 and common practice: a day. */
export const MAX_TTL_SECONDS = 86_400
/** About 60,000 answers of usual size. */
export const DEFAULT_CACHE_OCTETS = 32 * 1024 * 1024
/** What the engine needs for an entry and for a record besides their octets; measured roughly, on the high side. */
const ENTRY_OVERHEAD = 320
const RRSET_OVERHEAD = 200
const RDATA_OVERHEAD = 112

/** What is asked of an upstream: the flags belong to it because they change the answer. */
export type Question = {
  readonly key: NameKey
  readonly type: number
  readonly dnssecOk: boolean
  readonly checkingDisabled: boolean
}
export const questionKey = (q: Question): string =>
  `${q.key}${String.fromCharCode(q.type, (q.dnssecOk ? 1 : 0) | (q.checkingDisabled ? 2 : 0))}`

export type CachedAnswer = {
  readonly rcode: number
  readonly answer: readonly Rrset[]
  /** SOA of a negative answer; with DNSSEC its proofs. */
  readonly authority: readonly Rrset[]
  readonly storedAt: Instant
  readonly expiresAt: Instant
}

type Entry = { readonly answer: CachedAnswer; readonly name: NameKey; readonly octets: number }

export class AnswerCache {
  readonly #clock: Clock
  readonly #limit: number
  readonly #entries = new Map<string, Entry>()
  #octets = 0
  evicted = 0

  constructor(clock: Clock, limitOctets = DEFAULT_CACHE_OCTETS) {
    this.#clock = clock
    this.#limit = limitOctets
  }

  get size(): number {
    return this.#entries.size
  }

  /** Estimated memory of all entries. */
  get octets(): number {
    return this.#octets
  }

  get(question: Question): CachedAnswer | undefined {
    const key = questionKey(question)
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#remove(key, entry)
    if (this.#clock.now() >= entry.answer.expiresAt) return undefined
    this.#add(key, entry)
    return entry.answer
  }

  /** An answer that has expired already (TTL 0) is not kept. */
  set(question: Question, answer: CachedAnswer): void {
    const key = questionKey(question)
    const old = this.#entries.get(key)
    if (old !== undefined) this.#remove(key, old)
    const octets = ENTRY_OVERHEAD + 2 * key.length + sizeOf(answer.answer) + sizeOf(answer.authority)
    if (answer.expiresAt <= this.#clock.now() || octets > this.#limit) return
    this.#add(key, { answer, name: question.key, octets })
    for (const [oldest, entry] of this.#entries) {
      if (this.#octets <= this.#limit) break
      this.#remove(oldest, entry)
      this.evicted++
    }
  }

  /** Forgets a name and all below it, or everything. Returns how many answers that were. */
  flush(name?: NameKey): number {
    const before = this.#entries.size
    for (const [key, entry] of this.#entries) {
      if (name === undefined || isAtOrBelow(entry.name, name)) this.#remove(key, entry)
    }
    return before - this.#entries.size
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#octets += entry.octets
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#octets -= entry.octets
  }
}

function sizeOf(rrsets: readonly Rrset[]): number {
  let octets = 0
  for (const rrset of rrsets) {
    octets += RRSET_OVERHEAD + rrset.name.length
    for (const rdata of rrset.rdata) octets += RDATA_OVERHEAD + rdata.length
  }
  return octets
}
