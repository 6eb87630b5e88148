/**
 * Router discovery (RFC 1256). A host asks, and takes the routers that advertise themselves as default gateways for as
 * long as they say; a router advertises each of its addresses on a link, from time to time and when asked.
 *   advertisement: 9, 0, checksum | addresses n, words per entry 2, lifetime in s 16 | n times (address, preference)
 *   solicitation: 10, 0, checksum | reserved 32
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { ALL_ROUTERS, ALL_SYSTEMS } from '../igmp/host.ts'
import type { Interface } from '../interface.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import { DEFAULT_PREFIX } from '../ipv4/routes.ts'
import type { RouteTable } from '../ipv4/routes.ts'
import { i32, put32, u16 } from '../platform/index.ts'
import type { Clock, Random, Timer } from '../platform/index.ts'
import * as icmp from '../wire/icmp.ts'
import { PROTOCOL_ICMP } from '../wire/ipv4.ts'

/** RFC 1256 §4.1, §4.3, §5.1: the defaults and constants there. */
const MAX_INTERVAL_MS = 600_000
const MIN_INTERVAL_MS = 450_000
const LIFETIME_S = 1_800
const INITIAL_INTERVAL_MS = 16_000
const INITIAL_ADVERTISEMENTS = 3
const RESPONSE_DELAY_MS = 2_000
const SOLICITATION_INTERVAL_MS = 3_000
const SOLICITATIONS = 3
const SOLICITATION_DELAY_MS = 1_000
/** RFC 1256 §3.1: an address that is not to be a default gateway. */
const NOT_A_DEFAULT = -0x8000_0000
/** Gateways per link; with more, which would be used? */
export const GATEWAY_LIMIT = 16
/** Configured routes have small metrics and stand before what is heard. */
const METRIC_OF_LEAST_PREFERRED = 0xffff_ffff

export type RouterDiscoveryParts = {
  readonly clock: Clock
  readonly random: Random
  readonly output: Ipv4Output
  readonly routes: RouteTable
}

type HostRole = { readonly gateways: Map<Ipv4, Timer>; left: number; timer: Timer | undefined }
type RouterRole = { readonly preference: number; sent: number; timer: Timer }

export class RouterDiscovery {
  readonly #parts: RouterDiscoveryParts
  readonly #hosts = new Map<Interface, HostRole>()
  readonly #routers = new Map<Interface, RouterRole>()

  constructor(parts: RouterDiscoveryParts) {
    this.#parts = parts
  }

