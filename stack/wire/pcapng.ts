/**
 * The pcapng capture file (draft-ietf-opsawg-pcapng §3, §4), as much of it as a capture of Ethernet links needs. A file
 * is a row of blocks; numbers are written big-endian, and read in either order, as the section header says.
 *    0       4       8                    n−4      n
 *   | type  | total |  body, padded to 4  | total  |
 * Section header: byte-order magic 1a2b3c4d, version 1.0, section length −1 (unknown).
 * Interface description: link type 16 bits, reserved 16, snap length 32, options.
 * Enhanced packet: interface 32, time 64 (high word first, in microseconds), captured 32, original 32, octets, options.
 * Interface statistics: interface 32, time 64, options with 64-bit counts of frames seen and of frames left out.
 * This file writes; pcapng-reader.ts reads.
 */
import { put16, put32 } from '../platform/index.ts'

export const SECTION_HEADER = 0x0a0d_0d0a
export const INTERFACE_DESCRIPTION = 1
export const ENHANCED_PACKET = 6
export const INTERFACE_STATISTICS = 5
export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d
export const LINK_TYPE_ETHERNET = 1
export const OPTION_NAME = 2
export const OPTION_RESOLUTION = 9
export const OPTION_FLAGS = 2
export const OPTION_RECEIVED = 4
export const OPTION_DROPPED = 5
/** Where the octets of a frame begin in an enhanced packet block. */
export const PACKET_OCTETS_AT = 28
/** Type and two copies of the length. */
export const BLOCK_OVERHEAD_BYTES = 12
export const MICROSECONDS = 6

export const padded = (length: number): number => (length + 3) & ~3

function block(type: number, bodyLength: number): Uint8Array {
  const total = BLOCK_OVERHEAD_BYTES + padded(bodyLength)
  const b = new Uint8Array(total)
  put32(b, 0, type)
  put32(b, 4, total)
  put32(b, total - 4, total)
  return b
}

function putOption(b: Uint8Array, at: number, code: number, value: Uint8Array): number {
  put16(b, at, code)
  put16(b, at + 2, value.length)
  b.set(value, at + 4)
  return at + 4 + padded(value.length)
}

/** The block that a file begins with. */
export function sectionHeader(): Uint8Array {
  const b = block(SECTION_HEADER, 16)
  put32(b, 8, BYTE_ORDER_MAGIC)
  put16(b, 12, 1)
  b.fill(0xff, 16, 24)
  return b
}

/** One per interface, before its frames. `snapLength` 0: frames are not cut. */
export function interfaceDescription(name: string, snapLength: number): Uint8Array {
  const text = new TextEncoder().encode(name)
  // Link type to snap length, name, resolution, end of options.
  const b = block(INTERFACE_DESCRIPTION, 8 + 4 + padded(text.length) + 8 + 4)
  put16(b, 8, LINK_TYPE_ETHERNET)
  put32(b, 12, snapLength)
  putOption(b, putOption(b, 16, OPTION_NAME, text), OPTION_RESOLUTION, Uint8Array.of(MICROSECONDS))
  return b
}

/** The block of one frame, of which the first `captured` octets from `at` are kept. */
export function enhancedPacket(
  interfaceId: number,
  timeUs: number,
  direction: 'in' | 'out',
  frames: Uint8Array,
  at: number,
  captured: number,
  originalLength: number,
): Uint8Array {
  const b = block(ENHANCED_PACKET, 20 + padded(captured) + 8 + 4)
  put32(b, 8, interfaceId)
  put64(b, 12, timeUs)
  put32(b, 20, captured)
  put32(b, 24, originalLength)
  b.set(frames.subarray(at, at + captured), PACKET_OCTETS_AT)
  putOption(b, PACKET_OCTETS_AT + padded(captured), OPTION_FLAGS, Uint8Array.of(0, 0, 0, direction === 'in' ? 1 : 2))
  return b
}

/** What a capture saw of an interface so far, and how much of that is not in the file. May come more than once. */
export function interfaceStatistics(
  interfaceId: number,
  timeUs: number,
  received: number,
  dropped: number,
): Uint8Array {
  const b = block(INTERFACE_STATISTICS, 12 + 12 + 12 + 4)
  put32(b, 8, interfaceId)
  put64(b, 12, timeUs)
  const value = new Uint8Array(8)
  put64(value, 0, received)
  const next = putOption(b, 20, OPTION_RECEIVED, value)
  put64(value, 0, dropped)
  putOption(b, next, OPTION_DROPPED, value)
  return b
}

/** A whole number below 2^53. */
function put64(b: Uint8Array, at: number, value: number): void {
  put32(b, at, Math.floor(value / 0x1_0000_0000))
  put32(b, at + 4, value % 0x1_0000_0000)
}
