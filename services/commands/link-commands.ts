/** Whom the stack sees on its links, and whom an administrator put there. */
import {
  contains,
  formatIpv4,
  formatPrefix,
  type Ipv4,
  isGroupMac,
  isUnicast,
  lastOf,
  parseMac,
  type Stack,
} from '../../stack/index.ts'
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import type { Answer, NeighbourView } from '../facade.ts'
import type { Interfaces } from '../links/interfaces.ts'
import type { StaticNeighbours } from '../links/static-neighbours.ts'
import { type NetworkInterface, type Refusal, refusal, type StaticNeighbour } from '../model/index.ts'
import type { LinkSide } from '../network-side.ts'
import type { Write } from '../storage/store.ts'
import { type CommandTurns, missing } from './turns.ts'

export type LinkCommandsOptions = {
  readonly clock: Clock
  readonly stack: Stack
  readonly interfaces: Interfaces
  readonly neighbours: StaticNeighbours
  readonly turns: CommandTurns
}

/** Static entries of one interface: half of its cache, so that other neighbours always have room. */
export const STATIC_NEIGHBOUR_LIMIT = 512

const invalid = (field: string, problem: string, remedy: string): Refusal => refusal('invalid', field, problem, remedy)

export class LinkCommands implements LinkSide {
  readonly #o: LinkCommandsOptions

  constructor(options: LinkCommandsOptions) {
    this.#o = options
  }

