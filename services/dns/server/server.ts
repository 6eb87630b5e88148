/**
 * The DNS server: zones, cache and forwarder behind one function from a query datagram to a response. It holds no
 * socket; a shell carries the octets. HOT: `receive` up to a hit in the answer table, watched by
 * test/bench/micro/dns-answer.ts.
 */
import { formatIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { Counters, u16 } from '../../../stack/platform/index.ts'
import type { Clock, Result } from '../../../stack/platform/index.ts'
import type { DnsRecord, Refusal, TraceStep, Zone, ZoneEdit } from '../../model/index.ts'
import type { RrsetCache } from '../cache/rrset-cache.ts'
import type { DnsPolicy } from '../policy/decision.ts'
import type { ZoneServers } from '../policy/rpz-zones.ts'
import { zoneServers } from '../policy/zone-servers.ts'
import { keptOrigin, QueryNotes } from '../query-log/notes.ts'
import type { Finding } from '../resolver/finding.ts'
import { OPT_OCTETS } from '../wire/edns.ts'
import type { Edns } from '../wire/edns.ts'
import { MAX_STREAM_OCTETS } from '../wire/framing.ts'
import { FLAG, HEADER_OCTETS, parseQuery, RCODE } from '../wire/message.ts'
import type { ParsedQuery, Query } from '../wire/message.ts'
import { nameKey, parseName, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { CLASS_IN, META, TYPE, typeCode } from '../wire/type-names.ts'
import { Signing } from '../dnssec/signing.ts'
import type { ZoneSigning } from '../dnssec/signing-keys.ts'
import type { Trust } from '../validator/trust.ts'
import type { Change } from '../zone/changes.ts'
import { isNotify, readNotify } from '../transfer/notify-message.ts'
import type { Notify } from '../transfer/notify-message.ts'
import { Transfers } from '../transfer/transfers.ts'
import { readSignature, TsigKeys } from '../tsig/signature.ts'
import type { Signature } from '../tsig/signature.ts'
import { Updates } from '../update/updates.ts'
import { specialUseZones } from '../zone/special-use.ts'
import type { ForwardRule } from '../../model/index.ts'
import type { Forwarding, ForwardServerState } from '../forwarding/forwarding.ts'
import { ForwardRules } from '../forwarding/forward-rules.ts'
import type { ClientRule } from '../forwarding/forward-rules.ts'
import { Views } from '../views/views.ts'
import type { ViewRule } from '../views/views.ts'
import { ZoneSet } from '../zone/zone-set.ts'
import { AnswerTable, DEFAULT_SLABS } from './answer-table.ts'
import { isEncrypted, isStream, TCP, UDP } from './carrier.ts'
import type { Carrier } from './carrier.ts'
import { ClientSlots, UNKEPT } from './client-slots.ts'
import { ServerCookies } from './cookies.ts'
import { countRcode, countResponse, DNS_COUNTS } from './counts.ts'
import type { DnsCount } from './counts.ts'
import { explanationOf, NOT_ASKABLE } from './explanation.ts'
import type { Explanation } from './explanation.ts'
import { LimitedResponses } from './limited.ts'
import type { DnsOptions, DnsPorts, Later, LaterSlot } from './options.ts'
import { Resolution } from './pipeline.ts'
import type { Parts, Seen } from './pipeline.ts'
import { RateLimiter } from './rate-limit.ts'
import { MALFORMED, ReplyOptions } from './reply-options.ts'
import { Resolving } from './resolving.ts'
import { resolverParts } from './resolver-parts.ts'
import type { ResolverParts } from './resolver-parts.ts'
import { ResponseWriter, writeError } from './respond.ts'
import { ServedZones } from './served-zones.ts'
import { udpLimit } from './truncate.ts'

export class DnsServer {
  readonly zones = new ZoneSet()
  /** Those who may sign queries. */
  readonly tsigKeys = new TsigKeys()
  readonly counters = new Counters<DnsCount>(DNS_COUNTS)
  readonly transfers: Transfers
  readonly signing: Signing
  readonly served: ServedZones
  readonly updates: Updates
  readonly views = new Views()
  /** Each is called when subnets have changed: views and rules may name segments. */
  readonly onSubnetsChanged: (() => void)[] = []
  /** Who is asked for names that no zone has. */
  readonly forwardRules = new ForwardRules()
  readonly #specialUse = new ZoneSet()
  readonly #slots = new ClientSlots()
  #policy: DnsPolicy | undefined
  readonly #clock: Clock
  readonly #table: AnswerTable
  readonly #notes: QueryNotes
  readonly #parts: ResolverParts
  readonly #resolving: Resolving
  readonly #writer = new ResponseWriter()
  readonly #replyOptions: ReplyOptions
  /** Hears of NOTIFY (RFC 1996), and says with which rcode it is answered; NOTIMP without it. */
  onNotify: ((notify: Notify, source: Ipv4, signer: NameKey | undefined) => number) | undefined
  readonly #limited: LimitedResponses | undefined
  /** Who sent the query that is being handled. */
  #client: Ipv4 = 0
  /** Whose signature it has, if that is genuine. */
  #signer: NameKey | undefined
  /** Room for a response that comes later, to a datagram or a stream. */
  readonly #laterBytes = new Uint8Array(MAX_STREAM_OCTETS)
  readonly #queriesSlot = this.counters.slot('queries')
  readonly #tableSlot = this.counters.slot('answered-from-table')

  /** Throws when a zone's own name or SOA names are no domain names: rows that a store never holds. */
  constructor(
    ports: DnsPorts, options: DnsOptions,
    zones: Iterable<{ readonly zone: Zone; readonly records: Iterable<DnsRecord> }>,
  ) {
    this.#clock = ports.clock
    this.signing = new Signing({ ...ports, count: (what) => this.counters.count(what) })
    this.transfers = new Transfers({
      zones: this.zones, views: this.views, keys: this.tsigKeys, seconds: () => this.#seconds(), count: (what) => this.counters.count(what),
      history: options.history,
    })
    this.#notes = new QueryNotes(ports.clock, options.queryLog)
    this.#table = new AnswerTable(ports.clock, ports.random, options.answerSlabs ?? DEFAULT_SLABS)
    this.#parts = resolverParts(ports, options, this.counters, this.forwardRules, this.zones)
    this.trust.onChanged = (zone) => {
      this.#parts.validator?.forget()
      this.#parts.cache.flush({ below: zone })
      this.forgetAnswers()
    }
    this.#replyOptions = new ReplyOptions(
      new ServerCookies(ports.clock, ports.random), new TextEncoder().encode(options.nsid ?? ''),
    )
    const limiter = options.rateLimit && new RateLimiter(ports.clock, ports.random, options.rateLimit)
    this.#limited = limiter && new LimitedResponses(limiter, this.#replyOptions, (name) => this.counters.count(name))
    const emit = options.emit ?? (() => {})
    const { resolver, cache, isDelegated } = this.#parts
    const parts: Parts = {
      specialUse: this.#specialUse, resolver, isDelegated, mayAsk: (sought) => resolver.mayAsk(sought),
      isForwarded: ({ partition, key }, domain) => this.forwardRules.claims(partition, key, domain), wantsPrefetch: (finding) => cache.wantsPrefetch(finding),
      policy: () => this.#policy,
      now: () => ports.clock.now(),
    }
    this.#resolving = new Resolving(parts, this.counters)
    this.served = new ServedZones({
      zones: this.zones, table: this.#table, transfers: this.transfers, signing: this.signing,
      forgetUpdates: (zoneId) => this.updates.forget(zoneId), nextRecordId: options.nextRecordId, emit,
    })
    this.updates = new Updates({
      zones: this.zones, views: this.views, nextRecordId: () => this.served.nextRecordId(), wallMs: () => ports.clock.wallMs(),
      count: (what) => this.counters.count(what), countRcode: (rcode) => countRcode(this.counters, rcode),
    })
    for (const zone of specialUseZones(options.designated)) {
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
    const slot = this.#slotOf(client)
    const usual = slot !== UNKEPT && this.#table.scan(buffer, at, length, slot)
    if (usual) {
      const { optionsAt } = this.#table
      const more = optionsAt === 0 ? 0 : this.#replyOptions.read(buffer, optionsAt, at + length, UDP)
      const octets = more === MALFORMED ? 0 : this.#table.answer(buffer, at, into, intoAt, limit, more)
      if (octets > 0) {
        this.counters.bump(this.#tableSlot)
        if (this.#notes.isOn) this.#notes.hit(this.#table, buffer, at, into, intoAt, octets + more, client)
        if (more === 0) return octets
        return this.#replyOptions.append(buffer, client, into, intoAt, octets, this.#table.optAt, 0)
      }
    }
    return this.#slow(buffer, at, length, into, intoAt, limit, later, usual, UDP)
  }

  /** HOT. Of the answer table: who has the same may get the same. */
  #slotOf(client: Ipv4): number {
    const policy = this.#policy
    const rules = this.forwardRules
    if (policy === undefined && rules.partitions === 1) return this.views.slotOf(client)
    return this.#slots.slotOf(this.views.slotOf(client), policy === undefined ? 0 : policy.policySetOf(client), rules.partitionOf(client))
  }

  /** Lists, rules or what is behind them have changed: the next query is judged by the new ones. */
  setPolicy(policy: DnsPolicy | undefined): void {
    this.#policy = policy
    this.#forgetFinished()
  }

  #forgetFinished(): void {
    this.#slots.clear()
    this.#table.clear()
  }

  /**
   * Answers a query that came by stream (RFC 7766), or within TLS or HTTPS: as receive(), but `into` has room for
   * 65,535 octets after `intoAt`, and no other size counts (RFC 6891 §6.2.3 speaks of UDP). Finished responses are
   * those of datagrams, so the answer table is left alone.
   */
  receiveStream(
    buffer: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, client: Ipv4, later: LaterSlot,
    carrier: Carrier = TCP,
  ): number {
    this.counters.bump(this.#queriesSlot)
    this.#client = client
    this.counters.count(`${carrier.kind}-queries` as 'tcp-queries' | 'tls-queries' | 'https-queries')
    return this.#slow(buffer, at, length, into, intoAt, MAX_STREAM_OCTETS, later, false, carrier)
  }

  #slow(
    buffer: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, limit: number,
    later: LaterSlot, usual: boolean, carrier: Carrier,
  ): number {
    const signature = usual ? undefined : readSignature(buffer, at, length, this.tsigKeys, this.#seconds())
    this.#signer = signature === 'malformed' ? undefined : signature?.signer?.key
    if (signature === undefined) return this.#resolve(buffer, at, length, into, intoAt, limit, later, usual, carrier, 0)
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
    const octets = this.#resolve(buffer, at, length, into, intoAt, limit, signedLater, false, carrier, signature.octets)
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
    later: LaterSlot, usual: boolean, carrier: Carrier, reserved: number,
  ): number {
    if (isNotify(buffer, at, length)) return this.#notify(buffer, at, length, into, intoAt, limit - reserved)
    const parsed = parseQuery(buffer, at, length)
    if (parsed.kind === 'update') {
      const requester = { source: this.#client, key: this.#signer }
      return this.updates.receive(buffer, at, length, into, intoAt, limit - reserved, requester, later)
    }
    if (parsed.kind === 'drop') {
      this.counters.count(parsed.because === 'short' ? 'dropped-short' : 'dropped-response')
      return 0
    }
    if (parsed.kind === 'error') {
      if (isQuestionForCookie(buffer, at, parsed)) return this.#cookieAlone(buffer, at, parsed.edns, carrier, into, intoAt, limit - reserved)
      countRcode(this.counters, parsed.rcode)
      const octets = writeError(buffer, at, parsed.questionEnd, parsed.rcode, parsed.edns, into, intoAt, limit - reserved)
      return this.#padded(parsed.edns?.options, carrier, into, intoAt, octets, octets - OPT_OCTETS, reserved)
    }
    const { query } = parsed
    const client = this.#client
    const more = this.#moreFor(query, carrier)
    const questionEnd = HEADER_OCTETS + query.name.length + 4
    if (more === MALFORMED) {
      this.counters.count('formerr')
      return writeError(buffer, at, questionEnd, RCODE.FORMERR, query.edns, into, intoAt, limit - reserved)
    }
    if (query.type === META.IXFR && !isStream(carrier)) {
      const octets = this.transfers.datagram(query, buffer, at, length, client, this.#signer, into, intoAt, udpLimit(query.edns, limit) - reserved)
      if (octets > 0) return octets
    }
    // Header, question and OPT always fit.
    const room = (isStream(carrier) ? limit : udpLimit(query.edns, limit)) - reserved - more
    const most = Math.max(questionEnd + OPT_OCTETS, room)
    try {
      const r = new Resolution(query, this.#seenBy(client, this.views.viewOf(client, this.#signer)), undefined, carrier)
      let send: Later | undefined
      const done = this.#resolving.resolve(
        r, () => {
          if (this.#isDropped(r)) return
          const octets = this.#finish(r, this.#laterBytes, 0, most, reserved > 0)
          const whole = this.#withOptions(r, client, this.#laterBytes, 0, octets, reserved)
          if (this.#notes.isOn) this.#notes.resolved(r, this.#laterBytes, 0, whole)
          send?.(this.#laterBytes, 0, whole)
        },
      )
      if (!done) {
        send = later()
        return -1
      }
      if (this.#isDropped(r)) return 0
      const octets = this.#finish(r, into, intoAt, most, reserved > 0)
      if (usual && !this.#writer.truncated && r.response.rcode !== RCODE.SERVFAIL) this.#keep(r, into, intoAt, octets)
      const whole = this.#withOptions(r, client, into, intoAt, octets, reserved)
      if (this.#notes.isOn) this.#notes.resolved(r, into, intoAt, whole)
      return whole
    } catch {
      // A bug of ours must cost one query, not the service.
      this.counters.count('internal-error')
      return writeError(buffer, at, HEADER_OCTETS, RCODE.SERVFAIL, query.edns, into, intoAt, limit - reserved)
    }
  }

  /** RA: for this client somebody would be asked, of whatever name or at least of this one. */
  #offersRecursion({ partition, query: { key, type } }: Resolution): boolean {
    const { resolver } = this.#parts
    return resolver.mayAsk({ partition, key: ROOT_KEY, type: TYPE.NS }) || resolver.mayAsk({ partition, key, type })
  }

  #isDropped(r: Resolution): boolean {
    if (!r.dropped) return false
    this.counters.count('dropped-by-policy')
    if (this.#notes.isOn) this.#notes.resolved(r, this.#laterBytes, 0, 0)
    return true
  }

  #seenBy(client: Ipv4, view: string | undefined): Seen {
    return { client, zones: this.zones.seenFrom(view), policySet: this.#policy?.policySetOf(client) ?? 0, partition: this.forwardRules.partitionOf(client), now: this.#clock.now() }
  }

  /** RFC 7873 §5.4: a query without a question asks for a server cookie, or whether the one that it has is still good. */
  #cookieAlone(
    buffer: Uint8Array, at: number, edns: Edns, carrier: Carrier, into: Uint8Array, intoAt: number, limit: number,
  ): number {
    const { options } = edns
    const more = this.#replyOptions.read(options, 0, options.length, carrier)
    const asks = more !== MALFORMED && this.#replyOptions.hasCookie
    const good = asks && (this.#replyOptions.hasClientCookieAlone || this.#replyOptions.isProven(options, this.#client))
    const rcode = asks ? (good ? RCODE.NOERROR : RCODE.BADCOOKIE) : RCODE.FORMERR
    countRcode(this.counters, rcode)
    const octets = writeError(buffer, at, HEADER_OCTETS, rcode, edns, into, intoAt, limit)
    if (!asks) return octets
    return this.#replyOptions.append(options, this.#client, into, intoAt, octets, octets - OPT_OCTETS, carrier.idleMs)
  }

  /** RFC 1996 §4.7: an answer is the question again, with an rcode. */
  #notify(buffer: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number, limit: number): number {
    this.counters.count('notify-received')
    const notify = readNotify(buffer, at, length)
    const rcode = notify === undefined ? RCODE.FORMERR : (this.onNotify?.(notify, this.#client, this.#signer) ?? RCODE.NOTIMP)
    countRcode(this.counters, rcode)
    return writeError(buffer, at, notify?.questionEnd ?? HEADER_OCTETS, rcode, notify?.edns, into, intoAt, limit)
  }

  /** Octets of the options that are the client's own; MALFORMED as ReplyOptions.read has it. */
  #moreFor(query: Query, carrier: Carrier): number {
    const options = query.edns?.options
    return options === undefined ? 0 : this.#replyOptions.read(options, 0, options.length, carrier)
  }

  /** Puts them into the response that was written last. Read anew: other queries may have come in between. */
  #withOptions(r: Resolution, client: Ipv4, into: Uint8Array, at: number, octets: number, reserved: number): number {
    const options = r.query.edns?.options
    if (options === undefined) return octets
    const { optAt } = this.#writer
    const more = this.#moreFor(r.query, r.carrier)
    const whole = more === 0 ? octets : this.#replyOptions.append(options, client, into, at, octets, optAt, r.carrier.idleMs)
    return this.#padded(options, r.carrier, into, at, whole, optAt, reserved)
  }

  /** As long as a response to these options is by this carrier. Its OPT stands at `optAt` and is the last record. */
  #padded(
    options: Uint8Array | undefined, carrier: Carrier, into: Uint8Array, at: number, octets: number, optAt: number,
    reserved: number,
  ): number {
    if (options === undefined || !isEncrypted(carrier)) return octets
    this.#replyOptions.read(options, 0, options.length, carrier)
    if (!this.#replyOptions.wantsPadding) return octets
    this.counters.count('padded')
    return this.#replyOptions.pad(into, at, octets, optAt, reserved, MAX_STREAM_OCTETS)
  }

  #finish(r: Resolution, into: Uint8Array, at: number, limit: number, signed: boolean): number {
    countResponse(this.counters, r)
    let octets = this.#writer.write(r.query, r.response, this.#offersRecursion(r), into, at, limit)
    if (signed && this.#writer.truncated) {
      // RFC 8945 §5.3: what has no room beside its signature is the question alone, with TC.
      r.response.clear()
      r.response.rcode = RCODE.NOERROR
      r.response.truncated = true
      octets = this.#writer.write(r.query, r.response, this.#offersRecursion(r), into, at, limit)
    }
    if (this.#writer.truncated) this.counters.count('truncated')
    return octets
  }

  /** Into the answer table. Refusals are as good as answers; what has expired already is not. */
  #keep(r: Resolution, into: Uint8Array, at: number, octets: number): void {
    this.#table.keep(into, at, octets, r.response, this.#writer, keptOrigin(r, this.#notes.details))
  }

  /** Whom names are asked of that no rule is for; undefined: nobody. What others said is forgotten: they may say otherwise. */
  setFallback(rule: ForwardRule | undefined): void {
    const before = this.forwardRules.text
    this.forwardRules.setFallback(rule)
    if (this.forwardRules.text !== before) this.flushCache()
  }

  /** As ServedZones.planEdit has it. */
  planEdit(zoneName: string, change: Change, after: readonly ZoneEdit[] = []): Result<ZoneEdit, Refusal> {
    return this.served.planEdit(zoneName, change, after)
  }

  /** After the edit is durable: the next query sees it. Nothing happens when the zone is gone meanwhile. */
  applyEdit(edit: ZoneEdit): void {
    this.served.applyEdit(edit)
  }

  /** Replaces a zone of the same name. */
  addZone(zone: Zone, records: Iterable<DnsRecord>): void {
    this.served.addZone(zone, records)
  }

  /** New SOA fields for the zone of this name; records stay. */
  changeZone(zone: Zone): void {
    this.served.changeZone(zone)
  }

  /** Signs a zone with these keys, or no longer; the next query sees it. Nothing happens when there is no such zone. */
  setSigning(zoneId: number, signing: ZoneSigning | undefined): void {
    this.served.setSigning(zoneId, signing)
  }

  /** False when there is none of that name. */
  removeZone(zoneName: string): boolean {
    return this.served.removeZone(zoneName)
  }

  /**
   * What a client that asks this with RD would get, and why: the steps name zone, node, wildcard, cache age and
   * upstream. A name or type that cannot be asked gives rcode FORMERR and no steps. Asked by a client, or by
   * somebody in a view; in none unless said.
   */
  explain(name: string, type: string, by: { readonly client?: Ipv4 | undefined; readonly view?: string | undefined; readonly fresh?: boolean | undefined } = {}): Promise<Explanation> {
    const parsed = parseName(name)
    const code = typeCode(type)
    if (!parsed.ok || code === undefined) return Promise.resolve(NOT_ASKABLE)
    const steps: TraceStep[] = []
    const query: Query = {
      id: 0, flags: FLAG.RD, name: parsed.value, key: nameKey(parsed.value), type: code, class: CLASS_IN,
      edns: undefined,
    }
    const { client } = by
    const view = client === undefined ? by.view : this.views.viewOf(client, undefined)
    const r = new Resolution(query, this.#seenBy(client ?? 0, view), steps)
    r.fresh = by.fresh ?? false
    if (client !== undefined && view !== undefined) r.say('dns.view.seen', { client: formatIpv4(client), view })
    return new Promise((resolve) => {
      const finished = (): void => resolve(explanationOf(r, steps, view))
      if (this.#resolving.resolve(r, finished)) finished()
    })
  }

  /** Sorts clients into views, from the next query on. */
  setViews(rules: readonly ViewRule[]): void {
    this.views.set(rules)
    this.#forgetFinished()
  }

  /** Sorts names and clients to servers, from the next query on; false as ForwardRules.setRules has it. */
  setForwardRules(rules: readonly ClientRule[]): boolean {
    const before = this.forwardRules.text
    const fit = this.forwardRules.setRules(rules)
    if (this.forwardRules.text === before) return fit
    this.#slots.clear()
    this.flushCache()
    return fit
  }

  /** What an upstream server says now, whatever is served or cached here; undefined: none answered. */
  askUpstream(key: NameKey, type: number): Promise<Finding | undefined> {
    return new Promise((resolve) => {
      const asked = this.#parts.resolver.resolve({ partition: 0, key, type }, {}, (outcome) => resolve(outcome.kind === 'found' ? outcome.finding : undefined))
      if (!asked) resolve(undefined)
    })
  }

  /** Who speaks for a zone and for those above it, as far as recursion has met them; nobody where others are asked to. */
  serversOf(zone: NameKey): ZoneServers {
    const { recursion, cache } = this.#parts
    return recursion === undefined ? { names: [], addresses: [] } : zoneServers(zone, recursion.book, cache)
  }

  /** Forgets what upstream said of a name and all below it, or everything. Returns how many answers that were. */
  flushCache(name?: string): number {
    const parsed = name === undefined ? undefined : parseName(name)
    if (parsed?.ok === false) return 0
    const below = parsed && nameKey(parsed.value)
    this.forgetAnswers()
    this.forgetDelegations(below)
    return this.#parts.cache.flush(below === undefined ? {} : { below })
  }

  /** Of the name and all below it, or all: the next question finds its way from further up. */
  forgetDelegations(below?: NameKey): void {
    this.#parts.recursion?.book.forget(below)
  }

  /** What was made of the cache: finished responses, and failures. */
  forgetAnswers(): void {
    this.#table.clear()
    this.#parts.resolver.forgetFailures()
  }

  /** Where validation begins, and where it is turned off for a time. */
  get trust(): Trust {
    return this.#parts.trust
  }

  /** What is known from other servers. */
  get cache(): RrsetCache {
    return this.#parts.cache
  }

  /** Answers kept from upstream servers, questions under way, finished responses kept. */
  get sizes(): {
    readonly cached: number
    readonly 'cached-octets': number
    readonly pending: number
    readonly finished: number
  } {
    return {
      cached: this.#parts.cache.size, 'cached-octets': this.#parts.cache.octets, pending: this.#parts.resolver.pending,
      finished: this.#table.size,
    }
  }

  /** The servers that are forwarded to, and how they do. */
  get forwarding(): Forwarding {
    return this.#parts.forwarding
  }

  /** How each server does that is forwarded to by a rule that is on, or by none. */
  get upstreamStates(): readonly ForwardServerState[] {
    return this.forwardRules.inUse.flatMap((rule) => this.forwarding.states(rule))
  }
}

type Unanswerable = ParsedQuery & { readonly kind: 'error' }

/** A query of no question that speaks EDNS; whether it has a cookie is in its options. */
const isQuestionForCookie = (b: Uint8Array, at: number, parsed: Unanswerable): parsed is Unanswerable & { readonly edns: Edns } =>
  parsed.rcode === RCODE.FORMERR && parsed.edns !== undefined && u16(b, at + 4) === 0
