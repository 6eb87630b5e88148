/** Recursion over a virtual Internet, with a real cache and resolver; nothing is validated, and all counts as insecure. */
import { RrsetCache } from '../../services/dns/cache/rrset-cache.ts'
import { Recursion } from '../../services/dns/recursion/recursion.ts'
import type { RecursionOptions } from '../../services/dns/recursion/recursion.ts'
import { Exchange } from '../../services/dns/resolver/exchange.ts'
import { Resolver } from '../../services/dns/resolver/resolver.ts'
import { ServerBook } from '../../services/dns/resolver/server-book.ts'
import { Budget } from '../../services/dns/resolver/source.ts'
import type { Ask, SourceOutcome } from '../../services/dns/resolver/source.ts'
import { keyOf } from '../../services/dns/wire/name.ts'
import { typeCode } from '../../services/dns/wire/type-names.ts'
import { ipv4 } from '../../stack/index.ts'
import { SeededSecureRandom } from '../../stack/platform/index.ts'
import { findingText } from './dns-message.ts'
import { VirtualInternet } from './virtual-internet.ts'

export const ROOT_AT = '198.41.0.4'
export const HINTS = [{ name: keyOf('a.root-servers.example'), addresses: [ipv4(ROOT_AT)] }]

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
  readonly resolver: Resolver

  constructor(net: VirtualInternet, options: RecursionOptions = {}, seed = 1) {
    this.net = net
    const { clock } = net
    this.random = new SeededSecureRandom(seed)
    this.book = new ServerBook(clock, this.random)
    const count = (name: string): void => void this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    this.exchange = new Exchange({ clock, random: this.random, book: this.book, count, send: net.send })
    this.cache = new RrsetCache({ clock, random: this.random }, { octets: 1_048_576 })
    this.recursion = new Recursion(
      {
        clock, exchange: this.exchange, cache: this.cache, find: (...wanted) => this.resolver.find(...wanted), count,
        emit: (id, facts) => void this.events.push([id, facts]),
      },
      { hints: HINTS, ...options },
    )
    this.resolver = new Resolver({
      clock, cache: this.cache, sourceOf: () => this.recursion, count,
      validate: (finding, _ask, done) => done({ ...finding, security: 'insecure' }),
    })
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
