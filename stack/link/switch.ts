/**
 * A learning bridge (IEEE 802.1D §7.8, without spanning tree) with a host on each port, for labs and simulation. A port
 * is a Link: what its host sends goes to the port on which the destination was last heard, or to all others.
 */
import { formatMac, isGroupMac } from '../address/mac.ts'
import type { Mac } from '../address/mac.ts'
import { LruMap } from '../platform/index.ts'
import type { Clock, Instant } from '../platform/index.ts'
import { ETHERNET_HEADER_BYTES } from './link.ts'
import { MemoryLink, numberedMac } from './memory-link.ts'

export type SwitchOptions = {
  readonly ports: number
  /** The hosts' addresses by port; 02:00:00:00:00:01 onwards when not given. */
  readonly macs?: readonly Mac[]
  readonly mtu?: number
  /** From port to port, 0 when not given. */
  readonly delayMs?: number
  readonly queueFrames?: number
}

/** Addresses remembered; the one heard longest ago is forgotten first. */
const TABLE_LIMIT = 4096
/** IEEE 802.1D §7.9.2. */
const AGEING_MS = 300_000

type Learnt = { readonly port: MemoryLink; readonly heardAt: Instant }

class SwitchPort extends MemoryLink {
  readonly #bridge: Switch

  constructor(clock: Clock, bridge: Switch, name: string, address: Mac, options: SwitchOptions) {
    super(clock, { name, mac: address, mtu: options.mtu ?? 1500, queueFrames: options.queueFrames ?? 1024 })
    this.#bridge = bridge
  }

  protected override carry(buffer: Uint8Array, at: number, length: number): boolean {
    return this.#bridge.forward(this, buffer, at, length)
  }
}

export class Switch {
  #ports: readonly MemoryLink[]
  readonly #options: SwitchOptions
  #made = 0
  readonly #clock: Clock
  readonly #delayMs: number
  readonly #table = new LruMap<Mac, Learnt>(TABLE_LIMIT)
  /** A port is gone: who was heard on it last. */
  onRemoved: (stations: readonly Mac[]) => void = () => {}

  constructor(clock: Clock, options: SwitchOptions) {
    this.#clock = clock
    this.#delayMs = options.delayMs ?? 0
    this.#options = options
    this.#ports = []
    for (let n = 0; n < options.ports; n++) this.addPort(`port${n}`)
  }

  get ports(): readonly MemoryLink[] {
    return this.#ports
  }

  /** One port more; its address is the next of the options, or numbered. */
  addPort(name: string): MemoryLink {
    const n = this.#made++
    const port = new SwitchPort(this.#clock, this, name, this.#options.macs?.[n] ?? numberedMac(n + 1), this.#options)
    this.#ports = [...this.#ports, port]
    return port
  }

  /** Closes a port and forgets who was heard on it. */
  removePort(port: MemoryLink): void {
    this.#ports = this.#ports.filter((other) => other !== port)
    const heard = [...this.#table.entries()].flatMap(([address, learnt]) => (learnt.port === port ? [address] : []))
    for (const address of heard) this.#table.delete(address)
    port.close()
    this.onRemoved(heard)
  }

  /** The port on which an address was last heard; undefined when it would be flooded. */
  portOf(address: Mac): MemoryLink | undefined {
    const learnt = this.#table.peek(address)
    return learnt !== undefined && this.#clock.now() - learnt.heardAt < AGEING_MS ? learnt.port : undefined
  }

  /** A frame from a port's host. False when no port took it. */
  forward(from: MemoryLink, buffer: Uint8Array, at: number, length: number): boolean {
    if (length < ETHERNET_HEADER_BYTES) return false
    if (!isGroupMac(buffer, at + 6)) {
      this.#table.set(formatMac(buffer, at + 6), { port: from, heardAt: this.#clock.now() })
    }
    // A group is never learnt, so frames to one are flooded.
    const known = this.portOf(formatMac(buffer, at))
    const arrival = this.#clock.now() + this.#delayMs
    if (known === from) return true
    if (known !== undefined) return known.arrive(arrival, buffer, at, length)
    let taken = 0
    for (const port of this.ports) if (port !== from && port.arrive(arrival, buffer, at, length)) taken++
    return taken > 0 || this.ports.length === 1
  }
}
