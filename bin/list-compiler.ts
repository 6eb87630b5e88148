/** SHELL: has lists compiled by a thread of their own, which begins when it is needed and ends soon after. */
import { Worker } from 'node:worker_threads'
import { err, type Result } from '../stack/platform/index.ts'
import type { CompiledList } from '../services/dns/index.ts'
import type { CompileJob } from '../services/policy-lists/compile-job.ts'
import type { CompileAnswer, ListWorkerData } from './list-worker.ts'

/** The thread waits so long for another list. */
const IDLE_MS = 5000
/** Some ten times what a million names take. A list that takes more is left out, with the reason. */
const LIMITS = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 1024 } as const

export class ListCompiler {
  readonly #directory: string
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(dataDirectory: string) {
    this.#directory = dataDirectory
  }

  /** One at a time. */
  compile(job: CompileJob): Promise<Result<CompiledList, string>> {
    const run = this.#turn.then(() => this.#compile(job))
    this.#turn = run
    return run
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    await this.#worker?.terminate()
  }

  #compile(job: CompileJob): Promise<CompileAnswer> {
    clearTimeout(this.#idle)
    const worker = (this.#worker ??= this.#begin())
    return new Promise((resolve) => {
      const failed = (error: unknown): void => done(err(`it cannot be compiled (${error instanceof Error ? error.message : String(error)})`))
      const ended = (): void => done(err('it cannot be compiled (its thread has ended)'))
      const done = (answer: CompileAnswer): void => {
        worker.off('message', done).off('error', failed).off('exit', ended)
        this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref()
        resolve(answer)
      }
      worker.on('message', done).on('error', failed).on('exit', ended)
      worker.postMessage(job)
    })
  }

  #begin(): Worker {
    const worker = new Worker(new URL('./list-worker.ts', import.meta.url), {
      workerData: { directory: this.#directory } satisfies ListWorkerData,
      resourceLimits: LIMITS,
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
    })
    // Who waits for an answer hears of it.
    worker.on('error', () => undefined)
    worker.unref()
    return worker
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}
