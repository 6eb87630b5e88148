/** Zones and records. */
import { ok } from '../../stack/platform/index.ts'
import type { Answer, DnsServices, Page, Paging, RecordFilter, RecordHistoryView, RecordInput, RecordTypeView, RecordView, ZoneInput, ZoneView } from '../facade.ts'
import { type Zone, zoneText } from '../model/index.ts'
import type { NetworkSide } from '../network-side.ts'
import type { StoreReader } from '../storage/store.ts'
import { formatZone, TYPE_FORMS } from '../dns/index.ts'
import { recordChangeView, recordView, zoneView } from '../views.ts'
import { badCursor, canonical, cursorOf, given, none, notFound, pageOf, pick } from './inputs.ts'

export type ApplianceDnsOptions = {
  readonly network: NetworkSide
  readonly reader: StoreReader
}

export class ApplianceDns implements DnsServices {
  readonly #o: ApplianceDnsOptions

  constructor(options: ApplianceDnsOptions) {
    this.#o = options
  }

  async recordTypes(): Answer<readonly RecordTypeView[]> {
    return ok(TYPE_FORMS)
  }

  async listZones(): Answer<readonly ZoneView[]> {
    const zones = await this.#o.network.dns.zones()
    return zones.ok ? ok(zones.value.map((zone) => this.#zoneView(zone))) : zones
  }

  async getZone(name: string): Answer<ZoneView> {
    const zone = await this.#zone(name)
    return zone.ok ? ok(this.#zoneView(zone.value)) : zone
  }

  async addZone(input: ZoneInput): Answer<ZoneView> {
    const name = input.name.toLowerCase().replace(/\.$/, '')
    const added = await this.#o.network.dns.addZone({
      ...input,
      name,
      primaryServer: input.primaryServer ?? `taproot.${name}`,
      hostmaster: input.hostmaster ?? `hostmaster.${name}`,
      soaTtl: none(input.soaTtl),
      view: none(input.view),
    })
    return added.ok ? ok(this.#zoneView(added.value)) : added
  }

  async changeZone(name: string, change: Partial<Omit<ZoneInput, 'name' | 'view'>>): Answer<ZoneView> {
    const { primaryServer, hostmaster, soaTtl, ...times } = change
    const changed = await this.#o.network.dns.changeZone(
      canonical(name),
      given({ ...times, primaryServer: none(primaryServer), hostmaster: none(hostmaster), soaTtl: none(soaTtl) }),
    )
    return changed.ok ? ok(this.#zoneView(changed.value)) : changed
  }

  removeZone(name: string): Answer<null> {
    return this.#o.network.dns.removeZone(canonical(name))
  }

  async listRecords(zoneName: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordView>> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    const after = cursorOf(paging)
    if (after === 'bad') return badCursor(paging.after ?? '')
    const rows = this.#o.reader.records(zone.value.id, absoluteFilter(filter, zone.value.name), paging.limit + 1, after)
    return ok(pageOf(rows, paging.limit, (r) => r.id, (r) => recordView(r, zoneText(zone.value))))
  }

  async getRecord(zoneName: string, id: number): Answer<RecordView> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    const record = this.#o.reader.records(zone.value.id, {}, 1, id - 1)[0]
    return record?.id === id ? ok(recordView(record, zoneText(zone.value))) : notFound(`record ${id} in ${zone.value.name}`, "list the zone's records")
  }

  async addRecord(zone: string, input: RecordInput, author?: string): Answer<RecordView> {
    const added = await this.#o.network.dns.addRecord(canonical(zone), input, author)
    return added.ok ? ok(recordView(added.value, canonical(zone))) : added
  }

  async changeRecord(zone: string, id: number, change: Partial<RecordInput>, author?: string): Answer<RecordView> {
    const changed = await this.#o.network.dns.changeRecord(canonical(zone), id, given(change), author)
    return changed.ok ? ok(recordView(changed.value, canonical(zone))) : changed
  }

  removeRecord(zone: string, id: number, author?: string, ptr = false): Answer<null> {
    return this.#o.network.dns.removeRecord(canonical(zone), id, author, ptr)
  }

  async recordHistory(zoneName: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordHistoryView>> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    const before = cursorOf(paging)
    if (before === 'bad') return badCursor(paging.after ?? '')
    const rows = this.#o.reader.recordHistory(zone.value.id, absoluteFilter(filter, zone.value.name), paging.limit + 1, before)
    return ok(pageOf(rows, paging.limit, (r) => r.id, recordChangeView))
  }

  async exportZone(name: string, signed = false, leases = true): Answer<string> {
    if (signed) return this.#o.network.dns.exportSigned(canonical(name))
    const zone = await this.#zone(name)
    if (!zone.ok) return zone
    const { serial, records } = this.#o.reader.zoneContents(zone.value.id)
    const served = records.filter((record) => record.enabled && (leases || record.owner.kind !== 'lease'))
    return ok(formatZone({ ...zone.value, serial }, served))
  }

  async #zone(name: string): Answer<Zone> {
    return pick(await this.#o.network.dns.zones(), (zone) => zoneText(zone) === canonical(name), `zone ${name}`)
  }

  #zoneView(zone: Zone): ZoneView {
    return zoneView(zone, this.#o.reader.countRecords(zone.id), this.#o.reader.isSecondary(zone.id) ? 'secondary' : 'primary')
  }
}

/** A filter's name may be relative to the zone. */
function absoluteFilter(filter: RecordFilter, zone: string): RecordFilter {
  if (filter.name === undefined) return filter
  if (filter.name === '@') return { ...filter, name: zone }
  const name = canonical(filter.name)
  return { ...filter, name: filter.name.endsWith('.') || name === zone || name.endsWith(`.${zone}`) ? name : `${name}.${zone}` }
}
