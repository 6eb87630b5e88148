/** Where validation of DNSSEC begins, and where it is turned off for a time. */
import type { Answer } from './common.ts'

export type TrustAnchorInput = {
  /** "." for the root. */
  readonly zone: string
  /** "DS 20326 8 2 E06D…" or "DNSKEY 257 3 8 AwEA…". */
  readonly records: readonly string[]
  /** Its keys follow those that the zone publishes (RFC 5011). */
  readonly follows: boolean
}

/** A key that has followed an anchor. */
export type TrustedKeyView = {
  readonly keyTag: number
  readonly algorithm: number
  readonly state: 'pending' | 'valid' | 'missing' | 'revoked'
  readonly since: string
  readonly record: string
}

export type TrustAnchorView = TrustAnchorInput & {
  /** Those that are there from the start have none. */
  readonly id: number | null
  readonly origin: 'set' | 'from-the-start'
  readonly keys: readonly TrustedKeyView[]
}

export type NegativeTrustAnchorInput = {
  readonly zone: string
  readonly seconds: number
  readonly reason: string
}

export type NegativeTrustAnchorView = {
  readonly zone: string
  readonly since: string
  readonly endsAt: string
  readonly reason: string
}

export interface TrustAnchorServices {
  listTrustAnchors(): Answer<readonly TrustAnchorView[]>
  getTrustAnchor(id: number): Answer<TrustAnchorView>
  addTrustAnchor(input: TrustAnchorInput): Answer<TrustAnchorView>
  changeTrustAnchor(id: number, change: Partial<Omit<TrustAnchorInput, 'zone'>>): Answer<TrustAnchorView>
  removeTrustAnchor(id: number): Answer<null>
  listNegativeTrustAnchors(): Answer<readonly NegativeTrustAnchorView[]>
  addNegativeTrustAnchor(input: NegativeTrustAnchorInput): Answer<NegativeTrustAnchorView>
  removeNegativeTrustAnchor(zone: string): Answer<null>
}
