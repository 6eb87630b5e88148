/** An exchange with scripted servers: what it sends is listed, and answered by hand. */
import { Exchange } from '../../services/dns/resolver/exchange.ts'
import type { ExchangeOutcome, ExchangeQuery, PortFault, QueryHandle } from '../../services/dns/resolver/exchange.ts'
import { ServerBook } from '../../services/dns/resolver/server-book.ts'
import type { Server, Transport } from '../../services/dns/resolver/server-book.ts'
import { Budget } from '../../services/dns/resolver/source.ts'
import { parseMessage } from '../../services/dns/wire/message.ts'
import { formatName, keyOf } from '../../services/dns/wire/name.ts'
import { typeCode, typeName } from '../../services/dns/wire/type-names.ts'
import { ipv4 } from '../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { replyTo } from './dns.ts'

export type Carried = {
  readonly server: Server
  readonly transport: Transport
  readonly at: number
  readonly bytes: Uint8Array
  readonly id: number
  readonly name: string
  readonly type: string
  /** Whether it had OPT, and with DO. */
  readonly edns: boolean
  readonly dnssecOk: boolean
  cancelled: boolean
  receive(bytes: Uint8Array): void
  /** A response made of master-file lines, with AA. */
  reply(shape?: Parameters<typeof replyTo>[1]): void
  fail(why: PortFault): void
}

export const serverAt = (address: string, transport: Transport = 'udp', port = 53): Server =>
  ({ address: ipv4(address), port, transport })

export class ExchangeBench {
  readonly clock = new VirtualClock()
  readonly random: SeededSecureRandom
  readonly book: ServerBook
  readonly exchange: Exchange
  readonly sent: Carried[] = []
  readonly counts = new Map<string, number>()
  readonly down: (readonly [number, number])[] = []
  /** Called for each message, at once. */
  onSent: (sent: Carried) => void = () => {}

  constructor(seed = 1) {
    this.random = new SeededSecureRandom(seed)
    this.book = new ServerBook(this.clock, this.random)
    this.exchange = new Exchange({
      clock: this.clock, random: this.random, book: this.book, send: (...carried) => this.#carry(...carried),
      count: (name) => void this.counts.set(name, (this.counts.get(name) ?? 0) + 1),
    })
    this.exchange.onDown = (server, silences) => void this.down.push([server.address, silences])
  }

  get last(): Carried {
    return this.sent.at(-1) as Carried
  }

  #carry(
    server: Server, transport: Transport, bytes: Uint8Array, length: number,
    received: (buffer: Uint8Array, at: number, length: number) => void, failed: (why: PortFault) => void,
  ): QueryHandle {
    const copy = bytes.slice(0, length)
    const m = parseMessage(copy, 0, length)
    if (!m.ok) throw new Error('we sent a malformed query')
    const sent: Carried = {
      server, transport, at: this.clock.now(), bytes: copy, id: m.value.id, name: formatName(m.value.name),
      type: typeName(m.value.type), edns: m.value.edns !== undefined, dnssecOk: m.value.edns?.dnssecOk === true,
      cancelled: false,
      receive: (reply) => received(reply, 0, reply.length),
      reply: (shape = {}) => {
        const reply = replyTo({ bytes: copy }, shape)
        received(reply, 0, reply.length)
      },
      fail: failed,
    }
    this.sent.push(sent)
    this.onSent(sent)
    return { cancel: () => void (sent.cancelled = true) }
  }

  /** Asks, and gives the list that the outcome comes into; "slow" stands before it when that was told. */
  ask(text: string, type: string, shape: Partial<ExchangeQuery> = {}): (ExchangeOutcome | 'slow')[] {
    const told: (ExchangeOutcome | 'slow')[] = []
    this.exchange.ask({
      server: serverAt('192.0.2.1'), key: keyOf(text), type: typeCode(type) as number, recursionDesired: false,
      checkingDisabled: false, mixCase: false, budget: new Budget(), waitMs: 400, deadline: this.clock.now() + 5000, ...shape,
    }, (outcome) => told.push(outcome), () => told.push('slow'))
    return told
  }
}
