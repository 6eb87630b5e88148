/** Leases and their history: listings come from the reader, ends of leases go to the network side. */
import { formatIpv4, formatPrefix, type Ipv4 } from '../../stack/index.ts'
import { err, ok } from '../../stack/platform/index.ts'
import type { Answer, HistoryFilter, LeaseFilter, LeaseFormat, LeaseHistoryView, LeaseImportView, LeaseServices, LeaseView, Page, Paging } from '../facade.ts'
import { readLeases } from '../dhcp/index.ts'
import { eventRow, renderStep } from '../events/catalogue.ts'
import { refusal, type Subnet } from '../model/index.ts'
import type { NetworkSide } from '../network-side.ts'
import type { LeaseQuery, StoreReader } from '../storage/store.ts'
import { holdingView, leaseView } from '../views.ts'
import { addressField, badCursor, cursorOf, notFound, pageOf, periodField } from './inputs.ts'

export type ApplianceLeasesOptions = {
  readonly network: NetworkSide
  readonly reader: StoreReader
}

export class ApplianceLeases implements LeaseServices {
  readonly #o: ApplianceLeasesOptions

  constructor(options: ApplianceLeasesOptions) {
    this.#o = options
  }

  async listLeases(filter: LeaseFilter, paging: Paging): Answer<Page<LeaseView>> {
    const found = await this.#leaseQuery(filter)
    if (!found.ok) return found
    const after = cursorOf(paging)
    if (after === 'bad') return badCursor(paging.after ?? '')
    const { query, subnetOf } = found.value
    const rows = this.#o.reader.leases(query, paging.limit + 1, after)
    return ok(pageOf(rows, paging.limit, (l) => l.address >>> 0, (l) => leaseView(l, subnetOf)))
  }

  async getLease(text: string): Answer<LeaseView> {
    const found = await this.#leaseQuery({ address: text })
    if (!found.ok) return found
    const lease = this.#o.reader.leases(found.value.query, 1, undefined)[0]
    if (lease === undefined) return notFound(`lease of ${text}`, 'list the leases')
    return ok(leaseView(lease, found.value.subnetOf))
  }

  async releaseLease(text: string): Answer<LeaseView> {
    const address = addressField('/address', text)
    if (!address.ok) return address
    const lease = await this.#o.network.dhcp.releaseLease(address.value)
    if (!lease.ok) return lease
    return ok(leaseView(lease.value, await this.#subnetLookup()))
  }

  async importLeases(format: LeaseFormat, text: string, dryRun: boolean): Answer<LeaseImportView> {
    const { leases, notes } = readLeases(format, text)
    const imported = await this.#o.network.dhcp.importLeases(leases, dryRun)
    if (!imported.ok) return imported
    const { taken, unnamed } = imported.value
    const nameless = unnamed.map(({ line, address, why }) => ({ line, problem: `${formatIpv4(address)}: ${renderStep(why)}`, remedy: eventRow(why[0])?.remedy ?? '' }))
    const all = [...notes, ...imported.value.notes, ...nameless].toSorted((a, b) => a.line - b.line)
    return ok({ dryRun, taken, notes: all })
  }

  async forceRenewLease(text: string): Answer<LeaseView> {
    const address = addressField('/address', text)
    if (!address.ok) return address
    const lease = await this.#o.network.dhcp.forceRenewLease(address.value)
    if (!lease.ok) return lease
    return ok(leaseView(lease.value, await this.#subnetLookup()))
  }

  async leaseHistory(filter: HistoryFilter, paging: Paging): Answer<Page<LeaseHistoryView>> {
    const found = await this.#leaseQuery(filter)
    if (!found.ok) return found
    const during = filter.at === undefined ? ok(undefined) : periodField('/at', filter.at)
    if (!during.ok) return during
    const before = cursorOf(paging)
    if (before === 'bad') return badCursor(paging.after ?? '')
    const rows = this.#o.reader.leaseHistory({ ...found.value.query, during: during.value }, paging.limit + 1, before)
    return ok(pageOf(rows, paging.limit, (h) => h.id, holdingView))
  }

  async #subnetLookup(): Promise<(id: number) => Subnet | undefined> {
    const configuration = await this.#o.network.dhcp.configuration()
    const byId = new Map(configuration.ok ? configuration.value.subnets.map((subnet) => [subnet.id, subnet]) : [])
    return (id) => byId.get(id)
  }

  async #leaseQuery(filter: LeaseFilter): Answer<{ readonly query: LeaseQuery; readonly subnetOf: (id: number) => Subnet | undefined }> {
    const configuration = await this.#o.network.dhcp.configuration()
    if (!configuration.ok) return configuration
    const { subnets } = configuration.value
    const subnetOf = (id: number): Subnet | undefined => subnets.find((subnet) => subnet.id === id)
    let address: Ipv4 | undefined
    if (filter.address !== undefined) {
      const parsed = addressField('/address', filter.address)
      if (!parsed.ok) return parsed
      address = parsed.value
    }
    let subnetId: number | undefined
    if (filter.subnet !== undefined) {
      subnetId = subnets.find((subnet) => formatPrefix(subnet.prefix) === filter.subnet)?.id
      if (subnetId === undefined) return err(refusal('invalid', '/subnet', `there is no subnet ${filter.subnet}`, 'give the prefix of a subnet, as 10.53.0.0/24'))
    }
    return ok({ query: { mac: filter.mac, hostName: filter.hostName, state: filter.state, address, subnetId }, subnetOf })
  }
}
