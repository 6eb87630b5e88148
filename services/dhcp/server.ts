/**
 * The DHCPv4 server's core (RFC 2131): datagrams, timers and the administrator's wishes in; replies, changes to store
 * and decisions out through the ports. It holds no socket and no database and never reads a clock of its own.
 *
 * Time. A lease's end is counted in monotonic time, so a jump of the calendar ends no lease and prolongs none. Rows
 * carry wall time for people and for the next start; what is left of a lease is read from them once, at construction,
 * and never taken for more than the lease's length. If the calendar is far ahead at a start, leases expire then: their
 * clients find the same addresses again, because expired rows keep their client and are given to others last, after a
 * probe.
 */
import { TokenBucket, err } from '../../stack/platform/index.ts'
import type { Counters, Result } from '../../stack/platform/index.ts'
import { formatIpv4, formatMac } from '../../stack/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'
import type { DhcpConfiguration, Lease, SegmentPolicy } from '../model/index.ts'
import { DROP_REASONS, dropCounterOf } from './drop-reasons.ts'
import type { DhcpCounter, DropReason } from './drop-reasons.ts'
import { Engine } from './engine.ts'
import { describedMessage, locate, placeOf } from './described-client.ts'
import type { DescribedClient, DescribedRequest } from './described-client.ts'
import { effectiveSettings } from './effective-options.ts'
import type { EffectiveSettings } from './effective-options.ts'
import { dhcpStep } from './events.ts'
import { arrivalOf, whatIf } from './explain/what-if.ts'
import type { NoRequest, WhatIf } from './explain/what-if.ts'
import { isLeaseQuery, macOf, readExchange, readRequest } from './exchange.ts'
import type { Arrival, ClientMessageType } from './exchange.ts'
import { run } from './pipeline.ts'
import type { DhcpPorts, DhcpSettings } from './ports.ts'
import { importLeases } from './import-leases.ts'
import type { ImportedLeases } from './import-leases.ts'
import type { ForeignLease } from './interchange/foreign-leases.ts'
import type { ExhaustedSegment } from './exhaustion.ts'
import { stationsLeft } from './link-loss.ts'
import { RelayQuestions } from './relay-questions.ts'
import { BOOT_SERVER_PORT, MAX_MESSAGE_BYTES } from './wire/message.ts'

const TELLINGS_PER_SECOND = 1
const TELLINGS_BURST = 64

/** no-key: the client never said that it believes a FORCERENEW, or the key was lost with a restart. */
export type ForceRenewOutcome = 'sent' | 'not-bound' | 'no-key'

/** A described request, or octets and the interface that they came in on (the first where clients are, unless given). */
export type WhatIfQuestion =
  | { readonly request: DescribedRequest }
  | { readonly request?: undefined; readonly bytes: Uint8Array; readonly interfaceName: string | undefined }

export type ReleaseOutcome = 'released' | 'not-bound' | 'storage-failed'

export class DhcpServer {
  readonly #engine: Engine
  readonly #relayQuestions: RelayQuestions
  /** Strangers that are told of. */
  readonly #tellings: TokenBucket

  /** `leases`: every stored row. The configuration has passed checkConfiguration. */
  constructor(ports: DhcpPorts, settings: DhcpSettings, configuration: DhcpConfiguration, leases: Iterable<Lease>) {
    this.#engine = new Engine(ports, settings, configuration, leases, x => run(this.#engine, x))
    this.#tellings = new TokenBucket(TELLINGS_PER_SECOND, TELLINGS_BURST, ports.clock.now())
    this.#relayQuestions = new RelayQuestions(this.#engine, ports.clock.now())
  }

  /**
   * One datagram that came to port 67: `length` octets of UDP payload at `at`, not needed after return. Never throws.
   */
  receive(buffer: Uint8Array, at: number, length: number, arrival: Arrival): void {
    const engine = this.#engine
    if (engine.closed) return
    engine.counters.count('rx')
    // A copy, because the exchange may wait; one octet past the bound is enough to see that it is too long.
    const bytes = buffer.slice(at, at + Math.min(length, MAX_MESSAGE_BYTES + 1))
    const message = readRequest(bytes, arrival)
    if (message.ok && arrival.port !== BOOT_SERVER_PORT && isLeaseQuery(message.value)) {
      this.#relayQuestions.answer(message.value, arrival)
      return
    }
    const read = message.ok ? readExchange(message.value, arrival) : message
    if (!read.ok) {
      this.#drop(read.error, bytes, arrival)
      return
    }
    engine.counters.count(RX_COUNTERS[read.value.type])
    run(engine, read.value)
  }

