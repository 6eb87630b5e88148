/**
 * Runs the client's machine for one interface: the clock's timer for its deadline, its effects through the ports, and a
 * history of what it did. It holds no socket; services/uplinks.ts gives it one.
 */
import {
  type Clock, Counters, type Instant, type Random, type Timer, TokenBucket,
} from '../../../stack/platform/index.ts'
import { formatIpv4, type Ipv4, type Mac } from '../../../stack/index.ts'
import type { TraceStep } from '../../model/index.ts'
import { clientStep } from './events.ts'
import { deadline, instantOf, inUse, step, STOPPED } from './machine.ts'
import { type AnswerFault, type ClientIdentity, emitClientMessage, readAnswer } from './messages.ts'
import type { ClientEffect, ClientEvent, ClientMessage, ClientState, ClientStateKind, Held } from './state.ts'
import { INFINITE, type Terms } from './terms.ts'

/** Steps kept for people: a day of renewals and a handful of mishaps. */
export const HISTORY_STEPS = 64

const COMPLAINTS_PER_SECOND = 1 / 60
const COMPLAINTS_AT_ONCE = 3

export const CLIENT_COUNTERS = [
  'rx', 'tx-discover', 'tx-request', 'tx-decline', 'tx-release',
  'truncated', 'over-long', 'bad-op', 'bad-cookie', 'option-overrun', 'not-a-reply', 'for-another', 'no-server-message',
  'no-server-identifier', 'no-lease-time', 'unusable-address',
] as const satisfies readonly (AnswerFault | 'rx' | `tx-${string}`)[]
export type ClientCounter = (typeof CLIENT_COUNTERS)[number]

/** A lease as it is kept over a restart. Times are wall time in ms; expiresAt null: it does not end. */
export type RememberedLease = {
  readonly terms: Terms
  readonly obtainedAt: number
  readonly expiresAt: number | null
}

export type ClientPorts = {
  readonly clock: Clock
  readonly random: Random
  /** `to` is BROADCAST or a server; `from` 0 while there is no address. */
  send(bytes: Uint8Array, to: Ipv4, from: Ipv4): void
  /** Asks by ARP; calls back once, with the holder or, after the wait, with undefined. */
  probe(address: Ipv4, waitMs: number, done: (holder: Mac | undefined) => void): void
  /** `fresh`: the address is new here and is to be announced. Returns steps about what could not be set. */
  configure(terms: Terms, fresh: boolean): readonly TraceStep[]
  unconfigure(): void
  linkLocal(on: boolean): void
  remember(lease: RememberedLease | undefined): void
  report(step: TraceStep): void
}

export type HistoryEntry = { readonly at: number; readonly step: TraceStep }

/** What people are shown. Times are wall time in ms. */
export type ClientReport = {
  readonly state: ClientStateKind
  readonly terms: Terms | undefined
  readonly obtainedAt: number | undefined
  readonly renewsAt: number | undefined
  readonly rebindsAt: number | undefined
  readonly expiresAt: number | undefined
  /** When it acts next by itself. */
  readonly nextAt: number | undefined
  readonly history: readonly HistoryEntry[]
  readonly counters: { readonly [counter: string]: number }
}

export class DhcpClient {
  readonly counters = new Counters<ClientCounter>(CLIENT_COUNTERS)
  readonly #ports: ClientPorts
  readonly #identity: ClientIdentity
  readonly #history: HistoryEntry[] = []
  /** A server that says the same nonsense again and again is reported once in a while. */
  readonly #complaints: TokenBucket
  #state: ClientState = STOPPED
  #timer: Timer | undefined

  constructor(identity: ClientIdentity, ports: ClientPorts) {
    this.#identity = identity
    this.#ports = ports
    this.#complaints = new TokenBucket(COMPLAINTS_PER_SECOND, COMPLAINTS_AT_ONCE, ports.clock.now())
  }

  /** `remembered`: the lease of an earlier life, if one was kept. */
  start(remembered: RememberedLease | undefined): void {
    const held = remembered === undefined ? undefined : this.#stillHeld(remembered)
    this.#apply({ kind: 'start', held, wish: remembered?.terms.address })
  }

  /** Gives the address up; `release`: and tells the server so (RFC 2131 §4.4.6). */
  stop(release: boolean): void {
    this.#apply({ kind: 'stop', release })
  }

  /** Confirms the lease or looks for one, now. */
  renew(): void {
    this.#apply({ kind: 'renew' })
  }

