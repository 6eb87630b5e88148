/**
 * Reads pcapng capture files (draft-ietf-opsawg-pcapng §3, §4), whole or as they come: the layout is in pcapng.ts.
 * Numbers are in either order, as the section header says; blocks of other kinds are passed over. Frames must be
 * Ethernet.
 */
import { err, ok } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import {
  BLOCK_OVERHEAD_BYTES, BYTE_ORDER_MAGIC, ENHANCED_PACKET, INTERFACE_DESCRIPTION, INTERFACE_STATISTICS,
  LINK_TYPE_ETHERNET, MICROSECONDS, OPTION_DROPPED, OPTION_FLAGS, OPTION_NAME, OPTION_RECEIVED, OPTION_RESOLUTION,
  padded, SECTION_HEADER,
} from './pcapng.ts'

/** No block that this reads is larger; a jumbo frame with options is far below. */
const MAX_BLOCK_BYTES = 1 << 18
/** A section header at its shortest. */
const SECTION_HEADER_BYTES = 28

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

/** What a block says. */
export type CaptureBlock =
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'frame'; readonly frame: CapturedFrame }
  /** So far: frames that the capture saw, and how many of them are not in the file. */
  | { readonly kind: 'statistics'; readonly interfaceId: number; readonly received: number; readonly dropped: number }

/** Reads a whole file. */
export function parse(b: Uint8Array): Result<CaptureFile, PcapngFault> {
  if (b.length < SECTION_HEADER_BYTES) return err('not-pcapng')
  const reader = new PcapngReader()
  const read = reader.push(b)
  if (!read.ok) return read
  if (reader.pendingBytes > 0) return err('truncated')
  return ok({
    interfaces: read.value.flatMap((block) => (block.kind === 'interface' ? [block.name] : [])),
    frames: read.value.flatMap((block) => (block.kind === 'frame' ? [block.frame] : [])),
  })
}

/** Reads a file as it comes, in pieces of any size; keeps no more than the block that is not whole yet. */
export class PcapngReader {
  #pending: Uint8Array = new Uint8Array(0)
  #begun = false
  #little = false
  readonly #interfaces: Described[] = []

  /** Octets that wait for the rest of their block. */
  get pendingBytes(): number {
    return this.#pending.length
  }

  /** The blocks that are whole now. After a fault nothing is to be read any more. */
  push(octets: Uint8Array): Result<readonly CaptureBlock[], PcapngFault> {
    const b = new Uint8Array(this.#pending.length + octets.length)
    b.set(this.#pending)
    b.set(octets, this.#pending.length)
    const view = new DataView(b.buffer)
    const blocks: CaptureBlock[] = []
    let at = 0
    if (!this.#begun) {
      if (b.length >= 4 && view.getUint32(0) !== SECTION_HEADER) return err('not-pcapng')
      if (b.length < SECTION_HEADER_BYTES) {
        this.#pending = b
        return ok([])
      }
      this.#little = view.getUint32(8) !== BYTE_ORDER_MAGIC
      if (this.#little && view.getUint32(8, true) !== BYTE_ORDER_MAGIC) return err('not-pcapng')
      this.#begun = true
    }
    while (b.length - at >= BLOCK_OVERHEAD_BYTES) {
      const total = view.getUint32(at + 4, this.#little)
      if (total < BLOCK_OVERHEAD_BYTES || total % 4 !== 0 || total > MAX_BLOCK_BYTES) return err('block-length')
      if (total > b.length - at) break
      const type = view.getUint32(at, this.#little)
      const block = this.#read(type, { view, little: this.#little, at: at + 8, end: at + total - 4 })
      if (typeof block === 'string') return err(block)
      if (block !== undefined) blocks.push(block)
      at += total
    }
    this.#pending = b.slice(at)
    return ok(blocks)
  }

  #read(type: number, body: Body): CaptureBlock | PcapngFault | undefined {
    if (type === INTERFACE_DESCRIPTION) {
      const described = readInterface(body)
      if (typeof described === 'string') return described
      this.#interfaces.push(described)
      return { kind: 'interface', name: described.name }
    }
    if (type === ENHANCED_PACKET) {
      const frame = readFrame(body, this.#interfaces)
      return typeof frame === 'string' ? frame : { kind: 'frame', frame }
    }
    return type === INTERFACE_STATISTICS ? readStatistics(body) : undefined
  }
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

function readStatistics({ view, little, at, end }: Body): CaptureBlock | PcapngFault {
  if (end - at < 12) return 'block-length'
  const count = (code: number): number => {
    const value = option({ view, little, at: at + 12, end }, code)
    if (value === undefined || value.length < 8) return 0
    const words = new DataView(value.buffer, value.byteOffset, 8)
    return words.getUint32(little ? 4 : 0, little) * 0x1_0000_0000 + words.getUint32(little ? 0 : 4, little)
  }
  const [received, dropped] = [count(OPTION_RECEIVED), count(OPTION_DROPPED)]
  return { kind: 'statistics', interfaceId: view.getUint32(at, little), received, dropped }
}
