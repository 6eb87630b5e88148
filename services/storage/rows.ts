/** Between rows and the model. Addresses are unsigned in rows and int32 in memory; absent is NULL there, undefined here. */
import { formatIpv4, formatPrefix, type Ipv4, parseIpv4, parsePrefix, type Prefix } from '../../stack/index.ts'
import type {
  CachedUntil, Catalog, DnsRecord, InterfaceProperties, KeyRecord, Lease, NetworkInterface, Primary, PrimaryTls, RecordOwner, RecordState, SealedKey,
  SecondaryZone, SerialPolicy, SigningPolicy, StaticNeighbour, StaticRoute, TransferPolicy, UpdatePolicy, UpdateRule,
  View, Zone, ZoneKey, ZoneSigningPolicy,
} from '../model/index.ts'
import type { HistoryPiece } from '../dns/index.ts'
import { splitZoneText } from '../model/index.ts'
import type { LeaseHolding, RecordChange, StoredEvent } from './store.ts'

export const signed = (address: number): number => address | 0
export const unsigned = (address: number): number => address >>> 0

/** NULL for undefined. */
export const orNull = <T>(value: T | undefined): T | null => value ?? null
export const orUndefined = <T>(value: T | null): T | undefined => value ?? undefined

export type LeaseRow = {
  address: number
  subnet_id: number
  state: Lease['state']
  hardware_type: number
  mac: string
  client_id: string | null
  host_name: string | null
  published_name: string | null
  host_id: number | null
  started_ms: number
  renewed_ms: number
  expires_ms: number | null
  relay_information: string | null
  counted_under: string | null
}
export const leaseOf = (r: LeaseRow): Lease => ({
  address: signed(r.address),
  subnetId: r.subnet_id,
  state: r.state,
  hardwareType: r.hardware_type,
  mac: r.mac,
  clientId: orUndefined(r.client_id),
  hostName: orUndefined(r.host_name),
  publishedName: orUndefined(r.published_name),
  hostId: orUndefined(r.host_id),
  startedAt: r.started_ms,
  renewedAt: r.renewed_ms,
  expiresAt: orUndefined(r.expires_ms),
  relayInformation: orUndefined(r.relay_information),
  countedUnder: r.counted_under === null ? undefined : (JSON.parse(r.counted_under) as readonly string[]),
})

export type HoldingRow = {
  id: number
  address: number
  mac: string
  client_id: string | null
  host_name: string | null
  from_ms: number
  to_ms: number | null
  ended: string | null
}
export const holdingOf = (r: HoldingRow): LeaseHolding => ({
  id: r.id,
  address: signed(r.address),
  mac: r.mac,
  clientId: orUndefined(r.client_id),
  hostName: orUndefined(r.host_name),
  from: r.from_ms,
  to: orUndefined(r.to_ms),
  ended: orUndefined(r.ended),
})

export type ZoneRow = {
  id: number
  name: string
  serial: number
  primary_server: string
  hostmaster: string
  refresh: number
  retry: number
  expire: number
  minimum: number
  default_ttl: number
  soa_ttl: number | null
  serial_policy: SerialPolicy
}
/** Its name is stored with its view. */
export const zoneOf = (r: ZoneRow): Zone => ({
  id: r.id,
  ...splitZoneText(r.name),
  serial: r.serial,
  primaryServer: r.primary_server,
  hostmaster: r.hostmaster,
  refresh: r.refresh,
  retry: r.retry,
  expire: r.expire,
  minimum: r.minimum,
  defaultTtl: r.default_ttl,
  soaTtl: r.soa_ttl ?? undefined,
  ...(r.serial_policy === 'increment' ? {} : { serialPolicy: r.serial_policy }),
})

type OwnerColumns = { owner: RecordOwner['kind']; owner_address: number | null; owner_key: string | null }
function ownerOf(r: OwnerColumns): RecordOwner {
  if (r.owner === 'lease') return { kind: 'lease', address: formatIpv4(signed(r.owner_address ?? 0)) }
  return r.owner === 'update' ? { kind: 'update', key: r.owner_key ?? '' } : { kind: r.owner }
}

