/**
 * The nodes of one zone's tree in columns: a node for every owner and for every name between an owner and the apex
 * (empty non-terminals, RFC 4592 §2.2.2). A node's name lies in an arena without the apex, in the letter case of the
 * first record that made it. Slot 0 is the apex.
 */
import { hashText, OctetArena, roomFor, SlotChains } from '../../../stack/platform/index.ts'
import { LOWER, MAX_LABELS, parentKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'

const FIRST_SLOTS = 16
const NONE = -1
const int32 = (length: number): Int32Array => new Int32Array(length)

export const APEX = 0
/** Where compare() notes the labels of the name that it is at. */
const labelStarts = new Int32Array(MAX_LABELS)

export class ZoneNodes {
  readonly #apex: Name
  readonly #apexKey: NameKey
  #names = int32(FIRST_SLOTS)
  /** Octets of the name above the apex; NONE for a slot that is free. */
  #nameOctets = int32(FIRST_SLOTS)
  #parents = int32(FIRST_SLOTS)
  /** Nodes one label below: a node without records lives as long as it has some. */
  #children = int32(FIRST_SLOTS)
  #firstRecords = int32(FIRST_SLOTS)
  #lastRecords = int32(FIRST_SLOTS)
  readonly #arena = new OctetArena()
  readonly #byName = new SlotChains()
  #slots = 0
  readonly #free: number[] = []

  constructor(apex: Name, apexKey: NameKey) {
    this.#apex = apex
    this.#apexKey = apexKey
    this.#add(apex, apexKey, NONE)
  }

  /** −1 when there is no node of that name. `key` is at or below the apex. */
  find(key: NameKey): number {
    let node = this.#byName.first(hashText(key))
    while (node >= 0 && !this.#isNamed(node, key)) node = this.#byName.next(node)
    return node
  }

  /** The node of a name and all nodes up to the apex, made where they are missing; −1 when it is not in this zone. */
  grow(name: Name, key: NameKey, made: (key: NameKey, node: number) => void): number {
    const existing = this.find(key)
    if (existing >= 0) return existing
    if (key.length <= this.#apexKey.length) return NONE
    const label = 1 + (name[0] as number)
    const parent = this.grow(name.subarray(label), parentKey(key), made)
    if (parent < 0) return NONE
    this.#children[parent] = (this.#children[parent] as number) + 1
    const node = this.#add(name, key, parent)
    made(key, node)
    return node
  }

  /**
   * Removes a node that holds nothing, and its ancestors that then hold nothing; `gone` is called before each. One that
   * is gone already is fine.
   */
  prune(from: number, gone: (key: NameKey, node: number) => void): void {
    let node = from
    while (node !== APEX && this.#isEmpty(node)) {
      const parent = this.#parents[node] as number
      gone(this.key(node), node)
      this.#byName.remove(node)
      this.#arena.free(this.#nameOctets[node] as number)
      this.#nameOctets[node] = NONE
      this.#free.push(node)
      this.#children[parent] = (this.#children[parent] as number) - 1
      node = parent
    }
    if (this.#arena.wasteful) this.#compact()
  }

  /** The whole name. */
  name(node: number): Name {
    const at = this.#names[node] as number
    const octets = this.#nameOctets[node] as number
    const name = new Uint8Array(octets + this.#apex.length)
    name.set(this.#arena.bytes.subarray(at, at + octets))
    name.set(this.#apex, octets)
    return name
  }

  /** Whether this is the node's name, letter case and all; `name` is one of its names otherwise. */
  isWritten(node: number, name: Name): boolean {
    const { bytes } = this.#arena
    const at = this.#names[node] as number
    const octets = this.#nameOctets[node] as number
    for (let i = 0; i < octets; i++) if (bytes[at + i] !== name[i]) return false
    for (let i = 0; i < this.#apex.length; i++) if (this.#apex[i] !== name[octets + i]) return false
    return true
  }

  key(node: number): NameKey {
    const at = this.#names[node] as number
    let key = ''
    for (let i = 0; i < (this.#nameOctets[node] as number); i++) {
      key += String.fromCharCode(LOWER[this.#arena.bytes[at + i] as number] as number)
    }
    return key + this.#apexKey
  }

  /** Slots from here on hold nothing. */
  get end(): number {
    return this.#slots
  }

  holds(node: number): boolean {
    return node < this.#slots && this.#nameOctets[node] !== NONE
  }

  /** −1 for the apex. */
  parent(node: number): number {
    return this.#parents[node] as number
  }

  hasChildren(node: number): boolean {
    return this.#children[node] !== 0
  }

  /**
   * Below 0 when the name of an order key (dnssec/canonical.ts, above the apex) stands before a node's name in canonical
   * order, 0 when it is that name.
   */
  compare(order: string, node: number): number {
    const { bytes } = this.#arena
    const from = this.#names[node] as number
    const end = from + (this.#nameOctets[node] as number)
    let labels = 0
    for (let at = from; at < end; at += 1 + (bytes[at] as number)) labelStarts[labels++] = at
    let i = 0
    while (labels > 0) {
      const at = labelStarts[--labels] as number
      if (i === order.length) return -1
      if (order.charCodeAt(i++) !== 0) return 1
      const last = at + (bytes[at] as number)
      for (let octet = at + 1; octet <= last; octet++, i++) {
        if (i === order.length) return -1
        const difference = order.charCodeAt(i) - 1 - (LOWER[bytes[octet] as number] as number)
        if (difference !== 0) return difference
      }
    }
    return i < order.length ? 1 : 0
  }

  firstRecord(node: number): number {
    return this.#firstRecords[node] as number
  }
  setFirstRecord(node: number, record: number): void {
    this.#firstRecords[node] = record
  }
  lastRecord(node: number): number {
    return this.#lastRecords[node] as number
  }
  setLastRecord(node: number, record: number): void {
    this.#lastRecords[node] = record
  }

  #isEmpty(node: number): boolean {
    return this.#nameOctets[node] !== NONE && this.#firstRecords[node] === NONE && this.#children[node] === 0
  }

  #isNamed(node: number, key: NameKey): boolean {
    const octets = this.#nameOctets[node] as number
    if (key.length !== octets + this.#apexKey.length || !key.endsWith(this.#apexKey)) return false
    const { bytes } = this.#arena
    const at = this.#names[node] as number
    for (let i = 0; i < octets; i++) if (LOWER[bytes[at + i] as number] !== key.charCodeAt(i)) return false
    return true
  }

  #add(name: Name, key: NameKey, parent: number): number {
    const node = this.#free.pop() ?? this.#slots++
    if (node >= this.#names.length) {
      this.#names = roomFor(this.#names, node + 1, int32)
      this.#nameOctets = roomFor(this.#nameOctets, node + 1, int32)
      this.#parents = roomFor(this.#parents, node + 1, int32)
      this.#children = roomFor(this.#children, node + 1, int32)
      this.#firstRecords = roomFor(this.#firstRecords, node + 1, int32)
      this.#lastRecords = roomFor(this.#lastRecords, node + 1, int32)
    }
    const octets = name.length - this.#apex.length
    this.#names[node] = this.#arena.put(name, 0, octets)
    this.#nameOctets[node] = octets
    this.#parents[node] = parent
    this.#children[node] = 0
    this.#firstRecords[node] = this.#lastRecords[node] = NONE
    this.#byName.put(node, hashText(key))
    return node
  }

  #compact(): void {
    this.#arena.compact((keep) => {
      for (let node = 0; node < this.#slots; node++) {
        const octets = this.#nameOctets[node] as number
        if (octets > 0) this.#names[node] = keep(this.#names[node] as number, octets)
      }
    })
  }
}
