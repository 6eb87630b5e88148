/**
 * The zones that are copies of other servers' (RFC 1034 §4.3.5). Performs what the refresh machine of each zone says:
 * asks primaries, takes transfers in, stores a version as one transaction, and then serves it whole. A copy that no
 * primary has confirmed for the SOA's expire time is not given out any more. Holds no socket.
 */
import { formatIpv4, type Ipv4 } from '../../../stack/index.ts'
import type { Clock, Instant, SecureRandom, Timer } from '../../../stack/platform/index.ts'
import { zoneText } from '../../model/index.ts'
import type { Primary, PrimaryTls, SecondaryZone, TraceStep, Zone, ZoneEdit } from '../../model/index.ts'
import type { QueryHandle } from '../resolver/exchange.ts'
import type { Upstream } from '../resolver/upstreams.ts'
import type { DnsPorts } from '../server/options.ts'
import { hasSameSoa, type ServedZones } from '../server/served-zones.ts'
import type { TsigKeys } from '../tsig/signature.ts'
import type { LiveTsigKey } from '../tsig/tsig.ts'
import { RCODE } from '../wire/message.ts'
import { keyOf, type NameKey } from '../wire/name.ts'
import { CLASS_IN, META, TYPE } from '../wire/type-names.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { ZoneSet } from '../zone/zone-set.ts'
import { Gate } from './gate.ts'
import { IncomingTransfer, type NewVersion, type Received, type TransferFault } from './incoming.ts'
import type { Notify } from './notify-message.ts'
import { type RefreshEffect, type RefreshEvent, type RefreshState, step, waitUntil } from './refresh.ts'
import { askSerial, type SerialAnswer } from './serial-query.ts'
import { StreamSignature } from './stream-signature.ts'
import { transferQuery } from './transfer-query.ts'
import { apexDigests, rowsAfter } from './version-rows.ts'
import { digestInTurns, isAnyRight, publishedDigests, ZoneDigest } from './zone-digest.ts'

/** Each may hold a whole new version in memory. */
export const MAX_INCOMING = 4
/** Each holds a source port. */
export const MAX_SERIAL_QUERIES = 32
/** Without a message for so long the transfer is given up: connection and first message, or the next one. */
export const SILENCE_MS = 30_000
/** A million rows over a slow line take minutes. */
export const LONGEST_TRANSFER_MS = 30 * 60_000
/** Rows put into a zone that is not served yet before others have their turn: about 5 ms. */
const ROWS_OF_A_TURN = 1000
/** After a start all copies are looked at within this time, not all at once. */
export const START_SPREAD_MS = 5000

export type SecondaryCount =
  | 'secondary-current' | 'secondary-transferred' | 'secondary-failed' | 'secondary-expired' | 'notify-refused'
export type SecondaryEvent = 'dns.zone.digest-wrong' | 'dns.secondary.transferred' | 'dns.secondary.failed' | 'dns.secondary.expired'

/** A version to be stored, with the zone as it will be. */
export type VersionToStore = { readonly zone: Zone; readonly edit: ZoneEdit; readonly event: SecondaryEvent; readonly facts: TraceStep[1] }

export type SecondariesOptions = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly zones: ZoneSet
  readonly served: ServedZones
  readonly keys: TsigKeys
  readonly query: DnsPorts['query']
  readonly queryStream: NonNullable<DnsPorts['queryStream']>
  /** The same by TLS; `untrusted`: the other end is not who it is to be. */
  readonly queryTls: (
    primary: Upstream, tls: PrimaryTls, bytes: Uint8Array, length: number,
    received: (buffer: Uint8Array, at: number, length: number) => void,
    failed: (why: 'unreachable' | 'untrusted') => void,
  ) => QueryHandle
  readonly nextRecordId: () => number
  /** Makes durable, in one transaction, when the copy was good, and a version if there is a new one. */
  readonly store: (secondary: SecondaryZone, version: VersionToStore | undefined, done: (durable: boolean) => void) => void
  readonly count: (what: SecondaryCount) => void
  readonly emit: (id: SecondaryEvent, facts: TraceStep[1]) => void
}

/** Why a primary was of no use, the last time. */
export type SecondaryFailure = {
  readonly primary: Primary
  /** Wall time in ms. */
  readonly at: number
  readonly fault: TransferFault | Exclude<SerialAnswer, { readonly kind: 'serial' }> | { readonly kind: NoAnswer | 'not-stored' | 'wrong-digest' }
}

/** Why nothing came of a transfer that a primary did not answer. */
type NoAnswer = 'unreachable' | 'untrusted' | 'no-key' | 'too-slow'

