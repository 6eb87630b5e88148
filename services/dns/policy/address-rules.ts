/**
 * Rules by address stand in the same kind of table as names, so that lists of a hundred thousand addresses cost as little
 * and cross threads as fast. A prefix is a name of one label that no list can write: what triggers it, its length and its
 * octets as letters ("a" to "p" for 0 to 15), without host bits.
 */
import type { Prefix } from '../../../stack/index.ts'
import { i32, put32 } from '../../../stack/platform/index.ts'
import { formatIpv6 } from '../wire/ipv6.ts'
import { addressText } from './answer-addresses.ts'
import type { NameKey } from '../wire/name.ts'
import type { CompiledList, HashKey } from './model.ts'
import { NameProbe, rulesIn } from './name-table.ts'

/** rpz-client-ip, rpz-ip, rpz-nsip. */
export const ADDRESS_TRIGGERS = { client: 'rpz-client-ip', answer: 'rpz-ip', server: 'rpz-nsip' } as const
export type AddressTrigger = keyof typeof ADDRESS_TRIGGERS

export type AddressPrefix = {
  readonly trigger: AddressTrigger
  /** 4 or 16 octets. */
  readonly network: Uint8Array
  readonly length: number
}

const LETTERS: { readonly [trigger in AddressTrigger]: string } = { client: 'c', answer: 'a', server: 's' }

const octetText = (octet: number): string => String.fromCharCode(0x61 + (octet >> 4), 0x61 + (octet & 15))
const octetAt = (text: string, at: number): number => ((text.charCodeAt(at) - 0x61) << 4) | (text.charCodeAt(at + 1) - 0x61)

/** Host bits count as zero. */
export function addressKey({ trigger, network, length }: AddressPrefix): NameKey {
  let label = LETTERS[trigger] + octetText(length)
  for (let i = 0; i < network.length; i++) {
    const bits = Math.min(8, Math.max(0, length - 8 * i))
    label += octetText((network[i] as number) & (0xff00 >> bits))
  }
  return `${String.fromCharCode(label.length)}${label}\0`
}

/** Of the key of an IPv4 prefix: letter, length and octets between a length octet and the root. */
const IPV4_KEY = 1 + 1 + 2 + 2 * 4 + 1
const octetsOf = (key: NameKey): Uint8Array => Uint8Array.from({ length: (key.charCodeAt(0) - 3) / 2 }, (_, i) => octetAt(key, 4 + 2 * i))

/** What triggers the rule. */
export const triggerOf = (key: NameKey): AddressTrigger =>
  (Object.keys(LETTERS) as AddressTrigger[]).find((one) => LETTERS[one] === key[1]) ?? 'answer'

/** The owner of the rule: "24.0.2.0.192.rpz-ip". */
export function addressOwner(key: NameKey): string {
  const octets = octetsOf(key)
  const words = octets.length === 4 ? [...octets].map(String) : wordsOf(octets)
  return [octetAt(key, 2), ...words.reverse(), ADDRESS_TRIGGERS[triggerOf(key)]].join('.')
}

/** The same for other lists: the address alone, which is all that they can say. */
export const addressTextOf = (key: NameKey): string => addressText(octetsOf(key))

/** Of "2001:db8::1": "2001", "db8", "zz", "1". */
const wordsOf = (octets: Uint8Array): string[] => formatIpv6(octets).replace('::', ':zz:').split(':').filter((word) => word !== '')

/** The rules of a list by one trigger. */
export class AddressRules {
  readonly isEmpty: boolean
  readonly #trigger: AddressTrigger
  readonly #compiled: CompiledList
  readonly #probe: NameProbe

  constructor(compiled: CompiledList, trigger: AddressTrigger, hashKey: HashKey) {
    this.#compiled = compiled
    this.#trigger = trigger
    this.#probe = new NameProbe(hashKey)
    this.isEmpty = compiled.prefixLengths.every((one) => one.trigger !== trigger)
  }

  /** All of IPv4. */
  prefixes(): Prefix[] {
    const found: Prefix[] = []
    if (!this.isEmpty) for (const { key } of rulesIn(this.#compiled.addresses)) {
      if (triggerOf(key) === this.#trigger && key.length === IPV4_KEY) found.push({ network: i32(octetsOf(key), 0), length: octetAt(key, 2) })
    }
    return found
  }

  /**
   * The rules of the longest prefix that holds one of the addresses, of equals of the smallest address
   * (draft-vixie-dnsop-dns-rpz §5).
   */
  find(addresses: readonly Uint8Array[]): readonly { readonly key: NameKey; readonly flags: number; readonly reference: number }[] {
    const sorted = addresses.length > 1 ? [...addresses].sort((a, b) => Buffer.compare(a, b)) : addresses
    const { prefixLengths, addresses: table } = this.#compiled
    for (const { trigger, octets, length } of prefixLengths) {
      if (trigger !== this.#trigger) continue
      for (const network of sorted) {
        if (network.length !== octets) continue
        const key = addressKey({ trigger, network, length })
        const probe = this.#probe
        probe.load(key)
        const found = []
        for (let slot = probe.find(table, 0, -1); slot >= 0; slot = probe.find(table, 0, slot)) {
          found.push({ key, flags: probe.flags(table, 0, slot), reference: probe.reference(table, 0, slot) })
        }
        if (found.length > 0) return found
      }
    }
    return []
  }
}

export function octetsOfIpv4(address: number): Uint8Array {
  const octets = new Uint8Array(4)
  put32(octets, 0, address)
  return octets
}
