/**
 * The appliance's storage with its writer, on virtual time: commits take a while and come in groups, the disk may be full
 * or fail a transaction, and a power cut leaves what was committed, whether or not anybody was told.
 */
import { openDatabase, SqliteStore } from '../../services/storage/sqlite.ts'
import type { StoreFault, Transaction } from '../../services/storage/store.ts'
import { commitBatches, type Batch, type BatchAnswer } from '../../services/storage/writer.ts'
import type { Clock, Instant, Random } from '../../stack/platform/index.ts'

/** Pages that a database may have, which is as good as no limit (SQLite's own default). */
const ROOMY_PAGES = 4_294_967_294

const BAD: StoreFault = { kind: 'failed', detail: 'SQLITE_CONSTRAINT: the simulation would have it so' }

export type DiskOptions = {
  readonly clock: Clock
  readonly random: Random
  /** Chance that one transaction fails, without others. */
  readonly badTransaction: number
  /** Chance that a commit or its answer takes long. */
  readonly slow: number
  /** Hears of every transaction that is on disk, in order. */
  readonly committed: (transaction: Transaction) => void
}

export class Disk {
  readonly store: SqliteStore
  /** Off once the weather has cleared. */
  failing = true
  readonly #o: DiskOptions
  readonly #setPages: (pages: number) => void
  readonly #pages: () => number
  #answer: (answer: BatchAnswer) => void = () => {}
  #queue: Batch[] = []
  #unanswered = 0
  #lastAnswerAt: Instant = 0
  /** Counts power cuts, so that what was set before one does nothing after it. */
  #life = 0

  constructor(options: DiskOptions) {
    this.#o = options
    const opened = openDatabase(':memory:', { migrations: '.', durable: false, wallMs: options.clock.wallMs() })
    if (!opened.ok) throw new Error(opened.error.problem)
    const db = opened.value
    this.store = new SqliteStore(db)
    this.#setPages = (pages) => void db.pragma(`max_page_count = ${pages}`)
    this.#pages = () => db.pragma('page_count', { simple: true }) as number
  }

  /** Batches on their way, in either direction. */
  get underWay(): number {
    return this.#unanswered
  }

  /** Who is told from now on. */
  connect(answer: (answer: BatchAnswer) => void): void {
    this.#answer = answer
  }

  post(batch: number, transactions: readonly Transaction[]): void {
    this.#unanswered++
    this.#queue.push({ batch, transactions })
    if (this.#queue.length === 1) this.#later(this.#delay(), () => this.#work())
  }

  fill(): void {
    this.#setPages(this.#pages())
  }

  empty(): void {
    this.#setPages(ROOMY_PAGES)
  }

  /** Some of what was posted reaches the disk, in order; nobody is told of anything any more. */
  cutPower(): void {
    this.#life++
    this.#answer = () => {}
    const reached = this.#queue.slice(0, this.#o.random.below(this.#queue.length + 1))
    this.#queue = []
    this.#unanswered = 0
    if (reached.length > 0) this.#commit(reached, () => {})
  }

  /** For what is stored at start-up, when nothing else runs. */
  commitNow(transaction: Transaction): StoreFault | undefined {
    const fault = this.store.commit([transaction])[0]
    if (fault === undefined) this.#o.committed(transaction)
    return fault
  }

  #work(): void {
    const batches = this.#queue
    this.#queue = []
    this.#commit(batches, (answer) => {
      // Messages between threads do not overtake each other.
      this.#lastAnswerAt = Math.max(this.#lastAnswerAt, this.#o.clock.now() + this.#delay() / 4)
      this.#later(this.#lastAnswerAt - this.#o.clock.now(), () => {
        this.#unanswered--
        this.#answer(answer)
      })
    })
  }

  #commit(batches: readonly Batch[], answer: (answer: BatchAnswer) => void): void {
    commitBatches({ commit: (transactions) => this.#attempt(transactions) }, batches, answer)
  }

  #attempt(transactions: readonly Transaction[]): readonly (StoreFault | undefined)[] {
    const chance = this.failing ? this.#o.badTransaction : 0
    const bad = transactions.map(() => this.#o.random.chance(chance))
    const good = transactions.filter((_, i) => bad[i] === false)
    const faults = [...this.store.commit(good)]
    return transactions.map((transaction, i) => {
      if (bad[i] === true) return BAD
      const fault = faults.shift()
      if (fault === undefined) this.#o.committed(transaction)
      return fault
    })
  }

  #later(wait: number, run: () => void): void {
    const life = this.#life
    this.#o.clock.at(this.#o.clock.now() + wait, () => {
      if (life === this.#life) run()
    })
  }

  /** Mostly an fsync; now and then the disk thinks for longer than a client has patience. */
  #delay(): number {
    const { random } = this.#o
    if (!this.failing || !random.chance(this.#o.slow)) return 0.2 + random.below(50) / 10
    return random.chance(0.8) ? 50 + random.below(500) : random.below(8_000)
  }
}
