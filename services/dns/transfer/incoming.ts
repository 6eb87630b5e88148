/**
 * A zone on its way in: the messages of an answer to AXFR (RFC 5936) or IXFR (RFC 1995), taken one by one, until they
 * make a version.
 *
 *   AXFR   SOA | all other records | the same SOA
 *   IXFR   SOA new | SOA old, what went, SOA next, what came | … | SOA new
 *          or SOA alone: there is nothing newer; or the form of AXFR
 *
 * Nothing is taken over before the last record is there and the last signature is genuine (RFC 8945 §5.3.1).
 */
import { u16, u32 } from '../../../stack/platform/index.ts'
import type { DnsRecord } from '../../model/index.ts'
import { FLAG, HEADER_OCTETS, OPCODE, opcodeOf, RCODE, rcodeName } from '../wire/message.ts'
import { isAtOrBelow, nameKey, NameReader, type NameKey } from '../wire/name.ts'
import { readRdata } from '../wire/rdata.ts'
import { CLASS_IN, isMetaType, META, TYPE } from '../wire/type-names.ts'
import { isNewerSerial } from '../zone/serial.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'
import { GatheredDifference, MAX_NEW_ROWS } from './difference.ts'
import { soaFieldsOf, soaSerial, type TransferredSoa } from './soa.ts'
import { StreamSignature, type StreamSignatureFault } from './stream-signature.ts'

/** Of all messages together: a million rows of 256 octets. */
export const MAX_INCOMING_OCTETS = 256 * 1024 * 1024

export type TransferFault =
  /** The primary refuses, or does not know the zone or the type. */
  | { readonly kind: 'rcode'; readonly rcode: string }
  | { readonly kind: 'signature'; readonly fault: StreamSignatureFault }
  | { readonly kind: 'malformed' | 'not-an-answer' | 'no-soa' | 'wrong-serial' | 'bad-record' | 'no-name-server' | 'too-large' }
  /** What changed does not fit the copy. */
  | { readonly kind: 'inconsistent' }

export type NewVersion = {
  readonly soa: TransferredSoa
  readonly remove: readonly DnsRecord[]
  readonly add: readonly DnsRecord[]
  /** As it came. */
  readonly soaRow: ZoneRow
  /** How it came. */
  readonly form: 'changes' | 'whole'
}
export type Received =
  | { readonly kind: 'more' }
  /** The primary has nothing newer. */
  | { readonly kind: 'current' }
  | { readonly kind: 'version'; readonly version: NewVersion }
  | { readonly kind: 'failed'; readonly fault: TransferFault }

export type IncomingOptions = {
  /** The copy as it is. */
  readonly live: LiveZone
  /** AXFR or IXFR, as it was asked. */
  readonly type: number
  /** Of the query. */
  readonly id: number
  readonly signature: StreamSignature | undefined
  readonly nextRecordId: () => number
}

const MORE: Received = { kind: 'more' }
const failed = (kind: Exclude<TransferFault['kind'], 'rcode' | 'signature'>): Received => ({ kind: 'failed', fault: { kind } })

/** Where in the answer we are. */
type Phase =
  | { readonly kind: 'first' }
  /** After the first SOA: the next record tells the form. */
  | { readonly kind: 'second' }
  | { readonly kind: 'whole' }
  | { readonly kind: 'removing'; readonly serial: number }
  | { readonly kind: 'adding'; readonly serial: number }
  | { readonly kind: 'over' }

const names = new NameReader()

export class IncomingTransfer {
  readonly #o: IncomingOptions
  readonly #apex: NameKey
  #phase: Phase = { kind: 'first' }
  #soa: { readonly ttl: number; readonly rdata: Uint8Array; readonly serial: number } | undefined
  #difference: GatheredDifference | undefined
  #octets = 0

  constructor(options: IncomingOptions) {
    this.#o = options
    this.#apex = options.live.key
  }

