/**
 * Reassembly at the destination (RFC 791 §3.2, RFC 815, RFC 1122 §3.3.2). Fragments of a datagram are kept in order; as
 * they never overlap, the datagram is whole when its end is known and the octets add up.
 *
 * Overlaps. A fragment that covers octets which another one gave drops the whole datagram: no sender makes such, and
 * which of the two wins is how filters are fooled (RFC 1858; RFC 5722 forbids it for IPv6 for that reason). A fragment
 * that comes twice, octet by octet the same, is a repetition on the link and does no harm.
 *
 * Bounds. What counts is the memory held, with a share for each fragment's object. A source that holds more than its
 * share loses its oldest datagram; when all is used up, the oldest of all goes.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'
import type { Clock, Instant, Timer } from '../platform/index.ts'
import * as ip from '../wire/ipv4.ts'

/** RFC 1122 §3.3.2: between 60 and 120 s, not renewed by later fragments. */
export const REASSEMBLY_MS = 60_000
/** All datagrams together: as many as 30 of the largest. */
export const REASSEMBLY_BYTES_LIMIT = 4 << 20
/**
 * One source. The largest datagram takes 340 KiB when the smallest MTU (68) cut it into 1,366 fragments. The share for
 * each fragment also bounds how many there are to look through when one comes out of order.
 */
export const REASSEMBLY_SOURCE_BYTES_LIMIT = 512 << 10
/** What a fragment's object costs besides its octets. */
export const FRAGMENT_COST_BYTES = 200

export const REASSEMBLY_COUNTERS = [
  'fragments-received', 'fragment-malformed', 'fragment-overlap', 'fragment-duplicate', 'fragment-evicted',
  'reassembled', 'reassembly-timeout',
] as const
type Count = { count(name: (typeof REASSEMBLY_COUNTERS)[number]): void }

type Piece = { readonly offset: number; readonly octets: Uint8Array }

type PartialDatagram = {
  readonly key: number
  readonly source: Ipv4
  readonly target: Ipv4
  readonly protocol: number
  readonly deadline: Instant
  readonly iface: Interface
  linkBroadcast: boolean
  /** The ECN codepoints of its fragments, as bits. */
  ecn: number
  /** The header of the first fragment, which becomes the datagram's. */
  header: Uint8Array | undefined
  readonly pieces: Piece[]
  received: number
  /** Octets of payload in all; −1 while the last fragment is missing. */
  total: number
  cost: number
}

/** A datagram made whole, or as much of one as is known when its time is over. */
export type Assembled = {
  /** From the IPv4 header on. */
  readonly datagram: Uint8Array
  readonly iface: Interface
  readonly linkBroadcast: boolean
}

const NOT_ECT_SEEN = 1 << ip.ECN_NOT_ECT
const CE_SEEN = 1 << ip.ECN_CE

export class Reassembly {
  readonly #clock: Clock
  readonly #count: Count
  readonly #onTimeout: (first: Assembled) => void
  /** By source and identification, oldest first; the few that differ in target or protocol share a list. */
  readonly #partials = new Map<number, PartialDatagram[]>()
  readonly #order = new Set<PartialDatagram>()
  readonly #bySource = new Map<Ipv4, number>()
  #bytes = 0
  #timer: Timer | undefined

  /** `onTimeout` gets what is there of a datagram whose first fragment came and whose time is over. */
  constructor(clock: Clock, count: Count, onTimeout: (first: Assembled) => void) {
    this.#clock = clock
    this.#count = count
    this.#onTimeout = onTimeout
  }

  /** Octets held, with the share for each fragment. */
  get bytesHeld(): number {
    return this.#bytes
  }

  /** Takes a fragment whose header is checked; the whole datagram when it was the last one missing. */
  add(iface: Interface, b: Uint8Array, at: number, linkBroadcast: boolean): Assembled | undefined {
    this.#count.count('fragments-received')
    const header = ip.headerLength(b, at)
    const offset = ip.fragmentOffset(b, at)
    const length = ip.totalLength(b, at) - header
    const more = ip.moreFragments(b, at)
    const malformed =
      length === 0 || (more && length % 8 !== 0) || header + offset + length > ip.MAX_DATAGRAM_BYTES
    if (malformed) {
      this.#count.count('fragment-malformed')
      return undefined
    }
    const partial = this.#find(iface, b, at)
    partial.linkBroadcast ||= linkBroadcast
    partial.ecn |= 1 << ip.ecn(b, at)
    const verdict = this.#insert(partial, b, at + header, offset, length, more)
    if (verdict !== 'new') {
      this.#count.count(verdict === 'same' ? 'fragment-duplicate' : 'fragment-overlap')
      if (verdict === 'clash') this.#forget(partial)
      return undefined
    }
    if (offset === 0) partial.header = b.slice(at, at + header)
    if (partial.received === partial.total) return this.#complete(partial)
    this.#enforce(partial.source)
    return undefined
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const partial of [...this.#order]) this.#forget(partial)
  }

  #find(iface: Interface, b: Uint8Array, at: number): PartialDatagram {
    const source = ip.source(b, at)
    const target = ip.target(b, at)
    const protocol = ip.protocol(b, at)
    // 48 bits, exact in a double.
    const key = (source >>> 0) * 0x1_0000 + ip.identification(b, at)
    let list = this.#partials.get(key)
    const known = list?.find((p) => p.target === target && p.protocol === protocol)
    if (known !== undefined) return known
    const deadline = this.#clock.now() + REASSEMBLY_MS
    const partial: PartialDatagram = {
      key, source, target, protocol, deadline, iface,
      linkBroadcast: false, ecn: 0, header: undefined, pieces: [], received: 0, total: -1, cost: 0,
    }
    if (list === undefined) this.#partials.set(key, (list = []))
    list.push(partial)
    this.#order.add(partial)
    this.#charge(partial, FRAGMENT_COST_BYTES)
    this.#arm()
    return partial
  }

