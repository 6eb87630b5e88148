/**
 * Static routes on the live table. A route whose gateway cannot be reached at the moment (its interface is down, or has
 * other addresses) is kept aside and comes back with it.
 */
import { DEFAULT_PREFIX, formatIpv4, formatPrefix, type Ipv4, type RouteInput as StackRoute, type RouteView as StackRouteView, type Stack } from '../../stack/index.ts'
import { assert } from '../../stack/platform/index.ts'
import type { RouteView } from '../facade.ts'
import type { StaticRoute } from '../model/index.ts'
import { LEARNT_METRIC } from '../uplinks.ts'

/** The default route of the program's settings. */
export type SettingsRoute = { readonly gateway: Ipv4; readonly interfaceName: string; readonly metric: number }

const stackRoute = (r: StaticRoute): StackRoute => ({
  prefix: r.prefix,
  gateway: r.gateway ?? 0,
  metric: r.metric,
  ...(r.interfaceName === undefined ? {} : { interfaceName: r.interfaceName }),
})

/** One of the live routes is this static one. */
const isLive = (r: StaticRoute, live: StackRouteView): boolean =>
  live.prefix.network === r.prefix.network && live.prefix.length === r.prefix.length && live.gateway === (r.gateway ?? 0) &&
  live.metric === r.metric && (r.interfaceName === undefined || r.interfaceName === live.interfaceName) && !live.flags.includes('D')

export class StaticRoutes {
  readonly #stack: Stack
  readonly #settings: SettingsRoute | undefined
  #routes: readonly StaticRoute[]

  constructor(stack: Stack, settings: SettingsRoute | undefined, routes: readonly StaticRoute[]) {
    this.#stack = stack
    this.#settings = settings
    this.#routes = routes
    if (settings !== undefined) {
      const added = stack.routes.add({ prefix: DEFAULT_PREFIX, ...settings })
      assert(added.ok, 'the settings name a gateway that is on the link')
    }
    this.reconcile()
  }

  get list(): readonly StaticRoute[] {
    return this.#routes
  }

  /** Other routes than before. */
  set list(routes: readonly StaticRoute[]) {
    for (const old of this.#routes) if (!routes.includes(old)) this.#stack.routes.remove(old.prefix, old.gateway ?? 0, old.interfaceName)
    this.#routes = routes
    this.reconcile()
  }

  /** Interfaces or addresses have changed: what was kept aside may have its place now. */
  reconcile(): void {
    const live = this.#stack.routes.list()
    for (const route of this.#routes) if (!live.some((l) => isLive(route, l))) this.#stack.routes.add(stackRoute(route))
  }

  /** All live routes as they are tried, then those kept aside. */
  views(): readonly RouteView[] {
    const live = this.#stack.routes.list()
    const aside = this.#routes.filter((route) => !live.some((l) => isLive(route, l)))
    return [...live.map((l) => this.#view(l)), ...aside.map((route) => staticView(route, route.interfaceName ?? null, ''))]
  }

  #view(live: StackRouteView): RouteView {
    const known = this.#routes.find((route) => isLive(route, live))
    if (known !== undefined) return staticView(known, live.interfaceName, live.flags)
    return {
      id: null,
      prefix: formatPrefix(live.prefix),
      gateway: live.gateway === 0 ? null : formatIpv4(live.gateway),
      interface: live.interfaceName,
      metric: live.metric,
      comment: null,
      kind: this.#kindOf(live),
      flags: live.flags,
    }
  }

  #kindOf(live: StackRouteView): RouteView['kind'] {
    if (live.flags.includes('D')) return 'redirect'
    if (live.metric === LEARNT_METRIC) return 'dhcp'
    if (live.gateway === 0) return 'direct'
    return live.gateway === this.#settings?.gateway && live.prefix.length === 0 ? 'settings' : 'discovered'
  }
}

const staticView = (r: StaticRoute, interfaceName: string | null, flags: string): RouteView => ({
  id: r.id,
  prefix: formatPrefix(r.prefix),
  gateway: r.gateway === undefined ? null : formatIpv4(r.gateway),
  interface: interfaceName,
  metric: r.metric,
  comment: r.comment ?? null,
  kind: 'static',
  flags,
})
