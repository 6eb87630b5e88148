/** Zones that are copied from other servers (RFC 1034 §4.3.5). */
import type { Ipv4 } from '../../stack/index.ts'

/** A server that a zone is copied from. */
export type Primary = {
  readonly address: Ipv4
  readonly port: number
  /** The TSIG key that both sides sign with (RFC 8945). */
  readonly key: string | undefined
  /** By TLS (RFC 9103); undefined: by plain TCP, and UDP for the serial. */
  readonly tls: PrimaryTls | undefined
}

/** How a primary proves who it is; with neither name nor pin it need not (RFC 8310 §5, opportunistic privacy). */
export type PrimaryTls = {
  /** That its certificate must be for. */
  readonly serverName: string | undefined
  /** SHA-256 of its public key in base64. */
  readonly pin: string | undefined
  /** Certificates (PEM) that its own must come from; undefined: those that the system trusts. */
  readonly authority: string | undefined
}

export type SecondaryZone = {
  readonly zoneId: number
  /** In the order in which they are asked. */
  readonly primaries: readonly Primary[]
  /** Wall time in ms at which a primary last confirmed the copy; undefined: there is none yet. */
  readonly refreshedAt: number | undefined
}
