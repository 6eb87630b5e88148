/** What must hold at every moment; each says what is wrong, or nothing. */
import { formatIpv4 } from '../../stack/index.ts'
import { leaseClientKey, type DnsRecord, type Lease } from '../../services/index.ts'
import { clientKey } from '../../services/model/index.ts'
import type { Appliance } from '../../services/appliance.ts'
import { reverseName } from '../../services/dns/index.ts'
import type { LoadedSnapshot, Store } from '../../services/storage/store.ts'
import type { ClientLease } from './dhcp-client.ts'
import type { Host } from './hosts.ts'

export type Problem = string | undefined

/** The calendar is read in whole milliseconds on both sides of a restart. */
export const ROUNDING_MS = 2

export const keyOf = (host: Host): string => clientKey(1, host.mac, host.options.clientId)

/** A lease that the server is held to. */
export type Promised = { readonly host: Host; readonly lease: ClientLease }

/** No address is held by two clients that both have an unexpired lease for it. */
export function noAddressHeldTwice(promises: readonly Promised[]): Problem {
  const holders = new Map<number, Host>()
  for (const { host, lease } of promises) {
    const other = holders.get(lease.address)
    if (other !== undefined) return `${formatIpv4(lease.address)} is held by ${other.name} and by ${host.name}`
    holders.set(lease.address, host)
  }
  return undefined
}

/** What an ACK says is on disk when it is heard: the same client, the same address, an end that is not earlier. */
export function ackIsOnDisk(store: Store, host: Host, lease: ClientLease): Problem {
  const row = rowOf(store, lease.address)
  const text = `${host.name} was told ${formatIpv4(lease.address)} until ${lease.expiresWallMs}`
  if (row === undefined || row.state !== 'bound' || leaseClientKey(row) !== keyOf(host)) return `${text}, the disk says ${rowText(row)}`
  if (row.expiresAt !== undefined && row.expiresAt < lease.expiresWallMs - ROUNDING_MS) return `${text}, the disk says until ${row.expiresAt}`
  return undefined
}

/** Whatever a client has been promised is on disk as long as it lasts. */
export function everyHeldLeaseIsOnDisk(store: Store, promises: readonly Promised[]): Problem {
  for (const { host, lease } of promises) {
    const row = rowOf(store, lease.address)
    if (row === undefined || row.state !== 'bound' || leaseClientKey(row) !== keyOf(host))
      return `${host.name} holds ${formatIpv4(lease.address)}, the disk says ${rowText(row)}`
  }
  return undefined
}

const rowOf = (store: Store, address: number): Lease | undefined => store.leases({ address }, 1, undefined)[0]
const rowText = (row: Lease | undefined): string => (row === undefined ? 'nothing' : `${row.state} by ${leaseClientKey(row)}`)

export function oneLeasePerClient(snapshot: LoadedSnapshot): Problem {
  const seen = new Map<string, Lease>()
  for (const lease of bound(snapshot)) {
    const other = seen.get(leaseClientKey(lease))
    if (other !== undefined) return `${leaseClientKey(lease)} is bound to ${formatIpv4(other.address)} and ${formatIpv4(lease.address)}`
    seen.set(leaseClientKey(lease), lease)
  }
  return undefined
}

const bound = (snapshot: LoadedSnapshot): readonly Lease[] => snapshot.leases.filter((lease) => lease.state === 'bound')
const recordsOf = (snapshot: LoadedSnapshot): readonly DnsRecord[] => snapshot.zones.flatMap((zone) => zone.records)
export const recordText = (r: DnsRecord): string => `${r.name} ${r.type} ${r.data}${r.owner.kind === 'lease' ? ` (lease of ${r.owner.address})` : ''}`

/**
 * Each bound lease with a name has one A and one PTR record, the PTR only where nobody made one by hand, which
 * `sinceRenewal` remembers until the lease's next renewal; no other record belongs to a lease; no name is two leases'.
 */
export function namesMatchLeases(snapshot: LoadedSnapshot, sinceRenewal: (reverse: string, address: number) => boolean): Problem {
  const records = recordsOf(snapshot)
  const byHand = new Set(records.filter((r) => r.owner.kind !== 'lease').map((r) => r.name))
  const expected = new Map<string, 'needed' | 'allowed'>()
  const holders = new Map<string, string>()
  for (const lease of bound(snapshot)) {
    const name = lease.publishedName
    if (name === undefined) continue
    const address = formatIpv4(lease.address)
    const other = holders.get(name)
    if (other !== undefined) return `${name} is published for ${other} and for ${address}`
    holders.set(name, address)
    const reverse = reverseName(lease.address)
    expected.set(`${name} A ${address} (lease of ${address})`, 'needed')
    expected.set(`${reverse} PTR ${name} (lease of ${address})`, byHand.has(reverse) || sinceRenewal(reverse, lease.address) ? 'allowed' : 'needed')
  }
  for (const record of records) {
    if (record.owner.kind === 'lease' && !expected.delete(recordText(record))) return `there is a record that no lease accounts for, or a second one: ${recordText(record)}`
  }
  const stale = snapshot.leases.find((lease) => lease.state !== 'bound' && lease.publishedName !== undefined)
  if (stale !== undefined) return `${formatIpv4(stale.address)} is ${stale.state}, but still called ${stale.publishedName}`
  const missing = [...expected].filter(([, need]) => need === 'needed').map(([text]) => text)
  return missing.length === 0 ? undefined : `a lease is bound, but there is no ${missing.join(', ')}`
}

