/**
 * HOT PATH (partitionOf). Which rule of forwarding counts for a client and a name, watched by
 * test/bench/micro/dns-answer.ts. Clients that the same rules count for share a partition, which is also the part of the
 * cache that their answers are kept in; 0 is of those that no rule names.
 */
import type { Ipv4, Prefix } from '../../../stack/index.ts'
import { maskOf, parsePrefix } from '../../../stack/index.ts'
import type { ForwardRule } from '../../model/index.ts'
import { isForSome } from '../../model/index.ts'
import { ClientRanges } from '../views/client-ranges.ts'
import { keyOf, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { reverseName, reverseZoneName } from '../zone/reverse.ts'

/** Beside everybody's: each is a cache of its own, and a part of the answer table's key. */
export const MAX_PARTITIONS = 15
/** Each is compiled anew with every change. */
export const MAX_FORWARD_RULES = 512
/** Of those whose rules are too many to tell them apart: nobody is asked for them, rather than somebody else's servers. */
const UNSERVED = MAX_PARTITIONS

/** A rule, and the addresses of its clients with the subnets of its segments; none: it is for all. */
export type ClientRule = { readonly rule: ForwardRule; readonly prefixes: readonly Prefix[] }

/** A rule, and which of its domains the name is at or below. */
export type FoundRule = { readonly rule: ForwardRule; readonly domain: NameKey }

/** Rules by domain, those that come first in front. */
type ByDomain = ReadonlyMap<NameKey, readonly ForwardRule[]>

export class ForwardRules {
  readonly #ranges = new ClientRanges()
  #rules: readonly ClientRule[] = []
  #fallback: ForwardRule | undefined
  #partitions: readonly ByDomain[] = [new Map()]
  #isOverfull = false

  /**
   * Rules that are off are left out. False when the clients are sorted into more than MAX_PARTITIONS: some are then not
   * served at all.
   */
  setRules(rules: readonly ClientRule[]): boolean {
    this.#rules = rules
    this.#use()
    return !this.#isOverfull
  }

  /** Who is asked for what no rule is for; undefined: nobody. */
  setFallback(fallback: ForwardRule | undefined): void {
    this.#fallback = fallback
    this.#use()
  }

  get fallback(): ForwardRule | undefined {
    return this.#fallback
  }

  #use(): void {
    const { partitions, isOverfull } = compile(this.#rules, this.#fallback, this.#ranges)
    this.#partitions = partitions
    this.#isOverfull = isOverfull
  }

  /** What setRules() would return. */
  fits(rules: readonly ClientRule[]): boolean {
    return !compile(rules, undefined, new ClientRanges()).isOverfull
  }

  /** Those that are on, that of the settings at the end. */
  get inUse(): readonly ForwardRule[] {
    const rules = this.#rules.map(({ rule }) => rule).filter(({ enabled }) => enabled)
    return this.#fallback === undefined ? rules : [...rules, this.#fallback]
  }

  /** The same text: the same questions go to the same servers. */
  get text(): string {
    return JSON.stringify([this.#rules, this.#fallback])
  }

  /** HOT. */
  partitionOf(client: Ipv4): number {
    return this.#ranges.slotOf(client)
  }

  /** Everybody's included. */
  get partitions(): number {
    return this.#isOverfull ? UNSERVED + 1 : this.#partitions.length
  }

  /** The rule for a name; undefined: nobody is asked. */
  find(partition: number, key: NameKey): FoundRule | undefined {
    return this.walk(partition, key).next().value
  }

  /** The rules for a name, in the order in which they come. */
  *walk(partition: number, key: NameKey): Generator<FoundRule, undefined> {
    const rules = this.#partitions[partition]
    if (rules === undefined) return undefined
    for (let domain = key; ; domain = parentKey(domain)) {
      for (const rule of rules.get(domain) ?? []) yield { rule, domain }
      if (domain === ROOT_KEY) return undefined
    }
  }

  /**
   * True when a rule is for this name that is for `domain` or something below it: names that are otherwise only for
   * local use are then asked of its servers.
   */
  claims(partition: number, key: NameKey, domain: NameKey): boolean {
    const rules = this.#partitions[partition]
    if (rules === undefined) return false
    for (let at = key; at.length >= domain.length; at = parentKey(at)) {
      if (rules.has(at)) return true
      if (at === ROOT_KEY) return false
    }
    return false
  }
}

type Compiled = { readonly partitions: readonly ByDomain[]; readonly isOverfull: boolean }

/** Fills `ranges` with the numbers of partitions. */
function compile(rules: readonly ClientRule[], fallback: ForwardRule | undefined, ranges: ClientRanges): Compiled {
  const enabled = rules.filter(({ rule }) => rule.enabled)
  const general = enabled.filter(({ rule }) => !isForSome(rule)).map(({ rule }) => rule)
  const some = enabled.filter(({ rule }) => isForSome(rule))
  const last = fallback === undefined ? general : [...general, fallback]
  const partitions: ByDomain[] = [byDomain(last)]
  const numbers = new Map<string, number>()
  let isOverfull = false
  ranges.set(some.map(({ prefixes }) => prefixes), (groups) => {
    const key = groups.join()
    const known = numbers.get(key)
    if (known !== undefined) return known
    if (partitions.length >= UNSERVED) {
      isOverfull = true
      return UNSERVED
    }
    const number = partitions.length
    numbers.set(key, number)
    partitions.push(byDomain([...groups.map((group) => (some[group] as ClientRule).rule), ...last]))
    return number
  })
  return { partitions, isOverfull }
}

function byDomain(rules: readonly ForwardRule[]): ByDomain {
  const map = new Map<NameKey, ForwardRule[]>()
  for (const rule of rules) {
    for (const key of keysOf(rule.domain)) {
      const list = map.get(key)
      if (list === undefined) map.set(key, [rule])
      else list.push(rule)
    }
  }
  return map
}

/** The domains that a rule is for: of a block of addresses as many as it takes whole, at most 128. */
export function keysOf(domain: string): readonly NameKey[] {
  const prefix = domain.includes('/') ? parsePrefix(domain) : undefined
  return prefix === undefined ? [keyOf(domain)] : reverseDomains(prefix).map(keyOf)
}

/** 10.0.0.0/8 → "10.in-addr.arpa"; 10.0.0.0/23 → "0.0.10.in-addr.arpa" and "1.0.10.in-addr.arpa". */
export function reverseDomains({ network, length }: Prefix): readonly string[] {
  const octets = Math.ceil(length / 8)
  const names: string[] = []
  for (let i = 0; i < 2 ** (8 * octets - length); i++) {
    const at = (network | (i << (32 - 8 * octets))) & maskOf(8 * octets)
    names.push(octets === 4 ? reverseName(at) : reverseZoneName({ network: at, length: 8 * octets }))
  }
  return names
}
