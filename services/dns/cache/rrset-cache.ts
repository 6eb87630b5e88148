/**
 * What is known of names from other servers, per owner and type, for as long as it may be believed. Read RFC 2181 §5.4.1
 * (ranking), RFC 2308 (denials), RFC 8020 ("nothing below"), RFC 8767 (stale data) and RFC 4035 §4.5 first.
 *
 * An entry stands under partition, owner and type; an alias under CNAME, "no such name" under type 0. A finding that
 * ended is kept as stale until its place is wanted. Bounded by octets; what was not used lately goes first.
 */
import type { Clock, Instant, SecureRandom } from '../../../stack/platform/index.ts'
import { TRUST } from '../resolver/finding.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import { parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import { matches } from './cache-filter.ts'
import type { CacheFilter, CacheRow } from './cache-filter.ts'
import { displaces } from './displace.ts'
import { DEFAULT_STALE_SECONDS, DEFAULT_TTL_BOUNDS, lifetimeMs, prefetchAt, soaOf, STALE_TTL_SECONDS } from './lifetime.ts'
import type { TtlBounds } from './lifetime.ts'

export const DEFAULT_CACHE_OCTETS = 64 * 1024 * 1024
/** Type of the entry that says that there is no such name: no query can ask for it. */
const NO_NAME = 0
/** Names and structure of an entry beside its records, on the high side. */
const ENTRY_OCTETS = 400
const RDATA_OCTETS = 120

export type RrsetCacheOptions = {
  readonly octets?: number | undefined
  readonly ttl?: TtlBounds | undefined
  /** How long what has ended may still be given when nobody can be asked; 0: never. */
  readonly staleSeconds?: number | undefined
}

type Entry = { readonly finding: Finding; readonly octets: number }

export class RrsetCache {
  readonly #clock: Clock
  readonly #limit: number
  readonly #ttl: TtlBounds
  readonly #staleMs: number
  readonly #entries = new Map<string, Entry>()
  #octets = 0

  constructor(ports: { readonly clock: Clock; readonly random: SecureRandom }, options: RrsetCacheOptions = {}) {
    this.#clock = ports.clock
    this.#limit = options.octets ?? DEFAULT_CACHE_OCTETS
    this.#ttl = options.ttl ?? DEFAULT_TTL_BOUNDS
    this.#staleMs = (options.staleSeconds ?? DEFAULT_STALE_SECONDS) * 1000
  }

  get size(): number {
    return this.#entries.size
  }

  get octets(): number {
    return this.#octets
  }

  /** What is known of exactly this name and type (an RRset, or that there is none), however far it may be believed. */
  rrset(partition: number, key: NameKey, type: number): Finding | undefined {
    return this.#fresh(partition, key, type)
  }

  /** What a client may be answered with: judged, and of an answer's trust at least. */
  answer(partition: number, key: NameKey, type: number): Finding | undefined {
    const now = this.#clock.now()
    return this.#answer(partition, key, type, (finding) => now < finding.expiresAt)
  }

