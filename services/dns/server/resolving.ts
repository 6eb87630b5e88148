/** A query's way through the pipeline, as often as the resolver must be asked in between. */
import type { Counters } from '../../../stack/platform/index.ts'
import type { ResolverOutcome } from '../resolver/resolver.ts'
import { CLIENT_MS } from '../resolver/resolver.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import { rcodeName, RCODE } from '../wire/message.ts'
import { formatKey } from '../wire/name.ts'
import { typeName } from '../wire/type-names.ts'
import type { DnsCount } from './counts.ts'
import { beginSynthesis, endSynthesis } from './dns64-answers.ts'
import { addFound, addStale } from './found.ts'
import { dnsPipeline, fail, run } from './pipeline.ts'
import type { Parts, Resolution, Step } from './pipeline.ts'

export class Resolving {
  readonly #parts: Parts
  readonly #steps: readonly Step[]
  readonly #counters: Counters<DnsCount>

  constructor(parts: Parts, counters: Counters<DnsCount>) {
    this.#parts = parts
    this.#steps = dnsPipeline(parts)
    this.#counters = counters
  }

  /** Runs the pipeline, asking the resolver where it must. True: done now. False: `finished` will be called. */
  resolve(r: Resolution, finished: () => void): boolean {
    for (;;) {
      if (run(this.#steps, r) === 'done') {
        if (beginSynthesis(this.#parts.policy(), r)) continue
        endSynthesis(r)
        return true
      }
      const { sought, budget } = r
      const { resolver } = this.#parts
      if (r.trace !== undefined) {
        const facts = { name: formatKey(r.key), type: typeName(r.type) }
        r.say(resolver.isPending(sought) ? 'dns.forward.joined' : 'dns.forward.asked', facts)
      }
      let phase: 'asking' | 'answered' | 'waiting' = 'asking'
      const by = {
        client: r.client, budget, until: r.startedAt + CLIENT_MS,
        trace: r.trace === undefined ? undefined : ((...[id, facts]) => r.say(id, facts)) satisfies Parameters<typeof resolver.resolve>[1]['trace'],
      }
      const accepted = resolver.resolve(sought, by, (outcome) => {
        this.#absorb(r, outcome)
        if (phase === 'asking') phase = 'answered'
        else if (this.resolve(r, finished)) finished()
      })
      if (!accepted) {
        r.say('dns.forward.full', {})
        fail(r, EXTENDED_ERROR.overloaded)
        endSynthesis(r)
        return true
      }
      if ((phase as string) !== 'answered') {
        phase = 'waiting'
        return false
      }
    }
  }

  #absorb(r: Resolution, outcome: ResolverOutcome): void {
    switch (outcome.kind) {
      case 'found': {
        const { finding, server, tookMs } = outcome
        if (server !== undefined) {
          r.server = server
          this.#counters.count('answered-by-upstream')
          const rcode = rcodeName(finding.kind === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR)
          r.say('dns.forward.answered', { upstream: server, rcode, tookMs, security: finding.security })
        }
        r.origin = 'network'
        r.complete = addFound(this.#parts, r, finding) === 'done'
        return
      }
      case 'stale':
        r.complete = addStale(this.#parts, r, outcome.finding) === 'done'
        return
      case 'failed':
        r.say('dns.forward.failed', { name: formatKey(r.key), type: typeName(r.type), because: outcome.because })
        fail(r, outcome.fault)
    }
  }
}
