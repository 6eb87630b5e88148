/**
 * HOT PATH. Answered queries on their way from the packets' thread to the one that stores them: a ring in shared memory
 * with one writer and one reader, watched by test/bench/micro/query-log.ts. What finds no room is dropped and counted;
 * neither side ever waits.
 *
 *   head (writer), dropped │ tail (reader) │ mode │ records …
 *
 *   0  uint8    octets of the record, by 8; 0: none up    20  int32   microseconds taken
 *               to the end of the ring                    24  int32   age of what was in the cache, in seconds
 *   1  uint8    octets of the name                        28  uint16  octets of the response
 *   2  uint8    octets of the detail                      30  uint16  flags and rcode of the response
 *   3  uint8    mode, as it was then
 *   4  int32    client                                    32  uint8   source (sources.ts)
 *   8  float64  ms since 1970, when it was answered       33  uint8   carrier
 *  16  uint16   type                                      35  uint8   ASKED_DO, WAS_ALLOWED
 *  18  uint16   rcode with its extension
 *  36  the name as on the wire, then the detail           A record begins at a multiple of 8 and never wraps.
 *
 * Positions count units of 8 octets and overflow as uint32, which the ring's size divides. The writer fills a record
 * and then moves `head`; the reader reads up to `head` and then moves `tail`; each reads the other's by Atomics.
 */
import { assert } from '../../../stack/platform/index.ts'
import { QUERY_LOG_MODES, type QueryLogMode } from '../../model/index.ts'

/** Octets of records: some 60,000 queries, or half a second of as many as a link can bring. */
export const RING_OCTETS = 4 * 1024 * 1024
export const RECORD_HEAD_OCTETS = 36
/** Of the text that says which rule or server it was. */
export const MAX_DETAIL_OCTETS = 255

/** The client set DO. */
export const ASKED_DO = 1
/** The detail is the rule that let the name pass. */
export const WAS_ALLOWED = 2

/** 0: nothing is noted. */
const MODE_CODES: { readonly [M in QueryLogMode]: number } = { off: 0, full: 1, anonymous: 2, counts: 3 }

const UNIT = 8
// Words of the head; the two sides' are on cache lines of their own.
const HEAD = 0
const DROPPED = 1
const TAIL = 16
const MODE = 32
const DATA_OCTETS = 192
const DATA_WORDS = DATA_OCTETS / 4

/** Shared memory for a ring of so many octets of records, a power of two. */
export function ringMemory(octets: number = RING_OCTETS): SharedArrayBuffer {
  assert(octets >= 2048 && (octets & (octets - 1)) === 0, 'the size of a ring is a power of two, and several of the largest records')
  return new SharedArrayBuffer(DATA_OCTETS + octets)
}

/** What is to be written down of queries: said by whoever keeps the settings, seen by the writer with its next query. */
export function setMode(memory: SharedArrayBuffer, mode: QueryLogMode): void {
  Atomics.store(new Int32Array(memory), MODE, MODE_CODES[mode])
}

/** Records that found no room, since the ring was made; overflows as uint32. */
export const droppedOf = (memory: SharedArrayBuffer): number => Atomics.load(new Int32Array(memory), DROPPED) >>> 0
/** True when there is something to read. */
export function hasRecords(memory: SharedArrayBuffer): boolean {
  const words = new Int32Array(memory)
  return Atomics.load(words, HEAD) !== Atomics.load(words, TAIL)
}

