/**
 * What DHCP keeps: the administrator's model (sites to hosts) and leases, in the shape that the cores, the store and the API share.
 * Plain data (structured-clone safe), because it crosses threads. RFC 2131, RFC 2132.
 */
import type { Ipv4, Mac, Prefix } from '../../stack/index.ts'

/**
 * DHCP options by name, as services/dhcp/wire/options-table.ts declares them, in JSON values:
 * addresses are text, lists are arrays, times are seconds. null removes an option that a lower level would give.
 */
export type OptionValue = string | number | boolean | null | readonly OptionValue[] | { readonly [key: string]: OptionValue }
export type OptionSet = { readonly [name: string]: OptionValue }

/**
 * How long leases are, in seconds; what is undefined comes from a lower level. A lease time that a level sets widens
 * bounds that it inherits. renew and rebind (T1, T2) replace half and seven eighths of the lease where they fit.
 */
export type LeaseTimes = {
  readonly leaseSeconds?: number | undefined
  readonly minSeconds?: number | undefined
  readonly maxSeconds?: number | undefined
  readonly renewSeconds?: number | undefined
  readonly rebindSeconds?: number | undefined
}

/** siaddr, sname and file of a reply (RFC 2131 §2). Undefined is inherited; 0 and '' are "none". */
export type BootFields = {
  readonly nextServer?: Ipv4 | undefined
  readonly serverName?: string | undefined
  readonly bootFile?: string | undefined
}

/**
 * What can be said at every level. Precedence: host, then class, pool, subnet, segment, site, built-in. Of several
 * classes the one with the lowest priority number comes first.
 */
export type Level = { readonly options: OptionSet; readonly leaseTimes: LeaseTimes; readonly boot: BootFields }
export const EMPTY_LEVEL: Level = { options: {}, leaseTimes: {}, boot: {} }

/** Defaults for everything below it. Site 1, "default", is always there. */
export type Site = { readonly id: number; readonly name: string; readonly level: Level }
export const DEFAULT_SITE: Site = { id: 1, name: 'default', level: EMPTY_LEVEL }

export type SegmentPolicy = {
  /** serve: addresses and options. proxy: boot options only, beside another server (PXE). off: silence. */
  readonly mode: 'serve' | 'proxy' | 'off'
  /** NAK also to clients that we have no record of, when their address is wrong for this segment. */
  readonly authoritative: boolean
  /** Only clients that a host names get an address. */
  readonly knownOnly: boolean
  /** How long an OFFER is held back, so that another server comes first. */
  readonly offerDelayMs: number
  /** Serve a bridged link although another server answers there. */
  readonly besideOthers: boolean
  /** How an address is probed before its first offer; ICMP is for clients behind relays. */
  readonly probe: 'arp' | 'arp-and-icmp' | 'none'
  /** Clients without a lease that may begin one, per second and relay port (or segment, where there is no relay). */
  readonly newClientsPerSecond: number | undefined
  readonly leasesPerRelayPort: number | undefined
  /** RFC 4039: an ACK at once to a client that asks for it. */
  readonly rapidCommit: boolean
  /** Addresses of pools for BOOTP clients, for ever (RFC 1534). Hosts with an address get it either way. */
  readonly bootp: boolean
  /** A guest of QEMU that is unplugged gives its leases back. */
  readonly releaseOnLinkLoss: boolean
  readonly ddns: {
    /** Names of leases are published. */
    readonly enabled: boolean
    /** A client that wants to update its A record itself may (RFC 4702 flags S and N). */
    readonly updateFromClient: boolean
    /** A DHCID record goes with each name (RFC 4701), for zones that other DHCP servers write to as well. */
    readonly dhcid: boolean
  }
}

export const DEFAULT_POLICY: SegmentPolicy = {
  mode: 'serve',
  authoritative: true,
  knownOnly: false,
  offerDelayMs: 0,
  besideOthers: false,
  probe: 'arp',
  newClientsPerSecond: undefined,
  leasesPerRelayPort: undefined,
  rapidCommit: false,
  bootp: false,
  releaseOnLinkLoss: false,
  ddns: { enabled: true, updateFromClient: false, dhcid: false },
}

/** A link, ours or behind relays. All its subnets are one pool space (a shared network). */
export type Segment = {
  readonly id: number
  readonly siteId: number
  readonly name: string
  /** The stack interface on which its clients are; undefined where they are behind relays only. */
  readonly interfaceName: string | undefined
  /** Relay addresses (giaddr) that stand for it besides those inside its subnets. */
  readonly relays: readonly Ipv4[]
  /** Zone in which lease names appear, for subnets that name none. */
  readonly domain: string | undefined
  readonly policy: SegmentPolicy
  readonly level: Level
}

export type Subnet = {
  readonly id: number
  readonly segmentId: number
  readonly prefix: Prefix
  /** Zone in which lease names appear. Lower case, no trailing dot: "lab.internal". */
  readonly domain: string | undefined
  readonly level: Level
}

/** In which order a pool's addresses go to new clients: see services/dhcp/allocate. */
export const ALLOCATOR_NAMES = ['free-queue', 'iterative', 'hashed', 'random'] as const
export type AllocatorName = (typeof ALLOCATOR_NAMES)[number]

