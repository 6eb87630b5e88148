/**
 * Keeps the addresses of names with an ALIAS or URL record: those of the alias's target, asked of our own zones and of
 * the resolver as a client would, or the appliance's own. They are stored as records of the zone, with the TTL of the
 * ALIAS or URL record, so that answers, transfers and signatures know nothing special. An alias is asked for again when
 * its target's TTL is over, and at once when a record of the target changes here. While nobody answers, the addresses
 * stay as they were.
 */
import { formatIpv4, type Ipv4 } from '../stack/index.ts'
import type { Clock } from '../stack/platform/index.ts'
import { type DnsServer, type Explanation, isInstruction, isMade, type LiveZone, madeFrom, type NewRecord } from './dns/index.ts'
import { keyOf, type NameKey } from './dns/wire/name.ts'
import { type DnsRecord, type Facts, zoneText, type ZoneEdit } from './model/index.ts'
import type { Settled } from './storage/commit-queue.ts'
import type { Transaction } from './storage/store.ts'
import type { ZoneBook } from './zone-book.ts'

/** A target's TTL of zero must not make us ask without end; one of a week must not hide a change for so long. */
const SHORTEST_MS = 30_000
const LONGEST_MS = 3_600_000
/** After a target that nobody answered for. */
const RETRY_MS = 60_000
/** Addresses taken of one target; no sensible one has more. */
const MOST_ADDRESSES = 32
/** Links and resolvers come up meanwhile. */
const FIRST_MS = 1000

export type MadeAddressesOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly zones: ZoneBook
  readonly ownAddress: Ipv4
  readonly submit: (transaction: Transaction, settled: Settled) => void
  /** Stores an event, and puts it into the log. */
  readonly tell: (event: string, facts: Facts) => void
}

type Source = {
  readonly record: DnsRecord
  /** Of the alias's target. */
  readonly target: NameKey | undefined
  /** One question at a time; a change meanwhile asks once more. */
  state: 'idle' | 'asking' | 'again'
  failing: boolean
}

type Addresses = { readonly type: 'A' | 'AAAA'; readonly found: readonly string[] | undefined; readonly seconds: number }

export class MadeAddresses {
  readonly #o: MadeAddressesOptions
  /** By record. Bounded by the records of the zones. */
  readonly #sources = new Map<number, Source>()
  readonly #byTarget = new Map<NameKey, Set<Source>>()
  #closed = false

  /** Takes up what is in the zones that are served. */
  constructor(options: MadeAddressesOptions) {
    this.#o = options
    for (const zone of options.dns.zones.all()) for (const record of zone.shelved()) this.#add(record, FIRST_MS)
  }

