/**
 * HOT PATH. Rules by name, for lists of a million names: what a name and all its parents have in a table is found without
 * allocating. Watched by test/bench/micro/policy.ts.
 *
 *   tags    an octet of the hash by slot; 0: the slot is empty. Nearly every miss ends here.
 *   slots   where the slot's rule lies in the arena
 *   arena   | name, wire format in lower case, its zero last | flags u8 | reference u32 | next rule …
 *
 *   flags   0   2   3     4   5           8
 *           | action | scope | important |       reference: the line of the list, or of action "detail" which detail
 *
 * The hash runs from a name's end to its beginning, so one pass gives those of all parents too. It is keyed: nobody
 * outside can choose names that collide.
 */
import { u32 } from '../../../stack/platform/index.ts'
import { MAX_LABELS, MAX_NAME_OCTETS, nameKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { ACTION, SCOPE } from './model.ts'
import type { Action, HashKey, NameTable, Scope } from './model.ts'

/** Flags and reference behind the name. */
export const RULE_OCTETS = 5
const SCOPE_SHIFT = 3
const IMPORTANT = 0x20

export const flagsOf = (action: Action, scope: Scope, important: boolean): number => action | (scope << SCOPE_SHIFT) | (important ? IMPORTANT : 0)
export const actionOf = (flags: number): Action => (flags & ACTION.detail) as Action
export const scopeOf = (flags: number): Scope => ((flags >>> SCOPE_SHIFT) & 3) as Scope
export const isImportant = (flags: number): boolean => (flags & IMPORTANT) !== 0

/** One octet more of a name, from its end. */
export const hashStep = (hash: number, octet: number, key: HashKey): number => {
  const h = Math.imul(hash ^ octet, key[1])
  return h ^ (h >>> 15)
}

/** Spreads the hash over the bits that choose slot and tag (the finaliser of MurmurHash3). */
export function finished(hash: number): number {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85eb_ca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2_ae35)
  return h ^ (h >>> 16)
}

/** Never 0, which means that a slot is empty. */
export const tagOf = (hash: number): number => (hash >>> 24) | 1

/** A name that is looked for, and its parents up to the root. One is used again and again. */
export class NameProbe {
  readonly octets = new Uint8Array(MAX_NAME_OCTETS)
  length = 0
  /** Where the name itself and each parent begin; the last one is the root. */
  readonly starts = new Uint8Array(MAX_LABELS + 1)
  readonly #hashes = new Int32Array(MAX_LABELS + 1)
  /** Of `starts`. */
  count = 0
  readonly #key: HashKey

  constructor(key: HashKey) {
    this.#key = key
  }

  /** HOT. Takes a name. */
  load(name: NameKey): void {
    const { octets, starts } = this
    const { length } = name
    for (let i = 0; i < length; i++) octets[i] = name.charCodeAt(i)
    this.length = length
    let count = 0
    for (let at = 0; at < length; at += 1 + (octets[at] as number)) starts[count++] = at
    this.count = count
    let hash = this.#key[0]
    let next = count - 1
    for (let i = length - 1; i >= 0; i--) {
      hash = hashStep(hash, octets[i] as number, this.#key)
      if (i === starts[next]) this.#hashes[next--] = finished(hash)
    }
  }

  /**
   * HOT. The next slot with a rule for the name (parent 0) or a parent of it: `after` is −1, or the slot that was the
   * last. −1: there is none.
   */
  find(table: NameTable, parent: number, after: number): number {
    const { tags, slots } = table
    const mask = tags.length - 1
    const hash = this.#hashes[parent] as number
    const tag = tagOf(hash)
    for (let slot = after < 0 ? hash & mask : (after + 1) & mask; ; slot = (slot + 1) & mask) {
      const found = tags[slot] as number
      if (found === 0) return -1
      if (found === tag && this.#isAt(table.arena, slots[slot] as number, this.starts[parent] as number)) return slot
    }
  }

  #isAt(arena: Uint8Array, at: number, from: number): boolean {
    const { octets, length } = this
    for (let i = from; i < length; i++) if (arena[at + i - from] !== octets[i]) return false
    return true
  }

  /** HOT. Of a slot that find() gave for that parent. */
  flags(table: NameTable, parent: number, slot: number): number {
    return table.arena[(table.slots[slot] as number) + this.length - (this.starts[parent] as number)] as number
  }

  reference(table: NameTable, parent: number, slot: number): number {
    return u32(table.arena, (table.slots[slot] as number) + this.length - (this.starts[parent] as number) + 1)
  }
}

/** HOT. Whether a rule with this scope, found at a name's parent (0: the name itself), counts for the name. */
export const counts = (scope: Scope, parent: number): boolean =>
  scope !== SCOPE.none && (parent === 0 ? scope !== SCOPE.below : scope !== SCOPE.exact)

/** The rules of a table one after the other, as they lie in its arena. */
export function* rulesIn({ arena }: NameTable): Generator<{ readonly key: NameKey; readonly flags: number }> {
  for (let at = 0; at < arena.length; ) {
    let end = at
    while (arena[end] !== 0) end += 1 + (arena[end] as number)
    yield { key: nameKey(arena, at, end + 1 - at), flags: arena[end + 1] as number }
    at = end + 1 + RULE_OCTETS
  }
}
