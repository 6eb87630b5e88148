/** A router under test: 10.1.0.1/24 on lan0 and 10.2.0.1/24 on lan1, with a raw host .9 at the far end of each. */
import { ipv4, mac, Stack, virtualWire } from '../../stack/index.ts'
import type { Interface, InterfaceOptions } from '../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { addressOn, ipFrame, RawPeer, udpSegment } from './stack-lan.ts'
import type { UdpFields } from './stack-lan.ts'

export const ROUTER_MACS = ['02:00:00:00:01:01', '02:00:00:00:02:01'] as const
export const HOST_MACS = ['02:00:00:00:01:09', '02:00:00:00:02:09'] as const
export const NEAR = '10.1.0.9'
export const FAR = '10.2.0.9'

export type RouterBench = {
  readonly clock: VirtualClock
  readonly stack: Stack
  readonly lans: readonly [Interface, Interface]
  readonly hosts: readonly [RawPeer, RawPeer]
  readonly faults: unknown[]
  /** Sends frames from host 0 and gives the lines of what both hosts got, "0: …" and "1: …", without MACs. */
  readonly tell: (...frames: readonly Uint8Array[]) => string[]
  readonly count: (layer: string, name: string) => number
}

export type RouterOptions = {
  readonly forwarding?: boolean
  readonly mtus?: readonly [number, number]
  /** Whether lan1 cuts super-segments; not when not given. */
  readonly farOffloads?: boolean
  readonly near?: Partial<InterfaceOptions>
  readonly far?: Partial<InterfaceOptions>
}

export function router(options: RouterOptions = {}): RouterBench {
  const clock = new VirtualClock()
  const faults: unknown[] = []
  const stack = new Stack({ clock, random: new SeededSecureRandom(1), onFault: (fault) => faults.push(fault) })
  const lan = (n: 0 | 1, own: Partial<InterfaceOptions> | undefined): readonly [Interface, RawPeer] => {
    const [here, there] = virtualWire(clock, {
      names: [`lan${n}`, `host${n}`], macs: [ROUTER_MACS[n], HOST_MACS[n]], mtu: options.mtus?.[n] ?? 1500,
      offloads: n === 1 && (options.farOffloads ?? false),
    })
    const iface = stack.addInterface(here, { addresses: [addressOn(`10.${n + 1}.0.1/24`)], ...own })
    iface.neighbours.addStatic(ipv4(`10.${n + 1}.0.9`), mac(HOST_MACS[n]))
    return [iface, new RawPeer(there)]
  }
  const [lan0, host0] = lan(0, options.near)
  const [lan1, host1] = lan(1, options.far)
  stack.forwarding = options.forwarding ?? true
  clock.advance(5_000)
  host0.take()
  host1.take()
  const short = (line: string): string => line.split(' ').slice(3).join(' ')
  return {
    clock, stack, faults, lans: [lan0, lan1], hosts: [host0, host1],
    tell: (...frames) => {
      host0.send(...frames)
      clock.advance(10)
      return [...host0.lines().map((line) => `0: ${short(line)}`), ...host1.lines().map((line) => `1: ${short(line)}`)]
    },
    count: (layer, name) => stack.counters[layer]?.get(name) ?? Number.NaN,
  }
}

/** A datagram of host 0 to host 1, unless told otherwise, in a frame to the router. */
export function passing(payload: Uint8Array, fields: UdpFields = {}): Uint8Array {
  const all = { from: NEAR, to: FAR, fromMac: HOST_MACS[0], toMac: ROUTER_MACS[0], ...fields }
  return ipFrame(udpSegment(payload, all), all)
}
