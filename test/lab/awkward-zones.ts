/**
 * Zones that are hard to answer from, by seed, as master files that Knot, NSD and BIND load as well: wildcards at
 * several levels, empty non-terminals, delegations with and without glue and with names that they occlude, aliases in
 * chains, loops and across zones, redirected subtrees, zones within zones, deep and long names, odd octets, letter
 * case, many types, large RRsets. And the questions that go with them.
 */
import { SeededRandom } from '../../stack/platform/index.ts'
import { MAX_NAME_OCTETS, nameKey, parseName } from '../../services/dns/wire/name.ts'
import type { Name, NameKey } from '../../services/dns/wire/name.ts'

export type AwkwardZone = { readonly zone: string; readonly text: string }
export type Question = { readonly name: Name; readonly type: number }
export type AwkwardWorld = { readonly zones: readonly AwkwardZone[]; readonly questions: readonly Question[] }

/** Labels as master files write them. */
const LABELS = [
  'a', 'b', 'c', 'www', 'WWW', 'MiXed', '*', '*', '*', '_tcp', '_25', 'xn--bcher-kva', '0', '-', '\\000', '\\255\\254',
  'dot\\.ted', 'sp\\032ace', '\\@', 'q\\"uote', 'sl\\\\ash', '\\;\\(x\\)', '\\$', 'x'.repeat(63),
  '**', '*a',
]
/** Data that is the same for every owner. Types that only newer servers know are in the form of RFC 3597. */
const DATA: readonly (readonly [type: string, data: string])[] = [
  ['A', '192.0.2.1'], ['A', '192.0.2.2'], ['AAAA', '2001:db8::1'], ['AAAA', '::ffff:192.0.2.1'],
  ['TXT', '"a" "b c" ""'], ['TXT', '"\\000\\255\\"\\\\;"'], ['TXT', 'bare'], ['MX', '10 mail'], ['MX', '10 MAIL'],
  ['MX', '0 .'], ['SRV', '0 1 53 ns'], ['PTR', 'www.a'], ['HINFO', '"x" "y z"'], ['RP', 'a.b .'], ['AFSDB', '1 ns'],
  ['NAPTR', '1 2 "s" "" "!^.*$!x!" b'], ['KX', '1 ns'], ['CERT', '1 2 3 AQID'], ['SSHFP', `1 1 ${'aa'.repeat(20)}`],
  ['TLSA', '3 1 1 0a0b'], ['LOC', '1 N 2 E 3m'], ['CAA', '0 issue "ca.example"'], ['URI', '1 2 "https://x/"'],
  ['SVCB', '1 ns port=53'], ['HTTPS', '0 www'], ['HTTPS', '1 . alpn=h2,h3 ipv4hint=192.0.2.1'],
  ['TYPE65400', '\\# 3 010203'], ['TYPE1', '\\# 4 c0000209'], ['TYPE731', '\\# 0'], ['SPF', '"v=spf1 -all"'],
  ['EUI48', '00-00-5e-00-53-2a'], ['OPENPGPKEY', 'AQIDBA=='],
  ['DHCID', 'AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA='], ['CDS', `1 8 2 ${'ab'.repeat(32)}`],
  ['CSYNC', '1 3 A NS'], ['RT', '1 ns'], ['MINFO', 'a b'], ['TYPE65333', '\\# 6 000101610000'],
  ['APL', '1:192.0.2.0/24 !2:2001:db8::/32'], ['IPSECKEY', '10 1 2 192.0.2.38 AQNRU3mG'],
  ['NID', '10 1014:4fff:ff20:ee64'], ['LP', '10 b'], ['TYPE65334', '\\# 5 0431313131'],
]
/** A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, NAPTR, DNAME, DS, HTTPS, ANY, CAA, unknown. */
const ASKED = [1, 1, 1, 2, 5, 6, 12, 15, 16, 28, 28, 33, 35, 39, 43, 65, 255, 257, 65_400]

const TTLS = ['0', '1', '60', '300', '1h', '1d', '2147483647']

