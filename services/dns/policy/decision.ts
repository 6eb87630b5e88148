/**
 * What policy has to say of a question or of an answer: the seam between the pipeline, which asks at every link of a
 * chain of aliases, and the lists, rules and schedules, which decide.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import type { Dns64Prefix } from '../resolver/dns64.ts'
import type { Finding } from '../resolver/finding.ts'
import type { NameKey } from '../wire/name.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import type { Rrset } from '../wire/rrset.ts'

/** The rule that decided, for the query log and `explain`. */
export type RuleSource = {
  /** Name of the list or policy zone. */
  readonly list: string
  /** The rule as it stands there: "||ads.example^", "0.0.0.0 ads.example". */
  readonly rule: string
  /** Of the list's text; undefined: it was not a text. */
  readonly line?: number | undefined
  /** TTL of what is answered instead, also of its absence. Seconds. */
  readonly ttl?: number
  /** What the client is told (RFC 8914). */
  readonly error?: ExtendedError
}

export type PolicyDecision = RuleSource & (
  /** An exception: no other list is asked, for this question and for the aliases that it leads to. */
  | { readonly action: 'allow' }
  | { readonly action: 'nxdomain' | 'nodata' | 'refused' }
  /** Nothing is sent at all (RPZ's rpz-drop). */
  | { readonly action: 'drop' }
  /** TC over UDP, so that a client comes by TCP (RPZ's rpz-tcp-only). */
  | { readonly action: 'tcp-only' }
  /**
   * These records take the place of the answer; none has the type asked for: NODATA. Owner is the name asked for. A CNAME
   * among them counts for every type, and is followed without asking policy again.
   */
  | { readonly action: 'records'; readonly rrsets: readonly Rrset[] }
)

/** How a finding was come to: the name that the client asked for, and who said the aliases up to here and the finding. */
export type FoundChain = { readonly asked: NameKey; readonly sources: readonly string[] }

export interface DnsPolicy {
  /**
   * HOT-adjacent: called for every name that no zone of ours answers, before the cache is looked at. `set` is the number of
   * the policy that the client has (see policySetOf); undefined: nothing is said of the name.
   */
  decideName(set: number, key: NameKey, type: number, client: Ipv4): PolicyDecision | undefined
  /** After an answer was found: addresses in it, names of the servers it came from (RPZ triggers), rebinding. */
  decideFinding(set: number, finding: Finding, client: Ipv4, chain?: FoundChain): PolicyDecision | undefined
  /** HOT. The policy of a client; 0: none. Below 256. */
  policySetOf(client: Ipv4): number
  /** The prefix by which the clients reach IPv4; undefined: they need none. */
  dns64Of(set: number): Dns64Prefix | undefined
  /** Monotonic ms at which decisions for this set may change by themselves: a schedule, a pause. */
  changesAt(set: number): number
}
