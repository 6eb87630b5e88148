/** A query's way through the pipeline, as often as upstream servers must be asked in between. */
import type { Counters } from '../../../stack/platform/index.ts'
import type { ForwardOutcome } from '../resolver/forward.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import { rcodeName } from '../wire/message.ts'
import { formatKey } from '../wire/name.ts'
import { typeName } from '../wire/type-names.ts'
import { isStream } from './carrier.ts'
import type { DnsCount } from './counts.ts'
import { addCached, dnsPipeline, fail, run } from './pipeline.ts'
import type { Parts, Resolution, Step } from './pipeline.ts'

/** Failures to reach a server at all. */
const UNREACHED: ReadonlySet<string> = new Set(['unreachable', 'refused', 'no-socket'])

export class Resolving {
  readonly #parts: Parts
  readonly #steps: readonly Step[]
  readonly #counters: Counters<DnsCount>

  constructor(parts: Parts, counters: Counters<DnsCount>) {
    this.#parts = parts
    this.#steps = dnsPipeline(parts)
    this.#counters = counters
  }

  /** Runs the pipeline, asking upstream where it must. True: done now. False: `finished` will be called. */
  resolve(r: Resolution, finished: () => void): boolean {
    for (;;) {
      if (run(this.#steps, r) === 'done') return true
      const { question } = r
      if (r.trace !== undefined) {
        const facts = { name: formatKey(r.key), type: typeName(r.query.type) }
        r.say(this.#parts.forwarder.isPending(question) ? 'dns.forward.joined' : 'dns.forward.asked', facts)
      }
      let phase: 'asking' | 'answered' | 'waiting' = 'asking'
      const accepted = this.#parts.forwarder.ask(question, (outcome) => {
        this.#absorb(r, outcome)
        if (phase === 'asking') phase = 'answered'
        else if (this.resolve(r, finished)) finished()
      })
      if (!accepted) {
        r.say('dns.forward.full', {})
        fail(r, EXTENDED_ERROR.overloaded)
        return true
      }
      if ((phase as string) !== 'answered') {
        phase = 'waiting'
        return false
      }
    }
  }

  #absorb(r: Resolution, outcome: ForwardOutcome): void {
    switch (outcome.kind) {
      case 'answer':
        this.#counters.count('answered-by-upstream')
        r.say(
          'dns.forward.answered',
          { upstream: outcome.upstream, rcode: rcodeName(outcome.answer.rcode), tookMs: outcome.tookMs },
        )
        r.complete = addCached(this.#parts, r, outcome.answer) === 'done'
        return
      case 'truncated':
        r.say('dns.forward.truncated', { upstream: outcome.upstream })
        // TC would send the client where it is already.
        if (isStream(r.carrier)) {
          fail(r, EXTENDED_ERROR.noReachableAuthority)
          return
        }
        r.response.truncated = true
        r.complete = true
        return
      case 'failed':
        r.say('dns.forward.failed', { name: formatKey(r.key), type: typeName(r.query.type), because: outcome.because })
        fail(r, UNREACHED.has(outcome.because) ? EXTENDED_ERROR.networkError : EXTENDED_ERROR.noReachableAuthority)
    }
  }
}
