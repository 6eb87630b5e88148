/**
 * How the keys of a trust anchor follow those that their zone publishes, as a state machine: RFC 5011 §4. A key that is
 * new has to stand there, signed by one that is trusted, for a month before it is trusted itself; a key that its owner
 * revokes is trusted no longer, at once and for ever.
 *
 *            new                a month                 not seen
 *   (none) ───────▶ pending ───────────────▶ valid ◀──────────────▶ missing
 *      ▲               │ not seen,              │ seen, revoked        │ seen, revoked
 *      └───────────────┘ revoked                └────▶ revoked ◀───────┘
 */
import { keyTagOf } from '../rollover/dnskey.ts'

/** RFC 5011 §2.4.1. */
const HOLD_DOWN_MS = 30 * 86_400_000
/** A zone has two or three; what is beyond stays unknown. Revoked ones are kept, so that they stay revoked. */
export const MAX_FOLLOWED_KEYS = 16
const REVOKED = 0x80

export type KeyState = 'pending' | 'valid' | 'missing' | 'revoked'
export type FollowedKey = {
  /** DNSKEY rdata as it was before it was revoked. */
  readonly dnskey: Uint8Array
  readonly state: KeyState
  /** Wall time in ms. */
  readonly since: number
}

/** What a proven DNSKEY RRset has: keys with the SEP flag alone. */
export type SeenKeys = {
  readonly present: readonly Uint8Array[]
  /** Without their REVOKE flag; each has signed the set itself. */
  readonly revoked: readonly Uint8Array[]
  readonly ttlSeconds: number
}

/** `accepted`: trusted from now on. `dropped`: a new one that did not stay. */
export type KeyChange = { readonly what: 'pending' | 'accepted' | 'missing' | 'back' | 'revoked' | 'dropped'; readonly keyTag: number }
export type KeyStep = { readonly keys: readonly FollowedKey[]; readonly changes: readonly KeyChange[] }

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
export const withoutRevocation = (dnskey: Uint8Array): Uint8Array => Uint8Array.from(dnskey, (octet, i) => (i === 1 ? octet & ~REVOKED : octet))

/** `isSet`: whether people have set this key as an anchor, or a digest of it. */
export function follow(known: readonly FollowedKey[], seen: SeenKeys, isSet: (dnskey: Uint8Array) => boolean, wallMs: number): KeyStep {
  const changes: KeyChange[] = []
  const keys: FollowedKey[] = []
  const keep = (dnskey: Uint8Array, state: KeyState, what: KeyChange['what']): void => {
    keys.push({ dnskey, state, since: wallMs })
    changes.push({ what, keyTag: keyTagOf(dnskey) })
  }
  for (const key of known) {
    const revoked = seen.revoked.some((other) => same(other, key.dnskey))
    const present = seen.present.some((other) => same(other, key.dnskey))
    const waited = wallMs - key.since >= Math.max(HOLD_DOWN_MS, 1000 * seen.ttlSeconds)
    if (key.state === 'revoked') keys.push(key)
    else if (key.state === 'pending' && (revoked || !present)) changes.push({ what: 'dropped', keyTag: keyTagOf(key.dnskey) })
    else if (revoked) keep(key.dnskey, 'revoked', 'revoked')
    else if (key.state === 'pending' && waited) keep(key.dnskey, 'valid', 'accepted')
    else if (key.state === 'valid' && !present) keep(key.dnskey, 'missing', 'missing')
    else if (key.state === 'missing' && present) keep(key.dnskey, 'valid', 'back')
    else keys.push(key)
  }
  const fresh = (dnskey: Uint8Array): boolean => !known.some((key) => same(key.dnskey, dnskey))
  for (const dnskey of seen.revoked.filter(fresh)) if (isSet(dnskey) && keys.length < MAX_FOLLOWED_KEYS) keep(dnskey, 'revoked', 'revoked')
  for (const dnskey of seen.present.filter(fresh)) {
    if (keys.length >= MAX_FOLLOWED_KEYS) break
    if (isSet(dnskey)) keep(dnskey, 'valid', 'accepted')
    else keep(dnskey, 'pending', 'pending')
  }
  return { keys, changes }
}

/** RFC 5011 §2.3: when the keys are to be looked at again. Seconds. */
export function refreshSeconds(ttlSeconds: number, signatureSeconds: number, failed: boolean): number {
  const [hour, day] = [3600, 86_400]
  if (failed) return Math.max(hour, Math.min(day, ttlSeconds / 10, signatureSeconds / 10))
  return Math.max(hour, Math.min(15 * day, ttlSeconds / 2, signatureSeconds / 2))
}
