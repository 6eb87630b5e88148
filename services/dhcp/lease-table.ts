/**
 * All addresses that are anything but untouched, by address and by client, and what is due next. The table decides
 * whether an address is free; an allocator only names candidates.
 * Bounded by the configuration: only addresses of subnets get in, one entry each.
 */
import type { Clock, Instant } from '../../stack/platform/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { ClientKey, Lease } from '../model/index.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import { FREE, deadline, ownerOf, settled } from './lease-machine.ts'
import type { BindingState } from './lease-machine.ts'

/** One address. Only the table writes its fields. */
export class Binding {
  readonly address: Ipv4
  /** The subnet that holds the address now; a configuration may move it to another id. */
  subnetId: number
  state: BindingState = FREE
  owner: ClientKey | undefined = undefined
  /** The next address of the same owner: a client has few, so a chain is smaller than a list per client. */
  nextOfOwner: Binding | undefined = undefined
  deadline: Instant = Number.POSITIVE_INFINITY
  heapAt = -1
  /** What is to be done when the save under way has ended. */
  deferred: (() => void)[] | undefined = undefined

  constructor(address: Ipv4, subnetId: number) {
    this.address = address
    this.subnetId = subnetId
  }
}

/** Timeouts handled at once: a night's worth of expiries becomes several transactions, not one endless one. */
const TIMEOUT_BATCH = 256

export type LeaseTablePorts = {
  readonly clock: Clock
  /** The deadline of these has come, at most TIMEOUT_BATCH. */
  due(bindings: readonly Binding[]): void
  /** The address may be given to anybody from now on. */
  freed(binding: Binding): void
}

export class LeaseTable {
  readonly #ports: LeaseTablePorts
  readonly #byAddress = new Map<Ipv4, Binding>()
  readonly #byOwner = new Map<ClientKey, Binding>()
  readonly #queue: DeadlineQueue<Binding>
  #offers = 0
  #probes = 0
  #saves = 0

  constructor(ports: LeaseTablePorts, leases: Iterable<Lease>) {
    this.#ports = ports
    this.#queue = new DeadlineQueue(ports.clock, TIMEOUT_BATCH, bindings => ports.due(bindings))
    const at = { now: ports.clock.now(), wallMs: ports.clock.wallMs() }
    for (const row of leases) this.set(this.at(row.address, row.subnetId), settled(row, at))
  }

  /** Addresses on offer, being probed, and being stored, now. */
  get offers(): number {
    return this.#offers
  }
  get probes(): number {
    return this.#probes
  }
  get saves(): number {
    return this.#saves
  }
  get size(): number {
    return this.#byAddress.size
  }

  find(address: Ipv4): Binding | undefined {
    return this.#byAddress.get(address)
  }

  stateOf(address: Ipv4): BindingState {
    return this.#byAddress.get(address)?.state ?? FREE
  }

  /** The entry of an address, made if need be. */
  at(address: Ipv4, subnetId: number): Binding {
    const found = this.#byAddress.get(address)
    if (found !== undefined) return found
    const binding = new Binding(address, subnetId)
    this.#byAddress.set(address, binding)
    return binding
  }

  /** Moves an address into a state. `due` replaces the state's own deadline: a failed expiry is tried again later. */
  set(binding: Binding, state: BindingState, due: Instant | undefined = deadline(state)): void {
    const before = binding.state
    this.#count(before, -1)
    this.#count(state, 1)
    binding.state = state
    const owner = ownerOf(state)
    if (owner !== binding.owner) {
      this.#unlink(binding)
      this.#link(binding, owner)
    }
    this.#queue.set(binding, due)
    if (state.kind !== 'free') return
    if (state.row === undefined) this.#byAddress.delete(binding.address)
    if (before.kind !== 'free') this.#ports.freed(binding)
  }

  /** The addresses of a client in a subnet: bound, on offer, or held last. */
  *ofClient(client: ClientKey, subnetId: number): Iterable<Binding> {
    for (let binding = this.#byOwner.get(client); binding !== undefined;) {
      // Whoever iterates may set the state and with it the chain.
      const next: Binding | undefined = binding.nextOfOwner
      if (binding.subnetId === subnetId) yield binding
      binding = next
    }
  }

  all(): Iterable<Binding> {
    return this.#byAddress.values()
  }

  close(): void {
    this.#queue.close()
  }

  #count(state: BindingState, by: number): void {
    if (state.kind === 'offered') this.#offers += by
    else if (state.kind === 'probing') this.#probes += by
    else if (state.kind === 'saving') this.#saves += by
  }

  #link(binding: Binding, owner: ClientKey | undefined): void {
    binding.owner = owner
    if (owner === undefined) return
    binding.nextOfOwner = this.#byOwner.get(owner)
    this.#byOwner.set(owner, binding)
  }

  #unlink(binding: Binding): void {
    const owner = binding.owner
    if (owner === undefined) return
    const first = this.#byOwner.get(owner) as Binding
    if (first === binding) {
      if (binding.nextOfOwner === undefined) this.#byOwner.delete(owner)
      else this.#byOwner.set(owner, binding.nextOfOwner)
    } else {
      let earlier = first
      while (earlier.nextOfOwner !== binding) earlier = earlier.nextOfOwner as Binding
      earlier.nextOfOwner = binding.nextOfOwner
    }
    binding.nextOfOwner = undefined
    binding.owner = undefined
  }
}
