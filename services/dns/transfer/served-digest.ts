/** The digest of a zone as it is given out now (RFC 8976), and whether its own ZONEMD records say the same. */
import type { Clock } from '../../../stack/platform/index.ts'
import { TYPE } from '../wire/type-names.ts'
import { findRrset, type LiveZone } from '../zone/zone.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'
import { axfrRows } from './transfers.ts'
import { DIGEST_ALGORITHMS, type DigestAlgorithm, digestInTurns, isAnyRight, publishedDigests, ZoneDigest } from './zone-digest.ts'

export type ServedDigest = {
  readonly serial: number
  readonly digests: ReadonlyMap<DigestAlgorithm, Uint8Array>
  /** none: the zone has no ZONEMD record that can be checked. */
  readonly published: 'none' | 'right' | 'wrong'
}

/** Of the version that is served when it is called, whatever is edited meanwhile. */
export function servedDigest(clock: Clock, live: LiveZone): Promise<ServedDigest> {
  const { serial } = live.zone
  const apex = live.node(live.key)
  const zonemd = apex === undefined ? undefined : findRrset(apex, TYPE.ZONEMD)
  const published = publishedDigests(zonemd?.rdata ?? [], live.soa.rdata[0] as Uint8Array)
  const rows = axfrRows(live, () => {})
  const all: Iterable<ZoneRow> = { [Symbol.iterator]: () => rows }
  const digest = new ZoneDigest(live.key, all, Object.keys(DIGEST_ALGORITHMS) as DigestAlgorithm[])
  return new Promise((resolve) => {
    digestInTurns(clock, digest, (digests) =>
      resolve({ serial, digests, published: published.length === 0 ? 'none' : isAnyRight(published, digests) ? 'right' : 'wrong' }))
  })
}
