import { Type } from 'typebox'
import {
  BLOCKED_ANSWERS, LIST_FORMATS, LIST_KINDS, REBINDING_CHECKS, WEEKDAYS,
  type DnsPolicyInput, type DnsPolicyView, type HostGroupView, type ListInput, type ListView, type PauseInput, type PauseView, type PolicyCheckView,
  type RuleInput, type RuleView,
} from '../../services/index.ts'
import {
  change, count, creation, freeText, id, integer, list, nullable, object, oneOf, page, pagingFields, parameters, text, time, view, word,
} from './common.ts'

const YEAR_SECONDS = 366 * 86_400
const note = view<ListView['notes'][number]>()('ListNote', 'A line that is not understood.', {
  line: count('From 1.', 4), problem: word('Why.', 'a regular expression'),
})
const listName = (description: string) => text('list-name', description)

const listSettings = {
  kind: oneOf(LIST_KINDS, 'block: its names are blocked. allow: they are exceptions. rpz: each record says what is done (a response policy zone).'),
  format: oneOf(LIST_FORMATS, 'How it is written; auto looks at it.'),
  url: nullable(freeText(2000, 'Where it is fetched from, by http or https.', 'https://lists.example/ads.txt')),
  path: nullable(freeText(1000, 'A file of the host that the appliance runs on, by its whole path.', '/etc/taproot/blocked.txt')),
  zone: nullable(text('domain-name', 'A zone that is here, most often as a copy of another server\'s; it is no longer answered from.', 'rpz.example')),
  enabled: Type.Boolean({ description: 'Switched off it is neither fetched nor looked at.' }),
  refreshSeconds: integer(300, YEAR_SECONDS, 'How often a URL is asked and a file looked at.', 86_400),
  comment: nullable(freeText(500, 'For people.', 'ads and trackers')),
}
const typedText = nullable(freeText(100_000, 'The list itself, typed in.', 'ads.example\ntracker.example\n'))
const LIST_DEFAULTS = { kind: 'block', format: 'auto', url: null, path: null, text: null, zone: null, enabled: true, refreshSeconds: 86_400, comment: null } as const
const listFields = { name: listName('What decisions call it.'), ...listSettings, text: typedText }
export const ListCreation = creation('ListInput', 'A list of names from one place: url, path, text or zone.', listFields, LIST_DEFAULTS)
export const ListChange = change('ListChange', 'What is to be different; a new place takes that of the old one.', { ...listSettings, text: typedText })
export const withListDefaults = (given: Partial<ListInput> & Pick<ListInput, 'name'>): ListInput => ({ ...LIST_DEFAULTS, ...given })

export const List = view<ListView>()('List', 'A list of names, and what became of it.', {
  name: listName('What decisions call it.'),
  ...listSettings,
  textLength: nullable(count('Characters, when it was typed in.', 120)),
  state: oneOf(['empty', 'loading', 'loaded', 'off'], 'empty: no content has come yet. loading: it is being read. loaded: it counts. off: it is not enabled.'),
  fetching: Type.Boolean({ description: 'It is being fetched at this moment.' }),
  entries: count('Rules in it.', 96_000),
  octets: count('Of the content.', 2_400_000),
  notUnderstood: count('Lines that no rule came of.', 12),
  notes: list(note, 'The first of those.'),
  loadedAt: nullable(time('When this content came.')),
  checkedAt: nullable(time('When the source was last found to be the same.')),
  failures: count('Attempts in a row that came to nothing.', 0),
  lastFailure: nullable(object('ListFailure', 'Why it is not up to date.', { at: time('When.'), because: word('Why.', 'it answers 404') })),
  hits: count('Questions that it decided since the appliance began.', 4211),
  policies: list(listName('A policy.'), 'Those that name it.'),
})
export const ListPage = page('List', List)
export const listParams = parameters({ name: listName('Of the list.') })

const ruleFields = {
  kind: oneOf(['block', 'allow'], 'What is done.'),
  domain: text('domain-name', 'It stands for all names below it too.', 'ads.example'),
  policy: nullable(listName('The policy that it belongs to; null: all.')),
  comment: nullable(freeText(500, 'For people.', 'asked for by Ann')),
  expiresAt: nullable(time('When it is removed; null: it stays.')),
}
const RULE_DEFAULTS = { policy: null, comment: null, expiresAt: null } as const
export const RuleCreation = creation('PolicyRuleInput', 'What is done with one domain. It comes before every list.', ruleFields, RULE_DEFAULTS)
export const withRuleDefaults = (given: Partial<RuleInput> & Pick<RuleInput, 'kind' | 'domain'>): RuleInput => ({ ...RULE_DEFAULTS, ...given })
export const Rule = view<RuleView>()('PolicyRule', 'What is done with one domain.', { id: id('rule'), ...ruleFields, madeAt: time('When it was made.') })
export const RulePage = page('PolicyRule', Rule)
export const ruleQuery = parameters({
  ...pagingFields, kind: Type.Optional(ruleFields.kind), domain: Type.Optional(text('domain-name', 'Rules of exactly this domain.', 'ads.example')),
})
export const ruleParams = parameters({ id: id('rule') })

