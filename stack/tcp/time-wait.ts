/**
 * TIME-WAIT (RFC 9293 §3.10.7.4): what is left of a connection for two segment lifetimes, so that late segments do no
 * harm and a lost last ACK can be repeated. A few numbers each, in a table with a bound. A new SYN may take the place
 * (RFC 6191); a reset may not (RFC 1337).
 */
import type { Ipv4 } from '../address/ipv4.ts'
import type { Clock, Instant, Timer } from '../platform/index.ts'
import * as tcp from '../wire/tcp.ts'
import type { TcpConnection } from './connection.ts'
import type { Segment } from './segment.ts'
import { gt } from './seq.ts'
import { TupleTable } from './table.ts'

/** 2 MSL; Linux and Windows wait a minute too. */
export const TIME_WAIT_MS = 60_000
/** About 2 MB. When full, the one that waited longest goes. */
export const TIME_WAIT_LIMIT = 16_384

export class TimeWait {
  readonly local: Ipv4
  readonly localPort: number
  readonly remote: Ipv4
  readonly remotePort: number
  next: TimeWait | undefined = undefined
  readonly sndNxt: number
  readonly rcvNxt: number
  readonly rcvWindow: number
  readonly timestampsOn: boolean
  readonly tsRecent: number
  readonly timestampOffset: number
  until: Instant

  constructor(c: TcpConnection, until: Instant) {
    this.local = c.local
    this.localPort = c.localPort
    this.remote = c.remote
    this.remotePort = c.remotePort
    this.sndNxt = c.sndNxt
    this.rcvNxt = c.rcvNxt
    this.rcvWindow = Math.min(0xffff, c.receiveLimit >> c.rcvScale)
    this.timestampsOn = c.timestampsOn
    this.tsRecent = c.tsRecent
    this.timestampOffset = c.timestampOffset
    this.until = until
  }
}

/** What to do with a segment for a connection in TIME-WAIT. */
export type TimeWaitVerdict = 'drop' | 'acknowledge' | 'reuse'

export class TimeWaits {
  readonly table: TupleTable<TimeWait>
  readonly #clock: Clock
  readonly #lastsMs: number
  readonly #onEvict: () => void
  /** In order of their end, nearly: one that was prolonged is put at the end when its turn comes. */
  readonly #queue = new Set<TimeWait>()
  #timer: Timer | undefined

  constructor(clock: Clock, key: number, lastsMs: number, onEvict: () => void) {
    this.#clock = clock
    this.#lastsMs = lastsMs
    this.#onEvict = onEvict
    this.table = new TupleTable(key)
  }

  add(c: TcpConnection): void {
    if (this.table.size >= TIME_WAIT_LIMIT) {
      this.remove(this.#queue.values().next().value as TimeWait)
      this.#onEvict()
    }
    const entry = new TimeWait(c, this.#clock.now() + this.#lastsMs)
    this.table.add(entry)
    this.#queue.add(entry)
    this.#arm()
  }

  remove(entry: TimeWait): void {
    this.table.remove(entry)
    this.#queue.delete(entry)
  }

  judge(entry: TimeWait, s: Segment): TimeWaitVerdict {
    if ((s.flags & tcp.RST) !== 0) return 'drop'
    if ((s.flags & tcp.SYN) !== 0 && (s.flags & tcp.ACK) === 0) {
      const newer = entry.timestampsOn && s.options.hasTimestamps
        ? gt(s.options.timestamp, entry.tsRecent)
        : gt(s.seq, entry.rcvNxt)
      return newer ? 'reuse' : 'acknowledge'
    }
    if ((s.flags & tcp.FIN) !== 0) {
      entry.until = this.#clock.now() + this.#lastsMs
      return 'acknowledge'
    }
    // Old text is answered, so that a half-open peer learns where we are; a bare ACK is the end of the exchange.
    return s.length > 0 ? 'acknowledge' : 'drop'
  }

  close(): void {
    this.#timer?.cancel()
    for (const entry of [...this.#queue]) this.remove(entry)
  }

  #arm(): void {
    const first = this.#queue.values().next().value
    if (this.#timer !== undefined || first === undefined) return
    this.#timer = this.#clock.at(first.until, () => {
      this.#timer = undefined
      this.#expire()
      this.#arm()
    })
  }

  #expire(): void {
    const now = this.#clock.now()
    let left = this.#queue.size
    for (const entry of this.#queue) {
      if (left-- === 0) return
      if (entry.until <= now) {
        this.remove(entry)
      } else if (entry.until < now + this.#lastsMs) {
        // Prolonged ones stand among those that are not due; what follows is later still, or was prolonged too.
        return
      } else {
        this.#queue.delete(entry)
        this.#queue.add(entry)
      }
    }
  }
}
