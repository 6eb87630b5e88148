/**
 * DNS rebinding: a page of elsewhere gives its own name an address of this network, and its scripts may then talk to
 * what is there. Names of the Internet have no business with such addresses, nor with aliases to names of this network.
 */
import { parseIpv4, specialBlock } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Finding } from '../resolver/finding.ts'
import { formatKey, isAtOrBelow, nameKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { leadingName } from '../wire/rdata.ts'
import { addressesIn, addressText, leadsInside } from './answer-addresses.ts'
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

/** What of the finding leads inside, for people; undefined: nothing, or it may. */
export function leadsToUs(finding: Finding, rules: RebindingRules): string | undefined {
  if (rules.check === 'no' || finding.kind === 'nodata' || finding.kind === 'nxdomain') return undefined
  const inside = finding.kind === 'alias' ? localAlias(finding, rules) : addressesIn(finding, true).find((address) => leadsInside(address, rules.isOwn))
  if (inside === undefined || mayLeadInside(finding.owner, rules)) return undefined
  // Servers of this network may speak of it.
  if (rules.check === 'auto' && isInsideServer(finding.source)) return undefined
  return typeof inside === 'string' ? inside : addressText(inside)
}

const mayLeadInside = (owner: NameKey, { exceptions, isLocal }: RebindingRules): boolean =>
  isLocal(owner) || exceptions.some((name) => isAtOrBelow(owner, name))

function localAlias(finding: Finding, { isLocal }: RebindingRules): string | undefined {
  const rdata = finding.answer.at(-1)?.rrset.rdata[0]
  if (rdata === undefined) return undefined
  const target = nameKey(leadingName(rdata))
  return isLocal(target) ? formatKey(target) : undefined
}

/** "192.0.2.1:853 by TLS" begins with the server's address. */
function isInsideServer(source: string): boolean {
  const address = parseIpv4(/^[\d.]+/.exec(source)?.[0] ?? '')
  return address !== undefined && specialBlock(address)?.global === false
}
