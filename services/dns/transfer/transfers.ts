/**
 * Who may have which zone, and the transfers under way. A zone goes to nobody unless its policy says so: to addresses,
 * or to those who sign with one of its keys; one of the two is enough.
 */
import { contains, type Ipv4 } from '../../../stack/index.ts'
import { copy, u16, u32 } from '../../../stack/platform/index.ts'
import { CLOSED_TRANSFERS, type TransferPolicy, type ZoneEdit } from '../../model/index.ts'
import { type Carrier, isEncrypted, TCP } from '../server/carrier.ts'
import { readSignature } from '../tsig/signature.ts'
import type { Signature, TsigKeys } from '../tsig/signature.ts'
import { HEADER_OCTETS, MAX_MESSAGE_OCTETS, parseMessage, parseQuery } from '../wire/message.ts'
import type { Query } from '../wire/message.ts'
import { keyOf, type NameKey } from '../wire/name.ts'
import { CLASS_IN, META, TYPE } from '../wire/type-names.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { Views } from '../views/views.ts'
import type { ZoneSet } from '../zone/zone-set.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'
import { type ReadHistory, rowsFromHistory } from './history.ts'
import { Journal } from './journal.ts'
import { Transfer } from './transfer.ts'

/** At a time; one more is refused, as is one of a zone whose signing only begins, and a secondary tries again. Each may keep a copy of the rows that edits remove. */
export const MAX_TRANSFERS = 16

/** More do not fit a datagram: a row has 12 octets at least. */
const MAX_DATAGRAM_ROWS = 400

export type TransferCount = 'transfer-begun' | 'transfer-refused' | 'transfer-full'

export type TransfersOptions = {
  readonly zones: ZoneSet
  readonly views: Views
  readonly keys: TsigKeys
  readonly seconds: () => number
  readonly count: (what: TransferCount) => void
  /** What has changed in a zone, back to the beginning of its history; without it the journal in memory is all there is. */
  readonly history?: ReadHistory | undefined
}

const isOpen = ({ prefixes, keys }: TransferPolicy): boolean => prefixes.length + keys.length > 0

export class Transfers {
  /** What IXFR is answered from. */
  readonly journal = new Journal()
  readonly #o: TransfersOptions
  /** By zone. */
  readonly #policies = new Map<number, TransferPolicy>()
  #underWay = 0
  readonly #message = new Uint8Array(MAX_MESSAGE_OCTETS)

  constructor(options: TransfersOptions) {
    this.#o = options
  }

  setPolicy(policy: TransferPolicy): void {
    this.#policies.set(policy.zoneId, policy)
    if (!isOpen(policy)) this.journal.forget(policy.zoneId)
  }

  /** An edit has taken effect. Rows are kept for zones only that somebody may have. */
  edited(edit: ZoneEdit): void {
    if (isOpen(this.policyOf(edit.zoneId))) this.journal.note(edit)
  }

  policyOf(zoneId: number): TransferPolicy {
    return this.#policies.get(zoneId) ?? { zoneId, ...CLOSED_TRANSFERS }
  }

  forget(zoneId: number): void {
    this.#policies.delete(zoneId)
    this.journal.forget(zoneId)
  }

  /**
   * Begins what the message of `length` octets at `at` asks for, which came from `source` over TCP. undefined: nothing,
   * because it is another query or is refused; then it is to be answered as any other.
   */
  begin(b: Uint8Array, at: number, length: number, source: Ipv4, carrier: Carrier = TCP): Transfer | undefined {
    // Most queries are short and have no type of this kind: a look at the type spares them the rest.
    if (!mayAskForZone(b, at, length)) return undefined
    const parsed = parseQuery(b, at, length)
    if (parsed.kind !== 'query' || parsed.query.class !== CLASS_IN) return undefined
    const known = parsed.query.type === META.IXFR ? serialIn(b, at, length) : undefined
    if (parsed.query.type === META.IXFR && known === undefined) return undefined
    const signature = readSignature(b, at, length, this.#o.keys, this.#o.seconds())
    if (signature === 'malformed' || signature?.fault !== undefined) return undefined
    const zone = this.#o.zones.seenFrom(this.#o.views.viewOf(source, signature?.signer?.key)).closest(parsed.query.key)
    if (zone === undefined || zone.key !== parsed.query.key || !zone.isServed || !this.#isAllowed(zone, source, signature?.signer?.key, isEncrypted(carrier))) {
      this.#o.count('transfer-refused')
      return undefined
    }
    if (this.#underWay >= MAX_TRANSFERS || zone.security?.isReady === false) {
      this.#o.count('transfer-full')
      return undefined
    }
    this.#o.count('transfer-begun')
    return this.#transfer(parsed.query, zone, signature, known)
  }

  #isAllowed(zone: LiveZone, source: Ipv4, signer: NameKey | undefined, encrypted: boolean): boolean {
    const { prefixes, keys, tlsOnly } = this.policyOf(zone.zone.id)
    if (tlsOnly && !encrypted) return false
    return prefixes.some((prefix) => contains(prefix, source)) || (signer !== undefined && keys.some((name) => keyOf(name) === signer))
  }

