/**
 * DNS rebinding: a page of elsewhere gives its own name an address of this network, and its scripts may then talk to
 * what is there. Names of the Internet have no business with such addresses.
 */
import { parseIpv4, specialBlock } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Finding } from '../resolver/finding.ts'
import { isAtOrBelow } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { addressesIn, addressText, leadsInside } from './answer-addresses.ts'
import type { FoundChain } from './decision.ts'
import type { RebindingCheck } from './model.ts'

export type RebindingRules = {
  readonly check: RebindingCheck
  /** Names, with all below them, that may lead inside. */
  readonly exceptions: readonly NameKey[]
  /** Whether an address is the appliance's own, beside those that are private everywhere. */
  readonly isOwn: (address: Ipv4) => boolean
  /** Whether a name is one of ours: in a zone here, or below a domain that servers of its own are asked for. */
  readonly isLocal: (key: NameKey) => boolean
}

/**
 * The address in the finding that leads inside, for people; undefined: none does, or it may. The name that was asked for
 * counts, not the one that aliases have led to: that may be one of ours.
 */
export function leadsToUs(finding: Finding, { asked, sources }: FoundChain, rules: RebindingRules): string | undefined {
  if (rules.check === 'no' || finding.kind !== 'rrset') return undefined
  const inside = addressesIn(finding, true).find((address) => leadsInside(address, rules.isOwn))
  if (inside === undefined || rules.isLocal(asked) || rules.exceptions.some((name) => isAtOrBelow(asked, name))) return undefined
  // Servers of this network may speak of it, where nobody else had a part in the answer.
  return rules.check === 'auto' && sources.every(isInsideServer) ? undefined : addressText(inside)
}

/** "192.0.2.1:853 by TLS" begins with the server's address. */
function isInsideServer(source: string): boolean {
  const address = parseIpv4(/^[\d.]+/.exec(source)?.[0] ?? '')
  return address !== undefined && specialBlock(address)?.global === false
}
