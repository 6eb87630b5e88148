/**
 * What is trusted, and what for a time is not validated, as it is at any moment: the anchors that people have set, or IANA's
 * of the root; the keys that have followed them (RFC 5011); negative trust anchors (RFC 7646), which end by themselves.
 * Whoever stores all this gives it and is told what becomes of it.
 */
import type { Clock, Timer } from '../../../stack/platform/index.ts'
import { Budget } from '../resolver/source.ts'
import type { FindOther } from '../resolver/source.ts'
import type { SignedRrset } from '../resolver/finding.ts'
import { ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import { ROOT_ANCHOR } from './anchors.ts'
import type { Anchors, NegativeAnchor, TrustAnchor } from './anchors.ts'
import type { ValidationCount } from './counts.ts'
import { fullTime } from './faults.ts'
import { follow, refreshSeconds, withoutRevocation } from './key-states.ts'
import type { FollowedKey, KeyChange, SeenKeys } from './key-states.ts'
import { isDigestOf, readDs, readZoneKey, readZoneKeys, usableDs } from './keys.ts'
import type { ZoneKey } from './keys.ts'
import { signaturesOf } from './signature.ts'
import { Verifier } from './verifier.ts'
import type { Context, VerifySignature } from './verifier.ts'
import { judgeKeys } from './zone-keys.ts'

/** RFC 5011 looks at keys with this flag alone (RFC 4034 §2.1.1). */
const SECURE_ENTRY_POINT = 0x01
/** After a start there is much else to do, and perhaps no network yet. */
const FIRST_LOOK_MS = 60_000
/** Of a set that could not be had nothing is known. */
const UNKNOWN_TTL_SECONDS = 86_400

export type SetAnchor = {
  readonly zone: NameKey
  readonly anchor: TrustAnchor
  /** Its keys follow those that the zone publishes. */
  readonly follows: boolean
}

export type TrustPorts = {
  readonly clock: Clock
  readonly find: FindOther
  readonly verify: VerifySignature
  readonly count: (name: ValidationCount) => void
  /** Tells, perhaps later, whether anything is validated at present: otherwise nobody need be asked for keys. */
  readonly whenUsed: (told: (isUsed: boolean) => void) => void
}

export class Trust implements Anchors {
  readonly #ports: TrustPorts
  readonly #verifier: Verifier
  readonly #first: ReadonlyMap<NameKey, TrustAnchor>
  #set = new Map<NameKey, SetAnchor>()
  readonly #keys = new Map<NameKey, readonly FollowedKey[]>()
  #negative = new Map<NameKey, NegativeAnchor>()
  readonly #looks = new Map<NameKey, Timer>()
  #end: Timer | undefined
  /** What is known at or below the zone was derived from other anchors: it is to be found out anew. */
  onChanged: (zone: NameKey) => void = () => {}
  /** The keys that follow an anchor are now these. */
  onKeys: (zone: NameKey, keys: readonly FollowedKey[], changes: readonly KeyChange[]) => void = () => {}
  onNegativeEnded: (zone: NameKey) => void = () => {}

  /** `first`: what is trusted of zones that nobody sets anything for; IANA's keys of the root unless given. */
  constructor(ports: TrustPorts, first: ReadonlyMap<NameKey, TrustAnchor> = new Map([[ROOT_KEY, ROOT_ANCHOR]])) {
    this.#ports = ports
    this.#verifier = new Verifier(ports)
    this.#first = first
    this.setAnchors([])
  }

  at(zone: NameKey): TrustAnchor | undefined {
    const set = this.#set.get(zone)
    if (set === undefined) return undefined
    const anchor = inForce(zone, set.anchor, this.#keys.get(zone) ?? [])
    return anchor.ds.length + anchor.dnskey.length > 0 ? anchor : undefined
  }

  negativeAt(zone: NameKey): NegativeAnchor | undefined {
    const found = this.#negative.get(zone)
    return found !== undefined && this.#ports.clock.wallMs() < found.endsAt ? found : undefined
  }

  /** Zones with an anchor, whoever has set it. */
  get anchors(): readonly SetAnchor[] {
    return [...this.#set.values()]
  }

  keysOf(zone: NameKey): readonly FollowedKey[] {
    return this.#keys.get(zone) ?? []
  }

  /** What people have set takes the place of what was there first, zone by zone. */
  setAnchors(anchors: readonly SetAnchor[]): void {
    this.#set = new Map([...this.#first].map(([zone, anchor]) => [zone, { zone, anchor, follows: true }]))
    for (const each of anchors) this.#set.set(each.zone, each)
    for (const [zone, timer] of this.#looks) {
      if (this.#set.get(zone)?.follows === true) continue
      timer.cancel()
      this.#looks.delete(zone)
    }
    this.onChanged(ROOT_KEY)
  }

  /** Keys as they were stored, before follow(). */
  setKeys(zone: NameKey, keys: readonly FollowedKey[]): void {
    if (keys.length > 0) this.#keys.set(zone, keys)
    else this.#keys.delete(zone)
  }

  setNegative(negative: ReadonlyMap<NameKey, NegativeAnchor>): void {
    const zones = new Set([...this.#negative.keys(), ...negative.keys()])
    this.#negative = new Map(negative)
    for (const zone of zones) this.onChanged(zone)
    this.#awaitEnd()
  }

  /** From now on the keys of anchors are looked at from time to time. */
  follow(): void {
    for (const { zone, follows } of this.#set.values()) {
      if (follows && !this.#looks.has(zone)) this.#lookAfter(zone, FIRST_LOOK_MS)
    }
  }

  close(): void {
    this.#end?.cancel()
    for (const timer of this.#looks.values()) timer.cancel()
    this.#looks.clear()
  }

  #awaitEnd(): void {
    this.#end?.cancel()
    this.#end = undefined
    const { clock } = this.#ports
    const next = Math.min(...[...this.#negative.values()].map((one) => one.endsAt))
    if (next === Number.POSITIVE_INFINITY) return
    this.#end = clock.at(clock.now() + Math.max(0, next - clock.wallMs()), () => {
      for (const [zone, { endsAt }] of this.#negative) {
        if (clock.wallMs() < endsAt) continue
        this.#negative.delete(zone)
        this.onNegativeEnded(zone)
        this.onChanged(zone)
      }
      this.#awaitEnd()
    })
  }

  #lookAfter(zone: NameKey, ms: number): void {
    const { clock } = this.#ports
    this.#looks.set(zone, clock.at(clock.now() + ms, () => this.#look(zone)))
  }

  /** RFC 5011 §2.3, active refresh. */
  #look(zone: NameKey): void {
    this.#ports.whenUsed((isUsed) => {
      const anchor = isUsed ? this.at(zone) : undefined
      if (anchor === undefined) this.#lookAgain(zone, UNKNOWN_TTL_SECONDS, UNKNOWN_TTL_SECONDS, true)
      else this.#lookAt(zone, anchor)
    })
  }

  #lookAgain(zone: NameKey, ttlSeconds: number, signatureSeconds: number, failed: boolean): void {
    if (this.#looks.has(zone)) this.#lookAfter(zone, 1000 * refreshSeconds(ttlSeconds, signatureSeconds, failed))
  }

  #lookAt(zone: NameKey, anchor: TrustAnchor): void {
    const ask: Context = { partition: 0, key: zone, type: TYPE.DNSKEY, budget: new Budget(), depth: 0, trace: undefined }
    this.#ports.find(zone, TYPE.DNSKEY, { ask, validated: false }, (finding) => {
      const set = finding?.kind === 'rrset' ? finding.answer[0] : undefined
      if (set === undefined) {
        this.#lookAgain(zone, UNKNOWN_TTL_SECONDS, UNKNOWN_TTL_SECONDS, true)
        return
      }
      const now = this.#verifier.nowSeconds
      const life = Math.min(...signaturesOf(set).map((signature) => fullTime(signature.expiration, now) - now))
      const vouching = { ds: usableDs(anchor.ds).ds, keys: readZoneKeys(anchor.dnskey) }
      judgeKeys(this.#verifier, set, zone, vouching, ask, (verdict) => {
        if (verdict.kind === 'fault') this.#lookAgain(zone, set.rrset.ttl, life, true)
        else {
          this.#revoked(set, zone, ask, (revoked) => {
            this.#take(zone, { present: entryPoints(set, false).map((key) => key.rdata), revoked, ttlSeconds: set.rrset.ttl })
            this.#lookAgain(zone, set.rrset.ttl, life, false)
          })
        }
      })
    })
  }

  /** Revoked keys that have signed the set: nobody else may revoke them (RFC 5011 §2.1). */
  #revoked(set: SignedRrset, zone: NameKey, ask: Context, done: (dnskeys: readonly Uint8Array[]) => void): void {
    const left = [...entryPoints(set, true)]
    const revoked: Uint8Array[] = []
    const next = (): void => {
      const key = left.pop()
      if (key === undefined) done(revoked)
      else {
        this.#verifier.verify(set, { zone, keys: [{ ...key, isRevoked: false }] }, ask, (verdict) => {
          if (verdict.kind === 'proven') revoked.push(withoutRevocation(key.rdata))
          next()
        })
      }
    }
    next()
  }

  #take(zone: NameKey, seen: SeenKeys): void {
    const set = this.#set.get(zone)
    if (set === undefined) return
    const { keys, changes } = follow(this.keysOf(zone), seen, (dnskey) => isSetAs(zone, set.anchor, dnskey), this.#ports.clock.wallMs())
    if (changes.length === 0) return
    this.setKeys(zone, keys)
    this.onKeys(zone, keys, changes)
    this.onChanged(zone)
  }
}

