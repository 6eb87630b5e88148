/** Answers of the API that go on: octets as they come, without a time-out between them, until a signal or their end. */
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'

export type StreamRequest = {
  readonly url: URL
  readonly method: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | undefined
  /** Gives up waiting, and leaves what goes on. */
  readonly signal: AbortSignal
}

/** How long the first octet may take. */
const TIMEOUT_MS = 20_000

/** Resolves with the head of the answer. Rejects when there is none. */
export function openAnswer(o: StreamRequest): Promise<IncomingMessage> {
  const send = o.url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = send(o.url, { method: o.method, headers: o.headers, signal: o.signal })
    request.setTimeout(TIMEOUT_MS, () => void request.destroy(new Error('it does not answer')))
    request.once('response', (answer) => {
      request.setTimeout(0)
      resolve(answer)
    })
    request.once('error', reject)
    request.end(o.body)
  })
}

/** Lines of a stream of octets; the last may be without an end. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
