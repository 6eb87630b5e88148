/** Leases as lines of CSV: plain, or as Kea's memfile. readLeases reads both back. */
import type { LeaseView } from '../../facade/leases.ts'
import { pairs } from './written.ts'

export const LEASE_EXPORTS = ['kea', 'csv'] as const
export type LeaseExport = (typeof LEASE_EXPORTS)[number]

const INFINITE_SECONDS = 0xffff_ffff
/** Kea keeps the end of a lease without end as this. */
const NO_END = INFINITE_SECONDS
/** States of Kea's lease file. */
const STATES: { readonly [state in LeaseView['state']]: number } = { bound: 0, declined: 1, expired: 2, released: 2 }

const HEADERS: { readonly [to in LeaseExport]: string } = {
  kea: 'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id',
  csv: 'address,mac,client-id,hostname,expiry',
}

export const leaseHeader = (to: LeaseExport): string => HEADERS[to]

/** `subnetId`: that of the configuration exported for Kea. */
export function leaseLine(to: LeaseExport, lease: LeaseView, subnetId: number): string {
  const { address, mac, hostName, expiresAt } = lease
  const clientId = lease.clientId === null ? '' : pairs(lease.clientId)
  if (to === 'csv') return [address, mac, clientId, hostName ?? '', expiresAt ?? ''].join(',')
  const end = expiresAt === null ? NO_END : secondsOf(expiresAt)
  const lifetime = expiresAt === null ? INFINITE_SECONDS : Math.max(1, end - secondsOf(lease.renewedAt))
  return [address, mac, clientId, lifetime, end, subnetId, 0, 0, lease.name ?? hostName ?? '', STATES[lease.state], '', 0].join(',')
}

/** Since 1970, of a time in ISO 8601. */
const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000)
