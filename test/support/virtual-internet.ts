/**
 * A small Internet in memory on virtual time: name servers at addresses, each a real authoritative server of ours with
 * zones from master-file text, at a distance, and with faults laid over what it says. For resolvers' tests: `send` is
 * what an Exchange sends by.
 */
import { createHash } from 'node:crypto'
import { DnsServer } from '../../services/dns/index.ts'
import type { SigningKey, ZoneSigning } from '../../services/dns/index.ts'
import type { PortFault, QueryHandle } from '../../services/dns/resolver/exchange.ts'
import type { Server, Transport } from '../../services/dns/resolver/server-book.ts'
import { parseMessage } from '../../services/dns/wire/message.ts'
import { formatName, name, nameKey, nameOfKey } from '../../services/dns/wire/name.ts'
import type { NameKey } from '../../services/dns/wire/name.ts'
import { typeName } from '../../services/dns/wire/type-names.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { formatIpv4, ipv4 } from '../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { CLIENT, replyTo, zoneOf } from './dns.ts'
import { keyTagOf, signingKey, signingOf } from './dnssec.ts'

export type QueryIn = {
  readonly bytes: Uint8Array
  readonly transport: Transport
  readonly name: string
  readonly key: NameKey
  readonly type: string
  /** It came with OPT. */
  readonly edns: boolean
}

/** `refuse`: the host says that nobody is there, or ends the connection. */
export type Reply = { readonly bytes: Uint8Array | 'refuse'; readonly afterMs: number }
export type Fault = (query: QueryIn, replies: readonly Reply[]) => readonly Reply[]

/** One line for each query that reached a server: "192.0.2.1 www.example.com A", with " by TCP" where it did. */
export type Heard = { readonly at: number; readonly server: string; readonly query: QueryIn }

const RESPONSE_OCTETS = 65_535
const UDP_OCTETS = 1232
const PLAIN_UDP_OCTETS = 512

export class VirtualServer {
  readonly address: Ipv4
  latencyMs: number
  faults: readonly Fault[]
  readonly #make: () => DnsServer
  #dns: DnsServer | undefined

  constructor(address: string, clock: VirtualClock, zones: { readonly [zone: string]: string }, options: ServerOptions) {
    this.address = ipv4(address)
    this.latencyMs = options.latencyMs ?? 20
    this.faults = options.faults ?? []
    const made = Object.entries(zones).map(([zone, text], i) => zoneOf(zone, withSoa(zone, text), i + 1))
    const ports = {
      clock, random: new SeededSecureRandom(this.address), query: () => {
        throw new Error('an authoritative server asks nobody')
      },
    }
    // Many a server is never asked, and making one takes time.
    this.#make = () => {
      const dns = new DnsServer(ports, { upstreams: [], cache: { octets: 65_536 }, answerSlabs: [{ slotOctets: 256, slots: 16 }, { slotOctets: 1536, slots: 4 }] }, made)
      Object.keys(zones).forEach((zone, i) => {
        const signing = options.signed?.[zone]
        if (signing !== undefined) dns.setSigning(i + 1, signing)
      })
      return dns
    }
  }

  /** What it says when nothing is wrong with it; undefined: nothing. */
  answer(bytes: Uint8Array, transport: Transport): Uint8Array | undefined {
    const into = new Uint8Array(RESPONSE_OCTETS)
    const later = (): never => {
      throw new Error('a zone answers at once')
    }
    const edns = bytes[11] === 1
    const dns = (this.#dns ??= this.#make())
    const length = transport === 'udp'
      ? dns.receive(bytes, 0, bytes.length, into, 0, edns ? UDP_OCTETS : PLAIN_UDP_OCTETS, CLIENT, later)
      : dns.receiveStream(bytes, 0, bytes.length, into, 0, CLIENT, later)
    return length > 0 ? into.slice(0, length) : undefined
  }

  replies(query: QueryIn): readonly Reply[] {
    const bytes = this.answer(query.bytes, query.transport)
    // A connection takes a round trip first.
    const afterMs = query.transport === 'udp' ? this.latencyMs : 2 * this.latencyMs
    const honest = bytes === undefined ? [] : [{ bytes, afterMs }]
    return this.faults.reduce<readonly Reply[]>((replies, fault) => fault(query, replies), honest)
  }
}