  /** Replaces everything that the administrator says between two packets. It has passed checkConfiguration. */
  configure(configuration: DhcpConfiguration): void {
    this.#engine.configure(configuration)
    this.#engine.ports.configured?.()
  }

  /** What a client would be told, and who says it; undefined when there is no subnet for it. */
  effectiveSettings(client: DescribedClient): EffectiveSettings | undefined {
    const { configuration } = this.#engine
    const found = locate(configuration, client)
    if (found === undefined) return undefined
    const { exchange, scope, address } = found
    exchange.serverAddress = this.#engine.ownAddressOn(scope.segment.interfaceName) ?? this.#engine.anyOwnAddress()
    return effectiveSettings(configuration, exchange, scope, address)
  }

  /** What would happen to a request; nothing changes and nothing is sent. Octets are what came to port 67. */
  whatIf(question: WhatIfQuestion): Result<WhatIf, NoRequest> {
    const engine = this.#engine
    const { configuration } = engine
    const { request } = question
    if (request === undefined) {
      const { bytes, interfaceName } = question
      return whatIf(engine, bytes, arrivalOf(engine, interfaceName ?? [...this.interfaceNames][0] ?? '', bytes))
    }
    const place = placeOf(configuration, request)
    if (place === undefined) return err({ problem: 'there is no subnet for this client' })
    const bytes = describedMessage(request, place.giaddr)
    return whatIf(engine, bytes, arrivalOf(engine, place.interfaceName, bytes))
  }

  /** Ends a bound lease by the administrator; `done` is called once, when that is on disk or has failed. */
  release(address: Ipv4, done: (outcome: ReleaseOutcome) => void): void {
    const engine = this.#engine
    const binding = engine.table.find(address)
    if (binding === undefined) {
      done('not-bound')
      return
    }
    const effects = engine.apply(address, binding.subnetId, { kind: 'revoke' })
    const effect = effects[0]
    if (effect?.kind === 'defer') {
      if (!engine.deferRun(binding, () => this.release(address, done))) done('storage-failed')
    } else if (effect?.kind === 'save') {
      const { change } = effect
      engine.save([change], durable => {
        const text = formatIpv4(address)
        const step = durable
          ? dhcpStep('dhcp.lease.released-by-administrator', { address: text })
          : dhcpStep('dhcp.storage.failed', { address: text })
        engine.decideFor(change.after, 'administrator', [step])
        done(durable ? 'released' : 'storage-failed')
      })
    } else done('not-bound')
  }

