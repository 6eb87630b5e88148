/** What is blocked, for whom and when: asked of the network side, and of who fetches the lists. */
import type { Clock } from '../../stack/platform/index.ts'
import type {
  Answer, DnsPolicyInput, DnsPolicyView, HostGroupInput, HostGroupView, ListInput, ListView, Page, Paging, PauseInput, PauseView, PolicyCheckView,
  PolicyServices, RuleInput, RuleView,
} from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import type { ListKeeper } from '../policy-lists/list-keeper.ts'
import { canonical, pick } from './inputs.ts'

export type AppliancePoliciesOptions = {
  readonly network: NetworkSide
  readonly listKeeper: Pick<ListKeeper, 'look' | 'refresh' | 'isFetching'>
  readonly clock: Clock
}

/** Who asks for a refresh is answered by then, however slow the server is. */
const REFRESH_PATIENCE_MS = 15_000

export class AppliancePolicies implements PolicyServices {
  readonly #o: AppliancePoliciesOptions

  constructor(options: AppliancePoliciesOptions) {
    this.#o = options
  }

  async listLists(): Answer<readonly ListView[]> {
    const lists = await this.#o.network.lists.lists()
    return lists.ok ? { ok: true, value: lists.value.map((view) => this.#withFetching(view)) } : lists
  }

  async getList(name: string): Answer<ListView> {
    return pick(await this.listLists(), (list) => list.name === canonical(name), `list ${name}`)
  }

  async addList(input: ListInput): Answer<ListView> {
    return this.#looked(await this.#o.network.lists.addList({ ...input, name: canonical(input.name) }))
  }

  async changeList(name: string, change: Partial<Omit<ListInput, 'name'>>): Answer<ListView> {
    return this.#looked(await this.#o.network.lists.changeList(canonical(name), change))
  }

  async removeList(name: string): Answer<null> {
    const removed = await this.#o.network.lists.removeList(canonical(name))
    void this.#o.listKeeper.look()
    return removed
  }

  async refreshList(name: string): Answer<ListView> {
    const found = await this.getList(name)
    if (!found.ok) return found
    await this.#patiently(this.#o.listKeeper.refresh(found.value.name))
    return this.getList(name)
  }

  listRules(filter: { readonly kind?: 'block' | 'allow' | undefined; readonly domain?: string | undefined }, paging: Paging): Answer<Page<RuleView>> {
    return this.#o.network.policies.rules(filter, paging)
  }

  addRule(input: RuleInput): Answer<RuleView> {
    return this.#o.network.policies.addRule(input)
  }

  removeRule(id: number): Answer<null> {
    return this.#o.network.policies.removeRule(id)
  }

  listPolicies(): Answer<readonly DnsPolicyView[]> {
    return this.#o.network.policies.policies()
  }

  setPolicies(policies: readonly DnsPolicyInput[], ifTag?: string): Answer<readonly DnsPolicyView[]> {
    return this.#o.network.policies.setPolicies(policies.map((policy) => ({
      ...policy, name: canonical(policy.name), lists: policy.lists.map(canonical), groups: policy.groups.map(canonical),
    })), ifTag)
  }

  listHostGroups(): Answer<readonly HostGroupView[]> {
    return this.#o.network.policies.hostGroups()
  }

  putHostGroup(name: string, input: HostGroupInput): Answer<HostGroupView> {
    return this.#o.network.policies.putHostGroup(canonical(name), input)
  }

  removeHostGroup(name: string): Answer<null> {
    return this.#o.network.policies.removeHostGroup(canonical(name))
  }

  listPauses(): Answer<readonly PauseView[]> {
    return this.#o.network.policies.pauses()
  }

  pausePolicy(input: PauseInput): Answer<readonly PauseView[]> {
    return this.#o.network.policies.pause(input)
  }

  resumePolicy(policy: string | null): Answer<readonly PauseView[]> {
    return this.#o.network.policies.resume(policy)
  }

  checkName(name: string, type: string, client: string): Answer<PolicyCheckView> {
    return this.#o.network.policies.check(canonical(name), type, client)
  }

  /** What is typed in counts when this is answered; what is to be fetched is on its way. */
  async #looked(put: Awaited<Answer<ListView>>): Answer<ListView> {
    if (!put.ok) return put
    await this.#patiently(this.#o.listKeeper.look())
    return this.getList(put.value.name)
  }

  #patiently(work: Promise<void>): Promise<void> {
    const { clock } = this.#o
    return new Promise((resolve) => {
      const timer = clock.at(clock.now() + REFRESH_PATIENCE_MS, resolve)
      void work.finally(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #withFetching(view: ListView): ListView {
    return { ...view, fetching: this.#o.listKeeper.isFetching(view.name) }
  }
}