export type SecondaryState = {
  readonly secondary: SecondaryZone
  readonly phase: RefreshState['kind']
  /** Wall times in ms. */
  readonly nextLookAt: number | undefined
  readonly expiresAt: number | undefined
  readonly lastFailure: SecondaryFailure | undefined
}

/** A zone and where its machine is. */
type Copy = {
  readonly live: LiveZone
  secondary: SecondaryZone
  state: RefreshState
  timer: Timer | undefined
  expiry: Timer | undefined
  /** What is on its way now; cancelling it is silent. */
  handle: QueryHandle | undefined
  lastFailure: SecondaryFailure | undefined
}

export class Secondaries {
  /** A copy has come to another version, which is served. */
  onVersion: (live: LiveZone) => void = () => {}
  readonly #o: SecondariesOptions
  /** By zone. */
  readonly #copies = new Map<number, Copy>()
  readonly #serialGate = new Gate(MAX_SERIAL_QUERIES)
  readonly #transferGate = new Gate(MAX_INCOMING)

  constructor(options: SecondariesOptions, secondaries: readonly SecondaryZone[]) {
    this.#o = options
    for (const secondary of secondaries) this.put(secondary, options.random.below(START_SPREAD_MS))
  }

  /** The zone, which is served already, is a copy from now on, or has other primaries. It is looked at after `delayMs`. */
  put(secondary: SecondaryZone, delayMs = 0): void {
    const live = this.#o.zones.byId(secondary.zoneId)
    if (live === undefined) return
    this.#stop(secondary.zoneId)
    live.isSecondary = true
    const [state, effects] = waitUntil(this.#o.clock.now() + delayMs)
    const copy: Copy = { live, secondary, state, timer: undefined, expiry: undefined, handle: undefined, lastFailure: undefined }
    this.#copies.set(secondary.zoneId, copy)
    this.#watchExpiry(copy)
    for (const effect of effects) this.#perform(copy, effect, undefined)
  }

  /** It is a copy no more: what there is of it stays, and belongs to this server. */
  release(zoneId: number): void {
    this.#stop(zoneId)
    const live = this.#o.zones.byId(zoneId)
    if (live !== undefined) live.isSecondary = false
  }

  /** The zone is gone. */
  forget(zoneId: number): void {
    this.#stop(zoneId)
  }

  state(zoneId: number): SecondaryState | undefined {
    const copy = this.#copies.get(zoneId)
    if (copy === undefined) return undefined
    const { state, secondary, lastFailure } = copy
    const { clock } = this.#o
    const nextLookAt = state.kind === 'waiting' ? Math.round(clock.wallMs() + state.at - clock.now()) : undefined
    const { refreshedAt } = secondary
    const expiresAt = refreshedAt === undefined ? undefined : refreshedAt + expireMs(copy.live)
    return { secondary, phase: state.kind, nextLookAt, expiresAt, lastFailure }
  }

  /** Looks now; `full`: transfers the whole zone, whatever its serial. False: it is no copy. */
  refresh(zoneId: number, full: boolean): boolean {
    const copy = this.#copies.get(zoneId)
    if (copy === undefined) return false
    this.#step(copy, { kind: 'force', full })
    return true
  }

  /** The rcode for a NOTIFY (RFC 1996 §3.10–3.12): from a primary of the zone, by address or key, it makes us look. */
  notified({ key, type, class: qclass, serial }: Notify, source: Ipv4, signer: NameKey | undefined): number {
    if (qclass !== CLASS_IN || type !== TYPE.SOA) return RCODE.NOTIMP
    // The primary of a view's zone need not be in that view.
    const zones = this.#o.zones.named(key)
    if (zones.length === 0) return RCODE.NOTAUTH
    const copies = zones.flatMap((zone) => this.#copies.get(zone.zone.id) ?? [])
    // A primary that is told of its own news has nothing to do.
    if (copies.length === 0) return RCODE.NOERROR
    const isOf = (each: Primary): boolean => each.address === source || (signer !== undefined && each.key !== undefined && keyOf(each.key) === signer)
    const concerned = copies.filter((copy) => copy.secondary.primaries.some(isOf))
    if (concerned.length === 0) {
      this.#o.count('notify-refused')
      return RCODE.REFUSED
    }
    for (const copy of concerned) this.#step(copy, { kind: 'notify', primary: copy.secondary.primaries.findIndex(isOf), serial })
    return RCODE.NOERROR
  }

  close(): void {
    for (const zoneId of [...this.#copies.keys()]) this.#stop(zoneId)
  }

  #stop(zoneId: number): void {
    const copy = this.#copies.get(zoneId)
    if (copy === undefined) return
    this.#copies.delete(zoneId)
    copy.timer?.cancel()
    copy.expiry?.cancel()
    copy.handle?.cancel()
  }

  #step(copy: Copy, event: RefreshEvent): void {
    const { clock, random } = this.#o
    const { secondary, live } = copy
    const times = secondary.refreshedAt === undefined ? undefined : live.zone
    const context = { now: clock.now(), copy: times, primaries: secondary.primaries.length, chance: random.u32() / 0x1_0000_0000 }
    const [state, effects] = step(copy.state, event, context)
    copy.state = state
    for (const effect of effects) this.#perform(copy, effect, event)
  }

  #perform(copy: Copy, effect: RefreshEffect, event: RefreshEvent | undefined): void {
    switch (effect.kind) {
      case 'refreshed':
        return this.#refreshed(copy, event?.kind === 'transferred')
      case 'ask':
        return this.#ask(copy, effect.primary)
      case 'transfer':
        return this.#transfer(copy, effect.primary, effect.full)
      case 'gave-up':
        this.#o.count('secondary-failed')
        // Said at first, then more and more rarely.
        if ((effect.failures & (effect.failures - 1)) === 0) this.#o.emit('dns.secondary.failed', this.#failureFacts(copy, effect.failures))
        return
      case 'timer':
        copy.timer?.cancel()
        copy.timer = this.#o.clock.at(effect.at, () => this.#step(copy, { kind: 'due' }))
    }
  }

  #failureFacts({ live, lastFailure }: Copy, failures: number): TraceStep[1] {
    return { zone: zoneText(live.identity), primary: lastFailure === undefined ? null : primaryText(lastFailure.primary), because: lastFailure === undefined ? null : faultText(lastFailure.fault), failures }
  }

