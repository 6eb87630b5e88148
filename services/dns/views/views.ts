/**
 * HOT PATH (slotOf). Which view a client sees: the first that holds its address, watched by
 * test/bench/micro/dns-answer.ts.
 */
import type { Ipv4, Prefix } from '../../../stack/index.ts'
import { keyOf } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { ClientRanges } from './client-ranges.ts'

/** Of the answer table's key a view has an octet. */
export const MAX_VIEWS = 64
/** Beside the subnets of segments; each is compiled anew with every change. */
export const MAX_VIEW_PREFIXES = 1024

/** A view as queries are sorted into it. */
export type ViewRule = { readonly name: string; readonly prefixes: readonly Prefix[]; readonly keys: readonly string[] }

/** The view of those who are in none. */
export const NO_VIEW = 0

export class Views {
  #names: readonly string[] = []
  readonly #ranges = new ClientRanges()
  #keys: ReadonlyMap<NameKey, number> = new Map()

  /** In their order: the first that fits counts. */
  set(rules: readonly ViewRule[]): void {
    this.#names = rules.map(({ name }) => name)
    this.#ranges.set(rules.map(({ prefixes }) => prefixes), ([first = 0]) => first + 1)
    const keys = new Map<NameKey, number>()
    rules.forEach((rule, i) => {
      for (const key of rule.keys) if (!keys.has(keyOf(key))) keys.set(keyOf(key), i + 1)
    })
    this.#keys = keys
  }

  /** HOT. By the source alone; NO_VIEW for none. */
  slotOf(client: Ipv4): number {
    return this.#ranges.slotOf(client)
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