  /** To hear of every edit that has taken effect. */
  applied({ zoneId, remove, add }: ZoneEdit): void {
    for (const record of remove) if (isInstruction(record)) this.#forget(record, zoneId)
    for (const record of add) this.#add(record, 0)
    if (this.#byTarget.size === 0) return
    for (const record of [...remove, ...add]) {
      for (const source of this.#byTarget.get(keyOf(record.name)) ?? []) this.#soon(source, 0)
    }
  }

  close(): void {
    this.#closed = true
  }

  #add(record: DnsRecord, waitMs: number): void {
    if (!record.enabled || !isInstruction(record)) return
    const target = record.type === 'ALIAS' ? keyOf(record.data) : undefined
    const source: Source = { record, target, state: 'idle', failing: false }
    this.#sources.set(record.id, source)
    if (target !== undefined) this.#byTarget.set(target, (this.#byTarget.get(target) ?? new Set()).add(source))
    this.#soon(source, waitMs)
  }

  /** What was made of it goes, unless another has taken its place. */
  #forget(record: DnsRecord, zoneId: number): void {
    const source = this.#sources.get(record.id)
    this.#sources.delete(record.id)
    if (source?.target !== undefined) {
      const others = this.#byTarget.get(source.target)
      others?.delete(source)
      if (others?.size === 0) this.#byTarget.delete(source.target)
    }
    this.#at(0, () => {
      const zone = this.#o.dns.zones.byId(zoneId)
      if (zone !== undefined && !zone.recordsNamed(record.name).some(isInstruction)) this.#put(zone, record, [])
    })
  }

  #at(waitMs: number, run: () => void): void {
    const { clock } = this.#o
    clock.at(clock.now() + waitMs, () => void (this.#closed || run()))
  }

  #soon(source: Source, waitMs: number): void {
    this.#at(waitMs, () => void this.#refresh(source))
  }

  async #refresh(source: Source): Promise<void> {
    if (source.state !== 'idle') {
      source.state = 'again'
      return
    }
    const { record } = source
    const isCurrent = (): boolean => this.#sources.get(record.id) === source
    if (!isCurrent()) return
    const zone = this.#o.dns.zones.byId(record.zoneId)
    if (zone === undefined) {
      this.#sources.delete(record.id)
      return
    }
    if (record.type === 'URL') {
      this.#put(zone, record, [made(record, 'A', formatIpv4(this.#o.ownAddress))])
      return
    }
    source.state = 'asking'
    const { view } = zone.identity
    const answers = await Promise.all([this.#ask(record, 'A', view), this.#ask(record, 'AAAA', view)])
    const again = (source.state as Source['state']) === 'again'
    source.state = 'idle'
    if (this.#closed || !isCurrent()) return
    this.#report(source, answers.some(({ found }) => found === undefined))
    const stale = zone.recordsNamed(record.name).filter(isMade)
    this.#put(zone, record, answers.flatMap(({ type, found }) =>
      (found ?? stale.filter((each) => each.type === type).map((each) => each.data)).map((data) => made(record, type, data))))
    const seconds = Math.min(...answers.map((each) => each.seconds))
    this.#soon(source, again ? 0 : source.failing ? RETRY_MS : Math.min(Math.max(SHORTEST_MS, 1000 * seconds), LONGEST_MS))
  }

  async #ask(record: DnsRecord, type: 'A' | 'AAAA', view: string | undefined): Promise<Addresses> {
    const { rcode, answers }: Explanation = await this.#o.dns.explain(record.data, type, { view })
    if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') return { type, found: undefined, seconds: 0 }
    const lines = answers.map((line) => line.split(' '))
    const found = lines.filter((line) => line[3] === type).map((line) => line[4] as string)
    const seconds = Math.min(LONGEST_MS / 1000, ...lines.map((line) => Number(line[1])))
    return { type, found: found.slice(0, MOST_ADDRESSES), seconds: lines.length === 0 ? SHORTEST_MS / 1000 : seconds }
  }

  /** Once when it begins and once when it is over. */
  #report(source: Source, failing: boolean): void {
    if (failing === source.failing) return
    source.failing = failing
    const { name, data } = source.record
    this.#o.tell(failing ? 'dns.alias.stale' : 'dns.alias.answered', { name, target: data })
  }

  /** Brings what is made at a record's name to what is wanted, as one edit if anything differs. */
  #put(zone: LiveZone, record: DnsRecord, wanted: readonly NewRecord[]): void {
    const { clock, dns, zones, submit } = this.#o
    const said = (each: Pick<DnsRecord, 'type' | 'data' | 'ttl' | 'comment'>): string => `${each.type} ${each.data} ${each.ttl} ${each.comment}`
    const present = zone.recordsNamed(record.name).filter(isMade)
    const wantedTexts = new Set(wanted.map((each) => said(each as NewRecord & { readonly ttl: number })))
    const presentTexts = new Set(present.map(said))
    const removeIds = present.filter((each) => !wantedTexts.has(said(each))).map((each) => each.id)
    const add = wanted.filter((each) => !presentTexts.has(said(each as NewRecord & { readonly ttl: number })))
    if (removeIds.length === 0 && add.length === 0) return
    const planned = dns.planEdit(zoneText(zone.zone), { removeIds, add }, zones.pending(zone.identity.id))
    // An edit that is on its way says otherwise: it will be heard of.
    if (!planned.ok) return
    const edit = zones.number({ ...planned.value, author: record.type.toLowerCase() })
    submit([{ kind: 'zone-edit', at: clock.wallMs(), edit }], (fault) => {
      zones.settled(edit, fault === undefined)
      const source = this.#sources.get(record.id)
      if (fault !== undefined && source !== undefined) this.#soon(source, RETRY_MS)
    })
  }
}

const made = (record: DnsRecord, type: 'A' | 'AAAA', data: string): NewRecord => ({
  name: `${record.name}.`, type, ttl: record.ttl, data, owner: { kind: 'system' }, comment: madeFrom(record),
})

