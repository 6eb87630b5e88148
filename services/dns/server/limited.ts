/**
 * What a client gets over UDP while its answers are limited by rate: everything when a cookie proves its address, else
 * now and then a short answer that lets it prove that (a server cookie for who sends cookies, TC for the others), else
 * nothing. RFC 7873 §5.2.3. Over TCP the handshake is the proof.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { put16, u16 } from '../../../stack/platform/index.ts'
import { OPT_OCTETS } from '../wire/edns.ts'
import { FLAG, HEADER_OCTETS, MIN_UDP_OCTETS, parseQuery, RCODE } from '../wire/message.ts'
import { UDP } from './carrier.ts'
import { DROP, SEND } from './rate-limit.ts'
import type { RateLimiter } from './rate-limit.ts'
import type { ReplyOptions } from './reply-options.ts'
import { writeError } from './respond.ts'

export type LimitCount = 'rate-limited-dropped' | 'rate-limited-slipped' | 'rate-limited-badcookie'

export class LimitedResponses {
  readonly #limiter: RateLimiter
  readonly #options: ReplyOptions
  readonly #count: (name: LimitCount) => void

  constructor(limiter: RateLimiter, options: ReplyOptions, count: (name: LimitCount) => void) {
    this.#limiter = limiter
    this.#options = options
    this.#count = count
  }

  /**
   * The response of `octets` at `intoAt` is ready for the query of `length` octets at `at`. Returns how many octets go
   * out: all of them, those of a short answer that was written over it, or 0.
   */
  pass(
    b: Uint8Array, at: number, length: number, client: Ipv4, into: Uint8Array, intoAt: number, octets: number,
  ): number {
    const verdict = this.#limiter.verdict(client, into, intoAt)
    if (verdict === SEND) return octets
    const parsed = parseQuery(b, at, length)
    if (parsed.kind === 'drop') return 0
    const edns = parsed.kind === 'query' ? parsed.query.edns : parsed.edns
    const options = edns?.options
    const readable = options !== undefined && this.#options.read(options, 0, options.length, UDP) > 0
    const cookie = readable && this.#options.hasCookie
    if (cookie && this.#options.isProven(options, client)) return octets
    if (verdict === DROP) {
      this.#count('rate-limited-dropped')
      return 0
    }
    this.#count(cookie ? 'rate-limited-badcookie' : 'rate-limited-slipped')
    const questionEnd = parsed.kind === 'query' ? HEADER_OCTETS + parsed.query.name.length + 4 : parsed.questionEnd
    const rcode = cookie ? RCODE.BADCOOKIE : RCODE.NOERROR
    const short = writeError(b, at, questionEnd, rcode, edns, into, intoAt, MIN_UDP_OCTETS)
    if (cookie) return this.#options.append(options, client, into, intoAt, short, short - OPT_OCTETS, 0)
    put16(into, intoAt + 2, u16(into, intoAt + 2) | FLAG.TC)
    return short
  }

  /** A sender that passes on what pass() lets out. Copies the query, whose buffer is gone by the time of an answer. */
  later(
    send: (bytes: Uint8Array, at: number, length: number) => void,
    b: Uint8Array, at: number, length: number, client: Ipv4,
  ): (bytes: Uint8Array, at: number, length: number) => void {
    const query = b.slice(at, at + length)
    return (bytes, from, octets) => {
      const out = this.pass(query, 0, length, client, bytes, from, octets)
      if (out > 0) send(bytes, from, out)
    }
  }
}
