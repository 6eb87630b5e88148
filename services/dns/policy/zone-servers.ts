/** The servers behind an answer, for policy that minds where names are kept (draft-vixie-dnsop-dns-rpz §4.4, §4.5). */
import type { RrsetCache } from '../cache/rrset-cache.ts'
import type { DelegationBook } from '../recursion/delegation.ts'
import { parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import { octetsOfIpv4 } from './address-rules.ts'
import type { ZoneServers } from './rpz-zones.ts'

/** More servers are looked at by nobody, and a chain of zones must not make more of them. */
const MOST_NAMES = 64
const MOST_ADDRESSES = 256

/**
 * What recursion knows of the servers of a zone and of those above it. Those of the root and of top-level domains are
 * left out, as BIND does (min-ns-dots): whoever minds them minds everything. Nobody where nothing was recursed.
 */
export function zoneServers(zone: NameKey, book: DelegationBook, cache: RrsetCache): ZoneServers {
  const names = new Set<NameKey>()
  const addresses: Uint8Array[] = []
  for (let at = zone; at !== ROOT_KEY && parentKey(at) !== ROOT_KEY; at = parentKey(at)) {
    const delegation = book.closest(at)
    if (delegation.zone === ROOT_KEY || parentKey(delegation.zone) === ROOT_KEY) break
    at = delegation.zone
    for (const server of [...delegation.servers, ...delegation.own]) {
      if (names.size >= MOST_NAMES || names.has(server.name)) continue
      names.add(server.name)
      for (const address of server.addresses) addresses.push(octetsOfIpv4(address))
      for (const type of [TYPE.A, TYPE.AAAA]) {
        const known = cache.rrset(0, server.name, type)?.answer ?? []
        for (const { rrset } of known) if (rrset.type === type) addresses.push(...rrset.rdata)
      }
    }
  }
  return { names: [...names], addresses: addresses.slice(0, MOST_ADDRESSES) }
}
