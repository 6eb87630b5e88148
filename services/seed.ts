/**
 * What the settings put into the database: the subnet, its pools, the zone of lease names with its reverse zone, and the
 * zones of master files. The database is the truth after the first start; a setting acts again only when it has changed
 * since it acted last, so that what was edited through the API stays. Pure: returns the writes, which are one transaction.
 */
import { formatIpv4, formatPrefix, type Ipv4, type Prefix } from '../stack/index.ts'
import { err, ok, type Result } from '../stack/platform/index.ts'
import { FORWARDING_SETTING } from './commands/route-commands.ts'
import { NOTHING_YET } from './commands/secondary-commands.ts'
import type { Settings } from './config/settings.ts'
import { formatUpstream, parseZoneFile, reverseName, reverseZoneName, serialAfter, type ParsedZoneFile } from './dns/index.ts'
import { DEFAULT_POLICY, DEFAULT_QUERY_LOG, DEFAULT_SITE, EMPTY_LEVEL, PLAIN_RECORD, QUERY_LOG_SETTING, queryLogSettings, type DnsRecord, type OptionSet, type Segment, type Subnet, type Zone, zoneText } from './model/index.ts'
import type { Snapshot, Write } from './storage/store.ts'

/** A master file as read by the shell. */
export type ZoneFileText = { readonly zone: string; readonly path: string; readonly text: string; readonly sha256: string }

export type SeedFault = { readonly problem: string; readonly remedy: string }

/** What the settings last put in; kept in the table of settings under 'seed'. */
type Seeded = {
  readonly subnetId: number
  readonly poolIds: readonly number[]
  readonly subnet: string
  readonly pools: string
  readonly zones: string
  /** Not there when the setting came later than the database. */
  readonly forwarding?: Settings['forwarding']
  readonly localRoot?: string
  readonly queryLog?: Settings['queryLog']
}

const SOA_TIMES = { refresh: 3_600, retry: 600, expire: 604_800, minimum: 60, defaultTtl: 300 } as const

/** The writes that bring the database to the settings; empty when nothing changed. */
export function seed(snapshot: Snapshot, settings: Settings, files: readonly ZoneFileText[], now: number): Result<readonly Write[], SeedFault> {
  const planner = new Planner(snapshot, now)
  const before = readSeeded(snapshot)
  const subnetId = before?.subnetId ?? planner.ids.subnet()
  const stored = snapshot.dhcp.subnets.find((each) => each.id === subnetId)
  const segment = segmentOf(settings, snapshot.dhcp.segments.find((each) => each.id === stored?.segmentId) ?? planner.ids.segment())
  const subnet = subnetOf(subnetId, segment.id, settings)
  const subnetText = seedText(settings)
  const poolsText = settings.pool.map((p) => `${formatIpv4(p.first)}-${formatIpv4(p.last)}`).join(',')
  const zonesText = `${settings.domain ?? 'none'} ${formatIpv4(settings.address.address)} ${formatPrefix(settings.address.prefix)}`
  if (before?.subnet !== subnetText) {
    planner.writes.push({ kind: 'dhcp-put', what: 'segments', item: segment }, { kind: 'dhcp-put', what: 'subnets', item: subnet })
  }
  let poolIds = before?.poolIds ?? []
  if (before?.pools !== poolsText) {
    for (const id of poolIds) planner.writes.push({ kind: 'dhcp-remove', what: 'pools', id })
    poolIds = settings.pool.map((range) => {
      const id = planner.ids.pool()
      const { first, last } = range
      const item = { id, subnetId, first, last, allow: [], deny: [], allocator: 'free-queue', level: EMPTY_LEVEL } as const
      planner.writes.push({ kind: 'dhcp-put', what: 'pools', item })
      return id
    })
  }
  if (before?.zones !== zonesText && settings.domain !== undefined) planner.ownZones(settings.domain, settings.address)
  const { forwarding } = settings
  if (forwarding !== (before?.forwarding ?? 'no')) planner.writes.push({ kind: 'setting', name: FORWARDING_SETTING, value: forwarding })
  const localRoot = (settings.localRoot ?? []).map(formatUpstream).join(',')
  if (localRoot !== (before?.localRoot ?? '')) planner.localRoot(settings.localRoot)
  const { queryLog } = settings
  if (queryLog !== (before?.queryLog ?? DEFAULT_QUERY_LOG.mode)) {
    const kept = queryLogSettings(snapshot.settings.get(QUERY_LOG_SETTING))
    planner.writes.push({ kind: 'setting', name: QUERY_LOG_SETTING, value: JSON.stringify({ ...kept, mode: queryLog }) })
  }
  const seeded: Seeded = {
    subnetId, poolIds, subnet: subnetText, pools: poolsText, zones: zonesText, forwarding, ...(localRoot === '' ? {} : { localRoot }),
    ...(queryLog === DEFAULT_QUERY_LOG.mode ? {} : { queryLog }),
  }
  const text = JSON.stringify(seeded)
  if (snapshot.settings.get('seed') !== text) planner.writes.push({ kind: 'setting', name: 'seed', value: text })
  for (const file of files) {
    if (snapshot.settings.get(`zone-file:${file.zone}`) === file.sha256) continue
    const fault = planner.zoneFile(file, settings.address.address)
    if (fault !== undefined) return err(fault)
  }
  return ok(planner.writes)
}

