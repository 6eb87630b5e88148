/**
 * Whether any resolver may find a zone bogus: every combination of a DS RRset, a DNSKEY RRset and signatures that caches may
 * hold now has to validate, as strictly as RFC 4035 §2.2 and RFC 6840 §5.11 let a validator be. A rollover is then a row
 * of changes each of which leaves the zone safe; the order that RFC 6781 §4.1 and RFC 7583 §3 give follows from it.
 */
import { isSep, isSigner, isVisible } from './key-records.ts'
import type { KeyRecord, ZoneKey } from '../../model/index.ts'

/** Keys in flux at once; 2^n sets of DS records are looked at. A zone with more makes no step. */
const MOST_IN_FLUX = 8

type Version = readonly ZoneKey[]

/** True when no combination of cached RRsets is bogus. */
export function isSafe(keys: readonly ZoneKey[]): boolean {
  const parents = dsVersions(keys)
  if (parents === undefined) return false
  const dnskeys = versions(keys, 'dnskey')
  const signatures = versions(keys.filter(isSigner), 'signatures')
  return parents.every((ds) => dnskeys.every((set) => signatures.every((signers) => isValid(ds, set, signers))))
}

/** No DS: the zone is insecure, and nothing can be wrong with it. */
function isValid(ds: Version, dnskeys: Version, signers: Version): boolean {
  if (ds.length === 0) return true
  const among = (keys: Version, algorithm: number): Version => keys.filter((key) => key.algorithm === algorithm)
  const anchored = algorithmsOf(ds).every((algorithm) => among(ds, algorithm).some((key) => dnskeys.includes(key)))
  const signed = algorithmsOf([...ds, ...dnskeys]).every((algorithm) =>
    among(signers, algorithm).some((key) => dnskeys.includes(key)) && among(dnskeys, algorithm).some(isSep))
  return anchored && signed
}

const algorithmsOf = (keys: Version): readonly number[] => [...new Set(keys.map((key) => key.algorithm))]

/** The sets that were there one after the other since the oldest that a cache may hold. */
function versions(keys: readonly ZoneKey[], record: KeyRecord): readonly Version[] {
  const times = keys.flatMap((key) => {
    const state = key[record]
    return state.kind === 'rumoured' || state.kind === 'unretentive' ? [state.since] : []
  })
  const moments = [Number.NEGATIVE_INFINITY, ...new Set(times.sort((a, b) => a - b))]
  return moments.map((moment) => keys.filter((key) => wasThere(key, record, moment)))
}

function wasThere(key: ZoneKey, record: KeyRecord, moment: number): boolean {
  const state = key[record]
  switch (state.kind) {
    case 'hidden': return false
    case 'omnipresent': return true
    case 'rumoured': return state.since <= moment
    case 'unretentive': return state.since > moment
  }
}

/** What the parent has of the changes that it was told of, and in which order, is its own affair: every subset. */
function dsVersions(keys: readonly ZoneKey[]): readonly Version[] | undefined {
  const sure = keys.filter((key) => key.ds.kind === 'omnipresent')
  const unsure = keys.filter((key) => isVisible(key.ds) && key.ds.kind !== 'omnipresent')
  if (unsure.length > MOST_IN_FLUX) return undefined
  return Array.from({ length: 2 ** unsure.length }, (_, mask) => [...sure, ...unsure.filter((_key, i) => (mask >> i) % 2 === 1)])
}
