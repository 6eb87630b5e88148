/**
 * HOT PATH. Ethernet II frames (RFC 894), without the frame check sequence.
 *    0                6               12      14
 *   |  destination    |    source     | type  |  payload, 46 to MTU octets
 * A type below 0x0600 is an IEEE 802.3 length. Watched by test/bench/micro/udp-echo.ts.
 */
import { formatMac, parseMac } from '../address/mac.ts'
import type { Mac } from '../address/mac.ts'
import { assert, err, i32, ok, put16, put32, u16 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'

export const ETHERNET_HEADER_BYTES = 14
/** RFC 894: shorter payloads are padded with zeros. */
export const MIN_PAYLOAD_BYTES = 46
export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_ARP = 0x0806
/** Below this the field is a length (IEEE 802.3). */
export const FIRST_ETHERTYPE = 0x0600

/** An address on the hot path is two numbers: the first 16 bits, and the last 32 as an int32. */
export const BROADCAST_HIGH = 0xffff
export const BROADCAST_LOW = -1
/** 01:00:5e and the low 23 bits of an IPv4 group (RFC 1112 §6.4). */
export const MULTICAST_HIGH = 0x0100
export const MULTICAST_LOW = 0x5e00_0000

export const destinationHigh = (b: Uint8Array, at: number): number => u16(b, at)
export const destinationLow = (b: Uint8Array, at: number): number => i32(b, at + 2)
export const sourceIsGroup = (b: Uint8Array, at: number): boolean => ((b[at + 6] as number) & 1) === 1
export const etherType = (b: Uint8Array, at: number): number => u16(b, at + 12)

/** Writes six octets from the two numbers of an address. */
export function putMac(b: Uint8Array, at: number, high: number, low: number): void {
  put16(b, at, high)
  put32(b, at + 2, low)
}

export type EthernetFault = 'truncated' | 'group-source' | 'ieee-802.3'

/** After `undefined` every accessor is safe for the same frame. */
export function check(b: Uint8Array, at: number, end: number): EthernetFault | undefined {
  if (end - at < ETHERNET_HEADER_BYTES) return 'truncated'
  if (sourceIsGroup(b, at)) return 'group-source'
  return etherType(b, at) < FIRST_ETHERTYPE ? 'ieee-802.3' : undefined
}

export type EthernetHeader = { readonly destination: Mac; readonly source: Mac; readonly type: number }

export function parse(b: Uint8Array, at: number, end: number): Result<EthernetHeader, EthernetFault> {
  const fault = check(b, at, end)
  if (fault !== undefined) return err(fault)
  return ok({ destination: formatMac(b, at), source: formatMac(b, at + 6), type: etherType(b, at) })
}

/** Writes the 14 octets at `at`. The addresses must be well formed. */
export function emit(header: EthernetHeader, b: Uint8Array, at: number): void {
  const destination = parseMac(header.destination)
  const source = parseMac(header.source)
  assert(destination !== undefined && source !== undefined, 'an Ethernet header has two addresses')
  b.set(destination, at)
  b.set(source, at + 6)
  put16(b, at + 12, header.type)
}
