/** Rules on their way into a compiled list, and what became of each line. */
import { addressKey } from './address-rules.ts'
import type { AddressPrefix } from './address-rules.ts'
import { ACTION, SCOPE } from './model.ts'
import type { CompiledList, HashKey, ListFormat, ListKind, NotUnderstood, RuleDetail } from './model.ts'
import type { LineRule } from './list-line.ts'
import { nameOfKey } from '../wire/name.ts'
import { flagsOf } from './name-table.ts'
import { NameTableBuilder } from './name-table-builder.ts'
import { markNodes } from './rpz-names.ts'
import { shown } from './rule-name.ts'

/** Four times the largest lists that people use; some 160 MB. */
export const MAX_RULES = 4_000_000
/** Rules that say more than a name are objects. Twice what a policy zone of malicious addresses has. */
export const MAX_DETAILS = 200_000
/** A person looks at no more. */
const MOST_EXAMPLES = 20
/** Estimated memory of an object that holds a rule. */
const DETAIL_OCTETS = 300

/** What has the name or address: the question, or a server of the zone that the answer is in. */
type RulesOf = 'names' | 'servers' | 'addresses'

export class ListBuilder {
  readonly #format: ListFormat
  readonly #kind: ListKind
  readonly #hashKey: HashKey
  readonly #tables: { readonly [of in RulesOf]: NameTableBuilder }
  readonly #prefixLengths = new Map<string, CompiledList['prefixLengths'][number]>()
  readonly #details: RuleDetail[] = []
  readonly #seen = new Set<string>()
  readonly #examples: NotUnderstood[] = []
  #notUnderstood = 0
  #duplicates = 0

  constructor(format: ListFormat, kind: ListKind, hashKey: HashKey) {
    this.#format = format
    this.#kind = kind
    this.#hashKey = hashKey
    this.#tables = { names: new NameTableBuilder(hashKey), servers: new NameTableBuilder(hashKey), addresses: new NameTableBuilder(hashKey) }
  }

  /** What is wrong with it is returned. */
  add(line: number, rule: LineRule, of: RulesOf = 'names'): string | undefined {
    const table = this.#tables[of]
    if (table.count >= MAX_RULES) return `the list has more than ${MAX_RULES} rules`
    const { detail } = rule
    if (detail === undefined) return this.#said(table.add(rule.name, flagsOf(rule.action, rule.scope, rule.important), line))
    if (this.#details.length >= MAX_DETAILS) return `the list has more than ${MAX_DETAILS} rules that say more than a name`
    if (this.#isKnown(`${of} ${detail.form ?? detail.text} ${detail.cancels ?? ''}`)) return undefined
    const said = this.#said(table.add(rule.name, flagsOf(ACTION.detail, rule.scope, rule.important), this.#details.length))
    if (said === undefined) this.#details.push({ line, ...detail })
    return said
  }

  /** A rule about an address, whose name is its addressKey(). */
  addAddress(line: number, prefix: AddressPrefix, rule: Omit<LineRule, 'name' | 'scope' | 'address'>): string | undefined {
    const { trigger, network, length } = prefix
    this.#prefixLengths.set(`${trigger} ${network.length} ${length}`, { trigger, octets: network.length, length })
    return this.add(line, { ...rule, name: nameOfKey(addressKey(prefix)), scope: SCOPE.exact }, 'addresses')
  }

  refuse(line: number, text: string | (() => string), reason: string): void {
    this.#notUnderstood++
    if (this.#examples.length >= MOST_EXAMPLES) return
    this.#examples.push({ line, text: shown(typeof text === 'string' ? text : text()), reason })
  }

  finish(lines: number): CompiledList {
    const marked = this.#format === 'rpz' ? markNodes(this.#tables.names, this.#hashKey) + markNodes(this.#tables.servers, this.#hashKey) : 0
    const [names, servers, addresses] = [this.#tables.names.finish(), this.#tables.servers.finish(), this.#tables.addresses.finish()]
    let octets = DETAIL_OCTETS * this.#details.length
    for (const { tags, slots, arena } of [names, servers, addresses]) octets += tags.byteLength + slots.byteLength + arena.byteLength
    const prefixLengths = [...this.#prefixLengths.values()].sort((a, b) => b.length - a.length)
    return {
      format: this.#format, kind: this.#kind, hashKey: this.#hashKey, names, servers, addresses, prefixLengths, details: this.#details,
      report: {
        format: this.#format, lines, rules: names.count + servers.count + addresses.count - marked, duplicates: this.#duplicates,
        notUnderstood: this.#notUnderstood, examples: this.#examples, octets,
      },
    }
  }

  #isKnown(rule: string): boolean {
    const known = this.#seen.size === this.#seen.add(rule).size
    if (known) this.#duplicates++
    return known
  }

  #said(what: 'added' | 'duplicate' | 'full'): string | undefined {
    if (what === 'duplicate') this.#duplicates++
    return what === 'full' ? 'the name has too many rules already' : undefined
  }
}
