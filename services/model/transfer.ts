/** Who may have the whole of a zone (AXFR, RFC 5936), and who is told of its changes (NOTIFY, RFC 1996). */
import type { Ipv4, Prefix } from '../../stack/index.ts'

/** A secondary that is told. */
export type NotifyTarget = {
  readonly address: Ipv4
  readonly port: number
  /** The TSIG key that the message is signed with. */
  readonly key: string | undefined
}

export type TransferPolicy = {
  readonly zoneId: number
  /** Addresses that may have it. */
  readonly prefixes: readonly Prefix[]
  /** Names of TSIG keys; who signs with one may have it from any address. */
  readonly keys: readonly string[]
  /** By TLS only (RFC 9103). */
  readonly tlsOnly: boolean
  readonly notify: readonly NotifyTarget[]
  /** Also those name servers of the zone whose addresses our own zones know. */
  readonly notifyServers: boolean
}

/** What is so until somebody says otherwise. */
export const CLOSED_TRANSFERS = { prefixes: [], keys: [], tlsOnly: false, notify: [], notifyServers: true } as const
