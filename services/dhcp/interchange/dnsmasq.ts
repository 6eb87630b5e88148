/**
 * The DHCPv4 part of a dnsmasq.conf as a document of ours, with a note for every line that has no counterpart. The
 * directives are those of dnsmasq(8). Reads only.
 */
import { ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { formatIpv4, parseIpv4, parseMac, formatMac } from '../../../stack/index.ts'
import { STANDARD_OPTIONS } from '../wire/option-spaces.ts'
import { DnsmasqTags, tagsOf } from './dnsmasq-tags.ts'
import { octetsOf, optionValue } from './translated.ts'
import type { Entry, ImportNote, Translated } from './translated.ts'

/** dnsmasq's own names of options. */
const OPTION_CODES: { readonly [name: string]: number } = {
  netmask: 1, router: 3, 'time-server': 4, 'dns-server': 6, 'log-server': 7, 'domain-name': 15, mtu: 26, broadcast: 28, 'ntp-server': 42,
  'netbios-ns': 44, 'tftp-server': 66, 'bootfile-name': 67, 'domain-search': 119,
}

const SECONDS: { readonly [unit: string]: number } = { '': 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
const LEASE_TIME = /^(\d{1,9})([mhdw]?)$/
const INFINITE_SECONDS = 0xffff_ffff
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i

const PAIRS = /^([0-9a-f]{2}:)+[0-9a-f]{2}$/i
const BY_TAG = 'make a class of ours for the tag'

/** Never a fault: a file that is something else comes to nothing but notes. */
export function readDnsmasq(text: string): Result<Translated, ImportNote> {
  return ok(new Translation().whole(text))
}

class Translation {
  readonly #notes: ImportNote[] = []
  readonly #site: Entry = { name: 'default' }
  readonly #subnets = new Map<string, Entry>()
  /** By the tag that its ranges set. */
  readonly #tagged = new Map<string, Entry>()
  readonly #pools: Entry[] = []
  readonly #hosts: Entry[] = []
  readonly #tags = new DnsmasqTags()
  #authoritative = false
  #knownOnly = false
  #line = 0

  /** What sets tags is read first, wherever it stands, and then what is for them. */
  whole(text: string): Translated {
    const rest = this.#each(directivesOf(text), directive => this.#setter(directive))
    const others = this.#each(rest, ({ name, words }) => name === 'dhcp-range' && this.#range(words))
    this.#each(others, directive => this.#directive(directive))
    const policy = { authoritative: this.#authoritative, ...(this.#knownOnly ? { knownOnly: true } : {}) }
    const subnets = [...this.#subnets.values()]
    const segments = subnets.map(({ prefix }) => ({ name: prefix, policy }))
    const { classes } = this.#tags
    const document = { sites: [this.#site], segments, subnets, pools: this.#pools, ...(classes.length === 0 ? {} : { classes }), hosts: this.#hosts }
    return { document, notes: this.#notes.toSorted((a, b) => a.line - b.line) }
  }

  /** Those that `read` leaves to others. */
  #each(directives: readonly Directive[], read: (directive: Directive) => boolean): readonly Directive[] {
    return directives.filter(directive => {
      this.#line = directive.line
      return !read(directive)
    })
  }

  #setter({ name, words }: Directive): boolean {
    const read = this.#tags.read(name, words)
    if (typeof read === 'string') this.#note(read, BY_TAG)
    if (name === 'dhcp-host') for (const tag of tagsOf(words, 'set:')) this.#tags.hostHas(tag)
    return read !== false
  }

  #note(problem: string, remedy: string): void {
    this.#notes.push({ line: this.#line, problem, remedy })
  }

  #directive({ name, words }: Directive): boolean {
    if (name === 'dhcp-authoritative') this.#authoritative = true
    else if (name === 'dhcp-ignore') this.#ignore(words)
    else if (name === 'dhcp-host') this.#host(words)
    else if (name === 'dhcp-option' || name === 'dhcp-option-force') this.#option(words)
    else if (name === 'dhcp-boot') this.#boot(words)
    else if (name === 'domain' && words.length === 1) this.#say('domain-name', words[0])
    else this.#note(`"${name}" was not taken over`, name.startsWith('dhcp') ? 'look whether a level, a policy or a class can say the same' : 'it is not of DHCP alone: set it by hand where it is wanted')
    return true
  }

  /** Who gets no answer. */
  #ignore(words: readonly string[]): void {
    const tags = tagsOf(words, 'tag:')
    const unknown = tags.length === 1 && tags[0] === '!known'
    const denied = unknown ? undefined : this.#tags.classOf(tags)
    if (unknown) this.#knownOnly = true
    else if (denied !== undefined) denied['denied'] = true
    else this.#note('"dhcp-ignore" was not taken over: nothing sets its tags', BY_TAG)
  }

  #say(option: string, value: unknown, at: Entry = this.#site): void {
    at['options'] = { ...(at['options'] as object | undefined), [option]: value }
  }

  #range(all: readonly string[]): true {
    const tags = tagsOf(all, 'tag:')
    const denied = tags.length === 1 && tags[0]?.startsWith('!') === true
    const members = tags.length === 0 ? undefined : this.#tags.classOf(denied ? tags.map(tag => tag.slice(1)) : tags)
    if ((tags.length > 0 && members === undefined) || all.some(word => word.startsWith('constructor:'))) {
      this.#note('a range for a tag was not taken over', BY_TAG)
      return true
    }
    const words = all.filter(word => !/^(set|tag):/.test(word))
    // Only hosts have addresses there.
    const isStatic = words[1] === 'static'
    const [first, last, mask] = words.map((word, at) => (at === 1 && isStatic ? parseIpv4(words[0] ?? '') : parseIpv4(word)))
    const length = mask === undefined ? undefined : lengthOf(mask)
    if (first === undefined || last === undefined || mask === undefined || length === undefined) {
      this.#note('a range without first, last and netmask was not taken over', 'write the netmask, as dhcp-range=10.53.0.100,10.53.0.199,255.255.255.0')
      return true
    }
    const prefix = `${formatIpv4(first & mask)}/${length}`
    const subnet = this.#subnets.get(prefix) ?? { prefix, segment: prefix }
    this.#subnets.set(prefix, subnet)
    for (const word of all) if (word.startsWith('set:')) this.#tagged.set(word.slice(4), subnet)
    if (isStatic) return true
    const leaseSeconds = words.slice(3).map(secondsOf).find(seconds => seconds !== undefined)
    this.#pools.push({ subnet: prefix, first: formatIpv4(first), last: formatIpv4(last), ...(members === undefined ? {} : { [denied ? 'deny' : 'allow']: [members['name']] }), ...(leaseSeconds === undefined ? {} : { leaseSeconds }) })
    return true
  }

  #host(words: readonly string[]): void {
    const identifiers: Entry[] = []
    const host: Entry = { identifiers }
    for (const word of words) {
      const mac = parseMac(word)
      const seconds = secondsOf(word)
      if (mac !== undefined) identifiers.push({ kind: 'mac', value: formatMac(mac) })
      else if (word.startsWith('id:') && word !== 'id:*') identifiers.push({ kind: 'client-id', value: clientIdOf(word.slice(3)) })
      else if (parseIpv4(word) !== undefined) host['addresses'] = [word]
      else if (word === 'ignore') host['denied'] = true
      else if (seconds !== undefined) host['leaseSeconds'] = seconds
      else if (word.startsWith('set:') && this.#tags.classOf([word.slice(4)]) !== undefined) host['classes'] = [...((host['classes'] as readonly string[] | undefined) ?? []), word.slice(4)]
      else if (LABEL.test(word)) host['name'] = word.toLowerCase()
      else this.#note(`"${word}" of a host was not taken over`, BY_TAG)
    }
    // A host by its name only is known by it (dnsmasq matches what the client calls itself).
    if (identifiers.length === 0 && host['name'] !== undefined) identifiers.push({ kind: 'host-name', value: host['name'] })
    if (identifiers.length > 0) this.#hosts.push(host)
    else this.#note('a host has no identifier that is known here', 'give its hardware address, client identifier or name')
  }

  /** Where what is for a tag belongs, and the words after it. */
  #place(words: readonly string[]): readonly [Entry, readonly string[]] {
    const tags = tagsOf(words, 'tag:')
    if (tags.length === 0) return [this.#site, words]
    const at = (tags.length === 1 ? this.#tagged.get(tags[0] ?? '') : undefined) ?? this.#tags.classOf(tags)
    return at === undefined ? [this.#site, words] : [at, words.filter(word => !word.startsWith('tag:'))]
  }

  #option(all: readonly string[]): void {
    const [at, [first = '', ...values]] = this.#place(all)
    const code = first.startsWith('option:') ? OPTION_CODES[first.slice(7)] : /^\d{1,3}$/.test(first) ? Number(first) : undefined
    if (code === undefined) {
      const problem = `option ${first} was not taken over`
      this.#note(problem, /^(tag|set|vendor|encap|vi-encap):/.test(first) ? BY_TAG : 'set the option by hand')
      return
    }
    const { name, row } = STANDARD_OPTIONS.coded(code)
    const text = values.join(',')
    const isHex = text.includes(':') && PAIRS.test(text)
    const value = 'role' in row || values.includes('0.0.0.0') ? undefined : optionValue(row, row.type === 'bool' ? String(text === '1') : text, isHex)
    if (value === undefined) this.#note(`the value of option ${name} was not taken over`, 'set the option by hand')
    else this.#say(name, value, at)
  }

  #boot(all: readonly string[]): void {
    const [at, words] = this.#place(all)
    const [bootFile, serverName, nextServer] = words
    if (bootFile === undefined || /^(tag|net):/.test(bootFile)) {
      this.#note('a boot file for a tag was not taken over', BY_TAG)
      return
    }
    at['bootFile'] = bootFile
    if (serverName !== undefined && serverName !== '') at['serverName'] = serverName
    if (nextServer !== undefined && parseIpv4(nextServer) !== undefined) at['nextServer'] = nextServer
  }
}

type Directive = { readonly line: number; readonly name: string; readonly words: readonly string[] }

function directivesOf(text: string): readonly Directive[] {
  return text.split('\n').flatMap((raw, i) => {
    const directive = raw.replace(/(^|\s)#.*$/, '').trim()
    if (directive === '') return []
    const at = directive.indexOf('=')
    const name = (at < 0 ? directive : directive.slice(0, at)).trim()
    return [{ line: i + 1, name, words: at < 0 ? [] : directive.slice(at + 1).split(',').map(word => word.trim()) }]
  })
}

/** Of a netmask; undefined for one with holes. */
function lengthOf(mask: number): number | undefined {
  const length = Math.clz32(~mask)
  return length <= 32 && (length === 0 ? 0 : -1 << (32 - length)) === mask ? length : undefined
}

function secondsOf(word: string): number | undefined {
  if (word === 'infinite') return INFINITE_SECONDS
  const [, count, unit] = LEASE_TIME.exec(word) ?? []
  return count === undefined ? undefined : Number(count) * (SECONDS[unit ?? ''] ?? 1)
}

/** Hexadecimal in pairs, or text. */
const clientIdOf = (text: string): string => (PAIRS.test(text) ? octetsOf(text) : octetsOf(`'${text}'`))
