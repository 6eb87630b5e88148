/**
 * Address conflict detection (RFC 5227): is an address in use on the link (probe), this one is ours (announce), and the
 * answer to whoever claims it (defend).
 *
 * A probe here serves a DHCP server, which asks about addresses that it may give to others. It sends one ARP probe and
 * waits as long as the caller says, instead of the three probes over up to 7 s of RFC 5227 §2.1.1, because a client
 * waits for its offer meanwhile; hosts on a LAN answer in milliseconds.
 */
import { formatMac } from '../address/mac.ts'
import type { Mac } from '../address/mac.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { Clock, Instant, Timer } from '../platform/index.ts'
import { ARP_REQUEST, operation, SENDER_MAC, senderAddress, targetAddress } from '../wire/arp.ts'

/** Probes under way on one interface: as many clients as may wait for their first offer at once. */
export const PROBE_LIMIT = 256
/** RFC 5227 §1.1 */
export const ANNOUNCE_COUNT = 2
export const ANNOUNCE_INTERVAL_MS = 2_000
export const DEFEND_INTERVAL_MS = 10_000

export type ConflictPorts = {
  /** Broadcast an ARP request for `target` in the name of `sender`; sender 0 makes it a probe. */
  readonly request: (sender: Ipv4, target: Ipv4) => void
  readonly count: (name: 'probe-refused' | 'conflict' | 'defended') => void
}

type Probe = { readonly address: Ipv4; readonly done: (holder: Mac | undefined) => void; timer: Timer | undefined }

export class AddressConflicts {
  readonly #clock: Clock
  readonly #ownMac: Mac
  readonly #ports: ConflictPorts
  readonly #probes = new Map<Ipv4, Probe[]>()
  readonly #announcements = new Set<Timer>()
  readonly #defendedAt = new Map<Ipv4, Instant>()
  #underWay = 0

  constructor(clock: Clock, ownMac: Mac, ports: ConflictPorts) {
    this.#clock = clock
    this.#ownMac = ownMac
    this.#ports = ports
  }

  /** See Interface.probe. */
  probe(address: Ipv4, waitMs: number, done: (holder: Mac | undefined) => void): void {
    if (this.#underWay === PROBE_LIMIT) {
      this.#ports.count('probe-refused')
      done(undefined)
      return
    }
    const probe: Probe = { address, done, timer: undefined }
    const others = this.#probes.get(address)
    this.#underWay++
    if (others !== undefined) others.push(probe)
    else this.#probes.set(address, [probe])
    probe.timer = this.#clock.at(this.#clock.now() + waitMs, () => this.#finish(probe, undefined))
    if (others === undefined) this.#ports.request(0, address)
  }

  /** Says that `address` is ours now (RFC 5227 §2.3). */
  announce(address: Ipv4): void {
    this.#ports.request(address, address)
    let left = ANNOUNCE_COUNT - 1
    const again = (): void => {
      const timer = this.#clock.at(this.#clock.now() + ANNOUNCE_INTERVAL_MS, () => {
        this.#announcements.delete(timer)
        this.#ports.request(address, address)
        if (--left > 0) again()
      })
      this.#announcements.add(timer)
    }
    if (left > 0) again()
  }

  /** Looks at a checked ARP packet for signs that a probed address is used. */
  observe(b: Uint8Array, at: number): void {
    if (this.#underWay === 0) return
    const sender = senderAddress(b, at)
    const used = sender === 0 && operation(b, at) === ARP_REQUEST ? targetAddress(b, at) : sender
    const probes = this.#probes.get(used)
    if (probes === undefined) return
    const holder = formatMac(b, at + SENDER_MAC)
    if (holder === this.#ownMac) return
    for (const probe of [...probes]) this.#finish(probe, holder)
  }

  /**
   * Another host uses our address. As a server that cannot give its address up we defend it indefinitely, with at most
   * one announcement in DEFEND_INTERVAL (RFC 5227 §2.4 (c)).
   */
  defend(address: Ipv4): void {
    this.#ports.count('conflict')
    const last = this.#defendedAt.get(address)
    const now = this.#clock.now()
    if (last !== undefined && now - last < DEFEND_INTERVAL_MS) return
    this.#defendedAt.set(address, now)
    this.#ports.count('defended')
    this.#ports.request(address, address)
  }

  /** Ends everything; who still waits for a probe hears that nobody answered. */
  close(): void {
    for (const timer of this.#announcements) timer.cancel()
    this.#announcements.clear()
    for (const probes of [...this.#probes.values()]) for (const probe of [...probes]) this.#finish(probe, undefined)
  }

  #finish(probe: Probe, holder: Mac | undefined): void {
    const probes = this.#probes.get(probe.address)
    const at = probes?.indexOf(probe) ?? -1
    if (probes === undefined || at < 0) return
    probes.splice(at, 1)
    if (probes.length === 0) this.#probes.delete(probe.address)
    this.#underWay--
    probe.timer?.cancel()
    probe.done(holder)
  }
}
