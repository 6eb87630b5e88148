/** Who holds which address, and who held it. */
import type { Answer, Page, Paging } from './common.ts'

export type LeaseView = {
  readonly address: string
  readonly subnet: string
  readonly state: 'bound' | 'released' | 'expired' | 'declined'
  readonly mac: string
  readonly clientId: string | null
  /** What the client identifier says, for people: "IAID 00000001, DUID-LL Ethernet 02:00:…" (RFC 4361). */
  readonly clientIdText: string | null
  readonly hostName: string | null
  readonly name: string | null
  /** The host entry whose address it is; null for an address of a pool. */
  readonly hostId: number | null
  readonly startedAt: string
  readonly renewedAt: string
  readonly expiresAt: string | null
}
export type LeaseFilter = {
  readonly mac?: string | undefined
  readonly address?: string | undefined
  readonly hostName?: string | undefined
  readonly state?: LeaseView['state'] | undefined
  readonly subnet?: string | undefined
}
export type HistoryFilter = LeaseFilter & {
  /** Who held it then: a time, or a date for any time of that day (UTC). */
  readonly at?: string | undefined
}
/** One holding of an address: who had it from when to when. */
export type LeaseHistoryView = {
  readonly address: string
  readonly mac: string
  readonly clientId: string | null
  readonly hostName: string | null
  readonly from: string
  readonly to: string | null
  /** 'released', 'expired', 'declined', 'released by administrator', 'taken over'; null while held. */
  readonly ended: string | null
}

export const LEASE_FORMATS = ['kea', 'dnsmasq', 'isc', 'csv'] as const
export type LeaseFormat = (typeof LEASE_FORMATS)[number]
export type LeaseImportView = {
  readonly dryRun: boolean
  /** How many leases were taken. */
  readonly taken: number
  /** Lines that were not, or not wholly. */
  readonly notes: readonly { readonly line: number; readonly problem: string; readonly remedy: string }[]
}

export interface LeaseServices {
  listLeases(filter: LeaseFilter, paging: Paging): Answer<Page<LeaseView>>
  getLease(address: string): Answer<LeaseView>
  /** Ends a bound lease now, as if the client had released it. */
  releaseLease(address: string): Answer<LeaseView>
  /** Takes the leases of another server over: `text` is its file. */
  importLeases(format: LeaseFormat, text: string, dryRun: boolean): Answer<LeaseImportView>
  /** Makes the client of a bound lease renew now (RFC 3203); refused when the client would not believe it. */
  forceRenewLease(address: string): Answer<LeaseView>
  leaseHistory(filter: HistoryFilter, paging: Paging): Answer<Page<LeaseHistoryView>>
}
