/**
 * HOT PATH. The groups that one interface listens to (RFC 1112 §7): each once, however many sockets joined it, and
 * 224.0.0.1 always. Watched by test/bench/micro/udp-echo.ts.
 */
import { isMulticast } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import { ALL_SYSTEMS } from './host.ts'
import type { IgmpHost } from './host.ts'

/** Groups per interface; more than any host here needs, and a report of them is two datagrams. */
export const GROUP_LIMIT = 256

/** The low 23 bits of a group, which are all of it that its hardware address has (RFC 1112 §6.4). */
const low23 = (group: Ipv4): number => group & 0x7f_ffff

export class GroupMemberships {
  readonly #host: IgmpHost
  readonly #uses = new Map<Ipv4, number>([[ALL_SYSTEMS, 1]])
  readonly #hardware = new Map<number, number>([[low23(ALL_SYSTEMS), 1]])

  constructor(host: IgmpHost) {
    this.#host = host
  }

  /** HOT */
  has(group: Ipv4): boolean {
    return this.#uses.has(group)
  }

  /** HOT: a frame to 01:00:5e and these 23 bits may be for one of the groups; up to 32 share an address. */
  hasHardware(low: number): boolean {
    return this.#hardware.has(low)
  }

  get list(): readonly Ipv4[] {
    return [...this.#uses.keys()]
  }

  /** False when it is no group, or GROUP_LIMIT is reached. Each join wants its leave(). */
  join(group: Ipv4): boolean {
    const uses = this.#uses.get(group) ?? 0
    if (!isMulticast(group) || (uses === 0 && this.#uses.size === GROUP_LIMIT)) return false
    this.#uses.set(group, uses + 1)
    if (uses > 0) return true
    this.#hardware.set(low23(group), (this.#hardware.get(low23(group)) ?? 0) + 1)
    this.#host.join(group)
    return true
  }

  leave(group: Ipv4): void {
    const uses = this.#uses.get(group)
    if (uses === undefined) return
    if (uses > 1) {
      this.#uses.set(group, uses - 1)
      return
    }
    this.#uses.delete(group)
    const sharing = (this.#hardware.get(low23(group)) ?? 1) - 1
    if (sharing > 0) this.#hardware.set(low23(group), sharing)
    else this.#hardware.delete(low23(group))
    this.#host.leave(group)
  }
}
