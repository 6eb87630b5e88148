/**
 * Keeps the resolver's cache over a restart: reads its file after the start, writes it every few minutes, soon after
 * something was flushed (what was forgotten must not come back with a crash), and at the end. All of it goes piece by
 * piece in turns with packets.
 */
import type { Clock, Timer } from '../stack/platform/index.ts'
import { fileEnd, type FileHead, fileHead, readPiece, type RrsetCache } from './dns/index.ts'
import type { CacheFilePort, OpenedCacheFile } from './storage/cache-file-store.ts'

/** What a crash costs is asked for again: more writing is not worth the wear of a disk. */
export const SAVE_EVERY_MS = 600_000
const LOOK_EVERY_MS = 2000
/** Uplinks bring the servers that answers depended on some seconds after the start. */
const WAIT_FOR_SERVERS_MS = 60_000
const TURN_PAUSE_MS = 2

export type CacheKeeperOptions = {
  readonly clock: Clock
  readonly cache: RrsetCache
  readonly file: CacheFilePort
  /** Of what answers depend on: with another text the file is of no use. */
  readonly holdsFor: () => string
  readonly log: (event: 'dns.cache.restored' | 'dns.cache.file-unusable' | 'dns.cache.not-saved', facts: Record<string, string | number>) => void
}

export class CacheKeeper {
  readonly #o: CacheKeeperOptions
  #timer: Timer | undefined
  #savedAt = 0
  /** The cache as it was written last. */
  #savedKept = 0
  #savedFlushes = 0
  #saving = false
  #isRestoring = true
  #closed = false
  #reading: (OpenedCacheFile & { readonly kind: 'file' }) | undefined

  constructor(options: CacheKeeperOptions) {
    this.#o = options
    this.#savedAt = options.clock.now()
    this.#savedKept = options.cache.puts
    this.#savedFlushes = options.cache.flushes
    this.#later()
    void this.#restore()
  }

  /** The file of the time before the start is still being read. */
  get isRestoring(): boolean {
    return this.#isRestoring
  }

  /** Writes what there is now; before all is back from the file, that stays as it is. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    void this.#endReading().catch(() => undefined)
    if (!this.#isRestoring && this.#hasChanged()) this.#tell(this.#o.file.writeNow(this.#octets()))
  }

  #later(): void {
    const { clock } = this.#o
    this.#timer = clock.at(clock.now() + LOOK_EVERY_MS, () => {
      const { cache } = this.#o
      const due = clock.now() - this.#savedAt >= SAVE_EVERY_MS && this.#hasChanged()
      if (!this.#saving && !this.#isRestoring && (due || cache.flushes !== this.#savedFlushes)) void this.#save()
      this.#later()
    })
  }

  #hasChanged(): boolean {
    const { cache } = this.#o
    return cache.puts !== this.#savedKept || cache.flushes !== this.#savedFlushes
  }

  async #save(): Promise<void> {
    this.#saving = true
    const fault = await this.#o.file.write(this.#inTurns(this.#octets()))
    this.#saving = false
    // What was written at the end counts.
    if (!this.#closed) this.#tell(fault)
  }

  #tell(fault: string | undefined): void {
    if (fault !== undefined) this.#o.log('dns.cache.not-saved', { because: fault })
  }

  /** The whole file, made while it is written. */
  *#octets(): Generator<Uint8Array> {
    const { cache, clock, holdsFor } = this.#o
    this.#savedAt = clock.now()
    this.#savedKept = cache.puts
    this.#savedFlushes = cache.flushes
    yield fileHead(clock.wallMs(), holdsFor())
    let pieces = 0
    for (let next: number | undefined = 0; next !== undefined;) {
      const taken = cache.takePiece(next)
      if (taken.piece !== undefined) {
        pieces++
        yield taken.piece
      }
      next = taken.next
    }
    yield fileEnd(pieces)
  }

  async *#inTurns(octets: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for (const some of octets) {
      if (this.#closed) throw new Error('the program ends')
      yield some
      await this.#wait(TURN_PAUSE_MS)
    }
  }

  #wait(ms: number): Promise<void> {
    const { clock } = this.#o
    return new Promise((resolve) => void clock.at(clock.now() + ms, resolve))
  }

  async #restore(): Promise<void> {
    const because = await this.#read().catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
    if (because !== undefined && !this.#closed) this.#o.log('dns.cache.file-unusable', { because })
    this.#isRestoring = false
  }

  /** Why the file is of no use. */
  async #read(): Promise<string | undefined> {
    const opened = await this.#o.file.open()
    if (opened.kind !== 'file') return opened.kind === 'none' ? undefined : opened.because
    this.#reading = opened
    try {
      const unfit = await this.#unfit(opened.head)
      if (unfit === undefined) await this.#take(opened)
      return unfit
    } finally {
      await this.#endReading()
    }
  }

  async #unfit(head: FileHead): Promise<string | undefined> {
    const { clock, holdsFor } = this.#o
    if (head.wallMs > clock.wallMs()) return 'the calendar has gone back since its file was written'
    const began = clock.now()
    while (!this.#closed && head.holdsFor !== holdsFor() && clock.now() - began < WAIT_FOR_SERVERS_MS) await this.#wait(LOOK_EVERY_MS)
    return head.holdsFor === holdsFor() ? undefined : 'other servers are asked now, or other keys trusted, than when its file was written'
  }

  /** Once. */
  async #endReading(): Promise<void> {
    const reading = this.#reading
    this.#reading = undefined
    await reading?.close()
  }

  async #take(file: OpenedCacheFile & { readonly kind: 'file' }): Promise<void> {
    const { cache, clock, log } = this.#o
    const { flushes } = cache
    let entries = 0
    // What was flushed meanwhile may stand in the pieces to come.
    while (!this.#closed && cache.flushes === flushes) {
      const piece = await file.next()
      if (piece === undefined) break
      for (const { partition, finding } of readPiece(piece, clock) ?? []) if (cache.restore(partition, finding)) entries++
      await this.#wait(TURN_PAUSE_MS)
    }
    log('dns.cache.restored', { entries })
  }
}
