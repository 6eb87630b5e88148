/** Zones that are copied from other servers. */
import type { Answer } from './common.ts'

export type PrimaryView = {
  readonly address: string
  readonly port: number
  /** The TSIG key that both sides sign with. */
  readonly key: string | null
  /** By TLS (RFC 9103), and how it proves who it is; null: in the clear. */
  readonly tls: PrimaryTlsView | null
}
export type PrimaryTlsView = {
  /** That its certificate must be for. */
  readonly name: string | null
  /** SHA-256 of its public key in base64. */
  readonly pin: string | null
  /** PEM of the certificates that its own must come from; null: those that the system trusts. */
  readonly authority: string | null
}
export type SecondaryInput = {
  /** In the order in which they are asked. */
  readonly primaries: readonly PrimaryView[]
}
export type SecondaryView = SecondaryInput & {
  readonly zone: string
  readonly state: 'waiting' | 'asking' | 'transferring'
  /** null: it has never been transferred. */
  readonly serial: number | null
  /** False: queries get SERVFAIL, because there is no copy yet or it is too old. */
  readonly served: boolean
  /** When a primary confirmed the copy last. */
  readonly refreshedAt: string | null
  readonly nextLookAt: string | null
  readonly expiresAt: string | null
  readonly lastFailure: { readonly primary: string; readonly at: string; readonly because: string } | null
}

export interface SecondaryServices {
  getSecondary(zone: string): Answer<SecondaryView>
  /** Makes the zone, if there is none of that name. */
  setSecondary(zone: string, input: SecondaryInput): Answer<SecondaryView>
  /** This server becomes its primary, with the records as they are. */
  promote(zone: string): Answer<null>
  /** Looks for a new version now; `full`: transfers the whole zone. */
  refresh(zone: string, full: boolean): Answer<SecondaryView>
}
