/**
 * Kinds of fields of types that time has passed by and that BIND still reads: NXT (RFC 2535), A6 (RFC 2874), ATMA (ATM
 * Forum AF-DANS-0152), and the data of DOA (draft-durand-doa-over-dns), which may be none.
 */
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import { type FieldCodec, nameField, shown } from './fields.ts'
import { formatIpv6, parseIpv6 } from './ipv6.ts'
import { formatBase64, parseBase64 } from './presentation.ts'
import { typeCode, typeName } from './type-names.ts'

/** RFC 2535 §5.2: a bit for each type up to 127; bit 0 would say that this is another form. */
const MAX_NXT_OCTETS = 16

/** Types that a name has, as NXT lists them: one window without a number. */
export const nxtBitmap: FieldCodec = {
  read: (from, into) => {
    const bits: number[] = []
    for (let token = from.next(); token !== undefined; token = from.next()) {
      const code = typeCode(token.text)
      if (code === undefined || code === 0 || code >= 8 * MAX_NXT_OCTETS) {
        return `${shown(token.text)} is not a record type of a number up to 127`
      }
      while (bits.length <= code >>> 3) bits.push(0)
      bits[code >>> 3] = (bits[code >>> 3] as number) | (0x80 >>> (code & 7))
    }
    into.push(...bits)
    return undefined
  },
  write: (b, at, end) => {
    const types: string[] = []
    for (let bit = 0; bit < 8 * (end - at); bit++) {
      if (((b[at + (bit >>> 3)] as number) & (0x80 >>> (bit & 7))) !== 0) types.push(typeName(bit))
    }
    return types.join(' ')
  },
  length: (b, at, end) => (end - at <= MAX_NXT_OCTETS && (end === at || (b[at] as number) < 0x80) ? end - at : -1),
}

/** Octets of an address behind a prefix of so many bits. */
const suffixOctets = (prefix: number): number => (135 - prefix) >> 3

/** RFC 2874 §3.1: length of a prefix, the address without it, and where the prefix is found: "64 ::1 net.example". */
export const a6: FieldCodec = {
  read: (from, into, names) => {
    const text = from.next()?.text ?? ''
    const prefix = /^\d{1,3}$/.test(text) ? Number(text) : 129
    if (prefix > 128) return `${shown(text)} is not the length of a prefix from 0 to 128`
    into.push(prefix)
    if (prefix < 128) {
      const suffix = from.next()?.text ?? ''
      const address = parseIpv6(suffix)
      if (address === undefined) return `${shown(suffix)} is not an IPv6 address such as ::1`
      const octets = address.slice(16 - suffixOctets(prefix))
      // §3.1: bits of the prefix are zero in the suffix.
      octets[0] = (octets[0] as number) & (0xff >> (prefix & 7))
      into.push(...octets)
    }
    return prefix === 0 ? undefined : nameField.read(from, into, names)
  },
  write: (b, at, end, finalDots) => {
    const prefix = b[at] as number
    const octets = suffixOctets(prefix)
    const address = new Uint8Array(16)
    address.set(b.subarray(at + 1, at + 1 + octets), 16 - octets)
    const parts = [String(prefix), ...(prefix < 128 ? [formatIpv6(address, 0)] : [])]
    return (prefix === 0 ? parts : [...parts, nameField.write(b, at + 1 + octets, end, finalDots)]).join(' ')
  },
  length: (b, at, end) => {
    const prefix = at < end ? (b[at] as number) : 129
    if (prefix > 128) return -1
    const octets = 1 + suffixOctets(prefix)
    if (at + octets > end) return -1
    const name = prefix === 0 ? 0 : nameField.length(b, at + octets, end)
    return name < 0 ? -1 : octets + name
  },
}

/** An ATM address: format 0 in hexadecimal with dots anywhere, format 1 as "+" and digits (E.164). */
export const atmAddress: FieldCodec = {
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    const digits = /^\+(\d{1,253})$/.exec(text)?.[1]
    const octets = digits === undefined ? fromHex(text.replaceAll('.', '')) : Buffer.from(digits, 'latin1')
    if (octets === undefined || octets.length === 0) return `${shown(text)} is not an ATM address: +digits, or hexadecimal`
    into.push(digits === undefined ? 0 : 1, ...octets)
    return undefined
  },
  write: (b, at, end) =>
    b[at] === 1 ? `+${Buffer.from(b.subarray(at + 1, end)).toString('latin1')}` : toHex(b.subarray(at + 1, end)),
  length: (b, at, end) => {
    if (end - at < 2 || (b[at] as number) > 1) return -1
    if (b[at] === 0) return end - at
    for (let i = at + 1; i < end; i++) if ((b[i] as number) < 0x30 || (b[i] as number) > 0x39) return -1
    return end - at
  },
}

/** Octets to the end in base 64; "-" for none. */
export const base64OrNone: FieldCodec = {
  read: (from, into) => {
    let text = ''
    for (let token = from.next(); token !== undefined; token = from.next()) text += token.text
    const octets = text === '-' ? new Uint8Array(0) : parseBase64(text)
    if (octets === undefined || (octets.length === 0 && text !== '-')) return `${shown(text)} is not base 64, or "-" for none`
    for (const octet of octets) into.push(octet)
    return undefined
  },
  write: (b, at, end) => (end === at ? '-' : formatBase64(b, at, end)),
  length: (_b, at, end) => end - at,
}
