/** The administrator's commands on lists of names, and what those who fetch and compile them tell. */
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import type { CompiledList, DnsServer } from '../dns/index.ts'
import type { Answer, ListInput, ListView } from '../facade.ts'
import { emptyListState, type ListState, type PolicyList, type Refusal, refusal } from '../model/index.ts'
import type { ListFetched, ListSide, WantedLists } from '../policies/side.ts'
import { MOST_LISTS, readList } from '../policies/inputs.ts'
import { isSameSource, type LivePolicies } from '../policies/live-policies.ts'
import { listView } from '../policies/views.ts'
import type { Write } from '../storage/store.ts'
import { policyNews } from './policy-commands.ts'
import { type CommandTurns, missing } from './turns.ts'

export type ListCommandsOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly policies: LivePolicies
  readonly turns: CommandTurns
}

/** Notes on a list that are kept. */
const MOST_NOTES = 20

export class ListCommands implements ListSide {
  readonly #o: ListCommandsOptions
  readonly #live: LivePolicies

  constructor(options: ListCommandsOptions) {
    this.#o = options
    this.#live = options.policies
  }

  async lists(): Answer<readonly ListView[]> {
    return ok([...this.#live.lists.values()].sort(byName).map((list) => this.#listView(list)))
  }

  addList(input: ListInput): Answer<ListView> {
    return this.#o.turns.take(async () => {
      const read = readList(input, this.#zones())
      if (!read.ok) return read
      const { name } = read.value
      if (this.#live.lists.has(name)) return err(refusal('conflict', '/name', `there is a list ${name} already`, 'change that list, or choose another name'))
      if (this.#live.lists.size >= MOST_LISTS) return err(refusal('invalid', '', `${MOST_LISTS} lists are there already`, 'remove one, or put several into one file'))
      return this.#putList(read.value, undefined)
    })
  }

  changeList(name: string, change: Partial<Omit<ListInput, 'name'>>): Answer<ListView> {
    return this.#o.turns.take(async () => {
      const before = this.#live.lists.get(name)
      if (before === undefined) return missing(`list ${name}`)
      const read = readList({ ...inputOf(before), ...(sourceGiven(change) ? NO_SOURCE : {}), ...change }, this.#zones())
      return read.ok ? this.#putList(read.value, before) : read
    })
  }

  /** A new text counts at once; of a URL or a file the content of before counts until there is another. */
  async #putList(list: PolicyList, before: PolicyList | undefined): Promise<Result<ListView, Refusal>> {
    const state = this.#live.stateOf(list.name)
    const moved = before === undefined || !isSameSource(before.source, list.source)
    const next = moved ? stateOfNewSource(state, list, this.#wallMs()) : state
    const stored = await this.#store(
      { kind: 'policy-list-put', list }, { kind: 'policy-list-state', state: next }, this.#news(list.name, before === undefined ? 'added' : 'changed'),
    )
    if (!stored.ok) return stored
    this.#live.lists.set(list.name, list)
    this.#live.states.set(list.name, next)
    this.#live.listsChanged()
    return ok(this.#listView(list))
  }

  removeList(name: string): Answer<null> {
    return this.#o.turns.take(async () => {
      if (!this.#live.lists.has(name)) return missing(`list ${name}`)
      const user = this.#live.policies.find(({ lists }) => lists.includes(name))
      if (user !== undefined) return err(refusal('conflict', '', `the policy ${user.name} uses the list ${name}`, 'take it out of the policy first, or switch the list off'))
      const stored = await this.#store({ kind: 'policy-list-remove', name }, this.#news(name, 'removed'))
      if (!stored.ok) return stored
      this.#live.lists.delete(name)
      this.#live.states.delete(name)
      this.#live.listsChanged()
      return ok(null)
    })
  }

  async wantedLists(): Answer<WantedLists> {
    return ok({ hashKey: this.#live.hashKey, lists: this.#live.wanted() })
  }

  listFetched(name: string, fetched: ListFetched): Answer<null> {
    return this.#o.turns.take(async () => {
      const list = this.#live.lists.get(name)
      if (list === undefined || !isSameSource(list.source, fetched.source)) return ok(null)
      const at = this.#wallMs()
      const before = this.#live.stateOf(name)
      const state = stateAfter(before, fetched, at)
      const { outcome } = fetched
      // A source that stays away is no news each time that it is asked.
      const failed = outcome.kind === 'failed' && before.lastFailure?.because !== outcome.because
      const event: Write[] = failed ? [{ kind: 'event', at, event: 'dns.list.failed', facts: { list: name, because: outcome.because } }] : []
      const stored = await this.#store({ kind: 'policy-list-state', state }, ...event)
      if (!stored.ok) return stored
      this.#live.states.set(name, state)
      return ok(null)
    })
  }

  loadList(name: string, key: string, compiled: CompiledList): Answer<null> {
    return this.#o.turns.take(async () => {
      if (!this.#live.load(name, key, compiled)) return ok(null)
      const { rules, notUnderstood, examples } = compiled.report
      const before = this.#live.stateOf(name)
      const notes = examples.slice(0, MOST_NOTES).map(({ line, reason }) => ({ line, problem: reason }))
      const state: ListState = { ...before, entries: rules, notUnderstood, notes }
      // After a start it is the same again.
      if (isSameReport(before, state)) return ok(null)
      const event = { kind: 'event', at: this.#wallMs(), event: 'dns.list.loaded', facts: { list: name, entries: rules, notUnderstood } } as const
      const stored = await this.#store({ kind: 'policy-list-state', state }, event)
      if (stored.ok && this.#live.lists.has(name)) this.#live.states.set(name, { ...this.#live.stateOf(name), entries: rules, notUnderstood, notes })
      return stored
    })
  }

  #wallMs(): number {
    return this.#o.clock.wallMs()
  }

  #store(...writes: readonly Write[]): Answer<null> {
    return this.#o.turns.store(writes)
  }

