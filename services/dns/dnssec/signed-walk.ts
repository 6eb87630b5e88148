/**
 * All rows of a zone that is signed here, with signatures and denials, as it was when the walk began: node by node, each
 * read before an edit changes what it owns or what denies its neighbours (zone-walk.ts).
 */
import { TYPE } from '../wire/type-names.ts'
import { SlotWalk } from '../zone/zone-walk.ts'
import type { ZoneRow, ZoneWalk } from '../zone/zone-walk.ts'
import type { Rrset } from '../wire/rrset.ts'
import type { SignedZone } from './signed-zone.ts'

export class SignedWalk implements ZoneWalk {
  readonly #nodes: SlotWalk<readonly ZoneRow[]>
  /** Of the node that is being given. */
  #rows: readonly ZoneRow[] = []
  #at = 0

  constructor(signed: SignedZone, closed: () => void) {
    const { tree } = signed.zone
    this.#nodes = new SlotWalk(tree.end, (node) => (tree.holds(node) ? rowsAt(signed, node) : undefined), closed)
  }

  next(): ZoneRow | undefined {
    while (this.#at === this.#rows.length) {
      const rows = this.#nodes.next()
      if (rows === undefined) return undefined
      this.#rows = rows
      this.#at = 0
    }
    return this.#rows[this.#at++]
  }

  /** What a node gives is about to be otherwise. */
  changing(node: number): void {
    this.#nodes.removing(node)
  }

  /** A node that was not there. */
  made(node: number): void {
    this.#nodes.added(node)
  }

  close(): void {
    this.#nodes.close()
  }
}

function rowsAt(signed: SignedZone, node: number): readonly ZoneRow[] {
  const { rrsets } = signed.zone.nodeAt(node)
  const hidden = signed.zone.endAbove(node) >= 0
  const signatures = hidden ? [] : signed.rrsetsAt(node).map((rrset) => signed.sign(rrset).signatures)
  const denial = signed.denialOf(node)
  const all = [...rrsets.filter((rrset) => rrset.type !== TYPE.SOA), ...signatures, denial?.rrset, denial?.signatures]
  return all.filter((rrset) => rrset !== undefined).flatMap(rowsOf)
}

const rowsOf = (rrset: Rrset): readonly ZoneRow[] =>
  rrset.rdata.map((rdata) => ({ owner: rrset.name, type: rrset.type, ttl: rrset.ttl, rdata }))
