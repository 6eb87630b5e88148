/**
 * HOT PATH (slotOf). Which view a client sees, watched by test/bench/micro/dns-answer.ts. The prefixes of all views become
 * ranges that do not overlap, each of the first view that holds it; a client's is found by halving, which allocates
 * nothing.
 *
 *   starts   0.0.0.0 | 10.0.0.0 | 10.9.0.0 | 10.10.0.0 | 11.0.0.0 …   less 2^31: ascending int32
 *   slots          0 |        1 |        2 |         1 |        0 …   0: no view
 */
import type { Ipv4, Prefix } from '../../../stack/index.ts'
import { keyOf } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'

/** Of the answer table's key a view has an octet. */
export const MAX_VIEWS = 64
/** Beside the subnets of segments; each is compiled anew with every change. */
export const MAX_VIEW_PREFIXES = 1024

/** A view as queries are sorted into it. */
export type ViewRule = { readonly name: string; readonly prefixes: readonly Prefix[]; readonly keys: readonly string[] }

/** Addresses less 2^31 are in order as int32, and never leave that form. */
const LOWEST = -(2 ** 31)
const HIGHEST = 2 ** 31 - 1

/** The view of those who are in none. */
export const NO_VIEW = 0

export class Views {
  #names: readonly string[] = []
  #starts = Int32Array.of(LOWEST)
  #slots = new Uint8Array(1)
  #keys: ReadonlyMap<NameKey, number> = new Map()

  /** In their order: the first that fits counts. */
  set(rules: readonly ViewRule[]): void {
    this.#names = rules.map(({ name }) => name)
    const edges = new Set([LOWEST])
    for (const { prefixes } of rules) for (const prefix of prefixes) for (const edge of edgesOf(prefix)) if (edge <= HIGHEST) edges.add(edge)
    this.#starts = Int32Array.from(edges).sort()
    this.#slots = new Uint8Array(this.#starts.length)
    rules.forEach(({ prefixes }, i) => {
      for (const prefix of prefixes) this.#claim(edgesOf(prefix), i + 1)
    })
    const keys = new Map<NameKey, number>()
    rules.forEach((rule, i) => {
      for (const key of rule.keys) if (!keys.has(keyOf(key))) keys.set(keyOf(key), i + 1)
    })
    this.#keys = keys
  }

  /** Gives ranges that no view before has to this one. */
  #claim([first, after]: readonly [number, number], slot: number): void {
    for (let i = this.#rangeOf(first); i < this.#starts.length && (this.#starts[i] as number) < after; i++) {
      if (this.#slots[i] === NO_VIEW) this.#slots[i] = slot
    }
  }

  /** HOT. By the source alone; NO_VIEW for none. */
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

  /** The same for a signed query: a key says more than an address, which many may share. */
  slotFor(client: Ipv4, signer: NameKey | undefined): number {
    return (signer === undefined ? undefined : this.#keys.get(signer)) ?? this.slotOf(client)
  }

  get names(): readonly string[] {
    return this.#names
  }

  has(name: string): boolean {
    return this.#names.includes(name)
  }

  nameOf(slot: number): string | undefined {
    return this.#names[slot - 1]
  }

  /** The name of the view that a client sees. */
  viewOf(client: Ipv4, signer: NameKey | undefined): string | undefined {
    return this.nameOf(this.slotFor(client, signer))
  }
}

/** Its first address, and the one after its last; less 2^31. */
const edgesOf = ({ network, length }: Prefix): readonly [number, number] => [network ^ LOWEST, (network ^ LOWEST) + 2 ** (32 - length)]
