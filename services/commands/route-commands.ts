/** The administrator's commands on static routes and on forwarding. */
import type { Stack } from '../../stack/index.ts'
import { type Clock, err, ok } from '../../stack/platform/index.ts'
import type { Answer, RouteView, RoutingView } from '../facade.ts'
import { checkRoute } from '../links/check-routes.ts'
import type { Interfaces } from '../links/interfaces.ts'
import type { StaticRoutes } from '../links/static-routes.ts'
import { refusal, type StaticRoute } from '../model/index.ts'
import type { Change, New, RouteSide } from '../network-side.ts'
import type { Write } from '../storage/store.ts'
import { type CommandTurns, missing } from './turns.ts'

export type RouteCommandsOptions = {
  readonly clock: Clock
  readonly stack: Stack
  readonly interfaces: Interfaces
  readonly routes: StaticRoutes
  readonly lastRouteId: number
  readonly turns: CommandTurns
}

/** The setting under which forwarding is kept: 'yes' or 'no'. */
export const FORWARDING_SETTING = 'forwarding'
/** Of the table's 1,024, the rest is for interfaces and redirects. */
export const STATIC_ROUTE_LIMIT = 512

export class RouteCommands implements RouteSide {
  readonly #o: RouteCommandsOptions
  #lastId: number

  constructor(options: RouteCommandsOptions) {
    this.#o = options
    this.#lastId = options.lastRouteId
  }

  async routes(): Answer<readonly RouteView[]> {
    return ok(this.#o.routes.views())
  }

  addRoute(fields: New<StaticRoute>): Answer<StaticRoute> {
    const { routes, turns } = this.#o
    return turns.take(async () => {
      const route: StaticRoute = { ...fields, id: this.#lastId + 1 }
      if (routes.list.length >= STATIC_ROUTE_LIMIT) {
        const problem = `there are ${STATIC_ROUTE_LIMIT} static routes, the most that there can be`
        return err(refusal('conflict', '', problem, 'remove one first'))
      }
      const done = await this.#put(route, routes.list, 'added')
      if (done.ok) this.#lastId = route.id
      return done
    })
  }

  changeRoute(id: number, change: Change<StaticRoute>): Answer<StaticRoute> {
    const { routes, turns } = this.#o
    return turns.take(async () => {
      const old = routes.list.find((route) => route.id === id)
      if (old === undefined) return missing(`static route ${id}`)
      return this.#put({ ...old, ...change }, routes.list.filter((route) => route !== old), 'changed')
    })
  }

  removeRoute(id: number): Answer<null> {
    const { routes, turns } = this.#o
    return turns.take(async () => {
      if (!routes.list.some((route) => route.id === id)) return missing(`static route ${id}`)
      const stored = await turns.store([{ kind: 'route-remove', id }, this.#news(id, 'removed')])
      if (stored.ok) routes.list = routes.list.filter((route) => route.id !== id)
      return stored
    })
  }

  async routing(): Answer<RoutingView> {
    return ok({ forwarding: this.#o.stack.forwarding })
  }

  changeRouting({ forwarding }: Partial<RoutingView>): Answer<RoutingView> {
    const { stack, turns } = this.#o
    return turns.take(async () => {
      if (forwarding !== undefined && forwarding !== stack.forwarding) {
        const facts = { forwarding: forwarding ? 'on' : 'off' }
        const stored = await turns.store([
          { kind: 'setting', name: FORWARDING_SETTING, value: forwarding ? 'yes' : 'no' },
          { kind: 'event', at: this.#o.clock.wallMs(), event: 'routing.changed', facts },
        ])
        if (!stored.ok) return stored
        stack.forwarding = forwarding
      }
      return ok({ forwarding: stack.forwarding })
    })
  }

  async #put(route: StaticRoute, others: readonly StaticRoute[], how: 'added' | 'changed'): Answer<StaticRoute> {
    const { interfaces, routes, turns } = this.#o
    const refused = checkRoute(route, others, interfaces.plans)
    if (refused !== undefined) return err(refused)
    const stored = await turns.store([{ kind: 'route-put', route }, this.#news(route.id, how)])
    if (!stored.ok) return stored
    routes.list = [...others, route].sort((a, b) => a.id - b.id)
    return ok(route)
  }

  #news(id: number, how: 'added' | 'changed' | 'removed'): Write {
    return { kind: 'event', at: this.#o.clock.wallMs(), event: 'route.changed', facts: { route: id, how } }
  }
}
