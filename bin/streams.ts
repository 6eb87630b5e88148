/**
 * SHELL: streams between two threads over one message port, by number. The reader's side grants so many items; the
 * source's side sends no more than that, so that a slow reader costs the network thread nothing but what the stream
 * itself keeps. Leaving a stream on the reader's side ends the work; when the source's thread dies, its readers are
 * told.
 */
import { Pipe, StreamBroken } from '../services/pipe.ts'
import { type Refusal, refusal } from '../services/index.ts'

/** To the source's thread: 'want' so many more items, or nothing any more. */
export type StreamRequest =
  | { readonly stream: 'want'; readonly id: number; readonly items: number }
  | { readonly stream: 'leave'; readonly id: number }
/** To the reader's thread. 'end' carries why, when it came too early. */
export type StreamReport =
  | { readonly stream: 'item'; readonly id: number; readonly item: unknown }
  | { readonly stream: 'end'; readonly id: number; readonly broken: Refusal | undefined }

type Post<M> = (message: M, transfer: ArrayBuffer[]) => void

/** Streams at a time; each is a person's tool or a program's. */
export const MAX_STREAMS = 64
/** Items under way of one stream: enough that the reader never waits for the other thread. */
export const STREAM_WINDOW = 16

const FAULT = refusal('unavailable', '', 'a fault of the program ended this', 'see the log, and report it')

/** Octets that fill their buffer change hands without being copied. */
const transferOf = (item: unknown): ArrayBuffer[] =>
  item instanceof Uint8Array && item.buffer instanceof ArrayBuffer && item.byteLength === item.buffer.byteLength
    ? [item.buffer]
    : []

type Source = { readonly iterator: AsyncIterator<unknown>; wanted: number; running: boolean }

/** The thread that the items come from. */
export class StreamSources {
  readonly #post: Post<StreamReport>
  readonly #onFault: (error: unknown) => void
  readonly #open = new Map<number, Source>()

  /** `onFault` hears of a bug of ours that ended a stream. */
  constructor(post: Post<StreamReport>, onFault: (error: unknown) => void) {
    this.#post = post
    this.#onFault = onFault
  }

  get size(): number {
    return this.#open.size
  }

  /** Nothing is sent before the reader wants it. False when there are too many: then its work is ended. */
  add(id: number, items: AsyncIterable<unknown>): boolean {
    const iterator = items[Symbol.asyncIterator]()
    if (this.#open.size >= MAX_STREAMS) {
      void iterator.return?.()
      return false
    }
    this.#open.set(id, { iterator, wanted: 0, running: false })
    return true
  }

  receive(message: StreamRequest): void {
    const source = this.#open.get(message.id)
    if (source === undefined) return
    if (message.stream === 'leave') {
      this.#open.delete(message.id)
      void source.iterator.return?.()
      return
    }
    source.wanted += message.items
    if (!source.running) void this.#run(message.id, source)
  }

  /** Ends all work, without a word to the readers. */
  closeAll(): void {
    for (const { iterator } of this.#open.values()) void iterator.return?.()
    this.#open.clear()
  }

  async #run(id: number, source: Source): Promise<void> {
    source.running = true
    while (source.wanted > 0) {
      const next = await this.#taken(source.iterator)
      // Left meanwhile: nobody is there to hear of it.
      if (!this.#open.has(id)) return
      if ('ended' in next) {
        this.#open.delete(id)
        this.#post({ stream: 'end', id, broken: next.ended }, [])
        return
      }
      source.wanted--
      this.#post({ stream: 'item', id, item: next.item }, transferOf(next.item))
    }
    source.running = false
  }

  /** The next item, or the end with its reason. */
  async #taken(
    iterator: AsyncIterator<unknown>,
  ): Promise<{ readonly item: unknown } | { readonly ended: Refusal | undefined }> {
    try {
      const next = await iterator.next()
      return next.done === true ? { ended: undefined } : { item: next.value }
    } catch (error) {
      if (error instanceof StreamBroken) return { ended: error.refusal }
      // A bug of ours costs one stream, not the thread.
      this.#onFault(error)
      return { ended: FAULT }
    }
  }
}

/** One stream on the reader's side: asks for more when half of what it asked for was read. */
class RemoteStream implements AsyncIterableIterator<unknown, undefined> {
  readonly pipe: Pipe<unknown>
  readonly #want: (items: number) => void
  #granted = 0

  constructor(want: (items: number) => void, onLeave: () => void) {
    this.#want = want
    this.pipe = new Pipe({ limit: STREAM_WINDOW, onLeave })
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#granted <= STREAM_WINDOW / 2) {
      const items = STREAM_WINDOW - this.#granted
      this.#granted += items
      this.#want(items)
    }
    this.#granted--
    return this.pipe.next()
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    return this.pipe.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** The thread that reads. */
export class StreamReaders {
  readonly #open = new Map<number, RemoteStream>()

  get size(): number {
    return this.#open.size
  }

  /** A stream that the other side has under this number; it is ended by whoever leaves it. */
  open(id: number, post: (message: StreamRequest) => void): AsyncIterable<unknown> {
    const stream = new RemoteStream(
      (items) => post({ stream: 'want', id, items }),
      () => {
        if (this.#open.delete(id)) post({ stream: 'leave', id })
      },
    )
    this.#open.set(id, stream)
    return stream
  }

  receive(message: StreamReport): void {
    const stream = this.#open.get(message.id)
    if (stream === undefined) return
    if (message.stream === 'item') {
      stream.pipe.put(message.item)
      return
    }
    this.#open.delete(message.id)
    if (message.broken === undefined) stream.pipe.end()
    else stream.pipe.break(message.broken)
  }

  /** The other thread is gone. */
  breakAll(refusal: Refusal): void {
    const broken = [...this.#open.values()]
    this.#open.clear()
    for (const { pipe } of broken) pipe.break(refusal)
  }
}
