/**
 * The signatures of one zone, in columns: by node, the type that is signed, and the key. A million names with an address
 * and an NSEC each take 200 MB. Bounded by the RRsets of the zone times its keys.
 */
import { OctetArena, roomFor } from '../../../stack/platform/index.ts'

const FIRST_SLOTS = 16
const NONE = -1
const int32 = (length: number): Int32Array => new Int32Array(length)
const empty = (length: number): Int32Array => new Int32Array(length).fill(NONE)
const float64 = (length: number): Float64Array => new Float64Array(length)

export class SignatureStore {
  /** By node: the first entry of its chain. */
  #heads = empty(FIRST_SLOTS)
  #next = int32(FIRST_SLOTS)
  #types = int32(FIRST_SLOTS)
  #keys = int32(FIRST_SLOTS)
  #inceptions = float64(FIRST_SLOTS)
  #expirations = float64(FIRST_SLOTS)
  #offsets = int32(FIRST_SLOTS)
  #octets = int32(FIRST_SLOTS)
  readonly #arena = new OctetArena()
  #slots = 0
  /** First of the chain of free entries, which keep their octets for the next signature of that length. */
  #free = NONE
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The entry of a signature; −1 when there is none. */
  find(node: number, type: number, key: number): number {
    if (node >= this.#heads.length) return NONE
    let entry = this.#heads[node] as number
    while (entry >= 0 && (this.#types[entry] !== type || this.#keys[entry] !== key)) entry = this.#next[entry] as number
    return entry
  }

  /** Seconds since 1970. */
  inception(entry: number): number {
    return this.#inceptions[entry] as number
  }
  expiration(entry: number): number {
    return this.#expirations[entry] as number
  }

  /** A copy. */
  signature(entry: number): Uint8Array {
    const at = this.#offsets[entry] as number
    return this.#arena.bytes.slice(at, at + (this.#octets[entry] as number))
  }

  /** Keeps a signature in the place of the one before. */
  put(node: number, type: number, key: number, inception: number, expiration: number, signature: Uint8Array): number {
    const known = this.find(node, type, key)
    const entry = known >= 0 ? known : this.#add(node)
    this.#types[entry] = type
    this.#keys[entry] = key
    this.#inceptions[entry] = inception
    this.#expirations[entry] = expiration
    if (this.#octets[entry] === signature.length) this.#arena.bytes.set(signature, this.#offsets[entry] as number)
    else this.#place(entry, signature)
    return entry
  }

  /** Forgets the signatures of one RRset. */
  drop(node: number, type: number): void {
    this.#dropWhere(node, (entry) => this.#types[entry] === type)
  }

  /** Forgets all of a node. */
  dropNode(node: number): void {
    this.#dropWhere(node, () => true)
  }

  /** Forgets, over all nodes, those of a type or those of keys that do not count any more. */
  dropAll(goes: (type: number, key: number) => boolean): void {
    for (let node = 0; node < this.#heads.length; node++) {
      this.#dropWhere(node, (entry) => goes(this.#types[entry] as number, this.#keys[entry] as number))
    }
  }

  #dropWhere(node: number, goes: (entry: number) => boolean): void {
    if (node >= this.#heads.length) return
    let before = NONE
    for (let entry = this.#heads[node] as number; entry >= 0; ) {
      const next = this.#next[entry] as number
      if (goes(entry)) {
        if (before < 0) this.#heads[node] = next
        else this.#next[before] = next
        this.#next[entry] = this.#free
        this.#free = entry
        this.#size--
      } else before = entry
      entry = next
    }
  }

  #add(node: number): number {
    this.#size++
    const known = this.#heads.length
    this.#heads = roomFor(this.#heads, node + 1, int32)
    if (this.#heads.length > known) this.#heads.fill(NONE, known)
    const entry = this.#free >= 0 ? this.#free : this.#slots++
    if (entry === this.#free) this.#free = this.#next[entry] as number
    else if (entry >= this.#next.length) this.#growTo(entry + 1)
    this.#next[entry] = this.#heads[node] as number
    this.#heads[node] = entry
    return entry
  }

  #place(entry: number, signature: Uint8Array): void {
    this.#arena.free(this.#octets[entry] as number)
    this.#offsets[entry] = this.#arena.put(signature, 0, signature.length)
    this.#octets[entry] = signature.length
    if (!this.#arena.wasteful) return
    this.#arena.compact((keep) => {
      for (let i = 0; i < this.#slots; i++) this.#offsets[i] = keep(this.#offsets[i] as number, this.#octets[i] as number)
    })
  }

  #growTo(length: number): void {
    this.#next = roomFor(this.#next, length, int32)
    this.#types = roomFor(this.#types, length, int32)
    this.#keys = roomFor(this.#keys, length, int32)
    this.#inceptions = roomFor(this.#inceptions, length, float64)
    this.#expirations = roomFor(this.#expirations, length, float64)
    this.#offsets = roomFor(this.#offsets, length, int32)
    this.#octets = roomFor(this.#octets, length, int32)
  }
}
