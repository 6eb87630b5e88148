/**
 * The zones that are signed here: performs what the rollover machine decides (services/dns/rollover). Keys are made on node's
 * thread pool; a change is on disk before it is published; all of it happens in the turns of the administrator's
 * commands. What to publish is given to the DNS server as a ZoneSigning.
 */
import type { KeyObject } from 'node:crypto'
import { type Clock, err, ok, type Result, type Timer } from '../../stack/platform/index.ts'
import type { ZoneSigning } from '../dns/index.ts'
import { dnskeyRdata, keyTagOf } from '../dns/rollover/dnskey.ts'
import { keyInUse, newKey } from '../dns/rollover/new-key.ts'
import { DEFAULT_SIGNING } from '../dns/rollover/policy.ts'
import { deadline, NOT_SIGNED, type Place, seenAtParent, type SigningEvent, type SigningState, step, withPolicy, type ZoneTtls } from '../dns/rollover/step.ts'
import type { Answer } from '../facade.ts'
import { type KeyAlgorithm, type Refusal, refusal, type SigningPolicy, type Zone, type ZoneKey } from '../model/index.ts'
import type { Sealing } from '../storage/key-file.ts'
import type { Snapshot, Transaction, Write } from '../storage/store.ts'
import { fromPkcs8, publicKeyOf, type Signer, signerOf, toPkcs8 } from './key-pair.ts'
import { dsOf, publishedState, signingOf, wantedAtParent } from './zone-signing.ts'

/** What counts of a zone that is served. */
type SignedZone = { readonly zone: Zone; readonly largestTtl: number }

export type SignedZonesOptions = {
  readonly clock: Clock
  readonly snapshot: Pick<Snapshot, 'signingPolicies' | 'dnssecKeys' | 'lastIds'>
  readonly sealing: Sealing
  readonly makeKeyPair: (algorithm: KeyAlgorithm) => Promise<KeyObject>
  /** Undefined: the zone is gone. */
  readonly zone: (zoneId: number) => SignedZone | undefined
  readonly publish: (zoneId: number, signing: ZoneSigning | undefined) => void
  /** One command after the other. */
  readonly take: <T>(command: () => Answer<T>) => Answer<T>
  readonly store: (transaction: Transaction) => Answer<null>
  readonly log: (event: SigningEvent[0], facts: { readonly zone: string } & SigningEvent[1]) => void
  /** Rdata of the DS records that the parent has; undefined: nobody answered. */
  readonly askDs: (zoneName: string) => Promise<readonly Uint8Array[] | undefined>
  /** Puts these DS records into the parent where that is a zone of ours; false: it is none. `ttl` in seconds. In a turn. */
  readonly putDs: (zoneId: number, records: readonly Uint8Array[], ttl: number) => Answer<boolean>
}

export type PlacedKey = { readonly place: Place; readonly key: KeyObject }

/** What is held of a key's private half. */
type Held = { readonly sealed: Uint8Array; /** Undefined: it could not be read. */ readonly signer: Signer | undefined; readonly unreadable?: string }
type Entry = SigningState & {
  readonly zoneId: number
  readonly held: ReadonlyMap<number, Held>
}
type Next = { readonly zoneId: number; readonly state: SigningState; readonly held: ReadonlyMap<number, Held>; readonly events: readonly SigningEvent[] }

/** The wall clock may be set, so nobody sleeps longer than this. */
const LONGEST_SLEEP_MS = 3_600_000
/** After a change could not be stored. */
const RETRY_MS = 60_000
/** Between two questions to the parent for a DS record that is waited for. */
const ASK_DS_MS = 600_000
/** Keys of one zone; more come only from imports without end. */
const MOST_KEYS = 16
/** Two keys with the same tag cost validators time (RFC 4034 appendix B); with 16 keys the third try is all but sure. */
const TRIES_FOR_A_TAG = 8

export class SignedZones {
  readonly #o: SignedZonesOptions
  readonly #entries = new Map<number, Entry>()
  readonly #timers = new Map<number, Timer>()
  /** What was published last, as text. */
  readonly #published = new Map<number, string>()
  #lastKeyId: number
  #closed = false

