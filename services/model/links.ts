/**
 * What is kept of the network's plan: interfaces besides the first, what was changed about the first, and static routes.
 * Plain data (structured-clone safe), because it crosses threads.
 */
import type { InterfaceAddress, Ipv4, Mac, Prefix, ProxyArp, SourcePolicy } from '../../stack/index.ts'

/** What befalls frames on purpose, as stack/link/weather.ts has it. Chances are from 0 to 1 per frame. */
export type Impairment = {
  readonly loss: number
  readonly duplication: number
  readonly reordering: number
  /** For how long a frame is held back at most. */
  readonly reorderMs: number
  readonly corruption: number
  readonly delayMs: number
  readonly jitterMs: number
  /** undefined: as fast as can be. */
  readonly bitsPerSecond: number | undefined
  /** Octets that may wait for the rate. */
  readonly queueBytes: number
  /** Which frames it befalls, seen from the appliance. */
  readonly direction: 'both' | 'sent' | 'received'
  /** The same seed and the same frames meet the same fate. */
  readonly seed: number
}

/** The host's end of a TAP device. */
export type HostEnd = {
  readonly address: InterfaceAddress | undefined
  /** The bridge that it joins; made if missing, and it gets the address. */
  readonly bridge: string | undefined
  /** User id who may attach to it later. */
  readonly owner: number | undefined
  /** It stays when the program ends. */
  readonly persist: boolean
}

/** Where an interface's frames come from. */
export type Medium =
  | { readonly kind: 'tap'; readonly hostEnd: HostEnd }
  /** Guests of QEMU at a unix socket, on a learning switch. The socket belongs to `owner`, who may be undefined: ours. */
  | { readonly kind: 'qemu'; readonly socket: string; readonly owner: number | undefined }

/** Properties that may be changed while frames flow. */
export type InterfaceProperties = {
  /** false: it is left down until somebody says otherwise. */
  readonly enabled: boolean
  /** dhcp: our own DHCP client gives it an address, besides `addresses`. */
  readonly addressing: 'static' | 'dhcp'
  readonly addresses: readonly InterfaceAddress[]
  /** Whom we answer for by ARP (RFC 1027): nobody, all that is reached by another link, or these blocks. */
  readonly proxyArp: ProxyArp
  readonly sourcePolicy: SourcePolicy
  /** Broadcasts to its subnets are forwarded (RFC 2644). */
  readonly directedBroadcasts: boolean
  /** RFC 1256: advertise ourselves, or learn default gateways. */
  readonly routerDiscovery: 'off' | 'advertise' | 'discover'
  readonly impairment: Impairment | undefined
}

export type NetworkInterface = InterfaceProperties & {
  /** 1 to 15 characters, as a device of Linux. */
  readonly name: string
  readonly medium: Medium
  /** Our end. */
  readonly mac: Mac
  /** Octets of the largest datagram. */
  readonly mtu: number
  /** The only other station on the link: no ARP is spoken. */
  readonly peerMac: Mac | undefined
}

/**
 * What was changed about the first link; everything else about it is a setting of the program. `addresses` are those
 * besides the setting's.
 */
export type FirstLinkProperties = Omit<InterfaceProperties, 'enabled' | 'addressing'>

export type StaticRoute = {
  readonly id: number
  readonly prefix: Prefix
  /** The next hop; undefined when the targets are on the interface's own link. */
  readonly gateway: Ipv4 | undefined
  /** undefined: the interface on whose link the gateway is. */
  readonly interfaceName: string | undefined
  /** Lower is preferred. */
  readonly metric: number
  readonly comment: string | undefined
}

/** A neighbour that an administrator named; no ARP packet changes it. */
export type StaticNeighbour = { readonly interfaceName: string; readonly address: Ipv4; readonly mac: Mac }
