/**
 * The answer under construction, and its way into octets. RFC 1035 §4.1, RFC 6891 §6.
 */
import { copy, put16, put32, u16 } from '../../../stack/platform/index.ts'
import { NameWriter, writeRdata } from '../wire/compress.ts'
import { OPT_OCTETS, OUR_UDP_OCTETS, writeOpt } from '../wire/edns.ts'
import type { Edns } from '../wire/edns.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import { FLAG, HEADER_OCTETS, OPCODE, opcodeOf } from '../wire/message.ts'
import type { Query } from '../wire/message.ts'
import type { Name } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { CLASS_IN, TYPE } from '../wire/type-names.ts'
import { ADDITIONAL, ANSWER, AUTHORITY, mustSayTruncated } from './truncate.ts'

/** An RRset with what this answer says of it: a wildcard's is owned by the name asked for, a cached one is older. */
export type Placed = {
  readonly owner: Name
  readonly rrset: Rrset
  readonly ttl: number
  /** From the cache: its TTL goes on falling while the finished answer is kept. */
  readonly ages: boolean
  /** RFC 9471: a referral without it is not complete. */
  readonly glue: boolean
}

/** No zone, and several or parts that no single zone's version covers. */
export const NO_ZONE = -1
export const ANY_ZONE = -2

export class Response {
  rcode = 0
  /** Why; told to who speaks EDNS. */
  extendedError: ExtendedError | undefined
  authoritative = false
  /** Parts of it were validated; parts of it were not. Zones of our own are not validated. */
  validated = false
  unvalidated = false
  /** RFC 9824 §5.1: the rcode says NXDOMAIN where the proof is that of an empty name. */
  compactAnswerOk = false
  /** The upstream's answer was cut off; ours says so too. */
  truncated = false
  readonly answer: Placed[] = []
  readonly authority: Placed[] = []
  readonly additional: Placed[] = []
  /** Whose content this is: a zone's slot, NO_ZONE or ANY_ZONE. */
  zoneSlot = NO_ZONE
  /** False: nothing but the node of the query's own name was read, so only edits of that name matter. */
  wholeZone = false
  /** Monotonic ms from which on it must not be given again. */
  expiresAt = Number.POSITIVE_INFINITY
  /** Monotonic ms at which the TTLs of what ages were right. */
  agedAt = 0

  /** Notes that this answer depends on a zone: on the query's node alone, or on more of it. */
  depend(slot: number, wholeZone: boolean): void {
    const other = this.zoneSlot !== NO_ZONE && this.zoneSlot !== slot
    this.zoneSlot = other ? ANY_ZONE : slot
    this.wholeZone ||= wholeZone || other
  }

  /** Forgets all sections: for SERVFAIL. */
  clear(): void {
    this.answer.length = this.authority.length = this.additional.length = 0
    this.authoritative = false
    this.validated = false
  }
}

export const place = (rrset: Rrset, owner: Name = rrset.name, ttl = rrset.ttl): Placed => ({
  owner, rrset, ttl, ages: false, glue: false,
})
export const placeGlue = (rrset: Rrset): Placed => ({ ...place(rrset), glue: true })

/** TTL fields that the answer table can keep track of; a longer answer is not kept. */
export const MAX_AGEING = 64

/** RFC 4035 §3.2.3; RFC 6840 §5.7 and §5.8: to who shows by AD or DO that it understands. Who checks by itself is told nothing. */
const saysAuthentic = (query: Query, response: Response): boolean =>
  response.validated && !response.unvalidated && response.zoneSlot === NO_ZONE && (query.flags & FLAG.CD) === 0 &&
  ((query.flags & FLAG.AD) !== 0 || query.edns?.dnssecOk === true)

/** Writes responses; the fields say about the last one what the answer table needs to keep it. */
export class ResponseWriter {
  readonly #names = new NameWriter()
  truncated = false
  /** Offsets of TTLs that age, from the start of the message. */
  readonly ageing = new Uint16Array(MAX_AGEING)
  ageingCount = 0
  /** Offset of the SOA's serial; 0: no SOA in it. */
  serialAt = 0
  /** Offset of the OPT, which is the last record; 0: there is none. */
  optAt = 0

