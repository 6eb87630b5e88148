/**
 * HOT PATH. Which addresses are ours, and what kind of destination an address is (RFC 1122 §3.2.1.3, RFC 919, RFC 922,
 * RFC 3021). Watched by test/bench/micro/udp-echo.ts.
 */
import { BROADCAST, isLoopback, isMulticast, maskOf } from '../address/ipv4.ts'
import type { Ipv4, Prefix } from '../address/ipv4.ts'

/** An address of an interface, and the block of addresses that are on its link. */
export type InterfaceAddress = { readonly address: Ipv4; readonly prefix: Prefix }

/** Kinds of destination of a received datagram. */
export const NOT_OURS = 0
export const OWN = 1
export const TO_BROADCAST = 2
export const TO_MULTICAST = 3

/** The mask of an address's class (RFC 791 §3.2), for the network-directed broadcasts of RFC 922. */
const classMask = (a: Ipv4): number => (a >= 0 ? maskOf(8) : a >>> 30 === 2 ? maskOf(16) : maskOf(24))

/** The addresses of one interface. A point-to-point block (/31, RFC 3021) and a lone host (/32) have no broadcast. */
export class InterfaceAddresses {
  readonly list: readonly InterfaceAddress[]
  readonly #count: number
  readonly #own: Int32Array
  readonly #networks: Int32Array
  readonly #masks: Int32Array

  constructor(list: readonly InterfaceAddress[]) {
    this.list = list
    this.#count = list.length
    this.#own = Int32Array.from(list, (a) => a.address)
    this.#masks = Int32Array.from(list, (a) => maskOf(a.prefix.length))
    this.#networks = Int32Array.from(list, (a) => a.address & maskOf(a.prefix.length))
  }

  isOwn(address: Ipv4): boolean {
    for (let i = 0; i < this.#count; i++) if (this.#own[i] === address) return true
    return false
  }

  /** The broadcast address of one of our subnets. */
  isSubnetBroadcast(address: Ipv4): boolean {
    for (let i = 0; i < this.#count; i++) {
      const mask = this.#masks[i] as number
      if (mask < -2 && address === ((this.#networks[i] as number) | ~mask)) return true
    }
    return false
  }

  /** The older forms: network-directed, and with a host part of zeros (RFC 1122 §3.3.6). */
  isOldBroadcast(address: Ipv4): boolean {
    for (let i = 0; i < this.#count; i++) {
      const mask = this.#masks[i] as number
      if (mask < -2 && address === this.#networks[i]) return true
      const wide = classMask(this.#own[i] as number)
      if (wide >>> 0 < mask >>> 0 && address === ((this.#own[i] as number) | ~wide)) return true
    }
    return false
  }

  /** RFC 1122 §3.3.4.3: the address in the same subnet as the next hop, else the first; 0 when there is none. */
  sourceFor(nextHop: Ipv4): Ipv4 {
    for (let i = 0; i < this.#count; i++) {
      if (((nextHop ^ (this.#networks[i] as number)) & (this.#masks[i] as number)) === 0) return this.#own[i] as number
    }
    return this.#count > 0 ? (this.#own[0] as number) : 0
  }

  /** Both lie in the same one of our subnets. */
  shareSubnet(a: Ipv4, b: Ipv4): boolean {
    for (let i = 0; i < this.#count; i++) {
      const mask = this.#masks[i] as number
      const network = this.#networks[i] as number
      if (((a ^ network) & mask) === 0 && ((b ^ network) & mask) === 0) return true
    }
    return false
  }

  /** The address lies in one of our subnets. */
  isOnLink(address: Ipv4): boolean {
    for (let i = 0; i < this.#count; i++) {
      if (((address ^ (this.#networks[i] as number)) & (this.#masks[i] as number)) === 0) return true
    }
    return false
  }
}

/**
 * All addresses of the host. A datagram to any of them is ours, whichever interface it came by (RFC 1122 §3.3.4.2,
 * weak).
 */
export class OwnAddresses {
  readonly #uses = new Map<Ipv4, number>()

  add(addresses: InterfaceAddresses): void {
    for (const { address } of addresses.list) this.#uses.set(address, (this.#uses.get(address) ?? 0) + 1)
  }

  remove(addresses: InterfaceAddresses): void {
    for (const { address } of addresses.list) {
      const left = (this.#uses.get(address) ?? 0) - 1
      if (left > 0) this.#uses.set(address, left)
      else this.#uses.delete(address)
    }
  }

  has(address: Ipv4): boolean {
    return this.#uses.has(address)
  }

  /** Ours, or in the loopback block: a datagram to it never leaves. */
  isLocal(address: Ipv4): boolean {
    return isLoopback(address) || this.#uses.has(address)
  }

  /** What a datagram received by the interface with `arrival`'s addresses is to us. */
  classify(arrival: InterfaceAddresses, target: Ipv4, linkBroadcast: boolean): number {
    if (this.#uses.has(target)) return OWN
    if (target === BROADCAST || arrival.isSubnetBroadcast(target)) return TO_BROADCAST
    if (isMulticast(target)) return TO_MULTICAST
    return linkBroadcast && arrival.isOldBroadcast(target) ? TO_BROADCAST : NOT_OURS
  }
}
