/**
 * HOT PATH. Where the cache's entries lie, watched by test/bench/micro/rrset-cache.ts. One array of octets used as a ring:
 * new entries go to the head, room is made at the tail. An entry at the tail that was used since the hand came by goes to
 * the head once more (second chance). Nothing here is an object per entry, so a collection of garbage has nothing to
 * walk, and pages that were never reached are never taken from the machine.
 *
 *   ring    [ free | block | block | … | block | free ]        tail ──▶ head
 *   block   u32 octets, a multiple of 8 | u32 handle; 0: nothing lives here | f64 ends at (ms)
 *           | u32 life (ms) | u8 state | u8 n | u8 n | u8 octets of the name | name | what the codec writes
 *
 * An entry is known by its handle, an index into columns: place, hash, tag (partition and type), next of the same bucket.
 * Hashes are keyed by a secret, so nobody can aim at one bucket.
 */
import { copy } from '../../../stack/platform/index.ts'
import type { SecureRandom } from '../../../stack/platform/index.ts'
import type { NameKey } from '../wire/name.ts'

/** Before the name. */
export const ENTRY_HEAD = 24
const ENDS_AT = 8
const LIFE_AT = 16
export const STATE_AT = 20
export const COUNTS_AT = 21
export const NAME_LENGTH_AT = 23
/** The longest block: a message of 65,535 octets, and the names that were compressed in it. */
export const MAX_ENTRY_OCTETS = 128 * 1024
/** No block takes more than this part of the ring. */
const LEAST_BLOCKS = 8
/** One part in so many of the memory is for the columns; entries of usual size fill both alike. */
const COLUMNS_PART = 6
/** Place, hash, tag, next, used, and a bucket. */
const COLUMN_OCTETS = 21
/** Tag of a handle that is free. */
const NOTHING = -1
/** Entries of one bucket that are looked at; longer chains do not come about by chance. */
const MAX_CHAIN = 32
/** Entries given a second chance for one new entry; after that even one that was used goes. */
const MAX_REPRIEVES = 16
const MULTIPLIER = 0x9e37_79b1

/** A block in the making. `length` octets are written; the first 8 are the log's own. */
export class EntryDraft {
  readonly bytes = new Uint8Array(MAX_ENTRY_OCTETS)
  readonly #words = new Uint32Array(this.bytes.buffer)
  readonly #floats = new Float64Array(this.bytes.buffer)
  length = 0

  setTimes(expiresAt: number, lifeMs: number): void {
    this.#floats[ENDS_AT >>> 3] = expiresAt
    this.#words[LIFE_AT >>> 2] = lifeMs
  }
}

export class EntryLog {
  /** The ring. */
  readonly bytes: Uint8Array
  /** Called before an entry that is in the way is forgotten. */
  onEvict: (handle: number) => void = () => {}
  readonly #words: Uint32Array
  readonly #floats: Float64Array
  readonly #buckets: Int32Array
  readonly #mask: number
  readonly #seed: number
  readonly #factor: number
  // By handle, from 1 on; of those that are free #next is the next free one.
  readonly #place: Uint32Array
  readonly #hash: Int32Array
  readonly #tag: Int32Array
  readonly #next: Int32Array
  readonly #used: Uint8Array
  #free = 0
  /** Handles below it have been in use. */
  #end = 1
  #head = 0
  #tail = 0
  /** Octets from tail to head. */
  #taken = 0
  #living = 0
  #size = 0

  /** `octets`: for everything, columns included. */
  constructor(octets: number, random: SecureRandom) {
    const handles = Math.max(LEAST_BLOCKS, Math.floor(octets / COLUMNS_PART / COLUMN_OCTETS))
    const ring = new ArrayBuffer(Math.max(1024, Math.floor((octets - octets / COLUMNS_PART) / 8) * 8))
    this.bytes = new Uint8Array(ring)
    this.#words = new Uint32Array(ring)
    this.#floats = new Float64Array(ring)
    let buckets = 1
    while (buckets * 2 <= handles) buckets *= 2
    this.#buckets = new Int32Array(buckets)
    this.#mask = buckets - 1
    this.#seed = random.u32() | 0
    this.#factor = random.u32() | 1
    this.#place = new Uint32Array(handles + 1)
    this.#hash = new Int32Array(handles + 1)
    this.#tag = new Int32Array(handles + 1)
    this.#next = new Int32Array(handles + 1)
    this.#used = new Uint8Array(handles + 1)
  }