function readSeeded(snapshot: Snapshot): Seeded | undefined {
  const text = snapshot.settings.get('seed')
  if (text === undefined) return undefined
  const seeded = JSON.parse(text) as Seeded
  return seeded.subnet.startsWith('{') ? { ...seeded, subnet: textOfSubnet(seeded.subnet) } : seeded
}

/** Until there were segments, the subnet itself was kept: what the settings were follows from it. */
function textOfSubnet(kept: string): string {
  const subnet = JSON.parse(kept) as {
    readonly interfaceName: string
    readonly prefix: Prefix
    readonly leaseSeconds: number
    readonly domain?: string
    readonly options: OptionSet
  }
  const { interfaceName, prefix, leaseSeconds, domain, options } = subnet
  return JSON.stringify([interfaceName, formatPrefix(prefix), leaseSeconds, domain ?? null, options])
}

/** The segment of the link; what was said at it through the API stays. */
const segmentOf = (s: Settings, present: Segment | number): Segment =>
  typeof present === 'number'
    ? {
        id: present,
        siteId: DEFAULT_SITE.id,
        name: s.link,
        interfaceName: s.link,
        relays: [],
        domain: undefined,
        policy: DEFAULT_POLICY,
        level: EMPTY_LEVEL,
      }
    : { ...present, interfaceName: s.link }

function subnetOf(id: number, segmentId: number, s: Settings): Subnet {
  const leaseTimes = { leaseSeconds: s.leaseTime, minSeconds: Math.min(60, s.leaseTime), maxSeconds: Math.max(86_400, s.leaseTime) }
  return { id, segmentId, prefix: s.address.prefix, domain: s.domain, level: { options: optionsOf(s), leaseTimes, boot: {} } }
}

function optionsOf(s: Settings): OptionSet {
  const options: { [name: string]: OptionSet[string] } = { 'domain-name-servers': [formatIpv4(s.address.address)] }
  if (s.gateway !== undefined) options['routers'] = [formatIpv4(s.gateway)]
  if (s.domain !== undefined) {
    options['domain-name'] = s.domain
    options['domain-search'] = [s.domain]
  }
  return options
}

/** The settings that make segment and subnet. */
const seedText = (s: Settings): string =>
  JSON.stringify([s.link, formatPrefix(s.address.prefix), s.leaseTime, s.domain ?? null, optionsOf(s)])

class Planner {
  readonly writes: Write[] = []
  readonly ids: { readonly [K in 'segment' | 'subnet' | 'pool' | 'zone' | 'record']: () => number }
  readonly #snapshot: Snapshot
  readonly #now: number

  constructor(snapshot: Snapshot, now: number) {
    this.#snapshot = snapshot
    this.#now = now
    const counter = (last: number) => (): number => ++last
    const last = snapshot.lastIds
    this.ids = { segment: counter(last.dhcp.segments), subnet: counter(last.dhcp.subnets), pool: counter(last.dhcp.pools), zone: counter(last.zone), record: counter(last.record) }
  }