  /** Takes leases of another server over, all at once; `done` is called once, when that is on disk or has failed. */
  importLeases(rows: readonly ForeignLease[], dryRun: boolean, done: (imported: ImportedLeases) => void): void {
    importLeases(this.#engine, rows, dryRun, done)
  }

  /** Whether names of leases in this subnet have a DHCID record (RFC 4701), by the policy of its segment. */
  wantsDhcid(subnetId: number): boolean {
    return this.#engine.configuration.scope(subnetId)?.segment.policy.ddns.dhcid === true
  }

  /** Makes the holder of a lease renew at once (RFC 3203), if it takes that from us (RFC 6704). */
  forceRenew(address: Ipv4): ForceRenewOutcome {
    const engine = this.#engine
    const lease = this.lease(address)
    if (lease?.state !== 'bound') return 'not-bound'
    const message = engine.keys.message(lease)
    if (message === undefined) return 'no-key'
    const { bytes, interfaceName } = message
    engine.ports.send({ interfaceName, bytes, length: bytes.length, to: { kind: 'unicast', address } })
    engine.counters.count('tx-force-renew')
    engine.decideFor(lease, 'administrator', [dhcpStep('dhcp.force-renew.sent', { address: formatIpv4(address) })])
    return 'sent'
  }

  /**
   * Another host says by ARP that it has the address; its MAC stands at `macAt` of `b`, which is not kept. Who uses an
   * address of a pool without a lease is noted and told once.
   */
  neighbourHeard(interfaceName: string, address: Ipv4, b: Uint8Array, macAt: number): void {
    const engine = this.#engine
    const scope = engine.configuration.scopeHolding(address)
    if (engine.closed || scope?.poolAt(address) === undefined) return
    // What another link says of the addresses of this one is not to be believed.
    if ((scope.segment.interfaceName ?? interfaceName) !== interfaceName) return
    const state = engine.table.stateOf(address)
    // A declined address is known to be used; an offered one may be on its way to its client.
    if (state.kind !== 'free') return
    const holder = formatMac(b, macAt)
    if (!engine.observed.note(address, holder, engine.ports.clock.now())) return
    // Its last client may go on for a while after its lease; that is no stranger.
    if (state.row?.mac === holder) return
    engine.counters.count('addresses-seen-in-use')
    // A flood of made-up ARP packets fills counters, not the disk.
    if (!this.#tellings.take(engine.ports.clock.now())) return
    const step = dhcpStep('dhcp.address.seen-in-use', { address: formatIpv4(address), holder })
    engine.ports.tell(step)
    engine.ports.decide({
      at: engine.ports.clock.wallMs(),
      kind: 'dhcp',
      interfaceName,
      mac: holder,
      clientId: undefined,
      address: formatIpv4(address),
      hostName: undefined,
      received: 'ARP',
      sent: 'none',
      steps: [step],
    })
  }

  /** Machines on the link of an interface were unplugged: hardware addresses as text. */
  stationsLeft(interfaceName: string, stations: readonly Mac[]): void {
    stationsLeft(this.#engine, interfaceName, stations)
  }

  /** One message of a connection to TCP port 67: its answers as octets, one by one; undefined when it is no question. */
  bulkLeaseQuery(buffer: Uint8Array, length: number, requestor: Ipv4): Generator<Uint8Array | undefined, void> | undefined {
    return this.#engine.closed ? undefined : this.#relayQuestions.answerBulk(buffer, length, requestor)
  }

  countBulk(what: 'bulk-connections' | 'bulk-closed-idle' | 'bulk-closed-malformed' | 'bulk-refused-full'): void {
    this.#engine.counters.count(what)
  }

  /** The row of an address as it is on disk; undefined when nobody ever had it. */
  lease(address: Ipv4): Lease | undefined {
    const state = this.#engine.table.find(address)?.state
    return state?.kind === 'saving' ? state.back.row : state?.row
  }

  /** Every row as it is on disk, in no order. */
  *leases(): Iterable<Lease> {
    for (const { state } of this.#engine.table.all()) {
      const row = state.kind === 'saving' ? state.back.row : state.row
      if (row !== undefined) yield row
    }
  }

  /** The policy for clients on the link of an interface; undefined when no subnet is there. */
  policyOn(interfaceName: string): SegmentPolicy | undefined {
    return this.#engine.configuration.scopes.find(({ segment }) => segment.interfaceName === interfaceName)?.segment.policy
  }

  /** Names of the interfaces on whose links subnets are. */
  get interfaceNames(): ReadonlySet<string> {
    const names = this.#engine.configuration.scopes.map(({ segment }) => segment.interfaceName)
    return new Set(names.filter(name => name !== undefined))
  }

  /** Segments whose clients go without an address now. */
  get exhausted(): readonly ExhaustedSegment[] {
    return this.#engine.exhaustion.present(this.#engine.ports.clock.now())
  }

  get counters(): Counters<DhcpCounter> {
    return this.#engine.counters
  }

  /** Addresses on offer, being probed and being stored, now. */
  get underWay(): { readonly offers: number; readonly probes: number; readonly saves: number } {
    const { offers, probes, saves } = this.#engine.table
    return { offers, probes, saves }
  }

  /** Addresses with a history or something under way, and the memory that the texts of their rows take. */
  get sizes(): { readonly addresses: number; readonly 'text-octets': number } {
    return { addresses: this.#engine.table.size, 'text-octets': this.#engine.table.textOctets }
  }

  /** Stops timers; what is under way gets no answer. */
  close(): void {
    this.#engine.close()
  }

  #drop(reason: DropReason, bytes: Uint8Array, arrival: Arrival): void {
    const engine = this.#engine
    engine.counters.count(dropCounterOf(reason))
    engine.ports.decide({
      at: engine.ports.clock.wallMs(),
      kind: 'dhcp',
      interfaceName: arrival.interfaceName,
      mac: macOf(bytes),
      clientId: undefined,
      address: undefined,
      hostName: undefined,
      received: 'malformed',
      sent: 'none',
      steps: [dhcpStep('dhcp.message.malformed', { problem: DROP_REASONS[reason] })],
    })
  }
}

const RX_COUNTERS: { readonly [Type in ClientMessageType]: DhcpCounter } = {
  DISCOVER: 'rx-discover',
  REQUEST: 'rx-request',
  DECLINE: 'rx-decline',
  RELEASE: 'rx-release',
  INFORM: 'rx-inform',
  BOOTP: 'rx-bootp',
}
