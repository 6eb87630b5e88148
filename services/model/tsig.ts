/** Keys of transaction signatures (RFC 8945) as they are kept. */

/** RFC 8945 §6. */
export type TsigAlgorithm = 'hmac-sha224' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512'

export type TsigKey = {
  /** A domain name in lower case. Both ends call the key so. */
  readonly name: string
  readonly algorithm: TsigAlgorithm
  /** Base64. Never shown again after the key was made. */
  readonly secret: string
}
