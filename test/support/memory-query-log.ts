/** The query log without a thread or a file: what the ring has is written when somebody asks. */
import type { QueryLogPort } from '../../services/administration/query-log-services.ts'
import { droppedOf, ringMemory, RingReader, setMode } from '../../services/dns/query-log/ring.ts'
import { DEFAULT_QUERY_LOG, type QueryLogSettings } from '../../services/index.ts'
import { QueryLogReader } from '../../services/storage/query-log-reader.ts'
import { openQueryLog, type QueryLogWriter } from '../../services/storage/query-log-writer.ts'
import { ok } from '../../stack/platform/index.ts'
import { opened } from './storage.ts'

export class MemoryQueryLog implements QueryLogPort {
  readonly memory = ringMemory(65_536)
  settings: QueryLogSettings = DEFAULT_QUERY_LOG
  readonly #ring = new RingReader(this.memory)
  #writer: QueryLogWriter | undefined

  constructor() {
    setMode(this.memory, 'full')
  }

  get writer(): QueryLogWriter {
    return (this.#writer ??= opened(openQueryLog(undefined, 0)))
  }

  get dropped(): number {
    return droppedOf(this.memory)
  }

  apply(settings: QueryLogSettings): void {
    this.settings = settings
    setMode(this.memory, settings.mode)
  }

  flush(): Promise<void> {
    this.#drain()
    return Promise.resolve()
  }

  clear(): ReturnType<QueryLogPort['clear']> {
    this.#drain()
    this.writer.clear()
    return Promise.resolve(ok(null))
  }

  reader(): QueryLogReader {
    return new QueryLogReader(this.writer.database)
  }

  pause(): Promise<void> {
    return Promise.resolve()
  }

  #drain(): void {
    const added = this.writer.add((take) => this.#ring.drain(100_000, take))
    if (!added.ok) throw new Error(added.error.detail)
  }
}