/** Columns that records and their history share, in the order in which recordCells gives them. */
export const RECORD_COLUMNS = [
  'zone_id', 'name', 'type', 'ttl', 'data', 'owner', 'owner_address', 'owner_key', 'enabled', 'expires_ms', 'comment',
] as const
export const recordCells = (r: DnsRecord): readonly (string | number | null)[] => [
  r.zoneId,
  r.name,
  r.type,
  r.ttl,
  r.data,
  r.owner.kind,
  r.owner.kind === 'lease' ? unsigned(parseIpv4(r.owner.address) ?? 0) : null,
  r.owner.kind === 'update' ? r.owner.key : null,
  Number(r.enabled),
  orNull(r.expiresAt),
  orNull(r.comment),
]

export type RecordRow = OwnerColumns & {
  id: number
  zone_id: number
  name: string
  type: string
  ttl: number
  data: string
  enabled: number
  expires_ms: number | null
  comment: string | null
}
export const recordOf = (r: RecordRow): DnsRecord => ({
  id: r.id,
  zoneId: r.zone_id,
  name: r.name,
  type: r.type,
  ttl: r.ttl,
  data: r.data,
  owner: ownerOf(r),
  enabled: r.enabled !== 0,
  expiresAt: orUndefined(r.expires_ms),
  comment: orUndefined(r.comment),
})

export type RecordChangeRow = RecordRow & {
  serial: number
  at_ms: number
  action: 'add' | 'remove'
  author: string | null
  serial_before: number | null
}
export const recordChangeOf = (r: RecordChangeRow): RecordChange => ({
  ...recordOf(r),
  at: r.at_ms,
  serial: r.serial,
  action: r.action,
  author: orUndefined(r.author),
})

export const historyRowOf = (r: RecordChangeRow): HistoryPiece['rows'][number] => ({
  name: r.name, type: r.type, ttl: r.ttl, data: r.data, enabled: r.enabled === 1, action: r.action, serial: r.serial,
  serialBefore: orUndefined(r.serial_before),
})

export type EventRow = { id: number; at_ms: number; event: string; facts: string }
export const eventOf = (r: EventRow): StoredEvent => ({
  id: r.id,
  at: r.at_ms,
  event: r.event,
  facts: JSON.parse(r.facts) as StoredEvent['facts'],
})

export type InterfaceRow = {
  name: string
  mac: string
  mtu: number
  peer_mac: string | null
  medium: string
  properties: string
}
/** JSON leaves undefined fields away; reading them gives undefined again. */
export const interfaceOf = (r: InterfaceRow): NetworkInterface => ({
  ...(JSON.parse(r.properties) as InterfaceProperties),
  name: r.name,
  mac: r.mac,
  mtu: r.mtu,
  peerMac: orUndefined(r.peer_mac),
  medium: JSON.parse(r.medium) as NetworkInterface['medium'],
})
/** The columns of an interface in the order of its table. */
export function interfaceColumns(i: NetworkInterface): readonly (string | number | null)[] {
  const { name, mac, mtu, peerMac, medium, ...properties } = i
  return [name, mac, mtu, orNull(peerMac), JSON.stringify(medium), JSON.stringify(properties)]
}

export type RouteRow = {
  id: number
  network: number
  length: number
  gateway: number | null
  interface: string | null
  metric: number
  comment: string | null
}
export const routeOf = (r: RouteRow): StaticRoute => ({
  id: r.id,
  prefix: { network: signed(r.network), length: r.length },
  gateway: r.gateway === null ? undefined : signed(r.gateway),
  interfaceName: orUndefined(r.interface),
  metric: r.metric,
  comment: orUndefined(r.comment),
})

export type NeighbourRow = { interface: string; address: number; mac: string }
export const neighbourOf = (r: NeighbourRow): StaticNeighbour => ({ interfaceName: r.interface, address: signed(r.address), mac: r.mac })

