/**
 * What the committed transactions say, kept apart from the store: records by name and when they last changed, and every
 * rule that one transaction can break against the one before.
 */
import { isNewerSerial } from '../../services/dns/index.ts'
import type { DnsRecord, Zone } from '../../services/index.ts'
import type { Transaction } from '../../services/storage/store.ts'
import type { Clock, Instant } from '../../stack/platform/index.ts'

/** What a transaction contains was planned at most this long before it was committed. */
const PLANNED_BEFORE_MS = 20_000

const keyOf = (name: string, type: string): string => `${name.toLowerCase()} ${type}`

export class Ledger {
  readonly #clock: Clock
  readonly #fail: (problem: string) => void
  readonly #zones = new Map<number, Zone>()
  readonly #records = new Map<number, DnsRecord>()
  readonly #changedAt = new Map<string, Instant>()
  /** When a record that somebody made by hand went from a name. */
  readonly #clearedAt = new Map<string, Instant>()
  readonly #leaseWrittenAt = new Map<number, Instant>()

  constructor(clock: Clock, fail: (problem: string) => void) {
    this.#clock = clock
    this.#fail = fail
  }

  /** A transaction that is on disk. */
  committed(transaction: Transaction): void {
    for (const write of transaction) {
      if (write.kind === 'lease') this.#leaseWrittenAt.set(write.change.after.address, this.#clock.now())
      else if (write.kind === 'zone-put') this.#putZone(write.zone)
      else if (write.kind === 'zone-edit') {
        const { edit } = write
        const zone = this.#zones.get(edit.zoneId)
        if (zone === undefined) {
          this.#fail(`an edit of zone ${edit.zoneId}, which is not there`)
          continue
        }
        if (!isNewerSerial(edit.serialAfter, zone.serial))
          this.#fail(`zone ${zone.name} went from serial ${zone.serial} to ${edit.serialAfter}`)
        this.#zones.set(zone.id, { ...zone, serial: edit.serialAfter })
        for (const record of edit.remove) {
          if (!this.#records.delete(record.id)) this.#fail(`record ${record.id} (${record.name} ${record.type}) was removed, but is not there`)
          this.#touch(record)
          if (record.owner.kind === 'hand') this.#clearedAt.set(record.name, this.#clock.now())
        }
        for (const record of edit.add) {
          if (this.#records.has(record.id)) this.#fail(`record ${record.id} was added twice`)
          this.#records.set(record.id, record)
          this.#touch(record)
        }
      }
    }
  }

  serialOf(zoneName: string): number | undefined {
    return [...this.#zones.values()].find((zone) => zone.name === zoneName)?.serial
  }

  /** The data that a question should be answered with. */
  dataAt(name: string, type: string): readonly string[] {
    return this.#at(name)
      .filter((record) => record.type === type)
      .map((record) => record.data)
      .sort()
  }

  hasAlias(name: string): boolean {
    return this.#at(name).some((record) => record.type === 'CNAME')
  }

  changedAt(name: string, type: string): Instant {
    return Math.max(this.#changedAt.get(keyOf(name, type)) ?? 0, this.#changedAt.get(keyOf(name, 'CNAME')) ?? 0)
  }

  /** A record made by hand stood at `name` when the lease of `address` was last written, as far as that is known. */
  clearedSince(name: string, address: number): boolean {
    const clearedAt = this.#clearedAt.get(name)
    return clearedAt !== undefined && (this.#leaseWrittenAt.get(address) ?? 0) < clearedAt + PLANNED_BEFORE_MS
  }

  #at(name: string): readonly DnsRecord[] {
    return [...this.#records.values()].filter((record) => record.name.toLowerCase() === name.toLowerCase())
  }

  #putZone(zone: Zone): void {
    const old = this.#zones.get(zone.id)
    if (old !== undefined && old.serial !== zone.serial && !isNewerSerial(zone.serial, old.serial))
      this.#fail(`zone ${zone.name} went from serial ${old.serial} to ${zone.serial}`)
    this.#zones.set(zone.id, zone)
  }

  #touch(record: DnsRecord): void {
    this.#changedAt.set(keyOf(record.name, record.type), this.#clock.now())
  }
}
