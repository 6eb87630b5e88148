/**
 * A response policy zone (draft-vixie-dnsop-dns-rpz) becomes rules, record by record: from a master file, or as it was
 * transferred. What a CNAME leads to says what to do (§3.1); other records are what the client gets (§3.6).
 */
import { formatKey, formatName, isWildcard, nameKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { formatRdata, leadingName } from '../wire/rdata.ts'
import { TYPE, typeName } from '../wire/type-names.ts'
import { ListBuilder } from './list-builder.ts'
import { ACTION } from './model.ts'
import type { CompiledList, HashKey, PlainAction, RuleRecords } from './model.ts'
import { readTrigger } from './rpz-trigger.ts'
import type { Trigger } from './rpz-trigger.ts'

export type PolicyRecord = { readonly name: Name; readonly type: number; readonly ttl: number; readonly rdata: Uint8Array }

const ACTIONS: { readonly [target: string]: Exclude<PlainAction, 'block'> } = {
  '.': 'nxdomain', '*': 'nodata', 'rpz-passthru': 'allow', 'rpz-drop': 'drop', 'rpz-tcp-only': 'tcp-only',
}
/** What a zone has for itself, or what would be believed of other names than the one asked for. */
const NOT_FOR_ANSWERS: ReadonlySet<number> = new Set([
  TYPE.SOA, TYPE.NS, TYPE.DNAME, TYPE.RRSIG, TYPE.NSEC, TYPE.NSEC3, TYPE.NSEC3PARAM, TYPE.DNSKEY, TYPE.DS,
])

type LocalRecord = { readonly type: number; readonly ttl: number; readonly rdata: Uint8Array[] }
type Local = { readonly line: number; readonly trigger: Exclude<Trigger, { kind: 'apex' }>; readonly text: string; readonly records: LocalRecord[] }

export class RpzCompiler {
  readonly #apex: NameKey
  readonly #list: ListBuilder
  /** Records of one owner are one rule, and need not stand together. */
  readonly #local = new Map<NameKey, Local>()

  constructor(apex: Name, hashKey: HashKey) {
    this.#apex = nameKey(apex)
    this.#list = new ListBuilder('rpz', 'block', hashKey)
  }

  /** Takes a record of the zone; `line` is that of its file, or 0. */
  add(record: PolicyRecord, line: number): void {
    const reason = this.#add(record, line)
    const text = (): string => `${formatName(record.name)} ${typeName(record.type)} ${formatRdata(record.type, record.rdata)}`
    if (reason !== undefined) this.refuse(line, text, reason)
  }

  refuse(line: number, text: string | (() => string), reason: string): void {
    this.#list.refuse(line, text, reason)
  }

  finish(lines: number): CompiledList {
    for (const { line, trigger, text, records } of this.#local.values()) {
      const reason = this.#rule(trigger, line, 'records', text, records)
      if (reason !== undefined) this.refuse(line, text, reason)
    }
    return this.#list.finish(lines)
  }

  #add(record: PolicyRecord, line: number): string | undefined {
    const owner = nameKey(record.name)
    const trigger = readTrigger(owner, this.#apex)
    if (!trigger.ok) return trigger.error
    if (trigger.value.kind === 'apex') return undefined
    const text = this.#text(owner, record)
    if (record.type === TYPE.CNAME) {
      const target = leadingName(record.rdata)
      const action = this.#action(owner, nameKey(target))
      if (action === 'unknown') return `what ${formatName(target)} is to do is not known; names of actions end with a dot`
      if (action !== undefined) return this.#rule(trigger.value, line, action, text, undefined)
    } else if (NOT_FOR_ANSWERS.has(record.type)) return `records of type ${typeName(record.type)} cannot be answers of a policy`
    const local = this.#local.get(owner) ?? { line, trigger: trigger.value, text, records: [] }
    this.#local.set(owner, local)
    const rrset = local.records.find(({ type }) => type === record.type)
    if (rrset === undefined) local.records.push({ type: record.type, ttl: record.ttl, rdata: [record.rdata] })
    else rrset.rdata.push(record.rdata)
    return undefined
  }

  /** Undefined: the target is an alias like any other. */
  #action(owner: NameKey, target: NameKey): Exclude<PlainAction, 'block'> | 'unknown' | undefined {
    const text = formatKey(target)
    const action = ACTIONS[text]
    if (action !== undefined) return action
    // How passthru was written before it had a name: an alias to the name that the rule is for.
    const relative = `${owner.slice(0, owner.length - this.#apex.length)}\0`
    if (target === relative || (isWildcard(relative) && target === relative.slice(2))) return 'allow'
    return /^rpz-[^.]+(\.|$)/.test(text) ? 'unknown' : undefined
  }

  #text(owner: NameKey, record: PolicyRecord): string {
    const name = formatKey(`${owner.slice(0, owner.length - this.#apex.length)}\0`)
    return `${name} ${typeName(record.type)} ${formatRdata(record.type, record.rdata, 'final-dots')}`
  }

  #rule(
    trigger: Exclude<Trigger, { kind: 'apex' }>, line: number, action: Exclude<PlainAction, 'block'> | 'records', text: string,
    records: RuleRecords | undefined,
  ): string | undefined {
    const rule = {
      action: action === 'records' ? ACTION.block : ACTION[action], important: false,
      detail: records === undefined ? undefined : { text, action, records },
    }
    if (trigger.kind === 'address') return this.#list.addAddress(line, trigger, rule)
    return this.#list.add(line, { ...rule, name: trigger.name, scope: trigger.scope }, trigger.of)
  }
}