  /** A datagram that came to port 68: `length` octets at `at`, not needed after return. */
  receive(buffer: Uint8Array, at: number, length: number): void {
    if (this.#state.kind === 'stopped') return
    this.counters.count('rx')
    const read = readAnswer(buffer.subarray(at, at + length), this.#identity)
    if (read.ok) {
      this.#apply(read.value)
      return
    }
    const { fault, server, message } = read.error
    this.counters.count(fault)
    if (message !== '') {
      if (!this.#complaints.take(this.#ports.clock.now())) return
      const because = UNUSABLE[fault] ?? fault
      const from = server === undefined ? null : formatIpv4(server)
      this.#note(clientStep('dhcp-client.unusable', { message, server: from, because }))
    }
  }

  /** Another host claims an address of the interface. */
  contested(address: Ipv4, holder: Mac): void {
    this.#apply({ kind: 'contested', address, holder })
  }

  /** Something about the interface that belongs into its history. */
  note(step: TraceStep): void {
    this.#note(step)
  }

  /** The terms in force. */
  get terms(): Terms | undefined {
    return inUse(this.#state)?.terms
  }

  get report(): ClientReport {
    const { clock } = this.#ports
    const wallAt = (at: Instant | undefined): number | undefined =>
      at === undefined ? undefined : Math.round(clock.wallMs() + at - clock.now())
    const held = inUse(this.#state)
    const at = (seconds: number | undefined): number | undefined =>
      held === undefined || seconds === undefined ? undefined : wallAt(instantOf(held, seconds))
    return {
      state: this.#state.kind,
      terms: held?.terms,
      obtainedAt: wallAt(held?.since),
      renewsAt: at(held?.terms.renewSeconds),
      rebindsAt: at(held?.terms.rebindSeconds),
      expiresAt: at(held?.terms.leaseSeconds),
      nextAt: wallAt(deadline(this.#state)),
      history: this.#history,
      counters: this.counters.toJSON(),
    }
  }

  /** What is left of a remembered lease, never more than its length: the calendar may have jumped. */
  #stillHeld({ terms, expiresAt }: RememberedLease): Held | undefined {
    const { clock } = this.#ports
    if (terms.leaseSeconds === INFINITE) return { terms, since: clock.now() }
    const leaseMs = terms.leaseSeconds * 1000
    const left = Math.min(leaseMs, (expiresAt ?? 0) - clock.wallMs())
    return left <= 0 ? undefined : { terms, since: clock.now() - (leaseMs - left) }
  }

  #apply(event: ClientEvent): void {
    const [state, effects] = step(this.#state, event, { now: this.#ports.clock.now(), random: this.#ports.random })
    this.#state = state
    this.#timer?.cancel()
    const next = deadline(state)
    this.#timer = next === undefined ? undefined : this.#ports.clock.at(next, () => this.#apply({ kind: 'due' }))
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: ClientEffect): void {
    const ports = this.#ports
    switch (effect.kind) {
      case 'send': return this.#send(effect.message)
      case 'probe': {
        const { address } = effect
        return ports.probe(address, effect.waitMs, holder => this.#apply({ kind: 'probed', address, holder }))
      }
      case 'configure':
        for (const step of ports.configure(effect.held.terms, effect.fresh)) this.#note(step)
        return
      case 'unconfigure': return ports.unconfigure()
      case 'link-local': return ports.linkLocal(effect.on)
      case 'remember': return ports.remember(effect.held === undefined ? undefined : this.#remembered(effect.held))
      case 'report': return this.#note(effect.step)
    }
  }

  #send(message: ClientMessage): void {
    this.counters.count(TX_COUNTERS[message.type])
    this.#ports.send(emitClientMessage(message, this.#identity), message.to, message.ciaddr)
  }

  #remembered(held: Held): RememberedLease {
    const { clock } = this.#ports
    const obtainedAt = Math.round(clock.wallMs() - (clock.now() - held.since))
    const { terms } = held
    const expiresAt = terms.leaseSeconds === INFINITE ? null : obtainedAt + terms.leaseSeconds * 1000
    return { terms, obtainedAt, expiresAt }
  }

  #note(step: TraceStep): void {
    if (this.#history.length === HISTORY_STEPS) this.#history.shift()
    this.#history.push({ at: this.#ports.clock.wallMs(), step })
    this.#ports.report(step)
  }
}

const TX_COUNTERS: { readonly [Type in ClientMessage['type']]: ClientCounter } = {
  DISCOVER: 'tx-discover', REQUEST: 'tx-request', DECLINE: 'tx-decline', RELEASE: 'tx-release',
}

/** For people. */
const UNUSABLE: { readonly [Fault in AnswerFault]?: string } = {
  'no-server-identifier': 'it names no server (option 54)',
  'no-lease-time': 'it has no lease time (option 51)',
  'unusable-address': 'no host can have the address that it gives',
}
