/** SHELL: what HTTPS requests are for: DNS (RFC 8484), or the API, which is in another thread and hears plain HTTP. */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { MAX_MESSAGE_OCTETS } from '../dns/wire/message.ts'
import { DNS_MEDIA_TYPE, DNS_PATH, type DohRefusal, faultOf, freshSeconds, readDohRequest } from './dns-over-https.ts'
import { type Ends, endsOf, type TlsCount } from './tls-front.ts'

/** `client`: IPv4 text. */
export type HttpsAsk = { readonly client: string; readonly message: Uint8Array }
/** 'dropped': what was asked is nothing that gets an answer. 'busy': too much is under way. */
export type HttpsAnswer = Uint8Array | 'dropped' | 'busy'

export type HttpsFrontOptions = {
  /** Something was asked on this connection. */
  readonly used: (ends: Ends) => void
  readonly count: (what: TlsCount) => void
  readonly ask: (question: HttpsAsk, answered: (answer: HttpsAnswer) => void) => void
  /** A connection to the API's server; 'none': it is not there; 'busy': too many are. */
  readonly openApi: (ends: Ends) => Duplex | 'none' | 'busy'
}

/** Octets of questions that have not come whole, of all connections together: past this a question is turned away. */
export const MAX_BODY_OCTETS = 8 * 1024 * 1024

/** Headers that speak of one connection (RFC 9110 §7.6.1), which HTTP/2 has none of (RFC 9113 §8.2.2). */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'])

export class HttpsFront {
  readonly #o: HttpsFrontOptions
  #bodyOctets = 0

  constructor(options: HttpsFrontOptions) {
    this.#o = options
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    this.#o.count('https-requests')
    const ends = endsOf(request.socket)
    if (ends !== undefined) this.#o.used(ends)
    // Whoever goes away while being answered has no more to be told.
    request.on('error', () => response.destroy())
    response.on('error', () => response.destroy())
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    if ((mark < 0 ? url : url.slice(0, mark)) === DNS_PATH) this.#dns(request, response, mark < 0 ? '' : url.slice(mark + 1))
    else this.#toApi(request, response)
  }

  #dns(request: IncomingMessage, response: ServerResponse, query: string): void {
    const reading = readDohRequest({ method: request.method ?? '', query, contentType: request.headers['content-type'] })
    if (reading.kind === 'refused') this.#refuse(response, reading.refusal)
    else if (reading.kind === 'question') this.#ask(request, response, reading.message)
    else this.#readBody(request, response)
  }

  #readBody(request: IncomingMessage, response: ServerResponse): void {
    const parts: Buffer[] = []
    let octets = 0
    let held = 0
    let isBusy = false
    request.on('data', (part: Buffer) => {
      octets += part.length
      isBusy ||= this.#bodyOctets + part.length > MAX_BODY_OCTETS
      if (isBusy || octets > MAX_MESSAGE_OCTETS) return
      parts.push(part)
      held += part.length
      this.#bodyOctets += part.length
    })
    request.on('end', () => {
      const fault = faultOf(octets)
      if (fault !== undefined) this.#refuse(response, fault)
      else if (isBusy) this.#busy(response)
      else this.#ask(request, response, Buffer.concat(parts))
    })
    request.once('close', () => {
      this.#bodyOctets -= held
      parts.length = 0
    })
  }

  #ask(request: IncomingMessage, response: ServerResponse, message: Uint8Array): void {
    const client = endsOf(request.socket)?.remoteAddress
    if (client === undefined) {
      response.destroy()
      return
    }
    let gone = false
    response.once('close', () => void (gone = true))
    this.#o.ask({ client, message }, (answer) => {
      if (gone) return
      if (answer === 'busy') this.#busy(response)
      else if (answer === 'dropped') this.#refuse(response, { status: 400, says: 'this is no question' })
      else {
        response.writeHead(200, {
          'content-type': DNS_MEDIA_TYPE, 'content-length': answer.length, 'cache-control': `max-age=${freshSeconds(answer)}`,
        })
        response.end(answer)
      }
    })
  }

  #refuse(response: ServerResponse, { status, says }: DohRefusal): void {
    this.#o.count('https-refused')
    this.#end(response, status, says, status === 405 ? { allow: 'GET, POST' } : {})
  }

  #busy(response: ServerResponse): void {
    this.#end(response, 503, 'too much is under way', { 'retry-after': '1' })
  }

  #end(response: ServerResponse, status: number, says: string, headers: OutgoingHttpHeaders = {}): void {
    response.writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store', ...headers })
    response.end(`${says}\n`)
  }

  /** The request again as HTTP/1.1 on a connection of its own, and the answer as it comes. */
  #toApi(request: IncomingMessage, response: ServerResponse): void {
    const ends = endsOf(request.socket)
    const stream = ends === undefined ? 'busy' : this.#o.openApi(ends)
    if (stream === 'none') {
      this.#end(response, 404, `there is ${DNS_PATH} and nothing else`)
      return
    }
    if (stream === 'busy') {
      this.#busy(response)
      return
    }
    const headers = { ...withoutConnection(request.headers), host: authorityOf(request) }
    const onward = httpRequest(
      { method: request.method ?? 'GET', path: request.url ?? '/', headers, setHost: false, createConnection: () => stream as Socket },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers))
        answer.on('error', () => response.destroy())
        answer.pipe(response)
      },
    )
    onward.on('error', () => {
      if (response.headersSent) response.destroy()
      else this.#end(response, 502, 'the API is away')
    })
    response.on('close', () => stream.destroy())
    request.pipe(onward)
  }
}

/** RFC 9113 §8.3.1: in HTTP/2 it stands in the place of the Host header. */
function authorityOf({ headers }: IncomingMessage): string {
  const authority = headers[':authority']
  return typeof authority === 'string' ? authority : (headers.host ?? '')
}

const withoutConnection = (headers: OutgoingHttpHeaders): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.has(name) && !name.startsWith(':')))
