/**
 * The neighbours of one interface: mappings by address, what waits for them, and their deadlines on the clock.
 * RFC 826; RFC 1122 §2.3.2. The life of one entry is neighbour.ts; lookup() is the only part on the path of every
 * datagram, and allocates nothing.
 */
import { formatMac } from '../address/mac.ts'
import type { Mac } from '../address/mac.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import { i32, u16 } from '../platform/index.ts'
import type { Clock, Instant, Timer } from '../platform/index.ts'
import { deadline, step, UNKNOWN } from './neighbour.ts'
import type { NeighbourEffect, NeighbourEvent, NeighbourState } from './neighbour.ts'

/** Entries per interface: a full /22 at once; the one used longest ago goes first. */
export const NEIGHBOUR_LIMIT = 1024
/** Datagrams that wait for one address. RFC 1122 §2.3.2.2 wants the latest kept, so the oldest gives way. */
export const WAITING_LIMIT = 16
/** Octets that wait in all of an interface's queues. */
export const WAITING_BYTES_LIMIT = 1 << 20

/** A resolved address on the hot path: two numbers. */
export class NeighbourEntry {
  readonly address: Ipv4
  /** The place of this entry's last use in the cache's table of uses. */
  readonly slot: number
  state: NeighbourState = UNKNOWN
  resolved = false
  macHigh = 0
  macLow = 0
  /** The count of uses when it was last heard. */
  heardAtUse = 0
  waiting: Uint8Array[] = []

  constructor(address: Ipv4, slot: number) {
    this.address = address
    this.slot = slot
  }
}

/** What the cache asks of its surroundings. */
export type NeighbourPorts = {
  /** Send an ARP request for `address`, to one hardware address or (undefined) to all. */
  readonly ask: (address: Ipv4, to: Uint8Array | undefined) => void
  /** Send a datagram that waited, to the address now known. */
  readonly release: (datagram: Uint8Array, macHigh: number, macLow: number) => void
  /** A datagram that waited cannot be delivered: its sender is to be told. */
  readonly fail: (datagram: Uint8Array) => void
  /** A datagram that waited gave way to another. */
  readonly dropped: () => void
}

export type NeighbourView = {
  readonly address: Ipv4
  readonly mac: Mac | undefined
  readonly state: 'incomplete' | 'failed' | 'complete' | 'polling' | 'static'
  readonly expiresAt: Instant | undefined
}

export type Enqueued = 'waiting' | 'unreachable' | 'full'

export class NeighbourCache {
  readonly #clock: Clock
  readonly #ports: NeighbourPorts
  readonly #entries = new Map<Ipv4, NeighbourEntry>()
  readonly #lastUse = new Float64Array(NEIGHBOUR_LIMIT)
  readonly #freeSlots: number[] = Array.from({ length: NEIGHBOUR_LIMIT }, (_, i) => NEIGHBOUR_LIMIT - 1 - i)
  readonly #uses = new Float64Array(1)
  readonly #peer: NeighbourEntry | undefined
  #waitingBytes = 0
  #timer: Timer | undefined
  #timerAt: Instant = Number.POSITIVE_INFINITY

  /** `peer`: the hardware address of the only other station on the link, which needs no asking. */
  constructor(clock: Clock, ports: NeighbourPorts, peer?: Uint8Array) {
    this.#clock = clock
    this.#ports = ports
    if (peer === undefined) return
    this.#peer = new NeighbourEntry(0, 0)
    this.#become(this.#peer, { kind: 'static', mac: peer.slice() })
  }

