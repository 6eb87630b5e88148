/** SHELL: what is heard on UDP port 68 on any interface, and searches for other DHCP servers sent from it. */
import { BROADCAST, type Ipv4, mac, type Stack, type UdpEndpoint } from '../stack/index.ts'
import { CLIENT_PORT, SERVER_PORT } from './dhcp/index.ts'

const EVERYBODY = mac('ff:ff:ff:ff:ff:ff')

export class OtherServersEndpoint {
  readonly #stack: Stack
  readonly #endpoint: UdpEndpoint

  /**
   * Shares the port with the clients of uplinks, whose endpoints are bound to their interfaces and so come first.
   * Throws when the port is taken by anybody else, which is a fault of the composition.
   */
  constructor(stack: Stack, heard: (interfaceName: string, buffer: Uint8Array, at: number, length: number) => void) {
    this.#stack = stack
    const bound = stack.bindUdp({
      port: CLIENT_PORT, broadcast: true, reuseAddress: true,
      onDatagram: (buffer, at, length, meta) => {
        if (meta.sourcePort !== SERVER_PORT) return
        const iface = stack.interfaces.find(({ index }) => index === meta.interfaceIndex)
        if (iface !== undefined) heard(iface.name, buffer, at, length)
      },
    })
    if (!bound.ok) throw new Error(`UDP port ${CLIENT_PORT} cannot be bound: ${JSON.stringify(bound.error)}`)
    this.#endpoint = bound.value
  }

  /** With source 0.0.0.0, as a client without an address: the answer is to be that of a new client. */
  send(interfaceName: string, bytes: Uint8Array): void {
    const iface = this.#stack.interface(interfaceName)
    if (iface === undefined) return
    this.#endpoint.sendOnLink(iface, EVERYBODY, BROADCAST, SERVER_PORT, 0, bytes, 0, bytes.length)
  }

  mac(interfaceName: string): Uint8Array | undefined {
    return this.#stack.interface(interfaceName)?.macBytes
  }

  isOwn(address: Ipv4): boolean {
    return this.#stack.interfaces.some(({ addressing }) => addressing.isOwn(address))
  }

  close(): void {
    this.#endpoint.close()
  }
}
