/** The administrator's commands on trust anchors and negative ones, and what becomes of both by themselves. */
import { type Clock, err, ok } from '../../stack/platform/index.ts'
import type { Trust } from '../dns/validator/trust.ts'
import type { FollowedKey, KeyChange } from '../dns/validator/key-states.ts'
import { formatKey, keyOf } from '../dns/wire/name.ts'
import type { NameKey } from '../dns/wire/name.ts'
import type { Answer, NegativeTrustAnchorInput, NegativeTrustAnchorView, TrustAnchorInput, TrustAnchorView } from '../facade.ts'
import { type Facts, type NegativeTrustAnchor, refusal, type TrustAnchorRow } from '../model/index.ts'
import type { TrustAnchorSide } from '../network-side.ts'
import type { Transaction, Write } from '../storage/store.ts'
import type { TrustSnapshot } from '../storage/trust-rows.ts'
import { followedKey, keyView, readRecords, readZone, recordsOf, storedKey } from './trust-anchor-inputs.ts'
import { type CommandTurns, missing } from './turns.ts'

const MAX_ANCHORS = 100
const MAX_NEGATIVE = 100
/** RFC 7646 §2: a week at most; what is to last longer is to be said again. */
const LONGEST_SECONDS = 7 * 86_400
const SHORTEST_SECONDS = 60

export type TrustAnchorCommandsOptions = {
  readonly clock: Clock
  readonly trust: Trust
  readonly snapshot: { readonly trust: TrustSnapshot; readonly lastIds: { readonly trustAnchor: number } }
  readonly turns: CommandTurns
}

export class TrustAnchorCommands implements TrustAnchorSide {
  readonly #o: TrustAnchorCommandsOptions
  #rows: readonly TrustAnchorRow[]
  #negative: readonly NegativeTrustAnchor[]
  #lastId: number

  constructor(options: TrustAnchorCommandsOptions) {
    this.#o = options
    const { trust, snapshot } = options
    this.#rows = snapshot.trust.anchors
    this.#negative = snapshot.trust.negative
    this.#lastId = snapshot.lastIds.trustAnchor
    for (const [zone, keys] of Map.groupBy(snapshot.trust.keys, (key) => key.zone)) trust.setKeys(keyOf(zone), keys.flatMap(followedKey))
    trust.onKeys = (zone, keys, changes) => this.#followed(zone, keys, changes)
    trust.onNegativeEnded = (zone) => this.#ended(zone)
    this.#use()
    this.#useNegative()
  }

  async trustAnchors(): Answer<readonly TrustAnchorView[]> {
    return ok(this.#views())
  }

  addTrustAnchor(input: TrustAnchorInput): Answer<TrustAnchorView> {
    return this.#o.turns.take(async () => {
      const zone = readZone(input.zone)
      if (!zone.ok) return zone
      const read = readRecords(input.records)
      if (!read.ok) return read
      const twin = this.#rows.find((row) => row.zone === zone.value)
      if (twin !== undefined) return err(refusal('conflict', '/zone', `there is a trust anchor of ${zone.value} already`, `change that one (${twin.id})`))
      if (this.#rows.length >= MAX_ANCHORS) return err(refusal('conflict', '', `there are ${MAX_ANCHORS} trust anchors, the most that there can be`, 'remove one first'))
      const done = await this.#put({ id: this.#lastId + 1, zone: zone.value, records: read.value.records, follows: input.follows }, 'added')
      if (done.ok) this.#lastId++
      return done
    })
  }