  /** From now on the interface learns its default gateways; it asks up to three times (RFC 1256 §5.1). */
  discover(iface: Interface): void {
    if (this.#hosts.has(iface)) return
    const role: HostRole = { gateways: new Map(), left: SOLICITATIONS, timer: undefined }
    this.#hosts.set(iface, role)
    role.timer = this.#after(this.#parts.random.below(SOLICITATION_DELAY_MS), () => this.#solicit(iface, role))
  }

  /** From now on we advertise our addresses there; a higher preference (int32) is chosen before a lower one. */
  advertise(iface: Interface, preference = 0): void {
    if (this.#routers.has(iface)) return
    iface.groups.join(ALL_ROUTERS)
    const timer = this.#after(0, () => this.#advertise(iface))
    this.#routers.set(iface, { preference, sent: 0, timer })
  }

  /** Ends both roles: learnt gateways are forgotten; hosts hear that we are no gateway any more (RFC 1256 §4.1). */
  stop(iface: Interface): void {
    const host = this.#hosts.get(iface)
    host?.timer?.cancel()
    for (const gateway of [...(host?.gateways.keys() ?? [])]) this.#forget(host as HostRole, gateway)
    this.#hosts.delete(iface)
    const router = this.#routers.get(iface)
    if (router === undefined) return
    router.timer.cancel()
    this.#routers.delete(iface)
    this.#sendAdvertisement(iface, router.preference, 0)
    iface.groups.leave(ALL_ROUTERS)
  }

  close(): void {
    for (const iface of [...this.#hosts.keys(), ...this.#routers.keys()]) this.stop(iface)
  }

  /** A checked advertisement. False when it is malformed (RFC 1256 §5.2) or nobody asked. */
  heardAdvertisement(d: ReceivedDatagram): boolean {
    const host = this.#hosts.get(d.iface)
    const b = d.buffer
    const at = d.payloadAt
    const count = b[at + 4] as number
    const entryBytes = 4 * (b[at + 5] as number)
    const sound = icmp.icmpCode(b, at) === 0 && count > 0 && entryBytes >= 8 &&
      d.payloadLength >= icmp.ICMP_HEADER_BYTES + count * entryBytes
    if (host === undefined || !sound) return false
    host.timer?.cancel()
    host.timer = undefined
    for (let i = 0; i < count; i++) {
      const entry = at + icmp.ICMP_HEADER_BYTES + i * entryBytes
      this.#heard(d.iface, host, i32(b, entry), i32(b, entry + 4), u16(b, at + 6))
    }
    return true
  }

  /** A checked solicitation. False when it is malformed, from no neighbour, or we are no router there. */
  heardSolicitation(d: ReceivedDatagram): boolean {
    const router = this.#routers.get(d.iface)
    const neighbour = d.source === 0 || d.iface.addressing.isOnLink(d.source)
    if (router === undefined || icmp.icmpCode(d.buffer, d.payloadAt) !== 0 || !neighbour) return false
    router.timer.cancel()
    router.timer = this.#after(this.#parts.random.below(RESPONSE_DELAY_MS), () => this.#advertise(d.iface))
    return true
  }

  #solicit(iface: Interface, role: HostRole): void {
    role.timer = undefined
    const { output } = this.#parts
    if (output.begin(ALL_ROUTERS, 0, PROTOCOL_ICMP, icmp.ICMP_HEADER_BYTES, 1, iface, false) === 0) {
      icmp.write(output.buffer, output.payloadAt, icmp.ROUTER_SOLICITATION, 0, 0, 0)
      output.commit()
    }
    if (--role.left > 0) role.timer = this.#after(SOLICITATION_INTERVAL_MS, () => this.#solicit(iface, role))
  }

  #heard(iface: Interface, host: HostRole, gateway: Ipv4, preference: number, lifetimeS: number): void {
    if (!iface.addressing.isOnLink(gateway) || iface.addressing.isOwn(gateway)) return
    this.#forget(host, gateway)
    if (lifetimeS === 0 || preference === NOT_A_DEFAULT || host.gateways.size === GATEWAY_LIMIT) return
    const metric = METRIC_OF_LEAST_PREFERRED - (preference + 0x8000_0000)
    const route = { prefix: DEFAULT_PREFIX, gateway, interfaceName: iface.name, metric }
    // A route that somebody configured by this gateway stays his.
    if (!this.#parts.routes.add(route).ok) return
    const timer = this.#after(lifetimeS * 1000, () => this.#forget(host, gateway))
    host.gateways.set(gateway, timer)
  }

  #forget(host: HostRole, gateway: Ipv4): void {
    const known = host.gateways.get(gateway)
    if (known === undefined) return
    known.cancel()
    host.gateways.delete(gateway)
    this.#parts.routes.remove(DEFAULT_PREFIX, gateway)
  }

  #advertise(iface: Interface): void {
    const router = this.#routers.get(iface)
    if (router === undefined) return
    this.#sendAdvertisement(iface, router.preference, LIFETIME_S)
    router.sent++
    const usual = MIN_INTERVAL_MS + this.#parts.random.below(MAX_INTERVAL_MS - MIN_INTERVAL_MS)
    const wait = router.sent < INITIAL_ADVERTISEMENTS ? Math.min(usual, INITIAL_INTERVAL_MS) : usual
    router.timer = this.#after(wait, () => this.#advertise(iface))
  }

  #sendAdvertisement(iface: Interface, preference: number, lifetimeS: number): void {
    const { output } = this.#parts
    const addresses = iface.addresses.slice(0, 255)
    const length = 8 * addresses.length
    if (output.begin(ALL_SYSTEMS, 0, PROTOCOL_ICMP, icmp.ICMP_HEADER_BYTES + length, 1, iface, false) !== 0) return
    const at = output.payloadAt
    for (const [i, { address }] of addresses.entries()) {
      put32(output.buffer, at + 8 + 8 * i, address)
      put32(output.buffer, at + 12 + 8 * i, preference)
    }
    const rest = (addresses.length << 24) | (2 << 16) | lifetimeS
    icmp.write(output.buffer, at, icmp.ROUTER_ADVERTISEMENT, 0, rest, length)
    output.commit()
  }

  #after(ms: number, run: () => void): Timer {
    return this.#parts.clock.at(this.#parts.clock.now() + ms, run)
  }
}
