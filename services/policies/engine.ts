/** The policy engine, among the zones, servers and networks of this appliance. */
import type { Stack } from '../../stack/index.ts'
import type { Clock, SecureRandom } from '../../stack/platform/index.ts'
import { type DnsServer, PolicyEngine } from '../dns/index.ts'
import type { NameKey } from '../dns/wire/name.ts'

export type PolicyEngineOptions = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly dns: DnsServer
  readonly stack: Stack
}

export const policyEngine = ({ clock, random, dns, stack }: PolicyEngineOptions): PolicyEngine =>
  new PolicyEngine({
    clock, random,
    serversOf: (zone) => dns.serversOf(zone),
    isOwn: (address) => stack.interfaces.some(({ addressing }) => addressing.isOwn(address)),
    // What servers of this network are asked for is theirs to lead where they want.
    isLocal: (key) => dns.zones.closest(key) !== undefined || hasForwarder(dns, key),
  })

/** Whether servers were named for these names in particular, for whatever clients. */
function hasForwarder({ forwardRules }: DnsServer, key: NameKey): boolean {
  for (let partition = 0; partition < forwardRules.partitions; partition++) {
    const rule = forwardRules.find(partition, key)?.rule
    if (rule?.target === 'servers' && rule.domain !== '.') return true
  }
  return false
}
