/** Makes the tables of name-table.ts, rule by rule. */
import { copy, put32, u32 } from '../../../stack/platform/index.ts'
import { LOWER } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import { ACTION } from './model.ts'
import type { HashKey, NameTable } from './model.ts'
import { actionOf, finished, hashStep, RULE_OCTETS, tagOf } from './name-table.ts'

/**
 * Rules that one name can have in one list: more would make its look-up slow. Those with "*" stand under the labels behind
 * it, so a top-level domain has some.
 */
const MOST_RULES_OF_A_NAME = 64
const FIRST_SLOTS = 1024
const FIRST_ARENA = 1 << 14
/** Of slots in use: half full, a miss reads two tags. */
const MOST_LOAD = 0.6

export class NameTableBuilder {
  readonly #key: HashKey
  #tags = new Uint8Array(FIRST_SLOTS)
  #slots = new Uint32Array(FIRST_SLOTS)
  #arena = new Uint8Array(FIRST_ARENA)
  #used = 0
  #count = 0

  constructor(key: HashKey) {
    this.#key = key
  }

  get count(): number {
    return this.#count
  }

  /** Letter case of the name does not matter. `duplicate`: its flags are the same, and both are no details. */
  add(name: Name, flags: number, reference: number): 'added' | 'duplicate' | 'full' {
    if (this.#count + 1 > MOST_LOAD * this.#tags.length) this.#grow()
    const at = this.#used
    const octets = name.length + RULE_OCTETS
    if (at + octets > this.#arena.length) this.#widen(octets)
    for (let i = 0; i < name.length; i++) this.#arena[at + i] = LOWER[name[i] as number] as number
    const hash = this.#hash(at, name.length)
    const mask = this.#tags.length - 1
    const tag = tagOf(hash)
    let slot = hash & mask
    let same = 0
    for (; this.#tags[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#tags[slot] !== tag || !this.#isSame(this.#slots[slot] as number, at, name.length)) continue
      const before = (this.#slots[slot] as number) + name.length
      if (this.#arena[before] === flags && (actionOf(flags) !== ACTION.detail || u32(this.#arena, before + 1) === reference)) return 'duplicate'
      if (++same === MOST_RULES_OF_A_NAME) return 'full'
    }
    this.#arena[at + name.length] = flags
    put32(this.#arena, at + name.length + 1, reference)
    this.#tags[slot] = tag
    this.#slots[slot] = at
    this.#used += octets
    this.#count++
    return 'added'
  }

  /** What was added, in arrays of its own. */
  finish(): NameTable {
    // Most lists have one kind of rules.
    if (this.#count === 0) return { tags: new Uint8Array(1), slots: new Uint32Array(1), arena: new Uint8Array(0), count: 0 }
    return { tags: this.#tags, slots: this.#slots, arena: this.#arena.slice(0, this.#used), count: this.#count }
  }

  #isSame(at: number, other: number, length: number): boolean {
    for (let i = 0; i < length; i++) if (this.#arena[at + i] !== this.#arena[other + i]) return false
    return true
  }

  #hash(at: number, length: number): number {
    let hash = this.#key[0]
    for (let i = length - 1; i >= 0; i--) hash = hashStep(hash, this.#arena[at + i] as number, this.#key)
    return finished(hash)
  }

  #widen(octets: number): void {
    const wider = new Uint8Array(Math.max(2 * this.#arena.length, this.#used + octets))
    copy(this.#arena, 0, wider, 0, this.#used)
    this.#arena = wider
  }

  #grow(): void {
    const slots = this.#slots
    const tags = this.#tags
    this.#slots = new Uint32Array(2 * slots.length)
    this.#tags = new Uint8Array(2 * slots.length)
    const mask = this.#tags.length - 1
    for (let i = 0; i < slots.length; i++) {
      if (tags[i] === 0) continue
      const at = slots[i] as number
      let length = 0
      while (this.#arena[at + length] !== 0) length += 1 + (this.#arena[at + length] as number)
      const hash = this.#hash(at, length + 1)
      let slot = hash & mask
      while (this.#tags[slot] !== 0) slot = (slot + 1) & mask
      this.#tags[slot] = tagOf(hash)
      this.#slots[slot] = at
    }
  }
}
