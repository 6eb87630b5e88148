/**
 * The pipeline's two questions to policy: of a name that no zone of ours holds, before anything is looked up, and of what
 * was found for it. Aliases come through here link by link, so a tracker behind an alias is seen (CNAME cloaking).
 */
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import { RCODE } from '../wire/message.ts'
import { formatKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { META, TYPE } from '../wire/type-names.ts'
import { denialSoa } from '../policy/denial.ts'
import type { DnsPolicy, PolicyDecision } from '../policy/decision.ts'
import type { Finding } from '../resolver/finding.ts'
import { isStream } from './carrier.ts'
import { localTarget } from './local-target.ts'
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
export function decideFound(policy: DnsPolicy | undefined, r: Resolution, finding: Finding): 'done' | 'restart' | undefined {
  if (policy === undefined || r.exempt) return undefined
  r.sources.push(finding.source)
  const chain = { asked: r.query.key, sources: r.sources }
  // An alias into our zones shows here what it leads to: there nobody asks whether a name of elsewhere may lead to it.
  const local = finding.kind === 'alias' ? localTarget(r.zones, finding, r.type) : undefined
  const decision = policy.decideFinding(r.policySet, finding, r.client, chain) ?? (local && policy.decideFinding(r.policySet, local, r.client, chain))
  const outcome = decision === undefined ? 'next' : decide(r, decision)
  return outcome === 'done' || outcome === 'restart' ? outcome : undefined
}

function decide(r: Resolution, decision: PolicyDecision): Outcome {
  const { action, list, rule } = decision
  r.say(action === 'allow' ? 'dns.policy.allowed' : 'dns.policy.decided', { name: formatKey(r.key), action, list, rule })
  r.decision = decision
  if (action === 'allow' || (action === 'tcp-only' && isStream(r.carrier))) {
    r.exempt = true
    return 'next'
  }
  const { response } = r
  r.origin = 'policy'
  // What aliases before it said would tell where the blocked name is.
  response.clear()
  r.complete = true
  response.extendedError = decision.error ?? EXTENDED_ERROR.blocked
  response.rcode = RCODES[action] ?? RCODE.NOERROR
  if (action === 'drop') r.dropped = true
  else if (action === 'tcp-only') response.truncated = true
  else if (action === 'records') return answer(r, decision.rrsets, decision.ttl)
  else if (action !== 'refused') deny(r, decision.ttl)
  return 'done'
}

const RCODES: { readonly [action: string]: number } = { nxdomain: RCODE.NXDOMAIN, refused: RCODE.REFUSED }

/** Without a SOA clients would not remember that there is nothing (RFC 2308 §5). */
function deny(r: Resolution, ttl: number | undefined): void {
  if (ttl !== undefined) r.response.authority.push(place(denialSoa(r.query.name, ttl)))
}

function answer(r: Resolution, rrsets: readonly Rrset[], ttl: number | undefined): Outcome {
  const { answer: placed } = r.response
  for (const rrset of rrsets) {
    const leads = rrset.type === TYPE.CNAME && r.type !== TYPE.CNAME && r.type !== META.ANY
    if (leads || rrset.type === r.type || r.type === META.ANY) placed.push(place(rrset, r.query.name))
    if (!leads) continue
    // What a rule leads to is not judged by rules.
    r.exempt = true
    r.complete = !r.follow(leadingName(rrset.rdata[0] as Uint8Array))
    return r.complete ? 'done' : 'restart'
  }
  if (placed.length === 0) deny(r, ttl)
  return 'done'
}
