/**
 * What the thread that owns the network can be asked by the others. Every command is checked against the live state, is
 * made durable, takes effect between two packets, and only then is answered. Arguments and results are plain data,
 * because they cross threads.
 */
import type { Ipv4 } from '../stack/index.ts'
import type {
  Answer, CachedView, CacheQuery, CacheStatsView, CaptureInput, CatalogInput, CatalogMemberInput, CatalogView, DhcpClientView, ForwarderInput, ForwarderQuestion, ForwarderTestView, ForwarderView, InterfaceView, KeyImportInput, NegativeTrustAnchorInput, NegativeTrustAnchorView, NeighbourView, NotifyInput, NotifyView,
  OtherServerView, Page, Paging, PastUpdateView, PingEventView, PingInput, RecordInput, RecordStep, RouteView,
  RoutingView, SecondaryInput, SecondaryView, SigningInput, SigningView, SocketFilter, SocketView, StatisticsView,
  Streaming, TracerouteEventView, TracerouteInput, TransferPolicyView, TrustAnchorInput, TrustAnchorView, TsigKeyInput, TsigKeyView, UpdatePolicyView, ZoneDigestView, ViewView,
} from './facade.ts'
import type { DescribedClient, EffectiveSettings, ExhaustedSegment, ForeignLease, ImportedLeases, WhatIf, WhatIfQuestion } from './dhcp/index.ts'
import type { SoaChange } from './commands/zone-editor.ts'
import type { NewRecord } from './dns/index.ts'
import type { TapHandle } from './links/media.ts'
import type { ListSide, PolicySide } from './policies/side.ts'
import type {
  DhcpConfiguration, DhcpItem, DhcpKind, DnsRecord, InterfaceProperties, KeyRole, Lease, NetworkInterface, QueryLogSettings,
  StaticRoute, Subnet, TraceStep, TsigKey, Warning, Zone, ZoneEdit,
} from './model/index.ts'

export type New<T> = Omit<T, 'id'>
export type Change<T> = Partial<New<T>>

/** How the network side is doing, for health. */
export type NetworkHealth = {
  /** Segments whose clients go without an address, in words. */
  readonly exhausted: readonly string[]
  /** The last fault of storage; undefined while commits succeed. */
  readonly storageFault: string | undefined
  readonly transactionsUnderWay: number
  /** Zones served, and stored records that could not be served because they are not well formed. */
  readonly zones: { readonly served: number; readonly skippedRecords: number }
  /** Zones that are signed, keys that cannot be read, and zones whose parent is to have other DS records. */
  readonly signing: { readonly signed: number; readonly unreadable: readonly string[]; readonly waiting: readonly string[] }
  /** Servers that are forwarded to: how many, which of them fail and why, and which strip signatures, so that what they say is not validated. */
  readonly upstreams: { readonly configured: number; readonly failing: readonly string[]; readonly unsigned: readonly string[] }
  /** How many there are, and those that are to be up and are not, in words. */
  readonly interfaces: { readonly configured: number; readonly down: readonly string[] }
  /** How many interfaces get their address by DHCP, and those that have none from a server now, in words. */
  readonly uplinks: { readonly configured: number; readonly without: readonly string[] }
  /** DHCP servers that are not meant to be there, and interfaces on which we are silent because of one. */
  readonly otherServers: { readonly seen: readonly string[]; readonly silentOn: readonly string[] }
}

export type NameExplanation = {
  readonly rcode: string
  readonly answers: readonly string[]
  readonly steps: readonly TraceStep[]
  /** Names whose records are in the answer. */
  readonly owners: readonly string[]
  /** What the client sees. */
  readonly view: string | undefined
  /** Who would ask; undefined: nobody in particular. */
  readonly client?: string | undefined
  /** Where the answer comes from. */
  readonly origin: 'own' | 'special-use' | 'cache' | 'network' | 'stale' | 'policy' | 'failure' | 'refused'
  readonly authentic: boolean
}

/** What was put, and what about it is legal but looks like a slip; fields point into the entry. */
export type Put<T> = { readonly item: T; readonly warnings: readonly Warning[] }
/** Where a subnet belongs: to a segment, to that of an interface (made if there is none), or to one of its own. */
export type SubnetPlace = { readonly segmentId: number } | { readonly interfaceName: string } | { readonly alone: true }

export type Replaced = {
  readonly changes: readonly { readonly kind: DhcpKind; readonly id: number; readonly how: 'added' | 'changed' | 'removed' }[]
  readonly warnings: readonly Warning[]
}

