/**
 * The interfaces of the network side: what is planned, what of it is live, and why the rest is not. One whose medium
 * cannot be opened is down and keeps nothing else from working. Read check-interfaces.ts for what is a sound plan.
 */
import { type Interface, type InterfaceAddress, type Link, OPEN_POLICY, type Stack } from '../../stack/index.ts'
import { assert, type Clock, err, type Result } from '../../stack/platform/index.ts'
import type { Facts, FirstLinkProperties, InterfaceProperties, NetworkInterface } from '../model/index.ts'
import type { Uplinks } from '../uplinks.ts'
import { checkInterface } from './check-interfaces.ts'
import { InterfaceWeather } from './impair.ts'
import type { Media, MediumFault, OpenMedium, TapHandle } from './media.ts'

export type InterfacesOptions = {
  readonly clock: Clock
  readonly stack: Stack
  readonly media: Media
  readonly firstLink: Link
  /** The first link's address by the settings. */
  readonly ownAddress: InterfaceAddress
  readonly firstProperties: FirstLinkProperties
  readonly planned: readonly NetworkInterface[]
  /** The DHCP clients; undefined while they are not there yet, who then begin with what is up. */
  readonly uplinks: () => Pick<Uplinks, 'start' | 'stop'> | undefined
  readonly log: (event: string, facts: Facts) => void
  /** Interfaces or their addresses are others. */
  readonly changed: () => void
}

export const FIRST_LINK_PROPERTIES: FirstLinkProperties = {
  addresses: [],
  proxyArp: 'off',
  sourcePolicy: OPEN_POLICY,
  directedBroadcasts: false,
  routerDiscovery: 'off',
  impairment: undefined,
}

type Live = { readonly medium: OpenMedium | undefined; readonly iface: Interface; readonly weather: InterfaceWeather }
/** `opening`: its link is there, and carries nothing yet. `shared`: what became of that since it was opened. */
type Entry = { plan: NetworkInterface; live: Live | undefined; opening: boolean; reason: string | undefined; shared: boolean | undefined }

/** One interface as people are told of it. */
export type InterfaceState = {
  readonly plan: NetworkInterface
  readonly first: boolean
  readonly reason: string | undefined
  readonly guests: readonly string[]
  /** Addresses besides the planned ones. */
  readonly learnt: readonly InterfaceAddress[]
  readonly counters: { readonly [name: string]: number }
}

const DISABLED = 'it is disabled'

const has = (planned: readonly InterfaceAddress[], own: InterfaceAddress): boolean => planned.some(({ address }) => address === own.address)
const learnt = (live: Live | undefined, planned: readonly InterfaceAddress[]): readonly InterfaceAddress[] =>
  live?.iface.addresses.filter((own) => !has(planned, own)) ?? []

export class Interfaces {
  readonly #o: InterfacesOptions
  readonly #first: Entry
  #others: readonly Entry[] = []

  constructor(options: InterfacesOptions) {
    this.#o = options
    const { firstLink: link, firstProperties, media, ownAddress } = options
    const plan: NetworkInterface = {
      ...firstProperties,
      addresses: [ownAddress, ...firstProperties.addresses],
      name: link.name,
      medium: media.first.medium,
      mac: link.mac,
      mtu: link.mtu,
      peerMac: undefined,
      enabled: true,
      addressing: 'static',
    }
    this.#first = { plan, live: this.#attach(plan, link, undefined), opening: false, reason: undefined, shared: undefined }
    for (const planned of options.planned) {
      const entry: Entry = { plan: planned, live: undefined, opening: false, reason: undefined, shared: undefined }
      // A setting of the first link may have changed since.
      const refused = checkInterface(planned, this.plans)
      this.#others = [...this.#others, entry]
      if (!planned.enabled) entry.reason = DISABLED
      else if (refused === undefined) this.#begin(entry)
      else entry.reason = `${refused.problem}; ${refused.remedy}`
    }
  }

