/** What is to happen to a zone's keys next, when, and why not before: for people. */
import type { KeyRecord, ZoneKey } from '../../model/index.ts'
import { endOfLife, isRolling, newestIn, placesOf, type SigningState } from './step.ts'

export type Coming = {
  readonly keyId: number
  /** Wall time in ms; null: when a person or the parent has acted. */
  readonly at: number | null
  readonly what: string
  readonly why: string
}

/** [what will be so, why it is waited for] */
type Sentences = readonly [what: string, why: string]
const RECORDS: { readonly [R in KeyRecord]: { readonly rumoured: Sentences; readonly unretentive: Sentences } } = {
  dnskey: {
    rumoured: ['all caches know its DNSKEY record', 'until then some may hold the DNSKEY RRset without it, so nothing may depend on it'],
    unretentive: ['no cache knows its DNSKEY record any more', 'then nothing is left of the key, and its private half is deleted'],
  },
  signatures: {
    rumoured: ['all caches have signatures made with it', 'until then some may hold records that are signed with another key, or not at all'],
    unretentive: ['no cache has signatures made with it any more', 'until then its DNSKEY record has to stay, for those who check them'],
  },
  ds: {
    rumoured: ['all caches know its DS record', 'until then some may hold the DS RRset without it, so the key before it has to stay'],
    unretentive: ['no cache has its DS record any more', 'until then its DNSKEY record and its signatures have to stay'],
  },
}
const AT_PARENT: { readonly rumoured: Sentences; readonly unretentive: Sentences } = {
  rumoured: ['the parent has its DS record', 'the parent is asked by CDS and CDNSKEY records; where it does not look at them, somebody has to bring it the DS record, and say so'],
  unretentive: ['the parent has its DS record no more', 'the parent is asked by CDS and CDNSKEY records; where it does not look at them, somebody has to have it removed, and say so'],
}
const BEGINS: Sentences = ['a new key begins to take its place', 'its lifetime is over then']
const FOLLOWS: Sentences = ['a new key begins to take its place', 'its lifetime is over, and the change before this one is not']

/** In the order of time, what waits for the parent first. */
export function comingOf(state: SigningState): readonly Coming[] {
  const waits = state.keys.flatMap((key) => (['ds', 'dnskey', 'signatures'] as const).flatMap((record) => waitOf(key, record)))
  return [...waits, ...endsOf(state)].sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
}

function waitOf(key: ZoneKey, record: KeyRecord): readonly Coming[] {
  const state = key[record]
  if (state.kind !== 'rumoured' && state.kind !== 'unretentive') return []
  const [what, why] = (state.until === null ? AT_PARENT : RECORDS[record])[state.kind]
  return [{ keyId: key.id, at: state.until, what, why }]
}

function endsOf({ policy, keys }: SigningState): readonly Coming[] {
  if (!policy.enabled) return []
  return placesOf(policy).flatMap(({ role, algorithm }) => {
    const key = newestIn(keys, role, algorithm)
    const at = key && endOfLife(key, policy)
    if (key === undefined || at === undefined) return []
    const [what, why] = isRolling(keys, role) ? FOLLOWS : BEGINS
    return [{ keyId: key.id, at, what, why }]
  })
}
