/**
 * Rollovers over years of virtual time, judged by a validator that knows nothing of the machine's states: at no moment may
 * a resolver find the zone bogus, whatever it has cached of what was ever published.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deadline, isRolling, placesOf, publication, seenAtParent, type SigningState, step, withPolicy, type ZoneTtls } from '../../services/dns/rollover/step.ts'
import { newKey } from '../../services/dns/rollover/new-key.ts'
import { DEFAULT_SIGNING } from '../../services/dns/rollover/policy.ts'
import type { CachedUntil, KeyAlgorithm, SigningPolicy, SigningScheme, ZoneKey } from '../../services/model/index.ts'

const SECOND = 1000
const DAY = 86_400 * SECOND

type Kind = 'dnskey' | 'signatures' | 'ds'
/** Keys by number, and from when to when the set stood in the zone (or in the parent). */
type Version = { readonly keys: ReadonlySet<number>; readonly from: number; to: number; /** How long a cache keeps it, with the way to all servers. Seconds. */ readonly kept: number }

type Action =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'roll'; readonly place: number }
  | { readonly kind: 'policy'; readonly change: Partial<SigningPolicy> }
  | { readonly kind: 'restart' }

class World {
  now = 1_000_000_000_000
  keys: readonly ZoneKey[] = []
  policy: SigningPolicy
  #cachedUntil: CachedUntil = { dnskey: 0, signatures: 0 }
  readonly ttls: ZoneTtls
  readonly algorithmOf = new Map<number, KeyAlgorithm>()
  readonly roleOf = new Map<number, ZoneKey['role']>()
  readonly #history: Record<Kind, Version[]> = { dnskey: [], signatures: [], ds: [] }
  readonly #parentLag: () => number
  /** What the parent will have, and when. */
  #parentDue: { readonly at: number; readonly keys: ReadonlySet<number>; readonly confirmAt: number } | undefined
  #asked = ''
  #lastId = 0
  rolls = 0

  constructor(policy: SigningPolicy, ttls: ZoneTtls, parentLag: () => number) {
    this.policy = policy
    this.ttls = ttls
    this.#parentLag = parentLag
    for (const kind of ['dnskey', 'signatures', 'ds'] as const) this.#history[kind].push({ keys: new Set(), from: 0, to: Infinity, kept: this.#kept(kind) })
  }

  make(role: ZoneKey['role'], algorithm: KeyAlgorithm): void {
    const id = ++this.#lastId
    this.algorithmOf.set(id, algorithm)
    this.roleOf.set(id, role)
    this.rolls++
    this.keys = [...this.keys, newKey({ id, zoneId: 1, role, algorithm, keyTag: id, dnskeyRdata: '', madeAt: this.now })]
  }

  /** Everything that is due at this moment. */
  settle(): void {
    for (let again = true; again; ) {
      again = false
      const { keys, effects } = step(this.#state, this.ttls, this.now)
      this.keys = keys
      for (const effect of effects) {
        if (effect.kind !== 'make-key') continue
        this.make(effect.place.role, effect.place.algorithm)
        again = true
      }
    }
    this.#publish('dnskey', this.keys.filter((key) => publication(key).published))
    this.#publish('signatures', this.keys.filter((key) => publication(key).signsZone))
    this.#askParent()
    this.check()
  }

  #publish(kind: Kind, keys: readonly { readonly id: number }[]): void {
    const set = new Set(keys.map((key) => key.id))
    const last = this.#history[kind].at(-1) as Version
    if (set.size === last.keys.size && [...set].every((id) => last.keys.has(id))) return
    last.to = this.now
    this.#history[kind].push({ keys: set, from: this.now, to: Infinity, kept: this.#kept(kind) })
  }

  /** The administrator carries the DS records to the parent after a while, and later says that they are there. */
  #askParent(): void {
    const wanted = this.keys.filter((key) => key.ds.kind === 'rumoured' || key.ds.kind === 'omnipresent').map((key) => key.id)
    const asked = wanted.join()
    if (asked === this.#asked) return
    this.#asked = asked
    const at = this.now + this.#parentLag()
    this.#parentDue = { at, keys: new Set(wanted), confirmAt: at + this.#parentLag() }
  }