  /** `known`: the version that an IXFR query says the secondary has. */
  #transfer(query: Query, zone: LiveZone, signature: Signature | undefined, known: number | undefined): Transfer {
    this.#underWay++
    const key = signature?.signer
    const signer = signature === undefined || key === undefined ? undefined : { key, mac: signature.mac }
    const changes = known === undefined ? undefined : this.journal.rowsSince(zone, known)
    const closed = (): void => void this.#underWay--
    const rowsOf = (rows: readonly ZoneRow[] | undefined): Iterator<ZoneRow> => (rows === undefined ? axfrRows(zone, closed) : listedRows(rows, closed))
    const { history } = this.#o
    if (known === undefined || changes !== undefined || history === undefined || zone.security?.isMade === true) {
      return new Transfer(query, rowsOf(changes), signer, this.#o.seconds)
    }
    const transfer = new Transfer(query, undefined, signer, this.#o.seconds)
    // What cannot be read is no harm: the whole zone does it too.
    void rowsFromHistory(history, zone, known).catch(() => undefined).then((rows) => transfer.supply(rowsOf(rows)))
    return transfer
  }

  /**
   * Answers an IXFR query that came as a datagram, into `into` from `intoAt`: what has changed, if that fits into
   * `limit` octets, else the SOA alone, which says that TCP is to be used (RFC 1995 §2). The caller signs. Returns the
   * length; 0: the query is refused, or is none of this kind.
   */
  datagram(
    query: Query, b: Uint8Array, at: number, length: number, source: Ipv4, signer: NameKey | undefined,
    into: Uint8Array, intoAt: number, limit: number,
  ): number {
    const known = serialIn(b, at, length)
    const zone = this.#o.zones.seenFrom(this.#o.views.viewOf(source, signer)).closest(query.key)
    if (known === undefined || zone === undefined || zone.key !== query.key || !zone.isServed || !this.#isAllowed(zone, source, signer, false)) return 0
    const { soa } = zone
    const changes = this.journal.rowsSince(zone, known)
    const alone = [{ owner: soa.name, type: soa.type, ttl: soa.ttl, rdata: soa.rdata[0] as Uint8Array }]
    for (const rows of changes === undefined ? [alone] : [changes, alone]) {
      if (rows.length > MAX_DATAGRAM_ROWS) continue
      const transfer = new Transfer(query, listedRows(rows, () => {}), undefined, this.#o.seconds)
      const octets = transfer.next(this.#message)
      if (octets > limit) continue
      copy(this.#message, 0, into, intoAt, octets)
      if (transfer.next(this.#message) === 0) return octets
    }
    return 0
  }
}

/** The question's type is AXFR or IXFR. A name in a question is not compressed. */
function mayAskForZone(b: Uint8Array, at: number, length: number): boolean {
  let i = at + HEADER_OCTETS
  const end = at + length
  while (i < end && b[i] !== 0) i += 1 + (b[i] as number)
  return i + 3 <= end && (u16(b, i + 1) === META.AXFR || u16(b, i + 1) === META.IXFR)
}

/** The serial of the SOA in the authority section of an IXFR query (RFC 1995 §3); undefined without one. */
function serialIn(b: Uint8Array, at: number, length: number): number | undefined {
  const parsed = parseMessage(b, at, length)
  const soa = parsed.ok ? parsed.value.authority.find((record) => record.type === TYPE.SOA && record.key === parsed.value.key) : undefined
  return soa === undefined ? undefined : u32(soa.rdata, soa.rdata.length - 20)
}

/** Rows in hand, in their order. */
function listedRows(rows: readonly ZoneRow[], closed: () => void): Iterator<ZoneRow> {
  let at = 0
  return {
    next: () => {
      const row = rows[at++]
      return row === undefined ? { value: undefined, done: true } : { value: row, done: false }
    },
    return: () => {
      closed()
      return { value: undefined, done: true }
    },
  }
}

/** The zone as it is now. `closed` is called once, when all is read or return() says that no more will be. */
export function axfrRows(zone: LiveZone, closed: () => void): Iterator<ZoneRow> {
  const { soa } = zone
  const soaRow = { owner: soa.name, type: soa.type, ttl: soa.ttl, rdata: soa.rdata[0] as Uint8Array }
  const walk = zone.walk()
  let phase: 'first' | 'rows' | 'last' | 'over' = 'first'
  const finish = (): void => {
    if (phase === 'over') return
    phase = 'over'
    walk.close()
    closed()
  }
  return {
    next: () => {
      if (phase === 'first') {
        phase = 'rows'
        return { value: soaRow, done: false }
      }
      const row = phase === 'rows' ? walk.next() : undefined
      if (row !== undefined) return { value: row, done: false }
      if (phase === 'rows') {
        phase = 'last'
        return { value: soaRow, done: false }
      }
      finish()
      return { value: undefined, done: true }
    },
    return: () => {
      finish()
      return { value: undefined, done: true }
    },
  }
}
