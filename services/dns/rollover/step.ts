/**
 * The rollover machine: what becomes of a zone's keys at a moment. Pure; the shell makes the keys that are asked for, stores
 * what is returned, and publishes it. See safety.ts for what keeps it right and moves.ts for what it does.
 */
import type { FactsOf } from '../../events/event.ts'
import type { CachedUntil, KeyAlgorithm, KeyRecord, KeyRole, RecordState, SigningPolicy, ZoneKey } from '../../model/index.ts'
import type { SIGNING_EVENTS } from './events.ts'
import { isPublished, isSep, isSigner, isVisible, settled } from './key-records.ts'
import { type Move, moves } from './moves.ts'
import { isSafe } from './safety.ts'

export type SigningState = { readonly policy: SigningPolicy; readonly keys: readonly ZoneKey[]; readonly cachedUntil: CachedUntil }

/** Of the zone itself, in seconds. */
export type ZoneTtls = { /** The largest of its records, whatever the policy counts on. */ readonly largest: number; /** Of negative answers. */ readonly negative: number }

/** Caches count whole seconds, and some keep what has none left (Unbound, as the lab shows). */
const ROUNDING_SECONDS = 2

type EventId = keyof typeof SIGNING_EVENTS
export type SigningEvent = { readonly [Id in EventId]: readonly [Id, Omit<FactsOf<(typeof SIGNING_EVENTS)[Id]>, 'zone'>] }[EventId]

export type Effect =
  /** A new key for this place; comes back as a ZoneKey with everything hidden. */
  | { readonly kind: 'make-key'; readonly place: Place }
  | { readonly kind: 'remove-key'; readonly key: ZoneKey }
  | { readonly kind: 'event'; readonly event: SigningEvent }

export type Step = { readonly keys: readonly ZoneKey[]; readonly effects: readonly Effect[] }

export type Place = { readonly role: KeyRole; readonly algorithm: KeyAlgorithm }

/** The places that a policy wants a key in. */
export function placesOf({ scheme, algorithm }: SigningPolicy): readonly Place[] {
  const roles: readonly KeyRole[] = scheme === 'csk' ? ['csk'] : ['ksk', 'zsk']
  return roles.map((role) => ({ role, algorithm }))
}

/** The key that is in a place or comes into it; those before it go. */
export const newestIn = (keys: readonly ZoneKey[], role: KeyRole, algorithm: KeyAlgorithm): ZoneKey | undefined =>
  keys.filter((key) => key.goal === 'serve' && key.role === role && key.algorithm === algorithm).reduce<ZoneKey | undefined>((a, b) => (a === undefined || b.id > a.id ? b : a), undefined)

/** When a key's lifetime is over; undefined: never, or not begun. */
export function endOfLife(key: ZoneKey, policy: SigningPolicy): number | undefined {
  const lifetime = key.role === 'zsk' ? policy.zskLifetime : policy.kskLifetime
  return lifetime === null || key.publishedAt === null ? undefined : key.publishedAt + lifetime * 1000
}

/** A roll of this role is not over while an earlier key is still to be seen. */
export const isRolling = (keys: readonly ZoneKey[], role: KeyRole): boolean => keys.some((key) => key.role === role && key.goal === 'retire')

export function step({ policy, keys: before, cachedUntil }: SigningState, ttls: ZoneTtls, now: number): Step {
  const settledKeys = before.map((key) => settleKey(key, now))
  const wanted = want(settledKeys, policy, now)
  const effects: Effect[] = [...newlySettled(before, settledKeys), ...wanted.effects]
  let keys = wanted.keys
  for (let move = nextMove(keys, policy); move !== undefined; move = nextMove(keys, policy)) {
    keys = perform(keys, move, untilAll(move.record, { policy, ttls, cachedUntil }, now), now)
    effects.push(...moveEvents(move, policy.enabled).map((event) => ({ kind: 'event', event }) as const))
  }
  const gone = keys.filter((key) => key.goal === 'retire' && !isVisible(key.dnskey) && !isVisible(key.signatures) && !isVisible(key.ds))
  for (const key of gone) effects.push({ kind: 'remove-key', key }, { kind: 'event', event: ['dnssec.key.removed', factsOf(key)] })
  return { keys: keys.filter((key) => !gone.includes(key)), effects }
}

