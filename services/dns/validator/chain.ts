/**
 * The chain of trust: which zone a name belongs to, and whether its keys are to be believed. Read RFC 4035 §5.1 and §5.2,
 * RFC 6840 §4.4 first. From the closest trust anchor down, label by label:
 *
 *   known zone above ──DS of the name?──▶ DS records, signed by the zone above ──DNSKEY?──▶ a key fits, signs them: secure
 *                                  │                 └─ all of unknown algorithms ──▶ insecure
 *                                  ├─▶ denied, the name has NS (or is opted out) ──▶ insecure
 *                                  ├─▶ denied otherwise ──▶ no zone of its own: what holds above holds here
 *                                  └─▶ neither proven ──▶ bogus, remembered for a short while
 *
 * What was found is remembered by name, as long as what proves it; questions that need the same wait for one another.
 */
import { LruMap } from '../../../stack/platform/index.ts'
import type { Clock, Instant, Timer } from '../../../stack/platform/index.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import type { FindOther } from '../resolver/source.ts'
import { formatKey, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import type { Anchors, TrustAnchor } from './anchors.ts'
import type { ValidationCount } from './counts.ts'
import { proveDenial } from './denials.ts'
import type { Denial } from './denials.ts'
import { fault, FAULT_CODE, outOfBudget, setText, unheard, zoneText } from './faults.ts'
import type { Fault } from './faults.ts'
import { readZoneKeys, usableDs } from './keys.ts'
import type { ZoneKey } from './keys.ts'
import type { Context, Verifier } from './verifier.ts'
import { judgeKeys } from './zone-keys.ts'
import type { Vouching } from './zone-keys.ts'

/** Names remembered: some 2 KiB each with keys, far less for most. */
const MAX_REMEMBERED = 4096
/** Names being looked into at once. The resolver bounds the questions; each has a few labels above it. */
const MAX_UNDER_WAY = 16_384
/** However long its TTLs are, a zone is looked at again after a day. */
const LONGEST_MS = 86_400_000
/** Clients wait no longer; and two that wait for each other would wait for ever. */
const LONGEST_WAIT_MS = 5000
/** A TTL of 0 would mean a question for every answer. */
const SHORTEST_MS = 1000
/** What could not be proven is tried again after 5 s, then 10 s … 5 min: RFC 4035 §4.7, RFC 9520 §3.2. */
const FIRST_BACKOFF_MS = 5000
const LONGEST_BACKOFF_MS = 300_000

export type ZoneState =
  | { readonly kind: 'secure'; readonly zone: NameKey; readonly keys: readonly ZoneKey[] }
  /** `fault` when a client should be told why, though nothing is wrong. */
  | { readonly kind: 'insecure'; readonly zone: NameKey; readonly fault: Fault | undefined }
  | { readonly kind: 'indeterminate' }
  | { readonly kind: 'bogus'; readonly fault: Fault }
type Secure = ZoneState & { readonly kind: 'secure' }

type Remembered = { readonly state: ZoneState; readonly until: Instant; readonly failures: number }
type Found = { readonly state: ZoneState; readonly seconds: number }
type OnState = (state: ZoneState) => void

type Waiting = { readonly context: Context; done: OnState | undefined; readonly timer: Timer }
type UnderWay = { readonly first: Context; readonly waiting: Waiting[] }

/** How often the keys of a zone are asked for while they prove wrong, of another server each time. */
const MAX_TRIES = 3

const INDETERMINATE: ZoneState = { kind: 'indeterminate' }

export type ChainPorts = {
  readonly clock: Clock
  readonly find: FindOther
  readonly anchors: Anchors
  readonly count: (name: ValidationCount) => void
  /** What was found of this name and type proved wrong, and is not to be given again. True: somebody else can be asked. */
  readonly discard: (partition: number, key: NameKey, type: number) => boolean
}

export class Chain {
  readonly #ports: ChainPorts
  readonly #verifier: Verifier
  readonly #remembered: LruMap<string, Remembered>
  readonly #underWay = new Map<string, UnderWay>()

  constructor(ports: ChainPorts, verifier: Verifier, maxRemembered = MAX_REMEMBERED) {
    this.#remembered = new LruMap(maxRemembered)
    this.#ports = ports
    this.#verifier = verifier
  }

  get remembered(): number {
    return this.#remembered.size
  }

  /** Trust anchors are others now, or somebody wants it all looked at again. */
  forget(): void {
    this.#remembered.clear()
  }

  /** What holds at a name. `done` is called once, perhaps before this returns. */
  stateOf(name: NameKey, context: Context, done: OnState): void {
    const id = `${String.fromCharCode(context.partition)}${name}`
    const known = this.#remembered.get(id)
    if (known !== undefined && this.#ports.clock.now() < known.until) {
      tell(known.state, context)
      done(known.state)
      return
    }
    const underWay = this.#underWay.get(id)
    if (underWay !== undefined) this.#join(underWay, name, context, done)
    else if (this.#underWay.size >= MAX_UNDER_WAY) done(tooBusy('too many zones are being looked into'))
    else this.#lead(id, name, context, done)
  }

  #lead(id: string, name: NameKey, context: Context, done: OnState): void {
    const underWay: UnderWay = { first: context, waiting: [] }
    this.#underWay.set(id, underWay)
    this.#establish(name, context, (found, isOwnEvidence) => {
      if (isOwnEvidence) this.#remember(id, found)
      this.#underWay.delete(id)
      done(found.state)
      for (const one of underWay.waiting) {
        one.timer.cancel()
        const told = one.done
        one.done = undefined
        // That the first had no budget left is no answer for the others.
        if (told !== undefined && isOurs(found.state)) this.stateOf(name, one.context, told)
        else told?.(found.state)
      }
    })
  }

  #join(underWay: UnderWay, name: NameKey, context: Context, done: OnState): void {
    // Asked for the sake of the one that leads: each would wait for the other.
    if (underWay.first.budget === context.budget && underWay.first.depth < context.depth) {
      done(tooBusy(`the keys of ${zoneText(name)} are needed to find the keys of ${zoneText(name)}`))
      return
    }
    this.#ports.count('validation-joined')
    const timer = this.#ports.clock.at(this.#ports.clock.now() + LONGEST_WAIT_MS, () => {
      const told = waiting.done
      waiting.done = undefined
      told?.(tooBusy(`the keys of ${zoneText(name)} were not found in time`))
    })
    const waiting: Waiting = { context, done, timer }
    underWay.waiting.push(waiting)
  }

  #remember(id: string, { state, seconds }: Found): void {
    if (isOurs(state)) return
    const now = this.#ports.clock.now()
    if (state.kind !== 'bogus') {
      this.#remembered.set(id, { state, until: now + Math.max(SHORTEST_MS, Math.min(LONGEST_MS, 1000 * seconds)), failures: 0 })
      return
    }
    const failures = (this.#remembered.peek(id)?.failures ?? 0) + 1
    this.#remembered.set(id, { state, until: now + Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1)), failures })
  }

  /** `isOwnEvidence`: it was found of this very name, and not taken over from above. */
  #establish(name: NameKey, context: Context, done: (found: Found, isOwnEvidence: boolean) => void): void {
    const { anchors, clock } = this.#ports
    const negative = anchors.negativeAt(name)
    if (negative !== undefined) {
      context.trace?.('dns.validation.negative-anchor', { zone: zoneText(name), reason: negative.reason })
      done({ state: { kind: 'insecure', zone: name, fault: undefined }, seconds: (negative.endsAt - clock.wallMs()) / 1000 }, true)
      return
    }
    const anchor = anchors.at(name)
    const own = (found: Found): void => done(found, true)
    if (anchor !== undefined) this.#begin(name, anchor, context, own)
    else if (name === ROOT_KEY) done({ state: INDETERMINATE, seconds: 0 }, false)
    else {
      this.stateOf(parentKey(name), context, (above) => {
        if (above.kind === 'secure') this.#descend(name, above, context, own)
        else done({ state: above, seconds: 0 }, false)
      })
    }
  }

  #begin(name: NameKey, anchor: TrustAnchor, context: Context, done: (found: Found) => void): void {
    const { ds, lacks } = usableDs(anchor.ds)
    const keys = readZoneKeys(anchor.dnskey).filter((key) => key.isUsable)
    if (ds.length === 0 && keys.length === 0) done(unsupported(name, lacks ?? 'algorithm', LONGEST_MS / 1000, context))
    else this.#keys(name, { ds, keys }, LONGEST_MS / 1000, 'dns.validation.anchor', context, done)
  }

  /** One label further down, below a zone whose keys are known. */
  #descend(name: NameKey, above: Secure, context: Context, done: (found: Found) => void, tries = MAX_TRIES): void {
    this.#ask(name, TYPE.DS, context, (finding) => {
      if (finding === undefined) {
        done(failed(unheard(`nobody says whether ${zoneText(name)} has DS records`)))
        return
      }
      const wrong = (because: Fault): void => {
        if (this.#triesElsewhere(because, name, TYPE.DS, context, tries)) this.#descend(name, above, context, done, tries - 1)
        else done(failed(because))
      }
      const [set] = finding.answer
      if (finding.kind === 'rrset' && set !== undefined) this.#vouched(name, set, above, context, done, wrong)
      else if (finding.kind === 'alias') this.#notACut(name, finding, above, context, done, wrong)
      else this.#denied(name, finding, above, context, done, wrong)
    })
  }

  #vouched(name: NameKey, set: SignedRrset, above: Secure, context: Context, done: (found: Found) => void, wrong: (because: Fault) => void): void {
    this.#verifier.verify(set, above, context, (verdict) => {
      if (verdict.kind === 'fault') {
        wrong(verdict.fault)
        return
      }
      if (verdict.encloser !== undefined) {
        wrong(fault(FAULT_CODE.bogus, `the DS records of ${zoneText(name)} were made from a wildcard`))
        return
      }
      const { ttl, rdata } = verdict.set.rrset
      const { ds, lacks } = usableDs(rdata)
      if (lacks !== undefined) done(unsupported(name, lacks, ttl, context))
      else this.#keys(name, { ds, keys: [] }, ttl, 'dns.validation.ds', context, done)
    })
  }

  /** A name with an alias is no zone: RFC 2181 §10.1. */
  #notACut(name: NameKey, finding: Finding, above: Secure, context: Context, done: (found: Found) => void, wrong: (because: Fault) => void): void {
    const sets = finding.answer.filter((set) => set.signatures !== undefined)
    const [first] = sets
    if (first === undefined) {
      wrong(fault(FAULT_CODE.signatureMissing, `instead of DS records of ${zoneText(name)} came an alias that is not signed`))
      return
    }
    this.#verifier.verifyAll(sets, above, context, (verdict) => {
      if (verdict.kind === 'fault') wrong(verdict.fault)
      else done(stays(name, above, Math.min(...verdict.all.map((one) => one.set.rrset.ttl)), context))
    })
  }

  #denied(name: NameKey, finding: Finding, above: Secure, context: Context, done: (found: Found) => void, wrong: (because: Fault) => void): void {
    const about = { key: name, type: TYPE.DS, wholly: false }
    proveDenial(this.#verifier, finding.authority, about, above, context, (verdict) => {
      if (verdict.kind === 'fault') wrong(verdict.fault)
      else {
        const found = cutBy(verdict.denial, name, above, context)
        if ('text' in found) wrong(found)
        else done(found)
      }
    })
  }

  #keys(
    name: NameKey, vouching: Vouching, seconds: number, says: 'dns.validation.anchor' | 'dns.validation.ds', context: Context, done: (found: Found) => void,
    tries = MAX_TRIES,
  ): void {
    this.#ask(name, TYPE.DNSKEY, context, (finding) => {
      const wrong = (because: Fault): void => {
        if (this.#triesElsewhere(because, name, TYPE.DNSKEY, context, tries)) this.#keys(name, vouching, seconds, says, context, done, tries - 1)
        else done(failed(because))
      }
      const set = finding?.kind === 'rrset' ? finding.answer[0] : undefined
      if (set === undefined) {
        wrong(finding === undefined ? unheard(`nobody says what keys ${zoneText(name)} has`) : fault(FAULT_CODE.keyMissing, `${zoneText(name)} has no keys, but its parent has DS records of it`))
        return
      }
      judgeKeys(this.#verifier, set, name, vouching, context, (verdict) => {
        if (verdict.kind === 'fault') {
          wrong(verdict.fault)
          return
        }
        context.trace?.(says, { zone: zoneText(name), keyTag: verdict.by.keyTag })
        done({ state: { kind: 'secure', zone: name, keys: verdict.keys }, seconds: Math.min(seconds, verdict.ttl) })
      })
    })
  }

  /** One server of several may have an old version of a zone, or leave signatures out. */
  #triesElsewhere(because: Fault, name: NameKey, type: number, { partition }: Context, tries: number): boolean {
    return !because.isOurs && this.#ports.discard(partition, name, type) && tries > 1
  }

  /** Who is asked takes it out of the budget. */
  #ask(name: NameKey, type: number, context: Context, done: (finding: Finding | undefined) => void): void {
    this.#ports.count('validation-key-question')
    this.#ports.find(name, type, { ask: context, validated: false }, done)
  }
}

