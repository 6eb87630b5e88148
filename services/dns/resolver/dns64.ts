/** DNS64 (RFC 6147): IPv6 addresses for names that have IPv4 addresses only, by the rules of RFC 6052. */

/** Pref64::/n, RFC 6052 §2.2. */
export type Dns64Prefix = {
  /** 16 octets, zero after `length` bits. */
  readonly network: Uint8Array
  readonly length: 32 | 40 | 48 | 56 | 64 | 96
}
