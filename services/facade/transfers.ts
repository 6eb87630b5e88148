/** Who may have the whole of a zone, and who is told of its changes. */
import type { Answer } from './common.ts'

export type TransferPolicyView = {
  /** "10.53.0.9/32". */
  readonly addresses: readonly string[]
  /** Names of TSIG keys. */
  readonly keys: readonly string[]
  /** By TLS only (RFC 9103). */
  readonly tlsOnly: boolean
}

/** A secondary that is told. */
export type NotifyTargetView = {
  readonly address: string
  readonly port: number
  /** The TSIG key that the message is signed with. */
  readonly key: string | null
}
export type NotifyInput = {
  readonly targets: readonly NotifyTargetView[]
  /** Also the zone's name servers whose addresses our own zones know. */
  readonly nameServers: boolean
}
export type NotifyView = NotifyInput & {
  /** Those who were told last, and how that went. */
  readonly told: readonly NotifiedView[]
}
export type NotifiedView = {
  readonly address: string
  readonly port: number
  readonly serial: number
  readonly outcome: 'waiting' | 'answered' | 'unanswered' | 'rejected'
  /** Of a rejection. */
  readonly rcode: string | null
  readonly at: string
}

/** The digest of a whole zone (RFC 8976). */
export type ZoneDigestView = {
  readonly zone: string
  readonly serial: number
  /** What the zone's own ZONEMD records say; none: it has none that can be checked. */
  readonly published: 'none' | 'right' | 'wrong'
  /** Data of the ZONEMD records that would be right. */
  readonly records: readonly string[]
}

export interface TransferServices {
  /** Computed now, over the zone as it is given out. */
  digest(zone: string): Answer<ZoneDigestView>
  getTransferPolicy(zone: string): Answer<TransferPolicyView>
  setTransferPolicy(zone: string, policy: TransferPolicyView): Answer<TransferPolicyView>
  getNotify(zone: string): Answer<NotifyView>
  setNotify(zone: string, input: NotifyInput): Answer<NotifyView>
  /** Tells all of them now. */
  notify(zone: string): Answer<NotifyView>
}
