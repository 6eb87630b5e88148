/**
 * A configuration of Kea's DHCPv4 server as a document of ours, with a note for every line that has no counterpart.
 * Kea's names are those of its Administrator Reference Manual, chapter 8. Reads only.
 */
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { formatIpv4, formatPrefix, lastOf, parseIpv4, parsePrefix } from '../../../stack/index.ts'
import type { Prefix } from '../../../stack/index.ts'
import { DECLARABLE_TYPES, OptionRegistry, declarationFault } from '../wire/option-spaces.ts'
import type { OptionDeclaration } from '../wire/option-spaces.ts'
import { readKeaExpression } from './kea-expression.ts'
import { keaOption } from './kea-options.ts'
import { parseLinedJson } from './lined-json.ts'
import type { Lined } from './lined-json.ts'
import { octetsOf, optionValue } from './translated.ts'
import type { Entry, ImportNote, Translated } from './translated.ts'

/** What is done with the values of an object, by name. */
type Readers = { readonly [name: string]: (value: Lined) => void }

/** Where reservations count: ours count everywhere. */
const HOST_MODES = ['reservations-global', 'reservations-in-subnet', 'reservations-out-of-pool'] as const
/** Kea's built-in classes by our names. */
const CLASSES: { readonly [name: string]: string } = { ALL: 'all', KNOWN: 'known', UNKNOWN: 'unknown' }
const className = (name: unknown): unknown => (typeof name === 'string' ? (CLASSES[name] ?? name) : name)
/** Its members get no answer. */
const DENIED = 'DROP'
/** Kea's types of options by ours. */
const TYPES: { readonly [type: string]: (typeof DECLARABLE_TYPES)[number] } = {
  binary: 'bytes', boolean: 'bool', empty: 'flag', fqdn: 'name', int8: 'i8', int32: 'i32', 'ipv4-address': 'ipv4', 'ipv6-address': 'ipv6', string: 'text',
  uint8: 'u8', uint16: 'u16', uint32: 'u32',
}
/** Options inside option 125 of a vendor. */
const ENTERPRISE = /^vendor-(\d{1,10})$/

export function readKea(text: string): Result<Translated, ImportNote> {
  const parsed = parseLinedJson(text)
  if (!parsed.ok) return err({ ...parsed.error, remedy: 'make it JSON, with or without comments' })
  const { value } = parsed.value
  const root = value instanceof Map ? (value as ReadonlyMap<string, Lined>).get('Dhcp4') : undefined
  if (root === undefined) return err({ line: parsed.value.line, problem: 'there is no "Dhcp4"', remedy: 'give the configuration of kea-dhcp4' })
  return ok(new Translation().whole(root))
}

class Translation {
  readonly #notes: ImportNote[] = []
  readonly #segments: Entry[] = []
  readonly #subnets: Entry[] = []
  readonly #pools: Entry[] = []
  readonly #classes: Entry[] = []
  readonly #hosts: Entry[] = []
  readonly #hostsByKey = new Map<string, Entry>()
  readonly #definitions: OptionDeclaration[] = []
  /** What the classes so far are in our words. */
  readonly #tests = new Map<string, string | undefined>()
  #registry = new OptionRegistry()

