/**
 * Tells secondaries that a zone has changed (RFC 1996): those that its policy lists, and the name servers of the zone
 * whose addresses our own zones know. A change is told a moment later, so that a burst of edits is one NOTIFY; who does
 * not answer is told again, more and more rarely, and then found out by itself when it looks for the serial.
 *
 *   changed ──NOTIFY_DELAY──▶ a task for each target: queued ──▶ sent ──answer──▶ over
 *                                                               │ ▲ silence: sent again, five times in all
 */
import { formatIpv4, type Ipv4 } from '../../../stack/index.ts'
import { u32, type Clock, type SecureRandom, type Timer } from '../../../stack/platform/index.ts'
import { type NotifyTarget, type TraceStep, zoneText } from '../../model/index.ts'
import type { QueryHandle } from '../resolver/exchange.ts'
import type { DnsPorts } from '../server/options.ts'
import { findTsig, signTsig, tsigOctets, verifyTsig, type LiveTsigKey } from '../tsig/tsig.ts'
import type { TsigKeys } from '../tsig/signature.ts'
import { RCODE, rcodeName } from '../wire/message.ts'
import { keyOf, nameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import { TYPE } from '../wire/type-names.ts'
import { findRrset, type LiveZone } from '../zone/zone.ts'
import type { ZoneSet } from '../zone/zone-set.ts'
import { NOTIFY_OCTETS, notifyAnswer, writeNotify } from './notify-message.ts'
import type { Transfers } from './transfers.ts'

/** Edits that follow one another within it are told at once. */
export const NOTIFY_DELAY_MS = 1000
/** Until the next try, try by try. RFC 1996 §3.6 suggests 60 s and five tries; a LAN loses a datagram, not a minute. */
export const NOTIFY_WAITS_MS = [2000, 5000, 15_000, 30_000, 60_000] as const
/** Each holds a source port. */
export const MAX_NOTIFIES_SENT = 64
/** Tasks that wait for one of those; past this a target finds out by itself. 10,000 zones with two secondaries at a start. */
export const MAX_NOTIFIES_QUEUED = 20_000
/** Name servers of one zone that are told without being listed. */
const MAX_SERVERS = 32
const DNS_PORT = 53

export type NotifyCount = 'notify-sent' | 'notify-answered' | 'notify-rejected' | 'notify-unanswered' | 'notify-stray' | 'notify-full'
export type NotifyEvent = 'dns.notify.rejected' | 'dns.notify.unanswered'

export type NotifierOptions = {
  readonly clock: Clock
  readonly random: SecureRandom
  /** From the own address, which is what secondaries know. */
  readonly query: DnsPorts['query']
  readonly zones: ZoneSet
  readonly transfers: Transfers
  readonly keys: TsigKeys
  /** Nobody tells himself. */
  readonly isOwn: (address: Ipv4) => boolean
  readonly count: (what: NotifyCount) => void
  readonly emit: (id: NotifyEvent, facts: TraceStep[1]) => void
}

/** How telling a target went, the last time. */
export type NotifyState = NotifyTarget & {
  readonly serial: number
  readonly outcome: 'waiting' | 'answered' | 'unanswered' | { readonly rcode: string }
  /** Wall time of it in ms. */
  readonly at: number
}

const targetText = (target: NotifyTarget): string => `${target.address}#${target.port}`

export class Notifier {
  readonly #o: NotifierOptions
  /** Zones that have changed lately. */
  readonly #changed = new Map<number, Timer>()
  /** By zone, then by target. Bounded by what policies list and MAX_SERVERS. */
  readonly #tasks = new Map<number, Map<string, Task>>()
  readonly #queue: Task[] = []
  #sent = 0
  readonly #bytes = new Uint8Array(NOTIFY_OCTETS + 512)

  constructor(options: NotifierOptions) {
    this.#o = options
  }

  /** A zone has another serial, or has come to be served. */
  changed(zone: LiveZone, delayMs = NOTIFY_DELAY_MS): void {
    const id = zone.zone.id
    if (this.#changed.has(id)) return
    this.#changed.set(id, this.#o.clock.at(this.#o.clock.now() + delayMs, () => {
      this.#changed.delete(id)
      this.tell(zone)
    }))
  }

  /** Tells everybody now. Returns how many are told. */
  tell(zone: LiveZone): number {
    const live = this.#o.zones.byId(zone.zone.id)
    if (live === undefined || !live.isServed) return 0
    const targets = this.targets(live)
    const old = this.#tasks.get(live.zone.id)
    for (const task of old?.values() ?? []) task.cancel()
    const tasks = new Map<string, Task>()
    for (const target of targets) {
      const task = new Task(live, target, this.#o.clock.wallMs())
      tasks.set(targetText(target), task)
      if (this.#queue.length < MAX_NOTIFIES_QUEUED) this.#queue.push(task)
      else this.#o.count('notify-full')
    }
    if (tasks.size > 0) this.#tasks.set(live.zone.id, tasks)
    else this.#tasks.delete(live.zone.id)
    this.#next()
    return targets.length
  }

  /** How it went with those that were told last. */
  states(zoneId: number): readonly NotifyState[] {
    return [...(this.#tasks.get(zoneId)?.values() ?? [])].map((task) => task.state)
  }

  forget(zoneId: number): void {
    this.#changed.get(zoneId)?.cancel()
    this.#changed.delete(zoneId)
    for (const task of this.#tasks.get(zoneId)?.values() ?? []) task.cancel()
    this.#tasks.delete(zoneId)
  }

  close(): void {
    for (const id of [...this.#changed.keys(), ...this.#tasks.keys()]) this.forget(id)
  }

  /** Who is to be told: those listed, and the zone's servers but the primary itself (§2.1 "notify set"). */
  targets(zone: LiveZone): readonly NotifyTarget[] {
    const { notify, notifyServers } = this.#o.transfers.policyOf(zone.zone.id)
    const targets = new Map(notify.map((target) => [target.address, target]))
    const listed = targets.size
    for (const address of notifyServers ? this.#serverAddresses(zone) : []) {
      if (targets.has(address) || this.#o.isOwn(address) || targets.size - listed >= MAX_SERVERS) continue
      targets.set(address, { address, port: DNS_PORT, key: undefined })
    }
    return [...targets.values()]
  }

  /** Addresses, as our zones know them, of the servers that the zone names, without the one that its SOA names. */
  #serverAddresses(zone: LiveZone): readonly Ipv4[] {
    const apex = zone.node(zone.key)
    const servers = apex === undefined ? undefined : findRrset(apex, TYPE.NS)
    const primary = nameKey(leadingName(zone.soa.rdata[0] as Uint8Array))
    return (servers?.rdata ?? []).flatMap((server) => {
      const key = nameKey(server)
      if (key === primary) return []
      const node = this.#o.zones.seenFrom(zone.zone.view).closest(key)?.node(key)
      const addresses = node === undefined ? undefined : findRrset(node, TYPE.A)
      return (addresses?.rdata ?? []).map((rdata) => u32(rdata, 0) | 0)
    })
  }

  /** Sends as many as there is room for. */
  #next(): void {
    while (this.#sent < MAX_NOTIFIES_SENT) {
      const task = this.#queue.shift()
      if (task === undefined) return
      if (task.over) continue
      this.#sent++
      this.#send(task, 0)
    }
  }

  #send(task: Task, attempt: number): void {
    const { clock, random, count } = this.#o
    const { zone, target } = task
    const key = target.key === undefined ? undefined : this.#o.keys.find(keyOf(target.key))
    const id = random.below(0x1_0000)
    const bytes = this.#bytes
    let length = writeNotify(bytes, id, zone.soa)
    let mac: Uint8Array | undefined
    if (key !== undefined && length + tsigOctets(key) <= bytes.length) {
      const signed = signTsig(bytes, 0, length, key, { now: this.#seconds() })
      length = signed.length
      mac = signed.mac
    }
    count('notify-sent')
    let handle: QueryHandle | undefined
    let heard = false
    const timer = clock.at(clock.now() + (NOTIFY_WAITS_MS[attempt] as number), () => {
      handle?.cancel()
      if (attempt + 1 < NOTIFY_WAITS_MS.length) this.#send(task, attempt + 1)
      else this.#over(task, 'unanswered')
    })
    const stop = (): void => {
      heard = true
      timer.cancel()
      handle?.cancel()
    }
    task.begin(() => {
      if (heard) return
      stop()
      this.#release()
    })
    handle = this.#o.query({ address: target.address, port: target.port }, bytes, length, (b, at, size) => {
      if (heard) return
      const rcode = notifyAnswer(b, at, size, id, zone.key)
      if (rcode === undefined || !this.#isGenuine(b, at, size, key, mac)) return count('notify-stray')
      stop()
      this.#over(task, rcode === RCODE.NOERROR ? 'answered' : { rcode: rcodeName(rcode) })
    }, () => {
      // It may be there by the next try.
    })
  }

  #isGenuine(b: Uint8Array, at: number, length: number, key: LiveTsigKey | undefined, mac: Uint8Array | undefined): boolean {
    if (key === undefined || mac === undefined) return true
    const record = findTsig(b, at, length)
    if (record === undefined || record === 'malformed' || record.key !== key.key) return false
    return verifyTsig(b, at, length, record, key, this.#seconds(), { priorMac: mac, timersOnly: false }).ok
  }

  #over(task: Task, outcome: NotifyState['outcome']): void {
    const { count, emit } = this.#o
    task.end(outcome, this.#o.clock.wallMs())
    const facts = { zone: zoneText(task.zone.identity), target: `${formatIpv4(task.target.address)}#${task.target.port}`, serial: task.state.serial }
    if (outcome === 'answered') count('notify-answered')
    else if (outcome === 'unanswered') {
      count('notify-unanswered')
      emit('dns.notify.unanswered', facts)
    } else if (typeof outcome === 'object') {
      count('notify-rejected')
      emit('dns.notify.rejected', { ...facts, rcode: outcome.rcode })
    }
    this.#release()
  }

  #release(): void {
    this.#sent--
    this.#next()
  }

  #seconds(): number {
    return Math.floor(this.#o.clock.wallMs() / 1000)
  }
}

/** One target to be told of one zone. */
class Task {
  readonly zone: LiveZone
  readonly target: NotifyTarget
  over = false
  #state: NotifyState
  #cancel: (() => void) | undefined

  constructor(zone: LiveZone, target: NotifyTarget, at: number) {
    this.zone = zone
    this.target = target
    this.#state = { ...target, serial: zone.zone.serial, outcome: 'waiting', at }
  }

  get state(): NotifyState {
    return this.#state
  }

  /** It is on its way; `cancel` gives back what it holds. */
  begin(cancel: () => void): void {
    this.#cancel = cancel
  }

  end(outcome: NotifyState['outcome'], at: number): void {
    this.over = true
    this.#cancel = undefined
    this.#state = { ...this.#state, outcome, at }
  }

  cancel(): void {
    this.over = true
    this.#cancel?.()
    this.#cancel = undefined
  }
}