/** An inclusive range of addresses that may be given to whom its lists let in. */
export type Pool = {
  readonly id: number
  readonly subnetId: number
  readonly first: Ipv4
  readonly last: Ipv4
  /** Classes by name. A client is in when it is in one of `allow` (or that is empty) and in none of `deny`. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly allocator: AllocatorName
  readonly level: Level
}

/** Classes that are always there: see services/dhcp/classify. */
export const BUILT_IN_CLASSES = ['all', 'known', 'unknown', 'random-mac', 'bootp', 'rapid-commit'] as const
export type BuiltInClass = (typeof BUILT_IN_CLASSES)[number]

export type ClientClass = {
  readonly id: number
  readonly name: string
  /** Lower comes first. */
  readonly priority: number
  /** An expression over the request (docs/dhcp.md); undefined for a class that only hosts are put in. */
  readonly test: string | undefined
  /** Its members get no address. */
  readonly denied: boolean
  /** Leases that its members may hold together. */
  readonly leaseLimit: number | undefined
  readonly level: Level
}

/** In order of strength, the strongest first; circuit-id and remote-id of one host must both match. */
export const IDENTIFIER_KINDS = ['client-id', 'uuid', 'circuit-id', 'remote-id', 'mac', 'host-name'] as const
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number]
/**
 * value: mac "02:00:…"; client-id (option 61, type octet first), uuid (the 16 octets of option 97), circuit-id and
 * remote-id (option 82) lower-case hexadecimal; host-name one lower-case label.
 */
export type HostIdentifier = { readonly kind: IdentifierKind; readonly value: string }

export type HostAddress = { readonly subnetId: number; readonly address: Ipv4 }

/** A machine that the administrator knows: any of its identifiers stands for it. */
export type Host = {
  readonly id: number
  /** Host name to give and to publish: one label. */
  readonly name: string | undefined
  readonly identifiers: readonly HostIdentifier[]
  /** Kept for it and given to nobody else; in or outside pools. */
  readonly addresses: readonly HostAddress[]
  /** Classes that it is put in, by name. */
  readonly classes: readonly string[]
  /** It gets no address. */
  readonly denied: boolean
  readonly tags: readonly string[]
  readonly comment: string | undefined
  readonly level: Level
}

/** An option that the table does not have, by the type of its value. */
export type OptionDefinition = {
  readonly id: number
  readonly code: number
  readonly name: string
  /** One of DECLARABLE_TYPES in services/dhcp/wire/option-spaces.ts. */
  readonly type: string
  /** A list of the type. */
  readonly array: boolean
  /** 'dhcp4', the name of a vendor's space in option 43, or an enterprise number (options 124 and 125). */
  readonly space: string | number
}

/** Everything that the administrator says about DHCP. */
export type DhcpConfiguration = {
  readonly sites: readonly Site[]
  readonly segments: readonly Segment[]
  readonly subnets: readonly Subnet[]
  readonly pools: readonly Pool[]
  readonly classes: readonly ClientClass[]
  readonly hosts: readonly Host[]
  readonly optionDefinitions: readonly OptionDefinition[]
}
export const DHCP_KINDS = ['sites', 'segments', 'subnets', 'pools', 'classes', 'hosts', 'optionDefinitions'] as const
export type DhcpKind = (typeof DHCP_KINDS)[number]
export type DhcpItem<K extends DhcpKind> = DhcpConfiguration[K][number]
export const EMPTY_CONFIGURATION: DhcpConfiguration = {
  sites: [DEFAULT_SITE],
  segments: [],
  subnets: [],
  pools: [],
  classes: [],
  hosts: [],
  optionDefinitions: [],
}

/**
 * bound: the client may use it. released and expired: free, kept so that the same client gets the same address back.
 * declined: somebody else was found on it; nobody gets it until expiresAt.
 */
export type LeaseState = 'bound' | 'released' | 'expired' | 'declined'

export type Lease = {
  readonly address: Ipv4
  readonly subnetId: number
  readonly state: LeaseState
  /** RFC 1700 hardware type; 1 is Ethernet. */
  readonly hardwareType: number
  /** chaddr: for Ethernet "02:00:…", else hexadecimal pairs joined by ':' as well. */
  readonly mac: Mac
  /** Option 61 as lower-case hexadecimal; undefined when the client sent none. */
  readonly clientId: string | undefined
  /** What the client called itself or its host entry calls it, checked and lower case; one label. */
  readonly hostName: string | undefined
  /** The full name under which A and PTR are published now; undefined when none is. */
  readonly publishedName: string | undefined
  /** The host whose address it is; undefined for an address of a pool. */
  readonly hostId: number | undefined
  /** Wall time in ms when this client's present hold on the address began. */
  readonly startedAt: number
  /** Wall time in ms of the last ACK. */
  readonly renewedAt: number
  /** Wall time in ms; undefined for an infinite lease. */
  readonly expiresAt: number | undefined
  /** Option 82 of the last REQUEST as lower-case hexadecimal; undefined without a relay that adds it. */
  readonly relayInformation: string | undefined
  /** Limits that it counts against while bound: "class 3", "port 1 65746837"; undefined for none. */
  readonly countedUnder: readonly string[] | undefined
}

/** Who a client is to us (RFC 2131 §4.2): by client identifier if it sent one, else by hardware type and address. */
export type ClientKey = string
export const clientKey = (hardwareType: number, mac: Mac, clientId: string | undefined): ClientKey =>
  clientId === undefined ? `hw:${hardwareType}:${mac}` : `id:${clientId}`
export const leaseClientKey = (lease: Lease): ClientKey => clientKey(lease.hardwareType, lease.mac, lease.clientId)

/** One lease row before and after; the unit that DHCP hands to be stored. `after` never is undefined for a bound lease. */
export type LeaseChange = {
  readonly before: Lease | undefined
  readonly after: Lease
  /** Why, as an event id of services/events: 'dhcp.lease.bound', 'dhcp.lease.released', … */
  readonly because: string
}
