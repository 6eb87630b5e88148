/** Rules on their way into a compiled list, and what became of each line. */
import { ACTION } from './model.ts'
import type { AddressRule, CompiledList, HashKey, ListFormat, ListKind, NotUnderstood, RuleDetail } from './model.ts'
import type { LineRule } from './list-line.ts'
import { flagsOf } from './name-table.ts'
import { NameTableBuilder } from './name-table-builder.ts'
import { shown } from './rule-name.ts'

/** Four times the largest lists that people use; some 160 MB. */
export const MAX_RULES = 4_000_000
/** Rules that say more than a name are objects. Twice what a policy zone of malicious addresses has. */
export const MAX_DETAILS = 200_000
/** A person looks at no more. */
const MOST_EXAMPLES = 20
/** Estimated memory of an object that holds a rule. */
const DETAIL_OCTETS = 300

export class ListBuilder {
  readonly #format: ListFormat
  readonly #kind: ListKind
  readonly #hashKey: HashKey
  readonly #names: NameTableBuilder
  readonly #servers: NameTableBuilder
  readonly #addresses: AddressRule[] = []
  readonly #details: RuleDetail[] = []
  readonly #seen = new Set<string>()
  readonly #examples: NotUnderstood[] = []
  #notUnderstood = 0
  #duplicates = 0

  constructor(format: ListFormat, kind: ListKind, hashKey: HashKey) {
    this.#format = format
    this.#kind = kind
    this.#hashKey = hashKey
    this.#names = new NameTableBuilder(hashKey)
    this.#servers = new NameTableBuilder(hashKey)
  }

  /** `of`: what has the name, the question or a server of the zone that it is in. What is wrong with it is returned. */
  add(line: number, rule: LineRule, of: 'question' | 'server' = 'question'): string | undefined {
    const table = of === 'question' ? this.#names : this.#servers
    if (table.count >= MAX_RULES) return `the list has more than ${MAX_RULES} rules`
    const { detail } = rule
    if (detail === undefined) return this.#said(table.add(rule.name, flagsOf(rule.action, rule.scope, rule.important), line))
    if (this.#isFull()) return `the list has more than ${MAX_DETAILS} rules that say more than a name`
    if (this.#isKnown(`${of} ${detail.form ?? detail.text} ${detail.cancels ?? ''}`)) return undefined
    const said = this.#said(table.add(rule.name, flagsOf(ACTION.detail, rule.scope, rule.important), this.#details.length))
    if (said === undefined) this.#details.push({ line, ...detail })
    return said
  }

  addAddress(rule: AddressRule): string | undefined {
    if (this.#isFull()) return `the list has more than ${MAX_DETAILS} rules that say more than a name`
    if (!this.#isKnown(`${rule.trigger} ${rule.network.join('.')}/${rule.length}`)) this.#addresses.push(rule)
    return undefined
  }

  refuse(line: number, text: string | (() => string), reason: string): void {
    this.#notUnderstood++
    if (this.#examples.length >= MOST_EXAMPLES) return
    this.#examples.push({ line, text: shown(typeof text === 'string' ? text : text()), reason })
  }

  finish(lines: number): CompiledList {
    const names = this.#names.finish()
    const servers = this.#servers.finish()
    let octets = DETAIL_OCTETS * (this.#details.length + this.#addresses.length)
    for (const { tags, slots, arena } of [names, servers]) octets += tags.byteLength + slots.byteLength + arena.byteLength
    return {
      format: this.#format, kind: this.#kind, hashKey: this.#hashKey, names, servers, addresses: this.#addresses, details: this.#details,
      report: {
        format: this.#format, lines, rules: names.count + servers.count + this.#addresses.length, duplicates: this.#duplicates,
        notUnderstood: this.#notUnderstood, examples: this.#examples, octets,
      },
    }
  }

  #isFull(): boolean {
    return this.#details.length + this.#addresses.length >= MAX_DETAILS
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
