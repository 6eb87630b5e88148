/** What people say of lists, rules, policies and host groups: read and checked, or refused with the field. Pure. */
import { formatMac, parseIpv4, parseMac, parsePrefix, type Prefix } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { formatDns64Prefix, isTimeZone, MAX_POLICY_SETS, parseDns64Prefix } from '../dns/index.ts'
import { formatName, parseName } from '../dns/wire/name.ts'
import type { DnsPolicyInput, HostGroupInput, ListInput, PauseInput, PeriodView, RuleInput } from '../facade.ts'
import {
  DEFAULT_POLICY_NAME, type DhcpConfiguration, type GroupMember, type HostGroup, LIST_NAME, type ListSource, type Pause, type Period, type Policy,
  type PolicyList, type PolicyRule, type Refusal, refusal,
} from '../model/index.ts'

/** Of the engine's MAX_LISTS some places are kept for single rules: those of all policies, and those of MOST_RULE_OWNERS. */
export const MOST_LISTS = 24
export const MOST_RULE_OWNERS = 7
/** As many as the engine has sets. */
export const MOST_POLICIES = MAX_POLICY_SETS
/** Compiled anew with every change, between two packets: 2,000 take some 4 ms. */
export const MOST_RULES = 2000
export const MOST_GROUPS = 32
export const MOST_MEMBERS = 256
/** Of all groups: the addresses of a thousand are sorted anew in a millisecond, whenever one of their leases moves. */
export const MOST_MEMBERS_TOGETHER = 1000
/** Longer lists belong in a file. */
export const LONGEST_TEXT = 100_000
const LONGEST_PAUSE_MS = 366 * 86_400_000

const invalid = (field: string, problem: string, remedy: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('invalid', field, problem, remedy))

/** Undefined when the text is no domain name. */
export function domainOf(text: string): string | undefined {
  const name = parseName(text.toLowerCase().replace(/(.)\.$/, '$1'))
  return name.ok ? formatName(name.value).replace(/(.)\.$/, '$1') : undefined
}

export function readList(input: ListInput, zones: ReadonlySet<string>): Result<PolicyList, Refusal> {
  const { name, kind, enabled, refreshSeconds, comment } = input
  if (!LIST_NAME.test(name)) return invalid('/name', `"${name}" is no name of a list`, 'at most 64 letters, digits, ".", "_" and "-" in lower case, as ads')
  if (name === 'rules') return invalid('/name', '"rules" is what single rules are called', 'choose another name')
  const source = readSource(input, zones)
  if (!source.ok) return source
  const policyZone = kind === 'rpz'
  if (source.value.kind === 'zone' && !policyZone) return invalid('/kind', 'a zone as a list is a response policy zone', 'say "rpz"')
  if (!policyZone && input.format === 'rpz') return invalid('/format', `a list of the kind "${kind}" is no response policy zone`, 'say "rpz" as its kind, or another format')
  if (policyZone && input.format !== 'rpz' && input.format !== 'auto') return invalid('/format', `a response policy zone is not written as "${input.format}"`, 'say "rpz" or "auto"')
  return ok({ name, kind, format: policyZone ? 'rpz' : input.format, source: source.value, enabled, refreshSeconds, comment: comment ?? undefined })
}

function readSource({ url, path, text, zone }: ListInput, zones: ReadonlySet<string>): Result<ListSource, Refusal> {
  const given = [url, path, text, zone].filter((each) => each !== null)
  if (given.length !== 1) return invalid('', 'a list comes from one place', 'give one of url, path, text and zone')
  if (url !== null) return readUrl(url)
  if (path !== null) {
    return path.startsWith('/') && !path.includes('\0')
      ? ok({ kind: 'file', path })
      : invalid('/path', `"${path}" is no whole path`, 'as /etc/taproot/blocked.txt')
  }
  if (text !== null) {
    return text.length <= LONGEST_TEXT
      ? ok({ kind: 'text', text })
      : invalid('/text', `${text.length} characters are too many`, `at most ${LONGEST_TEXT}; put longer ones into a file`)
  }
  const name = (zone as string).toLowerCase()
  return zones.has(name) ? ok({ kind: 'zone', zone: name }) : invalid('/zone', `there is no zone ${name}`, 'make it a copy of another server\'s first: zone secondary')
}

function readUrl(text: string): Result<ListSource, Refusal> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return invalid('/url', `"${text}" is not the address of a list`, 'as https://lists.example/ads.txt')
  if (url.username !== '' || url.password !== '') return invalid('/url', 'a name and a password in it would be kept and shown', 'fetch the list by other means, and give its file as path')
  return ok({ kind: 'url', url: url.href })
}

