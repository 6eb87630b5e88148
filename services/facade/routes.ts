/** Where datagrams go that are for none of our links. */
import type { Answer } from './common.ts'

export type RouteInput = {
  /** "0.0.0.0/0" is the default route. */
  readonly prefix: string
  /** The next hop; null when the targets are on the interface's own link. */
  readonly gateway: string | null
  /** null: the interface on whose link the gateway is. */
  readonly interface: string | null
  readonly metric: number
  readonly comment: string | null
}
export type RouteView = RouteInput & {
  /** Only static routes have one. */
  readonly id: number | null
  /** static: by this API. settings: --gateway. direct: an interface's own subnet. dhcp: by our DHCP client. */
  readonly kind: 'static' | 'settings' | 'direct' | 'dhcp' | 'redirect' | 'discovered'
  /** U: usable. G: by a gateway. H: to one host. D: made by a redirect. M: changed by one. Empty: not usable now. */
  readonly flags: string
}
export type RoutingView = {
  /** Datagrams that are not for us go on by the routing table (RFC 1812). */
  readonly forwarding: boolean
}

export interface RouteServices {
  /** In the order in which they are tried; static ones that are not usable now come last. */
  listRoutes(): Answer<readonly RouteView[]>
  /** A static route. */
  getRoute(id: number): Answer<RouteView>
  addRoute(input: RouteInput): Answer<RouteView>
  changeRoute(id: number, change: Partial<RouteInput>): Answer<RouteView>
  removeRoute(id: number): Answer<null>
  getRouting(): Answer<RoutingView>
  changeRouting(change: Partial<RoutingView>): Answer<RoutingView>
}
