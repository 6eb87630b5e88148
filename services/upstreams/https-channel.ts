/** SHELL: DNS over HTTPS (RFC 8484) as a client: one HTTP/2 connection to a server, a POST for each query. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2'
import type { Duplex } from 'node:stream'
import { LENGTH_OCTETS, MAX_STREAM_OCTETS } from '../dns/wire/framing.ts'
import { HEADER_OCTETS } from '../dns/wire/message.ts'
import type { ForwardTarget } from '../dns/forwarding/forward-target.ts'
import { DNS_MEDIA_TYPE } from '../tls/dns-over-https.ts'
import type { Timer } from '../../stack/platform/index.ts'
import { type Broken, type Channel, type ChannelOptions, MAX_PIPELINED, type StreamQuery } from './connection.ts'
import type { Dialler, Dialling } from './dial.ts'

const { HTTP2_HEADER_METHOD: METHOD, HTTP2_HEADER_PATH: PATH, NGHTTP2_CANCEL: CANCEL } = constants

export class HttpsChannel implements Channel {
  readonly #o: ChannelOptions
  readonly #target: ForwardTarget
  readonly #problem: (text: string) => void
  readonly #dialling: Dialling
  readonly #underWay = new Map<StreamQuery, ClientHttp2Stream | undefined>()
  #session: ClientHttp2Session | undefined
  #state: 'opening' | 'open' | 'closed' = 'opening'
  /** The server takes no more (RFC 9113 §6.8), and answers what it took. */
  #isDraining = false
  #idle: Timer | undefined
  answers = 0
  wasOpen = false

  constructor(target: ForwardTarget, dialler: Dialler, options: ChannelOptions, problem: (text: string) => void) {
    this.#o = options
    this.#target = target
    this.#problem = problem
    this.#dialling = dialler.tls(target, 'h2', {
      ready: (stream) => this.#ready(stream),
      octets: () => {},
      broken: (why, text) => {
        problem(text)
        this.broken(why)
      },
    })
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get hasRoom(): boolean {
    return this.#state !== 'closed' && !this.#isDraining && this.#underWay.size < MAX_PIPELINED
  }

  send(query: StreamQuery): void {
    this.#idle?.cancel()
    this.#idle = undefined
    this.#underWay.set(query, undefined)
    if (this.#session !== undefined) this.#post(query, this.#session)
  }

  cancel(query: StreamQuery): void {
    const stream = this.#underWay.get(query)
    this.#underWay.delete(query)
    stream?.close(CANCEL)
    this.#rest()
  }

  broken(why: Broken): void {
    this.#end(why)
  }

  close(): void {
    this.#end(undefined)
  }

  #ready(socket: Duplex): void {
    if (this.#state !== 'opening') return
    const { name, port } = this.#target
    const session = connect(`https://${name}:${port}`, { createConnection: () => socket, settings: { enablePush: false } })
    this.#state = 'open'
    this.wasOpen = true
    this.#session = session
    const ended = (): void => this.#end('unreachable')
    session.on('error', ended).on('close', ended).on('goaway', () => this.#drain())
    for (const query of this.#underWay.keys()) this.#post(query, session)
    this.#rest()
  }

  #post(query: StreamQuery, session: ClientHttp2Session): void {
    const body = query.frame.subarray(LENGTH_OCTETS)
    const { path = '/dns-query' } = this.#target
    const stream = session.request({
      [METHOD]: 'POST', [PATH]: path, accept: DNS_MEDIA_TYPE, 'content-type': DNS_MEDIA_TYPE, 'content-length': String(body.length),
    })
    this.#underWay.set(query, stream)
    const parts: Buffer[] = []
    let octets = 0
    let doubt: string | undefined
    stream.on('response', (headers) => void (doubt = doubtAbout(headers)))
    stream.on('data', (part: Buffer) => {
      octets += part.length
      if (octets <= MAX_STREAM_OCTETS) parts.push(part)
    })
    const over = (why: Broken | undefined): void => {
      if (!this.#underWay.delete(query)) return
      if (why !== undefined) query.fail(why)
      this.#rest()
    }
    // With the connection all that was under way ends, and goes out again by another.
    const broke = (): void => (session.destroyed || session.closed ? this.#end('unreachable') : over('unreachable'))
    stream.on('error', broke)
    stream.on('end', () => {
      if (doubt === undefined && (octets < HEADER_OCTETS || octets > MAX_STREAM_OCTETS)) doubt = `it answered with ${octets} octets`
      if (doubt !== undefined) {
        this.#problem(doubt)
        return over('refused')
      }
      this.answers++
      query.answered(Buffer.concat(parts), octets)
      over(undefined)
    })
    stream.on('close', () => {
      if (this.#underWay.has(query)) broke()
    })
    stream.end(body)
  }

  #drain(): void {
    this.#isDraining = true
    if (this.#underWay.size === 0) this.#end(undefined)
  }

  /** Nothing is under way: it is kept for a while. */
  #rest(): void {
    if (this.#state !== 'open' || this.#underWay.size > 0) return
    if (this.#isDraining) return this.#end(undefined)
    this.#idle?.cancel()
    this.#idle = this.#o.clock.at(this.#o.clock.now() + this.#o.idleMs, () => this.#end(undefined))
  }

  #end(why: Broken | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#idle?.cancel()
    const unanswered = [...this.#underWay.keys()]
    this.#underWay.clear()
    this.#session?.destroy()
    this.#dialling.close()
    this.#o.ended(this, unanswered, why)
  }
}

/** RFC 8484 §4.2.1: only a success carries a DNS message. */
function doubtAbout(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): string | undefined {
  const status = headers[':status'] ?? 0
  if (status < 200 || status > 299) return `it answered with HTTP status ${status}`
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  return type === DNS_MEDIA_TYPE ? undefined : `it answered with ${type ?? 'no media type'} in place of ${DNS_MEDIA_TYPE}`
}
