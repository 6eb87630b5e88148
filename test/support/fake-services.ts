/**
 * The services layer in memory, for tests of the admin API and the command line: small rules, no wire, no storage.
 * What it refuses is what those tests need to see refused; the real rules are tested with the services.
 */
import type {
  Answer,
  DecisionFilter,
  DecisionView,
  ExplanationView, QueryExplanationView,
  HealthView,
  HistoryFilter,
  LeaseFilter,
  LeaseFormat,
  LeaseHistoryView,
  LeaseImportView,
  LeaseView,
  Page,
  Paging,
  RecordFilter,
  RecordHistoryView,
  RecordInput,
  RecordTypeView,
  RecordView,
  Services,
  StatisticsView,
  ZoneInput,
  ZoneView,
} from '../../services/index.ts'
import { FakeInterfaces, FakeRoutes } from './fake-links.ts'
import { fieldsOf, TYPE_FORMS } from '../../services/dns/index.ts'
import { type Refusal, refusal } from '../../services/index.ts'
import { parseIpv4 } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { fakeDhcp } from './fake-dhcp.ts'

import { FakeNeighbours } from './fake-neighbours.ts'
import { FakeCertificates } from './fake-certificates.ts'
import { FakeDiagnostics } from './fake-diagnostics.ts'
import { FakeCatalogs } from './fake-catalogs.ts'
import { FakeSecondaries } from './fake-secondaries.ts'
import { FakeSigning } from './fake-signing.ts'
import { FakeTransfers } from './fake-transfers.ts'
import { FakeZoneContents } from './fake-zone-contents.ts'
import { FakeTsigKeys } from './fake-tsig-keys.ts'
import { FakeUpdates } from './fake-updates.ts'
import { FakeCache } from './fake-cache.ts'
import { FakeForwarders } from './fake-forwarders.ts'
import { FakePolicies } from './fake-policies.ts'
import { FakeTrustAnchors } from './fake-trust-anchors.ts'
import { FakeQueryLog } from './fake-query-log.ts'
import { FakeViews } from './fake-views.ts'
import { FakeOtherServers, FakeUplinks } from './fake-uplinks.ts'

const AT = '2026-11-22T03:11:00.000Z'

const lease = (last: number, change: Partial<LeaseView> = {}): LeaseView => ({
  address: `10.53.0.${last}`,
  subnet: '10.53.0.0/24',
  state: 'bound',
  mac: `02:00:0a:35:00:${last.toString(16).padStart(2, '0')}`,
  clientId: null,
  clientIdText: null,
  hostName: `host-${last}`,
  name: `host-${last}.lab.internal`,
  hostId: null,
  startedAt: AT,
  renewedAt: AT,
  expiresAt: '2026-11-22T04:11:00.000Z',
  ...change,
})

const decision = (id: number): DecisionView => ({
  id,
  at: AT,
  kind: 'dhcp',
  interface: 'lan0',
  mac: '02:00:0a:35:00:64',
  clientId: null,
  address: id % 2 === 0 ? '10.53.0.100' : null,
  hostName: null,
  received: 'DISCOVER',
  sent: id % 2 === 0 ? 'OFFER' : 'none',
  steps: [
    {
      id: 'dhcp.subnet.selected',
      text: 'subnet 10.53.0.0/24 because the request came in on lan0',
      facts: { subnet: '10.53.0.0/24', tries: 1, free: null },
    },
  ],
})

const missing = (what: string): Result<never, Refusal> =>
  err(refusal('not-found', '', `${what} does not exist`, 'List what there is to see what can be named.'))

const has = (filter: object, item: object): boolean =>
  Object.entries(filter).every(
    ([key, wanted]) => wanted === undefined || (item as Record<string, unknown>)[key] === wanted,
  )

/** Items after the one that `after` names by its place. */
function paged<T>(items: readonly T[], { limit, after }: Paging): Result<Page<T>, Refusal> {
  const from = after === undefined ? 0 : Number(after)
  if (!Number.isInteger(from) || from < 0) {
    return err(
      refusal('invalid', '/after', `"${after ?? ''}" is not where a page ends`, 'Use "next" of the page before.'),
    )
  }
  const end = from + limit
  return ok({ items: items.slice(from, end), next: end < items.length ? String(end) : null })
}

