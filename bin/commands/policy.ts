import type { DnsPolicyView, Page, PauseView, PeriodView, PolicyCheckView } from '../../services/index.ts'
import { type Command, type Invocation, type Options, UsageError } from './command.ts'
import { policyBody } from './policy-body.ts'
import { type Column, printable, printDone, printJson, printPage, shortTime } from './print.ts'

const whoOf = (policy: DnsPolicyView): string => {
  const who = [...policy.addresses, ...policy.segments, ...policy.groups.map(group => `group ${group}`)].join(',')
  return policy.name === 'default' ? 'everybody' : who
}
const periodText = ({ days, from, to }: PeriodView): string => `${days.join(',')} ${from}-${to}`
const whenOf = ({ periods, timeZone }: DnsPolicyView): string => (periods.length === 0 ? 'always' : `${periods.map(periodText).join('; ')} ${timeZone}`)
const standing = ({ active, paused, pausedUntil }: DnsPolicyView): string =>
  paused ? `paused${pausedUntil === null ? '' : ` until ${shortTime(pausedUntil)}`}` : active ? 'active' : 'not now'

const COLUMNS: readonly Column<DnsPolicyView>[] = [
  ['POLICY', policy => policy.name],
  ['FOR', whoOf],
  ['WHEN', whenOf],
  ['STATE', standing],
  ['LISTS', policy => policy.lists.join(',')],
  ['ANSWER', policy => policy.answer],
  ['REBINDING', policy => policy.rebinding],
  ['DNS64', policy => policy.dns64],
  ['COMMENT', policy => policy.comment],
]

export const policyList: Command = {
  words: 'policy list',
  summary: 'list policies: what is blocked for whom and when; the first that fits counts',
  operands: '',
  fewest: 0,
  most: 0,
  options: {},
  examples: ['taproot policy list'],
  async run(invocation) {
    printPage(invocation, await invocation.api.json<Page<DnsPolicyView>>('GET', 'dns/policies'), COLUMNS, 'no policies')
  },
}

const OPTIONS = {
  address: { type: 'string', multiple: true, value: 'PREFIX', says: 'clients with these addresses' },
  segment: { type: 'string', multiple: true, value: 'NAME', says: 'clients in the subnets of this segment' },
  group: { type: 'string', multiple: true, value: 'NAME', says: 'members of this host group' },
  list: { type: 'string', multiple: true, value: 'LIST', says: 'a list that counts' },
  answer: { type: 'string', value: 'ANSWER', says: 'to blocked names: nxdomain, nodata, refused or null (0.0.0.0 and ::)' },
  ttl: { type: 'string', value: 'SECONDS', says: 'of such answers (default: 10)' },
  when: { type: 'string', multiple: true, value: 'PERIOD', says: 'when it counts: mon,tue@20:00-07:00, daily@…, workdays@…, weekend@… or always' },
  'time-zone': { type: 'string', value: 'ZONE', says: 'by whose clocks, as Europe/Zurich (default: UTC)' },
  rebinding: { type: 'string', value: 'auto|yes|no', says: 'whether public names may not have private addresses' },
  'rebinding-except': { type: 'string', multiple: true, value: 'DOMAIN', says: 'that may' },
  dns64: { type: 'string', value: 'PREFIX', says: 'AAAA records are made with it, as 64:ff9b::/96; none: no longer' },
  before: { type: 'string', value: 'POLICY', says: 'its place in the order (default: where it is, or before "default")' },
  comment: { type: 'string', value: 'TEXT', says: 'for people' },
} as const satisfies Options

const DAYS: { readonly [word: string]: readonly PeriodView['days'][number][] } = {
  daily: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], workdays: ['mon', 'tue', 'wed', 'thu', 'fri'], weekend: ['sat', 'sun'],
}
const PERIOD = /^(\w+(?:,\w+)*)@(\d\d:\d\d)-(\d\d:\d\d)$/

/** "fri,sat@20:00-07:00". Which days and times there are is for the appliance to say. */
export function readPeriod(text: string): PeriodView {
  const [, days, from, to] = PERIOD.exec(text) ?? []
  if (days === undefined || from === undefined || to === undefined) throw new UsageError(`"${text}" is no period; it looks like fri,sat@20:00-07:00 or daily@20:00-07:00`)
  return { days: days.split(',').flatMap(day => DAYS[day] ?? [day as PeriodView['days'][number]]), from, to }
}