  changeTrustAnchor(id: number, change: Partial<Omit<TrustAnchorInput, 'zone'>>): Answer<TrustAnchorView> {
    return this.#o.turns.take(async () => {
      const old = this.#rows.find((row) => row.id === id)
      if (old === undefined) return missing(`trust anchor ${id}`)
      const read = readRecords(change.records ?? old.records)
      if (!read.ok) return read
      return this.#put({ ...old, records: read.value.records, follows: change.follows ?? old.follows }, 'changed')
    })
  }

  removeTrustAnchor(id: number): Answer<null> {
    return this.#o.turns.take(async () => {
      const old = this.#rows.find((row) => row.id === id)
      if (old === undefined) return missing(`trust anchor ${id}`)
      const stored = await this.#store([{ kind: 'trust', write: { kind: 'trust-anchor-remove', id } }], old.zone, this.#event('dns.trust-anchor.changed', { zone: old.zone, how: 'removed' }))
      if (stored.ok) {
        this.#rows = this.#rows.filter((row) => row !== old)
        this.#use()
      }
      return stored
    })
  }

  async negativeTrustAnchors(): Answer<readonly NegativeTrustAnchorView[]> {
    return ok(this.#negative.map(negativeView))
  }

  addNegativeTrustAnchor(input: NegativeTrustAnchorInput): Answer<NegativeTrustAnchorView> {
    return this.#o.turns.take(async () => {
      const zone = readZone(input.zone)
      if (!zone.ok) return zone
      if (zone.value === '.') return err(refusal('invalid', '/zone', 'this would turn off all validation', 'name a zone; --dnssec-validation no turns all of it off'))
      if (input.seconds < SHORTEST_SECONDS || input.seconds > LONGEST_SECONDS) {
        return err(refusal('invalid', '/seconds', `${input.seconds} s is not between a minute and a week (RFC 7646)`, 'give 60 to 604800; it can be set again'))
      }
      const others = this.#negative.filter((anchor) => anchor.zone !== zone.value)
      if (others.length >= MAX_NEGATIVE) return err(refusal('conflict', '', `there are ${MAX_NEGATIVE} negative trust anchors, the most that there can be`, 'remove one first'))
      const since = this.#o.clock.wallMs()
      const anchor: NegativeTrustAnchor = { zone: zone.value, since, endsAt: since + 1000 * input.seconds, reason: input.reason }
      const { until } = { until: new Date(anchor.endsAt).toISOString() }
      const event = this.#event('dns.negative-trust-anchor.begun', { zone: anchor.zone, until, reason: anchor.reason })
      const stored = await this.#o.turns.store([{ kind: 'trust', write: { kind: 'negative-trust-anchor-put', anchor } }, event])
      if (!stored.ok) return stored
      this.#negative = [...others, anchor].sort((a, b) => (a.zone < b.zone ? -1 : 1))
      this.#useNegative()
      return ok(negativeView(anchor))
    })
  }

  removeNegativeTrustAnchor(zone: string): Answer<null> {
    return this.#o.turns.take(async () => {
      if (!this.#negative.some((anchor) => anchor.zone === zone)) return missing(`negative trust anchor of ${zone}`)
      const stored = await this.#o.turns.store([{ kind: 'trust', write: { kind: 'negative-trust-anchor-remove', zone } }, this.#event('dns.negative-trust-anchor.ended', { zone, because: 'it was removed' })])
      if (stored.ok) {
        this.#negative = this.#negative.filter((anchor) => anchor.zone !== zone)
        this.#useNegative()
      }
      return stored
    })
  }

  async #put(row: TrustAnchorRow, how: 'added' | 'changed'): Answer<TrustAnchorView> {
    const stored = await this.#store([{ kind: 'trust', write: { kind: 'trust-anchor-put', anchor: row } }], row.zone, this.#event('dns.trust-anchor.changed', { zone: row.zone, how }))
    if (!stored.ok) return stored
    this.#rows = [...this.#rows.filter(({ id }) => id !== row.id), row].sort((a, b) => a.id - b.id)
    this.#use()
    return ok(this.#views().find(({ id }) => id === row.id) as TrustAnchorView)
  }

  /** Keys that have followed what was set before count no longer. */
  async #store(writes: Transaction, zone: string, event: Write): Answer<null> {
    const stored = await this.#o.turns.store([...writes, { kind: 'trust', write: { kind: 'trusted-keys-set', zone, keys: [] } }, event])
    if (stored.ok) this.#o.trust.setKeys(keyOf(zone), [])
    return stored
  }

  #use(): void {
    this.#o.trust.setAnchors(this.#rows.flatMap(({ zone, records, follows }) => {
      const read = readRecords(records)
      return read.ok ? [{ zone: keyOf(zone), anchor: read.value.anchor, follows }] : []
    }))
    this.#o.trust.follow()
  }

  #useNegative(): void {
    this.#o.trust.setNegative(new Map(this.#negative.map(({ zone, endsAt, reason }) => [keyOf(zone), { endsAt, reason }])))
  }

  #views(): readonly TrustAnchorView[] {
    return this.#o.trust.anchors.map(({ zone, anchor, follows }) => {
      const name = formatKey(zone)
      const row = this.#rows.find((each) => each.zone === name)
      const keys = this.#o.trust.keysOf(zone).map(keyView)
      return { id: row?.id ?? null, origin: row === undefined ? 'from-the-start' as const : 'set' as const, zone: name, records: row?.records ?? recordsOf(anchor), follows, keys }
    }).sort((a, b) => (a.zone < b.zone ? -1 : 1))
  }

  #followed(zone: NameKey, keys: readonly FollowedKey[], changes: readonly KeyChange[]): void {
    const name = formatKey(zone)
    const events = changes.map(({ what, keyTag }) => this.#event(KEY_EVENTS[what], { zone: name, keyTag }))
    void this.#o.turns.store([{ kind: 'trust', write: { kind: 'trusted-keys-set', zone: name, keys: keys.map((key) => storedKey(name, key)) } }, ...events])
  }

  #ended(zone: NameKey): void {
    const name = formatKey(zone)
    this.#negative = this.#negative.filter((anchor) => anchor.zone !== name)
    void this.#o.turns.store([{ kind: 'trust', write: { kind: 'negative-trust-anchor-remove', zone: name } }, this.#event('dns.negative-trust-anchor.ended', { zone: name, because: 'its time is over' })])
  }

  #event(event: string, facts: Facts): Write {
    return { kind: 'event', at: this.#o.clock.wallMs(), event, facts }
  }
}

const KEY_EVENTS: { readonly [W in KeyChange['what']]: string } = {
  pending: 'dns.trust-anchor.pending', accepted: 'dns.trust-anchor.accepted', missing: 'dns.trust-anchor.missing',
  back: 'dns.trust-anchor.back', revoked: 'dns.trust-anchor.revoked', dropped: 'dns.trust-anchor.dropped',
}

const negativeView = ({ zone, since, endsAt, reason }: NegativeTrustAnchor): NegativeTrustAnchorView =>
  ({ zone, since: new Date(since).toISOString(), endsAt: new Date(endsAt).toISOString(), reason })
