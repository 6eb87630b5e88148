/** The cache of RRsets as plainly as it can be said: no bound, no proofs, findings in a Map. What tests compare with. */
import { displaces } from '../../services/dns/cache/displace.ts'
import { asStale, DEFAULT_TTL_BOUNDS, lifetimeMs, soaOf, withBounds } from '../../services/dns/cache/lifetime.ts'
import type { CacheFilter } from '../../services/dns/cache/cache-filter.ts'
import { TRUST } from '../../services/dns/resolver/finding.ts'
import type { Finding } from '../../services/dns/resolver/finding.ts'
import { isAtOrBelow, ROOT_KEY } from '../../services/dns/wire/name.ts'
import type { NameKey } from '../../services/dns/wire/name.ts'
import { TYPE } from '../../services/dns/wire/type-names.ts'
import type { Clock } from '../../stack/platform/index.ts'

const NO_NAME = 0
type Row = { readonly partition: number; readonly type: number; readonly finding: Finding }

export class CacheModel {
  readonly #clock: Clock
  readonly #staleMs: number
  #rows: Row[] = []

  constructor(clock: Clock, staleSeconds: number) {
    this.#clock = clock
    this.#staleMs = staleSeconds * 1000
  }

  get size(): number {
    return this.#rows.length
  }

  rrset(partition: number, key: NameKey, type: number): Finding | undefined {
    const finding = this.#at(partition, key, type)
    return finding !== undefined && this.#clock.now() < finding.expiresAt ? finding : undefined
  }

  answer(partition: number, key: NameKey, type: number, beyondMs = 0): Finding | undefined {
    const usable = (owner: NameKey, wanted: number): Finding | undefined => {
      const finding = this.#at(partition, owner, wanted)
      const judged = finding !== undefined && finding.trust >= TRUST.answer && finding.security !== 'unchecked'
      return judged && this.#clock.now() < finding.expiresAt + beyondMs ? finding : undefined
    }
    const exact = usable(key, type)
    if (exact !== undefined) return exact
    const alias = usable(key, TYPE.CNAME)
    if (alias?.kind === 'rrset') return { ...alias, kind: 'alias', type }
    const noName = usable(key, NO_NAME)
    if (noName !== undefined) return { ...noName, type }
    const cuts = this.#rows.filter((row) => row.partition === partition && row.type === NO_NAME && isAtOrBelow(key, row.finding.owner))
    const nearest = cuts.map((row) => row.finding.owner).sort((a, b) => a.length - b.length)
      .map((owner) => usable(owner, NO_NAME)).find((finding) => finding?.security === 'secure')
    return nearest && { ...nearest, owner: key, type }
  }

  stale(partition: number, key: NameKey, type: number): Finding | undefined {
    const finding = this.answer(partition, key, type, this.#staleMs)
    return finding === undefined || finding.security === 'bogus' ? undefined : asStale(finding, this.#clock.now())
  }

  put(partition: number, finding: Finding): boolean {
    const now = this.#clock.now()
    const life = lifetimeMs(finding, DEFAULT_TTL_BOUNDS, this.#clock.wallMs() - (now - finding.storedAt))
    const denial = finding.kind === 'nodata' || finding.kind === 'nxdomain'
    if (finding.kind === 'nxdomain' && finding.owner === ROOT_KEY) return false
    if (finding.storedAt + life <= now || (denial && soaOf(finding) === undefined && finding.trust >= TRUST.answer)) return false
    const type = finding.kind === 'alias' ? TYPE.CNAME : finding.kind === 'nxdomain' ? NO_NAME : finding.type
    const old = this.rrset(partition, finding.owner, type)
    if (old !== undefined && !displaces(finding, old)) return false
    const end = finding.storedAt + life
    const expiresAt = type === TYPE.NS && old !== undefined && finding.trust <= old.trust ? Math.min(end, old.expiresAt) : end
    const exists = finding.kind !== 'nxdomain'
    this.#rows = this.#rows.filter((row) => {
      if (row.partition !== partition) return true
      if (row.type === type && row.finding.owner === finding.owner) return false
      return !(exists && row.type === NO_NAME && isAtOrBelow(finding.owner, row.finding.owner) && displaces(finding, row.finding))
    })
    const kind = finding.kind === 'alias' ? 'rrset' : finding.kind
    this.#rows.push({ partition, type, finding: withBounds({ ...finding, kind, type, expiresAt }, DEFAULT_TTL_BOUNDS) })
    return true
  }

  flush(filter: CacheFilter): number {
    const before = this.#rows.length
    this.#rows = this.#rows.filter(({ partition, type, finding }) => !(
      (filter.partition === undefined || filter.partition === partition)
      && (filter.name === undefined || filter.name === finding.owner)
      && (filter.below === undefined || isAtOrBelow(finding.owner, filter.below))
      && (filter.type === undefined || filter.type === type)
      && (filter.security === undefined || filter.security === finding.security)
    ))
    return before - this.#rows.length
  }

  #at(partition: number, key: NameKey, type: number): Finding | undefined {
    return this.#rows.find((row) => row.partition === partition && row.type === type && row.finding.owner === key)?.finding
  }
}
