/**
 * An UPDATE message (RFC 2136 §2): the sections of a query under other names, and what may stand in them.
 *
 *   | header | zone (one question, type SOA) | prerequisites | updates | additional |
 *
 * Class and data length of a record say what it asks for (§2.4, §2.5); what they mean is judged by prerequisites.ts and
 * plan-update.ts, in the order in which the RFC wants it. Here only what cannot be read is refused.
 */
import { u16, u32 } from '../../../stack/platform/index.ts'
import { parseOpt } from '../wire/edns.ts'
import type { Edns } from '../wire/edns.ts'
import { HEADER_OCTETS, RCODE } from '../wire/message.ts'
import { nameKey, NameReader, nameLength } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { readRdata } from '../wire/rdata.ts'
import { CLASS_IN, META, TYPE } from '../wire/type-names.ts'

/** §2.4, §2.5: classes that say "not" and "whatever there is". */
export const CLASS_NONE = 254
export const CLASS_ANY = 255

export type UpdateRecord = {
  readonly name: Name
  readonly key: NameKey
  readonly type: number
  readonly class: number
  /** As it stands there, 32 bits. */
  readonly ttl: number
  /** Names in it are expanded where the class says that it is data. */
  readonly rdata: Uint8Array
}

export type UpdateMessage = {
  readonly zone: NameKey
  readonly prerequisites: readonly UpdateRecord[]
  readonly updates: readonly UpdateRecord[]
}

/** `questionEnd`: where the octets to echo end, counted from the start of the message (§3.8). */
export type ParsedUpdate = { readonly questionEnd: number; readonly edns: Edns | undefined } & (
  | { readonly message: UpdateMessage }
  | { readonly message: undefined; readonly rcode: number }
)

const names = new NameReader()

/** Reads the message of `length` octets at `at`: a whole header with this opcode. */
export function parseUpdate(b: Uint8Array, at: number, length: number): ParsedUpdate {
  const end = at + length
  const zoneOctets = u16(b, at + 4) === 1 ? nameLength(b, at + HEADER_OCTETS, end) : -1
  const zoneEnd = at + HEADER_OCTETS + zoneOctets + 4
  if (zoneOctets < 0 || zoneEnd > end) return { questionEnd: HEADER_OCTETS, edns: undefined, message: undefined, rcode: RCODE.FORMERR }
  const questionEnd = zoneEnd - at
  const sections = readSections(b, at, zoneEnd, end)
  if (sections === undefined) return { questionEnd, edns: undefined, message: undefined, rcode: RCODE.FORMERR }
  const { edns, prerequisites, updates } = sections
  if (edns !== undefined && edns.version !== 0) return { questionEnd, edns, message: undefined, rcode: RCODE.BADVERS }
  // §3.1.1: anything but one SOA question is no name of a zone.
  if (u16(b, zoneEnd - 4) !== TYPE.SOA) return { questionEnd, edns, message: undefined, rcode: RCODE.FORMERR }
  if (u16(b, zoneEnd - 2) !== CLASS_IN) return { questionEnd, edns, message: undefined, rcode: RCODE.NOTAUTH }
  const zone = nameKey(b, at + HEADER_OCTETS, zoneOctets)
  return { questionEnd, edns, message: { zone, prerequisites, updates } }
}

type Sections = { readonly prerequisites: UpdateRecord[]; readonly updates: UpdateRecord[]; edns: Edns | undefined }

/** The three sections after the zone. Of the additional one only the OPT counts (§2.6). */
function readSections(b: Uint8Array, base: number, from: number, end: number): Sections | undefined {
  const sections: Sections = { prerequisites: [], updates: [], edns: undefined }
  let i = from
  for (let section = 0; section < 3; section++) {
    for (let n = u16(b, base + 6 + 2 * section); n > 0; n--) {
      if (!names.read(b, base, i, end) || names.next + 10 > end) return undefined
      const fixed = names.next
      const next = fixed + 10 + u16(b, fixed + 8)
      if (next > end) return undefined
      if (section < 2) {
        const record = readRecord(b, base, fixed, next)
        if (record === undefined) return undefined
        ;(section === 0 ? sections.prerequisites : sections.updates).push(record)
      } else if (u16(b, fixed) === META.OPT) {
        const opt = sections.edns === undefined && b[i] === 0 ? parseOpt(b, fixed, next) : undefined
        if (opt === undefined) return undefined
        sections.edns = opt
      }
      i = next
    }
  }
  return i === end ? sections : undefined
}

/** The owner stands in `names`. */
function readRecord(b: Uint8Array, base: number, fixed: number, next: number): UpdateRecord | undefined {
  const name = names.take()
  const type = u16(b, fixed)
  const recordClass = u16(b, fixed + 2)
  const isBare = next === fixed + 10
  const isData = recordClass === CLASS_IN || (recordClass === CLASS_NONE && !isBare)
  const rdata = isData ? readRdata(type, b, base, fixed + 10, next, names) : b.slice(fixed + 10, next)
  if (rdata === undefined) return undefined
  return { name, key: nameKey(name), type, class: recordClass, ttl: u32(b, fixed + 4), rdata }
}
