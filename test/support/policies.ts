/** Questions to an appliance whose policies are looked at, and inputs that say no more than they must. */
import type { DnsPolicyInput, ListInput, RuleInput } from '../../services/index.ts'
import { ipv4 } from '../../stack/index.ts'
import { queryBytes, told } from './dns.ts'
import type { Running } from './running-appliance.ts'

export const listInput = (name: string, from: Partial<ListInput>): ListInput =>
  ({ name, kind: 'block', format: 'auto', url: null, path: null, text: null, zone: null, enabled: true, refreshSeconds: 86_400, comment: null, ...from })

export const policyInput = (name: string, change: Partial<DnsPolicyInput> = {}): DnsPolicyInput => ({
  name, addresses: [], segments: [], groups: [], lists: [], answer: 'nxdomain', ttl: 10, periods: [], timeZone: 'UTC', rebinding: 'auto', rebindingExcept: [],
  dns64: null, comment: null, ...change,
})

export const ruleInput = (kind: RuleInput['kind'], domain: string, change: Partial<RuleInput> = {}): RuleInput =>
  ({ kind, domain, policy: null, comment: null, expiresAt: null, ...change })

/** A server that never answers: what is not blocked waits for it. */
export const SOMEBODY_TO_ASK = { upstreams: [{ address: ipv4('192.0.2.53'), port: 53 }] }

/** The rcode and what is in the answer; 'asked': policy lets it pass; 'silence': it is dropped. */
export function ask({ appliance }: Running, name: string, from = '10.53.0.9', type = 'A'): string {
  const bytes = queryBytes(name, type)
  const into = new Uint8Array(4096)
  const length = appliance.dns.receive(bytes, 0, bytes.length, into, 0, 4096, ipv4(from), () => () => {})
  if (length <= 0) return length === 0 ? 'silence' : 'asked'
  const { rcode, answer } = told(into, 0, length)
  return [rcode, ...answer.map((line) => line.split(' ').at(-1))].join(' ')
}
