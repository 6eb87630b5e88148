/**
 * What is blocked, for whom and when: lists of names, rules that people type, groups of hosts, and the policies that join
 * them. Plain data, because it crosses threads. Domain names are in presentation format, lower case, without the last dot.
 */
import type { Ipv4, Mac, Prefix } from '../../stack/index.ts'

/** What a list's names mean: blocked, exceptions, or each what its own record says (a response policy zone). */
export const LIST_KINDS = ['block', 'allow', 'rpz'] as const
export type ListKind = (typeof LIST_KINDS)[number]
/** How it is written; 'auto' looks at the text. A list of the kind 'rpz' is always a master file. */
export const LIST_FORMATS = ['auto', 'hosts', 'domains', 'adblock', 'rpz'] as const
export type ListFormat = (typeof LIST_FORMATS)[number]

export type ListSource =
  | { readonly kind: 'url'; readonly url: string }
  /** Of the host that the appliance runs on, by its whole path. */
  | { readonly kind: 'file'; readonly path: string }
  /** Typed in. */
  | { readonly kind: 'text'; readonly text: string }
  /** A zone that is here, most often as a copy of another server's. It is no longer answered from. */
  | { readonly kind: 'zone'; readonly zone: string }

export type PolicyList = {
  /** Lower case, as LIST_NAME. */
  readonly name: string
  readonly kind: ListKind
  readonly format: ListFormat
  readonly source: ListSource
  readonly enabled: boolean
  /** How often a URL is asked and a file looked at. */
  readonly refreshSeconds: number
  readonly comment: string | undefined
}

/** A line that is not understood, and why. */
export type ListNote = { readonly line: number; readonly problem: string }

/** What became of a list's source. Times are wall time in ms. */
export type ListState = {
  readonly name: string
  /** Moves on with every new content; 0: there is none yet. */
  readonly revision: number
  readonly loadedAt: number | undefined
  /** When the source was last found to be as it is here. */
  readonly checkedAt: number | undefined
  /** Of the HTTP response that the content came with (RFC 9110 §8.8). */
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  readonly octets: number
  readonly entries: number
  readonly notUnderstood: number
  /** The first of those. */
  readonly notes: readonly ListNote[]
  /** In a row, until now. */
  readonly failures: number
  readonly lastFailure: { readonly at: number; readonly because: string } | undefined
}

export const emptyListState = (name: string): ListState => ({
  name, revision: 0, loadedAt: undefined, checkedAt: undefined, etag: undefined, lastModified: undefined, octets: 0, entries: 0, notUnderstood: 0,
  notes: [], failures: 0, lastFailure: undefined,
})

/** What a person says of one domain and all names below it; it comes before every list. */
export type PolicyRule = {
  readonly id: number
  readonly kind: 'block' | 'allow'
  readonly domain: string
  /** The policy that it belongs to, by name; undefined: all. */
  readonly policy: string | undefined
  readonly comment: string | undefined
  /** Wall time in ms. */
  readonly madeAt: number
  /** Wall time in ms at which it is removed; undefined: it stays. */
  readonly expiresAt: number | undefined
}

/** Sunday first, as calendars of programs have it. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/**
 * Every week on these days from one time of day to another: minutes since midnight, 0 to 1440. `to` at or before `from`
 * is of the day after.
 */
export type Period = { readonly days: readonly Weekday[]; readonly from: number; readonly to: number }

/** What a blocked name is answered with; 'null': 0.0.0.0 and ::. */
export const BLOCKED_ANSWERS = ['nxdomain', 'nodata', 'refused', 'null'] as const
export type BlockedAnswer = (typeof BLOCKED_ANSWERS)[number]

export const REBINDING_CHECKS = ['auto', 'yes', 'no'] as const
export type RebindingCheck = (typeof REBINDING_CHECKS)[number]

/** Its clients are all that any of these says. */
export type PolicyClients = {
  readonly prefixes: readonly Prefix[]
  /** Of the DHCP configuration, by id: all of their subnets. */
  readonly segmentIds: readonly number[]
  /** Names of host groups. */
  readonly groups: readonly string[]
}

/** The last one is called DEFAULT_POLICY_NAME and is for everybody. */
export type Policy = {
  /** Lower case, as LIST_NAME. */
  readonly name: string
  readonly clients: PolicyClients
  /** Names of lists. */
  readonly lists: readonly string[]
  readonly answer: BlockedAnswer
  /** Of answers that say that a name is blocked. */
  readonly ttlSeconds: number
  /** When it counts; none: always. At other times the next policy that fits a client counts for it. */
  readonly periods: readonly Period[]
  /** IANA name: "Europe/Zurich". */
  readonly timeZone: string
  /**
   * Whether public names may have addresses of private networks (DNS rebinding); 'auto': checked, unless the server that
   * answered has such an address itself. `except`: domains that may.
   */
  readonly rebinding: { readonly check: RebindingCheck; readonly except: readonly string[] }
  /** The /96, /64 … that AAAA records are made with (RFC 6147): "64:ff9b::/96"; undefined: none are made. */
  readonly dns64: string | undefined
  readonly comment: string | undefined
}

export const DEFAULT_POLICY_NAME = 'default'
export const LIST_NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/

/** Of everybody until somebody says otherwise: nothing is blocked. */
export const INITIAL_POLICY: Policy = {
  name: DEFAULT_POLICY_NAME,
  clients: { prefixes: [], segmentIds: [], groups: [] },
  lists: [],
  answer: 'nxdomain',
  ttlSeconds: 10,
  periods: [],
  timeZone: 'UTC',
  rebinding: { check: 'auto', except: [] },
  dns64: undefined,
  comment: undefined,
}

/** A host of the DHCP configuration with all its addresses, whoever has a hardware address, or an address. */
export type GroupMember =
  | { readonly kind: 'host'; readonly hostId: number }
  | { readonly kind: 'mac'; readonly mac: Mac }
  | { readonly kind: 'address'; readonly address: Ipv4 }

export type HostGroup = {
  /** Lower case, as LIST_NAME. */
  readonly name: string
  readonly members: readonly GroupMember[]
  readonly comment: string | undefined
}

/** Nothing is blocked for a while. Wall time in ms; undefined: until somebody ends it. */
export type Pause = {
  readonly until: number | undefined
  /** For whom; undefined: for everybody. */
  readonly policy: string | undefined
}
