/** Rules by address: the longest prefix that holds one. Only answers that were looked up come here, so a Map will do. */
import type { AddressRule } from './model.ts'

export class AddressIndex {
  /** Longest first: octets of the family, prefix length, rules by the prefix's octets. */
  readonly #lengths: { readonly octets: number; readonly length: number; readonly rules: Map<string, AddressRule> }[] = []

  constructor(rules: readonly AddressRule[]) {
    for (const rule of rules) {
      const octets = rule.network.length
      let same = this.#lengths.find((one) => one.octets === octets && one.length === rule.length)
      if (same === undefined) this.#lengths.push((same = { octets, length: rule.length, rules: new Map() }))
      same.rules.set(masked(rule.network, rule.length), rule)
    }
    this.#lengths.sort((a, b) => b.length - a.length)
  }

  get isEmpty(): boolean {
    return this.#lengths.length === 0
  }

  /** 4 or 16 octets. */
  find(address: Uint8Array): AddressRule | undefined {
    for (const { octets, length, rules } of this.#lengths) {
      const rule = octets === address.length ? rules.get(masked(address, length)) : undefined
      if (rule !== undefined) return rule
    }
    return undefined
  }

  /** Of several addresses: the longest prefix counts, then the smallest address (draft-vixie-dnsop-dns-rpz §5). */
  findAny(addresses: readonly Uint8Array[]): AddressRule | undefined {
    let best: { readonly rule: AddressRule; readonly address: Uint8Array } | undefined
    for (const address of addresses) {
      const rule = this.find(address)
      if (rule === undefined) continue
      const first = best === undefined || rule.length > best.rule.length || (rule.length === best.rule.length && Buffer.compare(address, best.address) < 0)
      if (first) best = { rule, address }
    }
    return best?.rule
  }
}

/** The first `length` bits as a key. */
function masked(address: Uint8Array, length: number): string {
  const key = Buffer.alloc(Math.ceil(length / 8))
  for (let i = 0; i < key.length; i++) key[i] = address[i] as number
  if ((length & 7) !== 0) key[key.length - 1] = (key[key.length - 1] as number) & (0xff00 >> (length & 7))
  return key.toString('latin1')
}