  constructor(options: SignedZonesOptions) {
    this.#o = options
    const { signingPolicies, dnssecKeys, lastIds } = options.snapshot
    this.#lastKeyId = lastIds.dnssecKey
    for (const { zoneId, policy, cachedUntil } of signingPolicies) {
      const mine = dnssecKeys.filter(({ key }) => key.zoneId === zoneId)
      const held = new Map(mine.map(({ key, sealed }) => [key.id, this.#unsealed(key, sealed)]))
      const entry: Entry = { zoneId, policy: { ...DEFAULT_SIGNING, ...policy }, cachedUntil, keys: mine.map(({ key }) => key), held }
      this.#entries.set(zoneId, entry)
      this.#publish(entry)
      this.#sleep(zoneId)
    }
  }

  state(zoneId: number): SigningState | undefined {
    return this.#entries.get(zoneId)
  }

  /** Why a key cannot sign. */
  unreadable(zoneId: number, keyId: number): string | undefined {
    return this.#entries.get(zoneId)?.held.get(keyId)?.unreadable
  }

  /** For health: how many zones are signed, what cannot sign, and which zones wait for their parent. */
  get standing(): { readonly signed: number; readonly unreadable: readonly string[]; readonly waiting: readonly string[] } {
    const known = [...this.#entries.values()].flatMap((entry) => {
      const name = this.#o.zone(entry.zoneId)?.zone.name
      return name === undefined || entry.keys.length === 0 ? [] : [{ name, entry }]
    })
    return {
      signed: known.length,
      unreadable: known.flatMap(({ name, entry }) => entry.keys.flatMap((key) => {
        const because = entry.held.get(key.id)?.unreadable
        return because === undefined ? [] : [`${key.keyTag} of ${name} (${because})`]
      })),
      waiting: known.flatMap(({ name, entry }) => (isWaitingForParent(entry) ? [name] : [])),
    }
  }

  /** To be called in a turn, as are all that follow. */
  setPolicy(zoneId: number, policy: SigningPolicy): Answer<null> {
    return this.#follow({ zoneId, state: this.#under(zoneId, policy), held: this.#entries.get(zoneId)?.held ?? new Map(), events: [] })
  }

  /** A new key for a place, which takes over from the one there. */
  async roll(zoneId: number, place: Place): Answer<null> {
    const entry = this.#entries.get(zoneId)
    if (entry === undefined) return notSigned()
    const next = await this.#withKey({ zoneId, state: entry, held: entry.held, events: [] }, place)
    return next.ok ? this.#follow(next.value) : next
  }

  /**
   * Keys from elsewhere, and how the zone is signed from now on; `inUse`: another server has signed it with them, and all
   * caches and the parent know them.
   */
  async importKeys(zoneId: number, policy: SigningPolicy, keys: readonly PlacedKey[], inUse: boolean): Answer<null> {
    const entry = this.#entries.get(zoneId)
    let next: Next = { zoneId, state: this.#under(zoneId, policy), held: entry?.held ?? new Map(), events: [] }
    for (const { place, key } of keys) {
      const rdata = Buffer.from(rdataOf(place, key)).toString('base64')
      if (next.state.keys.some((each) => each.dnskeyRdata === rdata))
        return err(refusal('conflict', '/keys', `the zone has the key ${keyTagOf(rdataOf(place, key))} already`, 'leave it out'))
      const more = this.#holding(next, place, key, inUse)
      if (!more.ok) return more
      next = more.value
    }
    return this.#follow(next)
  }

  /** A person has seen that the parent's DS records are as they should be, or the parent was asked. */
  seen(zoneId: number, present: (key: ZoneKey) => boolean): Answer<null> {
    const entry = this.#entries.get(zoneId)
    if (entry === undefined) return Promise.resolve(notSigned())
    const keys = seenAtParent(entry, present, this.#o.clock.wallMs())
    if (keys.every((key, i) => key === entry.keys[i])) return Promise.resolve(ok(null))
    const keyTags = keys.filter((key) => key.role !== 'zsk' && present(key)).map((key) => key.keyTag).join(', ')
    const events: readonly SigningEvent[] = [['dnssec.ds.seen', { keyTags: keyTags === '' ? 'none' : keyTags }]]
    return this.#follow({ zoneId, state: { ...entry, keys }, held: entry.held, events })
  }

  /** The zone's keys under this policy. */
  #under(zoneId: number, policy: SigningPolicy): SigningState {
    const entry = this.#entries.get(zoneId)
    const served = this.#o.zone(zoneId)
    if (entry === undefined || served === undefined) return { ...NOT_SIGNED, policy }
    return entry.policy === policy ? entry : withPolicy(entry, policy, ttlsOf(served), this.#o.clock.wallMs())
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#timers.values()) timer.cancel()
  }

  /** Steps until nothing more is due, makes the keys that are asked for, stores all of it, and publishes it. */
  async #follow(begin: Next): Answer<null> {
    const { zoneId } = begin
    const served = this.#o.zone(zoneId)
    if (served === undefined) return this.#forget(zoneId)
    let next = begin
    const removed: ZoneKey[] = []
    for (;;) {
      const { keys, effects } = step(next.state, ttlsOf(served), this.#o.clock.wallMs())
      const events = effects.flatMap((effect) => (effect.kind === 'event' ? [effect.event] : []))
      removed.push(...effects.flatMap((effect) => (effect.kind === 'remove-key' ? [effect.key] : [])))
      next = { ...next, state: { ...next.state, keys }, events: [...next.events, ...events] }
      const wanted = effects.flatMap((effect) => (effect.kind === 'make-key' ? [effect.place] : []))
      if (wanted.length === 0) break
      for (const place of wanted) {
        const more = await this.#withKey(next, place)
        if (!more.ok) return this.#retry(zoneId, more)
        next = more.value
      }
    }
    const { policy, keys, cachedUntil } = next.state
    const held = new Map([...next.held].filter(([id]) => keys.some((key) => key.id === id)))
    const entry: Entry = { zoneId, policy, keys, cachedUntil, held }
    const stored = await this.#store(served.zone.name, next, removed)
    if (!stored.ok) return this.#retry(zoneId, stored)
    this.#entries.set(zoneId, entry)
    this.#publish(entry)
    this.#sleep(zoneId)
    return policy.dsCheck === 'ask' && isWaitingForParent(entry) ? this.#tellParent(entry, served.zone.name) : ok(null)
  }

  /** A parent of ours gets the DS records at once. What it refuses is not this zone's failure: it is asked again later. */
  async #tellParent(entry: Entry, zoneName: string): Answer<null> {
    const wanted = wantedAtParent(entry)
    const put = await this.#o.putDs(entry.zoneId, wanted.map((key) => dsOf(key, zoneName)), entry.policy.parentDsTtl)
    return put.ok && put.value ? this.seen(entry.zoneId, (key) => wanted.some((each) => each.id === key.id)) : ok(null)
  }

  async #store(zone: string, { zoneId, state, held, events }: Next, removed: readonly ZoneKey[]): Answer<null> {
    const before = this.#entries.get(zoneId)
    const changed = state.keys.filter((key) => before?.keys.includes(key) !== true)
    const at = this.#o.clock.wallMs()
    const writes: Write[] = [
      ...(before?.policy === state.policy ? [] : [{ kind: 'signing-policy-put', policy: { zoneId, policy: state.policy, cachedUntil: state.cachedUntil } } as const]),
      ...changed.map((key) => ({ kind: 'dnssec-key-put', key: { key, sealed: (held.get(key.id) as Held).sealed } }) as const),
      ...removed.map((key) => ({ kind: 'dnssec-key-remove', id: key.id }) as const),
      ...events.map(([event, facts]) => ({ kind: 'event', at, event, facts: { zone, ...facts } }) as const),
    ]
    return writes.length === 0 ? ok(null) : this.#o.store(writes)
  }

  /** The same with a new key. */
  async #withKey(next: Next, place: Place): Promise<Result<Next, Refusal>> {
    for (let tries = 1; ; tries++) {
      const key = await this.#o.makeKeyPair(place.algorithm)
      const tag = keyTagOf(rdataOf(place, key))
      if (tries < TRIES_FOR_A_TAG && next.state.keys.some((other) => other.keyTag === tag)) continue
      return this.#holding(next, place, key, false)
    }
  }

  #holding(next: Next, place: Place, key: KeyObject, inUse: boolean): Result<Next, Refusal> {
    const { zoneId, state } = next
    if (state.keys.length >= MOST_KEYS) return err(refusal('conflict', '', `the zone has ${MOST_KEYS} keys`, 'wait until those that go are gone'))
    const rdata = rdataOf(place, key)
    const pkcs8 = toPkcs8(key)
    // Where no key is held any more, a lost file may be made anew.
    const first = next.held.size === 0 && [...this.#entries.values()].every((entry) => entry.held.size === 0)
    const sealed = this.#o.sealing.seal(pkcs8, rdata, first)
    if (!sealed.ok) return err(refusal('unavailable', '', `the private key could not be encrypted: ${sealed.error}`, 'see to that file, or restore it from a backup'))
    const id = ++this.#lastKeyId
    const identity = { id, zoneId, ...place, keyTag: keyTagOf(rdata), dnskeyRdata: Buffer.from(rdata).toString('base64'), madeAt: this.#o.clock.wallMs() }
    const made = inUse ? keyInUse(identity) : newKey(identity)
    return ok({
      zoneId,
      state: { ...state, keys: [...state.keys, made] },
      held: new Map(next.held).set(id, { sealed: sealed.value, signer: signerOf(key, place.algorithm) }),
      events: [...next.events, ['dnssec.key.made', { role: place.role.toUpperCase(), keyTag: made.keyTag, algorithm: place.algorithm }]],
    })
  }

  #unsealed(key: ZoneKey, sealed: Uint8Array): Held {
    const pkcs8 = this.#o.sealing.open(sealed, Buffer.from(key.dnskeyRdata, 'base64'))
    if (pkcs8.ok) return { sealed, signer: signerOf(fromPkcs8(pkcs8.value), key.algorithm) }
    const zone = this.#o.zone(key.zoneId)?.zone.name ?? ''
    this.#o.log('dnssec.key.unreadable', { zone, role: key.role.toUpperCase(), keyTag: key.keyTag, because: pkcs8.error })
    return { sealed, signer: undefined, unreadable: pkcs8.error }
  }

  #publish(entry: Entry): void {
    const zone = this.#o.zone(entry.zoneId)?.zone
    if (zone === undefined) return
    const now = publishedState(entry)
    if (this.#published.get(entry.zoneId) === now) return
    this.#o.publish(entry.zoneId, signingOf(entry, zone.name, (id) => entry.held.get(id)?.signer))
    this.#published.set(entry.zoneId, now)
  }

  #sleep(zoneId: number, least = 0): void {
    this.#timers.get(zoneId)?.cancel()
    const entry = this.#entries.get(zoneId)
    if (entry === undefined || this.#closed) return
    const { clock } = this.#o
    const due = (deadline(entry) ?? Number.POSITIVE_INFINITY) - clock.wallMs()
    const waitsForParent = entry.policy.dsCheck === 'ask' && isWaitingForParent(entry)
    const wait = Math.max(least, Math.min(due, waitsForParent ? ASK_DS_MS : LONGEST_SLEEP_MS))
    this.#timers.set(zoneId, clock.at(clock.now() + wait, () => this.#wake(zoneId)))
  }

  #wake(zoneId: number): void {
    const entry = this.#entries.get(zoneId)
    if (entry === undefined || this.#closed) return
    const stepped = this.#o.take(async () => {
      const now = this.#entries.get(zoneId)
      return now === undefined || this.#closed ? ok(null) : this.#follow({ zoneId, state: now, held: now.held, events: [] })
    })
    const asked = entry.policy.dsCheck === 'ask' && isWaitingForParent(entry) ? this.askParent(zoneId) : undefined
    Promise.all([stepped, asked]).catch((error: unknown) => {
      const zone = this.#o.zone(zoneId)?.zone.name ?? ''
      this.#o.log('dnssec.fault', { zone, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
      this.#sleep(zoneId, RETRY_MS)
    })
  }

  /** Asks for the DS records that the parent has, and believes them. Not to be called in a turn. */
  async askParent(zoneId: number): Answer<null> {
    const zone = this.#o.zone(zoneId)?.zone
    if (zone === undefined) return notSigned()
    const found = await this.#o.askDs(zone.name)
    if (found === undefined) return err(refusal('unavailable', '', `nobody answered the question for the DS records of ${zone.name}`, 'see to the upstream servers, or say yourself what the parent has'))
    const tags = new Set(found.map((rdata) => `${((rdata[0] as number) << 8) | (rdata[1] as number)} ${rdata[2]}`))
    return this.#o.take(() => this.seen(zoneId, (key) => tags.has(`${key.keyTag} ${key.algorithm}`)))
  }

  /** The zone was removed, and its keys with it. */
  #forget(zoneId: number): { readonly ok: false; readonly error: Refusal } {
    this.#timers.get(zoneId)?.cancel()
    for (const map of [this.#entries, this.#timers, this.#published]) map.delete(zoneId)
    return notSigned()
  }

  #retry(zoneId: number, failed: { readonly ok: false; readonly error: Refusal }): { readonly ok: false; readonly error: Refusal } {
    this.#sleep(zoneId, RETRY_MS)
    return failed
  }
}

const rdataOf = ({ role, algorithm }: Place, key: KeyObject): Uint8Array => dnskeyRdata(role, algorithm, publicKeyOf(key, algorithm))

const notSigned = (): { readonly ok: false; readonly error: Refusal } => err(refusal('not-found', '', 'the zone is not signed', 'sign it first'))

const ttlsOf = ({ largestTtl, zone }: SignedZone): ZoneTtls => ({ largest: largestTtl, negative: zone.minimum })

/** A DS record is to come or to go, and nobody has seen that it did. */
export const isWaitingForParent = ({ keys }: SigningState): boolean => keys.some(({ ds }) => 'until' in ds && ds.until === null)

