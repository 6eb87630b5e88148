/**
 * The NSEC or NSEC3 records that the cache has of one zone, in canonical order of their owners (RFC 4034 §6.1), so that the
 * one that covers a name is found. Hashed owners are names like others, and their order is that of the hashes. What
 * stands here are handles of entries; the names are read where the entries lie. Bounded in number.
 */
import { MAX_LABELS, MAX_NAME_OCTETS } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { ENTRY_HEAD } from './entry-log.ts'
import type { EntryLog } from './entry-log.ts'

/**
 * Of one zone. More serve only zones that are asked for names without end, and for those this many leave one gap in a
 * thousand names open.
 */
export const MAX_DENIALS = 4096
const FIRST_DENIALS = 8
/** Steps through the places of which one is given up; prime, so that each has its turn. */
const STRIDE = 1021

/** Starts of the labels of a name, within its octets. */
class Labels {
  readonly octets = new Uint8Array(MAX_NAME_OCTETS)
  readonly #starts = new Uint8Array(MAX_LABELS + 1)
  count = 0

  set(key: NameKey): void {
    for (let i = 0; i < key.length; i++) this.octets[i] = key.charCodeAt(i)
    this.#find(this.octets, 0)
  }

  /** Of the name at `at`, whose octets stay where they are. */
  setAt(bytes: Uint8Array, at: number): void {
    this.#find(bytes, at)
  }

  /** Where the `n`th label from the end begins; the root's is not counted. */
  startFromEnd(n: number): number {
    return this.#starts[this.count - n] as number
  }

  #find(bytes: Uint8Array, at: number): void {
    this.count = 0
    for (let i = 0; bytes[at + i] !== 0; i += 1 + (bytes[at + i] as number)) this.#starts[this.count++] = i
  }
}

/** The name that is looked for, and the one that it is compared with; never used beyond one call. */
const wanted = new Labels()
const other = new Labels()
const second = new Labels()

/** Below 0: `wanted` stands before the name at `at`; 0: it is that name. */
function compareWanted(bytes: Uint8Array, at: number): number {
  other.setAt(bytes, at)
  const shorter = Math.min(wanted.count, other.count)
  for (let n = 1; n <= shorter; n++) {
    const a = wanted.startFromEnd(n)
    const b = at + other.startFromEnd(n)
    const aOctets = wanted.octets[a] as number
    const bOctets = bytes[b] as number
    const octets = Math.min(aOctets, bOctets)
    for (let i = 1; i <= octets; i++) {
      const difference = (wanted.octets[a + i] as number) - (bytes[b + i] as number)
      if (difference !== 0) return difference
    }
    if (aOctets !== bOctets) return aOctets - bOctets
  }
  return wanted.count - other.count
}

/** Canonical order of two names in lower case. */
export function compareKeys(a: NameKey, b: NameKey): number {
  wanted.set(a)
  second.set(b)
  return compareWanted(second.octets, 0)
}

export class DenialOrder {
  readonly #log: EntryLog
  #handles = new Int32Array(FIRST_DENIALS)
  #nextGone = 0
  size = 0

  constructor(log: EntryLog) {
    this.#log = log
  }

  /** The entry of that name or of the last one before it; 0: there is none. */
  atOrBefore(key: NameKey): number {
    const place = this.#placeOf(key)
    return place < 0 ? 0 : (this.#handles[place] as number)
  }

  /** The entry of exactly that name; 0: there is none. */
  at(key: NameKey): number {
    const place = this.#placeOf(key)
    return place >= 0 && this.#isAt(place) ? (this.#handles[place] as number) : 0
  }

  /** The last entry; 0: there is none. */
  last(): number {
    return this.size === 0 ? 0 : (this.#handles[this.size - 1] as number)
  }

  insert(key: NameKey, handle: number): void {
    const place = this.#placeOf(key)
    if (place >= 0 && this.#isAt(place)) {
      this.#handles[place] = handle
      return
    }
    if (this.size === MAX_DENIALS) {
      this.#nextGone = (this.#nextGone + STRIDE) % this.size
      this.#take(this.#nextGone)
      this.insert(key, handle)
      return
    }
    if (this.size === this.#handles.length) {
      const more = new Int32Array(this.size * 2)
      more.set(this.#handles)
      this.#handles = more
    }
    this.#handles.copyWithin(place + 2, place + 1, this.size)
    this.#handles[place + 1] = handle
    this.size++
  }

  /** The entry of that name is about to go. */
  remove(key: NameKey): void {
    const place = this.#placeOf(key)
    if (place >= 0 && this.#isAt(place)) this.#take(place)
  }

  #take(place: number): void {
    this.#handles.copyWithin(place, place + 1, this.size)
    this.size--
  }

  /** The last place whose name is not behind `key`; −1: all are. */
  #placeOf(key: NameKey): number {
    wanted.set(key)
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(middle) >= 0) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Whether the name looked for last stands at a place. */
  #isAt(place: number): boolean {
    return this.#compare(place) === 0
  }

  #compare(place: number): number {
    return compareWanted(this.#log.bytes, this.#log.blockOf(this.#handles[place] as number) + ENTRY_HEAD)
  }
}