  /** Takes the message of `length` octets at `at`, which may be overwritten afterwards. After anything but 'more' it is over. */
  receive(b: Uint8Array, at: number, length: number): Received {
    this.#octets += length
    if (this.#octets > MAX_INCOMING_OCTETS) return failed('too-large')
    const { signature, id } = this.#o
    if (length < HEADER_OCTETS || u16(b, at) !== id) return failed('not-an-answer')
    const signed = signature?.take(b, at, length)
    if (signed !== undefined && signed !== 'taken') return { kind: 'failed', fault: { kind: 'signature', fault: signed } }
    const read = this.#message(b, at, length)
    if (read !== undefined) return read
    if (this.#phase.kind !== 'over') return MORE
    // The last message is signed in any case (RFC 8945 §5.3.1).
    if (signature !== undefined && !signature.isWhole) return { kind: 'failed', fault: { kind: 'signature', fault: 'unsigned' } }
    return this.#version()
  }

  /** undefined: its records are taken. */
  #message(b: Uint8Array, at: number, length: number): Received | undefined {
    const end = at + length
    const flags = u16(b, at + 2)
    if ((flags & FLAG.QR) === 0 || opcodeOf(flags) !== OPCODE.QUERY || (flags & FLAG.TC) !== 0) return failed('not-an-answer')
    const rcode = flags & 15
    if (rcode !== RCODE.NOERROR) return { kind: 'failed', fault: { kind: 'rcode', rcode: rcodeName(rcode) } }
    let i = this.#question(b, at, end)
    if (i < 0) return failed('not-an-answer')
    const alone = u16(b, at + 6) === 1
    for (let n = u16(b, at + 6); n > 0; n--) {
      if (!names.read(b, at, i, end) || names.next + 10 > end) return failed('malformed')
      const fixed = names.next
      const next = fixed + 10 + u16(b, fixed + 8)
      if (next > end) return failed('malformed')
      const row = readRow(b, at, fixed, next)
      if (row === undefined) return failed('malformed')
      if (u16(b, fixed + 2) !== CLASS_IN || isMetaType(row.type)) return failed('bad-record')
      const fault = this.#row(row)
      if (fault !== undefined) return fault
      i = next
    }
    // RFC 1995 §4: a single SOA that is not newer says that the copy is current.
    const { live, type } = this.#o
    const tellsCurrent = this.#phase.kind === 'second' && alone && type === META.IXFR && this.#soa !== undefined
    if (tellsCurrent && !isNewerSerial(this.#soa?.serial ?? 0, live.zone.serial)) return { kind: 'current' }
    return undefined
  }

  /** RFC 5936 §2.2.1: the first message has the question, others may. −1: it is another. */
  #question(b: Uint8Array, at: number, end: number): number {
    const count = u16(b, at + 4)
    if (count === 0) return this.#phase.kind === 'first' ? -1 : at + HEADER_OCTETS
    if (count > 1 || !names.read(b, at, at + HEADER_OCTETS, end) || names.next + 4 > end) return -1
    return names.key() === this.#apex && u16(b, names.next) === this.#o.type ? names.next + 4 : -1
  }

  #row(row: ZoneRow): Received | undefined {
    const key = nameKey(row.owner)
    // Out of the zone is nothing of its primary's business (RFC 5936 §3.3 speaks of glue, which lies within).
    if (!isAtOrBelow(key, this.#apex)) return this.#phase.kind === 'first' ? failed('no-soa') : undefined
    if (row.type !== TYPE.SOA) return this.#plain(row)
    return key === this.#apex ? this.#soaRow(row) : failed('bad-record')
  }

  #plain(row: ZoneRow): Received | undefined {
    const phase = this.#phase
    if (phase.kind === 'first') return failed('no-soa')
    if (phase.kind === 'over') return failed('bad-record')
    if (phase.kind === 'second') this.#begin(true)
    const difference = this.#difference as GatheredDifference
    const fits = phase.kind === 'removing' ? difference.remove(row) : difference.add(row)
    if (!fits) return failed('inconsistent')
    return difference.newRows > MAX_NEW_ROWS ? failed('too-large') : undefined
  }

  #begin(whole: boolean): void {
    this.#difference = new GatheredDifference(this.#o.live, whole, this.#o.nextRecordId)
    this.#phase = whole ? { kind: 'whole' } : { kind: 'removing', serial: this.#o.live.zone.serial }
  }

  #soaRow(row: ZoneRow): Received | undefined {
    const serial = soaSerial(row.rdata)
    const phase = this.#phase
    const last = this.#soa?.serial
    switch (phase.kind) {
      case 'first':
        this.#soa = { ttl: row.ttl, rdata: row.rdata, serial }
        this.#phase = { kind: 'second' }
        return undefined
      case 'second':
        if (this.#o.type === META.IXFR && serial === this.#o.live.zone.serial && serial !== last) {
          this.#begin(false)
          return undefined
        }
        // A zone of nothing but its SOA.
        return failed(serial === last ? 'no-name-server' : 'wrong-serial')
      case 'whole':
        if (serial !== last) return failed('wrong-serial')
        this.#phase = { kind: 'over' }
        return undefined
      case 'removing':
        this.#phase = { kind: 'adding', serial }
        return undefined
      case 'adding':
        // The version that was reached is the last one, or the next change begins with it.
        if (serial !== phase.serial) return failed('wrong-serial')
        this.#phase = serial === last ? { kind: 'over' } : { kind: 'removing', serial }
        return undefined
      case 'over':
        return failed('bad-record')
    }
  }

  #version(): Received {
    const { live } = this.#o
    const difference = this.#difference
    if (difference === undefined || this.#soa === undefined) return failed('malformed')
    const { rdata, ttl } = this.#soa
    const soa = soaFieldsOf(rdata, ttl)
    const soaRow = { owner: live.apex, type: TYPE.SOA, ttl, rdata }
    const { remove, add } = difference.end()
    if (!keepsServer(live, remove, add)) return failed('no-name-server')
    return { kind: 'version', version: { soa, soaRow, remove, add, form: difference.isWhole ? 'whole' : 'changes' } }
  }
}

/** A zone without NS records at its apex is no zone (RFC 1034 §4.2.1). */
function keepsServer(live: LiveZone, remove: readonly DnsRecord[], add: readonly DnsRecord[]): boolean {
  const isServer = (record: DnsRecord): boolean => record.type === 'NS' && live.isApex(record.name)
  const gone = new Set(remove.map((record) => record.id))
  return add.some(isServer) || live.recordsAt(live.key).some((record) => isServer(record) && !gone.has(record.id))
}

/** The owner stands in `names`. */
function readRow(b: Uint8Array, base: number, fixed: number, end: number): ZoneRow | undefined {
  const owner = names.take()
  const type = u16(b, fixed)
  const ttl = u32(b, fixed + 4)
  const rdata = readRdata(type, b, base, fixed + 10, end, names)
  // RFC 2181 §8: a TTL with the top bit set is 0.
  return rdata === undefined ? undefined : { owner, type, ttl: ttl > 0x7fff_ffff ? 0 : ttl, rdata }
}