  /** All that are planned, the first one first. */
  get plans(): readonly NetworkInterface[] {
    return this.#entries.map(({ plan }) => plan)
  }

  /** Names of those that are up and get their address by DHCP. */
  get byDhcp(): readonly string[] {
    return this.#entries.filter(({ plan, live }) => live !== undefined && plan.addressing === 'dhcp').map(({ plan }) => plan.name)
  }

  plan(name: string): NetworkInterface | undefined {
    return this.#entry(name)?.plan
  }

  isFirst(name: string): boolean {
    return this.#first.plan.name === name
  }

  /** It may lead into somebody else's network. */
  isShared(name: string): boolean {
    const entry = this.#entry(name)
    return entry?.shared ?? (this.isFirst(name) ? this.#o.media.first.shared : (entry?.live?.medium?.shared ?? false))
  }

  /** It came into another network, or left one, since it was opened. */
  hasMoved(name: string): boolean {
    return this.#entry(name)?.shared !== undefined
  }

  /** It was put into a network of somebody else's, or taken out of it, since it was opened. False when it is not up. */
  setShared(name: string, shared: boolean): boolean {
    const entry = this.#entry(name)
    if (entry?.live === undefined) return false
    entry.shared = shared
    return true
  }

  isUp(name: string): boolean {
    return this.#entry(name)?.live !== undefined
  }

  states(): readonly InterfaceState[] {
    return this.#entries.map(({ plan, live, opening, reason }) => ({
      plan,
      first: plan === this.#first.plan,
      reason: opening ? 'it is being opened' : live === undefined ? reason : undefined,
      guests: plan === this.#first.plan ? this.#o.media.first.guests() : (live?.medium?.guests() ?? []),
      learnt: learnt(live, plan.addresses),
      counters: live?.iface.link.counters() ?? {},
    }))
  }

  /** Names and reasons of those that are to be up and are not. */
  down(): readonly string[] {
    return this.states().flatMap(({ plan, reason }) => (plan.enabled && reason !== undefined ? [`${plan.name}: ${reason}`] : []))
  }

  /** Opens an interface's medium without using it. The caller hands it to add() or bringUp(), or closes it. */
  async open(plan: NetworkInterface, device: TapHandle | undefined): Promise<Result<OpenMedium, MediumFault>> {
    const opened = this.#o.media.open(plan, device, (reason) => this.#lost(plan.name, reason))
    if (!opened.ok) return opened
    const fault = await opened.value.ready
    if (fault === undefined) return opened
    opened.value.close()
    return err(fault)
  }

  /** `medium` is undefined for one that is disabled. */
  add(plan: NetworkInterface, medium: OpenMedium | undefined): void {
    assert(this.#entry(plan.name) === undefined, `no interface is called ${plan.name}`)
    const entry: Entry = { plan, live: undefined, opening: false, reason: medium === undefined ? DISABLED : undefined, shared: undefined }
    this.#others = [...this.#others, entry]
    this.#use(entry, medium)
  }

  /** Takes over new properties; `medium` for one that was down and comes up with them. */
  change(plan: NetworkInterface, medium: OpenMedium | undefined): void {
    const entry = this.#entry(plan.name)
    assert(entry !== undefined, `there is an interface ${plan.name}`)
    const before = entry.plan
    entry.plan = plan
    if (entry.live !== undefined && !plan.enabled) this.#takeDown(entry, DISABLED)
    else if (entry.live !== undefined) this.#apply(entry.live, before, plan)
    else if (medium !== undefined) this.#use(entry, medium)
    else if (!plan.enabled) entry.reason = DISABLED
    this.#o.changed()
  }

  remove(name: string): void {
    const entry = this.#entry(name)
    assert(entry !== undefined && entry !== this.#first, `${name} can be removed`)
    this.#takeDown(entry, undefined)
    this.#others = this.#others.filter((other) => other !== entry)
    this.#o.changed()
  }

  /** Closes what was opened here; the first link is closed by whoever made it. */
  close(): void {
    for (const { live } of this.#others) live?.medium?.close()
  }

  get #entries(): readonly Entry[] {
    return [this.#first, ...this.#others]
  }

  #entry(name: string): Entry | undefined {
    return this.#entries.find(({ plan }) => plan.name === name)
  }

  /** At the start: frames flow when the medium is ready, and nobody waits for it. */
  #begin(entry: Entry): void {
    const opened = this.#o.media.open(entry.plan, undefined, (reason) => this.#lost(entry.plan.name, reason))
    if (!opened.ok) {
      this.#fail(entry, `${opened.error.problem}; ${opened.error.remedy}`)
      return
    }
    this.#use(entry, opened.value)
    entry.opening = opened.value.ready !== undefined
    void opened.value.ready?.then((fault) => {
      entry.opening = false
      if (fault !== undefined) this.#lost(entry.plan.name, `${fault.problem}; ${fault.remedy}`)
    })
  }

  #use(entry: Entry, medium: OpenMedium | undefined): void {
    if (medium === undefined) return
    entry.live = this.#attach(entry.plan, medium.link, medium)
    entry.reason = undefined
    this.#o.changed()
  }

  #attach(plan: NetworkInterface, link: Link, medium: OpenMedium | undefined): Live {
    const iface = this.#o.stack.addInterface(link, {
      addresses: plan.addresses,
      ...(plan.peerMac === undefined ? {} : { pointToPoint: { peerMac: plan.peerMac } }),
    })
    const live: Live = { medium, iface, weather: new InterfaceWeather(this.#o.clock, iface) }
    this.#apply(live, { ...plan, routerDiscovery: 'off', impairment: undefined, addressing: 'static' }, plan)
    return live
  }

  /** What differs from `before` takes effect now. */
  #apply({ iface, weather }: Live, before: InterfaceProperties, now: InterfaceProperties): void {
    const { stack } = this.#o
    const { bogons, reversePath } = now.sourcePolicy
    iface.proxyArp = now.proxyArp
    iface.directedBroadcasts = now.directedBroadcasts
    iface.sourcePolicy = bogons === 'accepted' && reversePath === 'off' ? OPEN_POLICY : now.sourcePolicy
    if (before.addresses !== now.addresses) {
      stack.changeAddresses(iface, [...now.addresses, ...iface.addresses.filter((own) => !has(before.addresses, own))])
      iface.announce()
    }
    if (before.routerDiscovery !== now.routerDiscovery) {
      stack.routerDiscovery.stop(iface)
      if (now.routerDiscovery === 'advertise') stack.routerDiscovery.advertise(iface)
      if (now.routerDiscovery === 'discover') stack.routerDiscovery.discover(iface)
    }
    if (before.impairment !== now.impairment) weather.set(now.impairment)
    if (before.addressing === now.addressing) return
    if (now.addressing === 'dhcp') this.#o.uplinks()?.start(iface.name)
    else this.#o.uplinks()?.stop(iface.name, true)
  }

  #takeDown(entry: Entry, reason: string | undefined): void {
    const live = entry.live
    entry.live = undefined
    entry.shared = undefined
    entry.reason = reason
    if (live === undefined) return
    this.#o.uplinks()?.stop(entry.plan.name, false)
    this.#o.stack.removeInterface(entry.plan.name)
    live.medium?.close()
  }

  #lost(name: string, reason: string): void {
    const entry = this.#entry(name)
    if (entry?.live === undefined) return
    this.#takeDown(entry, undefined)
    this.#fail(entry, reason)
    this.#o.changed()
  }

  #fail(entry: Entry, reason: string): void {
    entry.reason = reason
    this.#o.log('interface.down', { interface: entry.plan.name, reason })
  }
}
