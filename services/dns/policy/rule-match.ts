/** Which rules of lists a name meets, and which of them decides. */
import { contains } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { formatKey, isAtOrBelow } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { addressOwner, addressTextOf } from './address-rules.ts'
import type { AddressRules } from './address-rules.ts'
import { ACTION, adblockText, SCOPE } from './model.ts'
import type { PlainAction, PolicyList, RuleDetail, Scope } from './model.ts'
import { actionOf, counts, isImportant, scopeOf } from './name-table.ts'
import { fits } from './name-pattern.ts'
import type { NameProbe } from './name-table.ts'

/** What is asked, and by whom. */
export type Asked = { readonly key: NameKey; readonly type: number; readonly client: Ipv4 }

export type RuleMatch = {
  readonly list: PolicyList
  /** Whether it is about names that are asked for, about servers, or about addresses. */
  readonly of: 'names' | 'servers' | 'addresses'
  /** The rule's own name, or the key of its address. */
  readonly name: NameKey
  /** Labels of the name that was asked for beyond it. */
  readonly parent: number
  readonly scope: Scope
  readonly action: PlainAction | 'records'
  readonly important: boolean
  readonly detail: RuleDetail | undefined
  readonly line: number
}

const PLAIN_ACTIONS = Object.keys(ACTION) as readonly (keyof typeof ACTION)[]

/** HOT-adjacent: every name that is not in a zone comes here, and nearly all meet no rule at all. */
export function meetsRule(probe: NameProbe, list: PolicyList): boolean {
  const table = list.compiled.names
  for (let parent = 0; parent < probe.count; parent++) if (probe.find(table, parent, -1) >= 0) return true
  return false
}

/** All rules of a list that count for the name in `probe`, the nearest first. */
export function rulesFor(probe: NameProbe, list: PolicyList, key: NameKey, of: 'names' | 'servers' = 'names'): RuleMatch[] {
  const table = list.compiled[of]
  const matches: RuleMatch[] = []
  for (let parent = 0; parent < probe.count; parent++) {
    for (let slot = probe.find(table, parent, -1); slot >= 0; slot = probe.find(table, parent, slot)) {
      const flags = probe.flags(table, parent, slot)
      if (!counts(scopeOf(flags), parent)) continue
      matches.push(matchOf(list, of, key.slice(probe.starts[parent]), parent, flags, probe.reference(table, parent, slot)))
    }
  }
  return matches
}

/** The rules of a list by one of the addresses. */
export const rulesByAddress = (rules: AddressRules, addresses: readonly Uint8Array[], list: PolicyList): readonly RuleMatch[] =>
  rules.find(addresses).map(({ key, flags, reference }) => matchOf(list, 'addresses', key, 0, flags, reference))

/** A rule out of a table. */
export function matchOf(list: PolicyList, of: RuleMatch['of'], name: NameKey, parent: number, flags: number, reference: number): RuleMatch {
  const plain = PLAIN_ACTIONS[actionOf(flags)] as keyof typeof ACTION
  const detail = plain === 'detail' ? (list.compiled.details[reference] as RuleDetail) : undefined
  const action = plain === 'detail' ? (detail as RuleDetail).action : plain
  return { list, of, name, parent, scope: scopeOf(flags), important: isImportant(flags), detail, action, line: detail?.line ?? reference }
}

/** Whether a rule's own conditions hold. */
export function applies({ detail }: RuleMatch, { key, type, client }: Asked): boolean {
  if (detail === undefined) return true
  const { types, clients, except, pattern } = detail
  if (pattern !== undefined && !fits(pattern, key)) return false
  if (types !== undefined && types.codes.includes(type) === types.not) return false
  if (clients !== undefined && clients.prefixes.some((prefix) => contains(prefix, client)) === clients.not) return false
  return except?.some((name) => isAtOrBelow(key, name)) !== true
}

/**
 * Of rules that apply: first those that $badfilter and exceptions from rewriting take away are left out, then the most
 * important is chosen, of equals the nearest to the name, of these the one of the list named first.
 */
export function chosenOf(matches: readonly RuleMatch[]): RuleMatch | undefined {
  let best: RuleMatch | undefined
  for (const match of standing(matches)) if (best === undefined || isBefore(match, best)) best = match
  return best
}

/** The records of a rewrite are those of all rewrites that decide alike. */
export function recordsOf(chosen: RuleMatch, matches: readonly RuleMatch[]): NonNullable<RuleDetail['records']> {
  if (chosen.detail?.rewrite !== true) return chosen.detail?.records ?? []
  const alike = standing(matches).filter((match) => match.action === 'records' && weight(match) === weight(chosen))
  return alike.flatMap(({ detail }) => detail?.records ?? [])
}

function standing(matches: readonly RuleMatch[]): readonly RuleMatch[] {
  const cancelled = matches.flatMap(({ detail }) => detail?.cancels ?? [])
  const isSparing = ({ action, detail }: RuleMatch): boolean => action === 'allow' && detail?.rewrite === true && detail.cancels === undefined
  const spared = matches.filter(isSparing).map(({ detail }) => detail?.form ?? '')
  return matches.filter((match) => {
    const { detail } = match
    if (detail?.cancels !== undefined || (cancelled.length > 0 && cancelled.includes(formOf(match)))) return false
    if (detail?.rewrite !== true) return true
    // "@@||name^$dnsrewrite" is about all rewrites of the name, with a value about that one.
    return match.action !== 'allow' && !spared.some((form) => !form.includes('dnsrewrite=') || form.slice(2) === detail.form)
  })
}

/** What people of this network wrote, then $important, then rewrites, exceptions and blocks. */
const weight = ({ list, important, detail, action }: RuleMatch): number =>
  (list.important ? 8 : 0) + (important ? 4 : 0) + (detail?.rewrite === true ? 2 : action === 'allow' ? 1 : 0)

const isBefore = (a: RuleMatch, b: RuleMatch): boolean => weight(a) > weight(b) || (weight(a) === weight(b) && a.parent < b.parent)

const formOf = ({ detail, of, name, scope, action, important }: RuleMatch): string => {
  const [text, by] = of === 'addresses' ? [addressTextOf(name), SCOPE.subtree] as const : [formatKey(name), scope] as const
  return detail?.form ?? adblockText(text, by, action === 'allow', important ? ['important'] : [])
}

const RPZ_TARGETS: { readonly [action: string]: string } = {
  nxdomain: '.', nodata: '*.', allow: 'rpz-passthru.', drop: 'rpz-drop.', 'tcp-only': 'rpz-tcp-only.',
}

/** The rule for people, as its list has it or would have it. */
export function ruleText({ detail, list, of, name, scope, action, important }: RuleMatch): string {
  if (detail !== undefined) return detail.text
  const text = of === 'addresses' ? addressTextOf(name) : formatKey(name)
  const modifiers = important ? ['important'] : []
  switch (list.compiled.format) {
    case 'hosts':
      return `0.0.0.0 ${text}`
    case 'domains':
      return text === '.' ? '*' : text
    case 'adblock':
      return adblockText(text, of === 'addresses' ? SCOPE.subtree : scope, action === 'allow' && list.compiled.kind === 'block', modifiers)
    case 'rpz':
      if (of === 'addresses') return `${addressOwner(name)} CNAME ${RPZ_TARGETS[action] ?? ''}`
      return `${scope === SCOPE.below ? '*.' : ''}${text}${of === 'servers' ? '.rpz-nsdname' : ''} CNAME ${RPZ_TARGETS[action] ?? ''}`
  }
}
