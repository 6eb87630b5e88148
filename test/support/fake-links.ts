/** Interfaces and routes in memory, for tests of the admin API and the command line. */
import type {
  Answer, InterfaceInput, InterfacePropertiesView, InterfaceServices, InterfaceView, RouteInput, RouteServices, RouteView,
  RoutingView,
} from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const missing = (what: string) => err(refusal('not-found', '', `${what} does not exist`, 'List what there is.'))

export const FIRST_INTERFACE: InterfaceView = {
  name: 'lan0',
  kind: 'tap',
  first: true,
  state: 'up',
  reason: null,
  enabled: true,
  addressing: 'static',
  mac: '02:00:0a:35:00:02',
  mtu: 1500,
  addresses: ['10.53.0.2/24'],
  peerMac: null,
  proxyArp: 'off',
  proxyArpRanges: [],
  bogons: 'accepted',
  reversePath: 'off',
  directedBroadcasts: false,
  routerDiscovery: 'off',
  impairment: null,
  hostEnd: { address: '10.53.0.1/24', bridge: null, owner: null, persist: false },
  socket: null,
  socketOwner: null,
  learntAddresses: [],
  guests: [],
  counters: { 'rx-frames': 12 },
}

export class FakeInterfaces implements InterfaceServices {
  list: InterfaceView[] = [FIRST_INTERFACE]
  /** What addInterface was given. */
  added: InterfaceInput[] = []

  async listInterfaces(): Answer<readonly InterfaceView[]> {
    return ok(this.list)
  }

  async getInterface(name: string): Answer<InterfaceView> {
    const found = this.list.find(each => each.name === name)
    return found === undefined ? missing(`interface "${name}"`) : ok(found)
  }

  async addInterface(input: InterfaceInput): Answer<InterfaceView> {
    if (this.list.some(each => each.name === input.name)) {
      return err(refusal('conflict', '/name', `there is an interface "${input.name}" already`, 'Choose another name.'))
    }
    this.added.push(input)
    const view: InterfaceView = {
      ...input, mac: input.mac ?? '02:54:0a:36:00:02', first: false, state: 'up', reason: null, guests: [], learntAddresses: [], counters: {},
    }
    this.list = [...this.list, view]
    return ok(view)
  }

  async changeInterface(name: string, change: Partial<InterfacePropertiesView>): Answer<InterfaceView> {
    const found = await this.getInterface(name)
    if (!found.ok) return found
    const enabled = change.enabled ?? found.value.enabled
    const view: InterfaceView = { ...found.value, ...change, state: enabled ? 'up' : 'down', reason: enabled ? null : 'it is disabled' }
    this.list = this.list.map(each => (each.name === name ? view : each))
    return ok(view)
  }

  async removeInterface(name: string): Answer<null> {
    const found = await this.getInterface(name)
    if (!found.ok) return found
    if (found.value.first) return err(refusal('conflict', '', `${name} is the first link`, 'Start with another --link.'))
    this.list = this.list.filter(each => each.name !== name)
    return ok(null)
  }
}

const DIRECT: RouteView = {
  id: null, prefix: '10.53.0.0/24', gateway: null, interface: 'lan0', metric: 0, comment: null, kind: 'direct', flags: 'U',
}

export class FakeRoutes implements RouteServices {
  list: RouteView[] = [DIRECT]
  forwarding = false
  #id = 0

  async listRoutes(): Answer<readonly RouteView[]> {
    return ok(this.list)
  }

  async getRoute(id: number): Answer<RouteView> {
    const found = this.list.find(route => route.id === id)
    return found === undefined ? missing(`static route ${id}`) : ok(found)
  }

  async addRoute(input: RouteInput): Answer<RouteView> {
    if (input.gateway === null && input.interface === null) {
      return err(refusal('invalid', '/gateway', 'neither a gateway nor an interface is given', 'Give one.'))
    }
    const route: RouteView = { ...input, interface: input.interface ?? 'lan0', id: ++this.#id, kind: 'static', flags: input.gateway === null ? 'U' : 'UG' }
    this.list = [...this.list, route]
    return ok(route)
  }

  async changeRoute(id: number, change: Partial<RouteInput>): Answer<RouteView> {
    const found = await this.getRoute(id)
    if (!found.ok) return found
    const route = { ...found.value, ...change }
    this.list = this.list.map(each => (each.id === id ? route : each))
    return ok(route)
  }

  async removeRoute(id: number): Answer<null> {
    const found = await this.getRoute(id)
    if (!found.ok) return found
    this.list = this.list.filter(each => each.id !== id)
    return ok(null)
  }

  async getRouting(): Answer<RoutingView> {
    return ok({ forwarding: this.forwarding })
  }

  async changeRouting(change: Partial<RoutingView>): Answer<RoutingView> {
    this.forwarding = change.forwarding ?? this.forwarding
    return this.getRouting()
  }
}
