/** Words for keys and the states of their records, shared by the parts of the rollover machine. */
import type { RecordState, ZoneKey } from '../../model/index.ts'

export const HIDDEN: RecordState = { kind: 'hidden' }

/** Signs the DNSKEY RRset and has the DS record: the secure entry point (RFC 4034 §2.1.1). */
export const isSep = (key: ZoneKey): boolean => key.role !== 'zsk'
/** Signs the zone's data. */
export const isSigner = (key: ZoneKey): boolean => key.role !== 'ksk'

/** Some cache may have it. */
export const isVisible = (state: RecordState): boolean => state.kind !== 'hidden'
/** It is in the zone, or the parent is to have it. */
export const isPublished = (state: RecordState): boolean => state.kind === 'rumoured' || state.kind === 'omnipresent'

/** The state once the uncertainty has ended. */
export function settled(state: RecordState, now: number): RecordState {
  if (state.kind !== 'rumoured' && state.kind !== 'unretentive') return state
  if (state.until === null || now < state.until) return state
  return state.kind === 'rumoured' ? { kind: 'omnipresent', since: state.until } : HIDDEN
}
