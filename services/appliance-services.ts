/**
 * The facade's implementation on the main thread, part by part: commands go to the network side, which owns the live
 * state; listings of what is stored come from a reader of its own, so that they never hold up a packet.
 */
import type { Clock } from '../stack/platform/index.ts'
import { ApplianceDhcp } from './administration/dhcp-services.ts'
import { ApplianceDiagnostics } from './administration/diagnostic-services.ts'
import { ApplianceDns } from './administration/dns-services.ts'
import { ApplianceCache } from './administration/cache-services.ts'
import { ApplianceForwarders } from './administration/forwarder-services.ts'
import { ApplianceInterfaces, type Devices } from './administration/interface-services.ts'
import { ApplianceLeases } from './administration/lease-services.ts'
import { ApplianceLinks } from './administration/link-services.ts'
import { ApplianceOtherServers } from './administration/other-server-services.ts'
import { AppliancePolicies } from './administration/policy-services.ts'
import { ApplianceQueryLog, type QueryLogPort } from './administration/query-log-services.ts'
import { ApplianceReasons } from './administration/reason-services.ts'
import { ApplianceRoutes } from './administration/route-services.ts'
import { ApplianceCatalogs } from './administration/catalog-services.ts'
import { ApplianceSecondaries } from './administration/secondary-services.ts'
import { ApplianceSigning } from './administration/signing-services.ts'
import { ApplianceStatus } from './administration/status-services.ts'
import { ApplianceTransfers } from './administration/transfer-services.ts'
import { ApplianceTrustAnchors } from './administration/trust-anchor-services.ts'
import { ApplianceTsigKeys } from './administration/tsig-key-services.ts'
import { ApplianceUpdates } from './administration/update-services.ts'
import { ApplianceUplinks } from './administration/uplink-services.ts'
import { ApplianceZoneContents } from './administration/zone-contents-services.ts'
import { ApplianceViews } from './administration/view-services.ts'
import type { CertificateServices, HealthView, Services } from './facade.ts'
import type { NetworkSide } from './network-side.ts'
import type { ListKeeper } from './policy-lists/list-keeper.ts'
import type { DecisionStore } from './storage/decisions.ts'
import type { StoreReader } from './storage/store.ts'

export type ApplianceServicesOptions = {
  readonly network: NetworkSide
  readonly reader: StoreReader
  readonly decisions: DecisionStore
  readonly queryLog: QueryLogPort
  readonly devices: Devices
  readonly certificates: CertificateServices
  readonly listKeeper: Pick<ListKeeper, 'look' | 'refresh' | 'isFetching'>
  readonly clock: Clock
  readonly version: string
  /** What the threads report of themselves: worker restarts, dropped decisions. */
  readonly supervision: () => HealthView['checks']
}

export function applianceServices(o: ApplianceServicesOptions): Services {
  const dhcp = new ApplianceDhcp(o)
  const services: Services = {
    status: new ApplianceStatus({ ...o, dhcp }),
    leases: new ApplianceLeases(o),
    dhcp,
    dns: new ApplianceDns(o),
    zoneContents: new ApplianceZoneContents(o),
    tsigKeys: new ApplianceTsigKeys(o),
    signing: new ApplianceSigning(o),
    transfers: new ApplianceTransfers(o),
    secondaries: new ApplianceSecondaries(o),
    catalogs: new ApplianceCatalogs(o),
    certificates: o.certificates,
    updates: new ApplianceUpdates(o),
    views: new ApplianceViews(o),
    forwarders: new ApplianceForwarders(o),
    policies: new AppliancePolicies(o),
    cache: new ApplianceCache(o),
    trustAnchors: new ApplianceTrustAnchors(o),
    interfaces: new ApplianceInterfaces(o),
    routes: new ApplianceRoutes(o),
    links: new ApplianceLinks(o),
    diagnostics: new ApplianceDiagnostics(o),
    uplinks: new ApplianceUplinks(o),
    otherServers: new ApplianceOtherServers(o),
    queryLog: new ApplianceQueryLog(o),
    reasons: new ApplianceReasons({ ...o, services: () => services }),
  }
  return services
}
