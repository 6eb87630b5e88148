/** A host on the LAN: our own stack on a cable, a DHCP client, and questions to DNS. */
import { BROADCAST, ETHERNET_HEADER_BYTES, formatIpv4, mac, parseMac, Stack } from '../../stack/index.ts'
import type { Interface, Ipv4, Mac, Prefix, UdpEndpoint } from '../../stack/index.ts'
import { SeededSecureRandom } from '../../stack/platform/index.ts'
import type { Clock, Random } from '../../stack/platform/index.ts'
import * as ethernet from '../../stack/wire/ethernet.ts'
import * as ip from '../../stack/wire/ipv4.ts'
import * as udp from '../../stack/wire/udp.ts'
import { CLIENT_PORT, SERVER_PORT } from '../../services/dhcp/index.ts'
import { queryBytes, told, type Told } from '../support/dns.ts'
import { DhcpClient, type ClientLease, type DhcpClientOptions } from './dhcp-client.ts'
import type { Cable } from './weather.ts'

const EVERYBODY = mac('ff:ff:ff:ff:ff:ff')
/** RFC 5227 probes take seconds; this client asks once and waits a second. */
const CHECK_WAIT_MS = 1_000
const DNS_PORT = 53
const DNS_WAIT_MS = 3_000

export type HostOptions = DhcpClientOptions & { readonly name: string; readonly checks: boolean }

export type HostPorts = {
  readonly clock: Clock
  readonly random: Random
  acknowledged(host: Host, lease: ClientLease): void
  log(text: string): void
}

export class Host {
  readonly name: string
  readonly mac: Mac
  readonly options: HostOptions
  readonly cable: Cable
  readonly client: DhcpClient
  readonly #macBytes: Uint8Array
  readonly #prefix: Prefix
  readonly #ports: HostPorts
  readonly #stack: Stack
  readonly #dhcp: UdpEndpoint
  #iface: Interface | undefined
  #address: Ipv4 | undefined

  constructor(options: HostOptions, cable: Cable, prefix: Prefix, ports: HostPorts) {
    this.name = options.name
    this.mac = options.mac
    this.options = options
    this.cable = cable
    this.#macBytes = parseMac(options.mac) as Uint8Array
    this.#prefix = prefix
    this.#ports = ports
    this.#stack = new Stack({
      clock: ports.clock,
      random: new SeededSecureRandom(ports.random.u32()),
      onFault: (fault) => {
        throw fault
      },
    })
    this.#dhcp = bound(this.#stack, CLIENT_PORT, (b, at, length) => this.client.receive(b.slice(at, at + length)))
    this.client = new DhcpClient(options, {
      clock: ports.clock,
      random: ports.random,
      broadcast: (message) => {
        if (this.#iface !== undefined) this.#dhcp.sendOnLink(this.#iface, EVERYBODY, BROADCAST, SERVER_PORT, this.#address ?? 0, message, 0, message.length)
      },
      unicast: (message, server) => void this.#dhcp.send(message, 0, message.length, server, SERVER_PORT),
      probe: (address, done) => {
        if (options.checks && this.#iface !== undefined) this.#iface.probe(address, { waitMs: CHECK_WAIT_MS }, done)
        else done(undefined)
      },
      configure: (address) => this.#configure(address),
      acknowledged: (lease) => ports.acknowledged(this, lease),
      log: (text) => ports.log(`${options.name} ${text}`),
    })
  }

  start(): void {
    this.#attach(undefined)
    this.client.start()
  }

  /** Off, with or without a word to the server. */
  stop(how: 'releases' | 'silently'): void {
    if (how === 'releases') this.client.release()
    else this.client.stop()
    this.#detach()
  }

  get isOn(): boolean {
    return this.#iface !== undefined
  }

  /** Asks the server over UDP, once; undefined when no answer came in time. */
  ask(server: Ipv4, name: string, type: string, done: (answer: Told | undefined) => void): void {
    const { clock, random } = this.#ports
    const id = random.below(0x1_0000)
    const finish = (answer: Told | undefined): void => {
      endpoint.close()
      timer.cancel()
      done(answer)
    }
    const endpoint = bound(this.#stack, 0, (b, at, length, meta) => {
      if (meta.source !== server || meta.sourcePort !== DNS_PORT) return
      const answer = told(b, at, length)
      if (answer.id === id) finish(answer)
    })
    const timer = clock.at(clock.now() + DNS_WAIT_MS, () => finish(undefined))
    const query = queryBytes(name, type, { id })
    endpoint.send(query, 0, query.length, server, DNS_PORT)
  }

  #configure(address: Ipv4 | undefined): void {
    if (address === this.#address) return
    this.#address = address
    if (this.#iface !== undefined) this.#attach(address)
  }

  #detach(): void {
    if (this.#iface !== undefined) this.#stack.removeInterface(this.#iface.name)
    this.#iface = undefined
  }

  #attach(address: Ipv4 | undefined): void {
    this.#detach()
    this.#address = address
    const { link } = this.cable
    this.#iface = this.#stack.addInterface(link, { addresses: address === undefined ? [] : [{ address, prefix: this.#prefix }] })
    const toStack = link.onFrame
    link.onFrame = (b, at, length, offload) => {
      this.#overhear(b, at, at + length)
      toStack(b, at, length, offload)
    }
  }

  /** As a packet socket does: DHCP answers sent to an address that the host does not have yet (RFC 2131 §4.1). */
  #overhear(b: Uint8Array, at: number, end: number): void {
    if (this.#address !== undefined || ethernet.check(b, at, end) !== undefined) return
    for (let i = 0; i < 6; i++) if (b[at + i] !== this.#macBytes[i]) return
    const header = at + ETHERNET_HEADER_BYTES
    if (ethernet.etherType(b, at) !== ethernet.ETHERTYPE_IPV4 || ip.check(b, header, end) !== undefined) return
    if (ip.protocol(b, header) !== ip.PROTOCOL_UDP || ip.isFragment(b, header)) return
    const [from, to] = [header + ip.headerLength(b, header), header + ip.totalLength(b, header)]
    if (udp.check(b, from, to, ip.source(b, header), ip.target(b, header)) !== undefined || udp.targetPort(b, from) !== CLIENT_PORT) return
    this.client.receive(b.slice(from + udp.UDP_HEADER_BYTES, from + udp.udpLength(b, from)))
  }

  get text(): string {
    const lease = this.client.lease
    return `${this.name}: ${this.client.state}${lease === undefined ? '' : `, ${formatIpv4(lease.address)} until ${Math.round(lease.expires)}`}`
  }
}

function bound(stack: Stack, port: number, onDatagram: (b: Uint8Array, at: number, length: number, meta: { source: Ipv4; sourcePort: number }) => void): UdpEndpoint {
  const endpoint = stack.bindUdp({ port, broadcast: true, onDatagram })
  if (!endpoint.ok) throw new Error(JSON.stringify(endpoint.error))
  return endpoint.value
}