  #ask(copy: Copy, index: number): void {
    const primary = copy.secondary.primaries[index] as Primary
    const key = this.#keyOf(primary)
    // What is asked in the clear would tell what TLS is there to hide (RFC 9103 §6.1): an IXFR asks for the serial too.
    if (primary.tls !== undefined) {
      copy.handle = this.#later(() => this.#step(copy, { kind: 'no-serial', mayByTcp: true }))
      return
    }
    copy.handle = this.#serialGate.enter((leave) => {
      if (key === 'missing') {
        leave()
        return this.#later(() => {
          this.#failed(copy, primary, { kind: 'no-key' })
          this.#step(copy, { kind: 'no-serial', mayByTcp: false })
        })
      }
      const asked = askSerial(this.#o, copy.live, primary, key, (answer) => {
        leave()
        if (answer.kind === 'serial') return this.#step(copy, answer)
        this.#failed(copy, primary, answer)
        this.#step(copy, { kind: 'no-serial', mayByTcp: answer.kind !== 'not-authoritative' })
      })
      return { cancel: () => { asked.cancel(); leave() } }
    })
  }

  #transfer(copy: Copy, index: number, full: boolean): void {
    const primary = copy.secondary.primaries[index] as Primary
    copy.handle = this.#transferGate.enter((leave) => {
      const over = (fault: SecondaryFailure['fault'] | undefined, event: RefreshEvent): void => {
        leave()
        if (fault !== undefined) this.#failed(copy, primary, fault)
        this.#step(copy, event)
      }
      const type = full || copy.secondary.refreshedAt === undefined ? META.AXFR : META.IXFR
      const running = this.#receive(copy, primary, type, (received) => this.#received(copy, primary, type, received, over))
      return { cancel: () => { running.cancel(); leave() } }
    })
  }

  /** Asks, and takes messages until they make something. `done` is called once, later. */
  #receive(copy: Copy, primary: Primary, type: number, done: (received: Received | NoAnswer) => void): QueryHandle {
    const { clock, random, queryStream, queryTls, nextRecordId } = this.#o
    const key = this.#keyOf(primary)
    if (key === 'missing') return this.#later(() => done('no-key'))
    const { id, bytes, mac } = transferQuery(random.below(0x1_0000), copy.live, type, key, this.#seconds())
    const signature = key === undefined || mac === undefined ? undefined : new StreamSignature(key, mac, () => this.#seconds())
    const incoming = new IncomingTransfer({ live: copy.live, type, id, signature, nextRecordId })
    const deadline = clock.now() + LONGEST_TRANSFER_MS
    let handle: QueryHandle | undefined
    let over = false
    const cancel = (): void => {
      over = true
      silence.cancel()
      handle?.cancel()
    }
    const finish = (received: Parameters<typeof done>[0]): void => {
      if (over) return
      cancel()
      done(received)
    }
    const watch = (): Timer => clock.at(Math.min(deadline, clock.now() + SILENCE_MS), () => finish('too-slow'))
    let silence = watch()
    const take = (b: Uint8Array, at: number, length: number): void => {
      if (over) return
      const received = incoming.receive(b, at, length)
      if (received.kind !== 'more') return finish(received)
      silence.cancel()
      silence = watch()
    }
    const fail = (why: string): void => void this.#later(() => finish(why === 'untrusted' ? 'untrusted' : 'unreachable'))
    const { tls } = primary
    handle = tls === undefined
      ? queryStream(primary, bytes, bytes.length, take, fail)
      : queryTls(primary, tls, bytes, bytes.length, take, fail)
    return { cancel }
  }

  #received(
    copy: Copy, primary: Primary, type: number, received: Received | NoAnswer,
    over: (fault: SecondaryFailure['fault'] | undefined, event: RefreshEvent) => void,
  ): void {
    if (typeof received === 'string') return over({ kind: received }, { kind: 'failed', whole: false })
    switch (received.kind) {
      case 'current':
        return over(undefined, { kind: 'current' })
      case 'version':
        return this.#judge(copy, primary, received.version, (isRight) => {
          if (isRight) this.#install(copy, primary, received.version, over)
          else over({ kind: 'wrong-digest' }, { kind: 'failed', whole: type === META.IXFR })
        })
      case 'failed': {
        const { fault } = received
        // A server that knows no IXFR says so by an rcode (RFC 1995 §4: then AXFR).
        const whole = type === META.IXFR && fault.kind !== 'signature' && fault.kind !== 'too-large'
        return over(fault, { kind: 'failed', whole })
      }
      case 'more':
    }
  }

  /** Whether a version is what its own digest says (RFC 8976 §4); one without a digest that can be checked is. */
  #judge(copy: Copy, primary: Primary, version: NewVersion, done: (isRight: boolean) => void): void {
    const { live } = copy
    const published = publishedDigests(apexDigests(live, version), version.soaRow.rdata)
    if (published.length === 0) return done(true)
    const digest = new ZoneDigest(live.key, rowsAfter(live, version), new Set(published.map((each) => each.algorithm)))
    copy.handle = digestInTurns(this.#o.clock, digest, (digests) => {
      const isRight = isAnyRight(published, digests)
      if (!isRight) this.#o.emit('dns.zone.digest-wrong', { zone: live.zone.name, primary: primaryText(primary), serial: version.soa.serial })
      done(isRight)
    })
  }

  /** Stores the version, and then serves it. */
  #install(copy: Copy, primary: Primary, version: NewVersion, over: (fault: SecondaryFailure['fault'] | undefined, event: RefreshEvent) => void): void {
    const { live } = copy
    const { soa, remove, add, form } = version
    const old = live.zone
    const zone: Zone = { ...old, ...soa }
    const edit: ZoneEdit = { zoneId: old.id, serialBefore: old.serial, serialAfter: soa.serial, remove, add, soaChanged: !hasSameSoa(old, zone) }
    const secondary = { ...copy.secondary, refreshedAt: this.#o.clock.wallMs() }
    const facts = {
      zone: old.name, primary: primaryText(primary), serial: soa.serial, before: copy.secondary.refreshedAt === undefined ? null : old.serial,
      removed: remove.length, added: add.length, form,
    }
    let cancelled = false
    copy.handle = { cancel: () => (cancelled = true) }
    this.#o.store(secondary, { zone, edit, event: 'dns.secondary.transferred', facts }, (durable) => {
      // Stored for a zone that is gone, or has other primaries: what is on disk says so too, or says this version.
      if (!durable) {
        if (!cancelled) over({ kind: 'not-stored' }, { kind: 'failed', whole: false })
        return
      }
      const serving = this.#serve(live, zone, edit, () => {
        if (cancelled) return
        copy.secondary = secondary
        this.#o.count('secondary-transferred')
        over(undefined, { kind: 'transferred' })
        this.onVersion(live)
      })
      if (cancelled) serving?.cancel()
      else if (serving !== undefined) copy.handle = { cancel: () => { cancelled = true; serving.cancel() } }
    })
  }

  /**
   * Puts a version that is on disk into the zone. One that is served changes at once, from a query to the next; one that
   * is not is filled in turns with everything else; undefined when it is over at once. `done` is called at its end. When it
   * is cancelled, the rest is done at once, because the disk has it.
   */
  #serve(live: LiveZone, zone: Zone, edit: ZoneEdit, done: () => void): QueryHandle | undefined {
    const { clock, served, zones } = this.#o
    const inTurns = !live.isServed && edit.add.length > ROWS_OF_A_TURN
    let at = 0
    let over = false
    const goOn = (rows: number): boolean => {
      if (zones.byId(zone.id) !== live) return true
      const rest = at + rows >= edit.add.length
      const part = { ...edit, remove: at === 0 ? edit.remove : [], add: edit.add.slice(at, at + rows) }
      at += rows
      if (rest) served.applyVersion(live, zone, part)
      else live.apply(part.remove, part.add, live.zone.serial)
      return rest
    }
    const turn = (): void => {
      if (over) return
      over = goOn(inTurns ? ROWS_OF_A_TURN : edit.add.length + 1)
      if (over) done()
      else clock.at(clock.now(), turn)
    }
    turn()
    if (over) return undefined
    return {
      cancel: () => {
        if (!over) goOn(edit.add.length + 1)
        over = true
      },
    }
  }

  /** The copy is good as of now. `stored`: that is on disk with the version. */
  #refreshed(copy: Copy, stored: boolean): void {
    copy.lastFailure = undefined
    if (!stored) {
      this.#o.count('secondary-current')
      copy.secondary = { ...copy.secondary, refreshedAt: this.#o.clock.wallMs() }
      // When it fails, the copy expires earlier after a restart: no harm.
      this.#o.store(copy.secondary, undefined, () => {})
    }
    this.#watchExpiry(copy)
  }

  /** Serves the copy as long as it may be given out. */
  #watchExpiry(copy: Copy): void {
    const { clock, served } = this.#o
    const { secondary, live } = copy
    copy.expiry?.cancel()
    const { refreshedAt } = secondary
    // A calendar that was set back must not make a copy last longer.
    const age = refreshedAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, clock.wallMs() - refreshedAt)
    const left = expireMs(live) - age
    served.setServed(live, left > 0)
    if (left > 0) copy.expiry = clock.at(clock.now() + left, () => this.#expire(copy))
  }

  #expire(copy: Copy): void {
    const { served, count, emit } = this.#o
    served.setServed(copy.live, false)
    count('secondary-expired')
    emit('dns.secondary.expired', { zone: zoneText(copy.live.identity), serial: copy.live.zone.serial, seconds: expireMs(copy.live) / 1000 })
  }

  #failed(copy: Copy, primary: Primary, fault: SecondaryFailure['fault']): void {
    copy.lastFailure = { primary, at: this.#o.clock.wallMs(), fault }
  }

  /** The key to sign with; 'missing': the primary has one that is not here any more. */
  #keyOf({ key }: Primary): LiveTsigKey | undefined | 'missing' {
    return key === undefined ? undefined : (this.#o.keys.find(keyOf(key)) ?? 'missing')
  }

  /** Not from within the call that brought it about. */
  #later(run: () => void): QueryHandle {
    const { clock } = this.#o
    return clock.at(clock.now(), run)
  }

  #seconds(): number {
    return Math.floor(this.#o.clock.wallMs() / 1000)
  }
}

