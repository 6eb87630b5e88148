/** Offers that are held back, so that another server comes first (policy offerDelayMs). */
import type { Scope } from './configuration.ts'
import type { Exchange } from './exchange.ts'

/**
 * How long the OFFER to this DISCOVER is held back; 0 for a client that has asked for so long already (its secs field,
 * RFC 2131 §2), because nobody else answered it.
 */
export function offerDelayMs(x: Exchange, scope: Scope): number {
  const { offerDelayMs: delay } = scope.segment.policy
  return x.message.secs * 1000 >= delay ? 0 : delay
}
