/**
 * What of adblock lists means something for DNS, as AdGuard Home reads it: "||name^" (a name with all below it),
 * "|name^" (it alone), "||*.name^" (what is below it), "||ads*.name^" (see name-pattern.ts), "||192.0.2.1^" (answers with
 * that address), "@@" before exceptions, and the modifiers of the table below.
 * What is for browsers (paths, parts of pages, regular expressions, "$third-party") no rule comes of; it is counted.
 */
import { parseInterfaceAddress } from '../../../stack/index.ts'
import type { Prefix } from '../../../stack/index.ts'
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { formatName, nameKey, ROOT } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { typeCode } from '../wire/type-names.ts'
import type { AddressPrefix } from './address-rules.ts'
import { readRewrite } from './dns-rewrite.ts'
import { addressKind, readHostsLine } from './hosts-line.ts'
import { addressRule, NOTHING, notUnderstood, oneRule, plainRule } from './list-line.ts'
import type { ListLine } from './list-line.ts'
import { ACTION, adblockText, SCOPE } from './model.ts'
import type { ListKind, RuleDetail, Scope } from './model.ts'
import { readPattern } from './name-pattern.ts'
import type { NamePattern } from './name-pattern.ts'
import { readAnswerAddress, readRuleName, shown } from './rule-name.ts'

const FOR_PAGES = /#[@?$%]?#/
/** A rule that is longer says nothing about names. */
const MOST_CHARACTERS = 4096

