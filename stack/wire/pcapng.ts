/**
 * The pcapng capture file (draft-ietf-opsawg-pcapng §3, §4), as much of it as a capture of Ethernet links needs. A file
 * is a row of blocks; numbers are written big-endian, and read in either order, as the section header says.
 *    0       4       8                    n−4      n
 *   | type  | total |  body, padded to 4  | total  |
 * Section header: byte-order magic 1a2b3c4d, version 1.0, section length −1 (unknown).
 * Interface description: link type 16 bits, reserved 16, snap length 32, options.
 * Enhanced packet: interface 32, time 64 (high word first, in microseconds), captured 32, original 32, octets, options.
 */
import { err, ok, put16, put32 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'

const SECTION_HEADER = 0x0a0d_0d0a
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const BYTE_ORDER_MAGIC = 0x1a2b_3c4d
const LINK_TYPE_ETHERNET = 1
const OPTION_NAME = 2
const OPTION_RESOLUTION = 9
const OPTION_FLAGS = 2
/** Where the octets of a frame begin in an enhanced packet block. */
export const PACKET_OCTETS_AT = 28
/** Type and two copies of the length. */
const BLOCK_OVERHEAD_BYTES = 12
/** No block that this reads is larger; a jumbo frame with options is far below. */
const MAX_BLOCK_BYTES = 1 << 18
const MICROSECONDS = 6

export type CapturedFrame = {
  /** In the order of the interface descriptions, from 0. */
  readonly interfaceId: number
  /** Since 1970-01-01T00:00Z. */
  readonly timeUs: number
  /** Which way it went past the tap; undefined when the file does not say. */
  readonly direction: 'in' | 'out' | undefined
  /** Its length on the link; `octets` may be cut. */
  readonly originalLength: number
  readonly octets: Uint8Array
}

export type CaptureFile = { readonly interfaces: readonly string[]; readonly frames: readonly CapturedFrame[] }

export type PcapngFault = 'not-pcapng' | 'truncated' | 'block-length' | 'link-type' | 'interface-unknown'

const padded = (length: number): number => (length + 3) & ~3

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
  put32(b, 12, Math.floor(timeUs / 0x1_0000_0000))
  put32(b, 16, timeUs % 0x1_0000_0000)
  put32(b, 20, captured)
  put32(b, 24, originalLength)
  b.set(frames.subarray(at, at + captured), PACKET_OCTETS_AT)
  putOption(b, PACKET_OCTETS_AT + padded(captured), OPTION_FLAGS, Uint8Array.of(0, 0, 0, direction === 'in' ? 1 : 2))
  return b
}

/** Reads a whole file; blocks of other kinds are passed over. Frames must be Ethernet. */
export function parse(b: Uint8Array): Result<CaptureFile, PcapngFault> {
  const view = new DataView(b.buffer, b.byteOffset, b.byteLength)
  if (b.length < 28 || view.getUint32(0) !== SECTION_HEADER) return err('not-pcapng')
  const little = view.getUint32(8) !== BYTE_ORDER_MAGIC
  if (little && view.getUint32(8, true) !== BYTE_ORDER_MAGIC) return err('not-pcapng')
  const interfaces: Described[] = []
  const frames: CapturedFrame[] = []
  for (let at = 0; at < b.length; ) {
    if (b.length - at < BLOCK_OVERHEAD_BYTES) return err('truncated')
    const type = view.getUint32(at, little)
    const total = view.getUint32(at + 4, little)
    if (total < BLOCK_OVERHEAD_BYTES || total % 4 !== 0 || total > MAX_BLOCK_BYTES) return err('block-length')
    if (total > b.length - at) return err('truncated')
    const body = { view, little, at: at + 8, end: at + total - 4 }
    if (type === INTERFACE_DESCRIPTION) {
      const described = readInterface(body)
      if (typeof described === 'string') return err(described)
      interfaces.push(described)
    } else if (type === ENHANCED_PACKET) {
      const frame = readFrame(body, interfaces)
      if (typeof frame === 'string') return err(frame)
      frames.push(frame)
    }
    at += total
  }
  return ok({ interfaces: interfaces.map(({ name }) => name), frames })
}

type Body = { readonly view: DataView; readonly little: boolean; readonly at: number; readonly end: number }
type Described = { readonly name: string; readonly unitsPerSecond: number }

function readInterface({ view, little, at, end }: Body): Described | PcapngFault {
  if (end - at < 8) return 'block-length'
  if (view.getUint16(at, little) !== LINK_TYPE_ETHERNET) return 'link-type'
  const options = { view, little, at: at + 8, end }
  const name = option(options, OPTION_NAME)
  const resolution = option(options, OPTION_RESOLUTION)?.[0] ?? MICROSECONDS
  const unitsPerSecond = resolution < 0x80 ? 10 ** resolution : 2 ** (resolution & 0x7f)
  return { name: name === undefined ? '' : new TextDecoder().decode(name), unitsPerSecond }
}

function readFrame({ view, little, at, end }: Body, interfaces: readonly Described[]): CapturedFrame | PcapngFault {
  if (end - at < 20) return 'block-length'
  const interfaceId = view.getUint32(at, little)
  const described = interfaces[interfaceId]
  if (described === undefined) return 'interface-unknown'
  const captured = view.getUint32(at + 12, little)
  if (captured > end - at - 20) return 'block-length'
  const time = view.getUint32(at + 4, little) * 0x1_0000_0000 + view.getUint32(at + 8, little)
  const flags = option({ view, little, at: at + 20 + padded(captured), end }, OPTION_FLAGS)
  const bits = flags === undefined || flags.length < 4 ? 0 : (flags[little ? 0 : 3] as number) & 3
  const from = view.byteOffset + at + 20
  return {
    interfaceId,
    timeUs: described.unitsPerSecond === 1e6 ? time : Math.floor((time / described.unitsPerSecond) * 1e6),
    direction: bits === 1 ? 'in' : bits === 2 ? 'out' : undefined,
    originalLength: view.getUint32(at + 16, little),
    octets: new Uint8Array(view.buffer, from, captured).slice(),
  }
}

/** The value of the first option with this code. */
function option({ view, little, at, end }: Body, code: number): Uint8Array | undefined {
  for (let next = at; end - next >= 4; ) {
    const found = view.getUint16(next, little)
    const length = view.getUint16(next + 2, little)
    if (found === 0 || length > end - next - 4) return undefined
    if (found === code) return new Uint8Array(view.buffer, view.byteOffset + next + 4, length)
    next += 4 + padded(length)
  }
  return undefined
}