/** The fields that the options say; a list that is given takes the place of the one before. */
function fieldsOf({ integer, text, texts }: Invocation): Partial<Record<keyof DnsPolicyView, unknown>> {
  const several = (option: string): readonly string[] | undefined => (texts(option).length === 0 ? undefined : texts(option))
  const dns64 = text('dns64')
  const when = several('when')
  const fields = {
    addresses: several('address'), segments: several('segment'), groups: several('group'), lists: several('list'), answer: text('answer'), ttl: integer('ttl'),
    periods: when?.filter(period => period !== 'always').map(readPeriod), timeZone: text('time-zone'), rebinding: text('rebinding'),
    rebindingExcept: several('rebinding-except'), dns64: dns64 === 'none' ? null : dns64, comment: text('comment'),
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

export const policySet: Command = {
  words: 'policy set',
  summary: 'add a policy, or change what is given of one',
  operands: 'POLICY',
  fewest: 1,
  most: 1,
  options: OPTIONS,
  examples: [
    'taproot policy set default --list ads --list malware',
    'taproot policy set kids --group tablets --list ads --list social --when daily@20:00-07:00 --time-zone Europe/Zurich',
  ],
  async run(invocation) {
    const { api, operands, text } = invocation
    const name = operands[0] as string
    const { items } = await api.json<Page<DnsPolicyView>>('GET', 'dns/policies')
    const old = items.find(policy => policy.name === name)
    const policy = { ...(old === undefined ? {} : policyBody(old)), ...fieldsOf(invocation), name }
    const others = items.filter(each => each.name !== name).map(policyBody)
    const before = text('before') ?? (old === undefined ? 'default' : undefined)
    const at = before === undefined ? items.findIndex(each => each.name === name) : others.findIndex(each => each.name === before)
    if (at < 0) throw new UsageError(`there is no policy ${before}`)
    const policies = [...others.slice(0, at), policy, ...others.slice(at)]
    const now = await api.json<Page<DnsPolicyView>>('PUT', 'dns/policies', {}, { policies })
    printDone(invocation, `policies are now, in this order: ${now.items.map(each => each.name).join(', ')}`, now)
  },
}

export const policyRemove: Command = {
  words: 'policy remove',
  summary: 'remove a policy',
  operands: 'POLICY',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot policy remove kids'],
  async run(invocation) {
    const { api, operands } = invocation
    const name = operands[0] as string
    const { items } = await api.json<Page<DnsPolicyView>>('GET', 'dns/policies')
    if (!items.some(policy => policy.name === name)) throw new UsageError(`there is no policy ${name}`)
    const policies = items.filter(policy => policy.name !== name).map(policyBody)
    printDone(invocation, `removed the policy ${name}`, await api.json<Page<DnsPolicyView>>('PUT', 'dns/policies', {}, { policies }))
  },
}

export const policyCheck: Command = {
  words: 'policy check',
  summary: 'say what would be decided of a name, by which rule and why',
  operands: 'NAME [TYPE]',
  fewest: 1,
  most: 2,
  options: { client: { type: 'string', value: 'ADDRESS', says: 'who asks' } },
  examples: ['taproot policy check ads.example', 'taproot policy check ads.example AAAA --client 10.53.0.100'],
  async run({ api, json, operands, terminal, text }) {
    const [name, type] = operands
    const check = await api.json<PolicyCheckView>('GET', 'dns/policy/check', { name, type, client: text('client') })
    if (json) return printJson(terminal, check)
    const { decision } = check
    terminal.out(`${printable(decision === null ? 'no rule decides: it is looked up' : `${decision.action} by ${decision.rule} of the list ${decision.list}`)}\n`)
    for (const line of check.lines) terminal.out(`  ${printable(line)}\n`)
  },
}

const pauseText = ({ policy, until }: PauseView): string => `${policy ?? 'all policies'} until ${until === null ? 'resumed' : shortTime(until)}`
const pausesText = (items: readonly PauseView[]): string => (items.length === 0 ? 'nothing is paused' : `paused: ${items.map(pauseText).join('; ')}`)

const POLICY_OPTION = { policy: { type: 'string', value: 'POLICY', says: 'only this one' } } as const satisfies Options

export const pause: Command = {
  words: 'pause',
  summary: 'block nothing for so many minutes, or until you resume it',
  operands: '[MINUTES]',
  fewest: 0,
  most: 1,
  options: POLICY_OPTION,
  examples: ['taproot pause 30', 'taproot pause --policy kids'],
  async run(invocation) {
    const { api, operands, text } = invocation
    const [minutes] = operands
    if (minutes !== undefined && !/^\d{1,6}$/.test(minutes)) throw new UsageError(`"${minutes}" is no number of minutes`)
    const body = { minutes: minutes === undefined ? null : Number(minutes), policy: text('policy') ?? null }
    const now = await api.json<Page<PauseView>>('POST', 'dns/policy/pause', {}, body)
    printDone(invocation, pausesText(now.items), now)
  },
}

export const resume: Command = {
  words: 'resume',
  summary: 'end pauses: what is blocked is blocked again',
  operands: '',
  fewest: 0,
  most: 0,
  options: POLICY_OPTION,
  examples: ['taproot resume'],
  async run(invocation) {
    const now = await invocation.api.json<Page<PauseView>>('POST', 'dns/policy/pause', {}, { resume: true, policy: invocation.text('policy') ?? null })
    printDone(invocation, pausesText(now.items), now)
  },
}
