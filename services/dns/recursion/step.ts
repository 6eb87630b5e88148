/**
 * One question on its way down from the root, as a state machine. RFC 1034 §5.3.3, RFC 9156, RFC 9520 §3.1 (how often a
 * server is asked). Read delegation.ts and judge.ts first: they say what a zone's servers are and what a response is.
 *
 *                  ┌────────────────────────── referral: down, never up ──────────────────────────┐
 *                  ▼                                                                              │
 *   begin ──▶ a server's address is known? ──yes──▶ asking ──▶ answer ─────────────▶ finished     │
 *                  │ no              ▲               │  │ └───▶ nothing, denied ──▶ more of the name
 *                  ▼                 │ found         │  └─────▶ referral ─────────────────────────┘
 *               seeking ─────────────┘               └────────▶ slow, useless ──▶ next server, next round
 *                  └──▶ none found, none left, deadline ──▶ finished: given up
 *
 * Bounds: attempts for one name at one zone, times that one server is asked for it, names of servers looked up for one
 * zone and at once (against NXNS), referrals, and time. The budget of the client's question stands above all of them.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { unreachable } from '../../../stack/platform/index.ts'
import type { ExchangeFault } from '../resolver/exchange.ts'
import type { Finding } from '../resolver/finding.ts'
import type { NameKey } from '../wire/name.ts'
import type { Delegation } from './delegation.ts'
import type { JudgedBecause, Wanted } from './judge.ts'
import { MINIMISED_TYPE, nextName } from './minimise.ts'

/** Messages for one name to the servers of one zone. */
export const MAX_ATTEMPTS = 9
/** Of these to one server. */
export const MAX_ATTEMPTS_AT_ONE = 3
/** Where every server of the zone has been silent lately: no more than to see whether they are back. */
export const MAX_ATTEMPTS_WHEN_DOWN = 2
/** Servers' names looked up for one zone, and at the same time: an NXNS referral makes no more of us. */
export const MAX_SOUGHT = 6
export const MAX_SEEKING = 2
/** A name has at most 127 labels, and nobody has seen so many cuts in one. */
export const MAX_REFERRALS = 32

export type FailReason =
  | ExchangeFault | JudgedBecause
  /** None of the names of the zone's servers has an address. */
  | 'no-address'
  | 'too-many-referrals' | 'deadline'
  /** Too many queries to the server are under way. */
  | 'busy'
  /** Too many questions wait for servers of this zone. */
  | 'crowded'

type Place = {
  readonly address: Ipv4
  /** 0: the zone itself names it; 1: its parent alone does. */
  readonly tier: number
}

/** What every state but the last knows. */
export type Course = {
  readonly question: Wanted
  readonly zone: NameKey
  readonly places: readonly Place[]
  /** Names of servers whose addresses are not known and were not looked for. */
  readonly unsought: readonly NameKey[]
  readonly seeking: readonly NameKey[]
  readonly sought: number
  readonly asked: Wanted
  /** The whole name is asked for from now on: somebody could not cope with parts of it. */
  readonly relaxed: boolean
  readonly minimised: number
  readonly referrals: number
  readonly attempts: number
  readonly tried: ReadonlyMap<Ipv4, number>
  readonly useless: ReadonlySet<Ipv4>
  readonly because: FailReason
}

export type CourseState =
  /** `server` has some time left to answer; those asked before it are listened to as well. */
  | { readonly kind: 'asking'; readonly course: Course; readonly server: Ipv4 }
  /** Nobody is there to be asked until an address is found. */
  | { readonly kind: 'seeking'; readonly course: Course }
  | { readonly kind: 'finished' }

export type CourseEvent =
  /** The server has been silent for its time; it may still answer. */
  | { readonly kind: 'slow'; readonly server: Ipv4 }
  | { readonly kind: 'useless'; readonly server: Ipv4; readonly because: ExchangeFault | JudgedBecause | 'busy' }
  /** An empty list: the name has none. */
  | { readonly kind: 'found'; readonly name: NameKey; readonly addresses: readonly Ipv4[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'denied'; readonly finding: Finding; readonly proven: boolean }
  | { readonly kind: 'referral'; readonly delegation: Delegation }
  | { readonly kind: 'answer'; readonly findings: readonly [Finding, ...Finding[]] }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'crowded' }

