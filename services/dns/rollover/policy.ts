/** How zones are signed unless somebody says otherwise, and what cannot be. */
import { type Refusal, refusal, type SigningPolicy } from '../../model/index.ts'

const HOUR = 3600
const DAY = 24 * HOUR

/**
 * One key that is replaced only when somebody says so: what RFC 6781 §3.3 leaves to the operator, and what needs no
 * care. The times are those that other signers have as theirs.
 */
export const DEFAULT_SIGNING: SigningPolicy = {
  enabled: true,
  algorithm: 13,
  scheme: 'csk',
  denial: 'nsec',
  zskLifetime: 90 * DAY,
  kskLifetime: null,
  signatureValidity: 14 * DAY,
  signatureRefresh: 5 * DAY,
  dnskeyTtl: HOUR,
  largestTtl: DAY,
  propagationDelay: 5 * 60,
  parentDsTtl: DAY,
  parentPropagationDelay: HOUR,
  dsCheck: 'by-hand',
}

/** Undefined: the policy can be followed. */
export function checkPolicy(p: SigningPolicy): Refusal | undefined {
  if (p.signatureRefresh >= p.signatureValidity)
    return refusal('invalid', '/signatureRefresh', `signatures are good for ${p.signatureValidity} s and would be made anew ${p.signatureRefresh} s before their end`, 'make it shorter than signatureValidity, a third of it, say')
  if (p.signatureRefresh < p.dnskeyTtl + p.propagationDelay)
    return refusal('invalid', '/signatureRefresh', `caches and other servers of the zone could hold signatures past their end (${p.signatureRefresh} s before it)`, 'make it longer than dnskeyTtl and propagationDelay together, days rather than hours')
  const turnover = 2 * (p.largestTtl + p.dnskeyTtl + p.propagationDelay)
  if (p.zskLifetime !== null && p.zskLifetime < turnover)
    return refusal('invalid', '/zskLifetime', `a new key takes over no faster than in ${turnover} s`, 'make it longer, or null to have keys replaced when you say so')
  const parentTurnover = turnover + 2 * (p.parentDsTtl + p.parentPropagationDelay)
  if (p.kskLifetime !== null && p.kskLifetime < parentTurnover)
    return refusal('invalid', '/kskLifetime', `a new key takes over no faster than in ${parentTurnover} s`, 'make it longer, or null to have keys replaced when you say so')
  return undefined
}