type ServerOptions = {
  readonly latencyMs?: number
  readonly faults?: readonly Fault[]
  /** Keys and denial of zones that are signed; see signed(). */
  readonly signed?: { readonly [zone: string]: ZoneSigning }
}

/** A zone text without SOA gets one. */
const withSoa = (zone: string, text: string): string =>
  /\bSOA\b/.test(text) ? text : `@ 300 SOA ns.${zone === '.' ? '' : `${zone}.`} hostmaster. 1 3600 600 86400 60\n${text}`

export class VirtualInternet {
  readonly clock: VirtualClock
  readonly heard: Heard[] = []
  readonly #servers = new Map<Ipv4, VirtualServer>()

  constructor(clock = new VirtualClock()) {
    this.clock = clock
  }

  /** Zones by name; "." is the root. Where no server is, a query meets silence. */
  server(address: string, zones: { readonly [zone: string]: string }, options: ServerOptions = {}): VirtualServer {
    const server = new VirtualServer(address, this.clock, zones, options)
    this.#servers.set(server.address, server)
    return server
  }

  remove(address: string): void {
    this.#servers.delete(ipv4(address))
  }

  /** What servers were asked since this was called last: "192.0.2.1 www.example.com A". */
  asked(): readonly string[] {
    return this.heard.splice(0).map(({ server, query }) =>
      `${server} ${query.name.toLowerCase()} ${query.type}${query.transport === 'udp' ? '' : ` by ${query.transport.toUpperCase()}`}`)
  }

  /** See SendTo. */
  readonly send = (
    server: Server, transport: Transport, bytes: Uint8Array, length: number,
    received: (buffer: Uint8Array, at: number, length: number) => void, failed: (why: PortFault) => void,
  ): QueryHandle => {
    const query = readQuery(bytes.slice(0, length), transport)
    this.heard.push({ at: this.clock.now(), server: formatIpv4(server.address), query })
    const timers = (this.#servers.get(server.address)?.replies(query) ?? []).map((reply) =>
      this.clock.at(this.clock.now() + reply.afterMs, () => {
        if (reply.bytes === 'refuse') failed('refused')
        else received(reply.bytes, 0, reply.bytes.length)
      }))
    return {
      cancel: () => {
        for (const timer of timers) timer.cancel()
      },
    }
  }
}

function readQuery(bytes: Uint8Array, transport: Transport): QueryIn {
  const parsed = parseMessage(bytes, 0, bytes.length)
  if (!parsed.ok) throw new Error('a malformed query was sent')
  const m = parsed.value
  return { bytes, transport, name: formatName(m.name), key: m.key, type: typeName(m.type), edns: m.edns !== undefined }
}

const eachReply = (change: (bytes: Uint8Array, query: QueryIn) => Uint8Array): Fault => (query, replies) =>
  replies.map((reply) => (reply.bytes === 'refuse' ? reply : { ...reply, bytes: change(reply.bytes.slice(), query) }))
const setByte = (at: number, change: (octet: number) => number): Fault => eachReply((bytes) => {
  bytes[at] = change(bytes[at] as number)
  return bytes
})
/** Where the name, type and class of the one question end. */
const questionEnd = (bytes: Uint8Array): number => 12 + name(formatName(bytes.subarray(12))).length + 4
const instead = (make: (query: QueryIn) => Uint8Array): Fault => (query, replies) =>
  [{ bytes: make(query), afterMs: replies[0]?.afterMs ?? 20 }]
const ofRcode = (rcode: number): Fault => instead((query) => withoutRd(replyTo(query, { rcode })))
/** Servers that recurse set RA; these do not. */
const withoutRd = (bytes: Uint8Array): Uint8Array => {
  bytes[3] = (bytes[3] as number) & 0x7f
  return bytes
}

