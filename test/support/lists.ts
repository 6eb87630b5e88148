/** A keeper of lists over pages, files and a directory in memory, for tests of the services. */
import { compileJob } from '../../services/policy-lists/compile-job.ts'
import type { Fetched, Validators } from '../../services/policy-lists/download.ts'
import { ListKeeper } from '../../services/policy-lists/list-keeper.ts'
import type { ListSide } from '../../services/policies/side.ts'
import type { ListFiles } from '../../services/storage/list-files.ts'
import type { StoreReader } from '../../services/storage/store.ts'
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'

export class MemoryFiles implements ListFiles {
  readonly content = new Map<string, Uint8Array>()
  /** While set, nothing can be written. */
  full = false

  async read(name: string): Promise<Uint8Array | undefined> {
    return this.content.get(name)
  }

  async write(name: string, content: Uint8Array): Promise<void> {
    if (this.full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    this.content.set(name, content)
  }

  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    for (const name of this.content.keys()) if (!names.has(name)) this.content.delete(name)
  }
}

export type TestLists = {
  readonly keeper: ListKeeper
  /** What is found at a URL or a path, and its ETag; nothing there: it answers 404. */
  readonly pages: Map<string, { readonly text: string; readonly etag?: string }>
  readonly files: MemoryFiles
  /** URLs and paths that were asked for, with the ETag that was known. */
  readonly asked: (readonly [string, string | undefined])[]
}

const octets = (text: string): Uint8Array => new TextEncoder().encode(text)

export function testLists(clock: Clock, network: ListSide, reader: StoreReader, files = new MemoryFiles()): TestLists {
  const pages: TestLists['pages'] = new Map()
  const asked: (readonly [string, string | undefined])[] = []
  const find = (place: string, known: Validators | undefined): Result<Fetched, string> => {
    asked.push([place, known?.etag])
    const page = pages.get(place)
    if (page === undefined) return err('it answers 404')
    if (known?.etag !== undefined && page.etag === known.etag) return ok({ kind: 'unchanged' })
    return ok({ kind: 'content', content: octets(page.text), validators: { etag: page.etag, lastModified: undefined } })
  }
  const keeper = new ListKeeper({
    clock, network, files,
    download: async (url, known) => find(url, known),
    readHostFile: async (path) => {
      const found = find(path, undefined)
      return found.ok ? ok(octets(pages.get(path)?.text ?? '')) : found
    },
    compile: (job) => compileJob(job, { stored: (name) => files.read(name), zone: (zoneId) => reader.zoneContents(zoneId) }),
  })
  return { keeper, pages, files, asked }
}
