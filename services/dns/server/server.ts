/**
 * The DNS server: zones, cache and forwarder behind one function from a query datagram to a response. It holds no
 * socket; a shell carries the octets. HOT: `receive` up to a hit in the answer table, watched by
 * test/bench/micro/dns-answer.ts.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { Counters, err } from '../../../stack/platform/index.ts'
import type { Clock, Result, SecureRandom } from '../../../stack/platform/index.ts'
import { refusal } from '../../model/index.ts'
import type { DnsRecord, Refusal, TraceStep, Zone, ZoneEdit } from '../../model/index.ts'
import { AnswerCache, DEFAULT_CACHE_OCTETS } from '../cache/cache.ts'
import { DEFAULT_FORWARD, Forwarder } from '../resolver/forward.ts'
import type { ForwardCount, ForwardOutcome, QueryHandle } from '../resolver/forward.ts'
import type { Upstream, UpstreamState } from '../resolver/upstreams.ts'
import { OPT_OCTETS } from '../wire/edns.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import { MAX_STREAM_OCTETS } from '../wire/framing.ts'
import { FLAG, HEADER_OCTETS, parseQuery, RCODE, rcodeName } from '../wire/message.ts'
import type { Query } from '../wire/message.ts'
import { formatKey, formatName, hasWildcardLabel, nameKey, parseName } from '../wire/name.ts'
import { formatRdata } from '../wire/rdata.ts'
import { CLASS_IN, TYPE, typeCode, typeName } from '../wire/type-names.ts'
import { planEdit } from '../zone/changes.ts'
import type { Change } from '../zone/changes.ts'
import { isNewerSerial } from '../zone/serial.ts'
import { Transfers } from '../transfer/transfers.ts'
import { readSignature, TsigKeys } from '../tsig/signature.ts'
import type { Signature } from '../tsig/signature.ts'
import { specialUseZones } from '../zone/special-use.ts'
import { LiveZone, ZoneSet } from '../zone/zone.ts'
import { AnswerTable, DEFAULT_SLABS } from './answer-table.ts'
import type { Slab } from './answer-table.ts'
import { ServerCookies } from './cookies.ts'
import { addCached, dnsPipeline, fail, Resolution, run } from './pipeline.ts'
import type { Parts, Step } from './pipeline.ts'
import { LimitedResponses } from './limited.ts'
import { RateLimiter } from './rate-limit.ts'
import type { RateLimit } from './rate-limit.ts'
import { MALFORMED, ReplyOptions } from './reply-options.ts'
import { NO_ZONE, ResponseWriter, writeError } from './respond.ts'
import { udpLimit } from './truncate.ts'

export type DnsPorts = {
  readonly clock: Clock
  readonly random: SecureRandom
  /**
   * Sends a query to an upstream server, from a source port of its own that was chosen at random (RFC 5452 §9.2), and
   * takes answers from that server's address and port only. `bytes` may be read until this returns. `received` gets
   * each datagram (valid until it returns); `failed` is called at most once. cancel() releases the port.
   */
  query(
    upstream: Upstream, bytes: Uint8Array, length: number,
    received: (buffer: Uint8Array, at: number, length: number) => void,
    failed: (why: 'unreachable' | 'refused' | 'no-socket') => void,
  ): QueryHandle
  /**
   * The same over TCP (RFC 7766), for an answer that was truncated: `received` gets whole messages, `failed` also when
   * the server ends the connection without one. Without it, what comes truncated stays so.
   */
  queryStream?(
    upstream: Upstream, bytes: Uint8Array, length: number,
    received: (buffer: Uint8Array, at: number, length: number) => void,
    failed: (why: 'unreachable' | 'refused' | 'no-socket') => void,
  ): QueryHandle
}

