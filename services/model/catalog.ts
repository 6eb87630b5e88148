/** Catalog zones (RFC 9432): zones that list zones, so that secondaries set themselves up. */
import type { Primary } from './secondary.ts'

export type CatalogGroup = { readonly name: string; readonly primaries: readonly Primary[] }

export type Catalog =
  /** Lists zones of this server for others. */
  | { readonly zoneId: number; readonly role: 'producer' }
  /** A copy whose members are copied too. */
  | {
      readonly zoneId: number
      readonly role: 'consumer'
      /** Where members are copied from; undefined: from where the catalog is. */
      readonly primaries: readonly Primary[] | undefined
      /** The same for members of these groups. */
      readonly groups: readonly CatalogGroup[]
    }

/** A zone that is here because a catalog lists it. */
export type CatalogMember = {
  readonly zoneId: number
  readonly catalogId: number
  /** Its label in the catalog; another one means that it begins anew (RFC 9432 §5.4). */
  readonly label: string
}