export type CourseEffect =
  /** `round`: how often it was asked for this before. */
  | { readonly kind: 'ask'; readonly server: Ipv4; readonly zone: NameKey; readonly asked: Wanted; readonly round: number }
  | { readonly kind: 'find'; readonly name: NameKey }
  /** What was asked before is of no interest any more. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'enter'; readonly zone: NameKey }
  | { readonly kind: 'answer'; readonly findings: readonly [Finding, ...Finding[]] }
  | { readonly kind: 'give-up'; readonly because: FailReason; readonly zone: NameKey }
export type CourseStep = readonly [CourseState, readonly CourseEffect[]]

/** What the machine asks about the world; it keeps no figures of its own. */
export type Surroundings = {
  readonly minimise: boolean
  /** Best first. */
  order(servers: readonly Ipv4[]): readonly Ipv4[]
  /** It has shown that it does not speak for the zone: it is asked when nobody else is left. */
  isLame(server: Ipv4, zone: NameKey): boolean
  /** Each of them has been silent several times in a row. */
  areDown(servers: readonly Ipv4[]): boolean
  /** Addresses that are nobody's, or ours, are not asked. */
  mayAsk(server: Ipv4): boolean
  /** Whether the name was asked for before, and is no cut. */
  isNoCut(key: NameKey, zone: NameKey): boolean
}

const FINISHED: CourseState = { kind: 'finished' }

export function begin(question: Wanted, delegation: Delegation, around: Surroundings): CourseStep {
  const course: Course = {
    ...arrivedAt(delegation, around), question, asked: question, relaxed: !around.minimise, minimised: 0, referrals: 0, because: 'no-address',
  }
  return goOn(narrowed(course, delegation.zone, around), undefined, [{ kind: 'enter', zone: delegation.zone }], around)
}

export function step(state: CourseState, event: CourseEvent, around: Surroundings): CourseStep {
  if (state.kind === 'finished') return [state, []]
  const { course } = state
  const current = state.kind === 'asking' ? state.server : undefined
  switch (event.kind) {
    case 'slow':
      return event.server === current ? goOn({ ...course, because: 'silent' }, undefined, [], around) : [state, []]
    case 'useless':
      return onUseless(course, event, current, around)
    case 'found': {
      const seeking = course.seeking.filter((name) => name !== event.name)
      if (seeking.length === course.seeking.length) return [state, []]
      const known = new Set(course.places.map(({ address }) => address))
      const more = event.addresses.filter((address) => !known.has(address) && around.mayAsk(address))
      const places = [...course.places, ...more.map((address) => ({ address, tier: 0 }))]
      return goOn({ ...course, seeking, places }, current, [], around)
    }
    case 'nothing':
      return goOn(narrowed(course, course.asked.key, around), undefined, [{ kind: 'forget' }], around)
    case 'denied':
      // Servers about that deny names between dots (RFC 8020 §3): whoever proves it, or whom we trust to know it, is believed.
      if (event.proven) return [FINISHED, [{ kind: 'forget' }, { kind: 'answer', findings: [event.finding] }]]
      return goOn(wholeName(course), undefined, [{ kind: 'forget' }], around)
    case 'referral':
      return onReferral(course, event.delegation, around)
    case 'answer':
      return [FINISHED, [{ kind: 'forget' }, { kind: 'answer', findings: event.findings }]]
    case 'deadline':
      return giveUp(course, course.because === 'no-address' ? 'deadline' : course.because, [])
    case 'crowded':
      return giveUp(course, 'crowded', [])
    default:
      return unreachable(event)
  }
}

function giveUp(course: Course, because: FailReason, effects: readonly CourseEffect[]): CourseStep {
  return [FINISHED, [...effects, { kind: 'forget' }, { kind: 'give-up', because, zone: course.zone }]]
}

/** Servers and names of a zone that nobody has asked yet. */
function arrivedAt(
  { zone, own, servers }: Delegation, around: Surroundings,
): Pick<Course, 'zone' | 'places' | 'unsought' | 'seeking' | 'sought' | 'attempts' | 'tried' | 'useless'> {
  const places = new Map<Ipv4, Place>()
  const unsought = new Set<NameKey>()
  const tiers = [own, servers]
  for (const [tier, list] of tiers.entries()) {
    for (const { name, addresses } of list) {
      if (addresses.length === 0) unsought.add(name)
      for (const address of addresses) if (around.mayAsk(address) && !places.has(address)) places.set(address, { address, tier })
    }
  }
  return {
    zone, places: [...places.values()], unsought: [...unsought], seeking: [], sought: 0, attempts: 0, tried: new Map(), useless: new Set(),
  }
}

/** The same course, asking for as much of the name as the zone's servers need to know; `from` is known to be too little. */
function narrowed(course: Course, from: NameKey, around: Surroundings): Course {
  const { question, relaxed, zone } = course
  if (relaxed) return wholeName(course)
  const key = nextName(question.key, from, course.minimised, (at) => around.isNoCut(at, zone))
  if (key === question.key) return { ...afresh(course), asked: question }
  return { ...afresh(course), asked: { key, type: MINIMISED_TYPE }, minimised: course.minimised + 1 }
}

