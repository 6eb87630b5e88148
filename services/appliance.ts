/**
 * The network side in one piece: stack, DHCP, DNS, names, and the way to storage, composed from what comes in through
 * the door. The network thread runs it on a TAP device and the system clock, the simulation on virtual wires and virtual
 * time. Invariant: what is live here is what is on disk, plus what is under way to it.
 */
import { hash } from 'node:crypto'
import { formatIpv4, type InterfaceAddress, type Ipv4, type Link, Stack } from '../stack/index.ts'
import { type Clock, HostDatagrams, ok, type SecureRandom } from '../stack/platform/index.ts'
import { DhcpBulkEndpoint } from './dhcp-bulk-endpoint.ts'
import { DhcpEndpoint } from './dhcp-endpoint.ts'
import { Coexistence } from './dhcp/coexist/index.ts'
import type { CacheFilePort } from './storage/cache-file-store.ts'
import { CacheKeeper } from './cache-keeper.ts'
import { DhcpServer } from './dhcp/index.ts'
import { DnsEndpoint, hostQuery, stackQuery } from './dns-endpoint.ts'
import { hostQueryStream, stackQueryStream } from './dns-stream-query.ts'
import { DnsTcpEndpoint } from './dns-tcp-endpoint.ts'
import { type NameServer, type TrustAnchor, type DnsOptions, DnsServer, fallbackRule, type Upstream } from './dns/index.ts'
import { SignatureVerifier } from './dns-verify.ts'
import { ZoneEditor } from './commands/zone-editor.ts'
import { CommandTurns } from './commands/turns.ts'
import { FIRST_LINK_SETTING } from './commands/interface-commands.ts'
import { FORWARDING_SETTING } from './commands/route-commands.ts'
import { LeaseNames } from './lease-names/lease-names.ts'
import { FIRST_LINK_PROPERTIES, Interfaces } from './links/interfaces.ts'
import type { Media } from './links/media.ts'
import { StaticNeighbours } from './links/static-neighbours.ts'
import { StaticRoutes } from './links/static-routes.ts'
import { type Decision, type Facts, type FirstLinkProperties, type ForwardServer, type LeaseChange, leaseClientKey, type ZoneEdit } from './model/index.ts'
import { networkCommands } from './network-commands.ts'
import type { NetworkSide } from './network-side.ts'
import { CommitQueue, type Settled } from './storage/commit-queue.ts'
import type { Sealing } from './storage/key-file.ts'
import { MadeAddresses } from './made-addresses.ts'
import { RecordExpiry } from './record-expiry.ts'
import type { Snapshot, StoreFault, Transaction, Write } from './storage/store.ts'
import { OtherServersEndpoint } from './other-servers-endpoint.ts'
import { moveSerialsOfRenewed } from './renewed-serials.ts'
import { Uplinks } from './uplinks.ts'
import { type Transports, transports } from './upstreams/transports.ts'
import { askParentDs, parentChange } from './zone-signing/parent-ds.ts'
import { SignedZones, type SignedZonesOptions } from './zone-signing/signed-zones.ts'
import { ZoneBook } from './zone-book.ts'
import { ZoneTransfers } from './zone-transfers.ts'

