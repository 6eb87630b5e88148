/**
 * From whoever puts to whoever reads: a queue with a bound between a producer that never waits and `for await`. Leaving
 * the loop ends the producer's work; a stream that breaks off throws StreamBroken after the items that came before.
 */
import { assert } from '../stack/platform/index.ts'
import { type Refusal } from './model/index.ts'

/** Why a stream ended before its work was done. Thrown to its reader. */
export class StreamBroken extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.problem)
    this.refusal = refusal
  }
}

export type PipeOptions<T> = {
  /** The sum of sizes that may wait. */
  readonly limit: number
  /** 1 when not given. */
  readonly sizeOf?: (item: T) => number
  /** The reader wants no more, or the pipe was broken: called once, unless the producer ended it first. */
  readonly onLeave: () => void
}

type Waiting<T> = {
  readonly give: (result: IteratorResult<T, undefined>) => void
  readonly refuse: (error: StreamBroken) => void
}

export class Pipe<T> implements AsyncIterableIterator<T, undefined> {
  readonly #o: PipeOptions<T>
  #queue: T[] = []
  #size = 0
  #ended = false
  #broken: StreamBroken | undefined
  #waiting: Waiting<T> | undefined

  constructor(options: PipeOptions<T>) {
    this.#o = options
  }

  /** Octets, or items, that wait for the reader. */
  get size(): number {
    return this.#size
  }

  /** False when there is no room, or nobody to read it: the item is not taken. */
  put(item: T): boolean {
    if (this.#ended) return false
    if (this.#waiting !== undefined) {
      this.#take()?.give({ value: item, done: false })
      return true
    }
    const size = this.#o.sizeOf?.(item) ?? 1
    if (this.#size + size > this.#o.limit) return false
    this.#queue.push(item)
    this.#size += size
    return true
  }

  /** No more comes; what waits is still read, and after it `last`, which always has room. */
  end(last?: T): void {
    if (this.#ended) return
    this.#ended = true
    const waiting = this.#take()
    if (waiting === undefined && last !== undefined) {
      this.#queue.push(last)
      this.#size += this.#o.sizeOf?.(last) ?? 1
    } else waiting?.give(last === undefined ? { value: undefined, done: true } : { value: last, done: false })
  }

  /** The same, and the reader is told why it ends too early. */
  break(refusal: Refusal): void {
    if (this.#ended) return
    this.#ended = true
    const broken = new StreamBroken(refusal)
    const waiting = this.#take()
    if (waiting === undefined) this.#broken = broken
    else waiting.refuse(broken)
    this.#o.onLeave()
  }

  /** One at a time: the next after the one before was given. */
  next(): Promise<IteratorResult<T, undefined>> {
    assert(this.#waiting === undefined, 'a stream has one reader, who asks for one item at a time')
    const item = this.#queue.shift()
    if (item !== undefined) {
      this.#size -= this.#o.sizeOf?.(item) ?? 1
      return Promise.resolve({ value: item, done: false })
    }
    const broken = this.#broken
    this.#broken = undefined
    if (broken !== undefined) return Promise.reject(broken)
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    return new Promise((give, refuse) => {
      this.#waiting = { give, refuse }
    })
  }

  /** The reader leaves. */
  return(): Promise<IteratorResult<T, undefined>> {
    const working = !this.#ended
    this.#ended = true
    this.#broken = undefined
    this.#queue = []
    this.#size = 0
    this.#take()?.give({ value: undefined, done: true })
    if (working) this.#o.onLeave()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): Waiting<T> | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting
  }
}
