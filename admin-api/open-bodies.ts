/**
 * Answers that go on while something happens: an async iterable as the body of a response. Nobody reading holds up the
 * source by back-pressure; a client that goes away ends the work at once.
 */
import { Readable } from 'node:stream'
import { StreamBroken } from '../services/index.ts'
import { refusalError } from './errors.ts'

/** Newline-delimited JSON: one object a line. */
export const NDJSON_MEDIA_TYPE = 'application/x-ndjson'

const line = (value: unknown): string => `${JSON.stringify(value)}\n`

/** What stands in the stream when it breaks off: the problem that the request would have been answered with. */
const lastLine = (broken: StreamBroken): string =>
  line({ kind: 'problem', problem: refusalError(broken.refusal, 'POST').toProblem() })

class Body<T> extends Readable {
  readonly #items: AsyncIterator<T>
  readonly #encode: (item: T) => string | Uint8Array
  readonly #lastWords: ((broken: StreamBroken) => string) | undefined

  constructor(
    items: AsyncIterable<T>,
    encode: (item: T) => string | Uint8Array,
    lastWords?: (broken: StreamBroken) => string,
  ) {
    super()
    this.#items = items[Symbol.asyncIterator]()
    this.#encode = encode
    this.#lastWords = lastWords
  }

  override _read(): void {
    this.#items.next().then(
      next => void this.push(next.done === true ? null : this.#encode(next.value)),
      (error: unknown) => this.#broke(error),
    )
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    void this.#items.return?.()
    done(error)
  }

  #broke(error: unknown): void {
    if (error instanceof StreamBroken && this.#lastWords !== undefined) {
      this.push(this.#lastWords(error))
      this.push(null)
    } else this.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

/** The bodies that are being sent, so that a server that closes need not wait for them. */
export class OpenBodies {
  readonly #open = new Set<Readable>()

  /** One JSON object a line; when it breaks off, the last is the problem. */
  lines<T>(items: AsyncIterable<T>): Readable {
    return this.#add(new Body(items, line, lastLine))
  }

  /** Octets as they come. When it breaks off, so does the response. */
  octets(items: AsyncIterable<Uint8Array>): Readable {
    return this.#add(new Body(items, (piece) => piece))
  }

  closeAll(): void {
    for (const body of this.#open) body.destroy()
  }

  #add(body: Readable): Readable {
    this.#open.add(body)
    body.once('close', () => this.#open.delete(body))
    return body
  }
}
