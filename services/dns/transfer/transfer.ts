/**
 * A zone on its way out: the messages of an AXFR answer (RFC 5936 §2.2), made one at a time as the connection has room.
 *
 *   SOA | all other records, in no order | the same SOA
 *
 * Each message has the question and, when the query was signed, a signature that goes on from the one before (RFC 8945
 * §5.3.1). Letter case is kept: names are not compressed into the question (RFC 5936 §3.4).
 */
import { copy, put16, put32 } from '../../../stack/platform/index.ts'
import { signTsig, tsigOctets } from '../tsig/tsig.ts'
import type { LiveTsigKey } from '../tsig/tsig.ts'
import { NameWriter, writeRdata } from '../wire/compress.ts'
import { OPT_OCTETS, OUR_UDP_OCTETS, writeOpt } from '../wire/edns.ts'
import { MAX_STREAM_OCTETS } from '../wire/framing.ts'
import { FLAG, HEADER_OCTETS } from '../wire/message.ts'
import type { Query } from '../wire/message.ts'
import { CLASS_IN } from '../wire/type-names.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'

/** As far as pointers reach (RFC 1035 §4.1.4); a longer message compresses worse. A single record may need more. */
const USUAL_OCTETS = 16_384

export type TransferSigner = { readonly key: LiveTsigKey; readonly mac: Uint8Array }

export class Transfer {
  readonly #query: Query
  /** undefined: they are on their way. */
  #rows: Iterator<ZoneRow> | undefined
  readonly #seconds: () => number
  readonly #names = new NameWriter()
  #signer: TransferSigner | undefined
  #first = true
  /** Did not fit the message before. */
  #waiting: ZoneRow | undefined
  #over = false

  /** The rows have come. */
  onReady: () => void = () => {}

  /** Without rows it waits for supply(). `seconds` gives the time since 1970. */
  constructor(query: Query, rows: Iterator<ZoneRow> | undefined, signer: TransferSigner | undefined, seconds: () => number) {
    this.#query = query
    this.#rows = rows
    this.#signer = signer
    this.#seconds = seconds
  }

  /** Whether next() may be called. */
  get isReady(): boolean {
    return this.#rows !== undefined || this.#over
  }

  supply(rows: Iterator<ZoneRow>): void {
    if (this.#over) {
      rows.return?.()
      return
    }
    this.#rows = rows
    this.onReady()
  }

  /**
   * Writes the next message from offset 0 of `into`, which has room for 65,535 octets, and returns its length. 0: there
   * are no more. −1: a record fits no message at all; the transfer cannot go on.
   */
  next(into: Uint8Array): number {
    if (this.#over) return 0
    const reserved = (this.#query.edns === undefined ? 0 : OPT_OCTETS) + (this.#signer === undefined ? 0 : tsigOctets(this.#signer.key))
    let at = this.#head(into)
    let count = 0
    for (;;) {
      const row = this.#waiting ?? this.#take()
      if (row === undefined) break
      const after = this.#record(row, into, at, (count === 0 ? MAX_STREAM_OCTETS : USUAL_OCTETS) - reserved)
      if (after < 0) {
        this.#waiting = row
        break
      }
      this.#waiting = undefined
      at = after
      count++
    }
    if (count === 0) {
      const stuck = this.#waiting !== undefined
      this.close()
      return stuck ? -1 : 0
    }
    put16(into, 6, count)
    return this.#tail(into, at)
  }

  /** Nobody will ask for more. */
  close(): void {
    if (this.#over) return
    this.#over = true
    this.#rows?.return?.()
  }

  #take(): ZoneRow | undefined {
    const taken = this.#rows?.next()
    return taken === undefined || taken.done === true ? undefined : taken.value
  }

  #head(into: Uint8Array): number {
    const { id, name, type } = this.#query
    put16(into, 0, id)
    put16(into, 2, FLAG.QR | FLAG.AA)
    put16(into, 4, 1)
    put32(into, 6, 0)
    put16(into, 10, 0)
    copy(name, 0, into, HEADER_OCTETS, name.length)
    const at = HEADER_OCTETS + name.length
    put16(into, at, type)
    put16(into, at + 2, CLASS_IN)
    this.#names.start(0, name)
    return at + 4
  }

  #record(row: ZoneRow, into: Uint8Array, at: number, end: number): number {
    const fixed = this.#names.inRdata(into, at, end, row.owner)
    if (fixed < 0 || fixed + 10 > end) return -1
    put16(into, fixed, row.type)
    put16(into, fixed + 2, CLASS_IN)
    put32(into, fixed + 4, row.ttl)
    const next = writeRdata(this.#names, row.type, row.rdata, into, fixed + 10, end)
    if (next < 0) return -1
    put16(into, fixed + 8, next - fixed - 10)
    return next
  }

  #tail(into: Uint8Array, end: number): number {
    let length = end
    const { edns } = this.#query
    if (edns !== undefined) {
      writeOpt(into, length, OUR_UDP_OCTETS, 0, edns.dnssecOk)
      length += OPT_OCTETS
      put16(into, 10, 1)
    }
    if (this.#signer === undefined) return length
    const { key, mac } = this.#signer
    const signed = signTsig(into, 0, length, key, { now: this.#seconds(), context: { priorMac: mac, timersOnly: !this.#first } })
    this.#first = false
    this.#signer = { key, mac: signed.mac }
    return signed.length
  }
}