export interface DhcpSide {
  releaseLease(address: Ipv4): Answer<Lease>
  /** Takes leases of another server over in one transaction; with `dryRun` only says what would be taken. */
  importLeases(rows: readonly ForeignLease[], dryRun: boolean): Answer<ImportedLeases>
  forceRenewLease(address: Ipv4): Answer<Lease>
  configuration(): Answer<DhcpConfiguration>
  /** Segments whose clients go without an address now. */
  exhausted(): Answer<readonly ExhaustedSegment[]>
  /** Ids up to these are or were in use. */
  lastIds(): Answer<{ readonly [K in DhcpKind]: number }>
  /** Puts a whole configuration in the place of the present one; with `dryRun` only says what would change. */
  replace(next: DhcpConfiguration, dryRun: boolean): Answer<Replaced>
  effectiveSettings(client: DescribedClient): Answer<EffectiveSettings>
  whatIf(question: WhatIfQuestion): Answer<WhatIf>
  add<K extends DhcpKind>(kind: K, item: New<DhcpItem<K>>): Answer<Put<DhcpItem<K>>>
  change<K extends DhcpKind>(kind: K, id: number, change: Change<DhcpItem<K>>): Answer<Put<DhcpItem<K>>>
  remove(kind: DhcpKind, id: number): Answer<null>
  addSubnet(subnet: Omit<Subnet, 'id' | 'segmentId'>, place: SubnetPlace): Answer<Put<Subnet>>
  placeSubnet(id: number, change: Change<Subnet>, place: SubnetPlace): Answer<Put<Subnet>>
}

export interface DnsSide {
  zones(): Answer<readonly Zone[]>
  addZone(zone: Omit<Zone, 'id' | 'serial'>): Answer<Zone>
  changeZone(name: string, change: Partial<Omit<Zone, 'id' | 'serial' | 'name'>>): Answer<Zone>
  removeZone(name: string): Answer<null>
  addRecord(zone: string, record: RecordInput, author?: string): Answer<DnsRecord>
  changeRecord(zone: string, id: number, change: Partial<RecordInput>, author?: string): Answer<DnsRecord>
  removeRecord(zone: string, id: number, author?: string, ptr?: boolean): Answer<null>
  /** The zone as a master file with what DNSSEC adds to it. */
  exportSigned(name: string): Answer<string>
  /** `client`: who asks; somebody in no view unless said. */
  /** `fresh`: others are asked even where the cache has an answer. */
  explainName(name: string, type: string, client?: Ipv4, fresh?: boolean): Answer<NameExplanation>
}

/** One edit of one zone: what goes and comes by id, what a person asks for step by step, and the SOA. */
export type ZoneEditInput = {
  /** Refused as 'changed' when the zone has another serial. */
  readonly ifSerial?: number | undefined
  readonly removeIds: readonly number[]
  readonly add: readonly NewRecord[]
  readonly steps: readonly RecordStep[]
  readonly soa?: SoaChange | undefined
  readonly author?: string | undefined
  readonly dryRun: boolean
}
/** How many rows it has, and the first thousand of either kind. */
export type ZoneEdited = Pick<ZoneEdit, 'serialBefore' | 'serialAfter' | 'remove' | 'add'> & {
  readonly removed: number
  readonly added: number
}

export interface ZoneEditSide {
  editZone(zone: string, input: ZoneEditInput): Answer<ZoneEdited>
}

export interface TransferSide {
  transferPolicy(zone: string): Answer<TransferPolicyView>
  zoneDigest(zone: string): Answer<ZoneDigestView>
  setTransferPolicy(zone: string, policy: TransferPolicyView): Answer<TransferPolicyView>
  notifyPolicy(zone: string): Answer<NotifyView>
  setNotifyPolicy(zone: string, input: NotifyInput): Answer<NotifyView>
  notifyNow(zone: string): Answer<NotifyView>
}

export interface UpdateSide {
  updatePolicy(zone: string): Answer<UpdatePolicyView>
  setUpdatePolicy(zone: string, policy: UpdatePolicyView): Answer<UpdatePolicyView>
  recentUpdates(zone: string): Answer<readonly PastUpdateView[]>
}

export interface CatalogSide {
  catalog(zone: string): Answer<CatalogView>
  setCatalog(zone: string, input: CatalogInput): Answer<CatalogView>
  removeCatalog(zone: string): Answer<null>
  setCatalogMember(catalog: string, zone: string, input: CatalogMemberInput): Answer<CatalogView>
  removeCatalogMember(catalog: string, zone: string): Answer<null>
}

