/** A host on a link that speaks DHCP by hand: what it sends is said, what it is offered is kept. */
import { BROADCAST, formatIpv4, type Ipv4, ipv4, type Link, mac, Stack, type UdpEndpoint } from '../../stack/index.ts'
import { i32, put32, SeededSecureRandom, type VirtualClock } from '../../stack/platform/index.ts'
import { emitMessage, messageTypeCode, type MessageType, parseMessage } from '../../services/dhcp/index.ts'

const EVERYBODY = mac('ff:ff:ff:ff:ff:ff')

export type Offer = { readonly server: string; readonly address: string; readonly type: number; readonly options: ReadonlyMap<number, Uint8Array>; readonly file: string; readonly next: string }

export class DhcpHost {
  readonly #stack: Stack
  readonly #endpoint: UdpEndpoint
  readonly #mac: Uint8Array
  readonly offers: Offer[] = []
  /** All answers, by type: 2 OFFER, 5 ACK, 6 NAK. */
  readonly answers: Offer[] = []

  constructor(clock: VirtualClock, link: Link, address: string) {
    this.#mac = mac(address)
    this.#stack = new Stack({ clock, random: new SeededSecureRandom(3) })
    this.#stack.addInterface(link, { addresses: [] })
    const bound = this.#stack.bindUdp({
      port: 68, broadcast: true, reuseAddress: true,
      onDatagram: (b, at, length) => this.#heard(b.slice(at, at + length)),
    })
    if (!bound.ok) throw new Error('port 68')
    this.#endpoint = bound.value
  }

  discover(options: readonly (readonly [code: number, value: Uint8Array])[] = [], secs = 0): void {
    this.#send(1, 'DISCOVER', options, { secs })
  }

  /** Takes the offer of a server, as far as saying so goes. */
  request(server: string): void {
    const offer = this.offers.find(each => each.server === server)
    this.#send(1, 'REQUEST', [[54, long(ipv4(server))], [50, long(ipv4(offer?.address ?? '0.0.0.0'))]])
  }

  /** An OFFER in a server's name, to everybody. */
  forgeOffer(server: Ipv4): void {
    const bytes = this.#message(2, 'OFFER', [[54, long(server)]], { yiaddr: ipv4('10.53.0.66') })
    const spoof = this.#stack.bindUdp({ port: 67, broadcast: true, onDatagram: () => {} })
    if (!spoof.ok) throw new Error('port 67')
    const iface = this.#stack.interfaces[0]
    if (iface !== undefined) spoof.value.sendOnLink(iface, EVERYBODY, BROADCAST, 68, server, bytes, 0, bytes.length)
    spoof.value.close()
  }

  #heard(bytes: Uint8Array): void {
    const read = parseMessage(bytes)
    if (!read.ok || read.value.op !== 2) return
    const { options, yiaddr, siaddr, chaddr, file } = read.value
    if (chaddr.subarray(0, 6).some((octet, i) => octet !== this.#mac[i])) return
    const server = options.get(54)
    const answer: Offer = {
      server: server === undefined ? 'none' : formatIpv4(i32(server, 0)), address: formatIpv4(yiaddr), next: formatIpv4(siaddr),
      type: options.get(53)?.[0] ?? 0, options: new Map([...options].map(([code, value]) => [code, value.slice()])),
      file: String.fromCharCode(...file).replace(/\0.*$/s, ''),
    }
    this.answers.push(answer)
    if (answer.type === 2) this.offers.push(answer)
  }

  #send(op: number, type: MessageType, options: readonly (readonly [code: number, value: Uint8Array])[], fields: { readonly secs?: number } = {}): void {
    const bytes = this.#message(op, type, options, fields)
    const iface = this.#stack.interfaces[0]
    if (iface !== undefined) this.#endpoint.sendOnLink(iface, EVERYBODY, BROADCAST, 67, 0, bytes, 0, bytes.length)
  }

  #message(op: number, type: MessageType, options: readonly (readonly [code: number, value: Uint8Array])[], fields: { readonly secs?: number; readonly yiaddr?: Ipv4 }): Uint8Array {
    const chaddr = new Uint8Array(16)
    chaddr.set(this.#mac)
    return emitMessage({
      op, hardwareType: 1, hardwareLength: 6, hops: 0, xid: 77, secs: 0, flags: 0x8000, ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0,
      chaddr, sname: new Uint8Array(64), file: new Uint8Array(128),
      options: new Map([[53, Uint8Array.of(messageTypeCode(type))], ...options]),
      ...fields,
    })
  }
}

function long(value: number): Uint8Array {
  const octets = new Uint8Array(4)
  put32(octets, 0, value)
  return octets
}
