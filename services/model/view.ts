/**
 * Views: the same name answered differently for different clients. A query is answered from the first view that its
 * signature's key is listed in, else the first that its source is in, else from none.
 */
import type { Prefix } from '../../stack/index.ts'

export type View = {
  /** "inside": letters, digits and "-", in lower case. Zones are called after it: "lab.internal@inside". */
  readonly name: string
  readonly prefixes: readonly Prefix[]
  /** Of the DHCP configuration, by id: all of their subnets. */
  readonly segmentIds: readonly number[]
  /** Names of TSIG keys. */
  readonly keys: readonly string[]
  readonly comment: string | undefined
}

/** A label of a domain name, short enough to stand behind one. */
export const VIEW_NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/
