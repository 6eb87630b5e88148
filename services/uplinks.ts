/**
 * SHELL: interfaces that get their address from a DHCP server. Joins each client (services/dhcp/client) to UDP port 68,
 * ARP, the addresses and routes of its interface, the store and the resolver.
 */
import {
  BROADCAST, contains, formatIpv4, formatPrefix, type Interface, type InterfaceAddress, type Ipv4, mac, type Stack,
  type UdpEndpoint,
} from '../stack/index.ts'
import type { Clock, Random } from '../stack/platform/index.ts'
import {
  clientIdOf, type ClientReport, clientStep, DhcpClient, type RememberedLease, routerOf, type Terms, type TermsRoute,
} from './dhcp/client/index.ts'
import { CLIENT_PORT, SERVER_PORT } from './dhcp/index.ts'
import { eventRow } from './events/catalogue.ts'
import type { TraceStep } from './model/index.ts'
import type { Transaction } from './storage/store.ts'

const EVERYBODY = mac('ff:ff:ff:ff:ff:ff')
/** Of a route that a DHCP server gave: behind those that were set by hand, which have 0 unless they say otherwise. */
export const LEARNT_METRIC = 100

export type UplinksOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly stack: Stack
  /** One label, sent to servers as option 12. */
  readonly hostName: string
  /** Whether leases are given back by close(). */
  readonly release: boolean
  /** The stored settings, among them the leases of an earlier life. */
  readonly remembered: ReadonlyMap<string, string>
  readonly submit: (transaction: Transaction) => void
  /** The name servers that uplinks were given, in order of the uplinks; none when no lease brings any. */
  readonly onNameServers: (servers: readonly Ipv4[]) => void
}

export type UplinkReport = ClientReport & {
  readonly interfaceName: string
  /** The address of 169.254/16 that serves while no server gives one. */
  readonly linkLocal: Ipv4 | undefined
}

type Uplink = {
  readonly iface: Interface
  readonly client: DhcpClient
  readonly endpoint: UdpEndpoint
  /** What the lease put on the interface and into the routing table. */
  address: InterfaceAddress | undefined
  routes: readonly TermsRoute[]
  /** The hardware address by which the server is reached, asked for when the lease began. */
  serverMac: Uint8Array | undefined
  /** Its interface is about to go: there is no time to ask for hardware addresses. */
  leaving: boolean
}

const settingName = (interfaceName: string): string => `dhcp-client:${interfaceName}`

export class Uplinks {
  readonly #o: UplinksOptions
  readonly #uplinks = new Map<string, Uplink>()
  readonly #remembered: Map<string, RememberedLease>

  constructor(options: UplinksOptions) {
    this.#o = options
    this.#remembered = new Map(rememberedLeases(options.remembered))
  }

  /** Begins to look for an address for an interface, or to confirm the one it had. Nothing when it does already. */
  start(interfaceName: string): void {
    const iface = this.#o.stack.interface(interfaceName)
    if (iface === undefined || this.#uplinks.has(interfaceName)) return
    const bound = this.#o.stack.bindUdp({
      port: CLIENT_PORT, interfaceName, broadcast: true, reuseAddress: true,
      onDatagram: (buffer, at, length, meta) => {
        if (meta.sourcePort === SERVER_PORT) uplink.client.receive(buffer, at, length)
      },
    })
    if (!bound.ok) throw new Error(`UDP port ${CLIENT_PORT} cannot be bound: ${JSON.stringify(bound.error)}`)
    const uplink: Uplink = {
      iface, client: this.#clientFor(iface), endpoint: bound.value,
      address: undefined, routes: [], serverMac: undefined, leaving: false,
    }
    this.#uplinks.set(interfaceName, uplink)
    iface.onContested = (address, holder) => uplink.client.contested(address, holder)
    uplink.client.start(this.#remembered.get(interfaceName))
  }

  /** Gives up the interface's address; `release`: and tells the server so. Before the interface itself goes. */
  stop(interfaceName: string, release: boolean): void {
    const uplink = this.#uplinks.get(interfaceName)
    if (uplink === undefined) return
    uplink.leaving = true
    uplink.client.stop(release)
    uplink.iface.onContested = () => {}
    uplink.endpoint.close()
    this.#uplinks.delete(interfaceName)
  }

  /** The client of an interface; undefined when it has none. */
  client(interfaceName: string): DhcpClient | undefined {
    return this.#uplinks.get(interfaceName)?.client
  }

