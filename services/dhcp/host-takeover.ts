/**
 * Several identifiers for one address (a laptop's cable and radio): the address is with whichever has it. Another
 * identifier of the same host takes it over when the present holder's lease has ended or was released, or when nobody
 * answers for the address any more. While both are up, the second gets an address of a pool. The same hardware under
 * another client identifier (firmware and system of one machine) needs no question.
 */
import { LruMap } from '../../stack/platform/index.ts'
import type { Instant } from '../../stack/platform/index.ts'
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'
import { leaseClientKey } from '../model/index.ts'
import type { ClientKey, Lease } from '../model/index.ts'
import type { Scope } from './configuration.ts'
import { MAX_PROBES } from './engine.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import type { CompiledHost } from './hosts.ts'
import { owns } from './lease-machine.ts'
import type { BindingState } from './lease-machine.ts'
import { supersede } from './withdraw.ts'

/** Addresses found vacant whose new client has not sent its REQUEST yet. */
const MAX_VACANT = 1024

/** Nobody answered for the address when this client asked. Void once the lease that stood then was renewed or changed hands. */
type Vacancy = { readonly client: ClientKey; readonly until: Instant; readonly lease: Lease }

/** Who was given an address just now may still be probing for it, and answers nobody meanwhile (RFC 5227 §2.1: 7 s). */
const FRESH_MS = 10_000
const isFresh = (state: BindingState, now: number): boolean =>
  state.kind === 'bound' && now >= state.row.renewedAt && now - state.row.renewedAt < FRESH_MS

const isSame = (a: Lease, b: Lease): boolean => a.renewedAt === b.renewedAt && leaseClientKey(a) === leaseClientKey(b)

/** Whether a lease is another identifier's of the same host. A stranger's address is not taken away, however quiet it is. */
export function isHeldBy(host: CompiledHost | undefined, state: BindingState): boolean {
  if (host === undefined || state.kind !== 'bound') return false
  const { id, identifiers } = host.host
  const { mac, clientId, hostId } = state.row
  const named = identifiers.some(
    ({ kind, value }) => (kind === 'mac' && value === mac) || (kind === 'client-id' && value === clientId),
  )
  // A lease does not keep the other kinds of identifiers, only whose it was.
  return named || (hostId === id && identifiers.some(({ kind }) => kind !== 'mac' && kind !== 'client-id'))
}

export class HostTakeovers {
  readonly #vacant = new LruMap<Ipv4, Vacancy>(MAX_VACANT)
  /** The DISCOVERs that wait for an answer, one per client. Bounded by MAX_PROBES. */
  readonly #asking = new Map<ClientKey, { exchange: Exchange }>()
  readonly #beneath: HostTakeovers | undefined

  /** `beneath` is where to go on from, and is left as it is. */
  constructor(beneath?: HostTakeovers) {
    this.#beneath = beneath
  }

  /** Nobody answered for the address when this client asked, lately, and its holder was not heard of since. */
  isVacantFor(address: Ipv4, lease: Lease, client: ClientKey, now: Instant): boolean {
    const beneath = this.#beneath === undefined ? undefined : this.#beneath.#vacant
    const found = this.#vacant.peek(address) ?? beneath?.peek(address)
    return found?.client === client && now < found.until && isSame(found.lease, lease)
  }

  /** An address of the client's host that another of its identifiers holds, and that nobody was asked about yet. */
  contested(engine: Engine, x: Exchange, scope: Scope): Ipv4 | undefined {
    if (x.host === undefined || x.denied !== undefined || this.#asking.size >= MAX_PROBES) return undefined
    const addresses = scope.addressesOf(x.host)
    const usable = addresses.some(address => {
      const state = engine.table.stateOf(address)
      return state.kind === 'free' || owns(state, x.client.key, x.client.mac)
    })
    if (usable) return undefined
    const now = engine.ports.clock.wallMs()
    return addresses.find(address => {
      const state = engine.table.stateOf(address)
      return !x.asked.includes(address) && isHeldBy(x.host, state) && !isFresh(state, now)
    })
  }

  /** Asks whether the holder is there; `again` goes on with the DISCOVER, or with a newer one of the same client. */
  ask(engine: Engine, x: Exchange, address: Ipv4, again: (x: Exchange) => void): void {
    x.trace.push(dhcpStep('dhcp.host.holder-asked', { address: formatIpv4(address) }))
    x.asked.push(address)
    const present = this.#asking.get(x.client.key)
    if (present !== undefined) {
      supersede(engine, present.exchange, address)
      present.exchange = x
      return
    }
    const waiter = { exchange: x }
    this.#asking.set(x.client.key, waiter)
    const before = engine.table.stateOf(address)
    const done = (holder: Mac | undefined, unknown: boolean): void => {
      if (engine.closed) return
      this.#asking.delete(x.client.key)
      const lease = before.kind === 'bound' ? before.row : undefined
      this.#answered(engine, waiter.exchange, address, lease, unknown ? 'somebody' : holder)
      again(waiter.exchange)
    }
    if (x.relayed) engine.ports.ping(address, answered => done(undefined, answered))
    else engine.ports.probe(x.arrival.interfaceName, address, holder => done(holder, false))
  }

  #answered(engine: Engine, x: Exchange, address: Ipv4, lease: Lease | undefined, holder: string | undefined): void {
    const text = formatIpv4(address)
    if (holder !== undefined && holder !== x.client.mac) {
      x.trace.push(dhcpStep('dhcp.host.holder-there', { address: text, holder }))
      return
    }
    x.trace.push(dhcpStep('dhcp.host.holder-gone', { address: text }))
    const until = engine.ports.clock.now() + engine.offerMs
    if (lease !== undefined) this.#vacant.set(address, { client: x.client.key, until, lease })
  }
}