/** The state under another policy. Where that has shorter TTLs, caches go by the old ones for a while. */
export function withPolicy(state: SigningState, policy: SigningPolicy, ttls: ZoneTtls, now: number): SigningState {
  const until = (record: 'dnskey' | 'signatures'): number => untilAll(record, { policy: state.policy, ttls, cachedUntil: state.cachedUntil }, now) ?? 0
  return { ...state, policy, cachedUntil: { dnskey: until('dnskey'), signatures: until('signatures') } }
}

/** Nothing is signed, and nothing was. */
export const NOT_SIGNED = { keys: [], cachedUntil: { dnskey: 0, signatures: 0 } } as const

/**
 * What the parent has been seen to have, at `now`: DS records of these keys and no other of ours. Changes that it has
 * made are certain when caches have forgotten what was before.
 */
export function seenAtParent({ policy, keys }: SigningState, present: (key: ZoneKey) => boolean, now: number): readonly ZoneKey[] {
  const until = now + (policy.parentDsTtl + policy.parentPropagationDelay + ROUNDING_SECONDS) * 1000
  return keys.map((key) => {
    const { ds } = key
    const done = (ds.kind === 'rumoured' && present(key)) || (ds.kind === 'unretentive' && !present(key))
    return done && ds.until === null ? { ...key, ds: { ...ds, until } } : key
  })
}

function settleKey(key: ZoneKey, now: number): ZoneKey {
  const dnskey = settled(key.dnskey, now)
  const signatures = settled(key.signatures, now)
  const ds = settled(key.ds, now)
  return dnskey === key.dnskey && signatures === key.signatures && ds === key.ds ? key : { ...key, dnskey, signatures, ds }
}

/** Which keys are to serve: one in each place of the policy, a new one when its time is over; all others retire. */
function want(all: readonly ZoneKey[], policy: SigningPolicy, now: number): Step {
  if (!policy.enabled) return { keys: all.map(retired), effects: [] }
  const keys = placesOf(policy).reduce((held, place) => withHolder(held, place, now), all)
  const effects: Effect[] = []
  const holders: ZoneKey[] = []
  const places = placesOf(policy)
  for (const place of places) {
    const holder = newestIn(keys, place.role, place.algorithm)
    if (holder !== undefined) holders.push(holder)
    const due = holder !== undefined && now >= (endOfLife(holder, policy) ?? Number.POSITIVE_INFINITY)
    if (holder === undefined || (due && !isRolling(keys, place.role))) effects.push({ kind: 'make-key', place })
  }
  // Nothing goes before what comes in its place is there.
  if (holders.length < places.length) return { keys, effects }
  return { keys: keys.map((key) => (holders.includes(key) ? key : retired(key))), effects }
}

/** Somebody thought better of it: a key that is still in use and was to go stays instead of a new one. */
function withHolder(keys: readonly ZoneKey[], { role, algorithm }: Place, now: number): readonly ZoneKey[] {
  if (newestIn(keys, role, algorithm) !== undefined) return keys
  const inUse = (key: ZoneKey): boolean => isPublished(key.dnskey) && (!isSigner(key) || isPublished(key.signatures))
  const back = keys.findLast((key) => key.role === role && key.algorithm === algorithm && inUse(key))
  if (back === undefined) return keys
  const ds: RecordState = back.ds.kind === 'unretentive' && back.ds.until === null ? { kind: 'rumoured', since: now, until: null } : back.ds
  return keys.map((key) => (key === back ? { ...back, goal: 'serve', ds } : key))
}

const retired = (key: ZoneKey): ZoneKey => (key.goal === 'retire' ? key : { ...key, goal: 'retire' })

function nextMove(keys: readonly ZoneKey[], { enabled }: SigningPolicy): Move | undefined {
  return moves({ keys, enabled }).find((move) => isSafe(perform(keys, move, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)))
}

