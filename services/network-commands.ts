/**
 * The administrator's commands on the network side, part by part. One at a time: each is checked against the live state,
 * made durable in one transaction, and takes effect between two packets. A refusal leaves everything as it was.
 */
import type { Ipv4, Stack } from '../stack/index.ts'
import type { Clock, SecureRandom } from '../stack/platform/index.ts'
import { CacheCommands } from './commands/cache-commands.ts'
import { DiagnosticCommands } from './commands/diagnostic-commands.ts'
import { DhcpCommands } from './commands/dhcp-commands.ts'
import { DnsCommands } from './commands/dns-commands.ts'
import { ForwarderCommands } from './commands/forwarder-commands.ts'
import { InterfaceCommands } from './commands/interface-commands.ts'
import { LinkCommands } from './commands/link-commands.ts'
import { ListCommands } from './commands/list-commands.ts'
import { pausesOf, PAUSES_SETTING, PolicyCommands } from './commands/policy-commands.ts'
import { RouteCommands } from './commands/route-commands.ts'
import { QueryLogCommands } from './commands/query-log-commands.ts'
import { CatalogCommands } from './commands/catalog-commands.ts'
import { SecondaryCommands } from './commands/secondary-commands.ts'
import { SigningCommands } from './commands/signing-commands.ts'
import { StatusCommands } from './commands/status-commands.ts'
import { OtherServerCommands } from './commands/other-server-commands.ts'
import type { CommandTurns } from './commands/turns.ts'
import { TransferCommands } from './commands/transfer-commands.ts'
import { TrustAnchorCommands } from './commands/trust-anchor-commands.ts'
import { TsigKeyCommands } from './commands/tsig-key-commands.ts'
import { UpdateCommands } from './commands/update-commands.ts'
import { UplinkCommands } from './commands/uplink-commands.ts'
import { ZoneEditCommands } from './commands/zone-edit-commands.ts'
import { ZoneEditor } from './commands/zone-editor.ts'
import { ViewCommands } from './commands/view-commands.ts'
import type { Coexistence } from './dhcp/coexist/index.ts'
import type { DhcpServer } from './dhcp/index.ts'
import type { DnsServer, Notifier, Secondaries } from './dns/index.ts'
import type { Interfaces } from './links/interfaces.ts'
import type { StaticNeighbours } from './links/static-neighbours.ts'
import type { StaticRoutes } from './links/static-routes.ts'
import type { DhcpConfiguration, LeaseChange } from './model/index.ts'
import type { NetworkSide } from './network-side.ts'
import { policyEngine } from './policies/engine.ts'
import { LivePolicies } from './policies/live-policies.ts'
import type { CommitQueue, Settled } from './storage/commit-queue.ts'
import type { Snapshot, Transaction } from './storage/store.ts'
import type { Uplinks } from './uplinks.ts'
import type { SignedZones } from './zone-signing/signed-zones.ts'
import type { ZoneBook } from './zone-book.ts'

export type NetworkCommandsOptions = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly stack: Stack
  readonly interfaces: Interfaces
  readonly routes: StaticRoutes
  readonly neighbours: StaticNeighbours
  readonly dhcp: DhcpServer
  readonly dns: DnsServer
  readonly zones: ZoneBook
  readonly turns: CommandTurns
  readonly signedZones: SignedZones
  readonly notifier: Notifier
  readonly secondaries: Secondaries
  readonly uplinks: Uplinks
  readonly coexistence: Coexistence
  readonly ownAddress: Ipv4
  readonly configuration: DhcpConfiguration
  /** As it was at the start. */
  readonly snapshot: Snapshot
  readonly nextRecordId: () => number
  readonly submit: (transaction: Transaction, settled: Settled) => void
  readonly commits: CommitQueue
  /** Hears of leases that are on disk. */
  readonly watchLeases: (watch: (changes: readonly LeaseChange[]) => void) => void
  readonly onClose: (end: () => void) => void
}

export function networkCommands(o: NetworkCommandsOptions): NetworkSide {
  const { turns } = o
  const { lastIds, tsigKeys, transferPolicies, updatePolicies, views, forwardRules, catalogs, catalogMembers } = o.snapshot
  let lastZoneId = lastIds.zone
  const nextZoneId = (): number => ++lastZoneId
  const dhcp = new DhcpCommands({ ...o, lastIds, turns })
  const editor = new ZoneEditor({ ...o, turns })
  const dns = new DnsCommands({ ...o, turns, editor, nextZoneId, configuration: () => dhcp.current })
  const interfaces = new InterfaceCommands({ ...o, turns, configuration: () => dhcp.current })
  const routes = new RouteCommands({ ...o, turns, lastRouteId: lastIds.route })
  const diagnostics = new DiagnosticCommands({ ...o, configuration: () => dhcp.current })
  const uplinks = new UplinkCommands(o)
  const otherServers = new OtherServerCommands(o)
  const { lists, policies } = policyCommands(o, dhcp)
  o.onClose(() => o.dns.trust.close())
  return {
    dhcp, dns, signing: new SigningCommands(o), zoneEdits: new ZoneEditCommands({ ...o, turns, editor }), tsigKeys: new TsigKeyCommands({ ...o, tsigKeys, turns }), transfers: new TransferCommands({ ...o, transferPolicies, turns }),
    updates: new UpdateCommands({ ...o, updatePolicies, turns }), views: new ViewCommands({ ...o, views, turns, configuration: () => dhcp.current }),
    trustAnchors: new TrustAnchorCommands({ ...o, trust: o.dns.trust, turns }),
    forwarders: new ForwarderCommands({ ...o, forwardRules, lastForwardRuleId: lastIds.forwardRule, turns, configuration: () => dhcp.current }),
    cache: new CacheCommands(o),
    lists, policies, secondaries: new SecondaryCommands({ ...o, nextZoneId, turns }),
    catalogs: new CatalogCommands({ ...o, catalogs, catalogMembers, editor, nextZoneId, turns }), interfaces, routes, links: new LinkCommands({ ...o, turns }), diagnostics, uplinks, otherServers, queryLog: new QueryLogCommands(o), status: new StatusCommands(o),
  }
}

function policyCommands(o: NetworkCommandsOptions, dhcp: DhcpCommands): Pick<NetworkSide, 'lists' | 'policies'> {
  const configuration = (): DhcpConfiguration => dhcp.current
  const { lastIds, policy, settings } = o.snapshot
  const engine = policyEngine(o)
  o.onClose(() => engine.close())
  const live = new LivePolicies({
    ...o, engine, stored: policy, pauses: pausesOf(settings.get(PAUSES_SETTING)), configuration, leases: () => o.dhcp.leases(),
  })
  o.onClose(() => live.close())
  o.watchLeases((changes) => live.leasesChanged(changes))
  o.dns.onSubnetsChanged.push(() => live.clientsChanged())
  const policies = new PolicyCommands({ ...o, policies: live, lastRuleId: lastIds.policyRule, configuration })
  o.onClose(() => policies.close())
  return { lists: new ListCommands({ ...o, policies: live }), policies }
}