  /** For health: how many there are, and those without an address from a server, with what they have instead. */
  get standing(): { readonly configured: number; readonly without: readonly string[] } {
    const without = [...this.#uplinks.values()].filter(({ client }) => client.terms === undefined)
    return {
      configured: this.#uplinks.size,
      without: without.map(({ iface, client }) => {
        const address = iface.linkLocal.address
        const meanwhile = address === undefined ? '' : `, ${formatIpv4(address)} meanwhile`
        return `${iface.name} (${client.report.state}${meanwhile})`
      }),
    }
  }

  report(interfaceName: string): UplinkReport | undefined {
    const uplink = this.#uplinks.get(interfaceName)
    if (uplink === undefined) return undefined
    return { ...uplink.client.report, interfaceName, linkLocal: uplink.iface.linkLocal.address }
  }

  close(): void {
    for (const name of [...this.#uplinks.keys()]) this.stop(name, this.#o.release)
  }

  #clientFor(iface: Interface): DhcpClient {
    const { clock, random, stack, hostName } = this.#o
    const first = stack.interfaces[0] ?? iface
    const uplink = (): Uplink => this.#uplinks.get(iface.name) as Uplink
    const identity = {
      mac: iface.macBytes, clientId: clientIdOf(iface.macBytes, first.macBytes), hostName, mtu: iface.link.mtu,
    }
    return new DhcpClient(identity, {
      clock,
      random,
      send: (bytes, to, from) => send(uplink(), bytes, to, from),
      probe: (address, waitMs, done) => iface.probe(address, { waitMs }, done),
      configure: (terms, fresh) => this.#configure(uplink(), terms, fresh),
      unconfigure: () => this.#unconfigure(uplink()),
      linkLocal: (on) => {
        if (on) iface.linkLocal.start((address) => address !== undefined && this.#noteLinkLocal(iface.name, address))
        else iface.linkLocal.stop()
      },
      remember: (lease) => this.#remember(iface.name, lease),
      report: (step) => this.#report(iface.name, step),
    })
  }

  #noteLinkLocal(interfaceName: string, address: Ipv4): void {
    this.client(interfaceName)?.note(clientStep('dhcp-client.link-local', { address: formatIpv4(address) }))
  }

  #configure(uplink: Uplink, terms: Terms, fresh: boolean): readonly TraceStep[] {
    const { stack } = this.#o
    const { iface } = uplink
    this.#dropRoutes(uplink)
    stack.changeMtu(iface, terms.mtu ?? iface.link.mtu)
    const address = { address: terms.address, prefix: terms.prefix }
    stack.changeAddresses(iface, [address, ...othersThan(uplink.address, iface.addresses)])
    uplink.address = address
    if (fresh) {
      iface.announce()
      findServer(uplink, terms)
    }
    const refused = this.#addRoutes(uplink, terms.routes)
    this.#nameServersChanged()
    return refused
  }

  #unconfigure(uplink: Uplink): void {
    const { stack } = this.#o
    const { iface } = uplink
    this.#dropRoutes(uplink)
    stack.changeAddresses(iface, othersThan(uplink.address, iface.addresses))
    stack.changeMtu(iface, iface.link.mtu)
    uplink.address = undefined
    this.#nameServersChanged()
  }

  #dropRoutes(uplink: Uplink): void {
    for (const { destination, router } of uplink.routes) this.#o.stack.routes.remove(destination, router)
    uplink.routes = []
  }

  /** Routes to the link first, because others may be by routers that only those reach (RFC 3442). */
  #addRoutes(uplink: Uplink, wanted: readonly TermsRoute[]): readonly TraceStep[] {
    const refused: TraceStep[] = []
    const set: TermsRoute[] = []
    for (const route of [...wanted].sort((a, b) => Number(a.router !== 0) - Number(b.router !== 0))) {
      const { destination: prefix, router: gateway } = route
      const interfaceName = uplink.iface.name
      const added = this.#o.stack.routes.add({ prefix, gateway, interfaceName, metric: LEARNT_METRIC })
      if (added.ok) set.push(route)
      else if (added.error.kind !== 'exists') {
        const facts = { destination: formatPrefix(prefix), router: formatIpv4(gateway), because: added.error.kind }
        refused.push(clientStep('dhcp-client.route.refused', facts))
      }
    }
    uplink.routes = set
    return refused
  }

  #nameServersChanged(): void {
    const servers = [...this.#uplinks.values()].flatMap(({ client, address }) =>
      address === undefined ? [] : (client.terms?.nameServers ?? []),
    )
    this.#o.onNameServers([...new Set(servers)])
  }

  #remember(interfaceName: string, lease: RememberedLease | undefined): void {
    if (lease === undefined) this.#remembered.delete(interfaceName)
    else this.#remembered.set(interfaceName, lease)
    const value = lease === undefined ? '' : JSON.stringify(lease)
    this.#o.submit([{ kind: 'setting', name: settingName(interfaceName), value }])
  }

  /** What a person may care about later is kept as an event; the rest is in the client's own history. */
  #report(interfaceName: string, [event, facts]: TraceStep): void {
    if (eventRow(event)?.level === 'debug') return
    const at = this.#o.clock.wallMs()
    this.#o.submit([{ kind: 'event', at, event, facts: { interface: interfaceName, ...facts } }])
  }
}

/** For the release at the end, which cannot wait for ARP. */
function findServer(uplink: Uplink, terms: Terms): void {
  const hop = contains(terms.prefix, terms.server) ? terms.server : routerOf(terms)
  if (hop === undefined) return
  uplink.iface.probe(hop, { waitMs: 1_000 }, (holder) => {
    uplink.serverMac = holder === undefined ? undefined : mac(holder)
  })
}

/** RFC 2131 §4.1: to all by the link, with our address as source once there is one; to a server by the routes. */
function send({ iface, endpoint, leaving, serverMac }: Uplink, bytes: Uint8Array, to: Ipv4, from: Ipv4): void {
  const known = to === BROADCAST ? EVERYBODY : leaving ? serverMac : undefined
  if (known !== undefined) endpoint.sendOnLink(iface, known, to, SERVER_PORT, from, bytes, 0, bytes.length)
  else endpoint.send(bytes, 0, bytes.length, to, SERVER_PORT, from)
}

const othersThan = (own: InterfaceAddress | undefined, all: readonly InterfaceAddress[]): readonly InterfaceAddress[] =>
  all.filter(({ address }) => address !== own?.address)

function* rememberedLeases(settings: ReadonlyMap<string, string>): Iterable<[string, RememberedLease]> {
  const start = settingName('')
  for (const [name, value] of settings) {
    if (name.startsWith(start) && value !== '') yield [name.slice(start.length), JSON.parse(value) as RememberedLease]
  }
}
