/**
 * What the resolver found, put into the response of one client: aged, with what the client asked for of DNSSEC, refused
 * where it is bogus. RFC 4035 §3.2, RFC 6840 §5.7–5.9, RFC 8767 §4.
 */
import type { Instant } from '../../../stack/platform/index.ts'
import { prefetchAt } from '../cache/lifetime.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import { RCODE } from '../wire/message.ts'
import { formatKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE, typeName } from '../wire/type-names.ts'
import { fail } from './pipeline.ts'
import type { Parts, Resolution } from './pipeline.ts'
import { decideFound } from './policy-step.ts'
import type { Placed } from './respond.ts'

/** Types that stand beside what they prove, and are given only to who asks for them. */
const OF_DNSSEC: ReadonlySet<number> = new Set([TYPE.NSEC, TYPE.NSEC3])

/** `restart`: it is an alias, whose target is looked for next: it may be ours, or policy may have something to say of it. */
export function addFound(parts: Parts, r: Resolution, finding: Finding): 'done' | 'restart' {
  if (finding.security === 'bogus' && !r.checkingDisabled) {
    r.say('dns.answer.bogus', { name: formatKey(r.key), type: typeName(r.type) })
    return fail(r, finding.fault ?? EXTENDED_ERROR.bogus)
  }
  const decided = decideFound(parts.policy(), r, finding)
  if (decided !== undefined) return decided
  r.storedAt = finding.storedAt
  const { response } = r
  const now = parts.now()
  const age = Math.floor((now - finding.storedAt) / 1000)
  response.agedAt = ageFrom(response.agedAt, response.answer.length === 0, finding.storedAt + 1000 * age)
  response.expiresAt = Math.min(response.expiresAt, keptUntil(finding, now))
  if (finding.security === 'secure') response.validated = true
  else response.unvalidated = true
  if (finding.fault !== undefined && finding.security !== 'secure') response.extendedError ??= finding.fault
  for (const signed of finding.answer) add(response.answer, signed, age, r.dnssecOk)
  for (const signed of finding.authority) {
    if (r.dnssecOk || !OF_DNSSEC.has(signed.rrset.type)) add(response.authority, signed, age, r.dnssecOk)
  }
  if (finding.kind === 'alias') {
    const alias = finding.answer.at(-1)?.rrset
    if (alias !== undefined && r.follow(leadingName(alias.rdata[0] as Uint8Array))) return 'restart'
    // RFC 1034 §3.6.2: a loop is signalled as an error; half a chain would look like an answer.
    return fail(r, EXTENDED_ERROR.endlessAlias)
  }
  response.rcode = finding.kind === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR
  return 'done'
}

/** TTLs of all links fall together in a finished answer: with that of the link that falls first. */
const ageFrom = (before: Instant, isFirst: boolean, now: Instant): Instant => (isFirst ? now : Math.min(before, now))

/** A finished answer goes when it ends, and before that when it is time to ask anew for what is in demand. */
function keptUntil(finding: Finding, now: Instant): Instant {
  const anew = prefetchAt(finding)
  return now < anew ? Math.min(anew, finding.expiresAt) : finding.expiresAt
}

function add(section: Placed[], { rrset, signatures }: SignedRrset, age: number, dnssecOk: boolean): void {
  section.push(aged(rrset, age))
  if (dnssecOk && signatures !== undefined) section.push(aged(signatures, age))
}

const aged = (rrset: Rrset, age: number): Placed => ({
  owner: rrset.name, rrset, ttl: Math.max(0, rrset.ttl - age), ages: true, glue: false,
})

/** What was true a while ago, because nobody can be asked now (RFC 8767); told as such (RFC 8914 §4.4, §4.20). */
export function addStale(parts: Parts, r: Resolution, finding: Finding): 'done' | 'restart' {
  r.say('dns.cache.stale', { name: formatKey(r.key), type: typeName(r.type), source: finding.source })
  const outcome = addFound(parts, r, finding)
  if (r.origin !== 'policy') {
    r.origin = 'stale'
    r.response.extendedError = finding.kind === 'nxdomain' ? EXTENDED_ERROR.staleNxdomain : EXTENDED_ERROR.stale
  }
  // So that the next one looks whether it can be had fresh.
  r.response.expiresAt = parts.now()
  return outcome
}
