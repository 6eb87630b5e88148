/**
 * Where the DNSSEC records of a zone come from. Answers are secured by one code (proofs.ts, server/secured.ts) over two
 * sources: a zone that is signed here (signed-zone.ts), and one that came signed and has them as records
 * (recorded-zone.ts).
 */
import type { Instant } from '../../../stack/platform/index.ts'
import type { DnsRecord } from '../../model/index.ts'
import type { Name, NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import type { ZoneWalk } from '../zone/zone-walk.ts'
import type { DenialKind } from './signing-keys.ts'

export type Signed = {
  readonly rrset: Rrset
  /** Its RRSIG records. */
  readonly signatures: Rrset | undefined
  /** From then on the signatures must be asked for anew. */
  readonly until: Instant
}

/** RFC 5155 §4: what the hash of a name is made with. */
export type HashParameters = { readonly iterations: number; readonly salt: Uint8Array }

export interface ZoneSecurity {
  /** What a proof is to be made of now. */
  readonly denial: DenialKind
  readonly hashParameters: HashParameters

  /** An RRset of the zone's own, not a delegation's and not glue. */
  sign(rrset: Rrset): Signed
  /** A wildcard's RRset as if the name asked for owned it (RFC 9824 §3.3). Denial 'compact' only. */
  signAs(rrset: Rrset, owner: Name): Signed
  /** The NSEC record of a name, or of the last one before it. Denial 'nsec' only. */
  nsec(key: NameKey): Signed | undefined
  /** The NSEC3 record of a hash, or of the last one before it. Denial 'nsec3' only. */
  nsec3(digest: Uint8Array): (Signed & { readonly matches: boolean }) | undefined
  /** An NSEC record of the name alone, that lists these types (RFC 9824 §3). Denial 'compact' only. */
  nsecFor(owner: Name, types: readonly number[]): Signed
  /** RRsets that a name owns by being secured: RRSIG, and NSEC where there is one. Empty when they are in its records. */
  ownedBy(key: NameKey): readonly Rrset[]

  /** All rows of the zone with what security adds; undefined when its records have that already. */
  walk(): ZoneWalk | undefined
  /** False: walk() has to wait until a large zone is put in order. */
  readonly isReady: boolean
  /** Signatures are made here: no journal of the records knows of them. */
  readonly isMade: boolean

  // What the zone tells. An edit is told before and after; in between nodes come and go.
  beforeEdit(remove: readonly DnsRecord[], add: readonly DnsRecord[]): void
  nodeMade(node: number): void
  nodeGone(node: number): void
  afterEdit(): void
  soaChanging(): void
  soaChanged(): void
}
