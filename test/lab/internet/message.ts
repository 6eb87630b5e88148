/** Queries read and answers written octet by octet, also those that no decent server would send. RFC 1035 §4.1. */
import { FLAG } from '../../../services/dns/wire/message.ts'
import { ABSOLUTE, formatName, name, nameLength } from '../../../services/dns/wire/name.ts'
import { parseRdataText } from '../../../services/dns/wire/rdata.ts'
import { typeCode, typeName } from '../../../services/dns/wire/type-names.ts'

export type Asked = {
  readonly id: number
  readonly flags: number
  /** In lower case, without the final dot. */
  readonly name: string
  readonly type: string
  readonly edns: boolean
  /** The question as it came, letter case and all. */
  readonly question: Uint8Array
  readonly octets: Uint8Array
}

const HEADER = 12
const TYPE_OPT = 41

/** Undefined when it is no query with one question. */
export function readAsked(octets: Uint8Array): Asked | undefined {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  if (octets.length < HEADER + 5 || view.getUint16(4) !== 1) return undefined
  const length = nameLength(octets, HEADER, octets.length)
  const end = HEADER + length + 4
  if (length <= 0 || end > octets.length) return undefined
  const edns = view.getUint16(10) > 0 && octets.length >= end + 11 && view.getUint16(end + 1) === TYPE_OPT
  return {
    id: view.getUint16(0), flags: view.getUint16(2), name: formatName(octets, HEADER).toLowerCase().replace(/\.$/, ''),
    type: typeName(view.getUint16(end - 4)), edns, question: octets.slice(HEADER, end), octets,
  }
}

/** "www.example. 300 A 192.0.2.1" */
function recordOctets(record: string): readonly number[] {
  const [owner = '', ttl = '', type = '', ...rest] = record.split(' ')
  const code = typeCode(type) ?? 0
  const rdata = parseRdataText(code, rest.join(' '), ABSOLUTE)
  if (!rdata.ok) throw new Error(`${record}: ${rdata.error}`)
  const seconds = Number(ttl)
  const length = rdata.value.length
  return [
    ...name(owner.replace(/(.)\.$/, '$1')), code >> 8, code & 255, 0, 1, seconds >>> 24, (seconds >> 16) & 255, (seconds >> 8) & 255, seconds & 255,
    length >> 8, length & 255, ...rdata.value,
  ]
}

export type Told = {
  readonly rcode?: number
  readonly aa?: boolean
  readonly tc?: boolean
  readonly answer?: readonly string[]
  readonly authority?: readonly string[]
  readonly additional?: readonly string[]
  /** With an OPT record; where the query had one when left out. */
  readonly edns?: boolean
  readonly id?: number
  readonly question?: Uint8Array
}

/** An answer to `asked`, of whatever length. */
export function answerOctets(asked: Asked, told: Told): Uint8Array {
  const { rcode = 0, aa = true, tc = false, answer = [], authority = [], additional = [], id = asked.id } = told
  const { edns = asked.edns, question = asked.question } = told
  const flags = FLAG.QR | (aa ? FLAG.AA : 0) | (tc ? FLAG.TC : 0) | (asked.flags & FLAG.RD) | (rcode & 15)
  const opt = edns ? [0, 0, TYPE_OPT, 0x10, 0, rcode >> 4, 0, 0, 0, 0, 0] : []
  const counts = [question.length > 0 ? 1 : 0, answer.length, authority.length, additional.length + (edns ? 1 : 0)]
  return Uint8Array.from([
    ...[id, flags, ...counts].flatMap(value => [value >> 8, value & 255]), ...question,
    ...[...answer, ...authority, ...additional].flatMap(recordOctets), ...opt,
  ])
}
