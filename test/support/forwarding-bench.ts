/** Forwarding with scripted servers: what goes out is listed, and answered by hand. */
import { Forwarding, DEFAULT_FORWARDING, type ForwardingOptions } from '../../services/dns/forwarding/forwarding.ts'
import type { ForwardTarget } from '../../services/dns/forwarding/forward-target.ts'
import { type ClientRule, ForwardRules } from '../../services/dns/forwarding/forward-rules.ts'
import type { PortFault } from '../../services/dns/resolver/exchange.ts'
import { ServerBook } from '../../services/dns/resolver/server-book.ts'
import { type AnswerSource, Budget, type SourceOutcome } from '../../services/dns/resolver/source.ts'
import { keyOf } from '../../services/dns/wire/name.ts'
import { typeCode } from '../../services/dns/wire/type-names.ts'
import type { ForwardRule } from '../../services/model/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { replyTo } from './dns.ts'

export type Out = {
  readonly to: string
  readonly at: number
  readonly bytes: Uint8Array
  readonly rd: boolean
  readonly cd: boolean
  cancelled: boolean
  reply(shape?: Parameters<typeof replyTo>[1]): void
  fail(why: PortFault): void
}

export class ForwardingBench {
  readonly clock = new VirtualClock()
  readonly out: Out[] = []
  readonly counts = new Map<string, number>()
  readonly rules = new ForwardRules()
  readonly forwarding: Forwarding
  readonly steps: string[] = []
  readonly down: string[] = []
  readonly untrusted: (readonly [string, string])[] = []
  /** Called for each query, at once. */
  onOut: (out: Out) => void = () => {}

  constructor(rules: readonly ClientRule[], more: { readonly fallback?: ForwardRule; readonly recursion?: AnswerSource; readonly options?: Partial<ForwardingOptions> } = {}) {
    this.rules.setRules(rules)
    this.rules.setFallback(more.fallback)
    const random = new SeededSecureRandom(1)
    this.forwarding = new Forwarding(this.rules, {
      clock: this.clock, random, book: new ServerBook(this.clock, random), recursion: more.recursion, standing: undefined, send: (...carried) => this.#carry(...carried),
      count: (name) => void this.counts.set(name, (this.counts.get(name) ?? 0) + 1), onDown: (server) => void this.down.push(server), onUntrusted: (server, because) => void this.untrusted.push([server, because]),
    }, { ...DEFAULT_FORWARDING, ...more.options })
  }

  /** The list that the outcome comes into. */
  ask(name: string, type = 'A', partition = 0): SourceOutcome[] {
    const told: SourceOutcome[] = []
    const trace = (id: string): void => void this.steps.push(id)
    const ask = { partition, key: keyOf(name), type: typeCode(type) as number, budget: new Budget(), depth: 0, trace }
    this.forwarding.ask(ask, (outcome) => told.push(outcome))
    return told
  }

  get to(): readonly string[] {
    return this.out.map(({ to }) => to)
  }

  get last(): Out {
    return this.out.at(-1) as Out
  }

  #carry(
    target: ForwardTarget, _transport: string, bytes: Uint8Array, length: number, received: (buffer: Uint8Array, at: number, length: number) => void, failed: (why: PortFault) => void,
  ): { cancel(): void } {
    const copy = bytes.slice(0, length)
    const out: Out = {
      to: target.text, at: this.clock.now(), bytes: copy, rd: ((copy[2] as number) & 1) === 1, cd: ((copy[3] as number) & 0x10) !== 0, cancelled: false, fail: failed,
      reply: (shape = {}) => {
        const reply = replyTo({ bytes: copy }, shape)
        received(reply, 0, reply.length)
      },
    }
    this.out.push(out)
    this.onOut(out)
    return { cancel: () => void (out.cancelled = true) }
  }
}
