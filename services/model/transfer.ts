/** Who may have the whole of a zone (AXFR, RFC 5936). */
import type { Prefix } from '../../stack/index.ts'

export type TransferPolicy = {
  readonly zoneId: number
  /** Addresses that may have it. */
  readonly prefixes: readonly Prefix[]
  /** Names of TSIG keys; who signs with one may have it from any address. */
  readonly keys: readonly string[]
}
