/**
 * A LAN for the appliance's own DHCP client: a switch with an appliance that serves, a stack whose interface is an
 * uplink, and a free port for whoever else. Each cable can be pulled and has its weather. One virtual clock.
 */
import type { Appliance } from '../../services/appliance.ts'
import type { Facts } from '../../services/index.ts'
import { memoryStore, type SqliteStore } from '../../services/storage/sqlite.ts'
import type { Transaction } from '../../services/storage/store.ts'
import { Uplinks } from '../../services/uplinks.ts'
import { FaultyLink, formatIpv4, type Interface, type Ipv4, Stack, Switch, type Weather } from '../../stack/index.ts'
import { SeededRandom, SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { applianceOn, type ApplianceOnLink } from './appliance-on.ts'
import { NOON } from './leases.ts'

export const UPLINK = 'port1'
const PULLED: Weather = { loss: 1 }

export class UplinkLan {
  readonly clock = new VirtualClock(NOON)
  readonly bridge: Switch
  readonly cables: readonly FaultyLink[]
  readonly events: (readonly [event: string, facts: Facts])[] = []
  /** What the uplink's side keeps over its restarts. */
  readonly settings = new Map<string, string>()
  readonly nameServers: (readonly string[])[] = []
  readonly #random: SeededRandom
  #weather: Weather
  #store: SqliteStore
  #server: ApplianceOnLink | undefined
  #serverFlags: { readonly [name: string]: string } = {}
  stack!: Stack
  uplinks!: Uplinks
  iface!: Interface

  constructor(seed = 1, weather: Weather = {}) {
    this.#random = new SeededRandom(seed)
    this.#weather = weather
    this.bridge = new Switch(this.clock, { ports: 3, delayMs: 0.1 })
    this.cables = this.bridge.ports.map((port) => new FaultyLink(port, this.clock, new SeededRandom(this.#random.u32()), weather, weather))
    this.#store = memoryStore()
  }

  get server(): Appliance | undefined {
    return this.#server?.appliance
  }

  /** `flags` as on the command line; other flags than before make it another network with a database of its own. */
  startServer(flags: { readonly [name: string]: string } = {}): void {
    if (JSON.stringify(flags) !== JSON.stringify(this.#serverFlags)) this.#store = memoryStore()
    this.#serverFlags = flags
    const { clock } = this
    this.#server = applianceOn({ clock, link: this.cables[0] as FaultyLink, seed: this.#random.u32(), flags, store: this.#store })
  }

  stopServer(): void {
    this.#server?.close()
    this.#server = undefined
  }

  /** Switches the uplink's side on, with what it remembers. */
  startUplink(options: { readonly release?: boolean; readonly addresses?: Parameters<Stack['addInterface']>[1]['addresses'] } = {}): void {
    this.stack = new Stack({ clock: this.clock, random: new SeededSecureRandom(this.#random.u32()), onFault: fault => { throw fault } })
    this.iface = this.stack.addInterface(this.cables[1] as FaultyLink, { addresses: options.addresses ?? [] })
    this.uplinks = new Uplinks({
      clock: this.clock,
      random: new SeededRandom(this.#random.u32()),
      stack: this.stack,
      hostName: 'taproot',
      release: options.release ?? false,
      remembered: this.settings,
      submit: transaction => this.#keep(transaction),
      onNameServers: servers => this.nameServers.push(servers.map(formatIpv4)),
    })
    this.uplinks.start(UPLINK)
  }

  stopUplink(): void {
    this.uplinks.close()
    this.stack.close()
  }

  /** As when power fails: nothing is said or written any more. */
  cutUplinkPower(): void {
    this.pull(1)
    this.uplinks.close()
    this.stack.close()
    this.plug(1)
  }

  pull(port: number): void {
    ;(this.cables[port] as FaultyLink).setWeather(PULLED, PULLED)
  }

  plug(port: number): void {
    ;(this.cables[port] as FaultyLink).setWeather(this.#weather, this.#weather)
  }

  /** The same weather on every cable from now on. */
  setWeather(weather: Weather): void {
    this.#weather = weather
    for (const port of this.cables.keys()) this.plug(port)
  }

  get state(): string {
    return this.uplinks.report(UPLINK)?.state ?? 'none'
  }

  get addresses(): readonly string[] {
    return this.iface.addresses.map(({ address, prefix }) => `${formatIpv4(address)}/${prefix.length}`)
  }

  /** "0.0.0.0/0 by 10.53.0.1 metric 100 mtu 1500". */
  get routes(): readonly string[] {
    return this.stack.routes.list().map(r => `${formatIpv4(r.prefix.network)}/${r.prefix.length} by ${formatIpv4(r.gateway)} metric ${r.metric} mtu ${r.mtu}`)
  }

  /** Ids of what it reported. */
  get reported(): readonly string[] {
    return (this.uplinks.report(UPLINK)?.history ?? []).map(({ step }) => step[0])
  }

  /** Lets time pass until `until` holds; throws after `ms`. */
  waitFor(what: string, until: () => boolean, ms = 120_000): void {
    const end = this.clock.now() + ms
    while (!until()) {
      const next = this.clock.next()
      if (next === undefined || next > end) throw new Error(`not within ${ms} ms: ${what}; ${this.state} ${this.addresses.join(' ')}`)
      this.clock.step()
    }
  }

  bound(ms?: number): void {
    this.waitFor('bound', () => this.state === 'bound', ms)
  }

  /** Who holds an address by the server's table. */
  holder(address: Ipv4): string | undefined {
    const lease = this.server?.dhcp.lease(address)
    return lease?.state === 'bound' ? lease.mac : undefined
  }

  close(): void {
    this.uplinks.close()
    this.stack.close()
    this.stopServer()
  }

  #keep(transaction: Transaction): void {
    for (const write of transaction) {
      if (write.kind === 'setting') this.settings.set(write.name, write.value)
      else if (write.kind === 'event') this.events.push([write.event, write.facts])
    }
  }
}
