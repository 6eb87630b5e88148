/** What the network side can be asked of lists and policies; part of NetworkSide. */
import type { CompiledList, HashKey } from '../dns/index.ts'
import type {
  Answer, DnsPolicyInput, DnsPolicyView, HostGroupInput, HostGroupView, ListInput, ListView, Page, Paging, PauseInput, PauseView, PolicyCheckView,
  RuleInput, RuleView,
} from '../facade.ts'
import type { ListSource, ListState, PolicyList } from '../model/index.ts'

/** A list as who fetches and compiles it sees it. */
export type WantedList = {
  readonly list: PolicyList
  readonly state: ListState
  /** Names the content and how it is to be read; undefined: there is no content. */
  readonly key: string | undefined
  /** The key of what counts now. */
  readonly loaded: string | undefined
  /** Of a list that is a zone: its id. */
  readonly zoneId: number | undefined
}
/** `hashKey`: what lists are compiled with. */
export type WantedLists = { readonly hashKey: HashKey; readonly lists: readonly WantedList[] }

/** What came of an attempt to fetch a list from a source that it had then. */
export type ListFetched = {
  readonly source: ListSource
  readonly outcome:
    | { readonly kind: 'content'; readonly octets: number; readonly etag: string | undefined; readonly lastModified: string | undefined }
    | { readonly kind: 'unchanged' }
    | { readonly kind: 'failed'; readonly because: string }
}

export interface ListSide {
  lists(): Answer<readonly ListView[]>
  addList(input: ListInput): Answer<ListView>
  changeList(name: string, change: Partial<Omit<ListInput, 'name'>>): Answer<ListView>
  removeList(name: string): Answer<null>
  wantedLists(): Answer<WantedLists>
  listFetched(name: string, fetched: ListFetched): Answer<null>
  /** `key`: of what is wanted, as WantedList says; left alone when that has changed meanwhile. */
  loadList(name: string, key: string, compiled: CompiledList): Answer<null>
}

export interface PolicySide {
  rules(filter: { readonly kind?: string | undefined; readonly domain?: string | undefined }, paging: Paging): Answer<Page<RuleView>>
  addRule(input: RuleInput): Answer<RuleView>
  removeRule(id: number): Answer<null>
  policies(): Answer<readonly DnsPolicyView[]>
  setPolicies(policies: readonly DnsPolicyInput[], ifTag: string | undefined): Answer<readonly DnsPolicyView[]>
  hostGroups(): Answer<readonly HostGroupView[]>
  putHostGroup(name: string, input: HostGroupInput): Answer<HostGroupView>
  removeHostGroup(name: string): Answer<null>
  pauses(): Answer<readonly PauseView[]>
  pause(input: PauseInput): Answer<readonly PauseView[]>
  resume(policy: string | null): Answer<readonly PauseView[]>
  check(name: string, type: string, client: string): Answer<PolicyCheckView>
}
