/** A network of two pools for two kinds of clients, with addresses in both that are kept for hosts; and what that means. */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { EMPTY_LEVEL, type ClientClass, type DhcpConfiguration, type Host as HostEntry, type Pool } from '../../services/model/index.ts'
import type { LoadedSnapshot } from '../../services/storage/store.ts'
import type { Host } from './hosts.ts'
import type { Problem } from './invariants.ts'

const CLASS = 'identified'
const IDENTIFIED: ClientClass = { id: 1, name: CLASS, priority: 1, test: 'client-id', denied: false, leaseLimit: undefined, level: EMPTY_LEVEL }

/** The first half of the range is for clients without an identifier, the rest for the others; two hosts have their own. */
export function withHostsAndClasses(before: DhcpConfiguration, first: Ipv4, addresses: number, hosts: readonly Host[]): DhcpConfiguration {
  const [pool] = before.pools
  if (pool === undefined) throw new Error('the settings made no pool')
  const middle = (first + addresses / 2) | 0
  const lower: Pool = { ...pool, first, last: (middle - 1) | 0, deny: [CLASS] }
  const upper: Pool = { ...pool, id: pool.id + 1, first: middle, last: (first + addresses - 1) | 0, allow: [CLASS] }
  const entry = (host: Host | undefined, id: number, address: Ipv4): HostEntry => ({
    id,
    name: undefined,
    identifiers: [{ kind: 'mac', value: host?.mac ?? '' }],
    addresses: [{ address, subnetId: pool.subnetId }],
    classes: [],
    denied: false,
    tags: [],
    comment: undefined,
    level: EMPTY_LEVEL,
  })
  return {
    ...before,
    classes: [IDENTIFIED],
    pools: [lower, upper],
    hosts: [entry(hosts[0], 1, (first + 2) | 0), entry(hosts[1], 2, (middle + 2) | 0)],
  }
}

/** What is kept for a host is bound to that host only, and every other lease is in a pool that lets its client in. */
export function leasesKeepToTheModel({ leases, dhcp }: LoadedSnapshot): Problem {
  for (const { address, state, mac, clientId } of leases) {
    if (state !== 'bound') continue
    const text = `${formatIpv4(address)} is bound to ${mac} (${clientId ?? 'no identifier'})`
    const owner = dhcp.hosts.find((each) => each.addresses.some((own) => own.address === address))
    if (owner !== undefined) {
      if (!owner.identifiers.some((each) => each.value === mac)) return `${text}, and kept for host ${owner.id}`
      continue
    }
    const pool = dhcp.pools.find((each) => each.first >>> 0 <= address >>> 0 && address >>> 0 <= each.last >>> 0)
    if (pool === undefined) return `${text}, and in no pool`
    if (clientId === undefined ? pool.allow.includes(CLASS) : pool.deny.includes(CLASS)) return `${text} of a pool that does not let it in`
  }
  return undefined
}