function perform(keys: readonly ZoneKey[], { record, put, take }: Move, until: number | null, now: number): readonly ZoneKey[] {
  const state = (kind: 'rumoured' | 'unretentive'): RecordState => ({ kind, since: now, until })
  return keys.map((key) => {
    if (take.includes(key)) return { ...key, [record]: state('unretentive') }
    if (!put.includes(key)) return key
    return { ...key, [record]: state('rumoured'), publishedAt: record === 'dnskey' ? now : key.publishedAt }
  })
}

type Caching = { readonly policy: SigningPolicy; readonly ttls: ZoneTtls; readonly cachedUntil: CachedUntil }

/** When all caches know of a change that is made now (RFC 7583 §3); null: that begins when the parent has made it. */
function untilAll(record: KeyRecord, { policy, ttls, cachedUntil }: Caching, now: number): number | null {
  if (record === 'ds') return null
  // Before there was a record, caches may hold that there is none.
  const ttl = Math.max(ttls.negative, record === 'dnskey' ? policy.dnskeyTtl : Math.max(ttls.largest, policy.largestTtl))
  return Math.max(cachedUntil[record], now + (ttl + policy.propagationDelay + ROUNDING_SECONDS) * 1000)
}

const factsOf = ({ role, keyTag, algorithm }: ZoneKey): { readonly role: string; readonly keyTag: number; readonly algorithm: number } =>
  ({ role: role.toUpperCase(), keyTag, algorithm })

function moveEvents({ record, put, take }: Move, enabled: boolean): readonly SigningEvent[] {
  const each = (keys: readonly ZoneKey[], id: 'dnssec.key.published' | 'dnssec.key.signs' | 'dnssec.key.stops' | 'dnssec.key.withdrawn'): readonly SigningEvent[] =>
    keys.map((key) => [id, factsOf(key)])
  if (record === 'dnskey') return [...each(put, 'dnssec.key.published'), ...each(take, 'dnssec.key.withdrawn')]
  if (record === 'signatures') return [...each(put, 'dnssec.key.signs'), ...each(take, 'dnssec.key.stops')]
  const tags = (keys: readonly ZoneKey[]): string => keys.map((key) => key.keyTag).join(', ')
  if (!enabled || put.length === 0) return [['dnssec.ds.unwanted', { keyTags: tags(take) }]]
  return [['dnssec.ds.wanted', { keyTags: tags(put) }]]
}

/** The parent's changes have reached all caches. */
function newlySettled(before: readonly ZoneKey[], after: readonly ZoneKey[]): readonly Effect[] {
  return after.flatMap((key, i) => {
    const was = before[i]?.ds
    if (!isSep(key) || was === undefined || was.kind === key.ds.kind) return []
    const id = key.ds.kind === 'omnipresent' ? 'dnssec.ds.everywhere' : 'dnssec.ds.nowhere'
    return [{ kind: 'event', event: [id, factsOf(key)] }] as const
  })
}

/** The earliest moment at which step() has something to do; undefined: not before somebody acts. */
export function deadline({ policy, keys }: SigningState): number | undefined {
  const times = keys.flatMap((key) => [key.dnskey, key.signatures, key.ds].flatMap((state) => ('until' in state && state.until !== null ? [state.until] : [])))
  if (policy.enabled) {
    for (const { role, algorithm } of placesOf(policy)) {
      const holder = newestIn(keys, role, algorithm)
      const end = holder && endOfLife(holder, policy)
      if (end !== undefined && !isRolling(keys, role)) times.push(end)
    }
  }
  return times.length === 0 ? undefined : Math.min(...times)
}

/** What of a key is in the zone now. */
export const publication = (key: ZoneKey): { readonly published: boolean; readonly signsKeys: boolean; readonly signsZone: boolean } => ({
  published: isPublished(key.dnskey),
  signsKeys: isSep(key) && isPublished(key.dnskey),
  signsZone: isSigner(key) && isPublished(key.signatures),
})
