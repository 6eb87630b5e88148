/**
 * The changes that bring keys towards their goals, in the order in which they are tried. Which of them may be made now is not
 * said here: safety.ts refuses those that come too early, so that one list serves first signing, rollovers of each kind
 * (RFC 6781 §4.1: pre-publication for ZSKs, double signature for KSKs, both for CSKs, the conservative one for
 * algorithms), a change of scheme, and the way back to insecure.
 */
import type { KeyRecord, RecordState, ZoneKey } from '../../model/index.ts'
import { isPublished, isSep, isSigner, isVisible } from './key-records.ts'

/** Some keys' record to be put into the zone (or asked of the parent), others' to be taken out, all at one moment. */
export type Move = { readonly record: KeyRecord; readonly put: readonly ZoneKey[]; readonly take: readonly ZoneKey[] }

export type MoveContext = { readonly keys: readonly ZoneKey[]; /** The zone is to be signed. */ readonly enabled: boolean }

export function moves({ keys, enabled }: MoveContext): readonly Move[] {
  const serving = keys.filter((key) => key.goal === 'serve')
  const retiring = keys.filter((key) => key.goal === 'retire')
  const exposed = keys.some((key) => isVisible(key.ds))
  const all = [
    ...beginnings(keys, serving),
    ...byAlgorithm(serving.filter(({ dnskey }) => dnskey.kind === 'hidden')).map((put) => ({ record: 'dnskey', put, take: [] }) as const),
    ...takeovers(serving, retiring),
    ...dsChanges(serving, retiring, enabled),
    ...endings(serving, retiring, { exposed, enabled }),
  ]
  return all.filter(({ put, take }) => put.length + take.length > 0)
}

const byAlgorithm = (keys: readonly ZoneKey[]): readonly (readonly ZoneKey[])[] => [...Map.groupBy(keys, (key) => key.algorithm).values()]

/** The first key of its algorithm signs before its DNSKEY is seen (RFC 6781 §4.1.4). */
function beginnings(keys: readonly ZoneKey[], serving: readonly ZoneKey[]): readonly Move[] {
  // A key that goes before it was ever published hands nothing over.
  const counts = (key: ZoneKey): boolean => isPublished(key.signatures) && (key.goal === 'serve' || isPublished(key.dnskey))
  const isFirst = (key: ZoneKey): boolean => !keys.some((other) => other.algorithm === key.algorithm && counts(other))
  return serving.filter((key) => isSigner(key) && key.signatures.kind === 'hidden' && isFirst(key)).map((key) => ({ record: 'signatures', put: [key], take: [] }))
}

/** A published key takes over from the one before (RFC 6781 §4.1.1.1). */
function takeovers(serving: readonly ZoneKey[], retiring: readonly ZoneKey[]): readonly Move[] {
  const ready = serving.filter((key) => isSigner(key) && key.dnskey.kind === 'omnipresent' && key.signatures.kind === 'hidden')
  return ready.map((key) => ({
    record: 'signatures', put: [key],
    take: retiring.filter((old) => old.algorithm === key.algorithm && old.signatures.kind === 'omnipresent'),
  }))
}

/** The parent is asked for the new DS record in the old one's place, or to take it away (RFC 8078 §4). */
function dsChanges(serving: readonly ZoneKey[], retiring: readonly ZoneKey[], enabled: boolean): readonly Move[] {
  const put = serving.filter((key) => isSep(key) && key.ds.kind === 'hidden')
  const take = retiring.filter((key) => isPublished(key.ds))
  // While the zone is to be signed, the parent never has none.
  const covered = put.length > 0 || serving.some((key) => isPublished(key.ds))
  return covered || !enabled ? [{ record: 'ds', put, take }] : []
}

/** Keys of an algorithm go together where they can, else one by one; signatures of an algorithm go after its DNSKEYs. */
function endings(
  serving: readonly ZoneKey[], retiring: readonly ZoneKey[], { exposed, enabled }: { readonly exposed: boolean; readonly enabled: boolean },
): readonly Move[] {
  // What caches may or may not have counts for nothing where no DS record says that the zone is signed.
  const canGo = (state: RecordState): boolean => state.kind === 'omnipresent' || (state.kind === 'rumoured' && !exposed)
  const published = retiring.filter((key) => canGo(key.dnskey))
  const groups = [...byAlgorithm(published), ...published.map((key) => [key])]
  const signers = retiring.filter((key) => canGo(key.signatures))
  const othersSign = serving.some((key) => key.signatures.kind === 'omnipresent')
  return [
    ...groups.map((take) => ({ record: 'dnskey', put: [], take }) as const),
    ...(othersSign || !enabled ? byAlgorithm(signers).map((take) => ({ record: 'signatures', put: [], take }) as const) : []),
  ]
}
