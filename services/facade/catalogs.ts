/** Catalog zones (RFC 9432): zones that list zones. */
import type { Answer } from './common.ts'
import type { PrimaryView } from './secondaries.ts'

export type CatalogGroupView = { readonly name: string; readonly primaries: readonly PrimaryView[] }
export type CatalogInput = {
  /** producer: it lists zones of this server. consumer: it is a copy, and its members are copied too. */
  readonly role: 'producer' | 'consumer'
  /** Where a consumer's members are copied from; null: from where the catalog is. */
  readonly primaries: readonly PrimaryView[] | null
  /** The same for members of a group. */
  readonly groups: readonly CatalogGroupView[]
}
export type CatalogMemberView = {
  readonly zone: string
  readonly label: string
  readonly group: string | null
  /** The catalog that may take it over. */
  readonly coo: string | null
  /** Why it is not here, where it is consumed. */
  readonly conflict: string | null
}
export type CatalogView = CatalogInput & {
  readonly zone: string
  /** Why nothing is done about its present version. */
  readonly fault: string | null
  readonly members: readonly CatalogMemberView[]
}
export type CatalogMemberInput = { readonly group: string | null; readonly coo: string | null }

export interface CatalogServices {
  getCatalog(zone: string): Answer<CatalogView>
  /** A producer's zone is made if there is none. */
  setCatalog(zone: string, input: CatalogInput): Answer<CatalogView>
  /** The zones that it brought stay. */
  removeCatalog(zone: string): Answer<null>
  setMember(catalog: string, zone: string, input: CatalogMemberInput): Answer<CatalogView>
  removeMember(catalog: string, zone: string): Answer<null>
}