  /** The zone of lease names and the reverse zone, with the appliance's own records in them. */
  ownZones(domain: string, own: { readonly address: Ipv4; readonly prefix: Prefix }): void {
    const server = `taproot.${domain}`
    this.#systemRecords(domain, server, [
      { name: domain, type: 'NS', data: server },
      { name: server, type: 'A', data: formatIpv4(own.address) },
    ])
    const reverse = reverseZoneName(own.prefix)
    this.#systemRecords(reverse, server, [
      { name: reverse, type: 'NS', data: server },
      { name: reverseName(own.address), type: 'PTR', data: server },
    ])
  }

  /** The root as a secondary zone, for recursion (RFC 8806). A root zone that is ours stays what it is. */
  localRoot(servers: Settings['localRoot']): void {
    const existing = this.#found('.')?.zone
    const copy = this.#snapshot.secondaries.find(({ zoneId }) => zoneId === existing?.id)
    if (existing !== undefined && copy === undefined) return
    if (servers === undefined) {
      if (existing !== undefined) this.writes.push({ kind: 'zone-remove', id: existing.id })
      return
    }
    const zone: Zone = existing ?? { ...NOTHING_YET, id: this.ids.zone(), name: '.' }
    if (existing === undefined) this.writes.push({ kind: 'zone-put', zone })
    const primaries = servers.map(({ address, port }) => ({ address, port, key: undefined, tls: undefined }))
    this.writes.push({ kind: 'secondary-put', secondary: { zoneId: zone.id, primaries, refreshedAt: copy?.refreshedAt } })
  }

  #found(name: string): { readonly zone: Zone; readonly records: Iterable<DnsRecord> } | undefined {
    return this.#snapshot.zones.find((entry) => zoneText(entry.zone) === name)
  }

  #systemRecords(name: string, server: string, wanted: readonly Pick<DnsRecord, 'name' | 'type' | 'data'>[]): void {
    const existing = this.#found(name)
    const zone: Zone = existing?.zone ?? {
      id: this.ids.zone(),
      name,
      serial: 1,
      primaryServer: server,
      hostmaster: `hostmaster.${server.slice(server.indexOf('.') + 1)}`,
      ...SOA_TIMES,
    }
    if (existing === undefined) this.writes.push({ kind: 'zone-put', zone })
    this.#replace(zone, [...(existing?.records ?? [])].filter((record) => record.owner.kind === 'system'), wanted.map((record) => ({
      ...record,
      ttl: zone.defaultTtl,
      owner: { kind: 'system' },
    })))
  }

  #replace(zone: Zone, remove: readonly DnsRecord[], add: readonly Pick<DnsRecord, 'name' | 'type' | 'data' | 'ttl' | 'owner'>[]): void {
    const records = add.map((record) => ({ ...record, id: this.ids.record(), zoneId: zone.id, ...PLAIN_RECORD }))
    const edit = { zoneId: zone.id, serialBefore: zone.serial, serialAfter: serialAfter(zone.serial), remove, add: records }
    this.writes.push({ kind: 'zone-edit', at: this.#now, edit })
  }

  /** Replaces the records that came from the file before; those of other owners stay. */
  zoneFile(file: ZoneFileText, own: Ipv4): SeedFault | undefined {
    const parsed = parseZoneFile(file.text, file.zone)
    if (!parsed.ok) {
      const { line, column, problem, remedy } = parsed.error
      return { problem: `${file.path}, line ${line}, column ${column}: ${problem}`, remedy }
    }
    const existing = this.#found(file.zone)
    const zone = zoneFrom(parsed.value, file.zone, existing?.zone ?? { id: this.ids.zone(), serial: 0 })
    this.writes.push({ kind: 'zone-put', zone })
    const add: Pick<DnsRecord, 'name' | 'type' | 'data' | 'ttl' | 'owner'>[] = parsed.value.records.map((record) => ({ ...record, owner: { kind: 'file' } }))
    const hasServer = add.some((record) => record.type === 'NS' && record.name.toLowerCase() === file.zone)
    if (!hasServer) add.push({ name: file.zone, type: 'NS', data: zone.primaryServer, ttl: zone.defaultTtl, owner: { kind: 'file' } })
    if (zone.primaryServer === `taproot.${file.zone}` && !add.some((record) => record.name.toLowerCase() === zone.primaryServer))
      add.push({ name: zone.primaryServer, type: 'A', data: formatIpv4(own), ttl: zone.defaultTtl, owner: { kind: 'file' } })
    this.#replace(zone, [...(existing?.records ?? [])].filter((record) => record.owner.kind === 'file'), add)
    this.writes.push({ kind: 'setting', name: `zone-file:${file.zone}`, value: file.sha256 })
    return undefined
  }
}

function zoneFrom(parsed: ParsedZoneFile, name: string, existing: { readonly id: number; readonly serial: number }): Zone {
  const soa = parsed.soa
  return {
    id: existing.id,
    name,
    primaryServer: soa?.primaryServer ?? `taproot.${name}`,
    hostmaster: soa?.hostmaster ?? `hostmaster.${name}`,
    refresh: soa?.refresh ?? SOA_TIMES.refresh,
    retry: soa?.retry ?? SOA_TIMES.retry,
    expire: soa?.expire ?? SOA_TIMES.expire,
    minimum: soa?.minimum ?? SOA_TIMES.minimum,
    defaultTtl: parsed.defaultTtl ?? SOA_TIMES.defaultTtl,
    soaTtl: soa?.soaTtl,
    // #replace moves the serial once more, so the file's own serial is what the zone ends up with where it is newer.
    serial: Math.max(existing.serial, (soa?.serial ?? 1) - 1),
  }
}