/** RFC 1034 §4.3.5; not less than it takes to look and to look again. */
const expireMs = ({ zone }: LiveZone): Instant => 1000 * Math.max(zone.expire, zone.refresh + zone.retry)

export const primaryText = ({ address, port }: Primary): string => `${formatIpv4(address)}#${port}`

/** What was wrong, in words. */
export function faultText(fault: SecondaryFailure['fault']): string {
  switch (fault.kind) {
    case 'rcode': return `it answers ${fault.rcode}`
    case 'signature': return fault.fault === 'unsigned' ? 'its answer is not signed' : `the signature of its answer is not accepted (${fault.fault})`
    default: return FAULTS[fault.kind]
  }
}

const FAULTS: { readonly [K in Exclude<SecondaryFailure['fault']['kind'], 'rcode' | 'signature'>]: string } = {
  silent: 'it does not answer',
  'not-authoritative': 'it does not serve the zone',
  unreachable: 'no connection, or it ended early',
  untrusted: 'its certificate is not the one that it is to have',
  'no-key': 'the TSIG key is not here any more',
  'too-slow': 'the transfer took too long',
  'not-stored': 'the version could not be stored',
  'wrong-digest': 'the digest of the zone (ZONEMD) is not that of its records',
  malformed: 'its answer is malformed',
  'not-an-answer': 'its answer belongs to another question',
  'no-soa': 'its answer does not begin with the SOA',
  'wrong-serial': 'the serials in its answer do not fit together',
  'bad-record': 'its answer has a record that no zone can hold',
  'no-name-server': 'the zone would have no NS record',
  'too-large': 'the zone is larger than is taken',
  inconsistent: 'the changes do not fit the copy',
}
