/** From lists, rules, policies and groups to their views. Pure. */
import { createHash } from 'node:crypto'
import { formatIpv4, formatPrefix, type Ipv4 } from '../../stack/index.ts'
import type { PolicyCheck } from '../dns/index.ts'
import type { DnsPolicyView, HostGroupView, ListView, PauseView, PolicyCheckView, RuleView } from '../facade.ts'
import type { DhcpConfiguration, GroupMember, HostGroup, ListState, Pause, Policy, PolicyList, PolicyRule } from '../model/index.ts'
import { timeText } from '../views.ts'
import { timeOfDay } from './inputs.ts'

const timeOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : timeText(ms))

export type ListStanding = { readonly state: ListView['state']; readonly hits: number; readonly policies: readonly string[] }

export const listView = (list: PolicyList, state: ListState, standing: ListStanding): ListView => {
  const { source } = list
  return {
    name: list.name,
    kind: list.kind,
    format: list.format,
    url: source.kind === 'url' ? source.url : null,
    path: source.kind === 'file' ? source.path : null,
    zone: source.kind === 'zone' ? source.zone : null,
    textLength: source.kind === 'text' ? source.text.length : null,
    enabled: list.enabled,
    refreshSeconds: list.refreshSeconds,
    comment: list.comment ?? null,
    fetching: false,
    entries: state.entries,
    octets: state.octets,
    notUnderstood: state.notUnderstood,
    notes: state.notes,
    loadedAt: timeOrNull(state.loadedAt),
    checkedAt: timeOrNull(state.checkedAt),
    failures: state.failures,
    lastFailure: state.lastFailure === undefined ? null : { at: timeText(state.lastFailure.at), because: state.lastFailure.because },
    ...standing,
  }
}

export const ruleView = (r: PolicyRule): RuleView => ({
  id: r.id, kind: r.kind, domain: r.domain, policy: r.policy ?? null, comment: r.comment ?? null, expiresAt: timeOrNull(r.expiresAt), madeAt: timeText(r.madeAt),
})

export type PolicyStanding = { readonly active: boolean; readonly pause: Pause | undefined }

export const policyView = (p: Policy, segments: DhcpConfiguration['segments'], { active, pause }: PolicyStanding): DnsPolicyView => ({
  name: p.name,
  addresses: p.clients.prefixes.map((prefix) => (prefix.length === 32 ? formatIpv4(prefix.network) : formatPrefix(prefix))),
  segments: segments.filter(({ id }) => p.clients.segmentIds.includes(id)).map(({ name }) => name),
  groups: p.clients.groups,
  lists: p.lists,
  answer: p.answer,
  ttl: p.ttlSeconds,
  periods: p.periods.map(({ days, from, to }) => ({ days, from: timeOfDay(from), to: timeOfDay(to) })),
  timeZone: p.timeZone,
  rebinding: p.rebinding.check,
  rebindingExcept: p.rebinding.except,
  dns64: p.dns64 ?? null,
  comment: p.comment ?? null,
  active,
  paused: pause !== undefined,
  pausedUntil: timeOrNull(pause?.until),
})

/** Names what policies say, whether or not it is in force now: an entity tag (RFC 9110 §8.8.3) without its quotes. */
export const policiesTag = (policies: readonly DnsPolicyView[]): string =>
  createHash('sha256').update(JSON.stringify(policies.map(({ active: _, paused: __, pausedUntil: ___, ...said }) => said))).digest('base64url').slice(0, 22)

const memberView = (member: GroupMember): HostGroupView['members'][number] => {
  if (member.kind === 'host') return { host: member.hostId }
  return member.kind === 'mac' ? { mac: member.mac } : { address: formatIpv4(member.address) }
}
export const groupView = (g: HostGroup, addresses: Iterable<Ipv4>): HostGroupView => ({
  name: g.name, members: g.members.map(memberView), comment: g.comment ?? null,
  addresses: [...addresses].sort((a, b) => (a >>> 0) - (b >>> 0)).map(formatIpv4),
})

export const pauseView = (p: Pause): PauseView => ({ policy: p.policy ?? null, until: timeOrNull(p.until) })

/** `zone`: of ours, in which the name lies. */
export function checkView(asked: Pick<PolicyCheckView, 'name' | 'type' | 'client'>, { set, pausedUntil, decision, rules }: PolicyCheck, zone: string | undefined): PolicyCheckView {
  const lines = [
    zone === undefined ? undefined : `${asked.name} lies in the zone ${zone}, which is served here: policy is not asked`,
    set === undefined ? `no policy is for ${asked.client}` : `the policy ${set} counts for ${asked.client}`,
    pausedUntil === undefined ? undefined : 'it is paused: its lists do not count',
    ...rules.map((each) => `the list ${each.list} says ${each.action}${each.line > 0 ? ` in line ${each.line}` : ''}: ${each.rule}${each.applies ? '' : ', which does not fit this question'}`),
    rules.length === 0 ? `no list of it has a rule for ${asked.name}` : undefined,
    decision === undefined ? undefined : `what decides is ${decision.rule} of the list ${decision.list}`,
  ]
  return {
    ...asked,
    policy: set ?? null,
    decision: decision === undefined || zone !== undefined ? null : { action: decision.action, list: decision.list, rule: decision.rule },
    lines: lines.filter((line) => line !== undefined),
  }
}
