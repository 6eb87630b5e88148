/**
 * HOT PATH. EDNS options that belong to one client or connection: cookie (RFC 7873), NSID (RFC 5001), keepalive of TCP
 * (RFC 7828) and padding (RFC 7830). Watched by test/bench/micro/dns-answer.ts. They are put into a response that is otherwise finished
 * and may be shared, so its OPT stands last. Options that a query has and we do not act on are passed over.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { copy, put16, u16 } from '../../../stack/platform/index.ts'
import { OPT_OCTETS, OPTION, OPTION_HEAD_OCTETS } from '../wire/edns.ts'
import { isConnection, isEncrypted } from './carrier.ts'
import type { Carrier } from './carrier.ts'
import { CLIENT_COOKIE_OCTETS, COOKIE_OCTETS, isCookieLength } from './cookies.ts'
import type { ServerCookies } from './cookies.ts'

export const MALFORMED = -1
/** RFC 8467 §4.1: padded responses have a multiple of so many octets. */
export const PADDING_BLOCK_OCTETS = 468

export class ReplyOptions {
  readonly #cookies: ServerCookies
  /** Empty: we have no name to tell. */
  readonly #nsid: Uint8Array
  // What the query read last asks for.
  #cookieAt = -1
  #cookieOctets = 0
  #wantsNsid = false
  #wantsKeepalive = false
  #wantsPadding = false

  constructor(cookies: ServerCookies, nsid: Uint8Array) {
    this.#cookies = cookies
    this.#nsid = nsid
  }

  /**
   * HOT. Reads the options of a query, which are known to be whole. Returns the octets that the response gets by them,
   * or MALFORMED: a cookie or keepalive whose length cannot be, which is FORMERR. Of a repeated option the first counts.
   * Padding is not among the octets, because pad() takes what is left.
   */
  read(b: Uint8Array, from: number, end: number, carrier: Carrier): number {
    this.#cookieAt = -1
    this.#cookieOctets = 0
    this.#wantsNsid = this.#wantsKeepalive = this.#wantsPadding = false
    let octets = 0
    let next = from
    for (let i = from; i < end; i = next) {
      const code = u16(b, i)
      const length = u16(b, i + 2)
      next = i + OPTION_HEAD_OCTETS + length
      if (code === OPTION.COOKIE && this.#cookieAt < 0) {
        if (!isCookieLength(length)) return MALFORMED
        this.#cookieAt = i + OPTION_HEAD_OCTETS
        this.#cookieOctets = length
        octets += OPTION_HEAD_OCTETS + COOKIE_OCTETS
      } else if (code === OPTION.NSID && !this.#wantsNsid && this.#nsid.length > 0) {
        this.#wantsNsid = true
        octets += OPTION_HEAD_OCTETS + this.#nsid.length
      } else if (code === OPTION.KEEPALIVE && isConnection(carrier) && !this.#wantsKeepalive) {
        // RFC 7828 §3.2.1: a client sends no time. Over UDP the option is ignored.
        if (length !== 0) return MALFORMED
        this.#wantsKeepalive = true
        octets += OPTION_HEAD_OCTETS + 2
      } else if (code === OPTION.PADDING) {
        // RFC 7830 §6: without encryption padding hides nothing, so there it is ignored.
        this.#wantsPadding = isEncrypted(carrier)
      }
    }
    return octets
  }

  /** Whether the query read last wants its response padded. */
  get wantsPadding(): boolean {
    return this.#wantsPadding
  }

  /** Whether the query read last, which still stands in `b`, had a cookie, of whatever worth. */
  get hasCookie(): boolean {
    return this.#cookieAt >= 0
  }

  /** Whether that cookie was the client's own and none of a server. */
  get hasClientCookieAlone(): boolean {
    return this.#cookieOctets === CLIENT_COOKIE_OCTETS
  }

  /** Whether the query read last, which still stands in `b`, proves that the client is at this address. */
  isProven(b: Uint8Array, client: Ipv4): boolean {
    return this.#cookieAt >= 0 && this.#cookies.isGood(b, this.#cookieAt, this.#cookieOctets, client)
  }

  /**
   * HOT. Appends what the query read last, which still stands in `b`, asks for to the response of `octets` at `at`,
   * whose OPT stands at `optAt` from there and is the last record. Returns the new length. `idleMs`: how long the
   * connection may be silent.
   */
  append(b: Uint8Array, client: Ipv4, into: Uint8Array, at: number, octets: number, optAt: number, idleMs: number): number {
    let next = at + octets
    if (this.#cookieAt >= 0) {
      next = head(into, next, OPTION.COOKIE, COOKIE_OCTETS)
      this.#cookies.write(b, this.#cookieAt, client, into, next)
      next += COOKIE_OCTETS
    }
    if (this.#wantsNsid) {
      next = head(into, next, OPTION.NSID, this.#nsid.length)
      copy(this.#nsid, 0, into, next, this.#nsid.length)
      next += this.#nsid.length
    }
    if (this.#wantsKeepalive) {
      next = head(into, next, OPTION.KEEPALIVE, 2)
      // RFC 7828 §3.1: in units of 100 ms.
      put16(into, next, Math.floor(idleMs / 100))
      next += 2
    }
    put16(into, at + optAt + OPT_OCTETS - 2, next - at - optAt - OPT_OCTETS)
    return next - at
  }

  /**
   * Pads the response of `octets` at `at`, whose OPT stands at `optAt` from there and is the last record, so that it has
   * whole blocks once `reserved` octets more are behind it, or `most` octets. Returns the new length.
   */
  pad(into: Uint8Array, at: number, octets: number, optAt: number, reserved: number, most: number): number {
    const least = octets + OPTION_HEAD_OCTETS + reserved
    if (least > most) return octets
    const whole = Math.min(most, PADDING_BLOCK_OCTETS * Math.ceil(least / PADDING_BLOCK_OCTETS))
    const length = whole - least
    const data = head(into, at + octets, OPTION.PADDING, length)
    // RFC 7830 §3: nothing but zeros.
    into.fill(0, data, data + length)
    put16(into, at + optAt + OPT_OCTETS - 2, data + length - at - optAt - OPT_OCTETS)
    return data + length - at
  }
}

function head(into: Uint8Array, at: number, code: number, length: number): number {
  put16(into, at, code)
  put16(into, at + 2, length)
  return at + OPTION_HEAD_OCTETS
}