  /** What could be answered a while ago, to be given when nobody can be asked. TTLs are short and begin now. */
  stale(partition: number, key: NameKey, type: number): Finding | undefined {
    const now = this.#clock.now()
    const found = this.#answer(
      partition, key, type, (finding) => finding.security !== 'bogus' && now < finding.expiresAt + this.#staleMs,
    )
    return found === undefined ? undefined : asStale(found, now)
  }

  /**
   * False: it is not kept, because what is there ranks higher, it has no time to live, or it is a denial for clients
   * without a SOA (RFC 2308 §5).
   */
  put(partition: number, finding: Finding): boolean {
    const now = this.#clock.now()
    const storedWallMs = this.#clock.wallMs() - (now - finding.storedAt)
    const lifetime = lifetimeMs(finding, this.#ttl, storedWallMs)
    if (finding.storedAt + lifetime <= now || !isKeepable(finding)) return false
    const type = entryType(finding)
    const old = this.#fresh(partition, finding.owner, type)
    if (old !== undefined && !displaces(finding, old)) return false
    let expiresAt = finding.storedAt + lifetime
    // A name server of a delegation that was taken away must not keep it alive by repeating itself ("ghost domains").
    if (type === TYPE.NS && old !== undefined && finding.trust <= old.trust) expiresAt = Math.min(expiresAt, old.expiresAt)
    if (finding.kind !== 'nxdomain') this.#contradict(partition, finding)
    const kind = finding.kind === 'alias' ? 'rrset' : finding.kind
    this.#set(keyFor(partition, finding.owner, type), withBounds({ ...finding, kind, type, expiresAt }, this.#ttl.minSeconds))
    return true
  }

  /** In the last tenth of its life, and in demand. */
  wantsPrefetch(finding: Finding): boolean {
    return this.#clock.now() >= prefetchAt(finding)
  }

  /** Forgets what the filter names; how many entries that were. */
  flush(filter: CacheFilter = {}): number {
    let count = 0
    for (const [key, { finding }] of this.#entries) {
      if (!matches(filter, { partition: key.charCodeAt(0), finding })) continue
      this.#remove(key)
      count++
    }
    return count
  }

  /** Entries from `after` on that the filter names, at most `limit`; `next` is where to go on, undefined at the end. */
  list(filter: CacheFilter, after: number, limit: number): { readonly rows: readonly CacheRow[]; readonly next: number | undefined } {
    const rows: CacheRow[] = []
    let place = 0
    for (const [key, { finding }] of this.#entries) {
      if (place++ < after) continue
      const row = { partition: key.charCodeAt(0), finding }
      if (matches(filter, row)) rows.push(row)
      if (rows.length === limit) return { rows, next: place }
    }
    return { rows, next: undefined }
  }

  #fresh(partition: number, key: NameKey, type: number): Finding | undefined {
    const finding = this.#entries.get(keyFor(partition, key, type))?.finding
    return finding !== undefined && this.#clock.now() < finding.expiresAt ? finding : undefined
  }

  #answer(partition: number, key: NameKey, type: number, holds: (finding: Finding) => boolean): Finding | undefined {
    const exact = this.#usable(partition, key, type, holds)
    if (exact !== undefined) return exact
    const alias = this.#usable(partition, key, TYPE.CNAME, holds)
    if (alias !== undefined && alias.kind !== 'nodata') return { ...alias, type, kind: 'alias' }
    const noName = this.#usable(partition, key, NO_NAME, holds)
    if (noName !== undefined) return { ...noName, type }
    for (let above = key; above !== ROOT_KEY;) {
      above = parentKey(above)
      const cut = this.#usable(partition, above, NO_NAME, holds)
      // As Unbound: only where it is proven. Servers that deny names between dots wrongly are still about.
      if (cut?.security === 'secure') return { ...cut, owner: key, type }
    }
    return undefined
  }

  #usable(partition: number, key: NameKey, type: number, holds: (finding: Finding) => boolean): Finding | undefined {
    const finding = this.#entries.get(keyFor(partition, key, type))?.finding
    if (finding === undefined || finding.trust < TRUST.answer || finding.security === 'unchecked') return undefined
    return holds(finding) ? finding : undefined
  }

  /** Something exists here: what said that the name, or one above it, did not is forgotten, unless that ranks higher. */
  #contradict(partition: number, finding: Finding): void {
    for (let above = finding.owner; ; above = parentKey(above)) {
      const key = keyFor(partition, above, NO_NAME)
      const denial = this.#entries.get(key)?.finding
      if (denial !== undefined && displaces(finding, denial)) this.#remove(key)
      if (above === ROOT_KEY) return
    }
  }

  #set(key: string, finding: Finding): void {
    this.#remove(key)
    const octets = ENTRY_OCTETS + sizeOf(finding.answer) + sizeOf(finding.authority)
    if (octets > this.#limit) return
    this.#entries.set(key, { finding, octets })
    this.#octets += octets
    for (const oldest of this.#entries.keys()) {
      if (this.#octets <= this.#limit) break
      this.#remove(oldest)
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#octets -= entry.octets
  }
}

const keyFor = (partition: number, key: NameKey, type: number): string => String.fromCharCode(partition, type) + key

function entryType(finding: Finding): number {
  if (finding.kind === 'alias') return TYPE.CNAME
  return finding.kind === 'nxdomain' ? NO_NAME : finding.type
}

const isKeepable = (finding: Finding): boolean => {
  if (finding.kind === 'rrset' || finding.kind === 'alias') return finding.answer.length > 0
  // Without a SOA only for ourselves: that a delegation has no DS.
  return soaOf(finding) !== undefined || finding.trust < TRUST.answer
}

/** No TTL is longer than the whole may be kept, and none but a denial's shorter than the least. */
function withBounds(finding: Finding, minSeconds: number): Finding {
  const seconds = Math.floor((finding.expiresAt - finding.storedAt) / 1000)
  const least = finding.kind === 'rrset' ? minSeconds : 0
  const bounded = (signed: SignedRrset): SignedRrset => ({
    rrset: { ...signed.rrset, ttl: Math.min(Math.max(signed.rrset.ttl, least), seconds) },
    signatures: signed.signatures && { ...signed.signatures, ttl: Math.min(Math.max(signed.signatures.ttl, least), seconds) },
  })
  return { ...finding, answer: finding.answer.map(bounded), authority: finding.authority.map(bounded) }
}

function asStale(finding: Finding, now: Instant): Finding {
  const short = ({ rrset, signatures }: SignedRrset): SignedRrset => ({
    rrset: { ...rrset, ttl: STALE_TTL_SECONDS }, signatures: signatures && { ...signatures, ttl: STALE_TTL_SECONDS },
  })
  return {
    ...finding, answer: finding.answer.map(short), authority: finding.authority.map(short),
    storedAt: now, expiresAt: now + STALE_TTL_SECONDS * 1000,
  }
}

function sizeOf(rrsets: readonly SignedRrset[]): number {
  let octets = 0
  for (const { rrset, signatures } of rrsets) {
    for (const rdata of rrset.rdata) octets += RDATA_OCTETS + rdata.length
    for (const rdata of signatures?.rdata ?? []) octets += RDATA_OCTETS + rdata.length
  }
  return octets
}
