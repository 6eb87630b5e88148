/**
 * The pipeline's two questions to policy: of a name that no zone of ours holds, before anything is looked up, and of what
 * was found for it. Aliases come through here link by link, so a tracker behind an alias is seen (CNAME cloaking).
 */
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import { RCODE } from '../wire/message.ts'
import { formatKey } from '../wire/name.ts'
import { META } from '../wire/type-names.ts'
import type { DnsPolicy, PolicyDecision } from '../policy/decision.ts'
import type { Finding } from '../resolver/finding.ts'
import { isStream } from './carrier.ts'
import type { Outcome, Resolution, Step } from './pipeline.ts'
import { place } from './respond.ts'

export function policyStep(policy: () => DnsPolicy | undefined): Step {
  return (r) => {
    const asked = policy()
    if (asked === undefined || r.exempt) return 'next'
    const decision = asked.decideName(r.policySet, r.key, r.type, r.client)
    r.response.expiresAt = Math.min(r.response.expiresAt, asked.changesAt(r.policySet))
    return decision === undefined ? 'next' : decide(r, decision)
  }
}

/** The same of what was found: undefined when policy lets it pass. */
export function decideFound(policy: DnsPolicy | undefined, r: Resolution, finding: Finding): 'done' | undefined {
  if (policy === undefined || r.exempt) return undefined
  const decision = policy.decideFinding(r.policySet, finding, r.client)
  return decision === undefined || decide(r, decision) === 'next' ? undefined : 'done'
}

function decide(r: Resolution, decision: PolicyDecision): Outcome {
  const { action, list, rule } = decision
  r.say(action === 'allow' ? 'dns.policy.allowed' : 'dns.policy.decided', { name: formatKey(r.key), action, list, rule })
  r.decision = decision
  if (action === 'allow') {
    r.exempt = true
    return 'next'
  }
  const { response } = r
  r.origin = 'policy'
  // What aliases before it said would tell where the blocked name is.
  response.clear()
  r.complete = true
  response.extendedError = EXTENDED_ERROR.blocked
  switch (action) {
    case 'nxdomain':
      response.rcode = RCODE.NXDOMAIN
      return 'done'
    case 'nodata':
      response.rcode = RCODE.NOERROR
      return 'done'
    case 'refused':
      response.rcode = RCODE.REFUSED
      return 'done'
    case 'drop':
      r.dropped = true
      return 'done'
    case 'tcp-only':
      if (isStream(r.carrier)) {
        r.exempt = true
        r.complete = false
        response.extendedError = undefined
        return 'next'
      }
      response.truncated = true
      return 'done'
    case 'records':
      response.rcode = RCODE.NOERROR
      for (const rrset of decision.rrsets) if (rrset.type === r.query.type || r.query.type === META.ANY) response.answer.push(place(rrset, r.query.name))
      return 'done'
  }
}