/** RFC 1034 §3.6.2. */
export function aliasesStandAlone(snapshot: LoadedSnapshot): Problem {
  const records = recordsOf(snapshot)
  for (const alias of records.filter((r) => r.type === 'CNAME')) {
    const other = records.find((r) => r.name === alias.name && r !== alias)
    if (other !== undefined) return `${recordText(alias)} stands beside ${recordText(other)}`
  }
  return undefined
}

/** History adds less history removes is what is there, and serials of the history never go back. */
export function historyAccountsForRecords(store: Store, snapshot: LoadedSnapshot): Problem {
  for (const { zone, records } of snapshot.zones) {
    const counted = new Map<string, number>()
    let serial = 0
    for (const change of [...store.recordHistory(zone.id, {}, 1_000_000, undefined)].reverse()) {
      if (change.serial < serial) return `the history of ${zone.name} goes from serial ${serial} to ${change.serial}`
      serial = change.serial
      const text = `${change.name} ${change.type} ${change.data} ${JSON.stringify(change.owner)}`
      counted.set(text, (counted.get(text) ?? 0) + (change.action === 'add' ? 1 : -1))
    }
    for (const r of records) {
      const text = `${r.name} ${r.type} ${r.data} ${JSON.stringify(r.owner)}`
      counted.set(text, (counted.get(text) ?? 0) - 1)
    }
    const off = [...counted].filter(([, count]) => count !== 0)
    if (off.length > 0) return `the history of ${zone.name} and its records differ: ${JSON.stringify(off)}`
  }
  return undefined
}

/** An address has one open holding while it is bound, by whom it is bound, and none otherwise; holdings do not overlap. */
export function holdingsMatchLeases(store: Store, snapshot: LoadedSnapshot): Problem {
  const open = store.leaseHistory({}, 1_000_000, undefined).filter((holding) => holding.to === undefined)
  const leases = new Map(bound(snapshot).map((lease) => [lease.address, lease]))
  for (const holding of open) {
    const lease = leases.get(holding.address)
    if (lease === undefined) return `${formatIpv4(holding.address)} is held in the history by ${holding.mac}, but is not bound`
    if (lease.mac !== holding.mac || lease.clientId !== holding.clientId) return `${formatIpv4(holding.address)} is bound to ${lease.mac}, in the history to ${holding.mac}`
    leases.delete(holding.address)
  }
  const [missing] = leases.values()
  return missing === undefined ? undefined : `${formatIpv4(missing.address)} is bound, but nobody holds it in the history`
}

/** With nothing under way, what is served is what is on disk. */
export function liveIsStored(appliance: Appliance, snapshot: LoadedSnapshot): Problem {
  const list = (rows: Iterable<unknown>): string => [...rows].map((row) => JSON.stringify(row)).sort().join('\n')
  const stored = [...snapshot.leases].map((lease) => ({ ...lease }))
  if (list([...appliance.dhcp.leases()].map(ordered)) !== list(stored.map(ordered))) return 'the live leases are not those on disk'
  for (const { zone, records } of snapshot.zones) {
    const live = appliance.dns.zones.get(zone.name)
    if (live === undefined) return `zone ${zone.name} is not served`
    if (live.zone.serial !== zone.serial) return `zone ${zone.name} is served with serial ${live.zone.serial}, and stored with ${zone.serial}`
    if (live.skipped.length > 0) return `zone ${zone.name} has rows that cannot be served: ${live.skipped.map(recordText).join(', ')}`
    if (list([...live.records()].map(ordered)) !== list(records.map(ordered))) return `the records of ${zone.name} are not those on disk`
  }
  return appliance.dns.zones.size === snapshot.zones.length ? undefined : 'a zone is served that is not stored'
}

/** The same fields in the same order, those that are not there left out. */
const ordered = (row: object): unknown => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Nothing that the wire can fill has grown, and nothing of ours went wrong. */
export function boundedAndWell(appliance: Appliance, hosts: number, addresses: number): Problem {
  const { offers, probes, saves } = appliance.dhcp.underWay
  // A client may leave an offer and a probe behind at every new start until they time out.
  if (offers + probes > addresses) return `${offers} offers and ${probes} probes for ${addresses} addresses`
  if (saves > addresses) return `${saves} addresses being stored of ${addresses}`
  if ([...appliance.dhcp.leases()].length > addresses) return 'more leases than addresses'
  if (appliance.dns.sizes.pending !== 0) return 'questions are under way although there is nobody to ask'
  if (appliance.stack.reassemblyBytes > 0) return 'octets wait for reassembly although nobody sends fragments'
  const [iface] = appliance.stack.interfaces
  const neighbours = iface?.neighbours.list().length ?? 0
  // Damaged ARP packets leave a few that do not exist; the cache's own bound is 1024.
  if (neighbours > addresses + hosts + 100) return `${neighbours} neighbours`
  for (const [layer, name] of [['ethernet', 'fault'], ['ipv4', 'no-room']] as const) {
    const count = appliance.stack.counters[layer]?.get(name) ?? 0
    if (count > 0) return `${layer} ${name}: ${count}`
  }
  if (appliance.dns.counters.get('internal-error') > 0) return 'a DNS query met a bug'
  return undefined
}
