/**
 * Redirects in (RFC 1122 §3.2.2.2): a host's current first hop for a target names a better one on the same link. Each
 * makes a route to that one target, which ends by itself; a router does not listen to them (RFC 1812 §5.2.7.2).
 */
import { isUnicast } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import type { RouteTable } from '../ipv4/routes.ts'
import { LruMap } from '../platform/index.ts'
import type { Clock, Timer } from '../platform/index.ts'

/** Routes from redirects; the one made longest ago gives way. A gateway that sends more has a table to be fixed. */
export const REDIRECT_LIMIT = 256
/** After this the configured route is tried again, and the gateway may tell once more. */
export const REDIRECT_MS = 10 * 60_000

type Learnt = { readonly gateway: Ipv4; readonly timer: Timer }

export class Redirects {
  readonly #clock: Clock
  readonly #routes: RouteTable
  readonly #learnt: LruMap<Ipv4, Learnt>

  constructor(clock: Clock, routes: RouteTable) {
    this.#clock = clock
    this.#routes = routes
    this.#learnt = new LruMap(REDIRECT_LIMIT, (target, learnt) => this.#drop(target, learnt))
  }

  /** `d` carries a redirect to `gateway` about a datagram of ours to `target`. False when it is not to be followed. */
  follow(d: ReceivedDatagram, gateway: Ipv4, target: Ipv4): boolean {
    const { addressing } = d.iface
    if (!isUnicast(gateway) || !addressing.isOnLink(gateway) || addressing.isOwn(gateway)) return false
    if (addressing.isSubnetBroadcast(gateway) || !isUnicast(target)) return false
    const current = this.#routes.lookup(target)
    if (current === undefined || current.iface !== d.iface || current.gateway !== d.source) return false
    const before = this.#learnt.peek(target)
    if (before !== undefined) this.#forget(target)
    if (!this.#routes.addDynamic(target, gateway, d.iface, before !== undefined)) return false
    const timer = this.#clock.at(this.#clock.now() + REDIRECT_MS, () => this.#forget(target))
    this.#learnt.set(target, { gateway, timer })
    return true
  }

  close(): void {
    for (const { timer } of this.#learnt.values()) timer.cancel()
    this.#learnt.clear()
  }

  #forget(target: Ipv4): void {
    const learnt = this.#learnt.peek(target)
    if (learnt === undefined) return
    this.#learnt.delete(target)
    this.#drop(target, learnt)
  }

  #drop(target: Ipv4, { gateway, timer }: Learnt): void {
    timer.cancel()
    this.#routes.removeDynamic(target, gateway)
  }
}
