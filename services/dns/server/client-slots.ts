/**
 * HOT PATH. Clients for whom finished answers may differ are told apart by one octet of the answer table's key: it stands
 * for a view, a policy and a part of the cache together. Watched by test/bench/micro/dns-answer.ts.
 */

/** Bounds of the three parts: views/views.ts has 64 beside "none", policy/decision.ts 256, partitions are 16. */
const VIEWS = 128
const POLICIES = 256
const PARTITIONS = 16
/** More combinations than the octet can name share this slot, and nothing is kept for it. */
export const UNKEPT = 255

export class ClientSlots {
  /** By view, policy and partition; 0: not met yet, else the slot and 1. */
  readonly #slots = new Uint8Array(VIEWS * POLICIES * PARTITIONS)
  #next = 0

  /** HOT. The slot of a combination. */
  slotOf(view: number, policySet: number, partition: number): number {
    const index = (partition * POLICIES + policySet) * VIEWS + view
    const known = this.#slots[index] as number
    return known === 0 ? this.#give(index) : known - 1
  }

  #give(index: number): number {
    if (this.#next === UNKEPT) return UNKEPT
    this.#slots[index] = this.#next + 1
    return this.#next++
  }

  /** To begin with when everything finished is forgotten. */
  clear(): void {
    this.#slots.fill(0)
    this.#next = 0
  }
}
