/**
 * Tags of dnsmasq(8) as classes of ours: what sets a tag is the test of a class, and what is for several tags, or for a
 * tag that is not set, is a class of its own.
 */
import { parseMac } from '../../../stack/index.ts'
import { BUILT_IN_CLASSES } from '../../model/index.ts'
import type { Entry } from './translated.ts'

const NAME = /^[a-z0-9][a-z0-9._-]{0,40}$/i
const PAIRS = /^([0-9a-f]{2}:)*[0-9a-f]{2}$/i
const PRINTABLE = /^[\x20-\x7e]+$/
const CLIENT_ARCHITECTURE = 93
/** dnsmasq's names of options that tags are made of. */
const MATCHED: { readonly [name: string]: number } = { 'client-arch': CLIENT_ARCHITECTURE, 'vendor-class': 60, 'client-machine-id': 97, 'user-class': 77 }

/** Directives that set a tag, and the test that they come to; undefined for what has no counterpart. */
const SETTERS: { readonly [directive: string]: (values: readonly string[]) => string | undefined } = {
  // These two look for the text anywhere in the option.
  'dhcp-vendorclass': ([text = '', ...more]) => (more.length > 0 ? undefined : compared('vendor-class contains', text)),
  'dhcp-userclass': ([text = '', ...more]) => (more.length > 0 ? undefined : compared('option[77] contains', text)),
  'dhcp-circuitid': ([value = '']) => compared('relay.circuit-id ==', value),
  'dhcp-remoteid': ([value = '']) => compared('relay.remote-id ==', value),
  'dhcp-subscrid': ([value = '']) => compared('relay.subscriber-id ==', value),
  'dhcp-mac': ([pattern = '']) => macTest(pattern),
  'dhcp-match': ([option = '', ...values]) => optionTest(option, values),
}

export class DnsmasqTags {
  /** Tests by tag; none for one that only hosts have. */
  readonly #tests = new Map<string, string[]>()
  readonly #classes = new Map<string, Entry>()

  /** Reads a directive that sets a tag. False when it is none; a problem in words when it cannot be said here. */
  read(directive: string, words: readonly string[]): boolean | string {
    const test = Object.hasOwn(SETTERS, directive) ? SETTERS[directive] : undefined
    if (test === undefined) return false
    const [tag] = tagsOf(words, 'set:')
    const said = test(words.filter(word => !word.startsWith('set:')))
    if (tag === undefined || !isName(tag) || said === undefined) return `"${directive}" was not taken over: ${words.join(',').slice(0, 64)}`
    this.#tests.set(tag, [...(this.#tests.get(tag) ?? []), said])
    return true
  }

  /** A tag that hosts have. False when it cannot be the name of a class. */
  hostHas(tag: string): boolean {
    if (!isName(tag)) return false
    if (!this.#tests.has(tag)) this.#tests.set(tag, [])
    return true
  }

  /** The class of those who have all these tags, of which "!tag" are those that they do not have. Undefined: nothing sets them. */
  classOf(tags: readonly string[]): Entry | undefined {
    const [only, ...more] = tags
    if (only === undefined) return undefined
    if (more.length === 0 && !only.startsWith('!')) return this.#class(only, only)
    const terms = tags.map(tag => this.#term(tag))
    if (terms.some(term => term === undefined)) return undefined
    return this.#entry(tags.map(tag => tag.replace(/^!/, 'not-')).join('.'), terms.join(' and '))
  }

  /** In the order in which they were asked for, the more particular ones first. */
  get classes(): readonly Entry[] {
    return [...this.#classes.values()]
      .toSorted((a, b) => String(b['name']).split('.').length - String(a['name']).split('.').length)
      .map(({ name, test, ...rest }, i) => ({ name, priority: 100 + i, ...(test === undefined ? {} : { test }), ...rest }))
  }

  #term(tag: string): string | undefined {
    const tests = this.#tests.get(tag.replace(/^!/, ''))
    if (tests === undefined || tests.length === 0) return undefined
    return `${tag.startsWith('!') ? 'not ' : ''}${tests.length === 1 ? tests[0] : `(${tests.join(' or ')})`}`
  }

  #class(name: string, tag: string): Entry | undefined {
    const tests = this.#tests.get(tag)
    return tests === undefined ? undefined : this.#entry(name, tests.length === 0 ? undefined : tests.join(' or '))
  }

  #entry(name: string, test: string | undefined): Entry {
    const found = this.#classes.get(name) ?? { name, test }
    this.#classes.set(name, found)
    return found
  }
}

/** The tags that words name, "tag:x" or "set:x". */
export const tagsOf = (words: readonly string[], prefix: 'tag:' | 'set:'): readonly string[] =>
  words.filter(word => word.startsWith(prefix)).map(word => word.slice(prefix.length))

const isName = (tag: string): boolean => NAME.test(tag) && !(BUILT_IN_CLASSES as readonly string[]).includes(tag)

/** Text, or octets in pairs. */
function compared(field: string, value: string): string | undefined {
  if (value.includes(':') && PAIRS.test(value)) return `${field} 0x${value.toLowerCase().replaceAll(':', '')}`
  return PRINTABLE.test(value) && !/["\\]/.test(value) ? `${field} "${value}"` : undefined
}

/** An address in which the last octets may be stars. */
function macTest(pattern: string): string | undefined {
  const whole = parseMac(pattern)
  const [, beginning] = /^((?:[0-9a-f]{2}:)+)\*(?::\*)*$/i.exec(pattern) ?? []
  if (whole !== undefined) return `mac == ${pattern.toLowerCase().replaceAll('-', ':')}`
  return beginning === undefined || pattern.split(':').length !== 6 ? undefined : `mac starts-with ${beginning.slice(0, -1).toLowerCase()}`
}

/** That the request has an option, or that its architecture is one. What dnsmasq compares other options with depends on their type. */
function optionTest(option: string, values: readonly string[]): string | undefined {
  const name = option.replace(/^option:/, '')
  const code = /^\d{1,3}$/.test(name) ? Number(name) : (Object.hasOwn(MATCHED, name) ? MATCHED[name] : undefined)
  if (code === undefined || code < 1 || code > 254) return undefined
  if (values.length === 0) return `option[${code}]`
  return code === CLIENT_ARCHITECTURE && values.length === 1 && /^\d{1,5}$/.test(values[0] ?? '') ? `architecture == ${values[0]}` : undefined
}
