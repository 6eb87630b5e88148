/** Zones that are copied from other servers (RFC 1034 §4.3.5). */
import type { Ipv4 } from '../../stack/index.ts'

/** A server that a zone is copied from. */
export type Primary = {
  readonly address: Ipv4
  readonly port: number
  /** The TSIG key that both sides sign with (RFC 8945). */
  readonly key: string | undefined
}

export type SecondaryZone = {
  readonly zoneId: number
  /** In the order in which they are asked. */
  readonly primaries: readonly Primary[]
  /** Wall time in ms at which a primary last confirmed the copy; undefined: there is none yet. */
  readonly refreshedAt: number | undefined
}
