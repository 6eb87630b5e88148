/**
 * Where answers come from that neither zones nor the cache have: recursion from the root, or servers that are forwarded
 * to. Both are asked alike, and both say what they were told, which nobody has validated yet.
 */
import type { TraceStep } from '../../model/index.ts'
import type { DnsEventId } from '../events.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import type { NameKey } from '../wire/name.ts'
import type { Finding } from './finding.ts'

/** Hears each step, for `explain`; undefined where nobody listens. */
export type Trace = ((id: DnsEventId, facts: TraceStep[1]) => void) | undefined

/**
 * What one client's question may cost in all, with everything that must be asked for its sake: servers' names, keys,
 * aliases. Against NXNS (CVE-2020-12662), KeyTrap (CVE-2023-50387) and NSEC3 exhaustion (CVE-2023-50868).
 */
export class Budget {
  /** Messages to servers. */
  queries = 100
  /** Questions that had to be asked for this one: addresses of name servers, DNSKEY, DS. */
  subQuestions = 48
  /** Signatures verified. */
  signatures = 48
  /** Rounds of SHA-1 for NSEC3. */
  hashRounds = 8192

  #isWhole = true

  /** Nothing was taken yet. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** False when there is not so much left; then nothing is taken. */
  take(what: 'queries' | 'subQuestions' | 'signatures' | 'hashRounds', amount = 1): boolean {
    if (this[what] < amount) return false
    this[what] -= amount
    this.#isWhole = false
    return true
  }
}

export type Ask = {
  /** Clients with servers of their own to be forwarded to have a part of the cache of their own; 0 is everybody's. */
  readonly partition: number
  readonly key: NameKey
  readonly type: number
  readonly budget: Budget
  /** Questions between this one and the client's: 0 for the client's own. The resolver counts it up for others. */
  readonly depth: number
  readonly trace: Trace
}

export type SourceOutcome =
  /**
   * The first finding is that of the question; others are further links of the chain of aliases, as far as the same
   * servers may speak for them. All are `unchecked`.
   */
  | { readonly kind: 'answered'; readonly findings: readonly [Finding, ...Finding[]]; readonly server: string; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly because: string; readonly fault: ExtendedError }

export interface AnswerSource {
  /** `done` is called once, perhaps before this returns. */
  ask(ask: Ask, done: (outcome: SourceOutcome) => void): void
}

/**
 * What is found of a name and type by whatever means, for those who need it to go on with `ask`, which is handed on as it
 * was given: by it the resolver sees who waits for whom, and ends circles. Undefined: it could not be found.
 */
export type FindOther = (
  key: NameKey, type: number, options: {
    readonly ask: Ask
    /** False: what servers say is taken without looking at its signatures, as for the keys that prove it. */
    readonly validated: boolean
  }, done: (finding: Finding | undefined) => void,
) => void
