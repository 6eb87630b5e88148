/**
 * What stands in a client identifier (option 61), for people. Its first octet says which kind it is: a hardware type
 * (RFC 2132 §9.14), 0 for anything else, 255 for the identifier of RFC 4361 §6.1: an IAID of four octets and a DUID as
 * in DHCPv6 (RFC 8415 §11).
 */
import { formatMac } from '../../../stack/index.ts'
import { toHex, u16, u32 } from '../../../stack/platform/index.ts'

const NODE_SPECIFIC = 255
const IAID_BYTES = 4
/** RFC 8415 §11.2: DUID times count from 2000-01-01. */
const DUID_EPOCH_MS = Date.UTC(2000, 0, 1)
const DUID_LLT = 1
const DUID_EN = 2
const DUID_LL = 3
const DUID_UUID = 4

/** One line: "Ethernet 02:00:00:00:00:01", "IAID 00000001, DUID-LLT Ethernet 02:00:00:00:00:01 of 2026-11-22", …. */
export function describeClientIdentifier(b: Uint8Array): string {
  const kind = b[0]
  if (kind === undefined) return 'empty'
  const rest = b.subarray(1)
  if (kind === NODE_SPECIFIC && rest.length >= IAID_BYTES + 2) {
    return `IAID ${toHex(rest.subarray(0, IAID_BYTES))}, ${describeDuid(rest.subarray(IAID_BYTES))}`
  }
  if (kind === 0) return printable(rest) ? `text "${String.fromCharCode(...rest)}"` : `octets ${toHex(rest)}`
  if (kind === 1 && rest.length === 6) return hardware(1, rest)
  // Some clients leave the kind out and send bare text.
  return printable(b) && b.length > 2 ? `text "${String.fromCharCode(...b)}"` : hardware(kind, rest)
}

/** The DUID of an RFC 4361 identifier; undefined for every other kind. */
export const duidOf = (b: Uint8Array): Uint8Array | undefined =>
  b[0] === NODE_SPECIFIC && b.length > 1 + IAID_BYTES + 2 ? b.subarray(1 + IAID_BYTES) : undefined

function describeDuid(b: Uint8Array): string {
  switch (u16(b, 0)) {
    case DUID_LLT:
      if (b.length < 9) break
      return `DUID-LLT ${hardware(u16(b, 2), b.subarray(8))} of ${dayOf(u32(b, 4))}`
    case DUID_EN:
      if (b.length < 7) break
      return `DUID-EN enterprise ${u32(b, 2)} ${toHex(b.subarray(6))}`
    case DUID_LL:
      if (b.length < 5) break
      return `DUID-LL ${hardware(u16(b, 2), b.subarray(4))}`
    case DUID_UUID:
      if (b.length !== 18) break
      return `DUID-UUID ${toHex(b.subarray(2)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
  }
  return `DUID ${toHex(b)}`
}

const hardware = (type: number, b: Uint8Array): string =>
  type === 1 && b.length === 6 ? `Ethernet ${formatMac(b)}` : `hardware type ${type} ${toHex(b)}`

const dayOf = (seconds: number): string => new Date(DUID_EPOCH_MS + seconds * 1000).toISOString().slice(0, 10)

const printable = (b: Uint8Array): boolean => b.length > 0 && b.every(octet => octet >= 0x20 && octet <= 0x7e)
