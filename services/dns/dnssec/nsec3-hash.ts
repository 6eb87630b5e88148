/** Hashed owner names: RFC 5155 §5. SHA-1 is the one algorithm that there is. */
import { hash } from 'node:crypto'
import { formatBase32Hex } from '../wire/presentation.ts'
import { nameOfKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'

export const SHA1_OCTETS = 20

/** `iterations` further rounds after the first. */
export function nsec3Hash(key: NameKey, salt: Uint8Array, iterations: number): Uint8Array {
  let digest: Uint8Array = nameOfKey(key)
  for (let i = 0; i <= iterations; i++) digest = hash('sha1', joined(digest, salt), 'buffer')
  return digest
}

/** The owner of the NSEC3 record of a hash: one label above the apex (RFC 5155 §3.3), in lower case. */
export function nsec3Owner(digest: Uint8Array, apex: Name): Name {
  const label = Buffer.from(formatBase32Hex(digest, 0, digest.length).toLowerCase(), 'latin1')
  const owner = new Uint8Array(1 + label.length + apex.length)
  owner[0] = label.length
  owner.set(label, 1)
  owner.set(apex, 1 + label.length)
  return owner
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (b.length === 0) return a
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