export interface SecondarySide {
  secondary(zone: string): Answer<SecondaryView>
  setSecondary(zone: string, input: SecondaryInput): Answer<SecondaryView>
  promote(zone: string): Answer<null>
  refreshSecondary(zone: string, full: boolean): Answer<SecondaryView>
}

export interface SigningSide {
  signing(zone: string): Answer<SigningView>
  setSigning(zone: string, input: SigningInput): Answer<SigningView>
  rollKeys(zone: string, role: KeyRole | null): Answer<SigningView>
  confirmDs(zone: string, by: 'hand' | 'asking'): Answer<SigningView>
  importKeys(zone: string, input: KeyImportInput): Answer<SigningView>
}

export interface ViewSide {
  views(): Answer<readonly ViewView[]>
  setViews(views: readonly ViewView[]): Answer<readonly ViewView[]>
}

export interface ForwarderSide {
  forwarders(): Answer<readonly ForwarderView[]>
  addForwarder(input: ForwarderInput): Answer<ForwarderView>
  changeForwarder(id: number, change: Partial<ForwarderInput>): Answer<ForwarderView>
  removeForwarder(id: number): Answer<null>
  testForwarder(id: number, question: ForwarderQuestion): Answer<readonly ForwarderTestView[]>
}

export interface TrustAnchorSide {
  trustAnchors(): Answer<readonly TrustAnchorView[]>
  addTrustAnchor(input: TrustAnchorInput): Answer<TrustAnchorView>
  changeTrustAnchor(id: number, change: Partial<Omit<TrustAnchorInput, 'zone'>>): Answer<TrustAnchorView>
  removeTrustAnchor(id: number): Answer<null>
  negativeTrustAnchors(): Answer<readonly NegativeTrustAnchorView[]>
  addNegativeTrustAnchor(input: NegativeTrustAnchorInput): Answer<NegativeTrustAnchorView>
  removeNegativeTrustAnchor(zone: string): Answer<null>
}

export interface TsigKeySide {
  tsigKeys(): Answer<readonly TsigKeyView[]>
  addTsigKey(key: TsigKeyInput): Answer<TsigKey>
  removeTsigKey(name: string): Answer<null>
}

/** `device` is the TAP device that the main thread has opened. */
export interface InterfaceSide {
  interfaces(): Answer<readonly InterfaceView[]>
  /** The same as they are stored. */
  plans(): Answer<readonly NetworkInterface[]>
  /** Whether it could be added, before a device is made for it. */
  checkInterface(added: NetworkInterface): Answer<null>
  addInterface(added: NetworkInterface, device: TapHandle | undefined): Answer<null>
  changeInterface(name: string, change: Partial<InterfaceProperties>, device: TapHandle | undefined): Answer<null>
  removeInterface(name: string): Answer<null>
}

export interface RouteSide {
  routes(): Answer<readonly RouteView[]>
  addRoute(route: New<StaticRoute>): Answer<StaticRoute>
  changeRoute(id: number, change: Change<StaticRoute>): Answer<StaticRoute>
  removeRoute(id: number): Answer<null>
  routing(): Answer<RoutingView>
  changeRouting(change: Partial<RoutingView>): Answer<RoutingView>
}

export interface LinkSide {
  neighbours(): Answer<readonly NeighbourView[]>
  /** Without an interface: the one on whose link the address is. */
  addNeighbour(interfaceName: string | undefined, address: Ipv4, mac: string): Answer<NeighbourView>
  /** Static or not. Without an interface: the only one that knows it. */
  removeNeighbour(interfaceName: string | undefined, address: Ipv4): Answer<null>
  /** Forgets all but the static ones, and says how many that were. */
  flushNeighbours(interfaceName: string | undefined): Answer<number>
}

export interface UplinkSide {
  dhcpClient(interfaceName: string): Answer<DhcpClientView>
  renewDhcpClient(interfaceName: string): Answer<DhcpClientView>
  releaseDhcpClient(interfaceName: string): Answer<DhcpClientView>
}

export interface OtherServerSide {
  otherServers(): Answer<readonly OtherServerView[]>
  searchOtherServers(): Answer<null>
  /** The link of an interface was put into a network that may be somebody else's, or taken out of it. */
  linkShared(interfaceName: string, shared: boolean): Answer<null>
}

export interface QueryLogSide {
  /** Makes it durable; whoever writes the log is told by who asked. */
  setQueryLog(settings: QueryLogSettings): Answer<null>
}

export interface StatusSide {
  statistics(all: boolean): Answer<StatisticsView>
  health(): Answer<NetworkHealth>
}

export interface CacheSide {
  cached(query: CacheQuery, paging: Paging): Answer<Page<CachedView>>
  flushCache(query: CacheQuery): Answer<{ readonly flushed: number }>
  cacheStats(): Answer<CacheStatsView>
}

