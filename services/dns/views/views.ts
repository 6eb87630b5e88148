/**
 * HOT PATH (slotOf). Which view a client sees, watched by test/bench/micro/dns-answer.ts. Views are few and in an order;
 * their prefixes lie in columns and are gone through one by one, which allocates nothing.
 */
import { maskOf } from '../../../stack/index.ts'
import type { Ipv4, Prefix } from '../../../stack/index.ts'
import { keyOf } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'

/** Each query goes through all prefixes until one fits, about a nanosecond each. */
export const MAX_VIEWS = 64
export const MAX_VIEW_PREFIXES = 1024

/** A view as queries are sorted into it. */
export type ViewRule = { readonly name: string; readonly prefixes: readonly Prefix[]; readonly keys: readonly string[] }

/** The view of those who are in none. */
export const NO_VIEW = 0

export class Views {
  #names: readonly string[] = []
  #networks = new Int32Array(0)
  #masks = new Int32Array(0)
  #slots = new Int32Array(0)
  #keys: ReadonlyMap<NameKey, number> = new Map()

  /** In their order: the first that fits counts. */
  set(rules: readonly ViewRule[]): void {
    const rows = rules.flatMap(({ prefixes }, i) => prefixes.map((prefix) => ({ prefix, slot: i + 1 })))
    this.#names = rules.map(({ name }) => name)
    this.#networks = Int32Array.from(rows, ({ prefix }) => prefix.network)
    this.#masks = Int32Array.from(rows, ({ prefix }) => maskOf(prefix.length))
    this.#slots = Int32Array.from(rows, ({ slot }) => slot)
    const keys = new Map<NameKey, number>()
    rules.forEach((rule, i) => {
      for (const key of rule.keys) if (!keys.has(keyOf(key))) keys.set(keyOf(key), i + 1)
    })
    this.#keys = keys
  }

  /** HOT. By the source alone; NO_VIEW for none. */
  slotOf(client: Ipv4): number {
    const networks = this.#networks
    for (let i = 0; i < networks.length; i++) {
      if ((client & (this.#masks[i] as number)) === networks[i]) return this.#slots[i] as number
    }
    return NO_VIEW
  }

  /** The same for a signed query: a key says more than an address, which many may share. */
  slotFor(client: Ipv4, signer: NameKey | undefined): number {
    return (signer === undefined ? undefined : this.#keys.get(signer)) ?? this.slotOf(client)
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