  #insert(
    partial: PartialDatagram, b: Uint8Array, at: number, offset: number, length: number, more: boolean,
  ): 'new' | 'same' | 'clash' {
    const { pieces } = partial
    const end = offset + length
    // Fragments mostly come in order, so the place is looked for from the end.
    let place = pieces.length
    while (place > 0 && (pieces[place - 1] as Piece).offset >= end) place--
    const before = pieces[place - 1]
    if (before !== undefined && before.offset + before.octets.length > offset) {
      const lastKnown = partial.total === end
      return before.offset === offset && sameOctets(before.octets, b, at, length) && lastKnown === !more
        ? 'same'
        : 'clash'
    }
    const beyond = partial.total >= 0 && end > partial.total
    const otherEnd = !more && (partial.total >= 0 || place < pieces.length)
    if (beyond || otherEnd) return 'clash'
    if (!more) partial.total = end
    pieces.splice(place, 0, { offset, octets: b.slice(at, at + length) })
    partial.received += length
    this.#charge(partial, length + FRAGMENT_COST_BYTES)
    return 'new'
  }

  #complete(partial: PartialDatagram): Assembled | undefined {
    this.#forget(partial)
    const whole = assemble(partial)
    if (whole === undefined) this.#count.count('fragment-malformed')
    else this.#count.count('reassembled')
    return whole
  }

  #charge(partial: PartialDatagram, bytes: number): void {
    partial.cost += bytes
    this.#bytes += bytes
    const held = (this.#bySource.get(partial.source) ?? 0) + bytes
    if (held > 0) this.#bySource.set(partial.source, held)
    else this.#bySource.delete(partial.source)
  }

  #enforce(source: Ipv4): void {
    while ((this.#bySource.get(source) ?? 0) > REASSEMBLY_SOURCE_BYTES_LIMIT) this.#evict((p) => p.source === source)
    while (this.#bytes > REASSEMBLY_BYTES_LIMIT) this.#evict(() => true)
  }

  #evict(eligible: (partial: PartialDatagram) => boolean): void {
    for (const partial of this.#order) {
      if (!eligible(partial)) continue
      this.#count.count('fragment-evicted')
      return this.#forget(partial)
    }
  }

  #forget(partial: PartialDatagram): void {
    if (!this.#order.delete(partial)) return
    const list = this.#partials.get(partial.key)?.filter((other) => other !== partial) ?? []
    if (list.length > 0) this.#partials.set(partial.key, list)
    else this.#partials.delete(partial.key)
    this.#charge(partial, -partial.cost)
  }

  /** All live equally long, so the oldest is due first. */
  #arm(): void {
    const oldest = this.#order.values().next().value
    if (this.#timer !== undefined || oldest === undefined) return
    this.#timer = this.#clock.at(oldest.deadline, () => this.#expire())
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (const partial of [...this.#order]) {
      if (partial.deadline > now) break
      this.#forget(partial)
      this.#count.count('reassembly-timeout')
      const first = partial.header === undefined ? undefined : assemble(partial)
      if (first !== undefined) this.#onTimeout(first)
    }
    this.#arm()
  }
}

function sameOctets(octets: Uint8Array, b: Uint8Array, at: number, length: number): boolean {
  if (octets.length !== length) return false
  for (let i = 0; i < length; i++) if (octets[i] !== b[at + i]) return false
  return true
}

/** The header of the first fragment and the octets from the start without a gap; undefined when they are too many. */
function assemble({ header, pieces, iface, linkBroadcast, ecn }: PartialDatagram): Assembled | undefined {
  const first = header as Uint8Array
  // RFC 3168 §5.3: a mark on one is a mark on all; beside one that cannot be marked it is a forgery.
  if ((ecn & CE_SEEN) !== 0) {
    if ((ecn & NOT_ECT_SEEN) !== 0) return undefined
    first[1] = (first[1] as number) | ip.ECN_CE
  }
  let length = 0
  for (const piece of pieces) {
    if (piece.offset !== length) break
    length += piece.octets.length
  }
  // Fragments may have shorter headers than the first one, whose own makes the whole too long then.
  if (first.length + length > ip.MAX_DATAGRAM_BYTES) return undefined
  const datagram = new Uint8Array(first.length + length)
  datagram.set(first)
  for (const piece of pieces) {
    if (piece.offset >= length) break
    datagram.set(piece.octets, first.length + piece.offset)
  }
  ip.rewrite(datagram, 0, datagram.length, 0)
  return { datagram, iface, linkBroadcast }
}
