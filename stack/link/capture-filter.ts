/**
 * Which frames a capture keeps, as an expression that people type, in the words of tcpdump:
 *   expression := term { 'or' term }     term := factor { 'and' factor }     factor := 'not' factor | '(' … ')' | test
 *   test := arp | ip | icmp | igmp | udp | tcp | broadcast | host A | net A/n | port N | ether host M
 * A port is seen in UDP and TCP, in datagrams and first fragments; host and net also look into ARP packets.
 */
import { contains, parseIpv4, parsePrefix } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import { formatMac, parseMac } from '../address/mac.ts'
import { err, ok, u16 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import * as arp from '../wire/arp.ts'
import * as ethernet from '../wire/ethernet.ts'
import * as ip from '../wire/ipv4.ts'

/** True when the frame of `length` octets at `at` is to be kept. */
export type FrameTest = (b: Uint8Array, at: number, length: number) => boolean

export type FilterError = {
  readonly kind: 'bad-filter'
  /** The word, from 1, at which it went wrong. */
  readonly word: number
  readonly says: string
}

/** Words of an expression; deeper nesting than this many words makes no sense to anyone. */
const WORD_LIMIT = 200

const PROTOCOL_IGMP = 2
const PROTOCOL_TCP = 6

/** An empty text keeps everything. */
export function parseCaptureFilter(text: string): Result<FrameTest, FilterError> {
  const words = text.replace(/[()]/g, ' $& ').split(/\s+/).filter((word) => word !== '')
  if (words.length === 0) return ok(() => true)
  if (words.length > WORD_LIMIT) return err({ kind: 'bad-filter', word: WORD_LIMIT, says: 'the filter is too long' })
  const parser = new Parser(words)
  const test = parser.expression()
  if (parser.failure === undefined && !parser.atEnd) parser.fail(`'and', 'or' or the end was expected`)
  return parser.failure === undefined ? ok(test) : err(parser.failure)
}

const TESTS = 'arp, ip, icmp, igmp, udp, tcp, broadcast, host, net, port, ether host'
const NEVER: FrameTest = () => false

class Parser {
  failure: FilterError | undefined
  readonly #words: readonly string[]
  #next = 0

  constructor(words: readonly string[]) {
    this.#words = words
  }

  get atEnd(): boolean {
    return this.#next === this.#words.length
  }

  expression(): FrameTest {
    let test = this.#term()
    while (this.#take('or')) {
      const left = test
      const right = this.#term()
      test = (b, at, length) => left(b, at, length) || right(b, at, length)
    }
    return test
  }

  fail(says: string): FrameTest {
    this.failure ??= { kind: 'bad-filter', word: Math.min(this.#next + 1, this.#words.length), says }
    this.#next = this.#words.length
    return NEVER
  }

  #term(): FrameTest {
    let test = this.#factor()
    while (this.#take('and')) {
      const left = test
      const right = this.#factor()
      test = (b, at, length) => left(b, at, length) && right(b, at, length)
    }
    return test
  }

  #factor(): FrameTest {
    if (this.#take('not')) {
      const inner = this.#factor()
      return (b, at, length) => !inner(b, at, length)
    }
    if (this.#take('(')) {
      const inner = this.expression()
      return this.#take(')') ? inner : this.fail(`')' was expected`)
    }
    return this.#test()
  }

  #test(): FrameTest {
    const word = this.#words[this.#next]
    if (word === undefined) return this.fail('a test was expected')
    const plain = PLAIN[word]
    if (plain !== undefined) {
      this.#next++
      return plain
    }
    if (word === 'ether' && this.#words[this.#next + 1] === 'host') this.#next++
    else if (word === 'ether') return this.fail(`'ether host' and an address was expected`)
    const operand = this.#words[this.#next + 1]
    const test = withOperand(word, operand ?? '')
    if (typeof test === 'string') return this.fail(test)
    this.#next += 2
    return test
  }

  #take(word: string): boolean {
    if (this.#words[this.#next] !== word) return false
    this.#next++
    return true
  }
}

/** The test, or what is wrong with it. */
function withOperand(word: string, operand: string): FrameTest | string {
  switch (word) {
    case 'host': {
      const address = parseIpv4(operand)
      return address === undefined ? `'host' wants an IPv4 address` : addresses((a) => a === address)
    }
    case 'net': {
      const prefix = parsePrefix(operand)
      return prefix === undefined ? `'net' wants a block such as 10.53.0.0/24` : addresses((a) => contains(prefix, a))
    }
    case 'port': {
      const port = /^\d{1,5}$/.test(operand) ? Number(operand) : 65_536
      return port > 65_535 ? `'port' wants a number from 0 to 65535` : hasPort(port)
    }
    case 'ether': {
      const mac = parseMac(operand)
      return mac === undefined ? `'ether host' wants an Ethernet address` : hasMac(formatMac(mac))
    }
    default: return `'${word}' is not a test; there are ${TESTS}`
  }
}

/** Where the IPv4 header begins; −1 when the frame has none that is whole. */
function ipAt(b: Uint8Array, at: number, length: number): number {
  const header = at + ethernet.ETHERNET_HEADER_BYTES
  if (length < ethernet.ETHERNET_HEADER_BYTES + ip.IPV4_HEADER_BYTES) return -1
  return ethernet.etherType(b, at) === ethernet.ETHERTYPE_IPV4 ? header : -1
}

const isType = (type: number): FrameTest => (b, at, length) =>
  length >= ethernet.ETHERNET_HEADER_BYTES && ethernet.etherType(b, at) === type

const isProtocol = (protocol: number): FrameTest => (b, at, length) => {
  const header = ipAt(b, at, length)
  return header >= 0 && ip.protocol(b, header) === protocol
}

const isBroadcast: FrameTest = (b, at, length) =>
  length >= ethernet.ETHERNET_HEADER_BYTES && ethernet.destinationHigh(b, at) === ethernet.BROADCAST_HIGH &&
  ethernet.destinationLow(b, at) === ethernet.BROADCAST_LOW

const PLAIN: Readonly<Record<string, FrameTest>> = {
  arp: isType(ethernet.ETHERTYPE_ARP),
  ip: isType(ethernet.ETHERTYPE_IPV4),
  icmp: isProtocol(ip.PROTOCOL_ICMP),
  igmp: isProtocol(PROTOCOL_IGMP),
  udp: isProtocol(ip.PROTOCOL_UDP),
  tcp: isProtocol(PROTOCOL_TCP),
  broadcast: isBroadcast,
}

const addresses = (matches: (address: Ipv4) => boolean): FrameTest => (b, at, length) => {
  const header = ipAt(b, at, length)
  if (header >= 0) return matches(ip.source(b, header)) || matches(ip.target(b, header))
  const packet = at + ethernet.ETHERNET_HEADER_BYTES
  if (!isType(ethernet.ETHERTYPE_ARP)(b, at, length) || arp.check(b, packet, at + length) !== undefined) return false
  return matches(arp.senderAddress(b, packet)) || matches(arp.targetAddress(b, packet))
}

const hasPort = (port: number): FrameTest => (b, at, length) => {
  const header = ipAt(b, at, length)
  if (header < 0) return false
  const protocol = ip.protocol(b, header)
  if ((protocol !== ip.PROTOCOL_UDP && protocol !== PROTOCOL_TCP) || ip.fragmentOffset(b, header) !== 0) return false
  const ports = header + ip.headerLength(b, header)
  if (ports + 4 > at + length) return false
  return u16(b, ports) === port || u16(b, ports + 2) === port
}

const hasMac = (mac: string): FrameTest => (b, at, length) =>
  length >= ethernet.ETHERNET_HEADER_BYTES && (formatMac(b, at) === mac || formatMac(b, at + 6) === mac)
