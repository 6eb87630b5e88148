/**
 * Where the members of host groups are: the addresses that are kept for a host and those that it has leased, whatever has
 * a hardware address, and addresses as such. Follows leases as they begin, end and move.
 */
import type { Ipv4 } from '../../stack/index.ts'
import type { DhcpConfiguration, GroupMember, HostGroup, Lease, LeaseChange } from '../model/index.ts'

/** Of one group: the addresses that are its members' whatever is leased, and by whom leases are known. */
type Followed = {
  readonly fixed: ReadonlySet<Ipv4>
  readonly hostIds: ReadonlySet<number>
  readonly macs: ReadonlySet<string>
  readonly clientIds: ReadonlySet<string>
  readonly leased: Set<Ipv4>
}

export class GroupMembers {
  #groups: ReadonlyMap<string, Followed> = new Map()

  /** Begins anew with these groups; `leases` is walked through only if it matters. */
  set(groups: Iterable<HostGroup>, hosts: DhcpConfiguration['hosts'], leases: () => Iterable<Lease>): void {
    this.#groups = new Map(Array.from(groups, (group) => [group.name, followed(group.members, hosts)]))
    const following = [...this.#groups.values()].filter(({ hostIds, macs, clientIds }) => hostIds.size + macs.size + clientIds.size > 0)
    if (following.length === 0) return
    for (const lease of leases()) for (const each of following) if (isOf(each, lease)) each.leased.add(lease.address)
  }

  /** Where the members of a group are now; none for a group that there is not. */
  addressesOf(name: string): ReadonlySet<Ipv4> {
    const group = this.#groups.get(name)
    return new Set(group === undefined ? [] : [...group.fixed, ...group.leased])
  }

  /** True when the address of a member came or went. */
  leasesChanged(changes: readonly LeaseChange[]): boolean {
    let moved = false
    for (const { after } of changes) {
      for (const group of this.#groups.values()) {
        const has = group.leased.has(after.address)
        const is = isOf(group, after)
        if (has === is) continue
        if (is) group.leased.add(after.address)
        else group.leased.delete(after.address)
        moved = true
      }
    }
    return moved
  }
}

function followed(members: readonly GroupMember[], hosts: DhcpConfiguration['hosts']): Followed {
  const found = members.flatMap((member) => (member.kind === 'host' ? hosts.filter(({ id }) => id === member.hostId) : []))
  const identifiers = found.flatMap((host) => host.identifiers)
  const valuesOf = (kind: string): readonly string[] => identifiers.filter((each) => each.kind === kind).map(({ value }) => value)
  return {
    fixed: new Set([
      ...members.flatMap((member) => (member.kind === 'address' ? [member.address] : [])),
      ...found.flatMap((host) => host.addresses.map(({ address }) => address)),
    ]),
    hostIds: new Set(found.map(({ id }) => id)),
    macs: new Set([...members.flatMap((member) => (member.kind === 'mac' ? [member.mac] : [])), ...valuesOf('mac')]),
    clientIds: new Set(valuesOf('client-id')),
    leased: new Set(),
  }
}

const isOf = ({ hostIds, macs, clientIds }: Followed, lease: Lease): boolean =>
  lease.state === 'bound' &&
  ((lease.hostId !== undefined && hostIds.has(lease.hostId)) || macs.has(lease.mac) || (lease.clientId !== undefined && clientIds.has(lease.clientId)))