  /** Entries. */
  get size(): number {
    return this.#size
  }

  /** Octets of the entries, their columns included. */
  get octets(): number {
    return this.#living + this.#size * COLUMN_OCTETS
  }

  /** Handles are less. */
  get end(): number {
    return this.#end
  }

  /**
   * HOT. Hash of a name, taken from its last octet to the first, so that a name's is that of the name above it and then
   * of its own first label, which stands in `key` between `from` and `to`.
   */
  hashName(key: NameKey, from = 0, to = key.length, above = this.#seed): number {
    let h = above
    for (let i = to - 1; i >= from; i--) {
      h = Math.imul(h ^ key.charCodeAt(i), this.#factor)
      h ^= h >>> 15
    }
    return h
  }

  /** HOT. The entry of that tag and name, 0: there is none. `nameHash` is the name's, which begins in `key` at `from`. */
  find(nameHash: number, tag: number, key: NameKey, from: number): number {
    const hash = this.#mixed(nameHash, tag)
    let handle = this.#buckets[hash & this.#mask] as number
    for (let n = 0; handle !== 0 && n < MAX_CHAIN; n++) {
      if (this.#hash[handle] === hash && this.#tag[handle] === tag && this.isNamed(handle, key, from)) return handle
      handle = this.#next[handle] as number
    }
    return 0
  }

  /** Whether it is of the name that begins in `key` at `from`. */
  isNamed(handle: number, key: NameKey, from = 0): boolean {
    const { bytes } = this
    const at = this.blockOf(handle)
    const length = key.length - from
    if (bytes[at + NAME_LENGTH_AT] !== length) return false
    for (let i = 0; i < length; i++) if (bytes[at + ENTRY_HEAD + i] !== key.charCodeAt(from + i)) return false
    return true
  }

  /** Whether its name is `key` or below it. */
  isAtOrBelow(handle: number, key: NameKey): boolean {
    const { bytes } = this
    const name = this.blockOf(handle) + ENTRY_HEAD
    const from = (bytes[name - 1] as number) - key.length
    for (let i = key.length - 1; i >= 0; i--) if (bytes[name + from + i] !== key.charCodeAt(i)) return false
    let at = 0
    while (at < from) at += 1 + (bytes[name + at] as number)
    return at === from
  }

  #mixed(nameHash: number, tag: number): number {
    const h = Math.imul(nameHash ^ tag, MULTIPLIER)
    return h ^ (h >>> 16)
  }

  /** Where the block of an entry begins. */
  blockOf(handle: number): number {
    return (this.#place[handle] as number) * 8
  }

  blockOctets(handle: number): number {
    return this.#words[(this.#place[handle] as number) * 2] as number
  }

  tagOf(handle: number): number {
    return this.#tag[handle] as number
  }

  expiresAt(handle: number): number {
    return this.#floats[(this.#place[handle] as number) + (ENDS_AT >>> 3)] as number
  }

  lifeMs(handle: number): number {
    return this.#words[(this.#place[handle] as number) * 2 + (LIFE_AT >>> 2)] as number
  }

  stateOf(handle: number): number {
    return this.bytes[this.blockOf(handle) + STATE_AT] as number
  }

  /** Whether an entry lives under this handle. */
  isLive(handle: number): boolean {
    return handle < this.#end && this.#tag[handle] !== NOTHING
  }

  /** It was asked for: it is spared once. */
  use(handle: number): void {
    this.#used[handle] = 1
  }

  /** Takes the draft in as a new entry. 0: it is too long. `nameHash` is that of the draft's name. */
  put(nameHash: number, tag: number, draft: EntryDraft): number {
    const octets = (draft.length + 7) & ~7
    if (octets > this.bytes.length / LEAST_BLOCKS) return 0
    this.#makeRoom(octets)
    const handle = this.#takeHandle()
    const hash = this.#mixed(nameHash, tag)
    const bucket = hash & this.#mask
    this.#hash[handle] = hash
    this.#tag[handle] = tag
    this.#used[handle] = 0
    this.#next[handle] = this.#buckets[bucket] as number
    this.#buckets[bucket] = handle
    copy(draft.bytes, 8, this.bytes, this.#head + 8, draft.length - 8)
    this.#stand(handle, octets)
    this.#living += octets
    this.#size++
    return handle
  }

  /** Writes the draft over an entry of the same name and tag; false when it does not fit, or would waste the half. */
  rewrite(handle: number, draft: EntryDraft): boolean {
    const octets = this.blockOctets(handle)
    if (draft.length > octets || draft.length < octets / 2) return false
    copy(draft.bytes, 8, this.bytes, this.blockOf(handle) + 8, draft.length - 8)
    return true
  }

  remove(handle: number): void {
    const bucket = (this.#hash[handle] as number) & this.#mask
    let before = this.#buckets[bucket] as number
    if (before === handle) this.#buckets[bucket] = this.#next[handle] as number
    else {
      while (this.#next[before] !== handle) before = this.#next[before] as number
      this.#next[before] = this.#next[handle] as number
    }
    const place = this.#place[handle] as number
    this.#words[place * 2 + 1] = 0
    this.#living -= this.#words[place * 2] as number
    this.#size--
    this.#tag[handle] = NOTHING
    this.#next[handle] = this.#free
    this.#free = handle
  }

  clear(): void {
    this.#buckets.fill(0)
    this.#free = 0
    this.#end = 1
    this.#head = this.#tail = this.#taken = this.#living = this.#size = 0
  }

  #takeHandle(): number {
    const handle = this.#free
    if (handle === 0) return this.#end++
    this.#free = this.#next[handle] as number
    return handle
  }

  /** The block at the head, whose octets are written, is that of `handle`. */
  #stand(handle: number, octets: number): void {
    const place = this.#head >>> 3
    this.#words[place * 2] = octets
    this.#words[place * 2 + 1] = handle
    this.#place[handle] = place
    this.#head += octets
    this.#taken += octets
  }

  /** Until a block of so many octets fits at the head, and a handle is free. */
  #makeRoom(octets: number): void {
    let reprieves = MAX_REPRIEVES
    while (!this.#fits(octets) || (this.#free === 0 && this.#end === this.#place.length)) {
      const at = this.#tail
      const taken = this.#words[at >>> 2] as number
      const handle = this.#words[(at >>> 2) + 1] as number
      this.#tail = at + taken === this.bytes.length ? 0 : at + taken
      this.#taken -= taken
      if (handle === 0) continue
      if (this.#used[handle] === 1 && reprieves-- > 0) {
        this.#used[handle] = 0
        // What was just freed is room enough, wherever the head is.
        this.#fits(taken)
        if (this.#head !== at) this.bytes.copyWithin(this.#head, at, at + taken)
        this.#stand(handle, taken)
      } else {
        this.onEvict(handle)
        this.remove(handle)
      }
    }
  }

  /** Whether the head has so much room in one piece; it goes round when the rest of the ring is too short. */
  #fits(octets: number): boolean {
    if (this.#taken === 0) this.#head = this.#tail = 0
    else if (this.#head <= this.#tail) return this.#tail - this.#head >= octets
    const rest = this.bytes.length - this.#head
    if (rest >= octets) return true
    if (rest > 0) {
      this.#words[this.#head >>> 2] = rest
      this.#words[(this.#head >>> 2) + 1] = 0
      this.#taken += rest
    }
    this.#head = 0
    return this.#tail >= octets
  }
}
