/** Zones that are signed (DNSSEC): by which policy, with which keys, and what comes next. */
import type { AlgorithmName, KeyRole, SigningPolicy } from '../model/index.ts'
import type { Answer } from './common.ts'
import type { WarningView } from './dhcp.ts'

/** hidden: no cache has it. rumoured: some may. omnipresent: all that have anything do. unretentive: some may still. */
export type RecordStateName = 'hidden' | 'rumoured' | 'omnipresent' | 'unretentive'

/** A policy with its algorithm by name. Durations in seconds. */
export type SigningInput = Omit<SigningPolicy, 'algorithm'> & { readonly algorithm: AlgorithmName }

export type ZoneKeyView = {
  readonly id: number
  readonly role: KeyRole
  readonly keyTag: number
  readonly algorithm: AlgorithmName
  readonly goal: 'serve' | 'retire'
  readonly dnskey: RecordStateName
  readonly signatures: RecordStateName
  readonly ds: RecordStateName
  readonly madeAt: string
  readonly publishedAt: string | null
  /** Its DNSKEY record, as a .key file has it. */
  readonly record: string
  /** Why it cannot sign; null: it can. */
  readonly unreadable: string | null
}

export type ComingView = {
  /** The tag of the key that it is about. */
  readonly keyTag: number
  /** null: when the parent has done it. */
  readonly at: string | null
  readonly what: string
  readonly why: string
}

export type SigningView = SigningInput & {
  readonly zone: string
  /** unsigned; signed without the parent knowing; secure: the parent has a DS record, as far as is known. */
  readonly status: 'unsigned' | 'signed' | 'secure'
  readonly keys: readonly ZoneKeyView[]
  /** Records for the parent: what it should have, each with the digests that there are. */
  readonly dsRecords: readonly string[]
  readonly cdsRecords: readonly string[]
  readonly cdnskeyRecords: readonly string[]
  /** In the order of time. */
  readonly coming: readonly ComingView[]
  /** What keeps validators from finding the zone, or those below it, as they should. */
  readonly warnings: readonly WarningView[]
}

/** The two files of a key, as dnssec-keygen writes them. */
export type KeyFilesInput = { readonly privateKey: string; readonly publicKey: string }
export type KeyImportInput = {
  readonly keys: readonly KeyFilesInput[]
  /** Another server has signed the zone with them, so that all caches and the parent know them. */
  readonly inUse: boolean
}

export interface SigningServices {
  getSigning(zone: string): Answer<SigningView>
  setSigning(zone: string, input: SigningInput): Answer<SigningView>
  /** Begins to replace the key of a role; null: all of them. */
  rollKeys(zone: string, role: KeyRole | null): Answer<SigningView>
  /** The parent has what it should have, as a person says or as the parent itself is asked. */
  confirmDs(zone: string, by: 'hand' | 'asking'): Answer<SigningView>
  importKeys(zone: string, input: KeyImportInput): Answer<SigningView>
}