/** Plain data, because it crosses threads. */
export type ApplianceSettings = {
  readonly address: InterfaceAddress
  readonly gateway: Ipv4 | undefined
  /** Of the route by it; lower is preferred. Routes of a lease have LEARNT_METRIC. */
  readonly gatewayMetric: number
  readonly upstreams: readonly (Upstream | ForwardServer)[]
  readonly upstreamPath: 'host' | 'stack'
  /** Names that no upstream server is for are found from the root on. */
  readonly recurse?: boolean
  /** Servers of the root; IANA's unless given. */
  readonly rootHints?: readonly NameServer[] | undefined
  /** What is trusted from the start, zone by zone; IANA's keys of the root unless given. */
  readonly trustAnchors?: ReadonlyMap<string, TrustAnchor> | undefined
  readonly validation?: DnsOptions['validation'] | undefined
  readonly mixCase?: boolean | undefined
  /** Size of the resolver's cache, and how long it keeps what. */
  readonly cache?: DnsOptions['cache']
  /** Name servers that an uplink's lease brings take the place of `upstreams`, and are reached by the own stack. */
  readonly upstreamsFromUplinks: boolean
  /** Leases of uplinks are given back when the program ends. */
  readonly releaseUplinks: boolean
  readonly probe: boolean
  /** What DNS tells who asks for the server's name (RFC 5001). */
  readonly nsid?: string | undefined
  /** The TLS servers for DNS that there are, and the name that their certificate has; nobody is told of them without one. */
  readonly tls?: { readonly name: string | undefined; readonly dns: boolean; readonly https: boolean }
  readonly rateLimit?: DnsOptions['rateLimit']
  /** DHCP serves although another server answers on the link. */
  readonly serveBesideOthers: boolean
}

export type ApplianceOptions = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly link: Link
  /** What the other interfaces are opened by. */
  readonly media: Media
  readonly settings: ApplianceSettings
  readonly snapshot: Snapshot
  /** Room for finished DNS answers; as much as DNS thinks right unless given. */
  readonly answerSlabs?: DnsOptions['answerSlabs']
  /** Where answered queries are noted, for whoever writes the log of them. */
  readonly queryLog?: DnsOptions['queryLog']
  /** Runs a function right after the present batch of frames. */
  readonly soon: (run: () => void) => void
  /** Hands transactions to the storage writer, which answers by settle(). */
  readonly post: (batch: number, transactions: readonly Transaction[]) => void
  /** The history of zones, read by somebody else than the packets' thread. */
  readonly history?: DnsOptions['history']
  /** Where the resolver's cache is kept over a restart; without it, it begins empty. */
  readonly cacheFile?: CacheFilePort
  /** Takes decisions for the log of reasons; may drop them. */
  readonly decide: (decision: Omit<Decision, 'id'>) => void
  /** Links that an earlier life of the network side served: they need no search for other DHCP servers first. */
  readonly alreadyServed?: readonly string[]
  /** Hears of links that were searched for other DHCP servers, and are served from now on. */
  readonly served?: (interfaceName: string) => void
  /** What private keys of zones are made and kept with. */
  readonly keys: { readonly sealing: Sealing; readonly makeKeyPair: SignedZonesOptions['makeKeyPair'] }
  /** Does the arithmetic of DNSSEC; node:crypto's thread pool unless given. */
  readonly verifier?: Pick<SignatureVerifier, 'verify'>
  /** Takes events for the program's log; may drop them. */
  readonly log: (event: string, facts: Facts) => void
}

export class Appliance {
  readonly stack: Stack
  readonly dhcp: DhcpServer
  readonly dns: DnsServer
  readonly network: NetworkSide
  /** Interfaces that get their address from a DHCP server. */
  readonly uplinks: Uplinks
  readonly #clock: Clock
  readonly #interfaces: Interfaces
  readonly #commits: CommitQueue
  readonly #names: LeaseNames
  readonly #zones: ZoneBook
  readonly #transfers: ZoneTransfers
  readonly #signedZones: SignedZones
  readonly #expiry: RecordExpiry
  readonly #made: MadeAddresses
  readonly #dhcpEndpoint: DhcpEndpoint
  readonly #otherServersEndpoint: OtherServersEndpoint
  readonly #coexistence: Coexistence
  readonly #dhcpBulkEndpoint: DhcpBulkEndpoint
  readonly #dnsEndpoint: DnsEndpoint
  readonly #dnsTcpEndpoint: DnsTcpEndpoint
  readonly #leaseWatchers: ((changes: readonly LeaseChange[]) => void)[] = []
  readonly #endings: (() => void)[] = []
  readonly #forward: Transports
  readonly #hostDatagrams = new HostDatagrams()
  readonly #log: ApplianceOptions['log']

