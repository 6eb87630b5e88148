/**
 * HOT PATH (slotOf). Clients sorted by their addresses, watched by test/bench/micro/dns-answer.ts. The prefixes of all
 * groups become ranges that do not overlap; a client's is found by halving, which allocates nothing.
 *
 *   starts   0.0.0.0 | 10.0.0.0 | 10.9.0.0 | 10.10.0.0 | 11.0.0.0 …   less 2^31: ascending int32
 *   slots          0 |        1 |        2 |         1 |        0 …   what the caller made of the groups that hold it
 */
import type { Ipv4, Prefix } from '../../../stack/index.ts'

/** Addresses less 2^31 are in order as int32, and never leave that form. */
const LOWEST = -(2 ** 31)
const HIGHEST = 2 ** 31 - 1

export class ClientRanges {
  #starts = Int32Array.of(LOWEST)
  #slots = new Uint8Array(1)

  /**
   * `slot` gives the number, below 256, of those who are in just these groups; they are indices of `groups`, in
   * ascending order. 0 is for nobody's.
   */
  set(groups: readonly (readonly Prefix[])[], slot: (groups: readonly number[]) => number): void {
    const edges = new Set([LOWEST])
    for (const prefixes of groups) for (const prefix of prefixes) for (const edge of edgesOf(prefix)) if (edge <= HIGHEST) edges.add(edge)
    this.#starts = Int32Array.from(edges).sort()
    const holders: number[][] = Array.from(this.#starts, () => [])
    groups.forEach((prefixes, group) => {
      for (const prefix of prefixes) {
        const [first, after] = edgesOf(prefix)
        for (let i = this.#rangeOf(first); i < this.#starts.length && (this.#starts[i] as number) < after; i++) {
          const held = holders[i] as number[]
          if (held.at(-1) !== group) held.push(group)
        }
      }
    })
    this.#slots = Uint8Array.from(holders, (held) => (held.length === 0 ? 0 : slot(held)))
  }

  /** HOT. */
  slotOf(client: Ipv4): number {
    return this.#slots[this.#rangeOf(client ^ LOWEST)] as number
  }

  /** HOT. The last range that begins at or before an address less 2^31. */
  #rangeOf(address: number): number {
    const starts = this.#starts
    let low = 0
    for (let high = starts.length; high - low > 1; ) {
      const middle = (low + high) >>> 1
      if ((starts[middle] as number) <= address) low = middle
      else high = middle
    }
    return low
  }
}

/** Its first address, and the one after its last; less 2^31. */
const edgesOf = ({ network, length }: Prefix): readonly [number, number] => [network ^ LOWEST, (network ^ LOWEST) + 2 ** (32 - length)]
