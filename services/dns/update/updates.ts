/**
 * Dynamic updates (RFC 2136) between the wire and the store. An update that may be allowed waits in a bounded queue; a
 * shell takes what waits as one batch, stores it, and says how that ended: only then is anybody answered. Within a batch
 * each update is judged on the zone as those before it leave it.
 *
 *   receive ──▶ waiting ──begin()──▶ planned on the zone and the edits under way ──settled(durable)──▶ answered
 */
import { formatIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { copy, put16 } from '../../../stack/platform/index.ts'
import { zoneText } from '../../model/index.ts'
import type { TraceStep, UpdatePolicy, ZoneEdit } from '../../model/index.ts'
import type { Later, LaterSlot } from '../server/options.ts'
import { writeError } from '../server/respond.ts'
import type { Edns } from '../wire/edns.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import { RCODE } from '../wire/message.ts'
import { formatKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import { Planned } from '../zone/changes.ts'
import type { Views } from '../views/views.ts'
import type { ZoneSet } from '../zone/zone-set.ts'
import { planUpdate } from './plan-update.ts'
import type { UpdatePlan } from './plan-update.ts'
import { parseUpdate } from './update-message.ts'
import type { UpdateMessage } from './update-message.ts'
import { UpdateRules } from './update-rules.ts'
import type { Requester } from './update-rules.ts'
import type { SoaChange } from './zone-draft.ts'

/** Updates that wait for the store, and their octets: a second's work of a slow disk. One more gets SERVFAIL. */
export const MAX_WAITING = 1024
export const MAX_WAITING_OCTETS = 2 * 1024 * 1024
/** Stored together; the rest has its turn when these are on disk. */
export const MAX_BATCH = 64
/** Of all zones together, for people who ask why. */
export const RECENT_UPDATES = 256
/** A header, a zone and an OPT. */
const RESPONSE_OCTETS = 512

export type UpdateCount =
  | 'update-received' | 'update-applied' | 'update-unchanged' | 'update-malformed' | 'update-not-here' | 'update-refused'
  | 'update-prerequisite' | 'update-full' | 'update-failed' | 'internal-error'

export type UpdatesOptions = {
  readonly zones: ZoneSet
  readonly views: Views
  readonly nextRecordId: () => number
  readonly wallMs: () => number
  readonly count: (what: UpdateCount) => void
  readonly countRcode: (rcode: number) => void
}

/** One update as it is remembered. */
export type PastUpdate = {
  /** Wall time in ms. */
  readonly at: number
  readonly zone: string
  readonly source: Ipv4
  readonly key: string | undefined
  readonly rcode: number
  readonly because: TraceStep
}

type Waiting = {
  readonly zoneId: number
  /** What the zone is called, its view included. */
  readonly zone: string
  readonly message: UpdateMessage
  readonly octets: number
  readonly requester: Requester
  /** Header and zone of the message, which the answer repeats. */
  readonly head: Uint8Array
  readonly edns: Edns | undefined
  readonly limit: number
  readonly send: Later
}

/** `onDisk`: its outcome hangs on nothing that is still to be stored. */
type PlannedUpdate = { readonly waiting: Waiting; readonly plan: UpdatePlan; readonly onDisk: boolean }

/** To be stored in one transaction. */
export type UpdateBatch = {
  /** With new fields of the SOA, where the update has them. */
  readonly edits: readonly { readonly edit: ZoneEdit; readonly soa: SoaChange | undefined }[]
  /** One of each edit, for the log. */
  readonly news: readonly TraceStep[]
  /** Answers all; to be called when the edits are applied, or could not be stored. */
  settled(durable: boolean): void
}

export class Updates {
  /** Called when updates begin to wait. Without it there is nobody who could store them. */
  onWaiting: (() => void) | undefined
  readonly #o: UpdatesOptions
  readonly #policies = new Map<number, { readonly policy: UpdatePolicy; readonly rules: UpdateRules }>()
  readonly #recent: PastUpdate[] = []
  readonly #response = new Uint8Array(RESPONSE_OCTETS)
  #waiting: Waiting[] = []
  #waitingOctets = 0

  constructor(options: UpdatesOptions) {
    this.#o = options
  }

  setPolicy(policy: UpdatePolicy): void {
    this.#policies.set(policy.zoneId, { policy, rules: new UpdateRules(policy.rules) })
  }

  policyOf(zoneId: number): UpdatePolicy {
    return this.#policies.get(zoneId)?.policy ?? { zoneId, rules: [] }
  }

  forget(zoneId: number): void {
    this.#policies.delete(zoneId)
  }

  /** The latest updates of a zone, newest first. */
  recent(zone: string): readonly PastUpdate[] {
    return this.#recent.filter((past) => past.zone === zone).reverse()
  }

  /**
   * Takes the message of `length` octets at `at`, whose opcode is UPDATE. As DnsServer.receive(): the length of an
   * answer that was written, or −1 when it comes later.
   */
  receive(
    b: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, limit: number,
    requester: Requester, later: LaterSlot,
  ): number {
    this.#o.count('update-received')
    const parsed = parseUpdate(b, at, length)
    const { questionEnd, edns, message } = parsed
    const answer = (rcode: number): number => {
      this.#o.countRcode(rcode)
      return writeError(b, at, questionEnd, rcode, edns, into, intoAt, limit)
    }
    if (this.onWaiting === undefined) return answer(RCODE.NOTIMP)
    if (message === undefined) {
      this.#o.count('update-malformed')
      return answer(parsed.rcode)
    }
    const live = this.#o.zones.seenFrom(this.#o.views.viewOf(requester.source, requester.key)).closest(message.zone)
    const zoneName = live?.key === message.zone ? zoneText(live.zone) : formatKey(message.zone)
    const refuse = (count: UpdateCount, rcode: number, because: TraceStep): number => {
      this.#o.count(count)
      this.#remember(zoneName, requester, rcode, because)
      return withReason(into, intoAt, answer(rcode), limit, edns, because)
    }
    if (live === undefined || live.key !== message.zone || live.isSecondary) {
      return refuse('update-not-here', RCODE.NOTAUTH, ['dns.update.not-here', { zone: zoneName }])
    }
    const zoneId = live.zone.id
    // Who may change nothing is told nothing of what is there either, and takes nobody's place.
    if (this.#policies.get(zoneId)?.rules.knows(requester) !== true) {
      return refuse('update-refused', RCODE.REFUSED, ['dns.update.not-allowed', { zone: zoneName }])
    }
    if (this.#waiting.length >= MAX_WAITING || this.#waitingOctets + length > MAX_WAITING_OCTETS) {
      return refuse('update-full', RCODE.SERVFAIL, ['dns.update.full', { zone: zoneName }])
    }
    const head = b.slice(at, at + questionEnd)
    this.#waitingOctets += length
    this.#waiting.push({ zoneId, zone: zoneName, message, octets: length, requester, head, edns, limit, send: later() })
    if (this.#waiting.length === 1) this.onWaiting()
    return -1
  }

  /**
   * Plans the updates that wait, up to MAX_BATCH; undefined when none do. `pending` are a zone's edits under way,
   * `number` gives an edit its place behind them, with the serial that is wanted if that is newer.
   */
  begin(
    pending: (zoneId: number) => readonly ZoneEdit[],
    number: (edit: Omit<ZoneEdit, 'serialBefore' | 'serialAfter'>, wantedSerial: number | undefined) => ZoneEdit,
  ): UpdateBatch | undefined {
    const batch = untilSoa(this.#waiting.slice(0, MAX_BATCH))
    if (batch.length === 0) return undefined
    this.#waiting = this.#waiting.slice(batch.length)
    const zones = new Map<number, Planned>()
    const edits: UpdateBatch['edits'][number][] = []
    const news: TraceStep[] = []
    const planned = batch.map((waiting) => {
      this.#waitingOctets -= waiting.octets
      // What those before it in the batch do, it was judged by.
      const onOthers = edits.some(({ edit }) => edit.zoneId === waiting.zoneId)
      const plan = this.#plan(waiting, zones, pending)
      const { change } = plan
      if (change === undefined) return { waiting, plan, onDisk: !onOthers }
      const zone = zones.get(waiting.zoneId) as Planned
      const { remove, add, soa } = change
      const { zoneId, requester } = waiting
      const edit = number({ zoneId, remove, add, author: authorOf(requester), ...(soa === undefined ? {} : { soaChanged: true }) }, soa?.serial)
      for (const record of change.remove) zone.remove(record)
      for (const record of change.add) zone.add(record)
      const because: TraceStep = [plan.because[0], { ...plan.because[1], serial: edit.serialAfter, ...whoOf(waiting.requester) }]
      edits.push({ edit, soa })
      news.push(because)
      return { waiting, plan: { ...plan, because }, onDisk: false }
    })
    return { edits, news, settled: (durable) => this.#settle(planned, durable) }
  }

  #plan(waiting: Waiting, zones: Map<number, Planned>, pending: (zoneId: number) => readonly ZoneEdit[]): UpdatePlan {
    const { message, requester, zone, zoneId } = waiting
    const live = this.#o.zones.byId(zoneId)
    const rules = this.#policies.get(zoneId)?.rules
    // It may have gone while the update waited.
    if (live === undefined || live.isSecondary || rules === undefined) {
      return { rcode: RCODE.NOTAUTH, because: ['dns.update.not-here', { zone }], change: undefined }
    }
    const planned = zones.get(zoneId) ?? new Planned(live, pending(zoneId))
    zones.set(zoneId, planned)
    try {
      return planUpdate({ live, planned, rules, requester, nextId: this.#o.nextRecordId }, message)
    } catch {
      // A bug of ours must cost one update, not the service.
      this.#o.count('internal-error')
      return { rcode: RCODE.SERVFAIL, because: ['dns.update.unstored', { zone }], change: undefined }
    }
  }

  #settle(planned: readonly PlannedUpdate[], durable: boolean): void {
    for (const { waiting, plan, onDisk } of planned) {
      const { zone } = waiting
      const stored = durable || onDisk
      const { rcode, because }: Omit<UpdatePlan, 'change'> = stored ? plan : { rcode: RCODE.SERVFAIL, because: ['dns.update.unstored', { zone }] }
      this.#o.count(COUNT_OF_EVENT[because[0]] ?? 'update-failed')
      this.#o.countRcode(rcode)
      this.#remember(zone, waiting.requester, rcode, because)
      const { head, edns, limit } = waiting
      const most = Math.min(limit, RESPONSE_OCTETS)
      const octets = writeError(head, 0, head.length, rcode, edns, this.#response, 0, most)
      waiting.send(this.#response, 0, withReason(this.#response, 0, octets, most, edns, because))
    }
    if (this.#waiting.length > 0) this.onWaiting?.()
  }

  #remember(zone: string, requester: Requester, rcode: number, because: TraceStep): void {
    const key = requester.key === undefined ? undefined : formatKey(requester.key)
    this.#recent.push({ at: this.#o.wallMs(), zone, source: requester.source, key, rcode, because })
    if (this.#recent.length > RECENT_UPDATES) this.#recent.shift()
  }
}

/** An update that speaks of the SOA begins a batch: the serial is then what it is on disk. */
function untilSoa(waiting: readonly Waiting[]): readonly Waiting[] {
  const speaksOfSoa = ({ message }: Waiting): boolean => [...message.prerequisites, ...message.updates].some(({ type }) => type === TYPE.SOA)
  const at = waiting.findIndex((each, i) => i > 0 && (speaksOfSoa(each) || speaksOfSoa(waiting[i - 1] as Waiting)))
  return at < 0 ? waiting : waiting.slice(0, at)
}

/** For who speaks EDNS (RFC 8914). */
const REASONS: { readonly [id: string]: ExtendedError } = {
  'dns.update.not-here': EXTENDED_ERROR.notAuthoritative,
  'dns.update.not-allowed': EXTENDED_ERROR.updateNotAllowed,
  'dns.update.name-not-allowed': EXTENDED_ERROR.updateNameNotAllowed,
  'dns.update.foreign-record': EXTENDED_ERROR.updateForeignRecord,
  'dns.update.full': EXTENDED_ERROR.updatesFull,
  'dns.update.unstored': EXTENDED_ERROR.updateUnstored,
}

/** Puts the reason into the OPT, which ends the answer of `octets` at `at`. Returns the new length. */
function withReason(b: Uint8Array, at: number, octets: number, limit: number, edns: Edns | undefined, because: TraceStep): number {
  const reason = REASONS[because[0]]
  if (reason === undefined || edns === undefined || octets + reason.length > limit) return octets
  put16(b, at + octets - 2, reason.length)
  copy(reason, 0, b, at + octets, reason.length)
  return octets + reason.length
}

const COUNT_OF_EVENT: { readonly [id: string]: UpdateCount } = {
  'dns.update.applied': 'update-applied',
  'dns.update.unchanged': 'update-unchanged',
  'dns.update.prerequisite': 'update-prerequisite',
  'dns.update.malformed': 'update-malformed',
  'dns.update.not-here': 'update-not-here',
  'dns.update.not-allowed': 'update-refused',
  'dns.update.name-not-allowed': 'update-refused',
  'dns.update.foreign-record': 'update-refused',
}

/** As the history of the zone has it. */
const authorOf = ({ key, source }: Requester): string => `update ${key === undefined ? formatIpv4(source) : formatKey(key)}`

const whoOf = (requester: Requester): { readonly owner: string; readonly source: string } => ({
  owner: requester.key === undefined ? 'somebody without a key' : formatKey(requester.key),
  source: formatIpv4(requester.source),
})
