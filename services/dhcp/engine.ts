/**
 * What all handlers of messages share: the tables, the machine's step on an address, saving before replying, waiting
 * and ending with a decision. The handlers say what is to happen; the order save → reply is kept here.
 */
import { Counters } from '../../stack/platform/index.ts'
import type { Timer } from '../../stack/platform/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'
import { formatIpv4 } from '../../stack/index.ts'
import type { DhcpConfiguration, Lease, LeaseChange, TraceStep } from '../model/index.ts'
import { AddressSource } from './allocate/address-source.ts'
import { weUpdate } from './client-fqdn.ts'
import { Configuration } from './configuration.ts'
import { DeclineLimits } from './decline-limits.ts'
import { DHCP_COUNTERS } from './drop-reasons.ts'
import type { DhcpCounter } from './drop-reasons.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { Exhaustion } from './exhaustion.ts'
import { ForceRenewKeys } from './force-renew.ts'
import { FREE, deadline, step } from './lease-machine.ts'
import type { LeaseEffect, LeaseEvent, Moment } from './lease-machine.ts'
import { HostTakeovers } from './host-takeover.ts'
import { LeaseCounts } from './lease-limits.ts'
import { LeaseTable } from './lease-table.ts'
import type { Binding } from './lease-table.ts'
import { ObservedAddresses } from './observed-addresses.ts'
import { NewClients } from './new-clients.ts'
import type { DhcpPorts, DhcpSettings } from './ports.ts'
import { BOOTP_LIMIT, MAX_REPLY_BYTES, emitReplyHeader, layOut, replyDestination, replyLimit } from './reply.ts'
import type { OutgoingOption, ReplyBoot, ReplyDestination, ReplyType } from './reply.ts'
import { relayInformation } from './fill-options.ts'

/** Addresses on offer or being probed at once. A flood of made-up clients fills this, not the memory. */
export const MAX_OFFERS = 65_536
/** Probes at once: 5,000 new clients a second and a probe of a second and a half. Beyond it offers go unprobed. */
export const MAX_PROBES = 8_192
/** Addresses being stored at once: two seconds of a boot storm. More means that the disk hangs. */
export const MAX_SAVES = 16_384
/** Offers held back at once: 400 new clients a second and the longest delay. Beyond it offers go at once. */
const MAX_DELAYED = 4_096
/** Messages waiting for one address to be stored. */
const MAX_DEFERRED = 4
/** How long after storage failed an expiry is tried again. */
const STORAGE_RETRY_MS = 5_000

const CLIENT_FQDN = 81
const NO_UPDATES = { enabled: false, updateFromClient: false }

const DEFAULT_OFFER_MS = 60_000
const DEFAULT_QUARANTINE_MS = 3_600_000

export class Engine {
  readonly ports: DhcpPorts
  readonly settings: DhcpSettings
  readonly offerMs: number
  readonly quarantineMs: number
  readonly counters = new Counters<DhcpCounter>(DHCP_COUNTERS)
  readonly table: LeaseTable
  readonly addresses: AddressSource
  readonly keys: ForceRenewKeys
  readonly observed = new ObservedAddresses()
  readonly declines: DeclineLimits
  readonly counts = new LeaseCounts()
  readonly exhaustion = new Exhaustion()
  readonly newClients = new NewClients()
  readonly takeovers = new HostTakeovers()
  configuration: Configuration
  /** The DISCOVERs that wait for a probe, by address. Bounded by MAX_PROBES. */
  readonly probing = new Map<Ipv4, { exchange: Exchange }>()
  /** Judges an exchange again after it waited. */
  readonly #again: (x: Exchange) => void
  readonly #out = new Uint8Array(MAX_REPLY_BYTES)
  readonly #waiting = new Set<Timer>()
  #closed = false

  constructor(
    ports: DhcpPorts,
    settings: DhcpSettings,
    configuration: DhcpConfiguration,
    leases: Iterable<Lease>,
    again: (x: Exchange) => void,
  ) {
    this.ports = ports
    this.settings = settings
    this.offerMs = settings.offerMs ?? DEFAULT_OFFER_MS
    this.quarantineMs = settings.quarantineMs ?? DEFAULT_QUARANTINE_MS
    this.#again = again
    this.keys = new ForceRenewKeys(ports.random, ports.clock.wallMs())
    this.declines = new DeclineLimits(ports.clock.now())
    this.configuration = new Configuration(configuration)
    this.addresses = new AddressSource(ports.random)
    this.table = new LeaseTable(
      {
        clock: ports.clock,
        due: bindings => this.#timeouts(bindings),
        freed: binding => this.addresses.freed(binding),
      },
      this.counts.counting(leases),
    )
    this.addresses.configure(this.configuration, this.table)
  }