type StoredPrimary = StoredTarget & { readonly tls?: Partial<PrimaryTls> }
/** JSON leaves out what is undefined. */
const tlsOf = ({ serverName, pin, authority }: Partial<PrimaryTls>): PrimaryTls => ({ serverName, pin, authority })
const primariesOf = (stored: readonly StoredPrimary[]): readonly Primary[] =>
  stored.map(({ tls, ...target }) => ({ ...targetOf(target), tls: tls === undefined ? undefined : tlsOf(tls) }))
const storedPrimaries = (primaries: readonly Primary[]): readonly StoredPrimary[] =>
  primaries.map((primary) => ({ ...storedTarget(primary), ...(primary.tls === undefined ? {} : { tls: primary.tls }) }))

export type CatalogRow = { zone_id: number; role: Catalog['role']; primaries: string | null; groups: string }
type StoredGroup = { readonly name: string; readonly primaries: readonly StoredPrimary[] }
export const catalogOf = (r: CatalogRow): Catalog =>
  r.role === 'producer'
    ? { zoneId: r.zone_id, role: 'producer' }
    : {
        zoneId: r.zone_id,
        role: 'consumer',
        primaries: r.primaries === null ? undefined : primariesOf(JSON.parse(r.primaries) as readonly StoredPrimary[]),
        groups: (JSON.parse(r.groups) as readonly StoredGroup[]).map(({ name, primaries }) => ({ name, primaries: primariesOf(primaries) })),
      }
/** In the order of the table. */
export const catalogColumns = (c: Catalog): readonly (string | number | null)[] =>
  c.role === 'producer'
    ? [c.zoneId, c.role, null, '[]']
    : [
        c.zoneId, c.role, c.primaries === undefined ? null : JSON.stringify(storedPrimaries(c.primaries)),
        JSON.stringify(c.groups.map(({ name, primaries }) => ({ name, primaries: storedPrimaries(primaries) }))),
      ]

export type SecondaryRow = { zone_id: number; primaries: string; refreshed_ms: number | null }
export const secondaryOf = (r: SecondaryRow): SecondaryZone => ({
  zoneId: r.zone_id,
  primaries: primariesOf(JSON.parse(r.primaries) as readonly StoredPrimary[]),
  refreshedAt: orUndefined(r.refreshed_ms),
})
/** In the order of the table. */
export const secondaryColumns = (s: SecondaryZone): readonly (string | number | null)[] =>
  [s.zoneId, JSON.stringify(storedPrimaries(s.primaries)), orNull(s.refreshedAt)]

export type TransferPolicyRow = { zone_id: number; prefixes: string; keys: string; tls_only: number; notify: string; notify_servers: number }
/** A server by address and port, and the TSIG key that is shared with it. */
type StoredTarget = { readonly address: string; readonly port: number; readonly key: string | null }
type Target = { readonly address: Ipv4; readonly port: number; readonly key: string | undefined }
const targetOf = ({ address, port, key }: StoredTarget): Target => ({ address: parseIpv4(address) as Ipv4, port, key: orUndefined(key) })
const storedTarget = ({ address, port, key }: Target): StoredTarget => ({ address: formatIpv4(address), port, key: orNull(key) })

export const transferPolicyOf = (r: TransferPolicyRow): TransferPolicy => ({
  zoneId: r.zone_id,
  prefixes: (JSON.parse(r.prefixes) as readonly string[]).map((text) => parsePrefix(text) as Prefix),
  keys: JSON.parse(r.keys) as readonly string[],
  notify: (JSON.parse(r.notify) as readonly StoredTarget[]).map(targetOf),
  notifyServers: r.notify_servers === 1,
  tlsOnly: r.tls_only === 1,
})
/** In the order of the table. */
export function transferPolicyColumns(p: TransferPolicy): readonly (string | number)[] {
  const notify = p.notify.map(storedTarget)
  return [
    p.zoneId, JSON.stringify(p.prefixes.map(formatPrefix)), JSON.stringify(p.keys), JSON.stringify(notify), Number(p.notifyServers), Number(p.tlsOnly),
  ]
}

