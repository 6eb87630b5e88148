/** Recursion over a virtual Internet, with a real cache, and the least of a resolver that finds servers' addresses. */
import { RrsetCache } from '../../services/dns/cache/rrset-cache.ts'
import { Recursion } from '../../services/dns/recursion/recursion.ts'
import type { RecursionOptions } from '../../services/dns/recursion/recursion.ts'
import { Exchange } from '../../services/dns/resolver/exchange.ts'
import type { Finding } from '../../services/dns/resolver/finding.ts'
import { ServerBook } from '../../services/dns/resolver/server-book.ts'
import { Budget } from '../../services/dns/resolver/source.ts'
import type { Ask, FindOther, SourceOutcome } from '../../services/dns/resolver/source.ts'
import { formatName, keyOf } from '../../services/dns/wire/name.ts'
import type { NameKey } from '../../services/dns/wire/name.ts'
import { formatRdata } from '../../services/dns/wire/rdata.ts'
import type { Rrset } from '../../services/dns/wire/rrset.ts'
import { typeCode, typeName } from '../../services/dns/wire/type-names.ts'
import { ipv4 } from '../../stack/index.ts'
import { SeededSecureRandom } from '../../stack/platform/index.ts'
import { VirtualInternet } from './virtual-internet.ts'

export const ROOT_AT = '198.41.0.4'
export const HINTS = [{ name: keyOf('a.root-servers.example'), addresses: [ipv4(ROOT_AT)] }]

export const rrsetLines = (rrset: Rrset): readonly string[] =>
  rrset.rdata.map((rdata) => `${formatName(rrset.name)} ${rrset.ttl} ${typeName(rrset.type)} ${formatRdata(rrset.type, rdata)}`)

/** "rrset www.example.com 300 A 192.0.2.1", "nxdomain example.com 60 SOA …": kind, then answer, or for denials authority. */
export function findingText(finding: Finding): string {
  const sets = finding.answer.length > 0 ? finding.answer : finding.authority
  return [finding.kind, ...sets.flatMap(({ rrset }) => rrsetLines(rrset))].join(' | ')
}

export class RecursionBench {
  readonly net: VirtualInternet
  readonly random: SeededSecureRandom
  readonly book: ServerBook
  readonly exchange: Exchange
  readonly cache: RrsetCache
  readonly recursion: Recursion
  readonly counts = new Map<string, number>()
  readonly events: (readonly [string, unknown])[] = []
  readonly traced: (readonly [string, { readonly [fact: string]: unknown }])[] = []
  readonly #chains = new WeakMap<Ask, ReadonlySet<string>>()

  constructor(net: VirtualInternet, options: RecursionOptions = {}, seed = 1) {
    this.net = net
    const { clock } = net
    this.random = new SeededSecureRandom(seed)
    this.book = new ServerBook(clock, this.random)
    const count = (name: string): void => void this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    this.exchange = new Exchange({ clock, random: this.random, book: this.book, count, send: net.send })
    this.cache = new RrsetCache({ clock, random: this.random })
    this.recursion = new Recursion(
      {
        clock, exchange: this.exchange, cache: this.cache, find: this.#find, count,
        emit: (id, facts) => void this.events.push([id, facts]),
      },
      { hints: HINTS, ...options },
    )
  }

  /** What the resolver does for others: looks in the cache, asks, keeps what it was told, and ends circles. */
  readonly #find: FindOther = (key, type, { ask }, done) => {
    const known = this.cache.rrset(ask.partition, key, type)
    if (known !== undefined) return done(known)
    const chain = this.#chains.get(ask) ?? new Set([idOf(ask.key, ask.type)])
    const id = idOf(key, type)
    if (chain.has(id) || ask.depth >= 12 || !ask.budget.take('subQuestions')) return done(undefined)
    const next: Ask = { ...ask, key, type, depth: ask.depth + 1 }
    this.#chains.set(next, new Set(chain).add(id))
    this.recursion.ask(next, (outcome) => {
      this.#keep(ask.partition, outcome)
      done(outcome.kind === 'answered' ? outcome.findings[0] : undefined)
    })
  }

  #keep(partition: number, outcome: SourceOutcome): void {
    if (outcome.kind === 'answered') for (const finding of outcome.findings) this.cache.put(partition, finding)
  }

  /** The list that the outcome comes into. */
  begin(text: string, type: string, budget = new Budget()): SourceOutcome[] {
    const told: SourceOutcome[] = []
    const ask: Ask = {
      partition: 0, key: keyOf(text), type: typeCode(type) as number, budget, depth: 0,
      trace: (id, facts) => void this.traced.push([id, facts]),
    }
    this.recursion.ask(ask, (outcome) => told.push(outcome))
    return told
  }

  /** Lets time pass until the outcome is there. */
  ask(text: string, type: string, budget?: Budget): SourceOutcome {
    const told = this.begin(text, type, budget)
    while (told.length === 0) if (!this.net.clock.step()) throw new Error('nothing is left to happen, and there is no outcome')
    return told[0] as SourceOutcome
  }

  /** As text, with all links; a failure as "failed: because". */
  tell(text: string, type: string, budget?: Budget): readonly string[] {
    const outcome = this.ask(text, type, budget)
    return outcome.kind === 'failed' ? [`failed: ${outcome.because}`] : outcome.findings.map(findingText)
  }
}

const idOf = (key: NameKey, type: number): string => `${type} ${key}`

/** Root, com, org and example.com with www, each with one server. */
export function smallInternet(exampleCom = 'www 300 A 192.0.2.80'): VirtualInternet {
  const net = new VirtualInternet()
  net.server(ROOT_AT, { '.': `
    @ 518400 NS a.root-servers.example.
    a.root-servers.example. 518400 A ${ROOT_AT}
    com. 172800 NS a.gtld.com.
    a.gtld.com. 172800 A 192.5.6.30
    org. 172800 NS a.orgs.org.
    a.orgs.org. 172800 A 199.19.56.1
  ` })
  net.server('192.5.6.30', { com: `
    @ 172800 NS a.gtld.com.
    a.gtld.com. 172800 A 192.5.6.30
    example.com. 172800 NS ns1.example.com.
    ns1.example.com. 172800 A 192.0.2.53
  ` })
  net.server('199.19.56.1', { org: `
    @ 172800 NS a.orgs.org.
    a.orgs.org. 172800 A 199.19.56.1
  ` })
  net.server('192.0.2.53', { 'example.com': `
    @ 3600 NS ns1.example.com.
    ns1 3600 A 192.0.2.53
    ${exampleCom.split('\n').map((line) => line.trim()).join('\n')}
  ` })
  return net
}