const failed = (because: Fault): Found => ({ state: { kind: 'bogus', fault: because }, seconds: 0 })
const tooBusy = (because: string): ZoneState => ({ kind: 'bogus', fault: outOfBudget(because) })
const isOurs = (state: ZoneState): boolean => state.kind === 'bogus' && state.fault.isOurs

function tell(state: ZoneState, { trace }: Context): void {
  if (state.kind === 'secure') trace?.('dns.validation.keys', { zone: zoneText(state.zone) })
}

function unsupported(name: NameKey, lacks: 'algorithm' | 'digest', seconds: number, { trace }: Context): Found {
  const because = lacks === 'algorithm'
    ? fault(FAULT_CODE.unsupportedAlgorithm, `${zoneText(name)} is signed only with algorithms that are not believed here`)
    : fault(FAULT_CODE.unsupportedDigest, `the DS records of ${zoneText(name)} have only digests that are not known here`)
  trace?.('dns.validation.unsupported', { zone: zoneText(name), because: because.text })
  return { state: { kind: 'insecure', zone: name, fault: because }, seconds }
}

function stays(name: NameKey, above: Secure, seconds: number, { trace }: Context): Found {
  trace?.('dns.validation.no-cut', { name: formatKey(name), zone: zoneText(above.zone) })
  return { state: above, seconds }
}

/** What a proven denial of DS makes of a name; a fault when it does not deny that. */
function cutBy(denial: Denial, name: NameKey, above: Secure, context: Context): Found | Fault {
  const seconds = Math.min(...denial.sets.map((set) => set.rrset.ttl))
  const iterations = denial.tooManyIterations
  switch (denial.cut(name)) {
    case 'no-cut':
      return stays(name, above, seconds, context)
    case 'insecure':
      context.trace?.('dns.validation.insecure-delegation', { zone: zoneText(name), parent: zoneText(above.zone) })
      return { state: { kind: 'insecure', zone: name, fault: iterations === undefined ? undefined : tooManyIterations(above.zone, iterations) }, seconds }
    case 'out-of-budget':
      return outOfBudget(`${setText(name, TYPE.DS)} needs more hashing than one question may cost`)
    case 'unproven':
      return fault(FAULT_CODE.denialMissing, `nothing proves that ${zoneText(above.zone)} has no DS records of ${zoneText(name)}`)
  }
}

export const tooManyIterations = (zone: NameKey, iterations: number): Fault =>
  fault(FAULT_CODE.iterations, `${zoneText(zone)} hashes names ${iterations} times more for NSEC3, which is not believed (RFC 9276)`)