  whole(root: Lined): Translated {
    const site: Entry = { name: 'default' }
    // Wherever they stand in the file, values of the options that they name follow them.
    const definitions = root.value instanceof Map ? (root.value as ReadonlyMap<string, Lined>).get('option-def') : undefined
    if (definitions !== undefined) each(definition => this.#define(definition))(definitions)
    this.#registry = new OptionRegistry(this.#definitions)
    this.#object(root, 'Dhcp4', {
      ...this.#level(site),
      ...this.#ignored('interfaces-config', 'lease-database', 'control-socket', 'loggers', 'expired-leases-processing', 'multi-threading', 'option-def', ...HOST_MODES),
      subnet4: each(subnet => this.#subnet(subnet, undefined)),
      'shared-networks': each(network => this.#network(network)),
      reservations: each(host => this.#host(host)),
      'client-classes': each(entry => this.#class(entry)),
    })
    const document = {
      sites: [site], segments: this.#segments, subnets: this.#subnets, pools: this.#pools, classes: this.#classes, hosts: this.#hosts,
      ...(this.#definitions.length === 0 ? {} : { optionDefinitions: this.#definitions }),
    }
    return { document, notes: this.#notes.toSorted((a, b) => a.line - b.line) }
  }

  #note(line: number, problem: string, remedy: string): void {
    this.#notes.push({ line, problem, remedy })
  }

  #object(of: Lined, where: string, readers: Readers): void {
    if (!(of.value instanceof Map)) {
      this.#note(of.line, `${where} is no object`, 'see what Kea says of it')
      return
    }
    for (const [name, value] of of.value as ReadonlyMap<string, Lined>) {
      const read = Object.hasOwn(readers, name) ? readers[name] : undefined
      if (read !== undefined) read(value)
      else if (name === 'comment' || name === 'user-context') continue
      else this.#note(value.line, `"${name}" of ${where} was not taken over`, 'look whether a level, a policy or a class can say the same')
    }
  }

  /** Of the host that Kea runs on, and not of what it serves. */
  #ignored(...names: readonly string[]): Readers {
    return Object.fromEntries(names.map(name => [name, () => undefined]))
  }

  /** What every level can say. */
  #level(into: Entry): Readers {
    const number = (field: string) => (value: Lined): void => {
      if (typeof value.value === 'number') into[field] = value.value
      else this.#note(value.line, `${field} is no number`, 'give seconds')
    }
    const text = (field: string) => (value: Lined): void => {
      if (typeof value.value === 'string' && value.value !== '') into[field] = value.value
    }
    return {
      'valid-lifetime': number('leaseSeconds'),
      'min-valid-lifetime': number('minLeaseSeconds'),
      'max-valid-lifetime': number('maxLeaseSeconds'),
      'renew-timer': number('renewSeconds'),
      'rebind-timer': number('rebindSeconds'),
      'next-server': text('nextServer'),
      'server-hostname': text('serverName'),
      'boot-file-name': text('bootFile'),
      'option-data': each(option => this.#option(option, into)),
    }
  }

  #option(of: Lined, into: Entry): void {
    const { name, code, data, space } = plain(of)
    const named = typeof name === 'string' ? keaOption(this.#registry, name) : undefined
    const row = named ?? (typeof code === 'number' ? this.#registry.coded(code).row : undefined)
    const what = typeof name === 'string' ? name : String(code)
    if (row === undefined || (space !== undefined && space !== 'dhcp4')) {
      this.#note(of.line, `option ${what} is not known here by that name`, 'define it, or name it by its code as option-N')
      return
    }
    const key = this.#registry.coded(row.code).name
    const value = 'role' in row ? undefined : optionValue(row, String(data ?? ''), plain(of)['csv-format'] === false)
    if (value === undefined) this.#note(of.line, `the value of option ${what} was not taken over`, 'set the option by hand')
    else into['options'] = { ...(into['options'] as object | undefined), [key]: value }
  }

  #define(of: Lined): void {
    const { name, code, type, array, space, encapsulate } = plain(of)
    const what = `the definition of option ${String(name ?? code)}`
    const known = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
    const [, enterprise] = ENTERPRISE.exec(String(space ?? '')) ?? []
    if (known === undefined || (encapsulate !== undefined && encapsulate !== '')) {
      this.#note(of.line, `${what} was not taken over: ${known === undefined ? `its type is ${String(type)}` : 'it holds other options'}`, 'declare it as bytes, and set it in hexadecimal')
      return
    }
    const declaration: OptionDeclaration = {
      code: Number(code),
      name: String(name).toLowerCase().replaceAll('_', '-'),
      type: known,
      ...(array === true ? { array: true } : {}),
      ...(space === undefined || space === 'dhcp4' ? {} : { space: enterprise === undefined ? String(space) : Number(enterprise) }),
    }
    const fault = declarationFault(declaration, this.#definitions)
    if (fault === undefined) this.#definitions.push(declaration)
    else this.#note(of.line, `${what} was not taken over: ${fault.problem}`, fault.remedy)
  }

  #network(of: Lined): void {
    const segment: Entry = { name: String(plain(of)['name'] ?? `network-${of.line}`) }
    this.#segments.push(segment)
    this.#object(of, 'a shared network', {
      name: () => undefined,
      ...this.#level(segment),
      ...this.#place(segment),
      subnet4: each(subnet => this.#subnet(subnet, segment)),
    })
  }

  /** Where the clients are. */
  #place(segment: Entry): Readers {
    return {
      interface: ({ value }) => {
        if (value !== '') segment['interface'] = value
      },
      relay: ({ value }) => {
        const addresses = value instanceof Map ? (value as ReadonlyMap<string, Lined>).get('ip-addresses')?.value : undefined
        if (Array.isArray(addresses)) segment['relays'] = (addresses as readonly Lined[]).map(item => item.value)
      },
      authoritative: ({ value }) => {
        segment['policy'] = { authoritative: value === true }
      },
    }
  }

