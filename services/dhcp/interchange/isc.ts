/**
 * A dhcpd.conf of ISC dhcpd as a document of ours, with a note for every statement that has no counterpart. The
 * statements are those of dhcpd.conf(5) and dhcp-options(5). Reads only.
 */
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { formatIpv4, formatMac, formatPrefix, parseIpv4, parseMac, parsePrefix } from '../../../stack/index.ts'
import { STANDARD_OPTIONS } from '../wire/option-spaces.ts'
import { readStatements, unquoted } from './isc-statements.ts'
import type { Statement } from './isc-statements.ts'
import { optionValue } from './translated.ts'
import type { Entry, ImportNote, Translated } from './translated.ts'

export function readIsc(text: string): Result<Translated, ImportNote> {
  const statements = readStatements(text)
  return statements.ok ? ok(new Translation().whole(statements.value)) : err({ ...statements.error, remedy: 'give a dhcpd.conf that dhcpd -t takes' })
}

/** Statements of one number or text that every level has. */
const FIELDS: { readonly [word: string]: readonly [field: string, isNumber: boolean] } = {
  'default-lease-time': ['leaseSeconds', true],
  'min-lease-time': ['minLeaseSeconds', true],
  'max-lease-time': ['maxLeaseSeconds', true],
  'next-server': ['nextServer', false],
  filename: ['bootFile', false],
  'server-name': ['serverName', false],
}

/** Where a statement stands: what it says goes into `level`. */
type Place = {
  readonly level: Entry
  readonly segment: Entry | undefined
  readonly subnet: Entry | undefined
  readonly pool: boolean
  /** What the groups around it say, for the hosts in them. */
  readonly group: Entry
}

class Translation {
  readonly #notes: ImportNote[] = []
  readonly #site: Entry = { name: 'default' }
  readonly #segments: Entry[] = []
  readonly #subnets: Entry[] = []
  readonly #pools: Entry[] = []
  readonly #classes: Entry[] = []
  readonly #hosts: Entry[] = []

  whole(statements: readonly Statement[]): Translated {
    this.#all(statements, { level: this.#site, segment: undefined, subnet: undefined, pool: false, group: {} })
    const document = {
      sites: [this.#site], segments: this.#segments, subnets: this.#subnets, pools: this.#pools, classes: this.#classes, hosts: this.#hosts,
    }
    return { document, notes: this.#notes.toSorted((a, b) => a.line - b.line) }
  }

  #note({ line }: Statement, problem: string, remedy: string): void {
    this.#notes.push({ line, problem, remedy })
  }

  #all(statements: readonly Statement[], place: Place): void {
    // Levels first: a group's hosts have what the group says, wherever it says it.
    for (const each of statements) if (each.block === undefined) this.#simple(each, place)
    for (const each of statements) if (each.block !== undefined) this.#block(each, each.block, place)
  }

  #block(of: Statement, block: readonly Statement[], place: Place): void {
    const [word = '', name = ''] = of.words
    if (word === 'shared-network') {
      const segment: Entry = { name: unquoted(name) }
      this.#segments.push(segment)
      this.#all(block, { ...place, level: segment, segment })
    } else if (word === 'subnet') this.#subnet(of, block, place)
    else if (word === 'group') {
      const group: Entry = { ...place.group }
      this.#all(block, { ...place, level: group, group })
    } else if (word === 'pool' && place.subnet !== undefined) {
      const level: Entry = {}
      const from = this.#pools.length
      this.#all(block, { ...place, level, pool: true })
      for (const pool of this.#pools.slice(from)) Object.assign(pool, level)
    } else if (word === 'host') this.#host(unquoted(name), of, block, place)
    else if (word === 'class') this.#class(unquoted(name), of, block)
    else this.#note(of, `"${word}" was not taken over`, 'look whether a level, a policy or a class can say the same')
  }

