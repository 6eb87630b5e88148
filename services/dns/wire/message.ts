/**
 * DNS messages (RFC 1035 §4.1, RFC 6895 for the numbers, RFC 9619 for QDCOUNT).
 *
 *   0                16  17     21 22 23 24 25 26 27 28   32
 *   |       id       |QR| opcode |AA|TC|RD|RA| Z|AD|CD|rcode|
 *   |    QDCOUNT     |            ANCOUNT                   |   then question, answer, authority, additional
 *   |    NSCOUNT     |            ARCOUNT                   |
 *
 * Queries are read by parseQuery, which says with which rcode a bad one is to be answered; responses of upstream
 * servers by parseMessage into records. Neither throws.
 */
import type { Result } from '../../../stack/platform/index.ts'
import { err, ok, u16, u32 } from '../../../stack/platform/index.ts'
import { parseOpt } from './edns.ts'
import type { Edns } from './edns.ts'
import { nameKey, nameLength, NameReader, skipName } from './name.ts'
import type { Name, NameKey } from './name.ts'
import { readRdata } from './rdata.ts'
import { META } from './type-names.ts'

export const HEADER_OCTETS = 12
/** RFC 1035 §4.2.1: the most over UDP without EDNS. */
export const MIN_UDP_OCTETS = 512
export const MAX_MESSAGE_OCTETS = 65_535

/** Bits of the header's second 16-bit word. */
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, AD: 0x0020, CD: 0x0010 } as const
export const opcodeOf = (flags: number): number => (flags >>> 11) & 15

export const OPCODE = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5 } as const

