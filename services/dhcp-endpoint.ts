/** SHELL: DHCP messages between the stack's UDP ports 67 and 4011 and the server core. RFC 2131 §4.1, PXE 2.1 §2.2. */
import { BROADCAST, type DatagramMeta, type Interface, type Ipv4, mac, type Stack, type UdpEndpoint } from '../stack/index.ts'
import { BOOT_SERVER_PORT, CLIENT_PORT, type ReplyDestination, SERVER_PORT } from './dhcp/index.ts'

const EVERYBODY = mac('ff:ff:ff:ff:ff:ff')

export type DhcpReceiver = (
  buffer: Uint8Array,
  at: number,
  length: number,
  meta: { readonly interfaceName: string; readonly source: Ipv4; readonly sourcePort: number; readonly target: Ipv4; readonly port: number },
) => void

export class DhcpEndpoint {
  readonly #stack: Stack
  readonly #endpoint: UdpEndpoint
  readonly #bootEndpoint: UdpEndpoint

  /** Throws when a port is taken, which at start-up is a fault of the composition. */
  constructor(stack: Stack, receive: DhcpReceiver) {
    this.#stack = stack
    this.#endpoint = this.#bind(SERVER_PORT, receive)
    this.#bootEndpoint = this.#bind(BOOT_SERVER_PORT, receive)
  }

  /** The appliance's first address on an interface. */
  addressOn(interfaceName: string): Ipv4 | undefined {
    return this.#interface((i) => i.name === interfaceName)?.addresses[0]?.address
  }

  probe(interfaceName: string, address: Ipv4, waitMs: number, done: (holder: string | undefined) => void): void {
    const iface = this.#interface((i) => i.name === interfaceName)
    if (iface === undefined) done(undefined)
    else iface.probe(address, { waitMs }, done)
  }

  /** Asks by one ICMP echo whether anybody has the address. When too many such tools run, it says nobody. */
  ping(address: Ipv4, waitMs: number, done: (answered: boolean) => void): void {
    let answered = false
    const ping = this.#stack.ping({ target: address, count: 1, timeoutMs: waitMs }, (event) => {
      if (event.kind === 'reply') answered = true
      else if (event.kind === 'done') done(answered)
    })
    if (ping === undefined) done(false)
  }

  send(reply: { readonly interfaceName: string; readonly bytes: Uint8Array; readonly length: number; readonly to: ReplyDestination }): void {
    const iface = this.#interface((i) => i.name === reply.interfaceName)
    const source = iface?.addresses[0]?.address
    if (iface === undefined || source === undefined) return
    const { to, bytes, length } = reply
    switch (to.kind) {
      case 'relay':
        this.#endpoint.send(bytes, 0, length, to.address, to.port ?? SERVER_PORT, source)
        return
      case 'unicast':
        this.#endpoint.send(bytes, 0, length, to.address, CLIENT_PORT, source)
        return
      case 'boot-client':
        this.#bootEndpoint.send(bytes, 0, length, to.address, to.port, source)
        return
      case 'link':
        this.#endpoint.sendOnLink(iface, to.mac, to.address, CLIENT_PORT, source, bytes, 0, length)
        return
      case 'broadcast':
        this.#endpoint.sendOnLink(iface, EVERYBODY, BROADCAST, CLIENT_PORT, source, bytes, 0, length)
        return
    }
  }

  close(): void {
    this.#endpoint.close()
    this.#bootEndpoint.close()
  }

  #bind(port: number, receive: DhcpReceiver): UdpEndpoint {
    const bound = this.#stack.bindUdp({
      port,
      broadcast: true,
      onDatagram: (buffer: Uint8Array, at: number, length: number, meta: DatagramMeta) => {
        const iface = this.#interface((i) => i.index === meta.interfaceIndex)
        const { source, sourcePort, target } = meta
        if (iface !== undefined) receive(buffer, at, length, { interfaceName: iface.name, source, sourcePort, target, port })
      },
    })
    if (!bound.ok) throw new Error(`UDP port ${port} cannot be bound: ${JSON.stringify(bound.error)}`)
    return bound.value
  }

  #interface(matches: (i: Interface) => boolean): Interface | undefined {
    return this.#stack.interfaces.find(matches)
  }
}
