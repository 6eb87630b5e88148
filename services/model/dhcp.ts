/**
 * What DHCP keeps: subnets, pools, reservations and leases, in the shape that the cores, the store and the API share.
 * Plain data (structured-clone safe), because it crosses threads. RFC 2131, RFC 2132.
 */
import type { Ipv4, Mac, Prefix } from '../../stack/index.ts'

/**
 * DHCP options by name, as services/dhcp/wire/options-table.ts declares them, in JSON values:
 * addresses are text, lists are arrays, times are seconds. null removes an option that a lower level would give.
 */
export type OptionValue = string | number | boolean | null | readonly OptionValue[] | { readonly [key: string]: OptionValue }
export type OptionSet = { readonly [name: string]: OptionValue }

export type Subnet = {
  readonly id: number
  readonly prefix: Prefix
  /** The stack interface on which its clients are. */
  readonly interfaceName: string
  readonly leaseSeconds: number
  readonly minLeaseSeconds: number
  readonly maxLeaseSeconds: number
  /** Zone in which lease names appear; undefined publishes none. Lower case, no trailing dot: "lab.internal". */
  readonly domain: string | undefined
  readonly options: OptionSet
}

/** An inclusive range of addresses that may be given to anybody. */
export type Pool = { readonly id: number; readonly subnetId: number; readonly first: Ipv4; readonly last: Ipv4 }

export type Reservation = {
  readonly id: number
  readonly subnetId: number
  readonly address: Ipv4
  /** At least one of mac and clientId is set; a client identifier that matches wins over an address that does. */
  readonly mac: Mac | undefined
  /** Option 61 in full, type octet first, as lower-case hexadecimal without separators. */
  readonly clientId: string | undefined
  /** Host name to give and to publish: one label. */
  readonly name: string | undefined
  readonly options: OptionSet
  readonly comment: string | undefined
}

/**
 * bound: the client may use it. released and expired: free, kept so that the same client gets the same address back.
 * declined: somebody else was found on it; nobody gets it until expiresAt.
 */
export type LeaseState = 'bound' | 'released' | 'expired' | 'declined'

export type Lease = {
  readonly address: Ipv4
  readonly subnetId: number
  readonly state: LeaseState
  /** RFC 1700 hardware type; 1 is Ethernet. */
  readonly hardwareType: number
  /** chaddr: for Ethernet "02:00:…", else hexadecimal pairs joined by ':' as well. */
  readonly mac: Mac
  /** Option 61 as lower-case hexadecimal; undefined when the client sent none. */
  readonly clientId: string | undefined
  /** What the client called itself or its reservation calls it, checked and lower case; one label. */
  readonly hostName: string | undefined
  /** The full name under which A and PTR are published now; undefined when none is. */
  readonly publishedName: string | undefined
  readonly reservationId: number | undefined
  /** Wall time in ms when this client's present hold on the address began. */
  readonly startedAt: number
  /** Wall time in ms of the last ACK. */
  readonly renewedAt: number
  /** Wall time in ms; undefined for an infinite lease. */
  readonly expiresAt: number | undefined
}

/** Who a client is to us (RFC 2131 §4.2): by client identifier if it sent one, else by hardware type and address. */
export type ClientKey = string
export const clientKey = (hardwareType: number, mac: Mac, clientId: string | undefined): ClientKey =>
  clientId === undefined ? `hw:${hardwareType}:${mac}` : `id:${clientId}`
export const leaseClientKey = (lease: Lease): ClientKey => clientKey(lease.hardwareType, lease.mac, lease.clientId)

/** One lease row before and after; the unit that DHCP hands to be stored. `after` never is undefined for a bound lease. */
export type LeaseChange = {
  readonly before: Lease | undefined
  readonly after: Lease
  /** Why, as an event id of services/events: 'dhcp.lease.bound', 'dhcp.lease.released', … */
  readonly because: string
}