const timeOfDay = (description: string, example: string) => Type.String({ pattern: '^([01][0-9]|2[0-4]):[0-5][0-9]$', description, examples: [example] })
const period = object('PolicyPeriod', 'Every week on these days from one time of day to another.', {
  days: list(oneOf(WEEKDAYS, 'A day.'), 'On which it begins.'),
  from: timeOfDay('When it begins.', '20:00'),
  to: timeOfDay('When it ends; at or before "from": on the day after.', '07:00'),
})
const policyFields = {
  name: listName('The last policy is called "default".'),
  addresses: list(freeText(18, 'An address or a prefix.', '10.53.0.0/24'), 'Clients with these addresses.'),
  segments: list(freeText(64, 'A segment.', 'lan0'), 'Clients in the subnets of these segments.'),
  groups: list(listName('A host group.'), 'Clients that are members of these groups.'),
  lists: list(listName('A list.'), 'Lists that count.'),
  answer: oneOf(BLOCKED_ANSWERS, 'What a blocked name is answered with; null: 0.0.0.0 and ::.'),
  ttl: integer(0, 86_400, 'Of such answers. Seconds.', 10),
  periods: list(period, 'When it counts; none: always. At other times the next policy that fits a client counts for it.'),
  timeZone: freeText(64, 'By whose clocks; an IANA name.', 'Europe/Zurich'),
  rebinding: oneOf(REBINDING_CHECKS, 'Whether public names may not have private addresses; auto: unless the server that answered has one itself.'),
  rebindingExcept: list(text('domain-name', 'A domain.', 'plex.direct'), 'Domains that may.'),
  dns64: nullable(freeText(50, 'AAAA records are made of A records with this prefix (RFC 6147), for clients without IPv4.', '64:ff9b::/96')),
  comment: nullable(freeText(500, 'For people.', 'at night')),
}
const POLICY_DEFAULTS = {
  addresses: [], segments: [], groups: [], lists: [], answer: 'nxdomain', ttl: 10, periods: [], timeZone: 'UTC', rebinding: 'auto', rebindingExcept: [],
  dns64: null, comment: null,
} as const
export const Policy = view<DnsPolicyView>()('DnsPolicy', 'What counts for some clients.', {
  ...policyFields,
  active: Type.Boolean({ description: 'Its time is now, and it is not paused.' }),
  paused: Type.Boolean({ description: 'It is paused, by itself or with all.' }),
  pausedUntil: nullable(time('When the pause ends; null: when somebody ends it.')),
})
export const PolicyPage = page('DnsPolicy', Policy)
export const PoliciesInput = object('DnsPoliciesInput', 'All policies instead of those before.', {
  policies: list(creation('DnsPolicyInput', 'One policy.', policyFields, POLICY_DEFAULTS), 'In their order; the last one is called "default" and is for everybody.'),
})
export const withPolicyDefaults = (given: Partial<DnsPolicyInput> & Pick<DnsPolicyInput, 'name'>): DnsPolicyInput => ({ ...POLICY_DEFAULTS, ...given })

const member = Type.Unsafe<HostGroupView['members'][number]>(Type.Union([
  Type.Object({ host: id('host') }, { additionalProperties: false, description: 'A host of the DHCP configuration, with all its addresses.' }),
  Type.Object({ mac: text('mac', 'Whoever leases with this hardware address.') }, { additionalProperties: false }),
  Type.Object({ address: text('ipv4', 'An address.') }, { additionalProperties: false }),
]))
const groupFields = { members: list(member, 'Each a host, a MAC or an address.'), comment: nullable(freeText(500, 'For people.', 'the children\'s')) }
export const HostGroupBody = creation('HostGroupInput', 'Hosts that policies know by one name.', groupFields, { comment: null })
export const HostGroup = view<HostGroupView>()('HostGroup', 'Hosts that policies know by one name.', {
  name: listName('Of the group.'), ...groupFields, addresses: list(text('ipv4', 'An address.'), 'Where its members are now, by their leases.'),
})
export const HostGroupPage = page('HostGroup', HostGroup)

export const Pause = view<PauseView>()('PolicyPause', 'Lists do not count for a while.', {
  policy: nullable(listName('Whose; null: all policies.')), until: nullable(time('null: until somebody ends it.')),
})
export const PausePage = page('PolicyPause', Pause)
export const PauseBody = object('PolicyPauseInput', 'How long; without minutes and until it lasts until somebody ends it.', {
  minutes: Type.Optional(nullable(integer(1, 527_040, 'From now.', 30))),
  until: Type.Optional(nullable(time('A time to come.'))),
  policy: Type.Optional(nullable(listName('Whose; null: all policies.'))),
  resume: Type.Optional(Type.Boolean({ description: 'The pauses of the policy, or all of them, end now.' })),
})
export const pauseInputOf = ({ minutes = null, until = null, policy = null }: Partial<PauseInput>): PauseInput => ({ minutes, until, policy })

export const checkQuery = parameters({
  name: text('domain-name', 'The name that a client would ask for.', 'ads.example'),
  type: Type.Optional(text('record-type', 'A unless said.')),
  client: Type.Optional(text('ipv4', 'Who asks; somebody for whom the last policy counts unless said.')),
})
export const PolicyCheck = view<PolicyCheckView>()('PolicyCheck', 'What would be decided of a question, and why.', {
  name: word('As asked.', 'ads.example'), type: word('As asked.', 'A'), client: word('As asked.', '10.53.0.100'),
  policy: nullable(word('That counts for the client now.', 'kids')),
  decision: nullable(object('PolicyDecision', 'The rule that decides.', {
    action: word('nxdomain, nodata, refused, records, drop, tcp-only or allow.', 'nxdomain'), list: word('Its list.', 'ads'), rule: word('As it stands there.', '||ads.example^'),
  })),
  lines: list(word('A sentence.', 'the policy kids counts for 10.53.0.100'), 'How it comes to that.'),
})
