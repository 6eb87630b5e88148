/**
 * AAAA records for names that have none, made of their A records for clients that reach IPv4 by NAT64 (RFC 6147). The
 * question is looked for a second time, as one for A records; what comes of it takes the place of the empty answer.
 */
import { equalBytes } from '../../../stack/platform/index.ts'
import { negativeTtl } from '../cache/negative.ts'
import type { DnsPolicy } from '../policy/decision.ts'
import { IPV4ONLY_KEY, ipv4Only, isExcluded, mayBeSynthesised, reverseTarget, synthesised, withoutExcluded } from '../resolver/dns64.ts'
import type { Dns64Prefix } from '../resolver/dns64.ts'
import { RCODE } from '../wire/message.ts'
import { formatKey, formatName } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import type { Resolution, Step } from './pipeline.ts'
import { place } from './respond.ts'
import type { Placed } from './respond.ts'

/** What was found for AAAA, while A is looked for; `over`: it was done once. */
export type Synthesis = { readonly prefix: Dns64Prefix; readonly rcode: number; readonly answer: readonly Placed[]; readonly authority: readonly Placed[] } | 'over'

/** ipv4only.arpa (RFC 7050, RFC 8880) and names of addresses below the prefix (RFC 6147 §5.3.1), which are answered here. */
export function dns64Step(policy: () => DnsPolicy | undefined): Step {
  return (r) => {
    const prefix = policy()?.dns64Of(r.policySet)
    if (prefix === undefined || r.hops > 0) return 'next'
    const known = r.key === IPV4ONLY_KEY ? ipv4Only(r.type, prefix) : undefined
    if (known !== undefined) {
      r.say('dns.answer.translated', { name: formatKey(r.key), count: known.rdata.length })
      r.response.answer.push(place(known, r.name))
      return 'done'
    }
    const target = r.type === TYPE.PTR ? reverseTarget(prefix, r.key) : undefined
    if (target === undefined) return 'next'
    r.say('dns.answer.translated-name', { name: formatKey(r.key), target: formatName(target) })
    r.response.answer.push(place({ name: r.name, type: TYPE.CNAME, ttl: REVERSE_TTL, rdata: [target] }))
    return r.follow(target) ? 'restart' : 'done'
  }
}

/** The mapping itself does not change; what it leads to has TTLs of its own. */
const REVERSE_TTL = 600

/** After an answer for AAAA: true when A is to be looked for, from the name of the query on. */
export function beginSynthesis(policy: DnsPolicy | undefined, r: Resolution): boolean {
  if (r.type !== TYPE.AAAA || r.synthesis !== undefined || r.origin === 'policy' || r.dropped) return false
  const prefix = policy?.dns64Of(r.policySet)
  // §5.1.2: only "no such name" counts for all types.
  if (prefix === undefined || r.response.rcode === RCODE.NXDOMAIN || !mayBeSynthesised(r)) return false
  const { response } = r
  for (const [i, placed] of response.answer.entries()) {
    if (placed.rrset.type !== TYPE.AAAA || !placed.rrset.rdata.some(isExcluded)) continue
    const left = withoutExcluded(placed.rrset)
    if (left === undefined) response.answer.splice(i, 1)
    else response.answer[i] = { ...placed, rrset: left }
  }
  if (response.answer.some(({ rrset }) => rrset.type === TYPE.AAAA)) return false
  r.synthesis = { prefix, rcode: response.rcode, answer: [...response.answer], authority: [...response.authority] }
  r.startAgain(TYPE.A)
  return true
}

/** After an answer for A: the A records become AAAA records; where there are none, the first answer stands. */
export function endSynthesis(r: Resolution): void {
  const { synthesis, response } = r
  if (synthesis === undefined || synthesis === 'over') return
  r.synthesis = 'over'
  r.type = TYPE.AAAA
  const soa = synthesis.authority.find(({ rrset }) => rrset.type === TYPE.SOA)?.rrset
  const made = response.answer.flatMap((placed) => aaaaOf(synthesis.prefix, placed, soa))
  response.unvalidated = true
  if (!made.some(({ rrset }) => rrset.type === TYPE.AAAA)) {
    response.clear()
    response.rcode = synthesis.rcode
    response.answer.push(...synthesis.answer)
    response.authority.push(...synthesis.authority)
    return
  }
  r.say('dns.answer.translated', { name: formatKey(r.key), count: made.filter(({ rrset }) => rrset.type === TYPE.AAAA).length })
  response.answer.splice(0, response.answer.length, ...made)
  response.authority.length = 0
}

/** §5.1.7: no signature vouches for what was made. */
function aaaaOf(prefix: Dns64Prefix, placed: Placed, soa: Rrset | undefined): readonly Placed[] {
  if (placed.rrset.type === TYPE.RRSIG && placed.rrset.rdata.some((rdata) => equalBytes(rdata.subarray(0, 2), OF_A))) return []
  if (placed.rrset.type !== TYPE.A) return [placed]
  const rrset = synthesised(prefix, { ...placed.rrset, ttl: placed.ttl }, soa && negativeTtl(soa))
  return rrset === undefined ? [] : [{ ...placed, rrset, ttl: rrset.ttl }]
}
const OF_A = Uint8Array.of(0, TYPE.A)
