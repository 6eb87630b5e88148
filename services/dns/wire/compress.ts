/**
 * Writes names into a message with compression (RFC 1035 §4.1.4). Letter case is kept: a suffix is replaced by a
 * pointer only when the earlier one has the same letters in the same case, with one exception: owner names may point
 * into the question, which carries the case in which the client asked (what clients that mix case expect to get back).
 * Rdata names never lead into the question, because the answer table puts other clients' letters there.
 */
import { copy, put16 } from '../../../stack/platform/index.ts'
import { LOWER, nameLength } from './name.ts'
import type { Name } from './name.ts'
import { compressibleLead, compressibleNames } from './rdata.ts'

/** Pointers have 14 bits. */
const POINTER_LIMIT = 0x4000
/** Suffixes remembered for one message; a search is linear, and later names of a large answer repeat the first ones. */
const MAX_SUFFIXES = 96

export class NameWriter {
  /** Offsets in the message where a label starts that began a name or a suffix. */
  readonly #offsets = new Uint16Array(MAX_SUFFIXES)
  /** Octets of the suffix when expanded: most candidates fall out by this. */
  readonly #lengths = new Uint8Array(MAX_SUFFIXES)
  /** 1: the suffix stands in the question or leads into it. */
  readonly #leadsToQuestion = new Uint8Array(MAX_SUFFIXES)
  #count = 0
  #base = 0

  /** `base` is where the message starts, `question` the name that stands at offset 12. */
  start(base: number, question: Name): void {
    this.#base = base
    this.#count = 0
    this.#remember(12, question, question.length, 1)
  }

  /** Writes a record's owner and returns the offset after it, or −1 when it does not fit before `end`. */
  owner(b: Uint8Array, at: number, end: number, name: Name): number {
    return this.#write(b, at, end, name, true)
  }

  /** Writes a name of rdata whose type allows compression. */
  inRdata(b: Uint8Array, at: number, end: number, name: Name): number {
    return this.#write(b, at, end, name, false)
  }

  #write(b: Uint8Array, at: number, end: number, name: Name, isOwner: boolean): number {
    let from = 0
    let found = -1
    while (name[from] !== 0) {
      found = this.#find(b, name, from, isOwner)
      if (found >= 0) break
      from += 1 + (name[from] as number)
    }
    const octets = from + (found >= 0 ? 2 : 1)
    if (at + octets > end) return -1
    copy(name, 0, b, at, from)
    if (found >= 0) put16(b, at + from, 0xc000 | (this.#offsets[found] as number))
    else b[at + from] = 0
    this.#remember(at - this.#base, name, from, found >= 0 ? (this.#leadsToQuestion[found] as number) : 0)
    return at + octets
  }

  /** Remembers the suffixes of `name` that start before `until`; `offset` is where the name stands in the message. */
  #remember(offset: number, name: Name, until: number, leadsToQuestion: number): void {
    for (let i = 0; i < until && name[i] !== 0; i += 1 + (name[i] as number)) {
      if (this.#count === MAX_SUFFIXES || offset + i >= POINTER_LIMIT) return
      this.#offsets[this.#count] = offset + i
      this.#lengths[this.#count] = name.length - i
      this.#leadsToQuestion[this.#count] = leadsToQuestion
      this.#count++
    }
  }

  /** Index of a remembered suffix that equals the rest of `name`, or −1. */
  #find(b: Uint8Array, name: Name, from: number, isOwner: boolean): number {
    const length = name.length - from
    for (let n = 0; n < this.#count; n++) {
      if (this.#lengths[n] !== length) continue
      const question = this.#leadsToQuestion[n] === 1
      if (question && !isOwner) continue
      if (this.#same(b, this.#base + (this.#offsets[n] as number), name, from, question)) return n
    }
    return -1
  }

  /** Compares the name in the message, pointers and all, with `name` from `from`. Ours only, so there are no loops. */
  #same(b: Uint8Array, at: number, name: Name, from: number, foldCase: boolean): boolean {
    let i = at
    let j = from
    for (;;) {
      const label = b[i] as number
      if (label >= 0xc0) {
        i = this.#base + (((label & 0x3f) << 8) | (b[i + 1] as number))
        continue
      }
      if (label !== name[j]) return false
      if (label === 0) return true
      for (let k = 1; k <= label; k++) {
        const x = b[i + k] as number
        const y = name[j + k] as number
        if (x !== y && !(foldCase && LOWER[x] === LOWER[y])) return false
      }
      i += 1 + label
      j += 1 + label
    }
  }
}

/** Writes rdata, with the names compressed whose type allows it (RFC 3597 §4); the offset after it, or −1 without room. */
export function writeRdata(names: NameWriter, type: number, rdata: Uint8Array, into: Uint8Array, at: number, end: number): number {
  let from = 0
  let next = at
  let left = compressibleNames(type)
  if (left > 0) {
    from = compressibleLead(type)
    if (next + from > end) return -1
    copy(rdata, 0, into, next, from)
    next += from
    for (; left > 0; left--) {
      const length = nameLength(rdata, from, rdata.length)
      next = names.inRdata(into, next, end, rdata.subarray(from, from + length))
      if (next < 0) return -1
      from += length
    }
  }
  if (next + rdata.length - from > end) return -1
  copy(rdata, from, into, next, rdata.length - from)
  return next + rdata.length - from
}