export function readRule(input: RuleInput, id: number, policies: readonly Policy[], nowMs: number): Result<PolicyRule, Refusal> {
  const { kind, domain, policy, comment, expiresAt } = input
  const name = domainOf(domain)
  if (name === undefined || name === '.') return invalid('/domain', `"${domain}" is not a domain name`, 'as ads.example; it stands for all names below it too')
  if (policy !== null && !policies.some((each) => each.name === policy)) return invalid('/policy', `there is no policy ${policy}`, 'list the policies, or leave it out for all')
  const until = expiresAt === null ? undefined : Date.parse(expiresAt)
  if (until !== undefined && !(until > nowMs)) return invalid('/expiresAt', `${expiresAt} is no time to come`, 'give a later one')
  return ok({ id, kind, domain: name, policy: policy ?? undefined, comment: comment ?? undefined, madeAt: nowMs, expiresAt: until })
}

export type PolicySurroundings = {
  readonly segments: DhcpConfiguration['segments']
  readonly groups: readonly HostGroup[]
  readonly lists: readonly PolicyList[]
}

export function readPolicies(inputs: readonly DnsPolicyInput[], around: PolicySurroundings): Result<readonly Policy[], Refusal> {
  if (inputs.length > MOST_POLICIES) return invalid('', `${inputs.length} policies are too many`, `use ${MOST_POLICIES} at most`)
  const policies: Policy[] = []
  for (const [i, input] of inputs.entries()) {
    const at = `/policies/${i}`
    if (policies.some(({ name }) => name === input.name)) return invalid(`${at}/name`, `there are two policies ${input.name}`, 'give each a name of its own')
    const policy = readPolicy(input, at, around)
    if (!policy.ok) return policy
    policies.push(policy.value)
  }
  const last = policies.at(-1)
  if (last?.name !== DEFAULT_POLICY_NAME) return invalid('', 'the last policy is not the one for everybody', `put one called "${DEFAULT_POLICY_NAME}" at the end`)
  return ok(policies)
}

function readPolicy(input: DnsPolicyInput, at: string, around: PolicySurroundings): Result<Policy, Refusal> {
  const { name, lists, groups, answer, ttl, timeZone, comment } = input
  if (!LIST_NAME.test(name)) return invalid(`${at}/name`, `"${name}" is no name of a policy`, 'at most 64 letters, digits, ".", "_" and "-" in lower case, as kids')
  const clients = readClients(input, at, around)
  if (!clients.ok) return clients
  const noList = lists.findIndex((list) => !around.lists.some((each) => each.name === list))
  if (noList >= 0) return invalid(`${at}/lists/${noList}`, `there is no list ${lists[noList]}`, 'list the lists, or add it first')
  const periods = readPeriods(input.periods, at)
  if (!periods.ok) return periods
  if (!isTimeZone(timeZone)) return invalid(`${at}/timeZone`, `"${timeZone}" is no time zone`, 'the name that IANA gives it, as Europe/Zurich or UTC')
  const isDefault = name === DEFAULT_POLICY_NAME
  if (isDefault && clients.value.prefixes.length + clients.value.segmentIds.length + groups.length > 0) return invalid(at, `the policy "${name}" is for everybody`, 'leave addresses, segments and groups out')
  if (isDefault && periods.value.length > 0) return invalid(`${at}/periods`, `the policy "${name}" counts whenever no other does`, 'put a policy with the periods before it')
  const except: string[] = []
  for (const [i, text] of input.rebindingExcept.entries()) {
    const domain = domainOf(text)
    if (domain === undefined) return invalid(`${at}/rebindingExcept/${i}`, `"${text}" is not a domain name`, 'as plex.direct')
    except.push(domain)
  }
  const dns64 = input.dns64 === null ? undefined : parseDns64Prefix(input.dns64)
  if (dns64?.ok === false) return invalid(`${at}/dns64`, `"${input.dns64}" is no prefix for DNS64: ${dns64.error}`, 'an IPv6 prefix, as 64:ff9b::/96')
  return ok({
    name, clients: clients.value, lists, answer, ttlSeconds: ttl, periods: periods.value, timeZone, rebinding: { check: input.rebinding, except },
    dns64: dns64 === undefined ? undefined : formatDns64Prefix(dns64.value), comment: comment ?? undefined,
  })
}