export type DnsOptions = {
  readonly upstreams: readonly Upstream[]
  /** Estimated memory of the cache of upstream answers. */
  readonly cacheOctets?: number
  /** Finished responses kept; see answer-table.ts. */
  readonly answerSlabs?: readonly Slab[]
  readonly maxPending?: number
  readonly maxWaiting?: number
  /** Until SERVFAIL when no upstream answers. */
  readonly upstreamTotalMs?: number
  /** Random letter case in upstream queries as a further guard against forgery. Some servers do not echo it. */
  readonly mixCase?: boolean
  /** What a client that asks for the server's name gets (RFC 5001); nothing without it. */
  readonly nsid?: string | undefined
  /** Limits answers over UDP; without it there is no limit. */
  readonly rateLimit?: RateLimit | undefined
  /** Ids for new records; without it they count on from the highest one known. */
  readonly nextRecordId?: () => number
  /** For the log; the id is one of DNS_EVENTS. */
  readonly emit?: (id: 'dns.upstream.down' | 'dns.zone.edited', facts: TraceStep[1]) => void
}

/** Sends a response that comes later, to the client that asked. `bytes` is valid until it returns. */
export type Later = (bytes: Uint8Array, at: number, length: number) => void
/**
 * Called once, before receive() returns −1, and only then. The shell makes here, out of the datagram that it is
 * handling, the object that remembers the client; so an answer at once costs no allocation.
 */
export type LaterSlot = () => Later

const COUNTS = [
  'queries', 'answered-from-table', 'answered-from-zone', 'answered-from-cache', 'answered-by-upstream',
  'nxdomain', 'nodata', 'referral', 'refused', 'servfail', 'formerr', 'notimp', 'badvers', 'truncated',
  'dropped-short', 'dropped-response', 'internal-error',
  'upstream-sent', 'upstream-answered', 'upstream-stray', 'upstream-malformed', 'upstream-failed',
  'upstream-silent', 'upstream-truncated', 'upstream-tcp-sent', 'upstream-tcp-failed',
  'forward-joined', 'forward-failed', 'forward-full',
  'rate-limited-dropped', 'rate-limited-slipped', 'rate-limited-badcookie',
  'tsig-signed', 'tsig-badkey', 'tsig-badsig', 'tsig-badtime', 'tsig-badtrunc', 'tsig-malformed',
  'transfer-begun', 'transfer-refused', 'transfer-full', 'transfer-broken',
  'tcp-connections', 'tcp-queries', 'tcp-closed-idle', 'tcp-closed-malformed', 'tcp-closed-full', 'tcp-closed-overrun',
] as const
export type DnsCount = (typeof COUNTS)[number]

/** Silence after which a connection ends (RFC 7766 §6.2.3: of the order of seconds); clients are told (RFC 7828). */
export const STREAM_IDLE_MS = 10_000
/** Failures to reach a server at all. */
const UNREACHED: ReadonlySet<string> = new Set(['unreachable', 'refused', 'no-socket'])

export class DnsServer {
  readonly zones = new ZoneSet()
  /** Those who may sign queries. */
  readonly tsigKeys = new TsigKeys()
  readonly counters = new Counters<DnsCount>(COUNTS)
  readonly transfers: Transfers
  readonly #specialUse = new ZoneSet()
  readonly #clock: Clock
  readonly #table: AnswerTable
  readonly #cache: AnswerCache
  readonly #forwarder: Forwarder
  readonly #parts: Parts
  readonly #steps: readonly Step[]
  readonly #writer = new ResponseWriter()
  readonly #replyOptions: ReplyOptions
  readonly #limited: LimitedResponses | undefined
  /** Who sent the query that is being handled. */
  #client: Ipv4 = 0
  /** Room for a response that comes later, to a datagram or a stream. */
  readonly #laterBytes = new Uint8Array(MAX_STREAM_OCTETS)
  readonly #nextRecordId: () => number
  readonly #emit: NonNullable<DnsOptions['emit']>
  readonly #queriesSlot = this.counters.slot('queries')
  readonly #tableSlot = this.counters.slot('answered-from-table')
  #lastRecordId = 0

