/** The whole DNS server as a validating resolver over a virtual Internet: what a client is told, and who was asked. */
import { DnsServer } from '../../services/dns/index.ts'
import type { DnsOptions, Explanation } from '../../services/dns/index.ts'
import type { Transport } from '../../services/dns/resolver/server-book.ts'
import type { TrustAnchor } from '../../services/dns/validator/anchors.ts'
import type { NameKey } from '../../services/dns/wire/name.ts'
import { formatIpv4 } from '../../stack/index.ts'
import { SeededSecureRandom } from '../../stack/platform/index.ts'
import { CLIENT, queryBytes, told } from './dns.ts'
import type { QueryShape, Told, zoneOf } from './dns.ts'
import { HINTS } from './recursion-bench.ts'
import { verifyNow } from './validation.ts'
import type { VirtualInternet } from './virtual-internet.ts'

/** A server beside those of the Internet: how a query is answered there. */
export type Behind = (query: Uint8Array, answered: (reply: Uint8Array) => void) => void

function askBehind(
  behind: Behind | undefined, net: VirtualInternet, query: Uint8Array, received: (b: Uint8Array, at: number, length: number) => void,
): { cancel(): void } | undefined {
  if (behind === undefined) return undefined
  let open = true
  net.clock.at(net.clock.now() + 1, () => behind(query, (reply) => open && received(reply, 0, reply.length)))
  return { cancel: () => void (open = false) }
}

export class ResolvingBench {
  readonly net: VirtualInternet
  readonly server: DnsServer
  readonly events: (readonly [string, unknown])[] = []

  constructor(
    net: VirtualInternet,
    options: Partial<DnsOptions> & { readonly anchors?: ReadonlyMap<NameKey, TrustAnchor>; readonly zones?: readonly ReturnType<typeof zoneOf>[]; readonly seed?: number; readonly behind?: ReadonlyMap<string, Behind> } = {},
  ) {
    const { anchors, zones = [], seed = 1, behind, ...rest } = options
    this.net = net
    const by = (transport: Transport) => (...[server, bytes, length, received, failed]: Parameters<ConstructorParameters<typeof DnsServer>[0]['query']>) =>
      askBehind(behind?.get(formatIpv4(server.address)), net, bytes.slice(0, length), received) ?? net.send({ ...server, transport }, transport, bytes, length, received, failed)
    const ports = { clock: net.clock, random: new SeededSecureRandom(seed), query: by('udp'), queryStream: by('tcp'), verify: verifyNow }
    this.server = new DnsServer(ports, {
      upstreams: [], recursion: { hints: HINTS }, validation: 'yes', trustAnchors: anchors ?? new Map(),
      answerSlabs: [{ slotOctets: 256, slots: 128 }, { slotOctets: 1536, slots: 16 }], cache: { octets: 1024 * 1024 }, emit: (id, facts) => void this.events.push([id, facts]), ...rest,
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

  /** Answers a query as a server, in its time. */
  take(query: Uint8Array, answered: (reply: Uint8Array) => void): void {
    const into = new Uint8Array(4096)
    const length = this.server.receive(query, 0, query.length, into, 0, 4096, CLIENT, () => (b, at, n) => answered(b.slice(at, at + n)))
    if (length > 0) answered(into.slice(0, length))
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