/** What can be wrong with a server. They may be combined: each changes what the one before has left. */
export const FAULTS = {
  dead: () => [],
  hostDown: (_query, replies) => [{ bytes: 'refuse', afterMs: replies[0]?.afterMs ?? 20 }],
  servfail: ofRcode(2),
  notImplemented: ofRcode(4),
  /** Lame: it does not have the zone. */
  refused: ofRcode(5),
  /** Lame in another way: it sends us back to the root. */
  upward: instead((query) => withoutRd(replyTo(query, { authority: '. 518400 NS a.root-servers.example' }))),
  /** Lame as a cache: it answers without authority. */
  notAuthoritative: setByte(2, (octet) => octet & ~0x04),
  truncating: (query, replies) => (query.transport === 'udp'
    ? eachReply((bytes) => {
        const cut = bytes.slice(0, questionEnd(bytes))
        cut[2] = (cut[2] as number) | 0x02
        cut.fill(0, 6, 12)
        return cut
      })(query, replies)
    : replies),
  noTcp: (query, replies) => (query.transport === 'udp' ? replies : [{ bytes: 'refuse', afterMs: 40 }]),
  /** Of the days before EDNS: FORMERR without OPT. */
  formerrToEdns: (query, replies) => (query.edns ? ofRcode(1)(query, replies) : replies),
  silentToEdns: (query, replies) => (query.edns ? [] : replies),
  /** Passes over OPT as if it were not there. */
  dropsOpt: eachReply((bytes) => (bytes.subarray(-11)[2] === 41 ? bytes.slice(0, -11).map((octet, i) => (i === 11 ? octet - 1 : octet)) : bytes)),
  malformed: eachReply((bytes) => bytes.slice(0, bytes.length - 3)),
  wrongId: setByte(1, (octet) => octet ^ 0x55),
  wrongQuestion: setByte(13, (octet) => octet ^ 0x02),
  lowersCase: eachReply((bytes) => {
    for (let i = 12; i < questionEnd(bytes) - 4; i++) {
      const octet = bytes[i] as number
      if (octet >= 0x41 && octet <= 0x5a) bytes[i] = octet + 32
    }
    return bytes
  }),
  /** RFC 8020's counter-example: a name between dots does not exist, though names below it do. */
  deniesBetweenDots: eachReply((bytes) => {
    if (bytes[7] === 0 && ((bytes[2] as number) & 0x04) !== 0) bytes[3] = (bytes[3] as number) | 3
    return bytes
  }),
} as const satisfies { readonly [fault: string]: Fault }

export const slowBy = (ms: number): Fault => (_query, replies) => replies.map((reply) => ({ ...reply, afterMs: reply.afterMs + ms }))
/** The fault for questions that match only: "ns1.example.com A". */
export const only = (matches: (query: QueryIn) => boolean, fault: Fault): Fault => (query, replies) =>
  (matches(query) ? fault(query, replies) : replies)
/** Says these records in place of its own. */
export const saying = (shape: Parameters<typeof replyTo>[1]): Fault => instead((query) => withoutRd(replyTo(query, shape)))

export type SignedZone = { readonly signing: ZoneSigning; readonly dnskey: Uint8Array; readonly ds: string }

/** Keys for a zone, and the line that its parent has of them. */
export function signed(zone: string, shape: Partial<ZoneSigning> = {}, key: SigningKey = signingKey()): SignedZone {
  const owner = zone === '.' ? '.' : `${zone}.`
  const digest = createHash('sha256').update(nameOfKey(nameKey(name(zone)))).update(key.dnskey).digest('hex').toUpperCase()
  return {
    signing: signingOf({ keys: [key], ...shape }), dnskey: key.dnskey,
    ds: `${owner} 300 DS ${keyTagOf(key.dnskey)} ${key.algorithm} 2 ${digest}`,
  }
}