type Row = { readonly id: number }

export class FakeServices implements Services {
  readonly status = this
  readonly leases = this
  readonly dhcp = fakeDhcp(() => this.refuseChanges)
  readonly dns = this
  readonly zoneContents = new FakeZoneContents()
  readonly interfaces = new FakeInterfaces()
  readonly routes = new FakeRoutes()
  readonly links = new FakeNeighbours(() => this.refuseChanges)
  readonly diagnostics = new FakeDiagnostics()
  readonly uplinks = new FakeUplinks()
  readonly tsigKeys = new FakeTsigKeys()
  readonly signing = new FakeSigning()
  readonly certificates = new FakeCertificates()
  readonly transfers = new FakeTransfers()
  readonly updates = new FakeUpdates()
  readonly queryLog = new FakeQueryLog()
  readonly views = new FakeViews()
  readonly policies = new FakePolicies()
  readonly forwarders = new FakeForwarders()
  readonly cache = new FakeCache()
  readonly trustAnchors = new FakeTrustAnchors()
  readonly secondaries = new FakeSecondaries()
  readonly catalogs = new FakeCatalogs()
  readonly otherServers = new FakeOtherServers()
  readonly reasons = this

  leaseList: LeaseView[] = [
    ...Array.from({ length: 5 }, (_, i) => lease(100 + i)),
    lease(120, { state: 'expired', name: null, hostName: null, expiresAt: null }),
  ]
  zones: ZoneView[] = []
  records: RecordView[] = []
  changes: (RecordHistoryView & { readonly zone: string })[] = []
  decisions: DecisionView[] = Array.from({ length: 4 }, (_, i) => decision(i + 1))
  healthStatus: HealthView['status'] = 'ok'
  /** When set, every action throws it, as a defect would. */
  defect: Error | undefined
  /** When set, every change is refused with it, as failing storage would. */
  refuseChanges: Refusal | undefined
  #id = 0

  async health(): Promise<HealthView> {
    if (this.defect !== undefined) throw this.defect
    return {
      status: this.healthStatus,
      version: '0.1.0',
      startedAt: AT,
      checks: [{ name: 'storage', status: this.healthStatus, detail: 'last commit took 2 ms' }],
    }
  }

  async statistics(all: boolean): Answer<StatisticsView> {
    return ok({ dhcp: { received: 12, ...(all ? { unanswered: 0 } : {}) }, dns: { queries: 34 } })
  }

  async listLeases(filter: LeaseFilter, paging: Paging): Answer<Page<LeaseView>> {
    if (this.defect !== undefined) throw this.defect
    return paged(
      this.leaseList.filter(item => has(filter, item)),
      paging,
    )
  }

  async getLease(address: string): Answer<LeaseView> {
    const found = this.leaseList.find(item => item.address === address)
    return found === undefined ? missing(`a lease of ${address}`) : ok(found)
  }

  async releaseLease(address: string): Answer<LeaseView> {
    if (this.refuseChanges !== undefined) return err(this.refuseChanges)
    const found = await this.getLease(address)
    if (!found.ok) return found
    if (found.value.state !== 'bound') {
      return err(refusal('conflict', '/address', `${address} is not leased now`, 'Only a bound lease can be released.'))
    }
    const released: LeaseView = { ...found.value, state: 'released', name: null }
    this.leaseList = this.leaseList.map(item => (item.address === address ? released : item))
    return ok(released)
  }

  async importLeases(_format: LeaseFormat, text: string, dryRun: boolean): Answer<LeaseImportView> {
    if (this.refuseChanges !== undefined) return err(this.refuseChanges)
    return ok({ dryRun, taken: text.split('\n').length, notes: [{ line: 1, problem: 'held', remedy: 'release it' }] })
  }

  async forceRenewLease(address: string): Answer<LeaseView> {
    if (this.refuseChanges !== undefined) return err(this.refuseChanges)
    return this.getLease(address)
  }

  async leaseHistory({ at, ...filter }: HistoryFilter, paging: Paging): Answer<Page<LeaseHistoryView>> {
    const held = this.leaseList
      .filter(item => has(filter, item))
      .map(({ address, mac, clientId, hostName, startedAt, state }) => ({
        address,
        mac,
        clientId,
        hostName,
        from: startedAt,
        to: state === 'bound' ? null : AT,
        ended: state === 'bound' ? null : state,
      }))
    const then = at ?? AT
    return paged(held.filter(({ from, to }) => from <= then && (at === undefined || to === null || to > then)), paging)
  }

