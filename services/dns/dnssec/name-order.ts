/**
 * The names of a signed zone in canonical order, for its NSEC chain (RFC 4034 §4.1.1). All nodes of the tree stand in
 * the order; those that have no NSEC record are passed over when it is read: empty non-terminals, of which no more
 * follow one another than a name has labels, and what lies below a delegation or a DNAME, which is left by one jump.
 */
import type { NameKey } from '../wire/name.ts'
import { APEX } from '../zone/zone-nodes.ts'
import type { LiveZone } from '../zone/zone.ts'
import { orderKey } from './canonical.ts'
import { SlotOrder } from './slot-order.ts'

/** A character behind all that an order key has: no name below stands after it. */
const BEHIND_ALL = '\0\uffff'

export class NameOrder {
  readonly #zone: LiveZone
  readonly #order = new SlotOrder()

  constructor(zone: LiveZone) {
    this.#zone = zone
  }

  insert(node: number): void {
    this.#order.insert(node, this.#place(this.#keyOf(node)))
  }

  remove(node: number): void {
    this.#order.remove(node, this.#place(this.#keyOf(node)))
  }

  /** Whether a node has an NSEC record. */
  isMember(node: number): boolean {
    return this.#zone.ownsRecords(node) && this.#zone.endAbove(node) < 0
  }

  /** The member of that name, or the last one before it. */
  atOrBefore(key: NameKey): number {
    return this.#memberBackFrom(this.#order.seek(this.#place(orderKey(key, this.#zone.key.length))))
  }

  /** The last member before a node. */
  before(node: number): number {
    this.#order.seek(this.#place(this.#keyOf(node)))
    return this.#memberBackFrom(this.#order.previous())
  }

  /** The member after a member; after the last comes the apex. */
  after(member: number): number {
    const order = this.#keyOf(member)
    this.#order.seek(this.#place(this.#zone.endsAt(member) ? order + BEHIND_ALL : order))
    let node = this.#order.following()
    while (!this.#zone.ownsRecords(node)) node = this.#order.following()
    return node
  }

  /** All nodes below a node. */
  below(node: number): readonly number[] {
    const { tree } = this.#zone
    const nodes: number[] = []
    const order = this.#keyOf(node)
    this.#order.seek(this.#place(order))
    for (let next = this.#order.following(); next !== APEX && tree.compare(order + BEHIND_ALL, next) > 0; next = this.#order.following()) nodes.push(next)
    return nodes
  }

  #memberBackFrom(from: number): number {
    let node = from
    for (;;) {
      const end = this.#zone.endAbove(node)
      if (end >= 0) return end
      if (this.#zone.ownsRecords(node)) return node
      // Where the order stands: nothing but a jump to where the zone ends, which ends the search, leaves it.
      node = this.#order.previous()
    }
  }

  #keyOf(node: number): string {
    return orderKey(this.#zone.tree.key(node), this.#zone.key.length)
  }

  #place(order: string): (node: number) => number {
    const { tree } = this.#zone
    return (node) => tree.compare(order, node)
  }
}
