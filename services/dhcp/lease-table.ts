/**
 * All addresses that are anything but untouched, by address and by client, and what is due next. The table decides
 * whether an address is free; an allocator only names candidates.
 * Bounded by the configuration: only addresses of subnets get in, one entry each.
 *
 * An address at rest (free, bound, set aside) is a row in columns; what happens to it in memory only (a probe, an offer,
 * a save under way) makes it a Binding of its own until it is at rest again. So a million leases are a hundred
 * megabytes, and a Binding given by find() is good until the next event.
 */
import { hashText, roomFor, SlotChains, SlotIndex } from '../../stack/platform/index.ts'
import type { Clock, Instant } from '../../stack/platform/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { ClientKey, Lease } from '../model/index.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import { FREE, deadline, loserOf, ownerOf, settled } from './lease-machine.ts'
import type { BindingState, SettledState } from './lease-machine.ts'
import { LeaseRows } from './lease-rows.ts'

/** One address as it is now. Only the table writes its fields. */
export class Binding {
  readonly address: Ipv4
  /** The subnet that holds the address now; a configuration may move it to another id. */
  readonly subnetId: number
  state: BindingState
  /** What is to be done when the save under way has ended. */
  deferred: (() => void)[] | undefined = undefined

  constructor(address: Ipv4, subnetId: number, state: BindingState) {
    this.address = address
    this.subnetId = subnetId
    this.state = state
  }
}

/** Timeouts handled at once: a night's worth of expiries becomes several transactions, not one endless one. */
const TIMEOUT_BATCH = 256

/** What an address at rest is; the row's own state may differ (a quarantine that has ended leaves a declined row). */
const KINDS = ['free', 'bound', 'declined'] as const satisfies readonly SettledState['kind'][]

const uint8 = (length: number): Uint8Array => new Uint8Array(length)

export type LeaseTablePorts = {
  readonly clock: Clock
  /** The deadline of these has come, at most TIMEOUT_BATCH. */
  due(bindings: readonly Binding[]): void
  /** The address may be given to anybody from now on. */
  freed(binding: { readonly address: Ipv4; readonly subnetId: number }): void
}

export class LeaseTable {
  readonly #ports: LeaseTablePorts
  readonly #rows = new LeaseRows()
  readonly #byAddress = new SlotIndex()
  /** By hash of the owner. */
  readonly #byOwner = new SlotChains()
  /** By slot: index into KINDS, of an address at rest. */
  #kinds = uint8(64)
  /** Addresses that something is happening to, by slot. Bounded by the engine's MAX_OFFERS, MAX_PROBES, MAX_SAVES. */
  readonly #live = new Map<number, Binding>()
  /** Slots of addresses that are being taken from a client, by whose they are until that is on disk. Bounded by MAX_SAVES. */
  readonly #losing = new Map<ClientKey, Set<number>>()
  readonly #queue: DeadlineQueue
  #offers = 0
  #probes = 0
  #saves = 0