const wholeName = (course: Course): Course => ({ ...afresh(course), asked: course.question, relaxed: true })

/** Another name is asked for: who was slow with the last one has another chance. */
const afresh = (course: Course): Course => ({ ...course, attempts: 0, tried: new Map() })

function onUseless(
  course: Course, event: CourseEvent & { readonly kind: 'useless' }, current: Ipv4 | undefined, around: Surroundings,
): CourseStep {
  const { server, because } = event
  if (because === 'over-budget' || because === 'full' || because === 'name-too-long') return giveUp(course, because, [])
  const isPart = course.asked.key !== course.question.key
  if (isPart && SAYS_NO.has(because)) {
    // RFC 9156 §2.2: some cannot cope with parts of a name. The same may know the whole.
    return goOn({ ...wholeName(course), because }, undefined, [{ kind: 'forget' }], around)
  }
  const next = { ...course, useless: new Set(course.useless).add(server), because }
  return goOn(next, server === current ? undefined : current, [], around)
}

const SAYS_NO: ReadonlySet<FailReason> = new Set([
  'server-failure', 'refused', 'not-implemented', 'format-error', 'other-rcode', 'not-authoritative', 'two-aliases',
])

function onReferral(course: Course, delegation: Delegation, around: Surroundings): CourseStep {
  const referrals = course.referrals + 1
  if (referrals > MAX_REFERRALS) return giveUp(course, 'too-many-referrals', [])
  const next: Course = { ...course, ...arrivedAt(delegation, around), referrals, because: 'no-address' }
  const effects: readonly CourseEffect[] = [{ kind: 'forget' }, { kind: 'enter', zone: delegation.zone }]
  return goOn(narrowed(next, delegation.zone, around), undefined, effects, around)
}

/**
 * What is done next while `current` is still waited for, or nobody is: a server that was not asked yet, else the names of
 * others, else one more round.
 */
function goOn(course: Course, current: Ipv4 | undefined, effects: readonly CourseEffect[], around: Surroundings): CourseStep {
  if (current !== undefined) return [{ kind: 'asking', course, server: current }, effects]
  const down = around.areDown(course.places.map(({ address }) => address))
  const attempts = down ? MAX_ATTEMPTS_WHEN_DOWN : MAX_ATTEMPTS
  const fresh = course.attempts < attempts ? bestOf(course, around, 1) : undefined
  if (fresh !== undefined) return ask(course, fresh, effects)
  const [seeking, finds] = seek(course)
  const again = !down && seeking.attempts < attempts ? bestOf(seeking, around, MAX_ATTEMPTS_AT_ONE) : undefined
  if (again !== undefined) return ask(seeking, again, [...effects, ...finds])
  if (seeking.seeking.length > 0) return [{ kind: 'seeking', course: seeking }, [...effects, ...finds]]
  return giveUp(seeking, seeking.because, effects)
}

function ask(course: Course, server: Ipv4, effects: readonly CourseEffect[]): CourseStep {
  const round = course.tried.get(server) ?? 0
  const tried = new Map(course.tried).set(server, round + 1)
  const next = { ...course, tried, attempts: course.attempts + 1 }
  return [
    { kind: 'asking', course: next, server },
    [...effects, { kind: 'ask', server, zone: course.zone, asked: course.asked, round }],
  ]
}

/** Of the servers asked less than `times` for this name, those asked least; of these the best. */
function bestOf(course: Course, around: Surroundings, times: number): Ipv4 | undefined {
  const { places, tried, useless, zone } = course
  const open = places.filter(({ address }) => !useless.has(address) && (tried.get(address) ?? 0) < times)
  if (open.length === 0) return undefined
  const place = new Map(around.order(open.map(({ address }) => address)).map((address, i) => [address, i]))
  const rank = ({ address, tier }: Place): readonly number[] =>
    [tried.get(address) ?? 0, Number(around.isLame(address, zone)), tier, place.get(address) ?? 0]
  return open.reduce((best, one) => (precedes(rank(one), rank(best)) ? one : best)).address
}

function precedes(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i])
  return at >= 0 && (a[at] as number) < (b[at] as number)
}

/** Looks for addresses of servers that came without, a few at a time. */
function seek(course: Course): readonly [Course, readonly CourseEffect[]] {
  const room = Math.min(MAX_SEEKING - course.seeking.length, MAX_SOUGHT - course.sought)
  const names = course.unsought.slice(0, Math.max(0, room))
  if (names.length === 0) return [course, []]
  const next = {
    ...course, unsought: course.unsought.slice(names.length), seeking: [...course.seeking, ...names], sought: course.sought + names.length,
  }
  return [next, names.map((name) => ({ kind: 'find', name }))]
}
