/**
 * HOT PATH. Finished responses by question, watched by test/bench/micro/dns-answer.ts. Most queries end here: one pass
 * over the question folds and hashes it, one look-up finds the octets to send, which are copied and patched.
 *
 *   key    folded name | type | flags that change the answer (RD, CD, AD, EDNS, DO, CO) | view, kept in front of the response
 *   slot   | key | response | offsets of TTLs that age (u16 each) |  in one of a few sizes
 *
 * A response kept here was not truncated; a client with room for less takes the slow way. What may change on a hit: id,
 * the question's letter case, TTLs of cached records, the serial of a zone's SOA. An entry that came from a zone is
 * valid while nothing it was made from has changed: `narrow` ones read only the node of their own name, so an edit ends
 * those of its own names (by buckets of the name's hash) and leaves the others; the rest end with any edit of the zone.
 * Bounded by the slots of each size; eviction is second chance (a hit protects an entry for one round of the hand).
 */
import { copy, put16, put32, u16, u32 } from '../../../stack/platform/index.ts'
import type { Clock, Instant, SecureRandom } from '../../../stack/platform/index.ts'
import { LOWER, MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { ANY_ZONE, NO_ZONE } from './respond.ts'
import type { Response, ResponseWriter } from './respond.ts'

/** Slots of one size. */
export type Slab = { readonly slotOctets: number; readonly slots: number }

/**
 * 192 octets hold an address or a negative answer with its key, 512 most others, 1536 the longest over UDP. The memory
 * (27 MiB) is taken from the machine only as it is used.
 */
export const DEFAULT_SLABS: readonly Slab[] = [
  { slotOctets: 192, slots: 65_536 },
  { slotOctets: 512, slots: 16_384 },
  { slotOctets: 1536, slots: 4096 },
]

/** Where a response is from (query-log/sources.ts), since when that was in the cache, the number of a detail. */
export type KeptOrigin = { readonly source: number; readonly storedAt: Instant; readonly detail: number }
const NO_ORIGIN: KeptOrigin = { source: 0, storedAt: 0, detail: 0 }

/** Bits of the key's last octet; 1 and 2 are RD and CD. */
const HAS_EDNS = 4
const HAS_DO = 8
/** Beside DO: the client takes the rcode of compact answers (RFC 9824 §5.1). */
const HAS_CO = 16
/** Asks whether the answer is authentic. */
const HAS_AD = 32
const MAX_KEY_OCTETS = MAX_NAME_OCTETS + 4
/** Entries looked at for one key: hashes are keyed by a secret, so a longer chain is an attack or very bad luck. */
const MAX_CHAIN = 32
/** Entries that the eviction hand passes before it takes one that was used. */
const MAX_HAND_STEPS = 64
/** Buckets by which edits end the answers of a name; a power of two. */
const NAME_BUCKETS = 16_384
const FNV_PRIME = 0x0100_0193
/** Versions of so many zones are told apart; answers of further ones end with any edit. */
const MAX_ZONE_SLOTS = 4096
/** Stands for all zones: an answer that depends on several. */
const ALL_ZONES = 0
/** What an entry was made from. */
const FREE = 0
const OF_NO_ZONE = 1
const NARROW = 2
const WHOLE_ZONE = 3

export class AnswerTable {
  readonly #clock: Clock
  readonly #seed: number
  readonly #slabs: readonly Slab[]
  readonly #arena: Uint8Array
  readonly #heads: Int32Array
  readonly #mask: number
  // Per entry; all of one length.
  readonly #start: Int32Array
  readonly #next: Int32Array
  readonly #hash: Int32Array
  readonly #keyOctets: Uint16Array
  readonly #octets: Uint16Array
  readonly #questionEnd: Uint16Array
  readonly #ageing: Uint8Array
  readonly #serialAt: Uint16Array
  readonly #optAt: Uint16Array
  readonly #zone: Uint16Array
  readonly #kind: Uint8Array
  readonly #used: Uint8Array
  readonly #epoch: Float64Array
  readonly #agedAt: Float64Array
  readonly #expiresAt: Float64Array
  // For the query log: where the response is from, since when that was in the cache, and which rule it was.
  readonly #source: Uint8Array
  readonly #storedAt: Float64Array
  readonly #detail: Int32Array
  // Per slab.
  readonly #firstEntry: Int32Array
  readonly #filled: Int32Array
  readonly #hand: Int32Array
  // Versions: the count of edits when a zone, its structure or a name last changed.
  #edits = 1
  readonly #zoneEdited = new Float64Array(MAX_ZONE_SLOTS)
  readonly #zoneReshaped = new Float64Array(MAX_ZONE_SLOTS)
  readonly #serial = new Uint32Array(MAX_ZONE_SLOTS)
  readonly #nameEdited = new Float64Array(NAME_BUCKETS)
  #zoneSlots = ALL_ZONES + 1
  readonly #freeZones: number[] = []
  // The question scanned last.
  readonly #key = new Uint8Array(MAX_KEY_OCTETS)
  #keyLength = 0
  #nameHash = 0
  #keyHash = 0
  #nameOctets = 0
  #room = 0
  /** The entry that answered last. */
  #answered = 0
  /** Where the options of the query scanned last stand, to the end of the message; 0: it has none. */
  optionsAt = 0
  /** Offset of the OPT in the response that was answered last; it is the last record. */
  optAt = 0

  constructor(clock: Clock, random: SecureRandom, slabs: readonly Slab[] = DEFAULT_SLABS) {
    this.#clock = clock
    this.#seed = random.u32() | 0
    this.#slabs = slabs
    const entries = slabs.reduce((sum, slab) => sum + slab.slots, 0)
    this.#arena = new Uint8Array(slabs.reduce((sum, slab) => sum + slab.slots * slab.slotOctets, 0))
    let heads = 1
    while (heads < entries) heads *= 2
    this.#heads = new Int32Array(heads).fill(-1)
    this.#mask = heads - 1
    this.#start = new Int32Array(entries)
    this.#next = new Int32Array(entries)
    this.#hash = new Int32Array(entries)
    this.#keyOctets = new Uint16Array(entries)
    this.#octets = new Uint16Array(entries)
    this.#questionEnd = new Uint16Array(entries)
    this.#ageing = new Uint8Array(entries)
    this.#serialAt = new Uint16Array(entries)
    this.#optAt = new Uint16Array(entries)
    this.#zone = new Uint16Array(entries)
    this.#kind = new Uint8Array(entries)
    this.#used = new Uint8Array(entries)
    this.#epoch = new Float64Array(entries)
    this.#agedAt = new Float64Array(entries)
    this.#expiresAt = new Float64Array(entries)
    this.#source = new Uint8Array(entries)
    this.#storedAt = new Float64Array(entries)
    this.#detail = new Int32Array(entries)
    this.#firstEntry = new Int32Array(slabs.length)
    this.#filled = new Int32Array(slabs.length)
    this.#hand = new Int32Array(slabs.length)
    this.#layOut()
  }

  #layOut(): void {
    let entry = 0
    let at = 0
    for (let s = 0; s < this.#slabs.length; s++) {
      const slab = this.#slabs[s] as Slab
      this.#firstEntry[s] = entry
      for (let i = 0; i < slab.slots; i++, entry++, at += slab.slotOctets) this.#start[entry] = at
    }
  }

  /** Entries in use. */
  get size(): number {
    return this.#filled.reduce((sum, filled) => sum + filled, 0)
  }

  /**
   * HOT. Reads a query of the usual form (opcode QUERY, one question of class IN, nothing else but an OPT of version 0)
   * into this table's key. False: it is not of that form, and neither `answer` nor `keep` may follow.
   */
  scan(b: Uint8Array, at: number, length: number, view: number): boolean {
    // The counts: one question, no answers, no authority. Flags: nothing but RD, AD, CD.
    if (length < 17 || (((b[at + 2] as number) & 0xfe) | ((b[at + 3] as number) & 0xcf)) !== 0) return false
    if (u32(b, at + 4) !== 0x1_0000 || u16(b, at + 8) !== 0) return false
    const end = at + length
    const key = this.#key
    let hash = this.#seed
    let i = at + 12
    let k = 0
    for (;;) {
      if (i >= end) return false
      const label = b[i] as number
      if (label > MAX_LABEL_OCTETS || k + label >= MAX_NAME_OCTETS || i + label >= end) return false
      for (const stop = i + label; i <= stop; i++) {
        const c = LOWER[b[i] as number] as number
        key[k++] = c
        hash = Math.imul(hash ^ c, FNV_PRIME)
      }
      if (label === 0) break
    }
    if (i + 4 > end || b[i + 2] !== 0 || b[i + 3] !== 1) return false
    const variant = this.#variant(b, at, i + 4, end)
    if (variant < 0) return false
    this.#nameHash = mixed(hash)
    this.#nameOctets = k
    key[k] = b[i] as number
    key[k + 1] = b[i + 1] as number
    key[k + 2] = variant
    key[k + 3] = view
    this.#keyLength = k + 4
    const tail = (view << 24) | ((b[i] as number) << 16) | ((b[i + 1] as number) << 8) | variant
    this.#keyHash = mixed(Math.imul(hash ^ tail, FNV_PRIME))
    return true
  }

  /** The key's last octet, or −1 when what follows the question is not at most one plain OPT. Sets #room. */
  #variant(b: Uint8Array, at: number, from: number, end: number): number {
    const header = ((b[at + 2] as number) & 1) | (((b[at + 3] as number) & 0x10) >>> 3) | ((b[at + 3] as number) & HAS_AD)
    const additional = u16(b, at + 10)
    this.optionsAt = 0
    if (additional === 0) {
      this.#room = 512
      return from === end ? header : -1
    }
    if (additional !== 1 || from + 11 > end || b[from] !== 0 || u16(b, from + 1) !== 41 || b[from + 6] !== 0) return -1
    if (from + 11 + u16(b, from + 9) !== end) return -1
    for (let i = from + 11; i < end; i += 4 + u16(b, i + 2)) if (i + 4 > end || i + 4 + u16(b, i + 2) > end) return -1
    if (from + 11 < end) this.optionsAt = from + 11
    const room = u16(b, from + 3)
    this.#room = room < 512 ? 512 : room
    const flags = (b[from + 7] as number) >>> 6
    return header | HAS_EDNS | (flags < 2 ? 0 : flags === 3 ? HAS_DO | HAS_CO : HAS_DO)
  }

  /**
   * HOT. Writes the response to the query scanned last and returns its length; 0 when it is not kept, or does not fit
   * with `more` octets that will follow it.
   */
  answer(b: Uint8Array, at: number, into: Uint8Array, intoAt: number, limit: number, more: number): number {
    const entry = this.#find()
    if (entry < 0) return 0
    const octets = this.#octets[entry] as number
    if (octets + more > this.#room || octets + more > limit || !this.#isValid(entry)) return 0
    this.#used[entry] = 1
    this.#answered = entry
    this.optAt = this.#optAt[entry] as number
    const from = (this.#start[entry] as number) + (this.#keyOctets[entry] as number)
    const question = this.#questionEnd[entry] as number
    const arena = this.#arena
    into[intoAt] = b[at] as number
    into[intoAt + 1] = b[at + 1] as number
    for (let i = 2; i < 12; i++) into[intoAt + i] = arena[from + i] as number
    for (let i = 12; i < question; i++) into[intoAt + i] = b[at + i] as number
    copy(arena, from + question, into, intoAt + question, octets - question)
    if (this.#ageing[entry] !== 0) this.#age(entry, from + octets, into, intoAt)
    const serialAt = this.#serialAt[entry] as number
    if (serialAt !== 0) put32(into, intoAt + serialAt, this.#serial[this.#zone[entry] as number] as number)
    return octets
  }

  /** HOT. Of the response that was answered last: where it is from (query-log/sources.ts). */
  get source(): number {
    return this.#source[this.#answered] as number
  }

  /** HOT. Monotonic ms since when that was in the cache. */
  get storedAt(): number {
    return this.#storedAt[this.#answered] as number
  }

  /** HOT. The number of what else is told of it (query-log/details.ts). */
  get detail(): number {
    return this.#detail[this.#answered] as number
  }

  /** HOT. Of the question scanned last: octets of its name, its type, and whether it has DO. */
  get nameOctets(): number {
    return this.#nameOctets
  }

  get type(): number {
    const at = this.#nameOctets
    return ((this.#key[at] as number) << 8) | (this.#key[at + 1] as number)
  }

  get askedDo(): boolean {
    return ((this.#key[this.#nameOctets + 2] as number) & HAS_DO) !== 0
  }

  /** Takes the whole seconds since they were right off all TTLs that age. */
  #age(entry: number, offsets: number, into: Uint8Array, intoAt: number): void {
    const seconds = Math.floor((this.#clock.now() - (this.#agedAt[entry] as number)) / 1000)
    if (seconds <= 0) return
    const arena = this.#arena
    const stop = offsets + 2 * (this.#ageing[entry] as number)
    for (let i = offsets; i < stop; i += 2) {
      const ttlAt = intoAt + u16(arena, i)
      const ttl = u32(into, ttlAt)
      put32(into, ttlAt, ttl > seconds ? ttl - seconds : 0)
    }
  }

  #isValid(entry: number): boolean {
    const kind = this.#kind[entry] as number
    const epoch = this.#epoch[entry] as number
    if (kind === NARROW) {
      const zone = this.#zone[entry] as number
      if (epoch < (this.#zoneReshaped[zone] as number)) return false
      if (epoch < (this.#nameEdited[this.#nameHash & (NAME_BUCKETS - 1)] as number)) return false
    } else if (kind === WHOLE_ZONE && epoch < (this.#zoneEdited[this.#zone[entry] as number] as number)) return false
    const expiresAt = this.#expiresAt[entry] as number
    return expiresAt === Number.POSITIVE_INFINITY || this.#clock.now() < expiresAt
  }

  #find(): number {
    const hash = this.#keyHash
    let entry = this.#heads[hash & this.#mask] as number
    for (let n = 0; entry >= 0 && n < MAX_CHAIN; n++) {
      if (this.#hash[entry] === hash && this.#isKey(entry)) return entry
      entry = this.#next[entry] as number
    }
    return -1
  }

  #isKey(entry: number): boolean {
    const length = this.#keyLength
    if (this.#keyOctets[entry] !== length) return false
    const start = this.#start[entry] as number
    const arena = this.#arena
    const key = this.#key
    for (let i = 0; i < length; i++) if (arena[start + i] !== key[i]) return false
    return true
  }

  /**
   * Keeps the complete response to the query scanned last, with what `response` and `written` say about its validity
   * and its moving parts. One that is too long or has too many ageing TTLs is not kept. `origin` is what the query log
   * tells of it.
   */
  keep(octets: Uint8Array, at: number, length: number, response: Response, written: ResponseWriter, origin: KeptOrigin = NO_ORIGIN): void {
    const { ageing, ageingCount } = written
    if (ageingCount > ageing.length) return
    const entry = this.#place(this.#keyLength + length + 2 * ageingCount)
    if (entry < 0) return
    const start = this.#start[entry] as number
    const from = start + this.#keyLength
    copy(this.#key, 0, this.#arena, start, this.#keyLength)
    copy(octets, at, this.#arena, from, length)
    for (let i = 0; i < ageingCount; i++) put16(this.#arena, from + length + 2 * i, ageing[i] as number)
    const { zoneSlot } = response
    const narrow = zoneSlot >= 0 && !response.wholeZone
    this.#keyOctets[entry] = this.#keyLength
    this.#octets[entry] = length
    this.#questionEnd[entry] = 12 + this.#nameOctets + 4
    this.#ageing[entry] = ageingCount
    this.#serialAt[entry] = narrow ? written.serialAt : 0
    this.#optAt[entry] = written.optAt
    this.#zone[entry] = zoneSlot >= 0 ? zoneSlot : ALL_ZONES
    this.#kind[entry] = zoneSlot === NO_ZONE ? OF_NO_ZONE : narrow ? NARROW : WHOLE_ZONE
    this.#used[entry] = 0
    this.#epoch[entry] = this.#edits
    this.#agedAt[entry] = response.agedAt
    this.#expiresAt[entry] = response.expiresAt
    this.#source[entry] = origin.source
    this.#storedAt[entry] = origin.storedAt
    this.#detail[entry] = origin.detail
    const head = this.#keyHash & this.#mask
    this.#hash[entry] = this.#keyHash
    this.#next[entry] = this.#heads[head] as number
    this.#heads[head] = entry
  }

  /** The entry for the scanned key: its old one when the new response fits there, else one of the right slab. */
  #place(octets: number): number {
    const old = this.#find()
    if (old >= 0) {
      this.#unlink(old)
      if (octets <= this.#slotOctets(old)) return old
    }
    return this.#take(octets)
  }

  #slotOctets(entry: number): number {
    let s = this.#slabs.length - 1
    while ((this.#firstEntry[s] as number) > entry) s--
    return (this.#slabs[s] as Slab).slotOctets
  }

  /** A free entry of the smallest slab that holds so many octets; evicts when it is full. −1: longer than any slot. */
  #take(octets: number): number {
    for (let s = 0; s < this.#slabs.length; s++) {
      const slab = this.#slabs[s] as Slab
      if (octets > slab.slotOctets || slab.slots === 0) continue
      const first = this.#firstEntry[s] as number
      const filled = this.#filled[s] as number
      if (filled < slab.slots) {
        this.#filled[s] = filled + 1
        return first + filled
      }
      let hand = this.#hand[s] as number
      for (let n = 0; n < MAX_HAND_STEPS && this.#used[first + hand] === 1; n++) {
        this.#used[first + hand] = 0
        hand = hand + 1 === slab.slots ? 0 : hand + 1
      }
      this.#hand[s] = hand + 1 === slab.slots ? 0 : hand + 1
      this.#unlink(first + hand)
      return first + hand
    }
    return -1
  }

  /** Takes an entry out of its chain; its slot waits for the hand. */
  #unlink(entry: number): void {
    if (this.#kind[entry] === FREE) return
    this.#kind[entry] = FREE
    this.#used[entry] = 0
    const head = (this.#hash[entry] as number) & this.#mask
    const next = this.#next[entry] as number
    let at = this.#heads[head] as number
    if (at === entry) {
      this.#heads[head] = next
      return
    }
    while (this.#next[at] !== entry) at = this.#next[at] as number
    this.#next[at] = next
  }

  /** A place for a zone's version, for Response.depend. ANY_ZONE when there are too many. */
  addZone(serial: number): number {
    const slot = this.#freeZones.pop() ?? (this.#zoneSlots < MAX_ZONE_SLOTS ? this.#zoneSlots++ : ANY_ZONE)
    if (slot >= 0) this.#serial[slot] = serial
    return slot
  }

  /** Gives the place back. To be followed by clear(). */
  removeZone(slot: number): void {
    if (slot >= 0) this.#freeZones.push(slot)
  }

  /**
   * A zone was edited at these names. `reshaped`: more than their own answers may be different (NS, wildcards, SOA
   * fields).
   */
  edited(slot: number, names: Iterable<NameKey>, apex: NameKey, serial: number, reshaped: boolean): void {
    this.#edits++
    this.#zoneEdited[ALL_ZONES] = this.#edits
    if (slot < 0) return
    this.#serial[slot] = serial
    this.#zoneEdited[slot] = this.#edits
    if (reshaped) this.#zoneReshaped[slot] = this.#edits
    // Ancestors too: a name above may have become, or ceased to be, an empty non-terminal. The apex has the SOA.
    for (const name of names) {
      for (let at = 0; name.length - at >= apex.length; at += 1 + name.charCodeAt(at)) {
        this.#nameEdited[this.#bucketOf(name, at)] = this.#edits
        if (name.charCodeAt(at) === 0) break
      }
    }
  }

  #bucketOf(name: NameKey, from: number): number {
    let hash = this.#seed
    for (let i = from; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), FNV_PRIME)
    return mixed(hash) & (NAME_BUCKETS - 1)
  }

  /** Forgets all responses: zones came or went, the cache was flushed, upstreams changed. */
  clear(): void {
    this.#heads.fill(-1)
    this.#kind.fill(0)
    this.#used.fill(0)
    this.#filled.fill(0)
    this.#hand.fill(0)
  }
}

/** Spreads the low bits, which choose the chain, over all of the hash (the finaliser of MurmurHash3). */
function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85eb_ca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2_ae35)
  return h ^ (h >>> 16)
}