  get closed(): boolean {
    return this.#closed
  }

  moment(): Moment {
    return { now: this.ports.clock.now(), wallMs: this.ports.clock.wallMs() }
  }

  configure(source: DhcpConfiguration): void {
    this.configuration = new Configuration(source)
    this.exhaustion.reset()
    this.addresses.configure(this.configuration, this.table)
  }

  /** Whether a server identifier names us: any of our addresses does (RFC 2131 §4.1). */
  isOwnAddress(address: Ipv4, x: Exchange): boolean {
    if (address === x.serverAddress || address === x.serverIdentifier) return true
    return this.configuration.scopes.some(({ segment }) => this.ownAddressOn(segment.interfaceName) === address)
  }

  /** Our address on a segment's interface; undefined for a segment behind relays. */
  ownAddressOn(interfaceName: string | undefined): Ipv4 | undefined {
    return interfaceName === undefined ? undefined : this.settings.serverAddress(interfaceName)
  }

  /** An address of ours, for who is behind a relay; 0 while there is none. */
  anyOwnAddress(): Ipv4 {
    for (const { segment } of this.configuration.scopes) {
      const own = this.ownAddressOn(segment.interfaceName)
      if (own !== undefined) return own
    }
    return 0
  }

  /** One step of the machine on an address. The effects are the caller's to perform, in order. */
  apply(address: Ipv4, subnetId: number, event: LeaseEvent): readonly LeaseEffect[] {
    const found = this.table.find(address)
    const state = found?.state ?? FREE
    const [next, effects] = step(state, event, this.moment())
    if (next !== state) this.table.set(found ?? this.table.at(address, subnetId), next)
    return effects
  }

  /** Gives the row that is being saved its published name. */
  named(change: LeaseChange, x: Exchange): LeaseChange {
    const { address } = change.after
    const subnet = x.scope?.subnetHolding(address)
    const binding = this.table.find(address)
    if (subnet === undefined || binding?.state.kind !== 'saving' || binding.state.next.kind !== 'bound') return change
    const ours = weUpdate(x.message.options.get(CLIENT_FQDN), x.scope?.segment.policy.ddns ?? NO_UPDATES)
    if (!ours && subnet.domain !== undefined) x.trace.push(dhcpStep('dhcp.names.left-to-client', {}))
    const { name, trace } = this.ports.nameFor(change.after, ours ? subnet.domain : undefined)
    if (trace !== undefined) x.trace.push(trace)
    if (name === change.after.publishedName) return change
    const after = { ...change.after, publishedName: name }
    this.table.set(binding, { ...binding.state, next: { ...binding.state.next, row: after } })
    return { ...change, after }
  }