  /** HOT: the entry, when its hardware address is known. Marks it as used. */
  lookup(address: Ipv4): NeighbourEntry | undefined {
    if (this.#peer !== undefined) return this.#peer
    const entry = this.#entries.get(address)
    if (entry === undefined || !entry.resolved) return undefined
    this.#use(entry)
    return entry
  }

  /**
   * Keeps a datagram (header first; the cache owns the bytes from now on) until the address is resolved, and asks for
   * it. 'unreachable' when it failed within the last second; 'full' when there is no room for the entry or the
   * datagram.
   */
  enqueue(address: Ipv4, datagram: Uint8Array): Enqueued {
    const entry = this.#entries.get(address) ?? this.#create(address)
    if (entry === undefined) return 'full'
    this.#use(entry)
    this.#apply(entry, { kind: 'wanted' })
    if (entry.state.kind === 'failed') return 'unreachable'
    if (entry.waiting.length === WAITING_LIMIT) this.#drop(entry)
    while (entry.waiting.length > 0 && this.#waitingBytes + datagram.length > WAITING_BYTES_LIMIT) this.#drop(entry)
    if (this.#waitingBytes + datagram.length > WAITING_BYTES_LIMIT) return 'full'
    entry.waiting.push(datagram)
    this.#waitingBytes += datagram.length
    return 'waiting'
  }

  /**
   * An ARP packet shows that `address` has the hardware address at `at`. `toUs`: it was meant for us, so that an entry
   * is made if there is none; otherwise only a known one is brought up to date (RFC 826, packet reception).
   */
  heard(address: Ipv4, b: Uint8Array, at: number, toUs: boolean): void {
    let entry = this.#entries.get(address)
    if (entry === undefined && toUs) entry = this.#create(address)
    if (entry !== undefined) this.#apply(entry, { kind: 'heard', mac: b.slice(at, at + 6) })
  }

  /** A mapping that never ends and that no ARP packet changes. False when the table is full of such. */
  addStatic(address: Ipv4, mac: Uint8Array): boolean {
    const entry = this.#entries.get(address) ?? this.#create(address)
    if (entry === undefined) return false
    this.#become(entry, { kind: 'static', mac: mac.slice() })
    this.#perform(entry, { kind: 'release' })
    return true
  }

  /** Forgets an entry; the senders of what waited for it are told. False when there was none. */
  delete(address: Ipv4): boolean {
    const entry = this.#entries.get(address)
    if (entry === undefined) return false
    this.#perform(entry, { kind: 'remove' })
    return true
  }

  /** All entries, in the order in which they were made. */
  list(): readonly NeighbourView[] {
    const views: NeighbourView[] = []
    for (const { address, state } of this.#entries.values()) {
      if (state.kind === 'unknown') continue
      views.push({
        address,
        mac: 'mac' in state ? formatMac(state.mac) : undefined,
        state: state.kind,
        expiresAt: 'until' in state ? state.until : undefined,
      })
    }
    return views
  }

  /** Forgets everything, without telling anyone. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    for (const entry of this.#entries.values()) this.#freeSlots.push(entry.slot)
    this.#entries.clear()
    this.#waitingBytes = 0
  }

  #use(entry: NeighbourEntry): void {
    const uses = (this.#uses[0] as number) + 1
    this.#uses[0] = uses
    this.#lastUse[entry.slot] = uses
  }

  #create(address: Ipv4): NeighbourEntry | undefined {
    if (this.#freeSlots.length === 0) this.#evict()
    const slot = this.#freeSlots.pop()
    if (slot === undefined) return undefined
    const entry = new NeighbourEntry(address, slot)
    this.#entries.set(address, entry)
    this.#use(entry)
    entry.heardAtUse = this.#uses[0] as number
    return entry
  }

  #evict(): void {
    let oldest: NeighbourEntry | undefined
    for (const entry of this.#entries.values()) {
      if (entry.state.kind === 'static') continue
      if (oldest === undefined || (this.#lastUse[entry.slot] as number) < (this.#lastUse[oldest.slot] as number)) {
        oldest = entry
      }
    }
    if (oldest !== undefined) this.#perform(oldest, { kind: 'remove' })
  }

  #apply(entry: NeighbourEntry, event: NeighbourEvent): void {
    const [state, effects] = step(entry.state, event, this.#clock.now())
    if (event.kind === 'heard') entry.heardAtUse = this.#uses[0] as number
    this.#become(entry, state)
    for (const effect of effects) this.#perform(entry, effect)
  }

  #become(entry: NeighbourEntry, state: NeighbourState): void {
    entry.state = state
    entry.resolved = 'mac' in state
    if ('mac' in state) {
      entry.macHigh = u16(state.mac, 0)
      entry.macLow = i32(state.mac, 2)
    }
    const due = deadline(state)
    if (due !== undefined && due < this.#timerAt) this.#schedule(due)
  }

  #perform(entry: NeighbourEntry, effect: NeighbourEffect): void {
    switch (effect.kind) {
      case 'ask': return this.#ports.ask(entry.address, effect.to)
      case 'release':
        return this.#empty(entry, (datagram) => this.#ports.release(datagram, entry.macHigh, entry.macLow))
      case 'fail': return this.#empty(entry, (datagram) => this.#ports.fail(datagram))
      case 'remove':
        this.#entries.delete(entry.address)
        this.#freeSlots.push(entry.slot)
        entry.resolved = false
        return this.#empty(entry, (datagram) => this.#ports.fail(datagram))
    }
  }

  /** The queue is taken away first: what a datagram leads to may come back here. */
  #empty(entry: NeighbourEntry, each: (datagram: Uint8Array) => void): void {
    if (entry.waiting.length === 0) return
    const waiting = entry.waiting
    entry.waiting = []
    for (const datagram of waiting) this.#waitingBytes -= datagram.length
    for (const datagram of waiting) each(datagram)
  }

  #drop(entry: NeighbourEntry): void {
    const oldest = entry.waiting.shift()
    if (oldest === undefined) return
    this.#waitingBytes -= oldest.length
    this.#ports.dropped()
  }

  #schedule(when: Instant): void {
    this.#timer?.cancel()
    this.#timerAt = when
    this.#timer = this.#clock.at(when, () => this.#expire())
  }

  #expire(): void {
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    for (const entry of [...this.#entries.values()]) {
      // What an earlier entry led to may have removed this one.
      if (this.#entries.get(entry.address) !== entry) continue
      const due = deadline(entry.state)
      if (due !== undefined && due <= now) {
        this.#apply(entry, { kind: 'due', used: (this.#lastUse[entry.slot] as number) > entry.heardAtUse })
      }
    }
    let next = Number.POSITIVE_INFINITY
    for (const entry of this.#entries.values()) next = Math.min(next, deadline(entry.state) ?? next)
    if (next < this.#timerAt) this.#schedule(next)
  }
}
