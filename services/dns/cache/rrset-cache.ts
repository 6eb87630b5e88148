/**
 * What is known of names from other servers, per owner and type, for as long as it may be believed. Read RFC 2181 §5.4.1
 * (ranking), RFC 2308 (denials), RFC 8020 ("nothing below"), RFC 8198 (proofs), RFC 8767 (stale data) and RFC 4035 §4.5
 * first.
 *
 * An entry stands under partition, owner and type; an alias under CNAME, "no such name" under type 0. What has ended is
 * kept as stale until its place is wanted. Entries lie in a ring of octets (entry-log.ts) and become findings when they
 * are asked for.
 */
import type { Clock, Instant, SecureRandom } from '../../../stack/platform/index.ts'
import { TRUST } from '../resolver/finding.ts'
import type { Finding } from '../resolver/finding.ts'
import { MAX_LABELS, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import type { CacheFilter, CacheRow } from './cache-filter.ts'
import type { CacheCount } from './counts.ts'
import { Denials } from './denials.ts'
import { displaces } from './displace.ts'
import { EntryReader, EntryWriter, kindOf, securityOf, trustOf } from './entry-codec.ts'
import { takePiece } from './filing.ts'
import type { Taken } from './filing.ts'
import { EntryLog } from './entry-log.ts'
import {
  asStale, DEFAULT_STALE_SECONDS, DEFAULT_TTL_BOUNDS, lifetimeMs, prefetchAt, soaOf, withBounds,
} from './lifetime.ts'
import type { TtlBounds } from './lifetime.ts'
import { aliasBy, dnameOf } from './redirections.ts'

/** What some 300,000 RRsets without signatures need, or 150,000 with. */
export const DEFAULT_CACHE_OCTETS = 64 * 1024 * 1024
/** Type of the entry that says that there is no such name: no query can ask for it. */
const NO_NAME = 0
const PARTITION_SHIFT = 16
/** Partitions: everybody's, and those of clients with forwarders of their own. */
const MAX_PARTITION = 15

/** Used within one call, by all caches. */
const writer = new EntryWriter()
const reader = new EntryReader()

export type RrsetCacheOptions = {
  readonly octets?: number | undefined
  readonly ttl?: TtlBounds | undefined
  /** How long what has ended may still be given when nobody can be asked; 0: never. */
  readonly staleSeconds?: number | undefined
  readonly count?: ((what: CacheCount) => void) | undefined
}

/** Where to go on is `next`; undefined: that was all. */
export type CacheSweep = { readonly rows: readonly CacheRow[]; readonly next: number | undefined }

export class RrsetCache {
  readonly #clock: Clock
  readonly #log: EntryLog
  readonly #limit: number
  readonly #ttl: TtlBounds
  readonly #staleMs: number
  readonly #count: (what: CacheCount) => void
  readonly #denials: Denials
  readonly #labels = new Uint8Array(MAX_LABELS + 1)
  /** How often something was put in, and how often something was flushed but for single entries: for who keeps it in a file. */
  puts = 0
  flushes = 0
  /** Entries that say that a name does not exist, and are proven: without any, nobody looks above a name. */
  #cuts = 0
  /** DNAME records, the same. */
  #dnames = 0

  constructor(ports: { readonly clock: Clock; readonly random: SecureRandom }, options: RrsetCacheOptions = {}) {
    this.#clock = ports.clock
    this.#limit = options.octets ?? DEFAULT_CACHE_OCTETS
    this.#log = new EntryLog(this.#limit, ports.random)
    this.#ttl = options.ttl ?? DEFAULT_TTL_BOUNDS
    this.#staleMs = (options.staleSeconds ?? DEFAULT_STALE_SECONDS) * 1000
    this.#count = options.count ?? (() => {})
    this.#denials = new Denials({
      log: this.#log, read: (handle) => this.#freshAt(handle), rrset: (partition, key, type) => this.rrset(partition, key, type),
      put: (partition, finding) => this.put(partition, finding),
    })
    this.#log.onEvict = (handle) => {
      this.#count('cache-evicted')
      this.#leaving(handle)
    }
  }

  /** Entries, stale ones included. */
  get size(): number {
    return this.#log.size
  }

  /** Octets that they take. */
  get octets(): number {
    return this.#log.octets
  }

  get limitOctets(): number {
    return this.#limit
  }

  /** Zones of which there are proofs to answer from. */
  get provenZones(): number {
    return this.#denials.zones
  }

  /** What is known of exactly this name and type (an RRset, or that there is none), however far it may be believed. */
  rrset(partition: number, key: NameKey, type: number): Finding | undefined {
    return this.#freshAt(this.#find(partition, key, type))
  }

  /**
   * What a client may be answered with: judged, and of an answer's trust at least. The exact type, else an alias, else that
   * the name or, proven, one above it does not exist, else what a proven DNAME above it or proofs of its zone say.
   */
  answer(partition: number, key: NameKey, type: number): Finding | undefined {
    const now = this.#clock.now()
    const known = this.#known(partition, key, type, now, 0)
    if (known !== undefined) {
      this.#count('cache-hits')
      return known
    }
    const made = this.#redirected(partition, key, type, now) ?? this.#denials.make(partition, key, type, now)
    this.#count(made === undefined ? 'cache-misses' : 'cache-synthesized')
    return made
  }

  /** What could be answered a while ago, to be given when nobody can be asked. TTLs are short and begin now. */
  stale(partition: number, key: NameKey, type: number): Finding | undefined {
    const now = this.#clock.now()
    const found = this.#known(partition, key, type, now, this.#staleMs)
    if (found === undefined || found.security === 'bogus') return undefined
    this.#count('cache-stale')
    return asStale(found, now)
  }

  /**
   * False: it is not kept, because what is there ranks higher, it has no time to live, it is too long, or it is a denial
   * for clients without a SOA (RFC 2308 §5). All records of a secure finding were validated.
   */
  put(partition: number, finding: Finding): boolean {
    const now = this.#clock.now()
    const storedWallMs = this.#clock.wallMs() - (now - finding.storedAt)
    const lifetime = lifetimeMs(finding, this.#ttl, storedWallMs)
    if (finding.storedAt + lifetime <= now || !isKeepable(finding)) return false
    const type = entryType(finding)
    const old = this.#find(partition, finding.owner, type)
    const oldIsFresh = old !== 0 && now < this.#log.expiresAt(old)
    const oldState = old === 0 ? 0 : this.#log.stateOf(old)
    if (oldIsFresh && !displaces(finding, { trust: trustOf(oldState), security: securityOf(oldState) })) {
      this.#count('cache-outranked')
      return false
    }
    let expiresAt = finding.storedAt + lifetime
    // A name server of a delegation that was taken away must not keep it alive by repeating itself ("ghost domains").
    if (type === TYPE.NS && oldIsFresh && finding.trust <= trustOf(oldState)) expiresAt = Math.min(expiresAt, this.#log.expiresAt(old))
    const kind = finding.kind === 'alias' ? 'rrset' : finding.kind
    if (kind !== 'nxdomain') this.#contradict(partition, finding)
    const kept = this.#store(partition, withBounds({ ...finding, kind, type, expiresAt }, this.#ttl))
    const dname = dnameOf(finding)
    if (dname !== undefined) this.put(partition, dname)
    if (finding.security === 'secure') this.#denials.learn(partition, { ...finding, expiresAt })
    return kept
  }

  /** Entries from `from` on as a piece of a file; see cache-file.ts. */
  takePiece(from: number): Taken {
    return takePiece(this.#log, this.#clock, from)
  }

  /** As put(), for what was kept before a restart: it may have ended, and nothing that is here already makes way for it. */
  restore(partition: number, finding: Finding): boolean {
    const now = this.#clock.now()
    if (finding.storedAt > now || finding.expiresAt + this.#staleMs <= now || !isKeepable(finding)) return false
    if (this.#find(partition, finding.owner, entryType(finding)) !== 0) return false
    return this.#store(partition, finding)
  }

  /** From then on a hit should have the finding asked for again: in the last tenth of its life. */
  wantsPrefetch(finding: Finding): boolean {
    return this.#clock.now() >= prefetchAt(finding)
  }

  /** Forgets what the filter names, all in one go; how many entries that were. With name and type that is but a look-up. */
  flush(filter: CacheFilter = {}): number {
    if (filter.name !== undefined && filter.type !== undefined) return this.#flushEntry(filter, filter.name, filter.type)
    let count = 0
    for (let from: number | undefined = 0; from !== undefined;) {
      const { forgotten, next } = this.flushSome(filter, from, this.#log.end)
      count += forgotten
      from = next
    }
    return count
  }

  /** The same for `count` places from `from` on, to be done in turns with everything else. */
  flushSome(filter: CacheFilter, from: number, count: number): { readonly forgotten: number; readonly next: number | undefined } {
    if (Object.values(filter).every((part) => part === undefined)) {
      const forgotten = this.#log.size
      this.flushes++
      this.#log.clear()
      this.#denials.clear()
      this.#cuts = this.#dnames = 0
      return { forgotten, next: undefined }
    }
    let forgotten = 0
    this.flushes++
    const next = this.#visit(filter, from, count, (handle) => {
      this.#remove(handle)
      forgotten++
      return true
    })
    return { forgotten, next }
  }

  #flushEntry(filter: CacheFilter, name: NameKey, type: number): number {
    let count = 0
    const [first, last] = filter.partition === undefined ? [0, MAX_PARTITION] : [filter.partition, filter.partition]
    for (let partition = first; partition <= last; partition++) {
      const handle = this.#find(partition, name, type)
      if (handle === 0 || !this.#matches(handle, filter)) continue
      this.#remove(handle)
      count++
    }
    return count
  }

  /** Entries that the filter names, at most `limit` of those in `count` places from `from` on, stale ones included. */
  list(filter: CacheFilter, from: number, limit: number, count = this.#log.end): CacheSweep {
    const rows: CacheRow[] = []
    const next = this.#visit(filter, from, count, (handle) => {
      const finding = this.#read(handle)
      if (finding !== undefined) rows.push({ partition: this.#log.tagOf(handle) >>> PARTITION_SHIFT, finding })
      return rows.length < limit
    })
    return { rows, next }
  }

  /** Calls `take` for the entries that the filter names until it says false; where to go on. */
  #visit(filter: CacheFilter, from: number, count: number, take: (handle: number) => boolean): number | undefined {
    const { end } = this.#log
    const until = Math.min(end, from + count)
    for (let handle = Math.max(1, from); handle < until; handle++) {
      if (this.#log.isLive(handle) && this.#matches(handle, filter) && !take(handle)) return handle + 1
    }
    return until < end ? until : undefined
  }

  #matches(handle: number, filter: CacheFilter): boolean {
    const tag = this.#log.tagOf(handle)
    if (filter.partition !== undefined && filter.partition !== tag >>> PARTITION_SHIFT) return false
    if (filter.type !== undefined && filter.type !== (tag & 0xffff)) return false
    if (filter.security !== undefined && filter.security !== securityOf(this.#log.stateOf(handle))) return false
    if (filter.name !== undefined && !this.#log.isNamed(handle, filter.name)) return false
    return filter.below === undefined || this.#log.isAtOrBelow(handle, filter.below)
  }

  #find(partition: number, key: NameKey, type: number): number {
    return this.#log.find(this.#log.hashName(key), (partition << PARTITION_SHIFT) | type, key, 0)
  }

  /** An answer that was kept and has not ended longer ago than `staleMs`. */
  #known(partition: number, key: NameKey, type: number, now: Instant, staleMs: number): Finding | undefined {
    const log = this.#log
    const hash = log.hashName(key)
    const base = partition << PARTITION_SHIFT
    const exact = log.find(hash, base | type, key, 0)
    if (this.#isUsable(exact, now, staleMs)) return this.#taken(exact)
    const alias = log.find(hash, base | TYPE.CNAME, key, 0)
    if (this.#isUsable(alias, now, staleMs) && kindOf(log.stateOf(alias)) === 'rrset') return asKind(this.#taken(alias), 'alias', type)
    const noName = log.find(hash, base | NO_NAME, key, 0)
    if (this.#isUsable(noName, now, staleMs)) return asKind(this.#taken(noName), 'nxdomain', type)
    return this.#cuts === 0 ? undefined : this.#cutAbove(partition, key, type, now, staleMs)
  }

  /**
   * RFC 8020: below a name that does not exist there is nothing. As in Unbound only where that is proven: servers that
   * deny names which have nothing but names below them are still about, and unsigned denials would spread the harm.
   */
  #cutAbove(partition: number, key: NameKey, type: number, now: Instant, staleMs: number): Finding | undefined {
    const cut = this.#findAbove(partition, key, NO_NAME, now, staleMs)
    const finding = cut === 0 ? undefined : asKind(this.#taken(cut), 'nxdomain', type)
    return finding && { ...finding, owner: key }
  }

  /** RFC 6672 §3.4: a DNAME above says where the name leads. */
  #redirected(partition: number, key: NameKey, type: number, now: Instant): Finding | undefined {
    const handle = this.#dnames === 0 ? 0 : this.#findAbove(partition, key, TYPE.DNAME, now, 0)
    const dname = handle === 0 || kindOf(this.#log.stateOf(handle)) !== 'rrset' ? undefined : this.#taken(handle)
    return dname && aliasBy(dname, key, type, now)
  }

  /** The entry of that type at the topmost of the names above `key`, secure and for clients; 0: there is none. */
  #findAbove(partition: number, key: NameKey, type: number, now: Instant, staleMs: number): number {
    const log = this.#log
    const starts = this.#labels
    let labels = 0
    for (let at = 0; key.charCodeAt(at) !== 0; at += 1 + key.charCodeAt(at)) starts[labels++] = at
    let to = key.length - 1
    let hash = log.hashName(key, to)
    for (let n = labels - 1; n > 0; n--) {
      const from = starts[n] as number
      hash = log.hashName(key, from, to, hash)
      to = from
      const handle = log.find(hash, (partition << PARTITION_SHIFT) | type, key, from)
      if (this.#isUsable(handle, now, staleMs) && securityOf(log.stateOf(handle)) === 'secure') return handle
    }
    return 0
  }

  #isUsable(handle: number, now: Instant, staleMs: number): boolean {
    if (handle === 0 || now >= this.#log.expiresAt(handle) + staleMs) return false
    const state = this.#log.stateOf(handle)
    return trustOf(state) >= TRUST.answer && securityOf(state) !== 'unchecked'
  }

  #freshAt(handle: number): Finding | undefined {
    return handle !== 0 && this.#clock.now() < this.#log.expiresAt(handle) ? this.#taken(handle) : undefined
  }

  #taken(handle: number): Finding | undefined {
    this.#log.use(handle)
    return this.#read(handle)
  }

  #read(handle: number): Finding | undefined {
    const log = this.#log
    const at = log.blockOf(handle)
    return reader.read(log.bytes, at, at + log.blockOctets(handle), log.tagOf(handle) & 0xffff, log.expiresAt(handle), log.lifeMs(handle))
  }

  /** Something exists here: what said that the name, or one above it, did not is forgotten, unless that ranks higher. */
  #contradict(partition: number, finding: Finding): void {
    for (let above = finding.owner; ; above = parentKey(above)) {
      const handle = this.#find(partition, above, NO_NAME)
      if (handle !== 0) {
        const state = this.#log.stateOf(handle)
        if (displaces(finding, { trust: trustOf(state), security: securityOf(state) })) this.#remove(handle)
      }
      if (above === ROOT_KEY) return
    }
  }

  /** Takes the place of what is there. */
  #store(partition: number, finding: Finding): boolean {
    const log = this.#log
    const type = entryType(finding)
    const old = this.#find(partition, finding.owner, type)
    const fits = writer.write(finding)
    if (!fits) this.#count('cache-too-long')
    let handle = old
    if (old !== 0) this.#leaving(old)
    if (old !== 0 && !(fits && log.rewrite(old, writer.draft))) {
      log.remove(old)
      handle = 0
    }
    if (!fits) return false
    if (handle === 0) handle = log.put(log.hashName(finding.owner), (partition << PARTITION_SHIFT) | type, writer.draft)
    if (handle === 0) {
      this.#count('cache-too-long')
      return false
    }
    this.#count('cache-kept')
    this.puts++
    if (isCut(log.stateOf(handle))) this.#cuts++
    if (type === TYPE.DNAME) this.#dnames++
    if (isProof(type) && finding.kind === 'rrset' && finding.security === 'secure') this.#denials.index(partition, handle, finding)
    return true
  }

  #remove(handle: number): void {
    this.#leaving(handle)
    this.#log.remove(handle)
  }

  /** What is known of the entry elsewhere is forgotten. */
  #leaving(handle: number): void {
    const tag = this.#log.tagOf(handle)
    if (isCut(this.#log.stateOf(handle))) this.#cuts--
    if ((tag & 0xffff) === TYPE.DNAME) this.#dnames--
    const finding = isProof(tag & 0xffff) ? this.#read(handle) : undefined
    if (finding !== undefined) this.#denials.forget(tag >>> PARTITION_SHIFT, finding)
  }
}

const isProof = (type: number): boolean => type === TYPE.NSEC || type === TYPE.NSEC3
const isCut = (state: number): boolean => kindOf(state) === 'nxdomain' && securityOf(state) === 'secure'

const asKind = (finding: Finding | undefined, kind: Finding['kind'], type: number): Finding | undefined => finding && { ...finding, kind, type }

function entryType(finding: Finding): number {
  if (finding.kind === 'alias') return TYPE.CNAME
  return finding.kind === 'nxdomain' ? NO_NAME : finding.type
}

const isKeepable = (finding: Finding): boolean => {
  if (finding.kind === 'rrset' || finding.kind === 'alias') return finding.answer.length > 0
  // The root exists, whoever says otherwise: nothing at all would be left.
  if (finding.kind === 'nxdomain' && finding.owner === ROOT_KEY) return false
  // Without a SOA only for ourselves: that a delegation has no DS, as referrals prove it.
  return soaOf(finding) !== undefined || finding.trust < TRUST.answer || (finding.type === TYPE.DS && finding.authority.length > 0)
}
