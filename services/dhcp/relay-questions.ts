/** The questions of relay agents about leases (RFC 4388, RFC 6926), between the wire and lease-query.ts. */
import { TokenBucket } from '../../stack/platform/index.ts'
import type { Instant } from '../../stack/platform/index.ts'
import { formatIpv4, formatMac } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { Lease, TraceStep } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Arrival } from './exchange.ts'
import type { BindingState } from './lease-machine.ts'
import { answerBulkLeaseQuery, answerLeaseQuery, notAllowed } from './lease-query.ts'
import type { LeaseAnswer, LeaseQueryView } from './lease-query.ts'
import { MAX_REPLY_BYTES, layOut } from './reply.ts'
import { BOOT_REPLY, BOOT_REQUEST, MESSAGE_TYPES, emitHeader, parseMessage } from './wire/message.ts'
import type { DhcpMessage } from './wire/message.ts'

/** Questions by hardware address look at every row: about 20 ms of a million. */
const WALKS_PER_SECOND = 5
const WALKS_BURST = 20
/** Rows after which a walk rests, so that packets of others come between: about a tenth of a millisecond. */
const ROWS_AT_ONCE = 256

export class RelayQuestions {
  readonly #engine: Engine
  readonly #walks: TokenBucket
  readonly #out = new Uint8Array(MAX_REPLY_BYTES)

  constructor(engine: Engine, now: Instant) {
    this.#engine = engine
    this.#walks = new TokenBucket(WALKS_PER_SECOND, WALKS_BURST, now)
  }

  /** One LEASEQUERY that came in a datagram. */
  answer(message: DhcpMessage, arrival: Arrival): void {
    const engine = this.#engine
    engine.counters.count('rx-lease-query')
    const server = engine.settings.serverAddress(arrival.interfaceName)
    const refusal = this.#refusal(message, server)
    if (server === undefined || refusal !== undefined) {
      engine.counters.count('lease-query-refused')
      this.#decide(message, arrival, 'none', dhcpStep('dhcp.lease-query.refused', { requestor: formatIpv4(message.giaddr), because: refusal ?? '' }))
      return
    }
    if (message.hardwareLength > 0 && !this.#walks.take(engine.ports.clock.now())) {
      engine.counters.count('lease-query-limited')
      return
    }
    const answer = answerLeaseQuery(message, this.#view(server))
    if (answer === undefined) {
      engine.counters.count('lease-query-malformed')
      this.#decide(message, arrival, 'none', dhcpStep('dhcp.lease-query.refused', { requestor: formatIpv4(message.giaddr), because: 'it asks in no way, or in two at once' }))
      return
    }
    const length = this.#emit(answer, message, MAX_REPLY_BYTES)
    engine.ports.send({ interfaceName: arrival.interfaceName, bytes: this.#out, length, to: { kind: 'relay', address: message.giaddr } })
    engine.counters.count('tx-lease-query')
    const facts = { question: describe(message), relay: formatIpv4(message.giaddr), answer: answer.type }
    this.#decide(message, arrival, answer.type, dhcpStep('dhcp.lease-query.answered', facts))
  }

  /**
   * The answers to one message of a connection, as octets; undefined between them where the walk may rest. Undefined
   * when the message is no question.
   */
  answerBulk(buffer: Uint8Array, length: number, requestor: Ipv4): Generator<Uint8Array | undefined, void> | undefined {
    const parsed = parseMessage(buffer.slice(0, length))
    if (!parsed.ok || parsed.value.op !== BOOT_REQUEST) return undefined
    if (MESSAGE_TYPES[(parsed.value.options.get(53)?.[0] ?? 0) - 1] !== 'BULKLEASEQUERY') return undefined
    this.#engine.counters.count('rx-lease-query')
    return this.#bulk(parsed.value, requestor)
  }

  *#bulk(message: DhcpMessage, requestor: Ipv4): Generator<Uint8Array | undefined, void> {
    const engine = this.#engine
    const server = engine.settings.serverAddress(engine.configuration.scopeOfRelay(requestor)?.segment.interfaceName ?? '') ?? 0
    if (!engine.configuration.namesRelay(requestor)) {
      engine.counters.count('lease-query-refused')
      yield this.#octets(notAllowed({ server, wallMs: engine.ports.clock.wallMs() }), message)
      return
    }
    for (const answer of answerBulkLeaseQuery(message, this.#view(server))) {
      if (answer === undefined) yield undefined
      else {
        engine.counters.count('tx-lease-query')
        yield this.#octets(answer, message)
      }
    }
  }

  /** RFC 4388 §6.4.1: the requestor says who it is in giaddr. */
  #refusal(message: DhcpMessage, server: Ipv4 | undefined): string | undefined {
    if (server === undefined) return 'we have no address on that interface'
    if (message.giaddr === 0) return 'it names no relay to answer to'
    return this.#engine.configuration.namesRelay(message.giaddr) ? undefined : 'no segment names it as a relay'
  }

  #view(server: Ipv4): LeaseQueryView {
    const { table, configuration, ports } = this.#engine
    return {
      wallMs: ports.clock.wallMs(),
      server,
      manages: address => {
        const scope = configuration.scopeHolding(address)
        return scope?.poolAt(address) !== undefined || configuration.hosts.at(address) !== undefined
      },
      lease: address => rowOf(table.stateOf(address)),
      ofClientId: clientId => rowsOf(table.ofClient(`id:${clientId}`, ANYWHERE)),
      ofMac: octets => rowsOf(table.withMac(octets)),
      all: () => walk(table.all()),
    }
  }

  #octets(answer: LeaseAnswer, message: DhcpMessage): Uint8Array {
    return this.#out.slice(0, this.#emit(answer, message, MAX_REPLY_BYTES))
  }