function readClients({ addresses, segments, groups }: DnsPolicyInput, at: string, around: PolicySurroundings): Result<Policy['clients'], Refusal> {
  const prefixes: Prefix[] = []
  for (const [i, text] of addresses.entries()) {
    const prefix = parsePrefix(text.includes('/') ? text : `${text}/32`)
    if (prefix === undefined) return invalid(`${at}/addresses/${i}`, `"${text}" is neither an address nor a prefix`, 'as 10.53.0.20 or 10.53.0.0/24')
    prefixes.push(prefix)
  }
  const segmentIds: number[] = []
  for (const [i, text] of segments.entries()) {
    const segment = around.segments.find(({ name }) => name === text)
    if (segment === undefined) return invalid(`${at}/segments/${i}`, `there is no segment ${text}`, 'list the segments')
    segmentIds.push(segment.id)
  }
  const noGroup = groups.findIndex((group) => !around.groups.some(({ name }) => name === group))
  if (noGroup >= 0) return invalid(`${at}/groups/${noGroup}`, `there is no host group ${groups[noGroup]}`, 'list the host groups, or add it first')
  return ok({ prefixes, segmentIds, groups })
}

const TIME_OF_DAY = /^([01]\d|2[0-4]):([0-5]\d)$/
const DAY_MINUTES = 1440

/** Minutes after midnight; undefined when it is no time of day. */
export function minutesOf(text: string): number | undefined {
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? []
  const sum = 60 * Number(hours) + Number(minutes)
  return hours === undefined || sum > DAY_MINUTES ? undefined : sum
}

export const timeOfDay = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

function readPeriods(inputs: readonly PeriodView[], at: string): Result<readonly Period[], Refusal> {
  const periods: Period[] = []
  for (const [i, { days, from, to }] of inputs.entries()) {
    const field = `${at}/periods/${i}`
    if (days.length === 0) return invalid(`${field}/days`, 'a period without a day never comes', 'name at least one')
    const first = minutesOf(from)
    if (first === undefined || first === DAY_MINUTES) return invalid(`${field}/from`, `"${from}" is no time of day to begin at`, 'from 00:00 to 23:59')
    const end = minutesOf(to)
    if (end === undefined || end === 0) return invalid(`${field}/to`, `"${to}" is no time of day to end at`, 'from 00:01 to 24:00')
    periods.push({ days, from: first, to: end })
  }
  return ok(periods)
}

export function readGroup(name: string, input: HostGroupInput, hosts: DhcpConfiguration['hosts']): Result<HostGroup, Refusal> {
  if (!LIST_NAME.test(name)) return invalid('/name', `"${name}" is no name of a group`, 'at most 64 letters, digits, ".", "_" and "-" in lower case, as tablets')
  if (input.members.length > MOST_MEMBERS) return invalid('/members', `${input.members.length} members are too many`, `use ${MOST_MEMBERS} at most, or the prefix of a segment`)
  const members: GroupMember[] = []
  for (const [i, member] of input.members.entries()) {
    const field = `/members/${i}`
    if ('host' in member) {
      if (!hosts.some(({ id }) => id === member.host)) return invalid(`${field}/host`, `there is no host ${member.host}`, 'list the hosts')
      members.push({ kind: 'host', hostId: member.host })
    } else if ('mac' in member) {
      const mac = parseMac(member.mac)
      if (mac === undefined) return invalid(`${field}/mac`, `"${member.mac}" is not a MAC address`, 'as 02:00:00:00:00:0a')
      members.push({ kind: 'mac', mac: formatMac(mac) })
    } else {
      const address = parseIpv4(member.address)
      if (address === undefined) return invalid(`${field}/address`, `"${member.address}" is not an IPv4 address`, 'as 10.53.0.20')
      members.push({ kind: 'address', address })
    }
  }
  return ok({ name, members, comment: input.comment ?? undefined })
}

export function readPause({ minutes, until, policy }: PauseInput, policies: readonly Policy[], nowMs: number): Result<Pause, Refusal> {
  if (minutes !== null && until !== null) return invalid('/until', 'minutes and a time do not go together', 'give one of the two')
  if (policy !== null && !policies.some(({ name }) => name === policy)) return invalid('/policy', `there is no policy ${policy}`, 'list the policies, or leave it out for all')
  const end = minutes === null ? (until === null ? undefined : Date.parse(until)) : nowMs + minutes * 60_000
  if (end !== undefined && !(end > nowMs && end <= nowMs + LONGEST_PAUSE_MS)) return invalid('/until', `${until} is no time within a year from now`, 'give a time to come, or none')
  return ok({ until: end, policy: policy ?? undefined })
}
