/** Whether octets that came from a server are the response to a query of ours, and which. RFC 5452 §9.1, RFC 6891 §7. */
import { u16 } from '../../../stack/platform/index.ts'
import { FLAG, HEADER_OCTETS, opcodeOf, OPCODE, parseMessage, RCODE } from '../wire/message.ts'
import type { Message, MessageRecord } from '../wire/message.ts'
import { LOWER, nameOfKey, NameReader } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import { canonicalRdata } from '../wire/rdata.ts'
import { CLASS_IN } from '../wire/type-names.ts'

export type Expected = {
  readonly id: number
  readonly type: number
  /** The name as sent. */
  readonly name: Name
}

export type Match =
  /** Not a response to what was asked: a forgery, a stray or an old one. Waiting goes on. */
  | { readonly kind: 'stray'; readonly because: 'short' | 'not-a-response' | 'id' | 'question' }
  | { readonly kind: 'malformed' }
  /** RFC 6891 §7: a server that cannot read EDNS may send FORMERR without the question. */
  | { readonly kind: 'format-error' }
  /** TC is set, and so nothing after the question is looked at. */
  | { readonly kind: 'truncated'; readonly sameCase: boolean }
  | { readonly kind: 'response'; readonly message: Message; readonly sameCase: boolean }

const SHORT: Match = { kind: 'stray', because: 'short' }
const NOT_A_RESPONSE: Match = { kind: 'stray', because: 'not-a-response' }
const ANOTHER_ID: Match = { kind: 'stray', because: 'id' }
const ANOTHER_QUESTION: Match = { kind: 'stray', because: 'question' }
const MALFORMED: Match = { kind: 'malformed' }
const FORMAT_ERROR: Match = { kind: 'format-error' }

/**
 * The same message with its names in lower case, as far as DNSSEC does not mind: a server that points into the question
 * writes with our letters, and nobody is to see in what is kept how they fell.
 */
export function inLowerCase(message: Message): Message {
  const lower = (record: MessageRecord): MessageRecord =>
    ({ ...record, name: nameOfKey(record.key), rdata: canonicalRdata(record.type, record.rdata) })
  return {
    ...message, answer: message.answer.map(lower), authority: message.authority.map(lower), additional: message.additional.map(lower),
  }
}

const names = new NameReader()

export function match(b: Uint8Array, at: number, length: number, expected: Expected): Match {
  if (length < HEADER_OCTETS) return SHORT
  const flags = u16(b, at + 2)
  if ((flags & FLAG.QR) === 0 || opcodeOf(flags) !== OPCODE.QUERY) return NOT_A_RESPONSE
  if (u16(b, at) !== expected.id) return ANOTHER_ID
  const questions = u16(b, at + 4)
  if (questions === 0 && (flags & 15) === RCODE.FORMERR) return FORMAT_ERROR
  const end = at + length
  if (questions !== 1 || !names.read(b, at, at + HEADER_OCTETS, end) || names.next + 4 > end) return MALFORMED
  if (u16(b, names.next) !== expected.type || u16(b, names.next + 2) !== CLASS_IN) return ANOTHER_QUESTION
  const { name } = expected
  if (names.length !== name.length) return ANOTHER_QUESTION
  let sameCase = true
  for (let i = 0; i < name.length; i++) {
    const [theirs, ours] = [names.bytes[i] as number, name[i] as number]
    if (theirs === ours) continue
    if (LOWER[theirs] !== LOWER[ours]) return ANOTHER_QUESTION
    sameCase = false
  }
  if ((flags & FLAG.TC) !== 0) return { kind: 'truncated', sameCase }
  const parsed = parseMessage(b, at, length)
  return parsed.ok ? { kind: 'response', message: parsed.value, sameCase } : MALFORMED
}