  /** Throws when a zone's own name or SOA names are no domain names: rows that a store never holds. */
  constructor(
    ports: DnsPorts, options: DnsOptions,
    zones: Iterable<{ readonly zone: Zone; readonly records: Iterable<DnsRecord> }>,
  ) {
    this.#clock = ports.clock
    this.transfers = new Transfers({
      zones: this.zones, keys: this.tsigKeys, seconds: () => this.#seconds(), count: (what) => this.counters.count(what),
    })
    this.#table = new AnswerTable(ports.clock, ports.random, options.answerSlabs ?? DEFAULT_SLABS)
    this.#cache = new AnswerCache(ports.clock, options.cacheOctets ?? DEFAULT_CACHE_OCTETS)
    const send: DnsPorts['query'] = (upstream, bytes, length, received, failed) =>
      ports.query(upstream, bytes, length, received, failed)
    this.#forwarder = new Forwarder(
      { clock: ports.clock, random: ports.random, send, sendStream: ports.queryStream?.bind(ports) }, this.#cache, options.upstreams,
      (name: ForwardCount) => this.counters.count(name),
      {
        mixCase: options.mixCase ?? DEFAULT_FORWARD.mixCase,
        maxPending: options.maxPending ?? DEFAULT_FORWARD.maxPending,
        maxWaiting: options.maxWaiting ?? DEFAULT_FORWARD.maxWaiting,
        totalMs: options.upstreamTotalMs ?? DEFAULT_FORWARD.totalMs,
      },
    )
    this.#replyOptions = new ReplyOptions(
      new ServerCookies(ports.clock, ports.random), new TextEncoder().encode(options.nsid ?? ''),
      STREAM_IDLE_MS,
    )
    const limiter = options.rateLimit && new RateLimiter(ports.clock, ports.random, options.rateLimit)
    this.#limited = limiter && new LimitedResponses(limiter, this.#replyOptions, (name) => this.counters.count(name))
    this.#emit = options.emit ?? (() => {})
    this.#forwarder.onDown = (upstream, failures) => this.#emit('dns.upstream.down', { upstream, failures })
    this.#parts = {
      zones: this.zones, specialUse: this.#specialUse, cache: this.#cache, forwarder: this.#forwarder,
      now: () => ports.clock.now(),
    }
    this.#steps = dnsPipeline(this.#parts)
    this.#nextRecordId = options.nextRecordId ?? (() => ++this.#lastRecordId)
    for (const zone of specialUseZones()) {
      zone.slot = this.#table.addZone(zone.zone.serial)
      this.#specialUse.add(zone)
    }
    for (const { zone, records } of zones) this.addZone(zone, records)
  }

  /**
   * HOT. Answers the query datagram of `length` octets at `at`: writes the response into `into` at `intoAt` and returns
   * its length. 0: nothing is to be sent (dropped, counted). −1: `later` was called, and what it gave will be called
   * once when the answer is there. `limit` is the most that the transport takes, at least 512; what the client takes is
   * found here.
   */
  receive(
    buffer: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, limit: number,
    client: Ipv4, later: LaterSlot,
  ): number {
    this.counters.bump(this.#queriesSlot)
    this.#client = client
    const limited = this.#limited
    if (limited === undefined) return this.#answer(buffer, at, length, into, intoAt, limit, client, later)
    const limitedLater: LaterSlot = () => limited.later(later(), buffer, at, length, client)
    const octets = this.#answer(buffer, at, length, into, intoAt, limit, client, limitedLater)
    return octets <= 0 ? octets : limited.pass(buffer, at, length, client, into, intoAt, octets)
  }

  /** HOT. As receive(), without a limit by rate. */
  #answer(
    buffer: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, limit: number,
    client: Ipv4, later: LaterSlot,
  ): number {
    const usual = this.#table.scan(buffer, at, length)
    if (usual) {
      const { optionsAt } = this.#table
      const more = optionsAt === 0 ? 0 : this.#replyOptions.read(buffer, optionsAt, at + length, false)
      const octets = more === MALFORMED ? 0 : this.#table.answer(buffer, at, into, intoAt, limit, more)
      if (octets > 0) {
        this.counters.bump(this.#tableSlot)
        if (more === 0) return octets
        return this.#replyOptions.append(buffer, client, into, intoAt, octets, this.#table.optAt)
      }
    }
    return this.#slow(buffer, at, length, into, intoAt, limit, later, usual, false)
  }

  /**
   * Answers a query that came by stream (RFC 7766): as receive(), but `into` has room for 65,535 octets after
   * `intoAt`, and no other size counts (RFC 6891 §6.2.3 speaks of UDP). Finished responses are those of datagrams, so
   * the answer table is left alone.
   */
  receiveStream(
    buffer: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, client: Ipv4, later: LaterSlot,
  ): number {
    this.counters.bump(this.#queriesSlot)
    this.#client = client
    this.counters.count('tcp-queries')
    return this.#slow(buffer, at, length, into, intoAt, MAX_STREAM_OCTETS, later, false, true)
  }

  #slow(
    buffer: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, limit: number,
    later: LaterSlot, usual: boolean, byStream: boolean,
  ): number {
    const signature = usual ? undefined : readSignature(buffer, at, length, this.tsigKeys, this.#seconds())
    if (signature === undefined) return this.#resolve(buffer, at, length, into, intoAt, limit, later, usual, byStream, 0)
    if (signature === 'malformed') {
      this.counters.count('tsig-malformed')
      return writeError(buffer, at, HEADER_OCTETS, RCODE.FORMERR, undefined, into, intoAt, limit)
    }
    if (signature.fault !== undefined) return this.#refuse(signature, buffer, at, length, into, intoAt, limit)
    this.counters.count('tsig-signed')
    const signedLater: LaterSlot = () => {
      const send = later()
      return (bytes, from, octets) => send(bytes, from, signature.answer(bytes, from, octets, this.#seconds()))
    }
    const octets = this.#resolve(buffer, at, length, into, intoAt, limit, signedLater, false, byStream, signature.octets)
    return octets <= 0 ? octets : signature.answer(into, intoAt, octets, this.#seconds())
  }

  /** NOTAUTH with the reason in the TSIG record (RFC 8945 §5.2). */
  #refuse(
    signature: Signature, buffer: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, limit: number,
  ): number {
    this.counters.count(`tsig-${(signature.fault ?? 'BADSIG').toLowerCase() as 'badkey' | 'badsig' | 'badtime' | 'badtrunc'}`)
    const parsed = parseQuery(buffer, at, length)
    if (parsed.kind === 'drop') return 0
    const edns = parsed.kind === 'query' ? parsed.query.edns : parsed.edns
    const questionEnd = parsed.kind === 'query' ? HEADER_OCTETS + parsed.query.name.length + 4 : parsed.questionEnd
    const octets = writeError(buffer, at, questionEnd, RCODE.NOTAUTH, edns, into, intoAt, limit - signature.octets)
    return signature.answer(into, intoAt, octets, this.#seconds())
  }

  /** Seconds since 1970. */
  #seconds(): number {
    return Math.floor(this.#clock.wallMs() / 1000)
  }

  /** `reserved` octets of the room are for the signature. */
  #resolve(
    buffer: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, limit: number,
    later: LaterSlot, usual: boolean, byStream: boolean, reserved: number,
  ): number {
    const parsed = parseQuery(buffer, at, length)
    if (parsed.kind === 'drop') {
      this.counters.count(parsed.because === 'short' ? 'dropped-short' : 'dropped-response')
      return 0
    }
    if (parsed.kind === 'error') {
      this.#countRcode(parsed.rcode)
      return writeError(buffer, at, parsed.questionEnd, parsed.rcode, parsed.edns, into, intoAt, limit - reserved)
    }
    const { query } = parsed
    const client = this.#client
    const more = this.#moreFor(query, byStream)
    const questionEnd = HEADER_OCTETS + query.name.length + 4
    if (more === MALFORMED) {
      this.counters.count('formerr')
      return writeError(buffer, at, questionEnd, RCODE.FORMERR, query.edns, into, intoAt, limit - reserved)
    }
    // Header, question and OPT always fit.
    const room = (byStream ? limit : udpLimit(query.edns, limit)) - reserved - more
    const most = Math.max(questionEnd + OPT_OCTETS, room)
    try {
      const r = new Resolution(query, undefined, byStream)
      let send: Later | undefined
      const done = this.#drive(
        r, () => {
          const octets = this.#finish(r, this.#laterBytes, 0, most, reserved > 0)
          send?.(this.#laterBytes, 0, this.#withOptions(r, client, this.#laterBytes, 0, octets))
        },
      )
      if (!done) {
        send = later()
        return -1
      }
      const octets = this.#finish(r, into, intoAt, most, reserved > 0)
      if (usual && !this.#writer.truncated && r.response.rcode !== RCODE.SERVFAIL) this.#keep(r, into, intoAt, octets)
      return this.#withOptions(r, client, into, intoAt, octets)
    } catch {
      // A bug of ours must cost one query, not the service.
      this.counters.count('internal-error')
      return writeError(buffer, at, HEADER_OCTETS, RCODE.SERVFAIL, query.edns, into, intoAt, limit - reserved)
    }
  }

  /** Octets of the options that are the client's own; MALFORMED as ReplyOptions.read has it. */
  #moreFor(query: Query, byStream: boolean): number {
    const options = query.edns?.options
    return options === undefined ? 0 : this.#replyOptions.read(options, 0, options.length, byStream)
  }

  /** Puts them into the response that was written last. Read anew: other queries may have come in between. */
  #withOptions(r: Resolution, client: Ipv4, into: Uint8Array, at: number, octets: number): number {
    const options = r.query.edns?.options
    if (options === undefined || this.#moreFor(r.query, r.byStream) === 0) return octets
    return this.#replyOptions.append(options, client, into, at, octets, this.#writer.optAt)
  }

  /** Runs the pipeline, asking upstream where it must. True: done now. False: `finished` will be called. */
  #drive(r: Resolution, finished: () => void): boolean {
    for (;;) {
      if (run(this.#steps, r) === 'done') return true
      const { question } = r
      if (r.trace !== undefined) {
        const facts = { name: formatKey(r.key), type: typeName(r.query.type) }
        r.say(this.#forwarder.isPending(question) ? 'dns.forward.joined' : 'dns.forward.asked', facts)
      }
      let phase: 'asking' | 'answered' | 'waiting' = 'asking'
      const accepted = this.#forwarder.ask(question, (outcome) => {
        this.#absorb(r, outcome)
        if (phase === 'asking') phase = 'answered'
        else if (this.#drive(r, finished)) finished()
      })
      if (!accepted) {
        r.say('dns.forward.full', {})
        fail(r, EXTENDED_ERROR.overloaded)
        return true
      }
      if ((phase as string) !== 'answered') {
        phase = 'waiting'
        return false
      }
    }
  }

  #absorb(r: Resolution, outcome: ForwardOutcome): void {
    switch (outcome.kind) {
      case 'answer':
        this.counters.count('answered-by-upstream')
        r.say(
          'dns.forward.answered',
          { upstream: outcome.upstream, rcode: rcodeName(outcome.answer.rcode), tookMs: outcome.tookMs },
        )
        r.complete = addCached(this.#parts, r, outcome.answer) === 'done'
        return
      case 'truncated':
        r.say('dns.forward.truncated', { upstream: outcome.upstream })
        // TC would send the client where it is already.
        if (r.byStream) {
          fail(r, EXTENDED_ERROR.noReachableAuthority)
          return
        }
        r.response.truncated = true
        r.complete = true
        return
      case 'failed':
        r.say('dns.forward.failed', { name: formatKey(r.key), type: typeName(r.query.type), because: outcome.because })
        fail(r, UNREACHED.has(outcome.because) ? EXTENDED_ERROR.networkError : EXTENDED_ERROR.noReachableAuthority)
    }
  }

  #finish(r: Resolution, into: Uint8Array, at: number, limit: number, signed: boolean): number {
    this.#countResponse(r)
    let octets = this.#writer.write(r.query, r.response, this.#forwarder.hasUpstreams, into, at, limit)
    if (signed && this.#writer.truncated) {
      // RFC 8945 §5.3: what has no room beside its signature is the question alone, with TC.
      r.response.clear()
      r.response.rcode = RCODE.NOERROR
      r.response.truncated = true
      octets = this.#writer.write(r.query, r.response, this.#forwarder.hasUpstreams, into, at, limit)
    }
    if (this.#writer.truncated) this.counters.count('truncated')
    return octets
  }

  /** Into the answer table. Refusals are as good as answers; what has expired already is not. */
  #keep(r: Resolution, into: Uint8Array, at: number, octets: number): void {
    this.#table.keep(into, at, octets, r.response, this.#writer)
  }

  #countResponse(r: Resolution): void {
    const { response } = r
    if (response.rcode !== RCODE.NOERROR && response.rcode !== RCODE.NXDOMAIN) {
      this.#countRcode(response.rcode)
      return
    }
    if (response.zoneSlot !== NO_ZONE) this.counters.count('answered-from-zone')
    else if (!r.complete) this.counters.count('answered-from-cache')
    if (response.rcode === RCODE.NXDOMAIN) this.counters.count('nxdomain')
    else if (response.answer.length === 0) {
      const cut = response.authority.some((placed) => placed.rrset.type === TYPE.NS)
      this.counters.count(cut ? 'referral' : 'nodata')
    }
  }

  #countRcode(rcode: number): void {
    if (rcode === RCODE.REFUSED) this.counters.count('refused')
    else if (rcode === RCODE.SERVFAIL) this.counters.count('servfail')
    else if (rcode === RCODE.FORMERR) this.counters.count('formerr')
    else if (rcode === RCODE.NOTIMP) this.counters.count('notimp')
    else if (rcode === RCODE.BADVERS) this.counters.count('badvers')
  }

  /** Questions under way go on with the old servers; what they said is forgotten, because others may say otherwise. */
  setUpstreams(upstreams: readonly Upstream[]): void {
    this.#forwarder.setUpstreams(upstreams)
    this.#cache.flush()
    this.#table.clear()
  }

  /**
   * Checks a change against the zone as it is served and makes the edit to be stored; changes nothing. Edits of one
   * zone are applied in the order in which they were planned; one that is planned while others are on their way to the
   * store names them in `after`, oldest first, and is planned again when one of those fails.
   */
  planEdit(zoneName: string, change: Change, after: readonly ZoneEdit[] = []): Result<ZoneEdit, Refusal> {
    const zone = this.zones.get(zoneName)
    if (zone === undefined) return err(refusal('not-found', '', `there is no zone ${zoneName}`, 'list the zones'))
    return planEdit(zone, change, this.#nextRecordId, after)
  }

  /** After the edit is durable: the next query sees it. Nothing happens when the zone is gone meanwhile. */
  applyEdit(edit: ZoneEdit): void {
    const zone = this.zones.byId(edit.zoneId)
    if (zone === undefined) return
    const serial = isNewerSerial(edit.serialAfter, zone.zone.serial) ? edit.serialAfter : zone.zone.serial
    const touched = zone.apply(edit.remove, edit.add, serial)
    for (const record of edit.add) this.#noteId(record)
    this.transfers.journal.note(edit)
    this.#table.edited(zone.slot, touched, zone.key, serial, reshapes(edit))
    const facts = { zone: zone.zone.name, removed: edit.remove.length, added: edit.add.length, serial }
    this.#emit('dns.zone.edited', facts)
  }

  /** Replaces a zone of the same name. */
  addZone(zone: Zone, records: Iterable<DnsRecord>): void {
    const live = new LiveZone(zone, this.#noted(records))
    const old = this.zones.remove(live.key)
    if (old !== undefined) this.#table.removeZone(old.slot)
    this.transfers.journal.forget(zone.id)
    live.slot = this.#table.addZone(zone.serial)
    this.zones.add(live)
    // Names may have been answered from the cache or refused until now.
    this.#table.clear()
  }

  /** New SOA fields for the zone of this name; records stay. */
  changeZone(zone: Zone): void {
    const live = this.zones.get(zone.name)
    if (live === undefined) return
    live.change(zone)
    this.transfers.journal.forget(zone.id)
    this.#table.edited(live.slot, [live.key], live.key, zone.serial, true)
  }

  /** False when there is none of that name. */
  removeZone(zoneName: string): boolean {
    const zone = this.zones.get(zoneName)
    if (zone === undefined) return false
    this.zones.remove(zone.key)
    this.transfers.forget(zone.zone.id)
    this.#table.removeZone(zone.slot)
    this.#table.clear()
    return true
  }

  /**
   * What a client that asks this with RD would get, and why: the steps name zone, node, wildcard, cache age and
   * upstream. A name or type that cannot be asked gives rcode FORMERR and no steps.
   */
  explain(name: string, type: string): Promise<Explanation> {
    const parsed = parseName(name)
    const code = typeCode(type)
    if (!parsed.ok || code === undefined) return Promise.resolve({ rcode: 'FORMERR', answers: [], steps: [] })
    const steps: TraceStep[] = []
    const query: Query = {
      id: 0, flags: FLAG.RD, name: parsed.value, key: nameKey(parsed.value), type: code, class: CLASS_IN,
      edns: undefined,
    }
    const r = new Resolution(query, steps)
    return new Promise((resolve) => {
      const finished = (): void => resolve({ rcode: rcodeName(r.response.rcode), answers: answerLines(r), steps })
      if (this.#drive(r, finished)) finished()
    })
  }

  /** Forgets what upstream said of a name and all below it, or everything. Returns how many answers that were. */
  flushCache(name?: string): number {
    const parsed = name === undefined ? undefined : parseName(name)
    if (parsed?.ok === false) return 0
    this.#table.clear()
    this.#forwarder.forgetFailures()
    return this.#cache.flush(parsed === undefined ? undefined : nameKey(parsed.value))
  }

  /** Answers kept from upstream servers, questions under way, finished responses kept. */
  get sizes(): {
    readonly cached: number
    readonly 'cached-octets': number
    readonly pending: number
    readonly finished: number
  } {
    return {
      cached: this.#cache.size, 'cached-octets': this.#cache.octets, pending: this.#forwarder.pending,
      finished: this.#table.size,
    }
  }

  /** How each upstream server does. */
  get upstreamStates(): readonly UpstreamState[] {
    return this.#forwarder.upstreamStates
  }

  #noteId(record: DnsRecord): void {
    if (record.id > this.#lastRecordId) this.#lastRecordId = record.id
  }

  /** The same rows, noted on the way: they may come from a disk, so they are walked through once. */
  *#noted(records: Iterable<DnsRecord>): Iterable<DnsRecord> {
    for (const record of records) {
      this.#noteId(record)
      yield record
    }
  }
}

export type Explanation = {
  readonly rcode: string
  readonly answers: readonly string[]
  readonly steps: readonly TraceStep[]
}

/** "www.lab.internal 300 IN A 10.53.0.20" */
function answerLines(r: Resolution): readonly string[] {
  return r.response.answer.flatMap((placed) =>
    placed.rrset.rdata.map((rdata) => {
      const { type } = placed.rrset
      return `${formatName(placed.owner)} ${placed.ttl} IN ${typeName(type)} ${formatRdata(type, rdata)}`
    }))
}

/** Whether an edit can change answers for other names than its own: delegations hide, wildcards stand in, empty ones too. */
function reshapes(edit: ZoneEdit): boolean {
  const does = (record: DnsRecord): boolean => {
    const parsed = parseName(record.name)
    return record.type === 'NS' || (parsed.ok && hasWildcardLabel(nameKey(parsed.value)))
  }
  return edit.remove.some(does) || edit.add.some(does)
}