export type UpdatePolicyRow = { zone_id: number; rules: string }
type StoredUpdateRule = Omit<UpdateRule, 'key' | 'prefix'> & { readonly key: string | null; readonly prefix: string | null }
export const updatePolicyOf = (r: UpdatePolicyRow): UpdatePolicy => ({
  zoneId: r.zone_id,
  rules: (JSON.parse(r.rules) as readonly StoredUpdateRule[]).map(({ key, prefix, ...rule }) => ({
    ...rule,
    key: orUndefined(key),
    prefix: prefix === null ? undefined : (parsePrefix(prefix) as Prefix),
  })),
})
/** The rules as JSON. */
export const updateRulesText = ({ rules }: UpdatePolicy): string =>
  JSON.stringify(rules.map(({ key, prefix, ...rule }): StoredUpdateRule => ({ ...rule, key: orNull(key), prefix: prefix === undefined ? null : formatPrefix(prefix) })))
export type SigningPolicyRow = { zone_id: number; policy: string }
/** One object in JSON: the policy's fields, and what an earlier one left behind. */
export function signingPolicyOf(r: SigningPolicyRow): ZoneSigningPolicy {
  const { cachedUntil = { dnskey: 0, signatures: 0 }, ...policy } = JSON.parse(r.policy) as SigningPolicy & { readonly cachedUntil?: CachedUntil }
  return { zoneId: r.zone_id, policy, cachedUntil }
}
export const signingPolicyText = ({ policy, cachedUntil }: ZoneSigningPolicy): string => JSON.stringify({ ...policy, cachedUntil })

export type DnssecKeyRow = {
  id: number
  zone_id: number
  role: ZoneKey['role']
  algorithm: ZoneKey['algorithm']
  key_tag: number
  dnskey: string
  made_ms: number
  published_ms: number | null
  goal: ZoneKey['goal']
  states: string
  sealed: Uint8Array
}
export const dnssecKeyOf = (r: DnssecKeyRow): SealedKey => ({
  key: {
    id: r.id,
    zoneId: r.zone_id,
    role: r.role,
    algorithm: r.algorithm,
    keyTag: r.key_tag,
    dnskeyRdata: r.dnskey,
    madeAt: r.made_ms,
    publishedAt: r.published_ms,
    goal: r.goal,
    ...(JSON.parse(r.states) as { readonly [R in KeyRecord]: RecordState }),
  },
  sealed: new Uint8Array(r.sealed),
})
/** The columns of a key in the order of its table. */
export function dnssecKeyColumns({ key, sealed }: SealedKey): readonly (string | number | null | Uint8Array)[] {
  const { id, zoneId, role, algorithm, keyTag, dnskeyRdata, madeAt, publishedAt, goal, dnskey, signatures, ds } = key
  const states = JSON.stringify({ dnskey, signatures, ds })
  return [id, zoneId, role, algorithm, keyTag, dnskeyRdata, madeAt, publishedAt, goal, states, Buffer.from(sealed)]
}

export type ViewRow = { name: string; prefixes: string; segments: string; keys: string; comment: string | null }
export const viewOf = (r: ViewRow): View => ({
  name: r.name,
  prefixes: (JSON.parse(r.prefixes) as readonly string[]).map((text) => parsePrefix(text) as Prefix),
  segmentIds: JSON.parse(r.segments) as readonly number[],
  keys: JSON.parse(r.keys) as readonly string[],
  comment: orUndefined(r.comment),
})
/** In the order of the table. */
export const viewCells = (v: View, position: number): readonly (string | number | null)[] =>
  [v.name, position, JSON.stringify(v.prefixes.map(formatPrefix)), JSON.stringify(v.segmentIds), JSON.stringify(v.keys), orNull(v.comment)]
