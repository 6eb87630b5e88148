import type { Page, PastUpdateView, UpdatePolicyView, UpdateRuleView } from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { type Column, printDone, printJson, printPage, shortTime } from './print.ts'

type Rule = UpdateRuleView & { readonly number: number }

const RULE_COLUMNS: readonly Column<Rule>[] = [
  ['RULE', rule => rule.number],
  ['KEY', rule => rule.key],
  ['ADDRESS', rule => rule.address],
  ['NAMES', rule => (rule.name === null ? rule.names : `${rule.names} ${rule.name}`)],
  ['TYPES', rule => (rule.types.length === 0 ? 'usual' : rule.types.join(','))],
  ['TOUCHES', rule => rule.touches],
]
const PAST_COLUMNS: readonly Column<PastUpdateView>[] = [
  ['AT', past => shortTime(past.at)],
  ['FROM', past => past.source],
  ['KEY', past => past.key],
  ['ANSWER', past => past.rcode],
  ['BECAUSE', past => past.text],
]

const policyPath = (zone: string): string => path('zones', zone, 'update-policy')

const printRules = (invocation: Invocation, { rules }: UpdatePolicyView): void =>
  printPage(invocation, { items: rules.map((rule, i) => ({ ...rule, number: i + 1 })), next: null }, RULE_COLUMNS, 'nobody may update the zone')

export const zoneUpdates: Command = {
  words: 'zone updates',
  summary: 'list the latest dynamic updates of a zone, and why some were refused',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot zone updates lab.internal'],
  async run(invocation) {
    const url = path('zones', invocation.operands[0] as string, 'updates')
    printPage(invocation, await invocation.api.json<Page<PastUpdateView>>('GET', url), PAST_COLUMNS, 'nobody has sent an update since the appliance began')
  },
}

export const zoneUpdateRules: Command = {
  words: 'zone update-rules',
  summary: 'list who may change a zone by dynamic update (RFC 2136)',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {},
  examples: ['taproot zone update-rules lab.internal'],
  async run(invocation) {
    const policy = await invocation.api.json<UpdatePolicyView>('GET', policyPath(invocation.operands[0] as string))
    if (invocation.json) printJson(invocation.terminal, policy)
    else printRules(invocation, policy)
  },
}

const NAMES = {
  exact: { type: 'string', value: 'NAME', says: 'of this name alone' },
  subdomain: { type: 'string', value: 'NAME', says: 'of this name and all below it' },
  wildcard: { type: 'string', value: '*.NAME', says: 'of all names below this one' },
  self: { type: 'boolean', says: 'of the name that the key has' },
  'self-subdomain': { type: 'boolean', says: 'of the name that the key has and all below it' },
} as const

export const zoneAllowUpdates: Command = {
  words: 'zone allow-updates',
  summary: 'let a key change records of a zone by dynamic update',
  operands: 'ZONE',
  fewest: 1,
  most: 1,
  options: {
    key: { type: 'string', value: 'NAME', says: 'for updates signed with this TSIG key' },
    address: { type: 'string', value: 'PREFIX', says: 'for updates from these addresses; without a key they need no signature' },
    ...NAMES,
    type: { type: 'string', multiple: true, value: 'TYPE', says: 'of these types (default: all but NS, DS and the like)' },
    touches: { type: 'string', value: 'WHOSE', says: "whose records may go: updates' (default), people's too, leases' too" },
  },
  examples: [
    'taproot zone allow-updates lab.internal --key ddns.lab.internal --subdomain dyn.lab.internal',
    'taproot zone allow-updates lab.internal --key certbot.lab.internal --exact _acme-challenge.www.lab.internal --type TXT',
  ],
  async run(invocation) {
    const { api, operands, text, texts } = invocation
    const zone = operands[0] as string
    const { rules } = await api.json<UpdatePolicyView>('GET', policyPath(zone))
    const rule = { key: text('key'), address: text('address'), types: texts('type'), touches: text('touches'), ...namesOf(invocation) }
    const policy = await api.json<UpdatePolicyView>('PUT', policyPath(zone), {}, { rules: [...rules, rule] })
    if (invocation.json) printJson(invocation.terminal, policy)
    else printRules(invocation, policy)
  },
}

function namesOf({ text, flag }: Invocation): { readonly names: string; readonly name?: string | undefined } {
  const said = Object.keys(NAMES).filter(kind => text(kind) !== undefined || flag(kind))
  if (said.length > 1) throw new UsageError(`--${said.join(' and --')} cannot be said together; make a rule for each`)
  const [names] = said
  return names === undefined ? { names: 'zone' } : { names, name: text(names) }
}

export const zoneForbidUpdates: Command = {
  words: 'zone forbid-updates',
  summary: 'take back a rule that "zone update-rules" lists, or all of them',
  operands: 'ZONE [RULE]',
  fewest: 1,
  most: 2,
  options: { all: { type: 'boolean', says: 'all rules' } },
  examples: ['taproot zone forbid-updates lab.internal 2', 'taproot zone forbid-updates lab.internal --all'],
  async run(invocation) {
    const { api, operands, flag } = invocation
    const [zone = '', number] = operands
    if ((number === undefined) !== flag('all')) throw new UsageError('say which rule, by its number, or --all')
    const { rules } = await api.json<UpdatePolicyView>('GET', policyPath(zone))
    const at = Number(number) - 1
    if (!flag('all') && rules[at] === undefined) throw new UsageError(`there is no rule ${number}; ${zone} has ${rules.length}`)
    const left = flag('all') ? [] : rules.filter((_, i) => i !== at)
    const policy = await api.json<UpdatePolicyView>('PUT', policyPath(zone), {}, { rules: left })
    printDone(invocation, `${policy.rules.length === 0 ? 'nobody' : 'the keys of the other rules'} may update ${zone} now`, policy)
  },
}
