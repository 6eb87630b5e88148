/** Catalog zones; all of it is asked of the network side. */
import type { Answer, CatalogInput, CatalogMemberInput, CatalogServices, CatalogView, PrimaryView } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'
import { canonical } from './inputs.ts'

export type ApplianceCatalogsOptions = {
  readonly network: NetworkSide
}

export class ApplianceCatalogs implements CatalogServices {
  readonly #o: ApplianceCatalogsOptions

  constructor(options: ApplianceCatalogsOptions) {
    this.#o = options
  }

  getCatalog(zone: string): Answer<CatalogView> {
    return this.#o.network.catalogs.catalog(canonical(zone))
  }

  setCatalog(zone: string, { role, primaries, groups }: CatalogInput): Answer<CatalogView> {
    const named = groups.map((group) => ({ ...group, primaries: group.primaries.map(keyed) }))
    return this.#o.network.catalogs.setCatalog(canonical(zone), { role, primaries: primaries?.map(keyed) ?? null, groups: named })
  }

  removeCatalog(zone: string): Answer<null> {
    return this.#o.network.catalogs.removeCatalog(canonical(zone))
  }

  setMember(catalog: string, zone: string, { group, coo }: CatalogMemberInput): Answer<CatalogView> {
    return this.#o.network.catalogs.setCatalogMember(canonical(catalog), canonical(zone), { group, coo: coo === null ? null : canonical(coo) })
  }

  removeMember(catalog: string, zone: string): Answer<null> {
    return this.#o.network.catalogs.removeCatalogMember(canonical(catalog), canonical(zone))
  }
}

const keyed = (primary: PrimaryView): PrimaryView => ({ ...primary, key: primary.key === null ? null : canonical(primary.key) })