const FAR_SERVER = 'ns2.deep.deep.deep.ns'

/** Names per zone, beside the few that every zone has. */
const NAMES = 45

class ZoneWriter {
  readonly zone: string
  readonly names: string[] = []
  readonly #random: SeededRandom
  readonly #longest: number
  readonly #lines: string[] = []
  /** Owner → kind, so that aliases stand alone. */
  readonly #ttls = new Map<string, string>()
  readonly #redirected = new Set<string>()
  readonly #owners = new Map<string, 'data' | 'alias' | 'cut'>()

  constructor(zone: string, random: SeededRandom, longest: number) {
    this.zone = zone
    this.#longest = longest
    this.#random = random
  }

  pick<T>(from: readonly T[]): T {
    return from[this.#random.below(from.length)] as T
  }

  /** The whole name of a relative one; undefined when it is too long. */
  whole(relative: string): string | undefined {
    const text = relative === '@' ? `${this.zone}.` : `${relative}.${this.zone}.`
    const parsed = parseName(text)
    return parsed.ok && parsed.value.length <= this.#longest ? text : undefined
  }

  /** A line in one of the ways in which it can be written. */
  #record(owner: string, type: string, data: string, ttl: string): void {
    const whole = this.whole(owner)
    if (whole === undefined) return
    const name = this.#random.chance(0.5) ? owner : whole
    const order = this.#random.chance(0.5) ? `${ttl} IN` : `IN ${ttl}`
    const body = this.#random.chance(0.2) && type !== 'SOA' ? `( ${data} ; a comment )\n )` : data
    this.#lines.push(`${name} ${order} ${this.#random.chance(0.3) ? type.toLowerCase() : type} ${body}`)
  }

