import type { Page, RuleView } from '../../services/index.ts'
import { path } from './client.ts'
import { type Command, PAGING_OPTIONS, UsageError } from './command.ts'
import { type Column, printDone, printPage, shortTime } from './print.ts'

const COLUMNS: readonly Column<RuleView>[] = [
  ['ID', rule => rule.id],
  ['RULE', rule => rule.kind],
  ['DOMAIN', rule => rule.domain],
  ['POLICY', rule => rule.policy ?? 'all'],
  ['UNTIL', rule => shortTime(rule.expiresAt)],
  ['COMMENT', rule => rule.comment],
]

const ruleCommand = (kind: RuleView['kind'], done: string): Command => ({
  words: kind,
  summary: kind === 'block' ? 'block a domain and all names below it, whatever lists say' : 'allow a domain and all names below it, whatever lists say',
  operands: 'DOMAIN',
  fewest: 1,
  most: 1,
  options: {
    policy: { type: 'string', value: 'POLICY', says: 'only for its clients' },
    until: { type: 'string', value: 'TIME', says: 'when the rule goes by itself, as 2026-12-24T18:00:00Z' },
    comment: { type: 'string', value: 'TEXT', says: 'for people' },
  },
  examples: [`taproot ${kind} ${kind === 'block' ? 'video.example --policy kids' : 'good.example --until 2026-12-24T18:00:00Z'}`],
  async run(invocation) {
    const { api, operands, text } = invocation
    const body = { kind, domain: operands[0], policy: text('policy'), expiresAt: text('until'), comment: text('comment') }
    const rule = await api.json<RuleView>('POST', 'dns/rules', {}, body)
    printDone(invocation, `${rule.domain} is ${done}${rule.policy === null ? '' : ` by the policy ${rule.policy}`}`, rule)
  },
})

export const block = ruleCommand('block', 'blocked')
export const allow = ruleCommand('allow', 'allowed')

export const ruleList: Command = {
  words: 'rule list',
  summary: 'list the domains that are blocked and allowed one by one',
  operands: '',
  fewest: 0,
  most: 0,
  options: { kind: { type: 'string', value: 'KIND', says: 'block or allow' }, ...PAGING_OPTIONS },
  examples: ['taproot rule list --kind allow'],
  async run(invocation) {
    const { api, text } = invocation
    const query = { kind: text('kind'), limit: text('limit'), after: text('after') }
    printPage(invocation, await api.json<Page<RuleView>>('GET', 'dns/rules', query), COLUMNS, 'no rules')
  },
}

export const ruleRemove: Command = {
  words: 'rule remove',
  summary: 'take a block or an exception back, by its domain or number',
  operands: 'DOMAIN|ID',
  fewest: 1,
  most: 1,
  options: { policy: { type: 'string', value: 'POLICY', says: 'the one of this policy' } },
  examples: ['taproot rule remove video.example --policy kids'],
  async run(invocation) {
    const { api, operands, text } = invocation
    const which = operands[0] as string
    const id = /^\d+$/.test(which) ? Number(which) : await idOf(invocation.api, which, text('policy') ?? null)
    printDone(invocation, `removed the rule ${id}`, await api.json<null>('DELETE', path('dns', 'rules', id)))
  },
}

async function idOf(api: Parameters<Command['run']>[0]['api'], domain: string, policy: string | null): Promise<number> {
  const { items } = await api.json<Page<RuleView>>('GET', 'dns/rules', { domain })
  const found = items.find(rule => rule.policy === policy)
  if (found === undefined) throw new UsageError(`there is no rule for ${domain}${policy === null ? '' : ` of the policy ${policy}`}`)
  return found.id
}