  #emit(answer: LeaseAnswer, message: DhcpMessage, limit: number): number {
    const chaddr = new Uint8Array(16)
    chaddr.set(answer.hardware.subarray(0, chaddr.length))
    emitHeader(
      {
        op: BOOT_REPLY,
        hardwareType: answer.hardwareType,
        hardwareLength: answer.hardware.length,
        hops: 0,
        xid: message.xid,
        secs: 0,
        flags: message.flags,
        ciaddr: answer.ciaddr,
        yiaddr: 0,
        siaddr: 0,
        giaddr: message.giaddr,
        chaddr,
      },
      this.#out,
    )
    return layOut(this.#out, answer.options, undefined, limit, [])
  }

  #decide(message: DhcpMessage, arrival: Arrival, sent: string, step: TraceStep): void {
    const { ports } = this.#engine
    ports.decide({
      at: ports.clock.wallMs(),
      kind: 'dhcp',
      interfaceName: arrival.interfaceName,
      mac: formatMac(message.chaddr),
      clientId: undefined,
      address: message.ciaddr === 0 ? undefined : formatIpv4(message.ciaddr),
      hostName: undefined,
      received: 'LEASEQUERY',
      sent,
      steps: [step],
    })
  }
}

/** Every segment. */
const ANYWHERE = { holds: (): boolean => true }

/** The row as it is on disk. */
const rowOf = (state: BindingState): Lease | undefined => (state.kind === 'saving' ? state.back.row : state.row)

function* rowsOf(bindings: Iterable<{ readonly state: BindingState }>): Iterable<Lease> {
  for (const { state } of bindings) {
    const row = rowOf(state)
    if (row !== undefined) yield row
  }
}

function* walk(bindings: Iterable<{ readonly state: BindingState }>): Iterable<Lease | undefined> {
  let rows = 0
  for (const { state } of bindings) {
    if (++rows % ROWS_AT_ONCE === 0) yield undefined
    const row = rowOf(state)
    if (row !== undefined) yield row
  }
}

function describe(message: DhcpMessage): string {
  if (message.ciaddr !== 0) return formatIpv4(message.ciaddr)
  return message.hardwareLength > 0 ? `hardware address ${formatMac(message.chaddr)}` : 'a client identifier'
}
