/**
 * The host's side of IGMP on one interface (RFC 1112, RFC 2236 §3, RFC 3376 §5, §7): says which groups are listened to,
 * when that changes and when a router asks, in the version of the oldest router heard. Groups have any source. Timers
 * run on the injected clock.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import type { Clock, Instant, Random, Timer } from '../platform/index.ts'
import * as wire from '../wire/igmp.ts'

/** 224.0.0.1, of which every host is a member without saying so (RFC 1112 §4). */
export const ALL_SYSTEMS: Ipv4 = 0xe000_0001 | 0
/** 224.0.0.2, where leaving is said (RFC 2236 §3). */
export const ALL_ROUTERS: Ipv4 = 0xe000_0002 | 0
/** 224.0.0.22, where version 3 reports go (RFC 3376 §4.2.14). */
export const IGMP_ROUTERS: Ipv4 = 0xe000_0016 | 0
/** RFC 3376 §8.1: how often a change is said. */
export const ROBUSTNESS = 2
/** RFC 2236 §8.10, RFC 3376 §8.11. */
export const UNSOLICITED_MS = { 1: 10_000, 2: 10_000, 3: 1_000 } as const
/** RFC 3376 §8.12: robustness × query interval (125 s) + query response interval (10 s). */
export const OLDER_QUERIER_MS = 260_000
/** RFC 3376 §4.2.16: what one report of 1,500 octets has room for. */
const RECORDS_PER_REPORT = 180

export type IgmpVersion = 1 | 2 | 3

export type IgmpHostPorts = {
  /** A message of 8 octets (report or leave) about `group`. */
  readonly sendShort: (type: number, group: Ipv4, target: Ipv4) => void
  readonly sendReport: (records: readonly wire.GroupRecord[]) => void
}

type Membership = {
  /** A report that is due, for a query. */
  reportAt: Instant
  /** We were the last to report it, so that we are the one to say that it is left (RFC 2236 §3). */
  lastReporter: boolean
}

type Change = { readonly kind: number; left: number }

const NEVER = Number.POSITIVE_INFINITY

export class IgmpHost {
  readonly #clock: Clock
  readonly #random: Random
  readonly #ports: IgmpHostPorts
  readonly #members = new Map<Ipv4, Membership>()
  /** Changes that are still to be repeated. */
  readonly #changes = new Map<Ipv4, Change>()
  #changesAt: Instant = NEVER
  /** A version 3 report of everything, for a general query. */
  #allAt: Instant = NEVER
  readonly #olderUntil: { 1: Instant; 2: Instant } = { 1: 0, 2: 0 }
  #answering: IgmpVersion = 3
  #timer: Timer | undefined
  #timerAt: Instant = NEVER

  constructor(clock: Clock, random: Random, ports: IgmpHostPorts) {
    this.#clock = clock
    this.#random = random
    this.#ports = ports
  }

  /** RFC 3376 §7.2.1: that of the oldest querier heard lately. */
  get version(): IgmpVersion {
    const now = this.#clock.now()
    return now < this.#olderUntil[1] ? 1 : now < this.#olderUntil[2] ? 2 : 3
  }

