/**
 * The hashed names of a signed zone in order, for its NSEC3 chain (RFC 5155 §7.1). Every node has a hash, empty
 * non-terminals too; those below a delegation or a DNAME are passed over when the order is read.
 */
import { roomFor } from '../../../stack/platform/index.ts'
import type { NameKey } from '../wire/name.ts'
import type { LiveZone } from '../zone/zone.ts'
import { nsec3Hash, SHA1_OCTETS } from './nsec3-hash.ts'
import type { HashParameters } from './security.ts'
import { SlotOrder } from './slot-order.ts'

const uint8 = (length: number): Uint8Array => new Uint8Array(length)

export class HashOrder {
  readonly #zone: LiveZone
  readonly #parameters: HashParameters
  readonly #order = new SlotOrder()
  /** By node. */
  #hashes = uint8(16 * SHA1_OCTETS)

  constructor(zone: LiveZone, parameters: HashParameters) {
    this.#zone = zone
    this.#parameters = parameters
  }

  hash(key: NameKey): Uint8Array {
    return nsec3Hash(key, this.#parameters.salt, this.#parameters.iterations)
  }

  hashOf(node: number): Uint8Array {
    return this.#hashes.slice(node * SHA1_OCTETS, (node + 1) * SHA1_OCTETS)
  }

  insert(node: number): void {
    const digest = this.hash(this.#zone.tree.key(node))
    this.#hashes = roomFor(this.#hashes, (node + 1) * SHA1_OCTETS, uint8)
    this.#hashes.set(digest, node * SHA1_OCTETS)
    this.#order.insert(node, this.#place(digest))
  }

  remove(node: number): void {
    this.#order.remove(node, this.#place(this.hashOf(node)))
  }

  isMember(node: number): boolean {
    return this.#zone.endAbove(node) < 0
  }

  /** The member with that hash, or the last one before it. */
  atOrBefore(digest: Uint8Array): number {
    let node = this.#order.seek(this.#place(digest))
    while (!this.isMember(node)) node = this.#order.previous()
    return node
  }

  before(node: number): number {
    this.#order.seek(this.#place(this.hashOf(node)))
    let before = this.#order.previous()
    while (!this.isMember(before)) before = this.#order.previous()
    return before
  }

  after(member: number): number {
    this.#order.seek(this.#place(this.hashOf(member)))
    let node = this.#order.following()
    while (!this.isMember(node)) node = this.#order.following()
    return node
  }

  #place(digest: Uint8Array): (node: number) => number {
    return (node) => {
      const at = node * SHA1_OCTETS
      for (let i = 0; i < SHA1_OCTETS; i++) {
        const difference = (digest[i] as number) - (this.#hashes[at + i] as number)
        if (difference !== 0) return difference
      }
      return 0
    }
  }
}
