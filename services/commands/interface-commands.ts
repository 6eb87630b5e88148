/** The administrator's commands on interfaces: opened, made durable, and only then part of the stack. */
import { type Clock, err, ok } from '../../stack/platform/index.ts'
import type { Answer, InterfaceView } from '../facade.ts'
import { addressText, checkInterface } from '../links/check-interfaces.ts'
import { interfaceView } from '../links/interface-view.ts'
import type { Interfaces } from '../links/interfaces.ts'
import type { MediumFault, TapHandle } from '../links/media.ts'
import type { StaticNeighbours } from '../links/static-neighbours.ts'
import type { StaticRoutes } from '../links/static-routes.ts'
import {
  type DhcpConfiguration, type FirstLinkProperties, type InterfaceProperties, type NetworkInterface, type Refusal, refusal,
} from '../model/index.ts'
import type { InterfaceSide } from '../network-side.ts'
import type { Write } from '../storage/store.ts'
import { type CommandTurns, missing } from './turns.ts'

export type InterfaceCommandsOptions = {
  readonly clock: Clock
  readonly interfaces: Interfaces
  readonly routes: StaticRoutes
  readonly neighbours: StaticNeighbours
  readonly configuration: () => DhcpConfiguration
  readonly turns: CommandTurns
}

/** The setting under which what was changed about the first link is kept. */
export const FIRST_LINK_SETTING = 'first-link'

const cannotOpen = (plan: NetworkInterface, fault: MediumFault): Refusal =>
  refusal('conflict', plan.medium.kind === 'qemu' ? '/socket' : '/name', fault.problem, fault.remedy)

export class InterfaceCommands implements InterfaceSide {
  readonly #o: InterfaceCommandsOptions

  constructor(options: InterfaceCommandsOptions) {
    this.#o = options
  }

  async interfaces(): Answer<readonly InterfaceView[]> {
    return ok(this.#o.interfaces.states().map(interfaceView))
  }

  async plans(): Answer<readonly NetworkInterface[]> {
    return ok(this.#o.interfaces.plans)
  }

  checkInterface(added: NetworkInterface): Answer<null> {
    return this.#o.turns.take(async () => {
      const refused = checkInterface(added, this.#o.interfaces.plans)
      return refused === undefined ? ok(null) : err(refused)
    })
  }

  addInterface(added: NetworkInterface, device: TapHandle | undefined): Answer<null> {
    const { interfaces, turns } = this.#o
    return turns.take(async () => {
      const refused = checkInterface(added, interfaces.plans)
      if (refused !== undefined) return err(refused)
      const opened = added.enabled ? await interfaces.open(added, device) : undefined
      if (opened?.ok === false) return err(cannotOpen(added, opened.error))
      const stored = await turns.store([{ kind: 'interface-put', interface: added }, this.#news(added.name, 'added')])
      if (!stored.ok) opened?.value.close()
      else interfaces.add(added, opened?.value)
      return stored
    })
  }

  changeInterface(name: string, change: Partial<InterfaceProperties>, device: TapHandle | undefined): Answer<null> {
    const { interfaces, turns } = this.#o
    return turns.take(async () => {
      const before = interfaces.plan(name)
      if (before === undefined) return missing(`interface "${name}"`)
      const plan: NetworkInterface = { ...before, ...change }
      const refused = this.#checkFirst(plan) ?? checkInterface(plan, interfaces.plans.filter((other) => other.name !== name))
      if (refused !== undefined) return err(refused)
      const opened = plan.enabled && !interfaces.isUp(name) ? await interfaces.open(plan, device) : undefined
      if (opened?.ok === false) return err(cannotOpen(plan, opened.error))
      const stored = await turns.store([this.#put(plan), this.#news(name, 'changed')])
      if (!stored.ok) opened?.value.close()
      else interfaces.change(plan, opened?.value)
      return stored
    })
  }

  removeInterface(name: string): Answer<null> {
    const { interfaces, neighbours, routes, turns } = this.#o
    return turns.take(async () => {
      if (interfaces.plan(name) === undefined) return missing(`interface "${name}"`)
      if (interfaces.isFirst(name)) {
        const problem = `${name} is the link that the program was started with`
        return err(refusal('conflict', '', problem, 'start it with another --link'))
      }
      const { segments, subnets } = this.#o.configuration()
      const on = new Set(segments.filter((segment) => segment.interfaceName === name).map(({ id }) => id))
      const served = subnets.filter(({ segmentId }) => on.has(segmentId))
      if (served.length > 0) {
        const ids = served.map(({ id }) => id).join(', ')
        return err(refusal('conflict', '', `DHCP serves subnet ${ids} on it`, `remove subnet ${ids} first, or give it another segment`))
      }
      const byIt = routes.list.filter((route) => route.interfaceName === name)
      if (byIt.length > 0) {
        const ids = byIt.map(({ id }) => id).join(', ')
        return err(refusal('conflict', '', `the static route ${ids} goes by it`, `remove route ${ids} first`))
      }
      const named = neighbours.on(name)
      const forgotten = named.map(({ address }): Write => ({ kind: 'neighbour-remove', interfaceName: name, address }))
      const stored = await turns.store([{ kind: 'interface-remove', name }, ...forgotten, this.#news(name, 'removed')])
      if (!stored.ok) return stored
      interfaces.remove(name)
      for (const neighbour of named) neighbours.remove(neighbour)
      return stored
    })
  }

  /** The first link's own address and its being there are settings of the program. */
  #checkFirst(plan: NetworkInterface): Refusal | undefined {
    const { interfaces } = this.#o
    if (!interfaces.isFirst(plan.name)) return undefined
    if (!plan.enabled) {
      const remedy = 'stop the program, or start it with another --link'
      return refusal('conflict', '/enabled', 'the first link cannot be disabled', remedy)
    }
    if (plan.addressing !== 'static') {
      const problem = 'the first link serves, and has its address from the settings'
      return refusal('conflict', '/addressing', problem, 'add another interface for the uplink')
    }
    const own = this.#ownAddress()
    const [first] = plan.addresses
    if (first !== undefined && addressText(first) === own) return undefined
    const problem = `the first address of ${plan.name} is the setting --address ${own}`
    return refusal('conflict', '/addresses', problem, `begin the list with ${own}; start with another --address to change it`)
  }

  #ownAddress(): string {
    const [own] = this.#o.interfaces.plans[0]?.addresses ?? []
    return own === undefined ? '' : addressText(own)
  }

  #put(plan: NetworkInterface): Write {
    if (!this.#o.interfaces.isFirst(plan.name)) return { kind: 'interface-put', interface: plan }
    const { addresses, proxyArp, sourcePolicy, directedBroadcasts, routerDiscovery, impairment } = plan
    const kept: FirstLinkProperties = {
      addresses: addresses.slice(1), proxyArp, sourcePolicy, directedBroadcasts, routerDiscovery, impairment,
    }
    return { kind: 'setting', name: FIRST_LINK_SETTING, value: JSON.stringify(kept) }
  }

  #news(name: string, how: 'added' | 'changed' | 'removed'): Write {
    return { kind: 'event', at: this.#o.clock.wallMs(), event: 'interface.changed', facts: { interface: name, how } }
  }
}

