/**
 * Records that have an end are removed when it comes: as an edit of their zone, with an event, like a change that a
 * person makes. What could not be stored is tried again, and served until then.
 */
import { DeadlineQueue } from './dhcp/deadline-queue.ts'
import type { Clock } from '../stack/platform/index.ts'
import type { DnsServer } from './dns/index.ts'
import { type DnsRecord, type ZoneEdit, zoneText } from './model/index.ts'
import type { Settled } from './storage/commit-queue.ts'
import type { Transaction, Write } from './storage/store.ts'
import type { ZoneBook } from './zone-book.ts'

/** Records removed in one go; more are removed right after. */
const BATCH = 1000
/** Calendar time may jump ahead of the clock that timers follow: it is looked at this often at least. */
const LONGEST_WAIT_MS = 3_600_000
/** After a transaction that failed. */
const RETRY_MS = 60_000

export type RecordExpiryOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly zones: ZoneBook
  readonly submit: (transaction: Transaction, settled: Settled) => void
}

type Ending = Pick<DnsRecord, 'id' | 'zoneId'> & { readonly expiresAt: number }

export class RecordExpiry {
  readonly #o: RecordExpiryOptions
  readonly #queue: DeadlineQueue
  /** By slot of the queue. Bounded by the records of the zones. */
  readonly #endings: (Ending | undefined)[] = []
  readonly #slots = new Map<number, number>()
  readonly #free: number[] = []

  /** Takes up the records of the zones that are served. */
  constructor(options: RecordExpiryOptions) {
    this.#o = options
    this.#queue = new DeadlineQueue(options.clock, BATCH, (slots) => this.#due(slots))
    for (const zone of options.dns.zones.all()) for (const record of zone.ending()) this.#put(record)
  }

  close(): void {
    this.#queue.close()
  }

  /** To hear of every edit that has taken effect. */
  applied({ remove, add }: ZoneEdit): void {
    if (this.#slots.size > 0) for (const record of remove) this.#drop(record.id)
    for (const record of add) this.#put(record)
  }

  #put({ id, zoneId, expiresAt }: DnsRecord): void {
    if (expiresAt === undefined) return
    const slot = this.#free.pop() ?? this.#endings.length
    this.#endings[slot] = { id, zoneId, expiresAt }
    this.#slots.set(id, slot)
    this.#wait(slot, expiresAt)
  }

  #drop(id: number): void {
    const slot = this.#slots.get(id)
    if (slot === undefined) return
    this.#slots.delete(id)
    this.#endings[slot] = undefined
    this.#queue.set(slot, undefined)
    this.#free.push(slot)
  }

  #wait(slot: number, expiresAt: number): void {
    const { clock } = this.#o
    this.#queue.set(slot, clock.now() + Math.min(Math.max(0, expiresAt - clock.wallMs()), LONGEST_WAIT_MS))
  }

  #due(slots: readonly number[]): void {
    const now = this.#o.clock.wallMs()
    const over = new Map<number, number[]>()
    for (const slot of slots) {
      const ending = this.#endings[slot]
      if (ending === undefined) continue
      if (ending.expiresAt > now) this.#wait(slot, ending.expiresAt)
      else over.set(ending.zoneId, [...(over.get(ending.zoneId) ?? []), ending.id])
    }
    for (const [zoneId, ids] of over) this.#remove(zoneId, ids)
  }

  #remove(zoneId: number, ids: readonly number[]): void {
    const { clock, dns, zones, submit } = this.#o
    const live = dns.zones.byId(zoneId)
    const there = ids.filter((id) => live?.record(id) !== undefined)
    for (const id of ids) if (!there.includes(id)) this.#drop(id)
    if (live === undefined || there.length === 0) return
    const zone = zoneText(live.identity)
    const planned = dns.planEdit(zone, { removeIds: there, add: [] }, zones.pending(zoneId))
    const at = clock.wallMs()
    if (!planned.ok) {
      // One that is on its way out by other means, or the last name server of the zone, which has to stay.
      if (planned.error.code === 'conflict') this.#o.submit([{ kind: 'event', at, event: 'zone.expiry.refused', facts: { zone, because: planned.error.problem } }], () => undefined)
      this.#later(there, LONGEST_WAIT_MS)
      return
    }
    const edit = zones.number({ ...planned.value, author: 'expiry' })
    const events = edit.remove.map(({ name, type, data }): Write => ({ kind: 'event', at, event: 'zone.record.expired', facts: { zone, name, type, data } }))
    submit([{ kind: 'zone-edit', at, edit }, ...events], (fault) => {
      if (fault !== undefined) this.#later(there, RETRY_MS)
      zones.settled(edit, fault === undefined)
    })
  }

  #later(ids: readonly number[], waitMs: number): void {
    for (const id of ids) {
      const slot = this.#slots.get(id)
      if (slot !== undefined) this.#queue.set(slot, this.#o.clock.now() + waitMs)
    }
  }
}
