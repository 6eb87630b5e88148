/** Static routes and forwarding: texts become the model and back. */
import type { Answer, RouteInput, RouteServices, RouteView, RoutingView } from '../facade.ts'
import { routeFields } from '../links/inputs.ts'
import type { StaticRoute } from '../model/index.ts'
import type { NetworkSide, New } from '../network-side.ts'
import { pick } from './inputs.ts'

export type ApplianceRoutesOptions = { readonly network: NetworkSide }

export class ApplianceRoutes implements RouteServices {
  readonly #o: ApplianceRoutesOptions

  constructor(options: ApplianceRoutesOptions) {
    this.#o = options
  }

  listRoutes(): Answer<readonly RouteView[]> {
    return this.#o.network.routes.routes()
  }

  async getRoute(id: number): Answer<RouteView> {
    return pick(await this.listRoutes(), (route) => route.id === id, `static route ${id}`)
  }

  async addRoute(input: RouteInput): Answer<RouteView> {
    const fields = routeFields(input)
    if (!fields.ok) return fields
    const added = await this.#o.network.routes.addRoute(fields.value as New<StaticRoute>)
    return added.ok ? this.getRoute(added.value.id) : added
  }

  async changeRoute(id: number, change: Partial<RouteInput>): Answer<RouteView> {
    const fields = routeFields(change)
    if (!fields.ok) return fields
    const changed = await this.#o.network.routes.changeRoute(id, fields.value)
    return changed.ok ? this.getRoute(id) : changed
  }

  removeRoute(id: number): Answer<null> {
    return this.#o.network.routes.removeRoute(id)
  }

  getRouting(): Answer<RoutingView> {
    return this.#o.network.routes.routing()
  }

  changeRouting(change: Partial<RoutingView>): Answer<RoutingView> {
    return this.#o.network.routes.changeRouting(change)
  }
}
