/**
 * What DNS keeps: zones and records, in the shape that the cores, the store and the API share.
 * Plain data (structured-clone safe), because it crosses threads. RFC 1034, RFC 1035.
 * Domain names as text are in presentation format without the trailing dot ("lab.internal"; the root is ".").
 */

export type Zone = {
  readonly id: number
  /** Lower case. */
  readonly name: string
  /** SOA fields, RFC 1035 §3.3.13. The SOA record is made from these; it is no row. Times in seconds. */
  readonly serial: number
  readonly primaryServer: string
  /** Mailbox in the form of a domain name: "hostmaster.lab.internal". */
  readonly hostmaster: string
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  /** Also the TTL of negative answers, RFC 2308 §4. */
  readonly minimum: number
  /** For records that name no TTL. */
  readonly defaultTtl: number
  /** TTL of the SOA record itself; undefined: defaultTtl. */
  readonly soaTtl?: number | undefined
  /** Left away: 'increment'. */
  readonly serialPolicy?: SerialPolicy
  /** The view in which it is seen; undefined: by everybody. It never changes. */
  readonly view?: string | undefined
}

/** What a zone is called where it must be told from others of its name: "lab.internal", or "lab.internal@inside". */
export const zoneText = ({ name, view }: Pick<Zone, 'name' | 'view'>): string => (view === undefined ? name : `${name}@${view}`)
/** The same back; an "@" of the name itself has a backslash before it. */
export function splitZoneText(text: string): { readonly name: string; readonly view?: string } {
  const at = text.lastIndexOf('@')
  return at > 0 && text[at - 1] !== '\\' ? { name: text.slice(0, at), view: text.slice(at + 1) } : { name: text }
}

/**
 * How the serial moves with a change: to one more, to YYYYMMDDnn of the day (UTC), or to the seconds since 1970. Where
 * that would not be newer than the present serial, it is one more.
 */
export const SERIAL_POLICIES = ['increment', 'date', 'unixtime'] as const
export type SerialPolicy = (typeof SERIAL_POLICIES)[number]

/**
 * Who a record belongs to. Only its owner changes it: the lease machinery touches 'lease' rows alone.
 * system: made with the zone (its NS). file: came from a master file. update: by dynamic update (RFC 2136), signed with
 * the key of that name. transfer: from the zone's primary server. catalog: made for a catalog zone (RFC 9432).
 */
export type RecordOwner =
  | { readonly kind: 'hand' | 'system' | 'file' | 'transfer' | 'catalog' }
  | { readonly kind: 'lease'; readonly address: string }
  | { readonly kind: 'update'; readonly key: string }

export type DnsRecord = {
  readonly id: number
  readonly zoneId: number
  /** Full owner name. Letter case is kept for answers, ignored for look-ups (RFC 4343). */
  readonly name: string
  /** Mnemonic: "A", "MX", or "TYPE731" (RFC 3597). */
  readonly type: string
  /** Seconds. */
  readonly ttl: number
  /** rdata in presentation format, names in it absolute without needing an origin: "10 mail.lab.internal". */
  readonly data: string
  readonly owner: RecordOwner
  /** One that is off is kept and not served. */
  readonly enabled: boolean
  /** Wall time in ms at which it is removed; undefined: it stays. */
  readonly expiresAt: number | undefined
  readonly comment: string | undefined
}

/** What a record has unless somebody said otherwise. */
export const PLAIN_RECORD = { enabled: true, expiresAt: undefined, comment: undefined } as const

/** A change of one zone that is durable together or not at all. The serial always moves. */
export type ZoneEdit = {
  readonly zoneId: number
  readonly serialBefore: number
  readonly serialAfter: number
  readonly remove: readonly DnsRecord[]
  readonly add: readonly DnsRecord[]
  /** The SOA has changed in more than its serial: no increment (RFC 1995) leads to this version. */
  readonly soaChanged?: boolean | undefined
  /** Who made it, where the owners of its records do not say so: "token first", "expiry". */
  readonly author?: string | undefined
}
