/** API tokens: made from 256 secret bits, known to the appliance by their SHA-256 alone. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { SecureRandom } from '../../stack/platform/index.ts'

const TOKEN_BYTES = 32
/** So that a person or a secret scanner sees what it is. */
const TOKEN_PREFIX = 'tr_'

/** A new token: "tr_" and 43 characters of base64url. */
export function makeToken(random: SecureRandom): string {
  const secret = new Uint8Array(TOKEN_BYTES)
  random.fill(secret)
  return TOKEN_PREFIX + Buffer.from(secret).toString('base64url')
}

/** What is stored of a token: 32 octets. The secret has full entropy, so that a slow hash would add nothing. */
export const hashToken = (token: string): Uint8Array => new Uint8Array(createHash('sha256').update(token).digest())

/** Whether the token is one of those; takes as long for a wrong one as for a right one. */
export function isKnownToken(token: string, hashes: readonly Uint8Array[]): boolean {
  const hash = hashToken(token)
  let known = false
  for (const candidate of hashes) {
    // All are compared: a match must not end the loop early.
    if (candidate.length === hash.length && timingSafeEqual(candidate, hash)) known = true
  }
  return known
}