  #news(name: string, how: string): Write {
    return policyNews(this.#wallMs(), 'list', name, how)
  }

  /** Names of those that may be policy zones: zones of a view are for its clients alone. */
  #zones(): ReadonlySet<string> {
    return new Set(this.#o.dns.zones.list().flatMap(({ zone }) => (zone.view === undefined ? [zone.name] : [])))
  }

  #listView(list: PolicyList): ListView {
    const { name } = list
    const state = this.#live.stateOf(name)
    const policies = this.#live.policies.filter(({ lists }) => lists.includes(name)).map((policy) => policy.name)
    return listView(list, state, { state: this.#standing(list), hits: this.#live.hitsOf(name), policies })
  }

  #standing({ name, enabled }: PolicyList): ListView['state'] {
    if (!enabled) return 'off'
    if (this.#live.isLoaded(name)) return 'loaded'
    return this.#live.keyOf(name) === undefined ? 'empty' : 'loading'
  }
}

const NO_SOURCE = { url: null, path: null, text: null, zone: null } as const
const sourceGiven = (change: Partial<ListInput>): boolean =>
  change.url != null || change.path != null || change.text != null || change.zone != null

/** A list as it would be put in anew. */
function inputOf({ source, comment, ...list }: PolicyList): ListInput {
  return {
    ...list,
    ...NO_SOURCE,
    ...(source.kind === 'url' ? { url: source.url } : {}),
    ...(source.kind === 'file' ? { path: source.path } : {}),
    ...(source.kind === 'text' ? { text: source.text } : {}),
    ...(source.kind === 'zone' ? { zone: source.zone } : {}),
    comment: comment ?? null,
  }
}

/** What is known of a list whose source is another from now on. */
function stateOfNewSource(before: ListState, { name, source }: PolicyList, at: number): ListState {
  const { revision, loadedAt, octets, entries, notUnderstood, notes } = before
  if (source.kind === 'text') return { ...emptyListState(name), revision: revision + 1, loadedAt: at, checkedAt: at, octets: Buffer.byteLength(source.text) }
  // Until the new source has said something, the content of the old one stands.
  return { ...emptyListState(name), revision, loadedAt, octets, entries, notUnderstood, notes }
}

function stateAfter(before: ListState, { outcome }: ListFetched, at: number): ListState {
  switch (outcome.kind) {
    case 'failed':
      return { ...before, failures: before.failures + 1, lastFailure: { at, because: outcome.because } }
    case 'unchanged':
      return { ...before, checkedAt: at, failures: 0, lastFailure: undefined }
    case 'content': {
      const { octets, etag, lastModified } = outcome
      return { ...before, revision: before.revision + 1, loadedAt: at, checkedAt: at, etag, lastModified, octets, failures: 0, lastFailure: undefined }
    }
  }
}

const isSameReport = (a: ListState, b: ListState): boolean =>
  a.entries === b.entries && a.notUnderstood === b.notUnderstood && JSON.stringify(a.notes) === JSON.stringify(b.notes)

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1)
