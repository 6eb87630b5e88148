/** Leases, zones and records for tests of what lies between DHCP, DNS and storage. */
import { formatIpv4, ipv4 } from '../../stack/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL, PLAIN_RECORD } from '../../services/index.ts'
import type { DnsRecord, Lease, LeaseChange, Segment, Subnet, Zone, ZoneEdit } from '../../services/index.ts'

export const NOON = Date.UTC(2026, 0, 1, 12)
export const ADDRESS = '10.53.0.100'

/** Bound, to the client of this MAC, from NOON for an hour. */
export const lease = (address: string, change: Partial<Omit<Lease, 'address'>> = {}): Lease => ({
  address: ipv4(address),
  subnetId: 1,
  state: 'bound',
  hardwareType: 1,
  mac: '02:00:00:00:00:01',
  clientId: undefined,
  hostName: undefined,
  publishedName: undefined,
  hostId: undefined,
  startedAt: NOON,
  renewedAt: NOON,
  expiresAt: NOON + 3_600_000,
  relayInformation: undefined,
  countedUnder: undefined,
  ...change,
})

export const change = (before: Lease | undefined, after: Lease, because = 'dhcp.lease.bound'): LeaseChange => ({ before, after, because })
/** The same lease after its client gave it back. */
export const released = (held: Lease): LeaseChange =>
  change(held, { ...held, state: 'released', publishedName: undefined }, 'dhcp.lease.released')

export const SEGMENT: Segment = {
  id: 1,
  siteId: 1,
  name: 'lan',
  interfaceName: 'taproot0',
  relays: [],
  domain: undefined,
  policy: DEFAULT_POLICY,
  level: EMPTY_LEVEL,
}
export const SUBNET: Subnet = {
  id: 1,
  segmentId: 1,
  prefix: { network: ipv4('10.53.0.0'), length: 24 },
  domain: 'lab.internal',
  level: { options: {}, leaseTimes: { leaseSeconds: 3600, minSeconds: 60, maxSeconds: 86_400 }, boot: {} },
}

export const zone = (name: string, id: number, serial = 1): Zone => ({
  id,
  name,
  serial,
  primaryServer: 'taproot.lab.internal',
  hostmaster: 'hostmaster.lab.internal',
  refresh: 3600,
  retry: 600,
  expire: 604_800,
  minimum: 60,
  defaultTtl: 300,
})
export const FORWARD = zone('lab.internal', 1)
export const REVERSE = zone('0.53.10.in-addr.arpa', 2)

export const record = (id: number, name: string, type: string, data: string, rest: Partial<DnsRecord> = {}): DnsRecord => ({
  id,
  zoneId: name.endsWith('.arpa') ? REVERSE.id : FORWARD.id,
  name,
  type,
  ttl: 300,
  data,
  owner: { kind: 'hand' },
  ...PLAIN_RECORD,
  ...rest,
})
export const leaseRecord = (id: number, name: string, type: string, data: string, address: string): DnsRecord =>
  record(id, name, type, data, { ttl: 60, owner: { kind: 'lease', address } })

/** "+ alpha.lab.internal A 10.53.0.100", removals first. */
export const editLines = (edits: readonly Pick<ZoneEdit, 'remove' | 'add'>[]): readonly string[] =>
  edits.flatMap(({ remove, add }) => [...remove.map((r) => `- ${recordLine(r)}`), ...add.map((r) => `+ ${recordLine(r)}`)])
export const recordLine = (r: Pick<DnsRecord, 'name' | 'type' | 'data'>): string => `${r.name} ${r.type} ${r.data}`
export const addressText = (held: Lease): string => formatIpv4(held.address)