  #subnet(of: Lined, network: Entry | undefined): void {
    const prefix = blockOf(String(plain(of)['subnet'] ?? ''))
    if (prefix === undefined) {
      this.#note(of.line, 'a subnet has no block of addresses', 'give "subnet" as 10.53.0.0/24')
      return
    }
    const text = formatPrefix(prefix)
    const segment = network ?? { name: text }
    if (network === undefined) this.#segments.push(segment)
    const subnet: Entry = { prefix: text, segment: segment['name'] }
    this.#subnets.push(subnet)
    this.#object(of, `subnet ${text}`, {
      ...this.#ignored('id', 'subnet'),
      ...this.#level(subnet),
      ...this.#place(segment),
      pools: each(pool => this.#pool(pool, text)),
      reservations: each(host => this.#host(host)),
    })
  }

  #pool(of: Lined, subnet: string): void {
    const range = rangeOf(String(plain(of)['pool'] ?? ''))
    if (range === undefined) {
      this.#note(of.line, 'a pool has no range', 'give "pool" as 10.53.0.100 - 10.53.0.199')
      return
    }
    const pool: Entry = { subnet, ...range }
    this.#pools.push(pool)
    this.#object(of, `pool ${range.first}`, {
      ...this.#ignored('pool'),
      ...this.#level(pool),
      'client-class': ({ value }) => {
        pool['allow'] = [className(value)]
      },
    })
  }

  #class(of: Lined): void {
    const { name, test } = plain(of)
    const own = String(name ?? `class-${of.line}`)
    const entry: Entry = { name: own, priority: 100 + this.#classes.length, ...(own === DENIED ? { denied: true } : {}) }
    this.#classes.push(entry)
    if (test !== undefined && test !== '') {
      const translated = readKeaExpression(String(test), this.#tests, this.#registry)
      if (translated.ok) entry['test'] = translated.value
      else this.#note(of.line, `the test of class ${own} was not taken over: ${String(test)}: ${translated.error}`, 'write it as an expression of ours')
      this.#tests.set(own, translated.ok ? translated.value : undefined)
    }
    this.#object(of, `class ${own}`, { ...this.#ignored('name', 'test'), ...this.#level(entry) })
  }

  #host(of: Lined): void {
    const identifiers: Entry[] = []
    const host: Entry = { identifiers }
    const identifier = (kind: string, form: (text: string) => string) => ({ value }: Lined): void => {
      identifiers.push({ kind, value: form(String(value)) })
    }
    this.#object(of, 'a reservation', {
      ...this.#level(host),
      'hw-address': identifier('mac', text => text.toLowerCase()),
      'client-id': identifier('client-id', octetsOf),
      'circuit-id': identifier('circuit-id', text => `0x${octetsOf(text)}`),
      'ip-address': ({ value }) => {
        host['addresses'] = [value]
      },
      hostname: ({ value }) => {
        const [label] = String(value).toLowerCase().split('.')
        if (label !== undefined && label !== '') host['name'] = label
      },
      'client-classes': ({ value }) => {
        if (!Array.isArray(value)) return
        const names = (value as readonly Lined[]).map(item => item.value)
        const classes = names.filter(name => name !== DENIED).map(className)
        if (names.includes(DENIED)) host['denied'] = true
        if (classes.length > 0) host['classes'] = classes
      },
      comment: ({ value }) => {
        if (typeof value === 'string') host['comment'] = value
      },
    })
    if (identifiers.length > 0) this.#putHost(host)
    else this.#note(of.line, 'a reservation has no identifier that is known here', 'give its hw-address, client-id or circuit-id')
  }

  /** A reservation of the same client in another subnet is a further address of the host. */
  #putHost(host: Entry): void {
    const key = JSON.stringify(host['identifiers'])
    const known = this.#hostsByKey.get(key)
    const address = (host['addresses'] as readonly unknown[] | undefined)?.[0]
    if (known !== undefined && address !== undefined) {
      known['addresses'] = [...((known['addresses'] as readonly unknown[] | undefined) ?? []), address]
      return
    }
    this.#hostsByKey.set(key, host)
    this.#hosts.push(host)
  }
}

const each = (read: (item: Lined) => void) => ({ value }: Lined): void => {
  if (Array.isArray(value)) for (const item of value as readonly Lined[]) read(item)
}

/** The members of an object that are no lists or objects. */
function plain(of: Lined): { readonly [name: string]: unknown } {
  return of.value instanceof Map ? Object.fromEntries([...(of.value as ReadonlyMap<string, Lined>)].map(([name, { value }]) => [name, value])) : {}
}

const blockOf = (text: string): Prefix | undefined => (text.includes('/') ? parsePrefix(text) : undefined)

/** "a - b" or a block. */
function rangeOf(text: string): { readonly first: string; readonly last: string } | undefined {
  const block = blockOf(text.trim())
  if (block !== undefined) return { first: formatIpv4(block.network), last: formatIpv4(lastOf(block)) }
  const [first, last, ...more] = text.split('-').map(part => parseIpv4(part.trim()))
  if (first === undefined || last === undefined || more.length > 0) return undefined
  return { first: formatIpv4(first), last: formatIpv4(last) }
}