  constructor(o: ApplianceOptions) {
    this.#clock = o.clock
    this.#log = o.log
    this.#commits = new CommitQueue({ post: o.post, soon: o.soon })
    this.stack = new Stack({
      clock: o.clock,
      random: o.random,
      onFault: (fault) => o.log('stack.fault', { error: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault) }),
    })
    const { interfaces, routes, neighbours } = openNetwork(o, this.stack, () => this.uplinks, () => this.#followLinks())
    this.#interfaces = interfaces

    const byStack = { query: stackQuery(this.stack), queryStream: stackQueryStream(this.stack) }
    const path = o.settings.upstreamPath === 'stack' ? byStack : { query: hostQuery(this.#hostDatagrams), queryStream: hostQueryStream }
    this.#forward = transports(this.stack, o.clock, this.#hostDatagrams)
    const verifier = o.verifier ?? new SignatureVerifier()
    let lastRecordId = o.snapshot.lastIds.record
    const nextRecordId = (): number => ++lastRecordId
    this.dns = new DnsServer(
      {
        clock: o.clock, random: o.random, ...path, forward: this.#forward,
        verify: (...asked) => verifier.verify(...asked),
      },
      { upstreams: o.settings.upstreams, ...this.#resolverOptions(o), nextRecordId, answerSlabs: o.answerSlabs, nsid: o.settings.nsid, designated: designated(o.settings), history: o.history, queryLog: o.queryLog, rateLimit: o.settings.rateLimit, emit: (id, facts) => id !== 'dns.zone.edited' && o.log(id, facts) },
      o.snapshot.zones,
    )
    const bySettings = fallbackRule(o.settings.upstreams, o.settings.upstreamPath, 'settings', o.settings.recurse === true)
    this.dns.setFallback(bySettings)
    this.#dnsEndpoint = new DnsEndpoint(this.stack, this.dns)
    this.#dnsTcpEndpoint = new DnsTcpEndpoint(this.stack, this.dns, o.clock)

    this.#zones = new ZoneBook(this.dns, () => o.clock.wallMs())
    const submit: Appliance['submit'] = (...write) => this.submit(...write)
    moveSerialsOfRenewed(o.clock, this.dns, this.#zones, submit)
    const turns = new CommandTurns({ submit, commits: this.#commits })
    this.#signedZones = this.#signZones(o, turns)
    this.#transfers = new ZoneTransfers({ ...o, stack: this.stack, dns: this.dns, nextRecordId, submit, tell: (event, facts) => this.#tell(event, facts) })
    const edited = { clock: o.clock, dns: this.dns, zones: this.#zones, submit }
    this.#expiry = new RecordExpiry(edited)
    this.#made = new MadeAddresses({ ...edited, ownAddress: o.settings.address.address, tell: (event, facts) => this.#tell(event, facts) })
    this.#zones.onApplied = (edit) => {
      this.#expiry.applied(edit)
      this.#made.applied(edit)
    }
    this.#names = new LeaseNames(this.#zones, nextRecordId, (address) => {
      const lease = this.dhcp.lease(address)
      return lease === undefined ? undefined : leaseClientKey(lease)
    }, (subnetId) => this.dhcp.wantsDhcid(subnetId))
    const configuration = o.snapshot.dhcp
    // The endpoint and the server know each other; messages flow only once both are there.
    this.#dhcpEndpoint = new DhcpEndpoint(this.stack, (buffer, at, length, meta) => this.dhcp.receive(buffer, at, length, meta))
    this.dhcp = this.#serveDhcp(o)
    this.#otherServersEndpoint = new OtherServersEndpoint(this.stack, (interfaceName, buffer, at, length) => this.#coexistence.heard(interfaceName, buffer, at, length))
    this.#coexistence = this.#watchOtherServers(o)
    this.#followLinks()
    this.uplinks = new Uplinks({
      clock: o.clock,
      random: o.random,
      stack: this.stack,
      hostName: HOST_NAME,
      release: o.settings.releaseUplinks,
      remembered: o.snapshot.settings,
      // What could not be stored shows in health; the client goes on without it.
      submit: (transaction) => this.submit(transaction, () => {}),
      onNameServers: (servers) => {
        if (!o.settings.upstreamsFromUplinks) return
        this.dns.setFallback(fallbackRule(servers.map((address) => ({ address, port: 53 })), 'stack', 'uplink') ?? bySettings)
      },
    })
    for (const name of interfaces.byDhcp) this.uplinks.start(name)
    this.#dhcpBulkEndpoint = new DhcpBulkEndpoint(this.stack, this.dhcp, o.clock)
    this.stack.onNeighbourHeard = (iface, address, b, macAt) => this.dhcp.neighbourHeard(iface.name, address, b, macAt)
    this.network = networkCommands({
      clock: o.clock,
      random: o.random,
      stack: this.stack,
      interfaces,
      routes,
      neighbours,
      dhcp: this.dhcp,
      dns: this.dns,
      zones: this.#zones,
      ...this.#transfers,
      turns,
      signedZones: this.#signedZones,
      uplinks: this.uplinks,
      coexistence: this.#coexistence,
      ownAddress: o.settings.address.address,
      configuration,
      snapshot: o.snapshot,
      nextRecordId,
      submit,
      commits: this.#commits,
      watchLeases: (watch) => this.#leaseWatchers.push(watch),
      onClose: (end) => this.#endings.push(end),
    })
    if (o.cacheFile !== undefined) this.#keepCache(o, o.cacheFile)
  }

  /** The storage writer's answer to a batch. */
  settle(batch: number, faults: readonly (StoreFault | undefined)[]): void {
    // All ACKs of a batch leave with one flush.
    this.stack.batch(() => this.#commits.settle(batch, faults))
  }

  /** Makes a transaction durable; its events also go to the program's log. */
  submit(transaction: Transaction, settled: Settled): void {
    this.#commits.submit(transaction, (fault) => {
      if (fault === undefined) for (const write of transaction) if (write.kind === 'event') this.#log(write.event, write.facts)
      settled(fault)
    })
  }

  #resolverOptions({ settings }: ApplianceOptions): Partial<DnsOptions> {
    const { rootHints, trustAnchors, validation, mixCase, cache } = settings
    const isOwn = (address: Ipv4): boolean => this.stack.interfaces.some(({ addressing }) => addressing.isOwn(address))
    return {
      cache,
      // For forwarders to it, whatever the settings say of other names.
      recursion: { hints: rootHints, isOwn },
      ...(trustAnchors === undefined ? {} : { trustAnchors }), ...(validation === undefined ? {} : { validation }), ...(mixCase === undefined ? {} : { mixCase }),
    }
  }

  #tell(event: string, facts: Facts): void {
    this.submit([{ kind: 'event', at: this.#clock.wallMs(), event, facts }], () => {})
  }

  close(): void {
    for (const end of this.#endings) end()
    this.uplinks.close()
    this.#coexistence.close()
    this.dhcp.close()
    this.#otherServersEndpoint.close()
    this.#dhcpEndpoint.close()
    this.#dhcpBulkEndpoint.close()
    this.#transfers.close()
    this.#signedZones.close()
    this.#expiry.close()
    this.#made.close()
    this.#forward.close()
    this.#hostDatagrams.close()
    this.#dnsEndpoint.close()
    this.#dnsTcpEndpoint.close()
    this.stack.close()
    this.#interfaces.close()
  }

  #keepCache({ clock, log, settings }: ApplianceOptions, file: CacheFilePort): void {
    const { cache, forwardRules } = this.dns
    const { rootHints, trustAnchors, validation } = settings
    const ofSettings = JSON.stringify([rootHints, [...(trustAnchors ?? [])], validation])
    const holdsFor = (): string => hash('sha256', ofSettings + forwardRules.text)
    const keeper = new CacheKeeper({ clock, cache, file, holdsFor, log })
    this.#endings.push(() => keeper.close())
  }

  #serveDhcp(o: ApplianceOptions): DhcpServer {
    return new DhcpServer(
      {
        clock: o.clock,
        random: o.random,
        send: (reply) => this.#dhcpEndpoint.send(reply),
        probe: (interfaceName, address, done) => this.#dhcpEndpoint.probe(interfaceName, address, PROBE_WAIT_MS, done),
        ping: (address, done) => this.#dhcpEndpoint.ping(address, PING_WAIT_MS, done),
        commit: (changes, done) => this.#commitLeases(changes, done),
        nameFor: (lease, domain) => this.#names.nameFor(lease, domain),
        decide: o.decide,
        tell: ([event, facts]) => this.#tell(event, facts),
        configured: () => {
          this.#followLinks()
          this.#coexistence.reconsider()
          for (const changed of this.dns.onSubnetsChanged) changed()
        },
        namesOtherServer: ({ interfaceName, server, message, client, address }) =>
          this.#coexistence.seen({
            interfaceName, server, message, client, kind: 'chosen-by-a-client', offered: address, routers: [], nameServers: [], leaseSeconds: undefined,
          }),
      },
      { serverAddress: (interfaceName) => this.#dhcpEndpoint.addressOn(interfaceName), silentBecause: (interfaceName) => this.#coexistence.silentBecause(interfaceName), probe: o.settings.probe },
      o.snapshot.dhcp,
      o.snapshot.leases,
    )
  }

  #signZones(o: ApplianceOptions, turns: CommandTurns): SignedZones {
    const { dns } = this
    const editor = new ZoneEditor({ clock: o.clock, dns, zones: this.#zones, turns })
    return new SignedZones({
      clock: o.clock,
      snapshot: o.snapshot,
      ...o.keys,
      zone: (zoneId) => dns.zones.byId(zoneId),
      publish: (zoneId, signing) => dns.setSigning(zoneId, signing),
      take: (command) => turns.take(command),
      store: (transaction) => turns.store(transaction),
      log: (event, facts) => o.log(event, facts),
      askDs: (zoneName) => askParentDs(dns, zoneName),
      putDs: async (zoneId, records, ttl) => {
        const change = parentChange(dns, zoneId, records, ttl)
        const put = await editor.commit(change === undefined ? [] : [{ ...change, author: 'signing' }])
        return put.ok ? ok(change !== undefined) : put
      },
    })
  }

  /** The links of all subnets are searched for other DHCP servers as soon as they are up. */
  #followLinks(): void {
    this.#coexistence?.follow(this.dhcp.interfaceNames)
  }

  #watchOtherServers(o: ApplianceOptions): Coexistence {
    const { serveBesideOthers } = o.settings
    const endpoint = this.#otherServersEndpoint
    return new Coexistence({
      clock: o.clock,
      random: o.random,
      mac: (interfaceName) => endpoint.mac(interfaceName),
      isOwn: (address) => endpoint.isOwn(address),
      send: (interfaceName, bytes) => endpoint.send(interfaceName, bytes),
      probe: (interfaceName, address, waitMs, done) => this.#dhcpEndpoint.probe(interfaceName, address, waitMs, done),
      policy: (interfaceName) => {
        const segment = this.dhcp.policyOn(interfaceName)
        const expectsOthers = serveBesideOthers || segment?.besideOthers === true || (segment !== undefined && segment.mode !== 'serve')
        // What was served before it came into a bridge says nothing of what is there.
        const isOld = o.alreadyServed?.includes(interfaceName) === true && !this.#interfaces.hasMoved(interfaceName)
        return { expectsOthers, yields: this.#interfaces.isShared(interfaceName) && !expectsOthers && !isOld }
      },
      report: ([event, facts]) => this.#tell(event, facts),
      served: (interfaceName) => o.served?.(interfaceName),
    })
  }

  /** A lease, its names, the zones' serials and the event: one transaction. */
  #commitLeases(changes: readonly LeaseChange[], done: (durable: boolean) => void): void {
    const at = this.#clock.wallMs()
    const plan = this.#names.plan(changes)
    const edits: readonly ZoneEdit[] = plan.edits.map((edit) => this.#zones.number(edit))
    const writes: Write[] = []
    for (const change of changes) {
      writes.push({ kind: 'lease', at, change })
      if (isNews(change)) writes.push(eventOf(change, at))
    }
    for (const edit of edits) writes.push({ kind: 'zone-edit', at, edit })
    this.submit(writes, (fault) => {
      for (const edit of edits) this.#zones.settled(edit, fault === undefined)
      plan.settled(fault === undefined)
      if (fault === undefined) for (const watch of this.#leaseWatchers) watch(changes)
      else this.#log('storage.failed', { fault: fault.detail })
      done(fault === undefined)
    })
  }
}

type OpenNetwork = { readonly interfaces: Interfaces; readonly routes: StaticRoutes; readonly neighbours: StaticNeighbours }

/** Interfaces, routes and neighbours as they are stored; the first link and its gateway as the settings have them. */
function openNetwork(o: ApplianceOptions, stack: Stack, uplinks: () => Uplinks | undefined, changed: () => void): OpenNetwork {
  const { clock, link: firstLink, log, media, settings, snapshot } = o
  const first = snapshot.settings.get(FIRST_LINK_SETTING)
  let routes: StaticRoutes | undefined
  let neighbours: StaticNeighbours | undefined
  const interfaces = new Interfaces({
    clock, stack, media, firstLink, log, uplinks,
    ownAddress: settings.address,
    firstProperties: first === undefined ? FIRST_LINK_PROPERTIES : (JSON.parse(first) as FirstLinkProperties),
    planned: snapshot.interfaces,
    changed: () => {
      routes?.reconcile()
      neighbours?.reconcile()
      changed()
    },
  })
  const gateway = settings.gateway === undefined ? undefined : { gateway: settings.gateway, interfaceName: firstLink.name, metric: settings.gatewayMetric }
  routes = new StaticRoutes(stack, gateway, snapshot.routes)
  // Also those that DHCP gives.
  stack.onReaddressed = () => routes?.reconcile()
  stack.forwarding = snapshot.settings.get(FORWARDING_SETTING) === 'yes'
  neighbours = new StaticNeighbours(stack, snapshot.neighbours)
  return { interfaces, routes, neighbours }
}

/**
 * How long an ARP probe waits before an address is offered. A host on the same LAN answers within a few milliseconds; a
 * client waits seconds for its offer.
 */
const PROBE_WAIT_MS = 200
/** The same for an ICMP echo, which goes through routers. */
const PING_WAIT_MS = 500

const designated = ({ address: { address }, tls }: ApplianceSettings): DnsOptions['designated'] =>
  tls?.name === undefined ? undefined : { name: tls.name, address, tls: tls.dns, https: tls.https }

/** How the appliance calls itself to the servers of its uplinks. */
const HOST_NAME = 'taproot'

/** A renewal is no news; everything that begins, ends or moves a binding is. */
const isNews = ({ before, after }: LeaseChange): boolean =>
  before?.state !== after.state || before.mac !== after.mac || before.clientId !== after.clientId || before.publishedName !== after.publishedName

const eventOf = ({ after, because }: LeaseChange, at: number): Write => ({
  kind: 'event',
  at,
  event: because,
  facts: {
    address: formatIpv4(after.address),
    mac: after.mac,
    hostName: after.hostName ?? null,
    name: after.publishedName ?? null,
    seconds: after.expiresAt === undefined ? null : Math.round((after.expiresAt - at) / 1000),
    // A conflict's row carries the hardware address that was found on the address.
    holder: after.state === 'declined' ? after.mac : null,
  },
})
