/**
 * Which of two findings for the same name and type stays in the cache while the older one has not ended. RFC 2181 §5.4.1,
 * RFC 4035 §4.5 and §4.7.
 */
import type { Security, Trust } from '../resolver/finding.ts'

export type Standing = { readonly trust: Trust; readonly security: Security }

/** Whether `next` takes the place of `now`, which is still fresh. Of equals the newer one counts. */
export function displaces(next: Standing, now: Standing): boolean {
  // What was judged is not lost to what nobody has looked at: that could be forged data, whatever its rank.
  if (next.security === 'unchecked' && now.security !== 'unchecked') return false
  // Nor is proven data lost to what fails its proof: an answer that was forged must not undo a genuine one.
  if (now.security === 'secure' && next.security === 'bogus') return false
  if (now.security === 'bogus') return true
  if (next.security === 'secure' && now.security !== 'secure') return true
  return next.trust >= now.trust
}