/** The writer's end. One at a time; a later one goes on where an earlier one left off. */
export class RingWriter {
  readonly words: Int32Array
  readonly octets: Uint8Array
  readonly times: Float64Array
  readonly #units: number
  #head: number
  /** Not newer than the reader's; read again when there seems to be no room. */
  #tail: number
  #claimed = 0

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory)
    this.octets = new Uint8Array(memory)
    this.times = new Float64Array(memory)
    this.#units = (memory.byteLength - DATA_OCTETS) / UNIT
    this.#head = Atomics.load(this.words, HEAD)
    this.#tail = Atomics.load(this.words, TAIL)
  }

  /** HOT. */
  get isOn(): boolean {
    return this.words[MODE] !== 0
  }

  /**
   * HOT. Room for a record with a name and a detail of so many octets: the index of its first word, or −1 when there
   * is none, which is counted. Its length is written already; publish() follows, or nothing happened.
   */
  claim(nameOctets: number, detailOctets: number): number {
    const units = (RECORD_HEAD_OCTETS + nameOctets + detailOctets + UNIT - 1) >>> 3
    let at = this.#head & (this.#units - 1)
    const left = this.#units - at
    const skipped = units > left ? left : 0
    if (!this.#hasRoom(units + skipped)) {
      this.words[DROPPED] = ((this.words[DROPPED] as number) + 1) | 0
      return -1
    }
    if (skipped > 0) {
      this.words[DATA_WORDS + at * 2] = 0
      at = 0
    }
    this.#claimed = units + skipped
    const word = DATA_WORDS + at * 2
    this.words[word] = units | (nameOctets << 8) | (detailOctets << 16) | ((this.words[MODE] as number) << 24)
    return word
  }

  #hasRoom(units: number): boolean {
    if (((this.#head - this.#tail) >>> 0) + units <= this.#units) return true
    this.#tail = Atomics.load(this.words, TAIL)
    return ((this.#head - this.#tail) >>> 0) + units <= this.#units
  }

  /** HOT. The reader may see what was claimed. */
  publish(): void {
    this.#head = (this.#head + this.#claimed) | 0
    Atomics.store(this.words, HEAD, this.#head)
  }
}

/** One query as it was noted. The octets are valid until the next step of the reader. */
export type NotedQuery = {
  /** Milliseconds since 1970, when it was answered. */
  at: number
  client: number
  type: number
  rcode: number
  tookUs: number
  ageSeconds: number
  octets: number
  flags: number
  source: number
  carrier: number
  asked: number
  /** As it was when the query was answered. */
  mode: QueryLogMode
  /** As on the wire, in the letter case of the client. */
  name: Uint8Array
  detail: Uint8Array
}

/** The reader's end. One at a time. */
export class RingReader {
  readonly #words: Int32Array
  readonly #octets: Uint8Array
  readonly #times: Float64Array
  readonly #units: number
  readonly #noted: NotedQuery = {
    at: 0, client: 0, type: 0, rcode: 0, tookUs: 0, ageSeconds: 0, octets: 0, flags: 0, source: 0, carrier: 0, asked: 0, mode: 'off',
    name: new Uint8Array(), detail: new Uint8Array(),
  }

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
    this.#octets = new Uint8Array(memory)
    this.#times = new Float64Array(memory)
    this.#units = (memory.byteLength - DATA_OCTETS) / UNIT
  }

  /**
   * Gives at most `most` of what is there to `take`, oldest first, and frees their room after each; without `take` they
   * are passed over. Returns how many.
   */
  drain(most: number, take?: (noted: NotedQuery) => void): number {
    const words = this.#words
    const head = Atomics.load(words, HEAD)
    let tail = Atomics.load(words, TAIL)
    let count = 0
    while (count < most && tail !== head) {
      const at = tail & (this.#units - 1)
      const word = DATA_WORDS + at * 2
      const lengths = words[word] as number
      if (lengths === 0) tail = (tail + this.#units - at) | 0
      else {
        take?.(this.#read(word, lengths))
        tail = (tail + (lengths & 255)) | 0
        count++
      }
      Atomics.store(words, TAIL, tail)
    }
    return count
  }

  #read(word: number, lengths: number): NotedQuery {
    const words = this.#words
    const noted = this.#noted
    const nameAt = word * 4 + RECORD_HEAD_OCTETS
    const detailAt = nameAt + ((lengths >>> 8) & 255)
    const last = words[word + 8] as number
    noted.at = this.#times[word / 2 + 1] as number
    noted.client = words[word + 1] as number
    noted.type = (words[word + 4] as number) & 0xffff
    noted.rcode = (words[word + 4] as number) >>> 16
    noted.tookUs = words[word + 5] as number
    noted.ageSeconds = words[word + 6] as number
    noted.octets = (words[word + 7] as number) & 0xffff
    noted.flags = (words[word + 7] as number) >>> 16
    noted.source = last & 255
    noted.carrier = (last >>> 8) & 255
    noted.asked = last >>> 24
    noted.mode = QUERY_LOG_MODES.find((mode) => MODE_CODES[mode] === lengths >>> 24) ?? 'off'
    noted.name = this.#octets.slice(nameAt, detailAt)
    noted.detail = this.#octets.slice(detailAt, detailAt + ((lengths >>> 16) & 255))
    return noted
  }
}
