/**
 * HOT PATH. IEEE 802.3 frames with 802.2 LLC and SNAP headers (RFC 1042): where an Ethernet II frame has its type,
 * these have the length of what follows, and the type comes after the SNAP header.
 *    0                6               12       14     17        20      22
 *   |  destination    |    source     | length | aa aa 03 | 00 00 00 | type  |  payload
 * Watched by test/bench/micro/udp-echo.ts.
 */
import { put16, put32, u16, u32 } from '../platform/index.ts'
import { ETHERNET_HEADER_BYTES } from './ethernet.ts'

export const LLC_SNAP_BYTES = 8
export const SNAP_HEADER_BYTES = ETHERNET_HEADER_BYTES + LLC_SNAP_BYTES

export type SnapFault = 'ieee-802.3' | 'length-past-end'

/** After `undefined` the accessors are safe. 'ieee-802.3': another protocol of 802.2 than RFC 1042's. */
export function check(b: Uint8Array, at: number, end: number): SnapFault | undefined {
  const length = u16(b, at + 12)
  if (length > end - at - ETHERNET_HEADER_BYTES) return 'length-past-end'
  if (length < LLC_SNAP_BYTES) return 'ieee-802.3'
  return u32(b, at + 14) === 0xaaaa_0300 && u16(b, at + 18) === 0 ? undefined : 'ieee-802.3'
}

export const snapType = (b: Uint8Array, at: number): number => u16(b, at + 20)
/** Where the payload ends; octets after it are padding. */
export const snapEnd = (b: Uint8Array, at: number): number => at + ETHERNET_HEADER_BYTES + u16(b, at + 12)

/** Writes what stands between the addresses and the payload of `length` octets. */
export function write(b: Uint8Array, at: number, type: number, length: number): void {
  put16(b, at + 12, LLC_SNAP_BYTES + length)
  put32(b, at + 14, 0xaaaa_0300)
  put16(b, at + 18, 0)
  put16(b, at + 20, type)
}