  /**
   * Stores the changes in one transaction. On disk: the states move on. Failed: they go back to what is on disk. Then
   * `done`, then whatever waited for these addresses. After close() nothing more happens.
   */
  save(changes: readonly LeaseChange[], done: (durable: boolean) => void): void {
    this.counts.apply(changes)
    this.ports.commit(changes, durable => {
      if (this.#closed) return
      if (!durable) {
        this.counters.count('storage-failures')
        this.counts.revert(changes)
      }
      const waiting: (() => void)[] = []
      for (const change of changes) {
        const binding = this.table.find(change.after.address)
        if (binding === undefined) continue
        if (binding.deferred !== undefined) waiting.push(...binding.deferred)
        binding.deferred = undefined
        this.#settle(binding, durable)
      }
      done(durable)
      for (const run of waiting) run()
    })
  }

  /** Judges the exchange again when the address has been stored. */
  defer(binding: Binding, x: Exchange): void {
    x.trace.push(dhcpStep('dhcp.request.waits', { address: formatIpv4(binding.address) }))
    if (!this.deferRun(binding, () => this.#again(x))) this.limit(x, MAX_DEFERRED, 'messages waiting for one address')
  }

  /** False when too much waits for this address already. */
  deferRun(binding: Binding, run: () => void): boolean {
    binding.deferred ??= []
    if (binding.deferred.length === MAX_DEFERRED) return false
    binding.deferred.push(run)
    return true
  }

  /** Runs `run` after `ms`. False when too much waits already; after close() it is not run. */
  later(ms: number, run: () => void): boolean {
    if (this.#waiting.size >= MAX_DELAYED) return false
    const timer = this.ports.clock.at(this.ports.clock.now() + ms, () => {
      this.#waiting.delete(timer)
      run()
    })
    this.#waiting.add(timer)
    return true
  }

  /** Builds and sends a reply. The answer says where it went, for the trace. */
  reply(
    x: Exchange, type: ReplyType, yiaddr: Ipv4, options: readonly OutgoingOption[], to?: ReplyDestination, boot?: ReplyBoot,
  ): string {
    const out = this.#out
    emitReplyHeader(type, x.message, yiaddr, out, boot ?? (type === 'NAK' ? undefined : x.levels?.boot))
    const left: number[] = []
    const bootp = x.type === 'BOOTP'
    const limit = bootp ? BOOTP_LIMIT : replyLimit(x.maxMessageBytes)
    const length = layOut(out, options, relayInformation(x), limit, left, !bootp)
    if (left.length > 0) x.trace.push(dhcpStep('dhcp.options.no-room', { codes: left.join(', ') }))
    const destination = to ?? replyDestination(type, x.message, yiaddr, x.arrival.sourcePort)
    this.ports.send({ interfaceName: x.arrival.interfaceName, bytes: out, length, to: destination })
    this.counters.count(bootp ? 'tx-bootp' : type === 'OFFER' ? 'tx-offer' : type === 'ACK' ? 'tx-ack' : 'tx-nak')
    return describeDestination(destination, x.client.mac)
  }

  /** Ends the exchange with its decision. */
  finish(x: Exchange, sent: ReplyType | 'none'): void {
    if (sent === 'none') this.counters.count('unanswered')
    this.ports.decide({
      at: this.ports.clock.wallMs(),
      kind: 'dhcp',
      interfaceName: x.arrival.interfaceName,
      mac: x.client.mac,
      clientId: x.client.clientId,
      address: x.address === undefined ? undefined : formatIpv4(x.address),
      hostName: x.hostName,
      received: x.type,
      sent,
      steps: x.trace,
    })
  }

  /** Ends an exchange that would have gone past a bound. */
  limit(x: Exchange, limit: number, what: string): void {
    this.counters.count('limit-reached')
    x.trace.push(dhcpStep('dhcp.limit.reached', { limit, what }))
    this.finish(x, 'none')
  }

  /** A decision that no packet asked for: an expiry, or the administrator's. */
  decideFor(row: Lease, received: 'expiry' | 'administrator' | 'link-loss', steps: readonly TraceStep[]): void {
    const scope = this.configuration.scope(row.subnetId)
    this.ports.decide({
      at: this.ports.clock.wallMs(),
      kind: 'dhcp',
      interfaceName: scope?.segment.interfaceName ?? '',
      mac: row.mac,
      clientId: row.clientId,
      address: formatIpv4(row.address),
      hostName: row.hostName,
      received,
      sent: 'none',
      steps,
    })
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#waiting) timer.cancel()
    this.#waiting.clear()
    this.probing.clear()
    this.table.close()
  }

  #settle(binding: Binding, durable: boolean): void {
    const [state] = step(binding.state, { kind: durable ? 'saved' : 'save-failed' }, this.moment())
    const due = deadline(state)
    // A lease whose expiry could not be stored is still bound; trying again at once would only spin.
    const earliest = durable ? 0 : this.ports.clock.now() + STORAGE_RETRY_MS
    this.table.set(binding, state, due === undefined ? undefined : Math.max(due, earliest))
  }

  #timeouts(bindings: readonly Binding[]): void {
    const changes: LeaseChange[] = []
    for (const binding of bindings) {
      for (const effect of this.apply(binding.address, binding.subnetId, { kind: 'timeout' })) {
        if (effect.kind === 'save') changes.push(effect.change)
      }
    }
    if (changes.length > 0) this.save(changes, durable => this.#expired(changes, durable))
  }

  #expired(changes: readonly LeaseChange[], durable: boolean): void {
    for (const { after } of changes) {
      const address = formatIpv4(after.address)
      if (durable) this.counters.count('leases-expired')
      const step = durable ? dhcpStep('dhcp.lease.expired', { address }) : dhcpStep('dhcp.storage.failed', { address })
      this.decideFor(after, 'expiry', [step])
    }
  }
}

/** For people: an address, "relay …", a hardware address, everybody. */
export function describeDestination(to: ReplyDestination, mac: Mac): string {
  switch (to.kind) {
    case 'relay':
      return `relay ${formatIpv4(to.address)}`
    case 'unicast':
    case 'boot-client':
      return formatIpv4(to.address)
    case 'link':
      return mac
    case 'broadcast':
      return 'everybody'
  }
}
