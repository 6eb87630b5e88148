/**
 * SHELL: the query log as the main thread sees it. Its thread begins when there is something to write down or to take
 * away, and again when it has died; the ring outlives it, and the network thread too.
 */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { QueryLogPort } from '../services/administration/query-log-services.ts'
import { droppedOf, hasRecords, ringMemory, setMode } from '../services/dns/query-log/ring.ts'
import { type HealthView, type QueryLogSettings, type Refusal, refusal } from '../services/index.ts'
import { openQueryLogReader, type QueryLogReader } from '../services/storage/query-log-reader.ts'
import { QUERY_LOG_FILE } from '../services/storage/query-log-writer.ts'
import { err, ok, type Result } from '../stack/platform/index.ts'
import type { QueryLogControl, QueryLogReport, QueryLogWorkerData } from './query-log-worker.ts'

const LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 512 } as const
/** How often it is looked whether the thread is needed, and how long health shows that queries were dropped. */
const LOOK_MS = 500
const DROP_SHOWN_MS = 60_000
/** How long a search waits for what was answered a moment ago to be written. */
const FLUSH_PATIENCE_MS = 5_000
const CLOSE_PATIENCE_MS = 5_000
/** A thread that dies again and again is let be. */
const MOST_DEATHS = 5

export class QueryLogThread implements QueryLogPort {
  readonly memory = ringMemory()
  readonly #directory: string
  readonly #onDeath: (reason: string) => void
  readonly #waiting = new Map<number, (problem: string | undefined) => void>()
  readonly #look: NodeJS.Timeout
  #settings: QueryLogSettings
  #worker: Worker | undefined
  #reader: QueryLogReader | undefined
  #next = 1
  #fault: string | undefined
  #closing = false
  #deaths = 0
  #dropped = 0
  #droppedAt = Number.NEGATIVE_INFINITY

  constructor(directory: string, settings: QueryLogSettings, onDeath: (reason: string) => void) {
    this.#directory = directory
    this.#settings = settings
    this.#onDeath = onDeath
    setMode(this.memory, settings.mode)
    this.#look = setInterval(() => this.#lookAgain(), LOOK_MS).unref()
  }

  get settings(): QueryLogSettings {
    return this.#settings
  }

  apply(settings: QueryLogSettings): void {
    this.#settings = settings
    setMode(this.memory, settings.mode)
    this.#tell({ kind: 'settings', settings })
  }

  get dropped(): number {
    return droppedOf(this.memory)
  }

  pause(): Promise<void> {
    return setImmediate()
  }

  async flush(): Promise<void> {
    if (hasRecords(this.memory)) {
      this.#begin()
      await this.#ask('flush')
    }
  }

  async clear(): Promise<Result<null, Refusal>> {
    this.#begin()
    const problem = await this.#ask('clear')
    return problem === undefined ? ok(null) : err(refusal('unavailable', '', `the queries could not be forgotten (${problem})`, 'try again, or see to the file system of the data directory'))
  }

  reader(): QueryLogReader | undefined {
    this.#reader ??= openQueryLogReader(this.#directory)
    return this.#reader
  }

  /** What health says of it. */
  check(): HealthView['checks'][number] {
    const name = 'query-log'
    if (this.#fault !== undefined) return { name, status: 'degraded', detail: this.#fault }
    const lately = performance.now() - this.#droppedAt < DROP_SHOWN_MS
    const detail = this.dropped > 0 ? `${this.dropped} queries were not written down, because too many came at once` : this.#settings.mode === 'off' ? 'off' : 'every query is written down'
    return { name, status: lately ? 'degraded' : 'ok', detail }
  }

  async close(): Promise<void> {
    this.#closing = true
    clearInterval(this.#look)
    this.#reader?.close()
    const worker = this.#worker
    if (worker === undefined) return
    const gone = once(worker, 'exit')
    this.#tell({ kind: 'close' })
    const patience = setTimeout(() => void worker.terminate(), CLOSE_PATIENCE_MS)
    await gone
    clearTimeout(patience)
  }

  #lookAgain(): void {
    const { dropped } = this
    if (dropped !== this.#dropped) this.#droppedAt = performance.now()
    this.#dropped = dropped
    // What is too old is taken away although nothing is added.
    if (hasRecords(this.memory) || existsSync(join(this.#directory, QUERY_LOG_FILE))) this.#begin()
  }

  #begin(): void {
    if (this.#worker !== undefined || this.#closing || this.#deaths >= MOST_DEATHS) return
    const { memory } = this
    const worker = new Worker(new URL('./query-log-worker.ts', import.meta.url), {
      workerData: { directory: this.#directory, memory, settings: this.#settings } satisfies QueryLogWorkerData,
      resourceLimits: LIMITS,
    })
    this.#worker = worker
    worker.on('message', (message: QueryLogReport) => this.#receive(message))
    let reason = 'it ended by itself'
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    })
    worker.once('exit', () => {
      this.#worker = undefined
      for (const done of this.#waiting.values()) done('the thread of the query log died')
      this.#waiting.clear()
      if (this.#closing) return
      this.#deaths++
      if (this.#deaths === MOST_DEATHS) this.#fault = `its thread died ${MOST_DEATHS} times, the last time: ${reason.split('\n')[0] ?? ''}`
      this.#onDeath(reason)
    })
  }

  #receive(message: QueryLogReport): void {
    if (message.kind === 'fault') this.#fault = message.problem
    if (message.kind === 'anew') {
      this.#reader?.close()
      this.#reader = undefined
    }
    if (message.kind !== 'done') return
    this.#waiting.get(message.number)?.(message.problem)
    this.#waiting.delete(message.number)
  }

  #tell(message: QueryLogControl): void {
    this.#worker?.postMessage(message)
  }

  /** The problem, if there is one. */
  #ask(kind: 'flush' | 'clear'): Promise<string | undefined> {
    if (this.#worker === undefined) return Promise.resolve('the thread of the query log does not run')
    const number = this.#next++
    return new Promise((resolve) => {
      const patience = kind === 'flush' ? setTimeout(() => this.#receive({ kind: 'done', number, problem: 'it takes too long' }), FLUSH_PATIENCE_MS) : undefined
      this.#waiting.set(number, (problem) => {
        clearTimeout(patience)
        resolve(problem)
      })
      this.#tell({ kind, number })
    })
  }
}