  /** Marks an owner as alias, cut or data; false when it is something else already. */
  claim(owner: string, kind: 'data' | 'alias' | 'cut'): boolean {
    const present = this.#kindOf(owner)
    if (this.whole(owner) === undefined || this.#isRedirected(owner)) return false
    if (present !== undefined && (present !== kind || kind === 'alias')) return false
    this.#owners.set(this.#key(owner), kind)
    this.names.push(owner)
    return true
  }

  /** Whether an owner may have data beside what it has. */
  holds(owner: string): boolean {
    return this.#kindOf(owner) === 'cut' || this.claim(owner, 'data')
  }

  /** One TTL per RRset, as RFC 2181 §5.2 wants it: servers differ in how they mend others. */
  set(owner: string, type: string, data: readonly string[]): void {
    const id = `${this.#key(owner)} ${type === 'TYPE1' ? 'A' : type}`
    const ttl = this.#ttls.get(id) ?? this.pick(TTLS)
    this.#ttls.set(id, ttl)
    for (const one of data) this.#record(owner, type, one, ttl)
  }

  /** Some RRsets of different types. */
  data(owner: string): void {
    if (!this.claim(owner, 'data')) return
    const chosen = new Set(Array.from({ length: 1 + this.#random.below(4) }, () => this.pick(DATA)))
    for (const [type, data] of chosen) this.set(owner, type, [data])
  }

  /** NS records with some way of finding the servers' addresses, sometimes DS, sometimes data that is occluded. */
  cut(owner: string, others: readonly string[]): void {
    if (owner.startsWith('*') || !this.claim(owner, 'cut')) return
    const servers = new Set(Array.from({ length: 1 + this.#random.below(3) }, (_, i) => this.pick([
      `ns${i}.${owner}`, `ns${i}.${owner}`, `ns${i}.x.${owner}`, 'ns', 'ns.example.org.', owner, this.pick(others),
    ])))
    this.set(owner, 'NS', [...servers].filter(server => server.endsWith('.') || this.whole(server) !== undefined))
    for (const server of servers) {
      if (!server.endsWith(owner) || !this.#random.chance(0.75) || !this.holds(server)) continue
      this.set(server, 'A', ['198.51.100.1', '198.51.100.2'].slice(0, 1 + this.#random.below(2)))
      if (this.#random.chance(0.5)) this.set(server, 'AAAA', ['2001:db8:1::1'])
    }
    if (this.#random.chance(0.4)) {
      this.set(owner, 'DS', [`${this.#random.below(65_536)} 13 2 ${'ab'.repeat(32)}`])
    }
    if (this.#random.chance(0.3)) this.set(owner, 'TXT', ['"occluded"'])
    if (this.#random.chance(0.3) && this.holds(`under.${owner}`)) this.set(`under.${owner}`, 'MX', ['5 occluded'])
    else this.names.push(`under.${owner}`)
  }

  /** Names below a DNAME cannot be (RFC 6672 §2.4). */
  #isRedirected(owner: string): boolean {
    const key = this.#key(owner)
    return [...this.#redirected].some(above => above !== key && key.endsWith(above))
  }

  /** A DNAME, where nothing is below it; data of other types may stand beside it. */
  redirect(owner: string, target: string): void {
    const key = this.#key(owner)
    const taken = [...this.#owners.keys()].some(other => other !== key && other.endsWith(key))
    if (taken || this.#redirected.has(key) || owner.includes('*') || this.#kindOf(owner) === 'cut' || !this.claim(owner, 'data')) return
    this.#redirected.add(key)
    this.set(owner, 'DNAME', [target])
    this.names.push(`below.${owner}`, `a.b.${owner}`, `${'n'.repeat(60)}.${owner}`, owner)
  }

  alias(owner: string, target: string): void {
    const possible = target.endsWith('.') || this.whole(target) !== undefined
    if (possible && this.claim(owner, 'alias')) this.set(owner, 'CNAME', [target])
  }

  #key(owner: string): NameKey {
    const parsed = parseName(this.whole(owner) ?? '')
    return parsed.ok ? nameKey(parsed.value) : ''
  }

  #kindOf(owner: string): 'data' | 'alias' | 'cut' | undefined {
    return this.#owners.get(this.#key(owner))
  }

  text(): string {
    const soa = `@ 3600 IN SOA ns hostmaster ( 7 3600 600 86400 ${this.pick(['0', '60', '7200'])} )`
    return `$ORIGIN ${this.zone}.\n$TTL 600\n${soa}\n${this.#lines.join('\n')}\n`
  }
}

/** One zone; `foreign` are whole names of other zones that aliases may lead to. */
function writeZone(
  zone: ZoneWriter, random: SeededRandom, foreign: readonly string[], children: readonly string[],
): void {
  zone.set('@', 'NS', random.chance(0.5) ? ['ns', 'ns.example.org.'] : ['ns', 'NS', FAR_SERVER])
  if (random.chance(0.5)) zone.set('@', 'MX', ['10 mail', '20 nowhere.example.org.'])
  zone.set('@', 'TXT', ['"apex"'])
  zone.claim('ns', 'data')
  if (zone.holds(FAR_SERVER)) zone.set(FAR_SERVER, 'A', ['192.0.2.54'])
  zone.set('ns', 'A', ['192.0.2.53'])
  const relatives = ['mail', 'a', 'b', '*']
  while (relatives.length < NAMES) {
    const label = zone.pick(LABELS)
    const parent = random.chance(0.35) ? '' : zone.pick(relatives)
    const name = parent === '' ? label : `${label}.${parent}`
    if (zone.whole(name) !== undefined) relatives.push(name)
  }
  // 100 labels, and as long as a name can be.
  const deep = Array.from({ length: 90 }, (_, i) => String(i % 10)).join('.')
  let long = 'l'
  while (zone.whole(`l${long}`) !== undefined && /^l{1,62}$/.test(long)) long += 'l'
  while (zone.whole(`${'m'.repeat(20)}.${long}`) !== undefined) long = `${'m'.repeat(20)}.${long}`
  relatives.push(deep, long)
  for (const child of children) zone.cut(child, relatives)
  for (const relative of relatives) {
    const die = random.below(100)
    if (die < 40) zone.data(relative)
    else if (die < 58) {
      const target = random.below(10)
      const nearby = zone.pick(relatives)
      const missing = `no.${nearby}`
      const targets = [nearby, nearby, nearby, nearby, nearby, missing, missing, zone.pick(foreign), relative]
      zone.alias(relative, targets[target] ?? '@')
    } else if (die < 66) zone.cut(relative, relatives)
    else if (die < 72) zone.redirect(relative, zone.pick([zone.pick(relatives), zone.pick(foreign), 'a', long, 'ns']))
    else zone.names.push(relative)
  }
  // Chains: ten links, one that ends in a loop of two, one that leaves by a delegation.
  for (let i = 0; i < 10; i++) zone.alias(`chain${i}`, i === 9 ? 'ns' : `chain${i + 1}`)
  zone.alias('loop0', 'loop1')
  zone.alias('loop1', 'loop2')
  zone.alias('loop2', 'loop1')
  zone.alias('*.looped', 'x.looped')
  zone.alias('*.self', '*.self')
  zone.redirect('moved', 'bigmx')
  zone.redirect('around', 'in.around2')
  zone.redirect('around2', 'around')
  zone.redirect('far', long)
  zone.redirect('home', '@')
  zone.cut('outside', relatives)
  zone.alias('gone', 'www.outside')
  zone.claim('big', 'data')
  zone.set('big', 'A', Array.from({ length: 40 + random.below(60) }, (_, i) => `203.0.113.${i}`))
  zone.set('big', 'TXT', Array.from({ length: 6 }, (_, i) => `"${String(i).repeat(250)}"`))
  zone.claim('bigmx', 'data')
  zone.set('bigmx', 'MX', Array.from({ length: 30 }, (_, i) => `${i} host${i}.bigmx`))
  for (let i = 0; i < 30; i++) zone.set(`host${i}.bigmx`, 'A', [`192.0.2.${i}`])
}

/** Names around the zone's own: themselves, above, beside, below, wildcards by name, other letter case. */
function questionsOf(zone: ZoneWriter, random: SeededRandom, count: number): Question[] {
  const questions: Question[] = []
  while (questions.length < count) {
    const own = random.chance(0.05) ? '@' : zone.pick(zone.names)
    const labels = own === '@' ? [] : own.split(/(?<!\\)\./)
    const shape = random.below(10)
    if (shape === 5) labels[0] = zone.pick(LABELS)
    else if (shape === 6) labels.unshift(zone.pick(LABELS))
    else if (shape === 7) labels.unshift(zone.pick(LABELS), zone.pick(LABELS))
    else if (shape === 8) labels.shift()
    const text = zone.whole(labels.length === 0 ? '@' : labels.join('.'))
    const parsed = text === undefined ? undefined : parseName(random.chance(0.2) ? text.toUpperCase() : text)
    if (parsed?.ok === true) questions.push({ name: parsed.value, type: zone.pick(ASKED) })
  }
  return questions
}

/**
 * The zones of one seed: one, another delegated from it that is served too, one below that without a delegation.
 * `longest`: octets of a name at most.
 */
export function awkwardWorld(seed: number, questions: number, longest = MAX_NAME_OCTETS): AwkwardWorld {
  const random = new SeededRandom(seed)
  const apexes = ['', 'child.', 'x.below.child.'].map(below => `${below}s${seed}.differ.internal`)
  const writers = apexes.map(apex => new ZoneWriter(apex, random, longest))
  const names = apexes.flatMap(apex => [`ns.${apex}.`, `a.${apex}.`, `nothing.${apex}.`, `${apex}.`])
  const foreign = [...names, 'www.example.org.']
  writers.forEach((writer, i) => writeZone(writer, random, foreign, i === 0 ? ['child'] : []))
  return {
    zones: writers.map(writer => ({ zone: writer.zone, text: writer.text() })),
    questions: writers.flatMap(writer => questionsOf(writer, random, Math.ceil(questions / writers.length))),
  }
}
