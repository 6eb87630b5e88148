/**
 * What every command on the network side shares: commands wait for the one before, a change is one durable transaction,
 * and a refusal leaves everything as it was.
 */
import { err, ok } from '../../stack/platform/index.ts'
import type { Answer } from '../facade.ts'
import { type Refusal, refusal } from '../model/index.ts'
import type { CommitQueue, Settled } from '../storage/commit-queue.ts'
import type { Transaction } from '../storage/store.ts'

export type CommandTurnsOptions = {
  readonly submit: (transaction: Transaction, settled: Settled) => void
  readonly commits: CommitQueue
}

export const missing = (what: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('not-found', '', `there is no ${what}`, 'list what there is'))

export class CommandTurns {
  readonly #o: CommandTurnsOptions
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: CommandTurnsOptions) {
    this.#o = options
  }

  /** Runs a command when those before it are done. */
  take<T>(command: () => Answer<T>): Answer<T> {
    const run = this.#turn.then(command)
    this.#turn = run.catch(() => undefined)
    return run
  }

  /** Makes a transaction durable, or says why that cannot be. */
  store(transaction: Transaction): Answer<null> {
    return new Promise((resolve) => {
      this.#o.submit(transaction, (fault) => resolve(fault === undefined ? ok(null) : err(this.refusal())))
    })
  }

  /** Why the store refuses at the moment. */
  refusal(): Refusal {
    const detail = this.#o.commits.lastFault?.detail ?? 'too much is waiting for the disk'
    return refusal('unavailable', '', `the change could not be stored, so it was not made (${detail})`, 'free space on the file system of the data directory, then try again')
  }
}
