/**
 * HOT PATH (hit). Notes answered queries for the query log: finished responses as they go out of the answer table, and
 * what came of a resolution. Watched by test/bench/micro/query-log.ts. What is no question (NOTIFY, UPDATE, transfers,
 * malformed) is counted elsewhere and not noted; answers that a limit by rate held back stand here as they were made.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { copy, u16 } from '../../../stack/platform/index.ts'
import type { Clock, Instant } from '../../../stack/platform/index.ts'
import type { AnswerTable, KeptOrigin } from '../server/answer-table.ts'
import type { Carrier } from '../server/carrier.ts'
import type { Resolution } from '../server/pipeline.ts'
import { HEADER_OCTETS } from '../wire/message.ts'
import { detailOctets, Details } from './details.ts'
import { ASKED_DO, RECORD_HEAD_OCTETS, RingWriter, WAS_ALLOWED } from './ring.ts'
import { CARRIERS, SOURCE } from './sources.ts'

/** How long the calendar's distance from the monotonic clock is taken for the same: reading one clock is half the cost. */
const CALENDAR_MS = 1000
const CACHE = SOURCE.cache

export class QueryNotes {
  readonly details = new Details()
  readonly #ring: RingWriter | undefined
  readonly #clock: Clock
  /** Calendar time less monotonic time, and until when that holds. */
  #offset = 0
  #offsetUntil = Number.NEGATIVE_INFINITY

  /** `memory`: ringMemory(); without it nothing is noted. */
  constructor(clock: Clock, memory: SharedArrayBuffer | undefined) {
    this.#clock = clock
    this.#ring = memory === undefined ? undefined : new RingWriter(memory)
  }

  /** HOT. */
  get isOn(): boolean {
    return this.#ring !== undefined && this.#ring.isOn
  }

  /**
   * HOT. The query at `at` was answered by the table with the octets at `intoAt`. While `isOn`. That takes less than the
   * clock can tell, so the time taken is 0.
   */
  hit(table: AnswerTable, b: Uint8Array, at: number, into: Uint8Array, intoAt: number, octets: number, client: Ipv4): void {
    const ring = this.#ring as RingWriter
    const source = table.source
    const detail = this.details.octetsOf(table.detail)
    const word = ring.claim(table.nameOctets, detail.length)
    if (word < 0) return
    const { words } = ring
    const now = this.#clock.now()
    const flags = u16(into, intoAt + 2)
    ring.times[(word >> 1) + 1] = this.#calendar(now)
    words[word + 1] = client
    words[word + 4] = table.type | ((flags & 15) << 16)
    words[word + 5] = 0
    words[word + 6] = source === CACHE ? ((now - table.storedAt) / 1000) | 0 : 0
    words[word + 7] = octets | (flags << 16)
    // The carrier is UDP, whose number is 0.
    words[word + 8] = source | (table.askedDo ? ASKED_DO << 24 : 0)
    const nameAt = word * 4 + RECORD_HEAD_OCTETS
    const from = at + HEADER_OCTETS
    const target = ring.octets
    for (let i = 0; i < table.nameOctets; i++) target[nameAt + i] = b[from + i] as number
    for (let i = 0; i < detail.length; i++) target[nameAt + table.nameOctets + i] = detail[i] as number
    ring.publish()
  }

  /** A query came to the response of so many octets at `at`, or to none (0). While `isOn`. */
  resolved(r: Resolution, into: Uint8Array, at: number, octets: number): void {
    const ring = this.#ring as RingWriter
    const { query, response, decision } = r
    const detail = detailOctets(detailOf(r))
    const { name } = query
    const word = ring.claim(name.length, detail.length)
    if (word < 0) return
    const { words } = ring
    const now = this.#clock.now()
    const source = SOURCE[r.origin]
    const asked = (query.edns?.dnssecOk === true ? ASKED_DO : 0) | (decision?.action === 'allow' ? WAS_ALLOWED : 0)
    ring.times[(word >> 1) + 1] = this.#calendar(now)
    words[word + 1] = r.client
    words[word + 4] = query.type | (response.rcode << 16)
    words[word + 5] = Math.min((now - r.startedAt) * 1000, 0x7fff_ffff) | 0
    words[word + 6] = source === CACHE || source === SOURCE.stale ? ((now - r.storedAt) / 1000) | 0 : 0
    words[word + 7] = octets | ((octets === 0 ? 0 : u16(into, at + 2)) << 16)
    words[word + 8] = source | (carrierNumber(r.carrier) << 8) | (asked << 24)
    const nameAt = word * 4 + RECORD_HEAD_OCTETS
    copy(name, 0, ring.octets, nameAt, name.length)
    copy(detail, 0, ring.octets, nameAt + name.length, detail.length)
    ring.publish()
  }

  #calendar(now: Instant): number {
    if (now >= this.#offsetUntil) {
      this.#offset = this.#clock.wallMs() - now
      this.#offsetUntil = now + CALENDAR_MS
    }
    return now + this.#offset
  }
}

/** What is said of an answer besides its source: the rule that decided, else the server that was asked. */
const detailOf = ({ decision, server }: Resolution): string => (decision === undefined ? server : ruleText(decision.list, decision.rule))

/** The list and the rule with a line feed between them: neither has one in it. */
export const ruleText = (list: string, rule: string): string => `${list}\n${rule}`

/** What the answer table keeps of it: of what was fresh, a later answer is one from the cache. */
export function keptOrigin(r: Resolution, details: Details): KeptOrigin {
  const source = SOURCE[r.origin]
  const fresh = source === SOURCE.network || source === SOURCE.stale
  const { decision } = r
  return { source: fresh ? CACHE : source, storedAt: r.storedAt, detail: decision === undefined ? 0 : details.numberOf(ruleText(decision.list, decision.rule)) }
}

const carrierNumber = ({ kind }: Carrier): number => CARRIERS.indexOf(kind)