export interface DiagnosticSide {
  ping(input: PingInput): Streaming<PingEventView>
  traceroute(input: TracerouteInput): Streaming<TracerouteEventView>
  capture(input: CaptureInput): Streaming<Uint8Array>
  sockets(filter: SocketFilter, paging: Paging): Answer<Page<SocketView>>
}

export type NetworkSide = {
  readonly dhcp: DhcpSide
  readonly dns: DnsSide
  readonly zoneEdits: ZoneEditSide
  readonly tsigKeys: TsigKeySide
  readonly signing: SigningSide
  readonly transfers: TransferSide
  readonly updates: UpdateSide
  readonly views: ViewSide
  readonly lists: ListSide
  readonly policies: PolicySide
  readonly forwarders: ForwarderSide
  readonly cache: CacheSide
  readonly trustAnchors: TrustAnchorSide
  readonly secondaries: SecondarySide
  readonly catalogs: CatalogSide
  readonly interfaces: InterfaceSide
  readonly routes: RouteSide
  readonly links: LinkSide
  readonly diagnostics: DiagnosticSide
  readonly uplinks: UplinkSide
  readonly otherServers: OtherServerSide
  readonly queryLog: QueryLogSide
  readonly status: StatusSide
}

/** The commands of each part by name, for the message channel between threads. */
export const NETWORK_COMMANDS = {
  dhcp: [
    'releaseLease',
    'importLeases',
    'forceRenewLease',
    'configuration',
    'exhausted',
    'lastIds',
    'replace',
    'effectiveSettings',
    'whatIf',
    'add',
    'change',
    'remove',
    'addSubnet',
    'placeSubnet',
  ],
  dns: [
    'zones',
    'addZone',
    'changeZone',
    'removeZone',
    'addRecord',
    'changeRecord',
    'removeRecord',
    'exportSigned',
    'explainName',
  ],
  zoneEdits: ['editZone'],
  tsigKeys: ['tsigKeys', 'addTsigKey', 'removeTsigKey'],
  catalogs: ['catalog', 'setCatalog', 'removeCatalog', 'setCatalogMember', 'removeCatalogMember'],
  secondaries: ['secondary', 'setSecondary', 'promote', 'refreshSecondary'],
  signing: ['signing', 'setSigning', 'rollKeys', 'confirmDs', 'importKeys'],
  transfers: ['transferPolicy', 'zoneDigest', 'setTransferPolicy', 'notifyPolicy', 'setNotifyPolicy', 'notifyNow'],
  updates: ['updatePolicy', 'setUpdatePolicy', 'recentUpdates'],
  views: ['views', 'setViews'],
  lists: ['lists', 'addList', 'changeList', 'removeList', 'wantedLists', 'listFetched', 'loadList'],
  policies: [
    'rules', 'addRule', 'removeRule', 'policies', 'setPolicies', 'hostGroups', 'putHostGroup', 'removeHostGroup', 'pauses', 'pause', 'resume', 'check',
  ],
  cache: ['cached', 'flushCache', 'cacheStats'],
  forwarders: ['forwarders', 'addForwarder', 'changeForwarder', 'removeForwarder', 'testForwarder'],
  trustAnchors: [
    'trustAnchors', 'addTrustAnchor', 'changeTrustAnchor', 'removeTrustAnchor', 'negativeTrustAnchors', 'addNegativeTrustAnchor', 'removeNegativeTrustAnchor',
  ],
  interfaces: ['interfaces', 'plans', 'checkInterface', 'addInterface', 'changeInterface', 'removeInterface'],
  routes: ['routes', 'addRoute', 'changeRoute', 'removeRoute', 'routing', 'changeRouting'],
  links: ['neighbours', 'addNeighbour', 'removeNeighbour', 'flushNeighbours'],
  diagnostics: ['ping', 'traceroute', 'capture', 'sockets'],
  uplinks: ['dhcpClient', 'renewDhcpClient', 'releaseDhcpClient'],
  otherServers: ['otherServers', 'searchOtherServers', 'linkShared'],
  queryLog: ['setQueryLog'],
  status: ['statistics', 'health'],
} as const satisfies { readonly [P in keyof NetworkSide]: readonly (keyof NetworkSide[P])[] }

/** Those of them that are answered by a stream. */
export const NETWORK_STREAMS = { diagnostics: ['ping', 'traceroute', 'capture'] } as const satisfies {
  readonly [P in keyof NetworkSide]?: readonly (keyof NetworkSide[P])[]
}