  #subnet(of: Statement, block: readonly Statement[], place: Place): void {
    const [, network = '', , mask = ''] = of.words
    const length = lengthOf(parseIpv4(mask))
    const prefix = length === undefined ? undefined : parsePrefix(`${network}/${length}`)
    if (prefix === undefined) {
      this.#note(of, 'a subnet has no block of addresses', 'write subnet 10.53.0.0 netmask 255.255.255.0')
      return
    }
    const text = formatPrefix(prefix)
    const segment = place.segment ?? { name: text }
    if (place.segment === undefined) this.#segments.push(segment)
    const subnet: Entry = { prefix: text, segment: segment['name'] }
    this.#subnets.push(subnet)
    this.#all(block, { ...place, level: subnet, segment, subnet })
  }

  #simple(of: Statement, place: Place): void {
    const [word = '', ...values] = of.words
    const field = Object.hasOwn(FIELDS, word) ? FIELDS[word] : undefined
    if (field !== undefined) {
      const text = unquoted(values[0] ?? '')
      const isGood = word === 'next-server' ? parseIpv4(text) !== undefined : !field[1] || /^\d{1,10}$/.test(text)
      if (isGood) place.level[field[0]] = field[1] ? Number(text) : text
      else this.#note(of, `the value of ${word} was not taken over`, 'set it by hand')
    } else if (word === 'option') this.#option(of, values, place.level)
    else if (word === 'range' && place.subnet !== undefined) this.#range(of, values, place.subnet)
    else if (word === 'authoritative' || (word === 'not' && values[0] === 'authoritative')) this.#authoritative(of, word === 'authoritative', place)
    else this.#note(of, `"${word}" was not taken over`, place.pool ? 'set who may use the pool by classes' : 'look whether a level, a policy or a class can say the same')
  }

  #authoritative(of: Statement, value: boolean, { segment }: Place): void {
    // It is the default of ours.
    if (segment !== undefined) segment['policy'] = { authoritative: value }
    else if (!value) this.#note(of, 'that it is not authoritative was not taken over', 'set it in the policy of each segment')
  }

  #option(of: Statement, [name = '', ...words]: readonly string[], into: Entry): void {
    const row = STANDARD_OPTIONS.named(name)
    if (row === undefined || words[0] === 'code' || words[0] === '=') {
      this.#note(of, `option ${name} is not known here by that name`, 'define it, or name it by its code as option-N')
      return
    }
    const key = STANDARD_OPTIONS.coded(row.code).name
    const text = words.map(unquoted).join(' ').replaceAll(/ ?, ?/g, ',')
    const isHex = !words.some(each => each.startsWith('"')) && /^([0-9a-f]{1,2}:)+[0-9a-f]{1,2}$/i.test(text)
    const pairs = text.split(':').map(each => each.padStart(2, '0')).join('')
    const value = 'role' in row ? undefined : optionValue(row, isHex ? pairs : BOOLEANS[text] ?? text, isHex)
    if (value === undefined) this.#note(of, `the value of option ${name} was not taken over`, 'set the option by hand')
    else into['options'] = { ...(into['options'] as object | undefined), [key]: value }
  }

  #range(of: Statement, values: readonly string[], subnet: Entry): void {
    const [first, last = first] = values.filter(word => word !== 'dynamic-bootp').map(parseIpv4)
    if (first === undefined || last === undefined) this.#note(of, 'a range has no addresses', 'write range 10.53.0.100 10.53.0.199')
    else this.#pools.push({ subnet: subnet['prefix'], first: formatIpv4(first), last: formatIpv4(last) })
  }

  #host(name: string, of: Statement, block: readonly Statement[], place: Place): void {
    const identifiers: Entry[] = []
    const host: Entry = { ...place.group, identifiers }
    const label = name.toLowerCase()
    if (LABEL.test(label)) host['name'] = label
    for (const each of block) {
      const [word = '', kind = '', value = ''] = each.words
      const mac = word === 'hardware' && kind === 'ethernet' ? parseMac(value) : undefined
      const addresses = each.words.slice(1).filter(part => part !== ',')
      if (mac !== undefined) identifiers.push({ kind: 'mac', value: formatMac(mac) })
      else if (word === 'fixed-address' && addresses.every(part => parseIpv4(part) !== undefined)) host['addresses'] = addresses
      else if (word === 'deny' && kind === 'booting') host['denied'] = true
      else this.#simple(each, { ...place, level: host, subnet: undefined })
    }
    if (identifiers.length > 0) this.#hosts.push(host)
    else this.#note(of, `host ${name} has no identifier that is known here`, 'give its hardware address')
  }

  #class(name: string, of: Statement, block: readonly Statement[]): void {
    const entry: Entry = { name, priority: 100 + this.#classes.length }
    this.#classes.push(entry)
    for (const each of block) {
      const test = each.words[0] === 'match' ? testOf(each.words) : undefined
      if (test !== undefined) entry['test'] = test
      else if (each.words[0] === 'match') this.#note(each, `the test of class ${name} was not taken over`, 'write it as an expression of ours')
      else this.#simple(each, { level: entry, segment: undefined, subnet: undefined, pool: false, group: {} })
    }
    if (block.length === 0) this.#note(of, `class ${name} says nothing`, 'put hosts in it, or remove it')
  }
}

const BOOLEANS: { readonly [word: string]: string | undefined } = { on: 'true', off: 'false' }
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const EQUAL = /^match if option vendor-class-identifier = ("[\w .:-]+")$/
const STARTS = /^match if substring \( option vendor-class-identifier , 0 , (\d+) \) = "([\w .:-]+)"$/

/** The two tests of a vendor class that most files have; undefined for any other. */
function testOf(words: readonly string[]): string | undefined {
  const text = words.join(' ')
  const [, equal] = EQUAL.exec(text) ?? []
  if (equal !== undefined) return `vendor-class == ${equal}`
  const [, count, start = ''] = STARTS.exec(text) ?? []
  return Number(count) === start.length ? `vendor-class starts-with "${start}"` : undefined
}

/** Of a netmask; undefined for one with holes. */
function lengthOf(mask: number | undefined): number | undefined {
  if (mask === undefined) return undefined
  const length = Math.clz32(~mask)
  return (length === 0 ? 0 : -1 << (32 - length)) === mask ? length : undefined
}
