/** Rows of lists, rules, policies and host groups; as rows.ts. */
import { formatIpv4, formatPrefix, type Ipv4, type Mac, parseIpv4, parsePrefix, type Prefix } from '../../stack/index.ts'
import type { GroupMember, HostGroup, ListFormat, ListKind, ListSource, ListState, Policy, PolicyList, PolicyRule } from '../model/index.ts'
import { orNull, orUndefined } from './rows.ts'

type Cells = readonly (string | number | null)[]

export type PolicyListRow = {
  name: string; kind: ListKind; format: ListFormat; source: string; enabled: number; refresh_seconds: number; comment: string | null
}
export const policyListOf = (r: PolicyListRow): PolicyList => ({
  name: r.name,
  kind: r.kind,
  format: r.format,
  source: JSON.parse(r.source) as ListSource,
  enabled: r.enabled === 1,
  refreshSeconds: r.refresh_seconds,
  comment: orUndefined(r.comment),
})
export const policyListCells = (l: PolicyList): Cells =>
  [l.name, l.kind, l.format, JSON.stringify(l.source), Number(l.enabled), l.refreshSeconds, orNull(l.comment)]

export type ListStateRow = {
  name: string; revision: number; loaded_ms: number | null; checked_ms: number | null; etag: string | null; last_modified: string | null
  octets: number; entries: number; not_understood: number; notes: string; failures: number; last_failure: string | null
}
export const listStateOf = (r: ListStateRow): ListState => ({
  name: r.name,
  revision: r.revision,
  loadedAt: orUndefined(r.loaded_ms),
  checkedAt: orUndefined(r.checked_ms),
  etag: orUndefined(r.etag),
  lastModified: orUndefined(r.last_modified),
  octets: r.octets,
  entries: r.entries,
  notUnderstood: r.not_understood,
  notes: JSON.parse(r.notes) as ListState['notes'],
  failures: r.failures,
  lastFailure: r.last_failure === null ? undefined : (JSON.parse(r.last_failure) as ListState['lastFailure']),
})
export const listStateCells = (s: ListState): Cells => [
  s.name, s.revision, orNull(s.loadedAt), orNull(s.checkedAt), orNull(s.etag), orNull(s.lastModified), s.octets, s.entries, s.notUnderstood,
  JSON.stringify(s.notes), s.failures, s.lastFailure === undefined ? null : JSON.stringify(s.lastFailure),
]

export type PolicyRuleRow = {
  id: number; kind: PolicyRule['kind']; domain: string; policy: string | null; comment: string | null; made_ms: number; expires_ms: number | null
}
export const policyRuleOf = (r: PolicyRuleRow): PolicyRule => ({
  id: r.id, kind: r.kind, domain: r.domain, policy: orUndefined(r.policy), comment: orUndefined(r.comment), madeAt: r.made_ms, expiresAt: orUndefined(r.expires_ms),
})
export const policyRuleCells = (r: PolicyRule): Cells =>
  [r.id, r.kind, r.domain, orNull(r.policy), orNull(r.comment), r.madeAt, orNull(r.expiresAt)]

export type PolicyRow = {
  name: string; clients: string; lists: string; answer: Policy['answer']; ttl_seconds: number; periods: string; time_zone: string; rebinding: string
  dns64: string | null; comment: string | null
}
type StoredClients = { readonly prefixes: readonly string[]; readonly segments: readonly number[]; readonly groups: readonly string[] }
export function policyOf(r: PolicyRow): Policy {
  const { prefixes, segments, groups } = JSON.parse(r.clients) as StoredClients
  return {
    name: r.name,
    clients: { prefixes: prefixes.map((text) => parsePrefix(text) as Prefix), segmentIds: segments, groups },
    lists: JSON.parse(r.lists) as readonly string[],
    answer: r.answer,
    ttlSeconds: r.ttl_seconds,
    periods: JSON.parse(r.periods) as Policy['periods'],
    timeZone: r.time_zone,
    rebinding: JSON.parse(r.rebinding) as Policy['rebinding'],
    dns64: orUndefined(r.dns64),
    comment: orUndefined(r.comment),
  }
}
/** In the order of the table. */
export function policyCells(p: Policy, position: number): Cells {
  const { prefixes, segmentIds, groups } = p.clients
  const clients: StoredClients = { prefixes: prefixes.map(formatPrefix), segments: segmentIds, groups }
  return [
    p.name, position, JSON.stringify(clients), JSON.stringify(p.lists), p.answer, p.ttlSeconds, JSON.stringify(p.periods), p.timeZone,
    JSON.stringify(p.rebinding), orNull(p.dns64), orNull(p.comment),
  ]
}

export type HostGroupRow = { name: string; members: string; comment: string | null }
type StoredMember = { readonly host: number } | { readonly mac: Mac } | { readonly address: string }
const memberOf = (stored: StoredMember): GroupMember => {
  if ('host' in stored) return { kind: 'host', hostId: stored.host }
  return 'mac' in stored ? { kind: 'mac', mac: stored.mac } : { kind: 'address', address: parseIpv4(stored.address) as Ipv4 }
}
const storedMember = (member: GroupMember): StoredMember => {
  if (member.kind === 'host') return { host: member.hostId }
  return member.kind === 'mac' ? { mac: member.mac } : { address: formatIpv4(member.address) }
}
export const hostGroupOf = (r: HostGroupRow): HostGroup =>
  ({ name: r.name, members: (JSON.parse(r.members) as readonly StoredMember[]).map(memberOf), comment: orUndefined(r.comment) })
export const hostGroupCells = (g: HostGroup): Cells => [g.name, JSON.stringify(g.members.map(storedMember)), orNull(g.comment)]