export function readAdblockLine(line: string, kind: ListKind): ListLine {
  const text = line.trim()
  if (text === '' || text.startsWith('!') || text.startsWith('[')) return NOTHING
  if (FOR_PAGES.test(text)) return notUnderstood('it is about parts of web pages')
  if (text.startsWith('#')) return NOTHING
  if (text.length > MOST_CHARACTERS) return notUnderstood('the rule is too long')
  const [first, second] = text.split(/\s+/, 2)
  if (second !== undefined && addressKind(first as string) !== undefined) return readHostsLine(text, kind)
  const rule = text.replace(/\s+[#!].*$/, '')
  const excepted = rule.startsWith('@@')
  const body = excepted ? rule.slice(2) : rule
  if (body.startsWith('/')) return notUnderstood('regular expressions and paths are not taken')
  const dollar = body.indexOf('$')
  const pattern = readName(dollar < 0 ? body : body.slice(0, dollar))
  if (!pattern.ok) return notUnderstood(pattern.error)
  const { name, scope, stars, address } = pattern.value
  const allows = excepted || kind === 'allow'
  const plainKind = allows ? 'allow' : 'block'
  if (dollar < 0 && stars === undefined) {
    return oneRule(address === undefined ? plainRule(name, scope, plainKind) : addressRule(address, plainKind))
  }
  const read = readModifiers(dollar < 0 ? '' : body.slice(dollar + 1), allows)
  if (typeof read === 'string') return notUnderstood(read)
  const { important, badfilter, detail, form } = read
  const action = allows ? ACTION.allow : ACTION.block
  const where = { name, scope, action, important, ...(address === undefined ? {} : { address }) }
  if (detail === undefined && !badfilter && stars === undefined) return oneRule({ ...where, detail: undefined })
  const whole = stars === undefined ? pattern.value.text : `${stars.whole ? '|' : '||'}${stars.pieces.join('*')}^`
  const plain = {
    text: shown(text), action: plainKind, form: adblockText(formatName(name).toLowerCase(), scope, allows, form, whole),
  } as const
  const more = { ...(stars === undefined ? {} : { pattern: stars }), ...(badfilter ? { cancels: plain.form } : {}) }
  return oneRule({ ...where, detail: { ...plain, ...detail, ...more } })
}

type Pattern = {
  readonly name: Name
  readonly scope: Scope
  readonly stars: NamePattern | undefined
  /** The rule is about answers with the address, and not about names. */
  readonly address?: AddressPrefix
  readonly text?: string
}

function readName(pattern: string): Result<Pattern, string> {
  if (['', '*', '||*^', '||*', '*^'].includes(pattern)) return ok({ name: ROOT, scope: SCOPE.subtree, stars: undefined })
  const text = pattern.replace(/^\|\|?/, '').replace(/\^?\|?$/, '')
  const address = readAnswerAddress(text)
  if (address !== undefined) return ok({ name: ROOT, scope: SCOPE.exact, stars: undefined, address, text: `||${text}^` })
  if (/[/?=:&%]/.test(pattern)) return err('it is about addresses of web pages')
  const ends = /\^\|?$|\|$/.test(pattern)
  const open = pattern.replace(/\^?\|?$/, '')
  const [lead] = /^(?:\|\|\*\.|\|\|\.?|\||\*\.|\.)?/.exec(open) as unknown as [string]
  const rest = open.slice(lead.length)
  if (/[\^|]/.test(rest)) return err('a "^" or "|" in the middle of a name')
  // "||ads" is every name that begins so.
  const begins = lead === '|' || (lead.startsWith('||') && (!rest.includes('.') || rest.endsWith('.')))
  if (!ends && begins) return err('it is the beginning of a name: a whole one ends with "^"')
  // "-ads.example^" is every name that ends so.
  if (ends && lead === '') return withStars(`*${rest}`, '|', true)
  if (rest.includes('*')) return withStars(rest, lead, ends)
  const name = readRuleName(rest)
  if (!name.ok) return name
  const scope = lead === '||' ? SCOPE.subtree : lead === '' || lead === '|' ? SCOPE.exact : SCOPE.below
  return ok({ name: name.value, scope, stars: undefined })
}

/** What a label has beside stars. */
const PIECE = /^[a-z0-9_.*-]+$/i

function withStars(text: string, lead: string, ends: boolean): Result<Pattern, string> {
  if (!ends || !['|', '||', '||*.'].includes(lead)) return err('a name with "*" in it begins with "||" or "|", and ends with "^"')
  const read = PIECE.test(text) ? readPattern(lead === '||*.' ? `*.${text}` : text, lead === '|') : undefined
  const below = read === undefined ? undefined : read.below === '.' ? ok(ROOT) : readRuleName(read.below)
  if (read === undefined || below?.ok !== true) return err(`"${shown(text)}" is no name with "*" in it`)
  return ok({ name: below.value, scope: SCOPE.below, stars: read.pattern })
}

type Modifiers = {
  important: boolean
  badfilter: boolean
  detail: Partial<RuleDetail> | undefined
  /** The same in letters of one case, without "badfilter". */
  form: string[]
}

/** The modifiers, or why the rule is left out. */
function readModifiers(text: string, allows: boolean): Modifiers | string {
  const read: Modifiers = { important: false, badfilter: false, detail: undefined, form: [] }
  for (const modifier of text === '' ? [] : text.split(/(?<!\\),/)) {
    const equals = modifier.indexOf('=')
    const key = (equals < 0 ? modifier : modifier.slice(0, equals)).trim().toLowerCase()
    const value = equals < 0 ? '' : modifier.slice(equals + 1).trim().replaceAll('\\,', ',')
    if (key === 'badfilter') {
      read.badfilter = true
      continue
    }
    read.form.push(value === '' ? key : `${key}=${value.toLowerCase()}`)
    if (key === 'important') read.important = true
    else {
      const reader = MODIFIERS[key]
      if (reader === undefined) return `"$${shown(key)}" means nothing for DNS`
      const more = reader(value, allows)
      if (!more.ok) return more.error
      read.detail = { ...read.detail, ...more.value }
    }
  }
  return read
}

type ReadModifier = (value: string, allows: boolean) => Result<Partial<RuleDetail>, string>
const MODIFIERS: { readonly [key: string]: ReadModifier } = {
  dnstype: (value) => {
    const values = listed(value)
    const codes = values?.values.map(typeCode) ?? []
    if (values === undefined || codes.includes(undefined)) return err('$dnstype lists types as A|AAAA, or all but some as ~A|~AAAA')
    return ok({ types: { not: values.not, codes: codes as number[] } })
  },
  client: (value) => {
    const values = listed(value)
    const prefixes = values?.values.map((text) => parseInterfaceAddress(text)?.prefix) ?? []
    if (values === undefined || prefixes.includes(undefined)) {
      return err('$client lists IPv4 addresses and prefixes; groups and names of clients are for policies')
    }
    return ok({ clients: { not: values.not, prefixes: prefixes as Prefix[] } })
  },
  denyallow: (value) => {
    const except: NameKey[] = []
    for (const text of value.split('|')) {
      const name = readRuleName(text)
      if (!name.ok) return err(`$denyallow: ${name.error}`)
      except.push(nameKey(name.value))
    }
    return ok({ except })
  },
  dnsrewrite: (value, allows) => {
    if (allows) return ok({ rewrite: true })
    const rewrite = readRewrite(value)
    return rewrite.ok ? ok({ ...rewrite.value, rewrite: true }) : rewrite
  },
}

/** "a|b", or "~a|~b" for all but these; not mixed. */
function listed(text: string): { readonly not: boolean; readonly values: readonly string[] } | undefined {
  const values = text.split('|')
  const not = values.every((value) => value.startsWith('~'))
  if (!not && values.some((value) => value.startsWith('~'))) return undefined
  return { not, values: not ? values.map((value) => value.slice(1)) : values }
}
