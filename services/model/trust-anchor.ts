/** Where validation of DNSSEC begins, and where it is turned off for a time, as it is kept. */

export type TrustAnchorRow = {
  readonly id: number
  /** In lower case without the final dot; "." for the root. */
  readonly zone: string
  /** "DS 20326 8 2 E06D…" or "DNSKEY 257 3 8 AwEA…". */
  readonly records: readonly string[]
  /** Its keys follow those that the zone publishes (RFC 5011). */
  readonly follows: boolean
}

/** RFC 5011 §4.1: seen and waited for; trusted; trusted and not seen; never again. */
export type TrustedKeyState = 'pending' | 'valid' | 'missing' | 'revoked'

export type TrustedKey = {
  readonly zone: string
  /** Presentation format of a DNSKEY record's data. */
  readonly dnskey: string
  readonly state: TrustedKeyState
  /** Wall time in ms. */
  readonly since: number
}

/** RFC 7646. */
export type NegativeTrustAnchor = {
  readonly zone: string
  /** Wall times in ms. */
  readonly since: number
  readonly endsAt: number
  readonly reason: string
}
