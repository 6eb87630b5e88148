/**
 * Keeps the lists of the policies up to date, on the main thread: fetches what is due, keeps it on disk, has it compiled
 * by somebody else, and hands it to the network side. It looks at what is wanted and what counts, and brings the one to the
 * other, so that a start, a restarted worker, a changed list and a new version of a zone are all the same to it.
 */
import { createHash } from 'node:crypto'
import { type Clock, err, ok, type Result, type Timer } from '../../stack/platform/index.ts'
import type { CompiledList, HashKey } from '../dns/index.ts'
import type { HealthView } from '../facade.ts'
import type { ListSource } from '../model/index.ts'
import type { ListFetched, ListSide, WantedList } from '../policies/side.ts'
import type { ListFiles } from '../storage/list-files.ts'
import type { CompileJob } from './compile-job.ts'
import type { Download, Fetched, ReadHostFile } from './download.ts'

export type ListKeeperOptions = {
  readonly clock: Clock
  readonly network: Pick<ListSide, 'wantedLists' | 'listFetched' | 'loadList'>
  readonly files: ListFiles
  readonly download: Download
  readonly readHostFile: ReadHostFile
  readonly compile: (job: CompileJob) => Promise<Result<CompiledList, string>>
}

/** How often it is looked at what is wanted. */
const LOOK_MS = 2000
/** A list that cannot be fetched is asked for again after so long, then twice as long, and so on. */
const FIRST_RETRY_MS = 60_000
const LONGEST_RETRY_MS = 3_600_000
/** Fetched at once. */
const MOST_FETCHES = 4

