/** All that the network side keeps live, read from the database. Rows that may be a million come one by one. */
import type { Database } from 'better-sqlite3'
import { type CatalogMember, DHCP_KINDS, type DhcpConfiguration, type DnsRecord, type Lease, type TsigKey } from '../model/index.ts'
import { DHCP_TABLES } from './dhcp-rows.ts'
import {
  hostGroupOf, listStateOf, policyListOf, policyOf, policyRuleOf,
  type HostGroupRow, type ListStateRow, type PolicyListRow, type PolicyRow, type PolicyRuleRow,
} from './policy-rows.ts'
import {
  dnssecKeyOf,
  interfaceOf,
  leaseOf,
  neighbourOf,
  recordOf,
  routeOf,
  catalogOf,
  secondaryOf,
  signingPolicyOf,
  transferPolicyOf,
  updatePolicyOf,
  viewOf,
  zoneOf,
  type DnssecKeyRow,
  type InterfaceRow,
  type LeaseRow,
  type NeighbourRow,
  type RecordRow,
  type RouteRow,
  type CatalogRow,
  type SecondaryRow,
  type SigningPolicyRow,
  type TransferPolicyRow,
  type UpdatePolicyRow,
  type ViewRow,
  type ZoneRow,
} from './rows.ts'
import { forwardRuleOf, type ForwardRuleRow } from './forward-rows.ts'
import { trustSnapshot } from './trust-rows.ts'
import type { LoadedSnapshot, Snapshot } from './store.ts'

/** A zone that holds more than one in so many of all records is read in the order of the table, without the sorting. */
const LARGE_PART = 8

/** Leases and records are read while they are walked through, and read anew for every walk. */
export function snapshotOf(db: Database): Snapshot {
  const counts = db.prepare('SELECT zone_id AS zone, count(*) AS records FROM records GROUP BY zone_id').all() as { zone: number; records: number }[]
  const total = counts.reduce((sum, count) => sum + count.records, 0)
  const isLarge = (zoneId: number): boolean =>
    (counts.find((count) => count.zone === zoneId)?.records ?? 0) * LARGE_PART > total
  const all = <T>(sql: string): T[] => db.prepare(sql).all() as T[]
  const last = (table: string, column = 'id'): number =>
    (db.prepare(`SELECT coalesce(max(${column}), 0) AS id FROM ${table}`).get() as { id: number }).id
  return {
    dhcp: dhcpOf(db),
    leases: { [Symbol.iterator]: () => leaseRows(db) },
    zones: all<ZoneRow>('SELECT * FROM zones ORDER BY id').map((row) => ({
      zone: zoneOf(row),
      records: { [Symbol.iterator]: () => recordRows(db, row.id, isLarge(row.id)) },
    })),
    interfaces: all<InterfaceRow>('SELECT * FROM interfaces ORDER BY name').map(interfaceOf),
    routes: all<RouteRow>('SELECT * FROM routes ORDER BY id').map(routeOf),
    neighbours: all<NeighbourRow>('SELECT * FROM neighbours ORDER BY interface, address').map(neighbourOf),
    tsigKeys: all<TsigKey>('SELECT name, algorithm, secret FROM tsig_keys ORDER BY name'),
    transferPolicies: all<TransferPolicyRow>('SELECT * FROM zone_transfers ORDER BY zone_id').map(transferPolicyOf),
    updatePolicies: all<UpdatePolicyRow>('SELECT * FROM zone_updates ORDER BY zone_id').map(updatePolicyOf),
    catalogs: all<CatalogRow>('SELECT * FROM catalogs ORDER BY zone_id').map(catalogOf),
    catalogMembers: all<CatalogMember>('SELECT zone_id AS zoneId, catalog_id AS catalogId, label FROM catalog_members ORDER BY zone_id'),
    secondaries: all<SecondaryRow>('SELECT * FROM zone_secondaries ORDER BY zone_id').map(secondaryOf),
    signingPolicies: all<SigningPolicyRow>('SELECT * FROM zone_signing ORDER BY zone_id').map(signingPolicyOf),
    dnssecKeys: all<DnssecKeyRow>('SELECT * FROM dnssec_keys ORDER BY id').map(dnssecKeyOf),
    views: all<ViewRow>('SELECT * FROM views ORDER BY position').map(viewOf),
    policy: {
      lists: all<PolicyListRow>('SELECT * FROM policy_lists ORDER BY name').map(policyListOf),
      states: all<ListStateRow>('SELECT * FROM policy_list_states ORDER BY name').map(listStateOf),
      rules: all<PolicyRuleRow>('SELECT * FROM policy_rules ORDER BY id').map(policyRuleOf),
      policies: all<PolicyRow>('SELECT * FROM policies ORDER BY position').map(policyOf),
      groups: all<HostGroupRow>('SELECT * FROM host_groups ORDER BY name').map(hostGroupOf),
    },
    forwardRules: all<ForwardRuleRow>('SELECT * FROM forward_rules ORDER BY id').map(forwardRuleOf),
    trust: trustSnapshot(all),
    settings: new Map(all<{ name: string; value: string }>('SELECT name, value FROM settings').map((r) => [r.name, r.value])),
    lastIds: {
      // What is gone may still be named by a lease or a history, which must not become another's.
      dhcp: {
        sites: last('sites'),
        segments: last('segments'),
        subnets: Math.max(last('subnets'), last('leases', 'subnet_id')),
        pools: last('pools'),
        classes: last('classes'),
        hosts: Math.max(last('hosts'), last('leases', 'host_id')),
        optionDefinitions: last('option_definitions'),
      },
      zone: Math.max(last('zones'), last('record_history', 'zone_id')),
      record: last('records'),
      route: last('routes'),
      forwardRule: last('forward_rules'),
      trustAnchor: last('trust_anchors'),
      dnssecKey: last('dnssec_keys'),
      policyRule: last('policy_rules'),
    },
  }
}

/** The same with all rows in hand. */
export function loadedSnapshot(snapshot: Snapshot): LoadedSnapshot {
  const zones = snapshot.zones.map(({ zone, records }) => ({ zone, records: [...records] }))
  return { ...snapshot, leases: [...snapshot.leases], zones }
}

function* leaseRows(db: Database): Iterator<Lease> {
  for (const row of db.prepare('SELECT * FROM leases').iterate()) yield leaseOf(row as LeaseRow)
}

export function* recordRows(db: Database, zoneId: number, large: boolean): Iterator<DnsRecord> {
  const rows = db.prepare(`SELECT * FROM records ${large ? 'NOT INDEXED' : ''} WHERE zone_id = ? ORDER BY id`).iterate(zoneId)
  for (const row of rows) yield recordOf(row as RecordRow)
}

function dhcpOf(db: Database): DhcpConfiguration {
  const entries = DHCP_KINDS.map((kind) => {
    const { table, item } = DHCP_TABLES[kind]
    return [kind, db.prepare(`SELECT * FROM ${table} ORDER BY id`).all().map((row) => item(row as never))]
  })
  return Object.fromEntries(entries) as DhcpConfiguration
}
