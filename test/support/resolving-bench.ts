/** The whole DNS server as a validating resolver over a virtual Internet: what a client is told, and who was asked. */
import { DnsServer } from '../../services/dns/index.ts'
import type { DnsOptions, Explanation } from '../../services/dns/index.ts'
import type { Transport } from '../../services/dns/resolver/server-book.ts'
import type { TrustAnchor } from '../../services/dns/validator/anchors.ts'
import type { NameKey } from '../../services/dns/wire/name.ts'
import { SeededSecureRandom } from '../../stack/platform/index.ts'
import { CLIENT, queryBytes, told } from './dns.ts'
import type { QueryShape, Told, zoneOf } from './dns.ts'
import { HINTS } from './recursion-bench.ts'
import { verifyNow } from './validation.ts'
import type { VirtualInternet } from './virtual-internet.ts'

export class ResolvingBench {
  readonly net: VirtualInternet
  readonly server: DnsServer
  readonly events: (readonly [string, unknown])[] = []

  constructor(
    net: VirtualInternet,
    options: Partial<DnsOptions> & { readonly anchors?: ReadonlyMap<NameKey, TrustAnchor>; readonly zones?: readonly ReturnType<typeof zoneOf>[]; readonly seed?: number } = {},
  ) {
    const { anchors, zones = [], seed = 1, ...rest } = options
    this.net = net
    const by = (transport: Transport) => (...[server, bytes, length, received, failed]: Parameters<ConstructorParameters<typeof DnsServer>[0]['query']>) =>
      net.send({ ...server, transport }, transport, bytes, length, received, failed)
    const ports = { clock: net.clock, random: new SeededSecureRandom(seed), query: by('udp'), queryStream: by('tcp'), verify: verifyNow }
    this.server = new DnsServer(ports, {
      upstreams: [], recursion: { hints: HINTS }, validation: 'yes', trustAnchors: anchors ?? new Map(),
      answerSlabs: [{ slotOctets: 256, slots: 128 }, { slotOctets: 1536, slots: 16 }], emit: (id, facts) => void this.events.push([id, facts]), ...rest,
    }, zones)
  }

  /** Asks, and lets time go on until the answer is there; undefined: none within `withinMs`. */
  ask(text: string, type: string, shape: QueryShape = {}, withinMs = 10_000): Told | undefined {
    const { clock } = this.net
    const bytes = queryBytes(text, type, shape)
    const into = new Uint8Array(4096)
    const answers: Told[] = []
    const length = this.server.receive(
      bytes, 0, bytes.length, into, 0, 4096, shape.from ?? CLIENT, () => (b, at, n) => void answers.push(told(b, at, n)),
    )
    if (length > 0) answers.push(told(into, 0, length))
    for (const end = clock.now() + withinMs; answers.length === 0 && clock.now() < end;) clock.advance(10)
    return answers[0]
  }

  /** "NOERROR ad | www.example 300 A 192.0.2.1": rcode, ad, answer or, where there is none, authority. */
  tell(text: string, type: string, shape: QueryShape = { flags: 0x0120 }): string {
    const answer = this.ask(text, type, shape)
    if (answer === undefined) return 'nothing'
    const { rcode, flags } = answer
    const records = answer.answer.length > 0 ? answer.answer : answer.authority
    return [`${rcode}${flags.includes('ad') ? ' ad' : ''}`, ...records].join(' | ')
  }

  async explain(text: string, type: string): Promise<Explanation> {
    const explained = this.server.explain(text, type)
    const { clock } = this.net
    for (const end = clock.now() + 10_000; clock.now() < end;) clock.advance(100)
    return explained
  }
}