export const RCODE = {
  NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, YXDOMAIN: 6, YXRRSET: 7, NXRRSET: 8,
  NOTAUTH: 9, NOTZONE: 10, BADVERS: 16, BADCOOKIE: 23,
} as const
const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([text, code]) => [code, text]))
export const rcodeName = (rcode: number): string => RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`

/** A well-formed query of one question. */
export type Query = {
  readonly id: number
  readonly flags: number
  /** Letter case as the client wrote it; it goes back so (RFC 4343 §4, and what clients compare). */
  readonly name: Name
  readonly key: NameKey
  readonly type: number
  readonly class: number
  readonly edns: Edns | undefined
}

/**
 * `drop`: no answer is due. `update`: a message of that opcode, to be read by its own rules (RFC 2136). `error`: answer with this rcode; `questionEnd` is where the octets to echo end (the
 * header's own length when there is no readable question).
 */
export type ParsedQuery =
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'update'; readonly questionEnd: number; readonly edns: undefined }
  | { readonly kind: 'drop'; readonly because: 'short' | 'response' }
  | { readonly kind: 'error'; readonly rcode: number; readonly questionEnd: number; readonly edns: Edns | undefined }

const DROP_SHORT: ParsedQuery = { kind: 'drop', because: 'short' }
const DROP_RESPONSE: ParsedQuery = { kind: 'drop', because: 'response' }

const fault = (rcode: number, questionEnd: number, edns?: Edns): ParsedQuery =>
  ({ kind: 'error', rcode, questionEnd, edns })

/** Reads the datagram of `length` octets at `at`. Records before OPT are skipped: a plain query has no use for them. */
export function parseQuery(b: Uint8Array, at: number, length: number): ParsedQuery {
  if (length < HEADER_OCTETS) return DROP_SHORT
  const flags = u16(b, at + 2)
  // Answering a response could start a loop between two servers.
  if ((flags & FLAG.QR) !== 0) return DROP_RESPONSE
  const end = at + length
  const wrongOpcode = opcodeOf(flags) !== OPCODE.QUERY
  const oneQuestion = u16(b, at + 4) === 1
  const nameOctets = oneQuestion ? nameLength(b, at + HEADER_OCTETS, end) : -1
  const questionEnd = at + HEADER_OCTETS + nameOctets + 4
  const readable = nameOctets > 0 && questionEnd <= end
  const echoed = readable ? questionEnd - at : HEADER_OCTETS
  if (opcodeOf(flags) === OPCODE.UPDATE) return { kind: 'update', questionEnd: echoed, edns: undefined }
  const hasNone = u16(b, at + 4) === 0
  // RFC 6891 §6.1.1: whoever sends OPT gets OPT, as far as the records can be read at all.
  const edns = readable || hasNone ? scanRecords(b, at, readable ? questionEnd : at + HEADER_OCTETS, end) : 'malformed'
  if (wrongOpcode) return fault(RCODE.NOTIMP, echoed, edns === 'malformed' ? undefined : edns)
  if (edns === 'malformed') return fault(RCODE.FORMERR, echoed)
  if (hasNone) return fault(RCODE.FORMERR, HEADER_OCTETS, edns)
  if (edns !== undefined && edns.version !== 0) return fault(RCODE.BADVERS, echoed, edns)
  const type = u16(b, questionEnd - 4)
  const name = b.slice(at + HEADER_OCTETS, at + HEADER_OCTETS + nameOctets)
  return {
    kind: 'query',
    query: { id: u16(b, at), flags, name, key: nameKey(name), type, class: u16(b, questionEnd - 2), edns },
  }
}

/** Walks all records after the question; the one OPT, or undefined without one. Octets left over are malformed too. */
function scanRecords(b: Uint8Array, base: number, from: number, end: number): Edns | undefined | 'malformed' {
  const beforeAdditional = u16(b, base + 6) + u16(b, base + 8)
  const count = beforeAdditional + u16(b, base + 10)
  let edns: Edns | undefined
  let i = from
  for (let n = 0; n < count; n++) {
    const fixed = skipName(b, i, end)
    if (fixed < 0 || fixed + 10 > end || fixed + 10 + u16(b, fixed + 8) > end) return 'malformed'
    const next = fixed + 10 + u16(b, fixed + 8)
    if (u16(b, fixed) === META.OPT) {
      // RFC 6891 §6.1.1: one at most, in the additional section, owned by the root.
      const opt = n >= beforeAdditional && edns === undefined && b[i] === 0 ? parseOpt(b, fixed, next) : undefined
      if (opt === undefined) return 'malformed'
      edns = opt
    }
    i = next
  }
  return i === end ? edns : 'malformed'
}

/** A record out of a message; names in rdata are expanded. */
export type MessageRecord = {
  readonly name: Name
  readonly key: NameKey
  readonly type: number
  readonly class: number
  /** Seconds; a value with the top bit set is 0 (RFC 2181 §8). */
  readonly ttl: number
  readonly rdata: Uint8Array
}
export type Message = {
  readonly id: number
  readonly flags: number
  /** Extended by OPT when there is one. */
  readonly rcode: number
  readonly name: Name
  readonly key: NameKey
  readonly type: number
  readonly class: number
  readonly edns: Edns | undefined
  readonly answer: readonly MessageRecord[]
  readonly authority: readonly MessageRecord[]
  readonly additional: readonly MessageRecord[]
}
export type MessageFault = 'short' | 'question-count' | 'question' | 'record' | 'opt'

const names = new NameReader()

/** Reads a whole message of one question. A message has at most 65,535 octets, which bounds the work. */
export function parseMessage(b: Uint8Array, at: number, length: number): Result<Message, MessageFault> {
  if (length < HEADER_OCTETS) return err('short')
  const end = at + length
  const flags = u16(b, at + 2)
  if (u16(b, at + 4) !== 1) return err('question-count')
  if (!names.read(b, at, at + HEADER_OCTETS, end) || names.next + 4 > end) return err('question')
  const name = names.take()
  const key = names.key()
  const questionEnd = names.next + 4
  const sections: MessageRecord[][] = [[], [], []]
  let edns: Edns | undefined
  let i = questionEnd
  for (let section = 0; section < 3; section++) {
    for (let n = u16(b, at + 6 + 2 * section); n > 0; n--) {
      if (!names.read(b, at, i, end) || names.next + 10 > end) return err('record')
      const fixed = names.next
      const next = fixed + 10 + u16(b, fixed + 8)
      if (next > end) return err('record')
      if (u16(b, fixed) === META.OPT) {
        if (edns !== undefined || section !== 2) return err('opt')
        edns = parseOpt(b, fixed, next)
        if (edns === undefined) return err('opt')
      } else {
        const record = readRecord(b, at, fixed, next)
        if (record === undefined) return err('record')
        ;(sections[section] as MessageRecord[]).push(record)
      }
      i = next
    }
  }
  const [answer, authority, additional] = sections as [MessageRecord[], MessageRecord[], MessageRecord[]]
  const rcode = (flags & 15) | ((edns?.rcodeHigh ?? 0) << 4)
  return ok({
    id: u16(b, at), flags, rcode, name, key, type: u16(b, questionEnd - 4), class: u16(b, questionEnd - 2),
    edns, answer, authority, additional,
  })
}

/** The owner stands in `names`. */
function readRecord(b: Uint8Array, base: number, fixed: number, next: number): MessageRecord | undefined {
  const owner = names.take()
  const type = u16(b, fixed)
  const ttl = u32(b, fixed + 4)
  const rdata = readRdata(type, b, base, fixed + 10, next, names)
  if (rdata === undefined) return undefined
  return { name: owner, key: nameKey(owner), type, class: u16(b, fixed + 2), ttl: ttl > 0x7fff_ffff ? 0 : ttl, rdata }
}
