/**
 * Who is asked for names that no zone here has: servers by domain, for all clients or for some. Of the rules for a name
 * that with the longest domain counts; of two with the same domain the one that is for the client alone.
 */
import type { Prefix } from '../../stack/index.ts'
import type { ForwardServer } from './forward-server.ts'

/**
 * `ordered`: in their order, the next one when one is silent or fails. `parallel`: all at once, the first good answer
 * counts. `fastest`: the one that has answered fastest lately first.
 */
export const FORWARD_STRATEGIES = ['ordered', 'parallel', 'fastest'] as const
export type ForwardStrategy = (typeof FORWARD_STRATEGIES)[number]

export type ForwardRule = {
  /** 0 unless it is a rule that is stored. */
  readonly id: number
  /** What made it: an administrator, `--upstreams`, or the name servers in the lease of an uplink. */
  readonly origin: 'rule' | 'settings' | 'uplink'
  /** "corp.example", "." for everything, or a block of addresses, "10.0.0.0/8", which stands for its reverse names. */
  readonly domain: string
  /** `recursion`: these names are looked up from the root, whatever is said of others. */
  readonly target: 'servers' | 'recursion'
  /** None with `recursion`. */
  readonly servers: readonly ForwardServer[]
  readonly strategy: ForwardStrategy
  /** Whether they are reached by the host's sockets or by the appliance's own stack. */
  readonly path: 'host' | 'stack'
  /** When its servers fail, nobody else is asked. */
  readonly failClosed: boolean
  /** Clients that it counts for: those in subnets of these segments and in these prefixes; neither: all. */
  readonly segmentIds: readonly number[]
  readonly prefixes: readonly Prefix[]
  /** Certificates (PEM) that names of servers are believed by; undefined: those that the system trusts. */
  readonly authority: string | undefined
  readonly enabled: boolean
  readonly comment: string | undefined
}

export const isForSome = ({ segmentIds, prefixes }: Pick<ForwardRule, 'segmentIds' | 'prefixes'>): boolean => segmentIds.length + prefixes.length > 0
