/**
 * The routing table (RFC 1122 §3.3.1): the longest prefix that holds the target decides, then the lower metric, then
 * the older route. A host has a handful of routes, so they are tried one after the other in that order. lookup() is on
 * the path of every datagram and allocates nothing.
 */
import { maskOf } from '../address/ipv4.ts'
import type { Ipv4, Prefix } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'
import { err, ok } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import type { InterfaceAddresses } from './addresses.ts'
import { MIN_MTU } from './fragment.ts'

/** A linear search of this many still takes only microseconds. */
export const ROUTE_LIMIT = 1024

export type RouteInput = {
  readonly prefix: Prefix
  /** The next hop on the link; 0 when the targets themselves are on it. */
  readonly gateway: Ipv4
  /** When not given: the interface on whose link the gateway is. */
  readonly interfaceName?: string
  /** Lower is preferred; 0 when not given. */
  readonly metric?: number
  /** Octets of the largest datagram that goes this way; the link's when not given or when that is less. */
  readonly mtu?: number
}

export type RouteView = {
  readonly prefix: Prefix
  readonly gateway: Ipv4
  readonly interfaceName: string
  readonly metric: number
  readonly mtu: number
  /** U: usable. G: by a gateway. H: to one host. D: made by a redirect. M: changed by one. */
  readonly flags: string
}

export type RouteError =
  | { readonly kind: 'no-such-interface'; readonly interfaceName: string | undefined }
  /** The gateway is in no subnet of the interface and behind no route to its link, or is ourselves. */
  | { readonly kind: 'gateway-not-on-link'; readonly gateway: Ipv4 }
  /** Below 68 octets. */
  | { readonly kind: 'mtu-too-small'; readonly mtu: number }
  | { readonly kind: 'exists' }
  | { readonly kind: 'table-full'; readonly limit: number }

/** A route on the hot path. */
export class Route {
  readonly network: Ipv4
  readonly mask: number
  readonly gateway: Ipv4
  readonly iface: Interface
  readonly prefix: Prefix
  readonly metric: number
  readonly mtu: number
  /** '', 'D' or 'DM': made by a redirect, and changed by a later one. */
  readonly origin: string

  constructor(prefix: Prefix, gateway: Ipv4, iface: Interface, metric: number, mtu: number, origin = '') {
    this.network = prefix.network
    this.mask = maskOf(prefix.length)
    this.gateway = gateway
    this.iface = iface
    this.prefix = prefix
    this.metric = metric
    this.mtu = Math.min(mtu, iface.mtu)
    this.origin = origin
  }
}

const samePrefix = (a: Prefix, b: Prefix): boolean => a.network === b.network && a.length === b.length

export class RouteTable {
  #routes: readonly Route[] = []
  readonly #interfaces: () => readonly Interface[]

  constructor(interfaces: () => readonly Interface[]) {
    this.#interfaces = interfaces
  }

  /** HOT: the route to a target; by way of `iface` if that is given. */
  lookup(target: Ipv4, iface?: Interface): Route | undefined {
    const routes = this.#routes
    for (let i = 0; i < routes.length; i++) {
      const route = routes[i] as Route
      if (((target ^ route.network) & route.mask) === 0 && (iface === undefined || route.iface === iface)) return route
    }
    return undefined
  }

  add(input: RouteInput): Result<RouteView, RouteError> {
    const iface = this.#interfaceOf(input)
    if (iface === undefined) return err({ kind: 'no-such-interface', interfaceName: input.interfaceName })
    if (input.gateway !== 0 && (!this.#isOnLink(input.gateway, iface) || iface.addressing.isOwn(input.gateway))) {
      return err({ kind: 'gateway-not-on-link', gateway: input.gateway })
    }
    if (input.mtu !== undefined && input.mtu < MIN_MTU) return err({ kind: 'mtu-too-small', mtu: input.mtu })
    return this.#insert(new Route(input.prefix, input.gateway, iface, input.metric ?? 0, input.mtu ?? iface.mtu))
  }

  /** False when there was no such route. Without a gateway, or without an interface: every route to the prefix. */
  remove(prefix: Prefix, gateway?: Ipv4, interfaceName?: string): boolean {
    const before = this.#routes.length
    this.#routes = this.#routes.filter(
      (route) =>
        !samePrefix(route.prefix, prefix) || (gateway !== undefined && route.gateway !== gateway) ||
        (interfaceName !== undefined && route.iface.name !== interfaceName),
    )
    return this.#routes.length < before
  }