  async neighbours(): Answer<readonly NeighbourView[]> {
    const now = this.#o.clock.now()
    return ok(
      this.#o.stack.interfaces.flatMap((i) =>
        i.neighbours.list().map(({ address, mac, state, expiresAt }) => ({
          interface: i.name,
          address: formatIpv4(address),
          mac: mac ?? null,
          state,
          expiresIn: expiresAt === undefined ? null : Math.max(0, Math.round((expiresAt - now) / 1000)),
        })),
      ),
    )
  }

  addNeighbour(interfaceName: string | undefined, address: Ipv4, mac: string): Answer<NeighbourView> {
    const { neighbours, turns } = this.#o
    return turns.take(async () => {
      const plan = this.#linkOf(interfaceName, address)
      if (!plan.ok) return plan
      const neighbour: StaticNeighbour = { interfaceName: plan.value.name, address, mac }
      const refused = this.#check(plan.value, neighbour)
      if (refused !== undefined) return err(refused)
      const stored = await turns.store([{ kind: 'neighbour-put', neighbour }, this.#news(neighbour, 'added')])
      if (!stored.ok) return stored
      neighbours.put(neighbour)
      return ok({
        interface: neighbour.interfaceName,
        address: formatIpv4(address),
        mac,
        state: 'static',
        expiresIn: null,
      })
    })
  }

  removeNeighbour(interfaceName: string | undefined, address: Ipv4): Answer<null> {
    const { neighbours, stack, turns } = this.#o
    return turns.take(async () => {
      const names = this.#knowing(interfaceName, address)
      const [name] = names
      if (name === undefined)
        return missing(`neighbour ${formatIpv4(address)}${interfaceName === undefined ? '' : ` on ${interfaceName}`}`)
      if (names.length > 1)
        return err(
          refusal('conflict', '', `${formatIpv4(address)} is known on ${names.join(' and ')}`, 'name the interface'),
        )
      const known = neighbours.find(name, address)
      if (known === undefined) {
        stack.interface(name)?.neighbours.delete(address)
        return ok(null)
      }
      const stored = await turns.store([
        { kind: 'neighbour-remove', interfaceName: name, address },
        this.#news(known, 'removed'),
      ])
      if (stored.ok) neighbours.remove(known)
      return stored
    })
  }

  async flushNeighbours(interfaceName: string | undefined): Answer<number> {
    const { interfaces, stack } = this.#o
    if (interfaceName !== undefined && interfaces.plan(interfaceName) === undefined)
      return err(this.#noInterface(interfaceName))
    let flushed = 0
    for (const iface of stack.interfaces.filter(({ name }) => interfaceName === undefined || name === interfaceName))
      for (const { address, state } of iface.neighbours.list())
        if (state !== 'static' && iface.neighbours.delete(address)) flushed++
    return ok(flushed)
  }

  /** Names of the interfaces where the address is known, live or stored. */
  #knowing(interfaceName: string | undefined, address: Ipv4): readonly string[] {
    const { neighbours, stack } = this.#o
    const live = stack.interfaces
      .filter((i) => i.neighbours.list().some((entry) => entry.address === address))
      .map(({ name }) => name)
    const stored = neighbours.list
      .filter((neighbour) => neighbour.address === address)
      .map((neighbour) => neighbour.interfaceName)
    return [...new Set([...live, ...stored])].filter((name) => interfaceName === undefined || name === interfaceName)
  }

  /** The interface of that name, or on whose link the address is. */
  #linkOf(interfaceName: string | undefined, address: Ipv4): Result<NetworkInterface, Refusal> {
    const { interfaces } = this.#o
    if (interfaceName !== undefined) {
      const plan = interfaces.plan(interfaceName)
      return plan === undefined ? err(this.#noInterface(interfaceName)) : ok(plan)
    }
    const plan = interfaces.plans.find((each) => this.#prefixesOf(each).some((prefix) => contains(prefix, address)))
    if (plan !== undefined) return ok(plan)
    return err(
      invalid(
        '/address',
        `${formatIpv4(address)} is on no link of the appliance`,
        'give an address of a neighbour, or name the interface',
      ),
    )
  }

  #noInterface(name: string): Refusal {
    return invalid(
      '/interface',
      `there is no interface ${name}`,
      `the interfaces are ${this.#o.interfaces.plans.map((plan) => plan.name).join(', ')}`,
    )
  }

  #prefixesOf(plan: NetworkInterface) {
    const live = this.#o.stack.interface(plan.name)?.addresses ?? []
    return [...plan.addresses, ...live].map(({ prefix }) => prefix)
  }

  #check(plan: NetworkInterface, { address, mac }: StaticNeighbour): Refusal | undefined {
    const text = formatIpv4(address)
    if (plan.peerMac !== undefined)
      return refusal(
        'conflict',
        '/interface',
        `${plan.name} has one neighbour only, ${plan.peerMac}`,
        'name another interface',
      )
    const prefix = this.#prefixesOf(plan).find((each) => contains(each, address))
    if (!isUnicast(address) || prefix === undefined)
      return invalid(
        '/address',
        `${text} is no address on the link of ${plan.name}`,
        `give one of ${this.#prefixesOf(plan).map(formatPrefix).join(', ')}`,
      )
    const isNetworkOrBroadcast = prefix.length < 31 && (address === prefix.network || address === lastOf(prefix))
    if (isNetworkOrBroadcast)
      return invalid('/address', `${text} is not the address of a host`, 'give the address of a host')
    const isOwn = [...plan.addresses, ...(this.#o.stack.interface(plan.name)?.addresses ?? [])].some(
      (own) => own.address === address,
    )
    if (isOwn) return invalid('/address', `${text} is the appliance itself`, 'give the address of a neighbour')
    const octets = parseMac(mac)
    const ofOneStation = octets !== undefined && !isGroupMac(octets) && octets.some((octet) => octet !== 0)
    if (!ofOneStation)
      return invalid(
        '/mac',
        `${mac} is not the hardware address of one station`,
        'six pairs of hexadecimal digits, the first of them even, not all zero',
      )
    const { neighbours } = this.#o
    if (neighbours.find(plan.name, address) === undefined && neighbours.on(plan.name).length >= STATIC_NEIGHBOUR_LIMIT)
      return refusal(
        'conflict',
        '',
        `${plan.name} has ${STATIC_NEIGHBOUR_LIMIT} static neighbours, the most that there can be`,
        'remove one first',
      )
    return undefined
  }

  #news({ interfaceName, address, mac }: StaticNeighbour, how: 'added' | 'removed'): Write {
    return {
      kind: 'event',
      at: this.#o.clock.wallMs(),
      event: 'neighbour.changed',
      facts: { address: formatIpv4(address), mac, interface: interfaceName, how },
    }
  }
}