const entryPoints = (set: SignedRrset, revoked: boolean): readonly ZoneKey[] =>
  readZoneKeys(set.rrset.rdata).filter((key) => key.isUsable && key.isRevoked === revoked && ((key.rdata[1] as number) & SECURE_ENTRY_POINT) !== 0)

function isSetAs(zone: NameKey, anchor: TrustAnchor, dnskey: Uint8Array): boolean {
  const key = readZoneKey(dnskey)
  if (key === undefined) return false
  return anchor.dnskey.some((other) => Buffer.compare(other, dnskey) === 0) || anchor.ds.some((rdata) => {
    const ds = readDs(rdata)
    return ds !== undefined && isDigestOf(ds, zone, key)
  })
}

/** What was set, less what was revoked since, and what has come to be trusted. */
function inForce(zone: NameKey, anchor: TrustAnchor, keys: readonly FollowedKey[]): TrustAnchor {
  if (keys.length === 0) return anchor
  const revoked = keys.filter((key) => key.state === 'revoked').map((key) => key.dnskey)
  const isRevoked = (ds: readonly Uint8Array[], dnskey: readonly Uint8Array[]): boolean => revoked.some((key) => isSetAs(zone, { ds, dnskey }, key))
  const trusted = keys.filter((key) => key.state === 'valid' || key.state === 'missing').map((key) => key.dnskey)
  return {
    ds: anchor.ds.filter((ds) => !isRevoked([ds], [])),
    dnskey: [...anchor.dnskey.filter((dnskey) => !isRevoked([], [dnskey])), ...trusted],
  }
}