  /** In the order in which they are tried. */
  list(): readonly RouteView[] {
    return this.#routes.map(view)
  }

  /**
   * A route to one host that a redirect gave (RFC 1122 §3.2.2.2); `changed`: it takes the place of another. False when
   * the table is full or has such a route.
   */
  addDynamic(target: Ipv4, gateway: Ipv4, iface: Interface, changed: boolean): boolean {
    // A gateway that is the target itself is on the link.
    const route = new Route(
      { network: target, length: 32 }, gateway === target ? 0 : gateway, iface, 0, iface.mtu, changed ? 'DM' : 'D',
    )
    return this.#insert(route).ok
  }

  removeDynamic(target: Ipv4, gateway: Ipv4): void {
    const nextHop = gateway === target ? 0 : gateway
    this.#routes = this.#routes.filter(
      (route) => route.origin === '' || route.network !== target || route.gateway !== nextHop,
    )
  }

  /** The routes to an interface's own subnets (flag U without G). */
  addDirect(iface: Interface): void {
    for (const { prefix } of iface.addressing.list) {
      if (!this.#routes.some((route) => samePrefix(route.prefix, prefix) && route.iface === iface)) {
        this.#insert(new Route(prefix, 0, iface, 0, iface.mtu))
      }
    }
  }

  /** The interface's addresses are others: routes to its old subnets and by gateways beyond its reach end. */
  readdress(iface: Interface, before: InterfaceAddresses): void {
    const has = (addresses: InterfaceAddresses, route: Route): boolean =>
      addresses.list.some(({ prefix }) => samePrefix(prefix, route.prefix))
    this.#routes = this.#routes.filter(
      (r) => r.iface !== iface || r.gateway !== 0 || !has(before, r) || has(iface.addressing, r),
    )
    this.#routes = this.#routes.filter(
      (r) => r.iface !== iface || r.gateway === 0 || this.#isOnLink(r.gateway, iface),
    )
    this.addDirect(iface)
  }

  /** The interface's MTU was `before`: routes that had it have the new one, others what fits. */
  remeasure(iface: Interface, before: number): void {
    this.#routes = this.#routes.map((r) =>
      r.iface !== iface
        ? r
        : new Route(r.prefix, r.gateway, iface, r.metric, r.mtu === before ? iface.mtu : r.mtu, r.origin),
    )
  }

  removeInterface(iface: Interface): void {
    this.#routes = this.#routes.filter((route) => route.iface !== iface)
  }

  /** In a subnet of the interface, or behind a route to its link (RFC 3442: a router outside the subnet). */
  #isOnLink(gateway: Ipv4, iface: Interface): boolean {
    if (iface.addressing.isOnLink(gateway)) return true
    return this.#routes.some((r) => r.iface === iface && r.gateway === 0 && ((gateway ^ r.network) & r.mask) === 0)
  }

  #interfaceOf({ interfaceName, gateway, prefix }: RouteInput): Interface | undefined {
    if (interfaceName !== undefined) return this.#interfaces().find((iface) => iface.name === interfaceName)
    const nextHop = gateway === 0 ? prefix.network : gateway
    return this.#interfaces().find((iface) => iface.addressing.isOnLink(nextHop))
  }

  #insert(route: Route): Result<RouteView, RouteError> {
    const twin = this.#routes.some(
      (other) =>
        samePrefix(other.prefix, route.prefix) && other.gateway === route.gateway && other.iface === route.iface,
    )
    if (twin) return err({ kind: 'exists' })
    if (this.#routes.length === ROUTE_LIMIT) return err({ kind: 'table-full', limit: ROUTE_LIMIT })
    // Sorting is stable: of equals the older one stays in front.
    this.#routes = [...this.#routes, route].sort((a, b) => b.prefix.length - a.prefix.length || a.metric - b.metric)
    return ok(view(route))
  }
}

const view = (route: Route): RouteView => ({
  prefix: route.prefix,
  gateway: route.gateway,
  interfaceName: route.iface.name,
  metric: route.metric,
  mtu: route.mtu,
  flags: `U${route.gateway === 0 ? '' : 'G'}${route.prefix.length === 32 ? 'H' : ''}${route.origin}`,
})

/** "0.0.0.0/0" */
export const DEFAULT_PREFIX: Prefix = { network: 0, length: 0 }
