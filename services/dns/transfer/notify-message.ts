/**
 * NOTIFY messages (RFC 1996): opcode 4, a question for the SOA of the zone that has changed, and, as a hint, the SOA
 * that it has now (§3.7).
 *
 *   header, AA | question: zone, SOA, IN | answer: the SOA, its owner a pointer to the question
 */
import { put16, put32, u16, u32 } from '../../../stack/platform/index.ts'
import type { Edns } from '../wire/edns.ts'
import { FLAG, HEADER_OCTETS, OPCODE, opcodeOf, parseMessage } from '../wire/message.ts'
import type { NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { CLASS_IN, TYPE } from '../wire/type-names.ts'

/** Two names of 255 octets at most in the SOA, one in the question. */
export const NOTIFY_OCTETS = HEADER_OCTETS + 259 + 12 + 2 * 255 + 20
const NOTIFY_FLAGS = (OPCODE.NOTIFY << 11) | FLAG.AA
const POINTER_TO_QUESTION = 0xc000 | HEADER_OCTETS

/** Writes the message that says that the zone of this SOA has changed, from offset 0; returns its length. */
export function writeNotify(into: Uint8Array, id: number, soa: Rrset): number {
  const rdata = soa.rdata[0] as Uint8Array
  put16(into, 0, id)
  put16(into, 2, NOTIFY_FLAGS)
  put16(into, 4, 1)
  put16(into, 6, 1)
  put32(into, 8, 0)
  into.set(soa.name, HEADER_OCTETS)
  const at = HEADER_OCTETS + soa.name.length
  put16(into, at, TYPE.SOA)
  put16(into, at + 2, CLASS_IN)
  put16(into, at + 4, POINTER_TO_QUESTION)
  put16(into, at + 6, TYPE.SOA)
  put16(into, at + 8, CLASS_IN)
  put32(into, at + 10, soa.ttl)
  put16(into, at + 14, rdata.length)
  into.set(rdata, at + 16)
  return at + 16 + rdata.length
}

/** The rcode of the answer to our message with this id about this zone; undefined when it is none. */
export function notifyAnswer(b: Uint8Array, at: number, length: number, id: number, zone: NameKey): number | undefined {
  if (length < HEADER_OCTETS || u16(b, at) !== id) return undefined
  const flags = u16(b, at + 2)
  if ((flags & FLAG.QR) === 0 || opcodeOf(flags) !== OPCODE.NOTIFY) return undefined
  // Servers that do not know the opcode may answer with the header alone.
  if (u16(b, at + 4) === 0) return flags & 15
  const parsed = parseMessage(b, at, length)
  return parsed.ok && parsed.value.key === zone ? parsed.value.rcode : undefined
}

export type Notify = {
  readonly key: NameKey
  readonly type: number
  readonly class: number
  /** What the sender says that it has; no more than a hint (§3.7). */
  readonly serial: number | undefined
  readonly edns: Edns | undefined
  /** From the start of the message. */
  readonly questionEnd: number
}

/** True for a request of this opcode. */
export const isNotify = (b: Uint8Array, at: number, length: number): boolean =>
  length >= HEADER_OCTETS && (u16(b, at + 2) & FLAG.QR) === 0 && opcodeOf(u16(b, at + 2)) === OPCODE.NOTIFY

/** Reads a request; undefined when it is malformed. */
export function readNotify(b: Uint8Array, at: number, length: number): Notify | undefined {
  const parsed = parseMessage(b, at, length)
  if (!parsed.ok) return undefined
  const { key, type, answer, edns, name } = parsed.value
  const soa = answer.find((record) => record.type === TYPE.SOA && record.key === key)
  const serial = soa === undefined ? undefined : u32(soa.rdata, soa.rdata.length - 20)
  return { key, type, class: parsed.value.class, serial, edns, questionEnd: HEADER_OCTETS + name.length + 4 }
}