  /** Returns the length. `limit` is at least 512, so header, question and OPT always fit. */
  write(
    query: Query, response: Response, recursionAvailable: boolean, into: Uint8Array, at: number, limit: number,
  ): number {
    const questionEnd = this.#question(query, into, at)
    const why = response.extendedError
    const error = why !== undefined && questionEnd + OPT_OCTETS + why.length <= at + limit ? why : undefined
    const optOctets = query.edns === undefined ? 0 : OPT_OCTETS + (error?.length ?? 0)
    const end = at + limit - optOctets
    this.truncated = response.truncated
    this.ageingCount = 0
    this.serialAt = 0
    let next = questionEnd
    let full = false
    const sections = [response.answer, response.authority, response.additional] as const
    for (const section of [ANSWER, AUTHORITY, ADDITIONAL] as const) {
      let count = 0
      for (const placed of sections[section]) {
        const after = full ? -1 : this.#rrset(placed, into, at, next, end)
        if (after < 0) {
          full = true
          if (mustSayTruncated(section, placed.glue)) this.truncated = true
          continue
        }
        next = after
        count += placed.rrset.rdata.length
      }
      put16(into, at + 6 + 2 * section, count)
    }
    this.optAt = optOctets === 0 ? 0 : next - at
    if (query.edns !== undefined) {
      writeOpt(into, next, OUR_UDP_OCTETS, response.rcode, query.edns.dnssecOk, response.compactAnswerOk)
      if (error !== undefined) {
        put16(into, next + OPT_OCTETS - 2, error.length)
        copy(error, 0, into, next + OPT_OCTETS, error.length)
      }
      next += optOctets
      put16(into, at + 10, u16(into, at + 10) + 1)
    }
    const echoed = query.flags & (FLAG.RD | FLAG.CD)
    const flags = FLAG.QR | echoed | (response.authoritative ? FLAG.AA : 0) | (saysAuthentic(query, response) ? FLAG.AD : 0) | (this.truncated ? FLAG.TC : 0)
    put16(into, at + 2, flags | (recursionAvailable ? FLAG.RA : 0) | (response.rcode & 15))
    return next - at
  }

  #question(query: Query, into: Uint8Array, at: number): number {
    put16(into, at, query.id)
    put16(into, at + 4, 1)
    const nameEnd = at + HEADER_OCTETS + query.name.length
    copy(query.name, 0, into, at + HEADER_OCTETS, query.name.length)
    put16(into, nameEnd, query.type)
    put16(into, nameEnd + 2, query.class)
    this.#names.start(at, query.name)
    return nameEnd + 4
  }

  /** Offset after the whole RRset; −1 when it does not fit, and then nothing counts of what was written. */
  #rrset(placed: Placed, into: Uint8Array, base: number, from: number, end: number): number {
    const { rrset } = placed
    const ageingBefore = this.ageingCount
    let next = from
    for (const rdata of rrset.rdata) {
      const fixed = this.#names.owner(into, next, end, placed.owner)
      if (fixed < 0 || fixed + 10 > end) return this.#undo(ageingBefore)
      put16(into, fixed, rrset.type)
      put16(into, fixed + 2, CLASS_IN)
      put32(into, fixed + 4, placed.ttl)
      if (placed.ages) this.#age(fixed + 4 - base)
      next = writeRdata(this.#names, rrset.type, rdata, into, fixed + 10, end)
      if (next < 0) return this.#undo(ageingBefore)
      put16(into, fixed + 8, next - fixed - 10)
      if (rrset.type === TYPE.SOA) this.serialAt = next - 20 - base
    }
    return next
  }

  #undo(ageingCount: number): number {
    this.ageingCount = ageingCount
    return -1
  }

  #age(offset: number): void {
    // One more than there is room for tells the answer table to let it be.
    if (this.ageingCount < MAX_AGEING) this.ageing[this.ageingCount] = offset
    this.ageingCount++
  }
}

/**
 * An answer without records to what could not be read as a query: header, the question if it was readable, OPT if
 * asked.
 */
export function writeError(
  query: Uint8Array, queryAt: number, questionEnd: number, rcode: number, edns: Edns | undefined,
  into: Uint8Array, at: number, limit: number,
): number {
  const withOpt = edns === undefined ? 0 : OPT_OCTETS
  const length = questionEnd + withOpt <= limit ? questionEnd : HEADER_OCTETS
  copy(query, queryAt, into, at, length)
  const asked = u16(query, queryAt + 2)
  // What the bit means in messages of other opcodes nobody knows; there it is to be 0 (RFC 8906 §8.1.4).
  const opcodeAndRd = asked & (opcodeOf(asked) === OPCODE.QUERY ? 0x7800 | FLAG.RD : 0x7800)
  put16(into, at + 2, FLAG.QR | opcodeAndRd | (rcode & 15))
  put16(into, at + 4, length > HEADER_OCTETS ? 1 : 0)
  put32(into, at + 6, 0)
  put16(into, at + 10, edns === undefined ? 0 : 1)
  if (edns !== undefined) writeOpt(into, at + length, OUR_UDP_OCTETS, rcode, edns.dnssecOk)
  return length + withOpt
}