  advance(until: number): void {
    for (;;) {
      const next = Math.min(until, deadline(this.#state) ?? Infinity, this.#parentDue?.at ?? Infinity)
      if (next >= until) break
      this.now = Math.max(this.now, next)
      this.#parentActs()
      this.settle()
    }
    this.now = until
    this.#parentActs()
    this.settle()
  }

  #parentActs(): void {
    const due = this.#parentDue
    if (due === undefined || this.now < due.at) return
    if (this.now >= due.confirmAt) {
      this.#parentDue = undefined
      const has = (this.#history.ds.at(-1) as Version).keys
      this.keys = seenAtParent(this.#state, (key) => has.has(key.id), this.now)
      return
    }
    this.#publish('ds', [...due.keys].map((id) => ({ id })))
    this.#parentDue = { ...due, at: due.confirmAt }
  }

  /** What a resolver may hold now: what was anywhere to be had within a TTL. */
  #cached(kind: Kind): readonly ReadonlySet<number>[] {
    return this.#history[kind].filter(({ to, kept }) => this.now < to + kept * SECOND).map((version) => version.keys)
  }

  #kept(kind: Kind): number {
    const { policy, ttls } = this
    if (kind === 'ds') return policy.parentDsTtl + policy.parentPropagationDelay
    return (kind === 'dnskey' ? Math.max(policy.dnskeyTtl, ttls.negative) : Math.max(ttls.largest, ttls.negative, policy.largestTtl)) + policy.propagationDelay
  }

  get #state(): SigningState {
    return { policy: this.policy, keys: this.keys, cachedUntil: this.#cachedUntil }
  }

  change(change: Partial<SigningPolicy>): void {
    const state = withPolicy(this.#state, { ...this.policy, ...change }, this.ttls, this.now)
    this.policy = state.policy
    this.#cachedUntil = state.cachedUntil
    for (const kind of ['dnskey', 'signatures'] as const) {
      // The same set goes on, with another TTL.
      const last = this.#history[kind].at(-1) as Version
      last.to = this.now
      this.#history[kind].push({ keys: last.keys, from: this.now, to: Infinity, kept: this.#kept(kind) })
    }
  }

  check(): void {
    for (const ds of this.#cached('ds')) {
      for (const dnskeys of this.#cached('dnskey')) {
        for (const signers of this.#cached('signatures')) {
          const wrong = this.#bogus([...ds], dnskeys, signers)
          if (wrong !== undefined) throw new Error(`${wrong}: DS ${[...ds].join()}, DNSKEY ${[...dnskeys].join()}, signatures by ${[...signers].join()}`)
        }
      }
    }
  }

  #bogus(ds: readonly number[], dnskeys: ReadonlySet<number>, signers: ReadonlySet<number>): string | undefined {
    for (const algorithm of new Set(ds.map((id) => this.algorithmOf.get(id)))) {
      const anchors = ds.filter((id) => this.algorithmOf.get(id) === algorithm && dnskeys.has(id) && this.roleOf.get(id) !== 'zsk')
      if (anchors.length === 0) return `no DNSKEY of algorithm ${algorithm} has a DS record`
      const signing = [...signers].filter((id) => this.algorithmOf.get(id) === algorithm && dnskeys.has(id))
      if (signing.length === 0) return `no signature of algorithm ${algorithm} can be checked`
    }
    return undefined
  }
}

const policies = fc.record({
  algorithm: fc.constantFrom<KeyAlgorithm>(8, 13, 15),
  scheme: fc.constantFrom<SigningScheme>('csk', 'ksk-zsk'),
  zskLifetime: fc.constantFrom(null, 7 * 86_400, 90 * 86_400),
  kskLifetime: fc.constantFrom(null, 30 * 86_400, 365 * 86_400),
  dnskeyTtl: fc.constantFrom(60, 3600, 86_400),
  propagationDelay: fc.constantFrom(0, 300, 7200),
  parentDsTtl: fc.constantFrom(300, 86_400),
  largestTtl: fc.constantFrom(0, 86_400, 200_000),
})
const actions = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.oneof(fc.integer({ min: 1, max: 3 * DAY }), fc.integer({ min: 1, max: 200 * DAY })) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('roll' as const), place: fc.nat(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('policy' as const),
      change: fc.record({ algorithm: fc.constantFrom<KeyAlgorithm>(8, 13, 15), scheme: fc.constantFrom<SigningScheme>('csk', 'ksk-zsk'), enabled: fc.boolean(), dnskeyTtl: fc.constantFrom(60, 3600, 86_400), largestTtl: fc.constantFrom(0, 300_000), propagationDelay: fc.constantFrom(0, 7200) }, { requiredKeys: [] }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Action>({ kind: 'restart' }) },
)

function perform(world: World, action: Action): void {
  switch (action.kind) {
    case 'wait':
      return world.advance(world.now + action.ms)
    case 'roll': {
      const places = placesOf(world.policy)
      const place = places[action.place % places.length]
      if (place === undefined || !world.policy.enabled || isRolling(world.keys, place.role)) return
      world.make(place.role, place.algorithm)
      return world.settle()
    }
    case 'policy':
      world.change(action.change)
      return world.settle()
    case 'restart':
      world.keys = JSON.parse(JSON.stringify(world.keys)) as readonly ZoneKey[]
      return world.settle()
  }
}

const isQuiet = (world: World): boolean => {
  const shown = (key: ZoneKey): boolean =>
    key.dnskey.kind === 'omnipresent' && (key.role === 'ksk') !== (key.signatures.kind === 'omnipresent') && (key.role === 'zsk') !== (key.ds.kind === 'omnipresent')
  return world.policy.enabled ? world.keys.length === placesOf(world.policy).length && world.keys.every(shown) : world.keys.length === 0
}

describe('rollovers', () => {
  test('no resolver ever finds the zone bogus, whatever is asked for and when; and all comes to its end', () => {
    fc.assert(
      fc.property(policies, fc.array(actions, { maxLength: 25 }), fc.array(fc.integer({ min: 1, max: 5 * DAY }), { minLength: 1, maxLength: 8 }), (policy, script, lags) => {
        let turn = 0
        const world = new World({ ...DEFAULT_SIGNING, ...policy }, { largest: 86_400, negative: 3600 }, () => lags[turn++ % lags.length] as number)
        world.settle()
        for (const action of script) perform(world, action)
        // Without rolls by age everything comes to rest.
        perform(world, { kind: 'policy', change: { zskLifetime: null, kskLifetime: null } })
        world.advance(world.now + 200 * DAY)
        expect(isQuiet(world), JSON.stringify(world.keys, undefined, 1)).toBe(true)
      }),
      { numRuns: Number(process.env['ROLLOVER_RUNS'] ?? 300) },
    )
  })

  test('ten years of rolls by age', () => {
    const world = new World({ ...DEFAULT_SIGNING, scheme: 'ksk-zsk', zskLifetime: 30 * 86_400, kskLifetime: 365 * 86_400 }, { largest: 86_400, negative: 3600 }, () => DAY)
    world.settle()
    world.advance(world.now + 3649 * DAY)
    // 121 further ZSKs and 9 further KSKs, beside the first two.
    expect(world.rolls).toBe(2 + 121 + 9)
  })
})
