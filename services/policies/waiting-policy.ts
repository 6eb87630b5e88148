/**
 * The engine while lists that were there before a start are still being read: what they may have to say of a name is not
 * known yet, so the question is left without an answer, and the client, which asks again within seconds, gets the right
 * one. Names of ours are answered as always, and so is what the lists that are here decide.
 */
import type { Ipv4 } from '../../stack/index.ts'
import type { DnsPolicy, PolicyDecision, PolicyEngine } from '../dns/index.ts'
import type { NameKey } from '../dns/wire/name.ts'

export class WaitingPolicy implements DnsPolicy {
  readonly #engine: PolicyEngine
  /** A list that a policy waits for, by the number of its set; undefined: none. */
  readonly #awaited: (set: number) => string | undefined

  constructor(engine: PolicyEngine, awaited: (set: number) => string | undefined) {
    this.#engine = engine
    this.#awaited = awaited
  }

  decideName(set: number, key: NameKey, type: number, client: Ipv4): PolicyDecision | undefined {
    const decided = this.#engine.decideName(set, key, type, client)
    if (decided !== undefined) return decided
    const list = this.#awaited(set)
    return list === undefined ? undefined : { action: 'drop', list, rule: 'the list is being read' }
  }

  decideFinding(...asked: Parameters<DnsPolicy['decideFinding']>): PolicyDecision | undefined {
    return this.#engine.decideFinding(...asked)
  }

  policySetOf(client: Ipv4): number {
    return this.#engine.policySetOf(client)
  }

  dns64Of(set: number): ReturnType<DnsPolicy['dns64Of']> {
    return this.#engine.dns64Of(set)
  }

  changesAt(set: number): number {
    return this.#engine.changesAt(set)
  }
}
