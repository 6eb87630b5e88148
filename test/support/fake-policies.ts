/** Lists, rules, policies and host groups in memory, for tests of the admin API and the command line. */
import {
  type Answer, type DnsPolicyInput, type DnsPolicyView, type HostGroupInput, type HostGroupView, type ListInput, type ListView, type Page, type PauseInput,
  type PauseView, type PolicyCheckView, type PolicyServices, refusal, type RuleInput, type RuleView,
} from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const AT = '2026-11-22T03:11:00.000Z'
const missing = (what: string) => err(refusal('not-found', '', `there is no ${what}`, 'list what there is'))

export const ADS: ListView = {
  name: 'ads', kind: 'block', format: 'auto', url: 'https://lists.example/ads.txt', path: null, zone: null, textLength: null, enabled: true,
  refreshSeconds: 86_400, comment: null, state: 'loaded', fetching: false, entries: 3, octets: 60, notUnderstood: 1,
  notes: [{ line: 4, problem: 'a regular expression' }], loadedAt: AT, checkedAt: AT, failures: 1, lastFailure: { at: AT, because: 'it answers 404' }, hits: 12,
  policies: ['default'],
}
export const DEFAULT: DnsPolicyView = {
  name: 'default', addresses: [], segments: [], groups: [], lists: ['ads'], answer: 'nxdomain', ttl: 10, periods: [], timeZone: 'UTC', rebinding: 'auto',
  rebindingExcept: [], dns64: null, comment: null, active: true, paused: false, pausedUntil: null,
}

export class FakePolicies implements PolicyServices {
  lists: ListView[] = [ADS]
  rules: RuleView[] = [{ id: 1, kind: 'block', domain: 'tracker.example', policy: null, comment: null, expiresAt: null, madeAt: AT }]
  policies: readonly DnsPolicyView[] = [DEFAULT]
  groups: HostGroupView[] = []
  pauses: PauseView[] = []

  async listLists(): Answer<readonly ListView[]> {
    return ok(this.lists)
  }

  async getList(name: string): Answer<ListView> {
    const found = this.lists.find(list => list.name === name)
    return found === undefined ? missing(`list ${name}`) : ok(found)
  }

  async addList({ text, ...input }: ListInput): Answer<ListView> {
    if (this.lists.some(list => list.name === input.name)) return err(refusal('conflict', '/name', `there is a list ${input.name} already`, 'choose another name'))
    const list: ListView = { ...ADS, ...input, textLength: text?.length ?? null, policies: [], notes: [], lastFailure: null, failures: 0, hits: 0 }
    this.lists.push(list)
    return ok(list)
  }

  async changeList(name: string, change: Partial<Omit<ListInput, 'name'>>): Answer<ListView> {
    const found = await this.getList(name)
    if (!found.ok) return found
    const { text: _, ...rest } = change
    const changed = { ...found.value, ...rest }
    this.lists = this.lists.map(list => (list.name === name ? changed : list))
    return ok(changed)
  }

  async removeList(name: string): Answer<null> {
    const found = await this.getList(name)
    if (!found.ok) return found
    this.lists = this.lists.filter(list => list.name !== name)
    return ok(null)
  }

  async refreshList(name: string): Answer<ListView> {
    return this.changeList(name, {})
  }

  async listRules(filter: { readonly kind?: string | undefined; readonly domain?: string | undefined }): Answer<Page<RuleView>> {
    const { kind, domain } = filter
    return ok({ items: this.rules.filter(rule => (kind ?? rule.kind) === rule.kind && (domain ?? rule.domain) === rule.domain), next: null })
  }

  async addRule(input: RuleInput): Answer<RuleView> {
    const rule = { ...input, id: this.rules.length + 1, madeAt: AT }
    this.rules.push(rule)
    return ok(rule)
  }

  async removeRule(id: number): Answer<null> {
    if (!this.rules.some(rule => rule.id === id)) return missing(`rule ${id}`)
    this.rules = this.rules.filter(rule => rule.id !== id)
    return ok(null)
  }

  async listPolicies(): Answer<readonly DnsPolicyView[]> {
    return ok(this.policies)
  }

  async setPolicies(policies: readonly DnsPolicyInput[]): Answer<readonly DnsPolicyView[]> {
    this.policies = policies.map(policy => ({ ...policy, active: true, paused: false, pausedUntil: null }))
    return ok(this.policies)
  }

  async listHostGroups(): Answer<readonly HostGroupView[]> {
    return ok(this.groups)
  }

  async putHostGroup(name: string, input: HostGroupInput): Answer<HostGroupView> {
    const group = { name, ...input, addresses: [] }
    this.groups = [...this.groups.filter(each => each.name !== name), group]
    return ok(group)
  }

  async removeHostGroup(name: string): Answer<null> {
    if (!this.groups.some(group => group.name === name)) return missing(`host group ${name}`)
    this.groups = this.groups.filter(group => group.name !== name)
    return ok(null)
  }

  async listPauses(): Answer<readonly PauseView[]> {
    return ok(this.pauses)
  }

  async pausePolicy({ minutes, until, policy }: PauseInput): Answer<readonly PauseView[]> {
    this.pauses = [{ policy, until: until ?? (minutes === null ? null : AT) }]
    return ok(this.pauses)
  }

  async resumePolicy(): Answer<readonly PauseView[]> {
    this.pauses = []
    return ok(this.pauses)
  }

  async checkName(name: string, type: string, client: string): Answer<PolicyCheckView> {
    const decision = name === 'ads.example' ? { action: 'nxdomain', list: 'ads', rule: '||ads.example^' } : null
    return ok({ name, type, client, policy: 'default', decision, lines: [`the policy default counts for ${client}`] })
  }
}
