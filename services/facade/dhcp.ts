/** What DHCP serves: subnets, pools and reservations. */
import type { OptionSet } from '../model/index.ts'
import type { Answer } from './common.ts'

export type SubnetInput = {
  /** "10.53.0.0/24" */
  readonly prefix: string
  readonly interface: string
  readonly leaseSeconds: number
  readonly minLeaseSeconds: number
  readonly maxLeaseSeconds: number
  readonly domain: string | null
  readonly options: OptionSet
}
export type SubnetView = SubnetInput & {
  readonly id: number
  /** Addresses in its pools, and how many of those are bound now. */
  readonly poolSize: number
  readonly bound: number
}
export type PoolInput = { readonly subnetId: number; readonly first: string; readonly last: string }
export type PoolView = PoolInput & { readonly id: number; readonly size: number; readonly bound: number }
export type ReservationInput = {
  readonly subnetId: number
  readonly address: string
  readonly mac: string | null
  readonly clientId: string | null
  readonly name: string | null
  readonly options: OptionSet
  readonly comment: string | null
}
export type ReservationView = ReservationInput & { readonly id: number }

export interface DhcpServices {
  listSubnets(): Answer<readonly SubnetView[]>
  getSubnet(id: number): Answer<SubnetView>
  addSubnet(input: SubnetInput): Answer<SubnetView>
  changeSubnet(id: number, change: Partial<SubnetInput>): Answer<SubnetView>
  removeSubnet(id: number): Answer<null>
  listPools(): Answer<readonly PoolView[]>
  getPool(id: number): Answer<PoolView>
  addPool(input: PoolInput): Answer<PoolView>
  changePool(id: number, change: Partial<PoolInput>): Answer<PoolView>
  removePool(id: number): Answer<null>
  listReservations(): Answer<readonly ReservationView[]>
  getReservation(id: number): Answer<ReservationView>
  addReservation(input: ReservationInput): Answer<ReservationView>
  changeReservation(id: number, change: Partial<ReservationInput>): Answer<ReservationView>
  removeReservation(id: number): Answer<null>
}
