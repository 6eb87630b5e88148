/**
 * Joins transactions into batches for the storage writer, and tells each waiter when its transaction is on disk.
 * Group commit: everything submitted within one batch of frames goes in one message, and the writer makes one fsync for
 * all messages that came while its last commit ran (docs/adr/0003-storage-and-group-commit.md). Sans-IO: the way to the
 * writer is injected.
 */
import type { StoreFault, Transaction } from './store.ts'

/** Called once: undefined when the transaction is on disk, else why it is not. */
export type Settled = (fault: StoreFault | undefined) => void

/**
 * Transactions under way at most. 30,000 a second (what the writer can do) are 330 ms of backlog; beyond that clients do
 * better to retry than to wait.
 */
export const MAX_UNDER_WAY = 10_000

const OVERLOADED: StoreFault = { kind: 'failed', detail: 'too many transactions wait for the disk' }

export class CommitQueue {
  readonly #post: (batch: number, transactions: readonly Transaction[]) => void
  readonly #soon: (run: () => void) => void
  readonly #waiting = new Map<number, readonly Settled[]>()
  #gathered: Transaction[] = []
  #waiters: Settled[] = []
  #underWay = 0
  #nextBatch = 1
  #flushSet = false
  /** The last batch's fault; undefined while storage works. */
  #lastFault: StoreFault | undefined

  /**
   * post: hands a batch to the writer, which answers by settle() with the same number.
   * soon: runs a function after the present batch of frames; a microtask on real threads, a timer of zero on virtual time.
   */
  constructor(options: {
    readonly post: (batch: number, transactions: readonly Transaction[]) => void
    readonly soon: (run: () => void) => void
  }) {
    this.#post = options.post
    this.#soon = options.soon
  }

  get underWay(): number {
    return this.#underWay
  }

  get lastFault(): StoreFault | undefined {
    return this.#lastFault
  }

  /** Never calls `settled` before it returns. */
  submit(transaction: Transaction, settled: Settled): void {
    if (this.#underWay >= MAX_UNDER_WAY) {
      this.#soon(() => settled(OVERLOADED))
      return
    }
    this.#underWay++
    this.#gathered.push(transaction)
    this.#waiters.push(settled)
    if (this.#flushSet) return
    this.#flushSet = true
    this.#soon(() => this.#flush())
  }

  /** The writer's answer: one entry per transaction of the batch. */
  settle(batch: number, faults: readonly (StoreFault | undefined)[]): void {
    const waiters = this.#waiting.get(batch)
    if (waiters === undefined) return
    this.#waiting.delete(batch)
    this.#underWay -= waiters.length
    this.#lastFault = faults.find((fault) => fault !== undefined)
    waiters.forEach((settled, i) => settled(faults[i]))
  }

  #flush(): void {
    this.#flushSet = false
    const batch = this.#nextBatch++
    const transactions = this.#gathered
    this.#waiting.set(batch, this.#waiters)
    this.#gathered = []
    this.#waiters = []
    this.#post(batch, transactions)
  }
}