  join(group: Ipv4): void {
    if (group === ALL_SYSTEMS || this.#members.has(group)) return
    this.#members.set(group, { reportAt: NEVER, lastReporter: false })
    this.#change(group, wire.CHANGE_TO_EXCLUDE)
  }

  leave(group: Ipv4): void {
    const membership = this.#members.get(group)
    if (membership === undefined) return
    this.#members.delete(group)
    this.#changes.delete(group)
    const version = this.#settle()
    if (version === 3) this.#change(group, wire.CHANGE_TO_INCLUDE)
    else if (version === 2 && membership.lastReporter) this.#ports.sendShort(wire.LEAVE_GROUP, group, ALL_ROUTERS)
  }

  /** A router asks; `group` 0: about all. */
  query(version: IgmpVersion, group: Ipv4, maxResponseMs: number): void {
    const now = this.#clock.now()
    if (version !== 3) this.#olderUntil[version] = now + OLDER_QUERIER_MS
    const answering = this.#settle()
    // RFC 3376 §5.2: an answer that is due sooner serves this query too.
    const at = now + this.#within(maxResponseMs)
    if (group === 0 && answering === 3) {
      this.#allAt = Math.min(this.#allAt, at)
    } else {
      for (const [member, membership] of this.#members) {
        if (group !== 0 && group !== member) continue
        membership.reportAt = Math.min(membership.reportAt, now + this.#within(maxResponseMs))
      }
    }
    this.#schedule()
  }

  /** Another member reported the group by version 1 or 2: ours would be one too many (RFC 2236 §3). */
  heardReport(group: Ipv4): void {
    const membership = this.#members.get(group)
    if (membership === undefined || this.#settle() === 3) return
    membership.reportAt = NEVER
    membership.lastReporter = false
    this.#changes.delete(group)
    this.#schedule()
  }

  close(): void {
    this.#timer?.cancel()
    this.#timerAt = NEVER
    this.#members.clear()
    this.#changes.clear()
  }

  /** The version now; when it is another than before, what was pending is dropped (RFC 3376 §7.2.1). */
  #settle(): IgmpVersion {
    const version = this.version
    if (version === this.#answering) return version
    this.#answering = version
    this.#changes.clear()
    this.#changesAt = NEVER
    this.#allAt = NEVER
    for (const membership of this.#members.values()) membership.reportAt = NEVER
    return version
  }

  /** Says it now, and once more within the unsolicited report interval. */
  #change(group: Ipv4, kind: number): void {
    const version = this.#settle()
    this.#changes.set(group, { kind, left: ROBUSTNESS - 1 })
    this.#say(version, [{ kind, group }])
    this.#changesAt = Math.min(this.#changesAt, this.#clock.now() + this.#within(UNSOLICITED_MS[version]))
    this.#schedule()
  }

  #say(version: IgmpVersion, records: readonly wire.GroupRecord[]): void {
    if (version === 3) {
      for (let i = 0; i < records.length; i += RECORDS_PER_REPORT) {
        this.#ports.sendReport(records.slice(i, i + RECORDS_PER_REPORT))
      }
      return
    }
    for (const { group } of records) {
      const membership = this.#members.get(group)
      if (membership === undefined) continue
      membership.lastReporter = true
      this.#ports.sendShort(version === 1 ? wire.REPORT_V1 : wire.REPORT_V2, group, group)
    }
  }

  /** Uniform in (0, ms]. */
  #within(ms: number): number {
    return 1 + this.#random.below(Math.max(1, Math.floor(ms)))
  }

  #due(): void {
    this.#timerAt = NEVER
    const now = this.#clock.now()
    const version = this.#settle()
    const records: wire.GroupRecord[] = []
    for (const [group, membership] of this.#members) {
      if (this.#allAt > now && membership.reportAt > now) continue
      membership.reportAt = NEVER
      records.push({ kind: wire.MODE_IS_EXCLUDE, group })
    }
    if (this.#allAt <= now) this.#allAt = NEVER
    this.#say(version, records)
    if (this.#changesAt <= now) this.#repeatChanges(version)
    this.#schedule()
  }

  #repeatChanges(version: IgmpVersion): void {
    const changes = [...this.#changes]
    this.#changesAt = NEVER
    for (const [group, change] of changes) {
      if (--change.left === 0) this.#changes.delete(group)
      else this.#changesAt = this.#clock.now() + this.#within(UNSOLICITED_MS[version])
    }
    this.#say(version, changes.map(([group, { kind }]) => ({ kind, group })))
  }

  #schedule(): void {
    let next = Math.min(this.#changes.size > 0 ? this.#changesAt : NEVER, this.#allAt)
    for (const { reportAt } of this.#members.values()) next = Math.min(next, reportAt)
    if (next === this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = next
    if (next !== NEVER) this.#timer = this.#clock.at(next, () => this.#due())
  }
}
