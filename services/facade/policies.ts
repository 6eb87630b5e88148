/** What is blocked, for whom and when. */
import type { BlockedAnswer, ListFormat, ListKind, RebindingCheck, Weekday } from '../model/index.ts'
import type { Answer, Page, Paging } from './common.ts'

export type ListInput = {
  readonly name: string
  readonly kind: ListKind
  readonly format: ListFormat
  /** Exactly one of the four is not null. */
  readonly url: string | null
  /** A file of the host, by its whole path. */
  readonly path: string | null
  /** The list itself. */
  readonly text: string | null
  /** A zone that is here. */
  readonly zone: string | null
  readonly enabled: boolean
  readonly refreshSeconds: number
  readonly comment: string | null
}

export type ListNoteView = { readonly line: number; readonly problem: string }
export type ListView = Omit<ListInput, 'text'> & {
  /** It was typed in, and is so many characters long; null: it comes from elsewhere. */
  readonly textLength: number | null
  /** empty: no content has come yet. loading: there is content, which does not count yet. off: it is not enabled. */
  readonly state: 'empty' | 'loading' | 'loaded' | 'off'
  /** It is being fetched at this moment. */
  readonly fetching: boolean
  readonly entries: number
  readonly octets: number
  readonly notUnderstood: number
  /** The first lines of those. */
  readonly notes: readonly ListNoteView[]
  /** When its content came, and when the source was last found to be the same. */
  readonly loadedAt: string | null
  readonly checkedAt: string | null
  /** Attempts in a row that came to nothing. */
  readonly failures: number
  readonly lastFailure: { readonly at: string; readonly because: string } | null
  /** Questions that it decided since the appliance began. */
  readonly hits: number
  /** Policies that name it. */
  readonly policies: readonly string[]
}

export type RuleInput = {
  readonly kind: 'block' | 'allow'
  readonly domain: string
  /** null: of all policies. */
  readonly policy: string | null
  readonly comment: string | null
  readonly expiresAt: string | null
}
export type RuleView = RuleInput & { readonly id: number; readonly madeAt: string }

export type PeriodView = {
  readonly days: readonly Weekday[]
  /** "20:00"; "24:00" ends a day. `to` at or before `from` is of the day after. */
  readonly from: string
  readonly to: string
}

/** How a policy is written; null: for what it is not given. */
export type DnsPolicyInput = {
  readonly name: string
  /** "10.53.0.0/24". */
  readonly addresses: readonly string[]
  /** Names of segments: all their subnets. */
  readonly segments: readonly string[]
  readonly groups: readonly string[]
  readonly lists: readonly string[]
  readonly answer: BlockedAnswer
  readonly ttl: number
  readonly periods: readonly PeriodView[]
  readonly timeZone: string
  readonly rebinding: RebindingCheck
  /** Domains that may have private addresses. */
  readonly rebindingExcept: readonly string[]
  /** "64:ff9b::/96". */
  readonly dns64: string | null
  readonly comment: string | null
}
export type DnsPolicyView = DnsPolicyInput & {
  /** Its time is now, and it is not paused. */
  readonly active: boolean
  readonly pausedUntil: string | null
  /** Without an end in sight. */
  readonly paused: boolean
}

export type GroupMemberView =
  /** A host of the DHCP configuration. */
  | { readonly host: number }
  | { readonly mac: string }
  | { readonly address: string }
export type HostGroupInput = { readonly members: readonly GroupMemberView[]; readonly comment: string | null }
export type HostGroupView = HostGroupInput & {
  readonly name: string
  /** Where its members are now. */
  readonly addresses: readonly string[]
}

export type PauseInput = {
  /** One of the two at most; neither: until it is resumed. */
  readonly minutes: number | null
  readonly until: string | null
  /** Whose; null: all. */
  readonly policy: string | null
}
export type PauseView = { readonly policy: string | null; readonly until: string | null }

export type PolicyCheckView = {
  readonly name: string
  readonly type: string
  readonly client: string
  /** That counts for the client now. */
  readonly policy: string | null
  /** null: no rule says anything of the name. */
  readonly decision: { readonly action: string; readonly list: string; readonly rule: string } | null
  /** How the policy came to count and the decision to be made, a sentence each. */
  readonly lines: readonly string[]
}

export interface PolicyServices {
  listLists(): Answer<readonly ListView[]>
  getList(name: string): Answer<ListView>
  addList(input: ListInput): Answer<ListView>
  changeList(name: string, change: Partial<Omit<ListInput, 'name'>>): Answer<ListView>
  removeList(name: string): Answer<null>
  /** Fetches it now; answered when that is over, or after some seconds. */
  refreshList(name: string): Answer<ListView>
  listRules(filter: { readonly kind?: 'block' | 'allow' | undefined; readonly domain?: string | undefined }, paging: Paging): Answer<Page<RuleView>>
  addRule(input: RuleInput): Answer<RuleView>
  removeRule(id: number): Answer<null>
  /** In their order: the first that fits a client and whose time it is counts. The last is for everybody. */
  listPolicies(): Answer<readonly DnsPolicyView[]>
  /** `ifTag`: refused as 'changed' unless the policies before are those that policiesTag() named so. */
  setPolicies(policies: readonly DnsPolicyInput[], ifTag?: string): Answer<readonly DnsPolicyView[]>
  listHostGroups(): Answer<readonly HostGroupView[]>
  putHostGroup(name: string, input: HostGroupInput): Answer<HostGroupView>
  removeHostGroup(name: string): Answer<null>
  listPauses(): Answer<readonly PauseView[]>
  pausePolicy(input: PauseInput): Answer<readonly PauseView[]>
  resumePolicy(policy: string | null): Answer<readonly PauseView[]>
  checkName(name: string, type: string, client: string): Answer<PolicyCheckView>
}