  constructor(ports: LeaseTablePorts, leases: Iterable<Lease>) {
    this.#ports = ports
    this.#queue = new DeadlineQueue(ports.clock, TIMEOUT_BATCH, slots => ports.due(slots.map(slot => this.#binding(slot))))
    const at = { now: ports.clock.now(), wallMs: ports.clock.wallMs() }
    for (const row of leases) this.#rest(this.#slotFor(row.address, row.subnetId), settled(row, at))
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
  /** Memory that the texts of the rows take. */
  get textOctets(): number {
    return this.#rows.arenaOctets
  }

  /** The address as it is now; undefined when it is untouched. */
  find(address: Ipv4): Binding | undefined {
    const slot = this.#byAddress.get(address)
    return slot < 0 ? undefined : this.#binding(slot)
  }

  stateOf(address: Ipv4): BindingState {
    return this.find(address)?.state ?? FREE
  }

  /** As stateOf, without reading the row. */
  kindOf(address: Ipv4): BindingState['kind'] {
    const slot = this.#byAddress.get(address)
    return slot < 0 ? 'free' : this.#kind(slot)
  }

  /** False: nobody ever had it, as far as is known, and nothing happens to it. */
  knows(address: Ipv4): boolean {
    return this.#byAddress.get(address) >= 0
  }

  /** The address as it is now, with an entry to be filled by set() if it had none. */
  at(address: Ipv4, subnetId: number): Binding {
    return this.find(address) ?? new Binding(address, subnetId, FREE)
  }

  /** Moves an address into a state. `due` replaces the state's own deadline: a failed expiry is tried again later. */
  set(binding: Binding, state: BindingState, due: Instant | undefined = deadline(state)): void {
    const slot = this.#slotFor(binding.address, binding.subnetId)
    const before = this.#kind(slot)
    this.#count(before, -1)
    this.#count(state.kind, 1)
    this.#lose(slot, this.#live.get(slot)?.state, state)
    binding.state = state
    if (state.kind === 'free' || state.kind === 'bound' || state.kind === 'declined') {
      const subnetId = this.#rows.subnetId(slot)
      this.#live.delete(slot)
      this.#rest(slot, state, due)
      if (state.kind !== 'free') return
      if (state.row === undefined) this.#forget(slot)
      if (before !== 'free') this.#ports.freed({ address: binding.address, subnetId })
      return
    }
    this.#live.set(slot, binding)
    this.#own(slot, ownerOf(state))
    this.#queue.set(slot, due)
  }

  /** The addresses of a client in a segment: bound, on offer, or held last. */
  *ofClient(client: ClientKey, scope: { holds(subnetId: number): boolean }): Iterable<Binding> {
    const mine: number[] = []
    // Whoever iterates may set the state and with it the chain.
    for (let slot = this.#byOwner.first(hashText(client)); slot >= 0; slot = this.#byOwner.next(slot))
      if (scope.holds(this.#rows.subnetId(slot))) mine.push(slot)
    for (const slot of mine) {
      const binding = this.#binding(slot)
      if (ownerOf(binding.state) === client) yield binding
    }
  }

  /**
   * An address of a segment that another client is taking over from this one. It is stored as this one's until that is on
   * disk, and again if it fails.
   */
  beingTakenFrom(client: ClientKey, scope: { holds(subnetId: number): boolean }): Binding | undefined {
    if (this.#losing.size === 0) return undefined
    for (const slot of this.#losing.get(client) ?? []) if (scope.holds(this.#rows.subnetId(slot))) return this.#binding(slot)
    return undefined
  }

  /** Addresses whose row on disk is of this hardware address: a walk over all rows, a few ns for each. */
  *withMac(mac: Uint8Array): Iterable<Binding> {
    for (const slot of this.#everySlot())
      if (this.#rows.state(slot) !== undefined && this.#rows.hasMac(slot, mac)) yield this.#binding(slot)
  }

  *all(): Iterable<Binding> {
    for (const slot of this.#everySlot()) yield this.#binding(slot)
  }

  /** Free addresses with a history, without their rows: the wall time at which they were free again. */
  *freeAgain(): Iterable<{ readonly address: Ipv4; readonly subnetId: number; readonly endedAt: number }> {
    for (const slot of this.#everySlot()) {
      if (this.#kind(slot) !== 'free') continue
      const endedAt = this.#rows.expiresAt(slot)
      const subnetId = this.#rows.subnetId(slot)
      yield { address: this.#rows.address(slot), subnetId, endedAt: Number.isFinite(endedAt) ? endedAt : 0 }
    }
  }

  /** Gives every address the subnet that holds it now; undefined leaves it as it is. */
  rehome(subnetOf: (address: Ipv4, subnetId: number) => number | undefined): void {
    for (const slot of this.#everySlot()) {
      const old = this.#rows.subnetId(slot)
      const id = subnetOf(this.#rows.address(slot), old)
      if (id === undefined || id === old) continue
      this.#rows.setSubnetId(slot, id)
      const live = this.#live.get(slot)
      if (live === undefined) continue
      const moved = new Binding(live.address, id, live.state)
      moved.deferred = live.deferred
      this.#live.set(slot, moved)
    }
  }

  close(): void {
    this.#queue.close()
  }

  *#everySlot(): Iterable<number> {
    for (let slot = 0; slot < this.#rows.slots; slot++)
      if (this.#byAddress.get(this.#rows.address(slot)) === slot) yield slot
  }

  #slotFor(address: Ipv4, subnetId: number): number {
    const found = this.#byAddress.get(address)
    if (found >= 0) return found
    const slot = this.#rows.take(address, subnetId)
    this.#byAddress.set(address, slot)
    this.#kinds = roomFor(this.#kinds, slot + 1, uint8)
    this.#kinds[slot] = 0
    return slot
  }

  /** Nothing is known of the address any more. */
  #forget(slot: number): void {
    this.#byAddress.delete(this.#rows.address(slot))
    this.#rows.release(slot)
  }

  #kind(slot: number): BindingState['kind'] {
    return this.#live.get(slot)?.state.kind ?? (KINDS[this.#kinds[slot] as number] as SettledState['kind'])
  }

  #binding(slot: number): Binding {
    const live = this.#live.get(slot)
    return live ?? new Binding(this.#rows.address(slot), this.#rows.subnetId(slot), this.#restingState(slot))
  }

  /** Into the columns. */
  #rest(slot: number, state: SettledState, due: Instant | undefined = deadline(state)): void {
    this.#kinds[slot] = KINDS.indexOf(state.kind)
    if (state.row === undefined) this.#rows.clear(slot)
    else this.#rows.write(slot, state.row)
    this.#own(slot, ownerOf(state))
    this.#queue.set(slot, due)
  }

  /** Out of the columns. An expiry that is to be tried again has its later deadline here, which is as good. */
  #restingState(slot: number): SettledState {
    const row = this.#rows.read(slot)
    const kind = KINDS[this.#kinds[slot] as number] as SettledState['kind']
    if (kind === 'free' || row === undefined) return row === undefined ? { kind: 'free', row: undefined } : { kind: 'free', row }
    const until = this.#queue.last(slot)
    if (kind === 'bound') return { kind, row, until: row.expiresAt === undefined ? undefined : until }
    return { kind, row, until: until ?? this.#ports.clock.now() }
  }

  #count(kind: BindingState['kind'], by: number): void {
    if (kind === 'offered') this.#offers += by
    else if (kind === 'probing') this.#probes += by
    else if (kind === 'saving') this.#saves += by
  }

  #lose(slot: number, before: BindingState | undefined, after: BindingState): void {
    const [was, is] = [before === undefined ? undefined : loserOf(before), loserOf(after)]
    if (was === is) return
    const slots = was === undefined ? undefined : this.#losing.get(was)
    slots?.delete(slot)
    if (was !== undefined && slots?.size === 0) this.#losing.delete(was)
    if (is !== undefined) this.#losing.set(is, (this.#losing.get(is) ?? new Set<number>()).add(slot))
  }

  #own(slot: number, owner: ClientKey | undefined): void {
    if (owner === undefined) this.#byOwner.remove(slot)
    else this.#byOwner.put(slot, hashText(owner))
  }
}