export class ListKeeper {
  readonly #o: ListKeeperOptions
  /** By list. */
  readonly #fetching = new Map<string, Promise<void>>()
  /** Content that could not be compiled, by list, so that it is not tried again and again. */
  readonly #unreadable = new Map<string, { readonly key: string; readonly because: string }>()
  #failing: readonly { readonly name: string; readonly because: string }[] = []
  #timer: Timer | undefined
  #turn: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: ListKeeperOptions) {
    this.#o = options
  }

  /** Looks now, and every so often from now on. */
  start(): void {
    void this.look()
    const again = (): void => {
      const { clock } = this.#o
      this.#timer = clock.at(clock.now() + LOOK_MS, () => void this.look().finally(() => this.#closed || again()))
    }
    again()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  isFetching(name: string): boolean {
    return this.#fetching.has(name)
  }

  /** Resolves when what is here counts; what is being fetched comes later. */
  look(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#look()).catch(() => undefined)
    return this.#turn
  }

  /** Fetches a list now; resolves when that is over and its content counts. */
  async refresh(name: string): Promise<void> {
    const wanted = await this.#o.network.wantedLists()
    const found = wanted.ok ? wanted.value.lists.find(({ list }) => list.name === name) : undefined
    if (found !== undefined) await this.#fetch(found)
    await this.look()
  }

  /** What health says of the lists. */
  check(): HealthView['checks'][number] {
    const name = 'lists'
    if (this.#failing.length === 0) return { name, status: 'ok', detail: 'every list is up to date' }
    return { name, status: 'degraded', detail: `not up to date: ${this.#failing.map((each) => `${each.name} (${each.because})`).join('; ')}` }
  }

  async #look(): Promise<void> {
    const { clock, files, network } = this.#o
    const wanted = await network.wantedLists()
    if (!wanted.ok || this.#closed) return
    const { hashKey, lists } = wanted.value
    const enabled = lists.filter(({ list }) => list.enabled)
    this.#failing = enabled.flatMap(({ list: { name }, state }) => {
      const because = state.lastFailure?.because ?? this.#unreadable.get(name)?.because
      return because === undefined ? [] : [{ name, because }]
    })
    for (const each of enabled) if (each.key !== undefined && each.key !== each.loaded) await this.#compile(each, hashKey)
    for (const each of enabled) {
      if (this.#fetching.size < MOST_FETCHES && isDue(each, clock.wallMs())) void this.#fetch(each).then(() => this.look())
    }
    if (this.#fetching.size === 0) await files.keepOnly(new Set(lists.map(({ list }) => list.name)))
  }

  async #compile({ list, key, zoneId }: WantedList, hashKey: HashKey): Promise<void> {
    const { name, kind, format, source } = list
    if (key === undefined || this.#unreadable.get(name)?.key === key) return
    const content = contentOf(source, zoneId)
    const compiled = await this.#o.compile({ name, kind, format, hashKey, content })
    if (compiled.ok) {
      this.#unreadable.delete(name)
      await this.#o.network.loadList(name, key, compiled.value)
      return
    }
    this.#unreadable.set(name, { key, because: compiled.error })
    await this.#o.network.listFetched(name, { source, outcome: { kind: 'failed', because: compiled.error } })
  }

  /** One attempt at a time for each list. */
  #fetch(wanted: WantedList): Promise<void> {
    const { name } = wanted.list
    const running = this.#fetching.get(name)
    if (running !== undefined) return running
    const run = this.#fetchOne(wanted).finally(() => this.#fetching.delete(name))
    this.#fetching.set(name, run)
    return run
  }

  async #fetchOne({ list: { name, source }, state }: WantedList): Promise<void> {
    const { files, network } = this.#o
    const stored = await files.read(name)
    const known = stored === undefined || state.checkedAt === undefined ? undefined : state
    const fetched = await this.#read(source, known)
    if (fetched === undefined || this.#closed) return
    await network.listFetched(name, { source, outcome: await this.#keep(name, fetched, stored, state.revision) })
  }

  #read(source: ListSource, known: WantedList['state'] | undefined): Promise<Result<Fetched, string> | undefined> {
    if (source.kind === 'url') return this.#o.download(source.url, known)
    if (source.kind === 'file') return this.#o.readHostFile(source.path).then((file) => (file.ok ? ok({ kind: 'content', content: file.value, validators: NONE }) : file))
    return Promise.resolve(undefined)
  }

  async #keep(name: string, fetched: Result<Fetched, string>, stored: Uint8Array | undefined, revision: number): Promise<ListFetched['outcome']> {
    if (!fetched.ok) return { kind: 'failed', because: fetched.error }
    if (fetched.value.kind === 'unchanged') return { kind: 'unchanged' }
    const { content, validators } = fetched.value
    if (revision > 0 && stored !== undefined && digest(stored) === digest(content)) return { kind: 'unchanged' }
    const kept = await this.#write(name, content)
    return kept.ok ? { kind: 'content', octets: content.length, ...validators } : { kind: 'failed', because: kept.error }
  }

  async #write(name: string, content: Uint8Array): Promise<Result<null, string>> {
    try {
      await this.#o.files.write(name, content)
      return ok(null)
    } catch (error) {
      return err(`it cannot be stored (${(error as NodeJS.ErrnoException).code ?? String(error)})`)
    }
  }
}

const NONE = { etag: undefined, lastModified: undefined } as const
const digest = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('base64')

function contentOf(source: ListSource, zoneId: number | undefined): CompileJob['content'] {
  if (source.kind === 'text') return { kind: 'text', text: source.text }
  return source.kind === 'zone' && zoneId !== undefined ? { kind: 'zone', zoneId, zone: source.zone } : { kind: 'stored' }
}

/** Whether a list is to be fetched at this time. A calendar that was set back must not put it off for ever. */
export function isDue({ list, state }: Pick<WantedList, 'list' | 'state'>, now: number): boolean {
  if (list.source.kind !== 'url' && list.source.kind !== 'file') return false
  const { checkedAt, failures, lastFailure } = state
  const passed = (since: number, ms: number): boolean => now >= since + ms || now < since
  if (lastFailure !== undefined) return passed(lastFailure.at, Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS, 1000 * list.refreshSeconds))
  return checkedAt === undefined || passed(checkedAt, 1000 * list.refreshSeconds)
}
