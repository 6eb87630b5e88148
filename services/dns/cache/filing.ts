/** Between the cache and pieces of its file: entries taken out as octets, and put in again after a restart. */
import type { Clock } from '../../../stack/platform/index.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import { isRdata } from '../wire/rdata.ts'
import { TYPE } from '../wire/type-names.ts'
import { isIntact, FILED_ENTRY_HEAD, PIECE_HEAD_OCTETS, putEntryHead, readEntryHead, readPieceHead, sealPiece } from './cache-file.ts'
import { EntryReader } from './entry-codec.ts'
import { STATE_AT } from './entry-log.ts'
import type { EntryLog } from './entry-log.ts'

/** Some 150 entries, and a third of a millisecond. */
const PIECE_OCTETS = 16 * 1024

/** One piece, sealed; undefined: nothing was left. `next` is where to go on. */
export type Taken = { readonly piece: Uint8Array | undefined; readonly next: number | undefined }

/** Entries from the handle `from` on. */
export function takePiece(log: EntryLog, clock: Clock, from: number): Taken {
  const handles: number[] = []
  let octets = PIECE_HEAD_OCTETS
  let handle = Math.max(1, from)
  for (; handle < log.end && octets < PIECE_OCTETS; handle++) {
    if (!log.isLive(handle)) continue
    handles.push(handle)
    octets += FILED_ENTRY_HEAD + log.blockOctets(handle) - STATE_AT
  }
  const next = handle < log.end ? handle : undefined
  return { piece: handles.length === 0 ? undefined : pieceOf(log, clock, handles, octets), next }
}

function pieceOf(log: EntryLog, clock: Clock, handles: readonly number[], octets: number): Uint8Array {
  const piece = new Uint8Array(octets)
  const wallOffset = clock.wallMs() - clock.now()
  let at = PIECE_HEAD_OCTETS
  for (const handle of handles) {
    const rest = log.blockOctets(handle) - STATE_AT
    const from = log.blockOf(handle) + STATE_AT
    putEntryHead(piece, at, log.expiresAt(handle) + wallOffset, log.lifeMs(handle), log.tagOf(handle), rest)
    piece.set(log.bytes.subarray(from, from + rest), at + FILED_ENTRY_HEAD)
    at += FILED_ENTRY_HEAD + rest
  }
  sealPiece(piece)
  return piece
}

export type Filed = { readonly partition: number; readonly finding: Finding }

const reader = new EntryReader()

/** What a piece holds, in the clock's own time; undefined: it is damaged. */
export function readPiece(piece: Uint8Array, clock: Clock): readonly Filed[] | undefined {
  if (piece.length < PIECE_HEAD_OCTETS) return undefined
  const { octets, sum } = readPieceHead(piece)
  const entries = piece.subarray(PIECE_HEAD_OCTETS)
  if (octets !== entries.length || !isIntact(entries, sum)) return undefined
  const wallOffset = clock.wallMs() - clock.now()
  const filed: Filed[] = []
  for (let at = 0; at < entries.length;) {
    const head = readEntryHead(entries, at)
    if (head === undefined || !Number.isFinite(head.endsWallMs) || head.tag >>> 16 > MAX_PARTITION) return undefined
    const end = at + FILED_ENTRY_HEAD + head.octets
    // An entry's state stands where its head in the file ends, as in a block of the log.
    const finding = reader.read(entries, at, end, head.tag & 0xffff, head.endsWallMs - wallOffset, head.lifeMs)
    if (finding === undefined || !isWellFormed(finding)) return undefined
    filed.push({ partition: head.tag >>> 16, finding })
    at = end
  }
  return filed
}

const MAX_PARTITION = 15

/** Whether every record is one of its type: those who read findings rely on it. */
const isWellFormed = ({ kind, type, answer, authority }: Finding): boolean =>
  (kind === 'nxdomain') === (type === 0) && kind !== 'alias' && [...answer, ...authority].every(isWellFormedSet)

const isWellFormedSet = ({ rrset, signatures }: SignedRrset): boolean =>
  rrset.rdata.length > 0 && rrset.rdata.every((rdata) => isRdata(rrset.type, rdata))
  && (signatures?.rdata ?? []).every((rdata) => isRdata(TYPE.RRSIG, rdata))