  async listZones(): Answer<readonly ZoneView[]> {
    return ok(this.zones)
  }

  async getZone(name: string): Answer<ZoneView> {
    const found = this.zones.find(zone => zone.name === name)
    return found === undefined ? missing(`the zone ${name}`) : ok(found)
  }

  async addZone(input: ZoneInput): Answer<ZoneView> {
    const there = this.zones.some(zone => zone.name === input.name)
    const problem = there
      ? refusal('conflict', '/name', `${input.name} exists`, 'Change that zone, or choose another name.')
      : undefined
    const { primaryServer, hostmaster, soaTtl, view, ...rest } = input
    return this.#add(
      this.zones,
      {
        ...rest,
        view: view ?? null,
        serial: 1,
        role: 'primary',
        records: 1,
        primaryServer: primaryServer ?? `ns.${input.name}`,
        hostmaster: hostmaster ?? `hostmaster.${input.name}`,
        soaTtl: soaTtl ?? input.defaultTtl,
      },
      problem,
    )
  }

  async changeZone(name: string, change: Partial<Omit<ZoneInput, 'name'>>): Answer<ZoneView> {
    const found = await this.getZone(name)
    if (!found.ok) return found
    const kept = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null))
    return this.#change(this.zones, found.value.id, { ...kept, serial: found.value.serial + 1 }, 'zone')
  }

  async removeZone(name: string): Answer<null> {
    const found = await this.getZone(name)
    return found.ok ? this.#remove(this.zones, found.value.id, 'zone') : found
  }

  async listRecords(zone: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordView>> {
    const found = await this.getZone(zone)
    if (!found.ok) return found
    const wanted = { ...filter, ...(filter.name === undefined ? {} : { name: fullName(filter.name, zone) }) }
    return paged(
      this.records.filter(record => record.zone === zone && has(wanted, record)),
      paging,
    )
  }

  async getRecord(zone: string, id: number): Answer<RecordView> {
    return this.#get(
      this.records.filter(record => record.zone === zone),
      id,
      'record',
    )
  }

  /** Both forms, as far as one of them is given. */
  #dataOf({ type, data, fields }: RecordInput): Pick<RecordView, 'data' | 'fields'> {
    return { data: data ?? '', fields: fields ?? (data === null ? null : fieldsOf(type, data) ?? null) }
  }

  async recordTypes(): Answer<readonly RecordTypeView[]> {
    return ok(TYPE_FORMS)
  }

  async addRecord(zone: string, input: RecordInput): Answer<RecordView> {
    const found = await this.getZone(zone)
    if (!found.ok) return found
    const { ptr: _ptr, ...given } = input
    const record = {
      ...given,
      ...this.#dataOf(input),
      zone,
      name: fullName(input.name, zone),
      ttl: input.ttl ?? found.value.defaultTtl,
      owner: 'hand',
      enabled: input.enabled ?? true,
      expiresAt: input.expiresAt ?? null,
    }
    const added = this.#add(this.records, record, checkRecord(input))
    if (added.ok)
      this.changes.unshift({
        zone,
        at: AT,
        serial: 2,
        action: 'add',
        name: record.name,
        type: record.type,
        ttl: record.ttl,
        data: record.data,
        owner: 'hand',
        by: null,
      })
    return added
  }

  async changeRecord(zone: string, id: number, change: Partial<RecordInput>): Answer<RecordView> {
    const found = await this.getRecord(zone, id)
    if (!found.ok) return found
    const { ttl, name, ptr: _ptr, data, fields, ...rest } = change
    const changed = {
      ...rest,
      ...(data == null ? {} : { data }),
      ...(fields == null ? {} : { fields }),
      ...(name === undefined ? {} : { name: fullName(name, zone) }),
      ...(typeof ttl === 'number' ? { ttl } : {}),
    }
    return this.#change(this.records, id, changed, 'record', checkRecord)
  }

  async removeRecord(zone: string, id: number): Answer<null> {
    const found = await this.getRecord(zone, id)
    return found.ok ? this.#remove(this.records, id, 'record') : found
  }

  async recordHistory(zone: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordHistoryView>> {
    const wanted = this.changes.filter(change => change.zone === zone && has(filter, change))
    return paged(
      wanted.map(({ zone: _, ...change }) => change),
      paging,
    )
  }

  async exportZone(name: string): Answer<string> {
    const found = await this.getZone(name)
    if (!found.ok) return found
    const rows = this.records
      .filter(record => record.zone === name)
      .map(record => `${record.name}. ${record.ttl} IN ${record.type} ${record.data}\n`)
    return ok(`$ORIGIN ${name}.\n${rows.join('')}`)
  }

  async listDecisions({ until = AT, ...filter }: DecisionFilter, paging: Paging): Answer<Page<DecisionView>> {
    return paged(
      this.decisions.filter(item => has(filter, item) && item.at <= until),
      paging,
    )
  }

  async getDecision(id: number): Answer<DecisionView> {
    return this.#get(this.decisions, id, 'decision')
  }

  async explainQuery({ name, type = 'A', client = undefined }: { readonly name: string; readonly type?: string | undefined; readonly client?: string | undefined }): Answer<QueryExplanationView> {
    return ok({
      name, type, client: client ?? null, view: null, rcode: 'NOERROR', answers: [`${name} 300 IN ${type} 192.0.2.1`], origin: 'network', authentic: true, rule: null,
      cache: { state: 'miss', ageSeconds: null, leftSeconds: null, source: null },
      servers: [{ server: '192.0.2.53', zone: 'example', name, type, outcome: 'answered', tookMs: 12, text: '192.0.2.53 answered after 12 ms: rrset' }],
      validation: [], steps: [], lines: [`${name} ${type}: NOERROR, validated (from: other servers)`],
    })
  }

  async explain(subject: string): Answer<ExplanationView> {
    const leases = this.leaseList.filter(item => [item.address, item.mac, item.hostName].includes(subject))
    if (leases.length === 0) return missing(subject)
    const kind = parseIpv4(subject) !== undefined ? 'address' : subject.includes(':') ? 'mac' : 'name'
    const lines = leases.map(item => `${item.address} is ${item.state} to ${item.mac}`)
    return ok({ subject, kind, lines, leases, history: [], records: [], decisions: this.decisions })
  }

  #get<T extends Row>(rows: readonly T[], id: number, what: string): Result<T, Refusal> {
    const found = rows.find(row => row.id === id)
    return found === undefined ? missing(`${what} ${id}`) : ok(found)
  }

  #add<T extends Row>(rows: T[], input: Omit<T, 'id'>, problem: Refusal | undefined): Result<T, Refusal> {
    const refused = this.refuseChanges ?? problem
    if (refused !== undefined) return err(refused)
    const row = { id: ++this.#id, ...input } as T
    rows.push(row)
    return ok(row)
  }

  #change<T extends Row>(
    rows: T[],
    id: number,
    change: Partial<NoInfer<T>>,
    what: string,
    check?: (row: T) => Refusal | undefined,
  ): Result<T, Refusal> {
    const at = rows.findIndex(row => row.id === id)
    const before = rows[at]
    if (before === undefined) return missing(`${what} ${id}`)
    const after = { ...before, ...change }
    const refused = this.refuseChanges ?? check?.(after)
    if (refused !== undefined) return err(refused)
    rows[at] = after
    return ok(after)
  }

  #remove<T extends Row>(rows: T[], id: number, what: string): Result<null, Refusal> {
    const at = rows.findIndex(row => row.id === id)
    if (at < 0) return missing(`${what} ${id}`)
    if (this.refuseChanges !== undefined) return err(this.refuseChanges)
    rows.splice(at, 1)
    return ok(null)
  }
}

const fullName = (name: string, zone: string): string =>
  name === '@' ? zone : name.endsWith('.') ? name.slice(0, -1) : `${name}.${zone}`

const checkRecord = (input: Pick<RecordInput, 'type' | 'data'>): Refusal | undefined =>
  input.type === 'A' && input.data !== null && parseIpv4(input.data) === undefined
    ? refusal('invalid', '/data', `"${input.data}" is not an IPv4 address`, 'Four octets from 0 to 255, as 10.53.0.20.')
    : undefined
