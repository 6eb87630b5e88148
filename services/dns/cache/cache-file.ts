/**
 * The cache as a file, to be there again after a restart. It is written and read in pieces, so that neither takes long at
 * once; numbers are big-endian.
 *
 *   file    head | piece … | end
 *   head    "TAPROOT-CACHE" and a zero, version u16 | f64 when it was begun, ms since 1970 | u16 length, what it holds for
 *   piece   u32 octets of the entries, not 0 | u32 CRC-32 of them | entries
 *   entry   f64 when it ends, ms since 1970 | u32 life (ms) | u32 tag | u32 octets after here | state and so on, as entry-codec.ts says
 *   end     u32 0 | u32 number of pieces
 *
 * The checksums are against accidents. Against people there is nothing: who may write in the data directory can change
 * zones, keys and the API's token there as well, so what was validated counts as validated when it comes back. `holds for`
 * is a text of what the answers depended on (trust anchors, who is asked); with another one the file is of no use.
 */
import { crc32 } from 'node:zlib'
import { put16, put32, u16, u32 } from '../../../stack/platform/index.ts'

const MAGIC = Buffer.from('TAPROOT-CACHE\0', 'latin1')
const VERSION = 1
const HEAD_OCTETS = MAGIC.length + 2 + 8 + 2
export const PIECE_HEAD_OCTETS = 8
export const END_OCTETS = 8
/** No writer makes longer ones: an entry of the longest, and what is gathered beside it. */
export const MAX_PIECE_OCTETS = 256 * 1024

export function fileHead(wallMs: number, holdsFor: string): Uint8Array {
  const text = Buffer.from(holdsFor, 'utf8')
  const head = new Uint8Array(HEAD_OCTETS + text.length)
  head.set(MAGIC)
  put16(head, MAGIC.length, VERSION)
  putF64(head, MAGIC.length + 2, wallMs)
  put16(head, HEAD_OCTETS - 2, text.length)
  head.set(text, HEAD_OCTETS)
  return head
}

export type FileHead = { readonly wallMs: number; readonly holdsFor: string; readonly octets: number }

/** Out of the first octets of a file; undefined: it is no such file, or of another version. */
export function readFileHead(b: Uint8Array): FileHead | undefined {
  if (b.length < HEAD_OCTETS || !MAGIC.equals(b.subarray(0, MAGIC.length)) || u16(b, MAGIC.length) !== VERSION) return undefined
  const octets = HEAD_OCTETS + u16(b, HEAD_OCTETS - 2)
  if (b.length < octets) return undefined
  return { wallMs: f64(b, MAGIC.length + 2), holdsFor: Buffer.from(b.subarray(HEAD_OCTETS, octets)).toString('utf8'), octets }
}

/** The head's longest form. */
export const MAX_HEAD_OCTETS = HEAD_OCTETS + 65_535

/** Writes the head of a piece whose entries stand behind it. */
export function sealPiece(piece: Uint8Array): void {
  const entries = piece.subarray(PIECE_HEAD_OCTETS)
  put32(piece, 0, entries.length)
  put32(piece, 4, crc32(entries))
}

export function fileEnd(pieces: number): Uint8Array {
  const end = new Uint8Array(END_OCTETS)
  put32(end, 4, pieces)
  return end
}

/** What stands at the beginning of `b`, which has the eight octets of a piece's head or the end. */
export const readPieceHead = (b: Uint8Array): { readonly octets: number; readonly sum: number } => ({ octets: u32(b, 0), sum: u32(b, 4) })

export const isIntact = (entries: Uint8Array, sum: number): boolean => crc32(entries) === sum

/** Octets before those that entry-codec.ts writes. */
export const FILED_ENTRY_HEAD = 20

/** Writes an entry's own head. */
export function putEntryHead(b: Uint8Array, at: number, endsWallMs: number, lifeMs: number, tag: number, octets: number): void {
  putF64(b, at, endsWallMs)
  put32(b, at + 8, lifeMs)
  put32(b, at + 12, tag)
  put32(b, at + 16, octets)
}

export type FiledEntry = { readonly endsWallMs: number; readonly lifeMs: number; readonly tag: number; readonly octets: number }

/** Undefined when there is no room for what it says. */
export function readEntryHead(b: Uint8Array, at: number): FiledEntry | undefined {
  if (at + FILED_ENTRY_HEAD > b.length) return undefined
  const octets = u32(b, at + 16)
  if (octets > b.length - at - FILED_ENTRY_HEAD) return undefined
  return { endsWallMs: f64(b, at), lifeMs: u32(b, at + 8), tag: u32(b, at + 12), octets }
}

const putF64 = (b: Uint8Array, at: number, value: number): void => viewOf(b).setFloat64(at, value)
const f64 = (b: Uint8Array, at: number): number => viewOf(b).getFloat64(at)
const viewOf = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.length)
