/** Two hosts and a wire in bad weather, by seed: what arrives is what was sent, and in fair weather all arrives. */
import { describe, expect, test } from 'vitest'
import { FaultyLink, ipv4, Stack, Switch, virtualWire } from '../../stack/index.ts'
import type { Interface, UdpEndpoint, Weather } from '../../stack/index.ts'
import { SeededRandom, SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { fold, sumWords } from '../../stack/wire/checksum.ts'
import { addressOn, must } from '../support/stack-lan.ts'
import { seeds } from './seeds.ts'

/** The octets of message `n`, so that the receiver can tell what it must be. */
function message(n: number, length: number): Uint8Array {
  const octets = Uint8Array.from({ length }, (_, i) => (i * (n + 1) + (i >>> 8)) & 255)
  new DataView(octets.buffer).setUint32(0, n)
  return octets
}

type Host = {
  readonly stack: Stack
  readonly iface: Interface
  readonly endpoint: UdpEndpoint
  /** Copies of each message that arrived, by its number. */
  readonly got: Map<number, Uint8Array[]>
}

function host(clock: VirtualClock, seed: number, link: FaultyLink, address: string, faults: unknown[]): Host {
  const stack = new Stack({ clock, random: new SeededSecureRandom(seed), onFault: (fault) => faults.push(fault) })
  const iface = stack.addInterface(link, { addresses: [addressOn(`${address}/24`)] })
  const got = new Map<number, Uint8Array[]>()
  const endpoint = must(
    stack.bindUdp({
      port: 7,
      onDatagram: (b, at, length) => {
        const octets = b.slice(at, at + length)
        const n = new DataView(octets.buffer).getUint32(0)
        got.set(n, [...(got.get(n) ?? []), octets])
      },
    }),
  )
  return { stack, iface, endpoint, got }
}

function run(seed: number, weather: Weather, messages: number) {
  const clock = new VirtualClock()
  const faults: unknown[] = []
  const random = new SeededRandom(seed)
  const [left, right] = virtualWire(clock, { delayMs: 3, bitsPerSecond: 1_000_000_000 })
  const faulty = (link: typeof left, salt: number): FaultyLink =>
    new FaultyLink(link, clock, new SeededRandom(seed * 1000 + salt), weather)
  const hosts = [
    host(clock, seed, faulty(left, 1), '10.53.0.1', faults),
    host(clock, seed + 1, faulty(right, 2), '10.53.0.2', faults),
  ] as const
  const sent: number[] = []
  for (let n = 0; n < messages; n++) {
    const length = random.chance(0.1) ? 65_507 : 4 + random.below(random.chance(0.5) ? 1_400 : 20_000)
    sent.push(length)
    const from = n % 2 as 0 | 1
    const octets = message(n, length)
    expect(hosts[from].endpoint.send(octets, 0, length, ipv4(`10.53.0.${2 - from}`), 7)).toBe(0)
    clock.advance(random.below(200))
  }
  clock.advance(200_000)
  return { hosts, sent, faults }
}

/**
 * The octets that were sent; or, as UDP has only 16 bits of checksum for fragments that the weather damaged one by one,
 * octets of the same sum that differ in several bits.
 */
function isIntact(copy: Uint8Array, original: Uint8Array): boolean {
  if (Buffer.compare(copy, original) === 0) return true
  const differences = original.reduce((bits, octet, i) => bits + bitsOf(octet ^ (copy[i] ?? 0)), 0)
  const sumOf = (octets: Uint8Array): number => fold(sumWords(octets, 0, octets.length, 0))
  return copy.length === original.length && differences >= 2 && sumOf(copy) === sumOf(original)
}
const bitsOf = (octet: number): number => octet.toString(2).replaceAll('0', '').length

/** Every datagram that arrived is one that was sent to that host, octet by octet. */
function checkIntact({ hosts, sent, faults }: ReturnType<typeof run>): number {
  expect(faults).toEqual([])
  let arrived = 0
  hosts.forEach(({ got, stack }, side) => {
    for (const [n, copies] of got) {
      expect(n % 2).toBe(1 - side)
      for (const copy of copies) expect(isIntact(copy, message(n, sent[n] ?? -1))).toBe(true)
      arrived++
    }
    expect(stack.reassemblyBytes).toBe(0)
  })
  return arrived
}

describe('two hosts exchange datagrams of up to 65,507 octets', () => {
  test.each(seeds(3))('in fair weather each arrives once, seed %i', (seed) => {
    const world = run(seed, {}, 60)
    expect(checkIntact(world)).toBe(60)
    for (const { got } of world.hosts) for (const copies of got.values()) expect(copies.length).toBe(1)
  })

  test.each(seeds(3))('overtaking and repetition lose nothing, seed %i', (seed) => {
    const world = run(seed, { reordering: 0.3, duplication: 0.2, reorderMs: 40 }, 60)
    expect(checkIntact(world)).toBe(60)
  })

  test.each(seeds(6))('in a storm what arrives is whole, seed %i', (seed) => {
    const world = run(seed, { loss: 0.05, reordering: 0.2, duplication: 0.1, corruption: 0.01 }, 100)
    const arrived = checkIntact(world)
    expect(arrived).toBeGreaterThan(20)
    expect(arrived).toBeLessThan(100)
  })
})

describe('eight hosts on a switch', () => {
  test.each(seeds(2))('all reach all, seed %i', (seed) => {
    const clock = new VirtualClock()
    const faults: unknown[] = []
    const bridge = new Switch(clock, { ports: 8, delayMs: 1 })
    const hosts = bridge.ports.map((port, i) =>
      host(clock, seed * 10 + i, new FaultyLink(port, clock, new SeededRandom(seed), {}), `10.53.0.${i + 1}`, faults),
    )
    let n = 0
    hosts.forEach(({ endpoint }, from) =>
      hosts.forEach((_, to) => {
        endpoint.send(message(n, 3000 + n), 0, 3000 + n, ipv4(`10.53.0.${to + 1}`), 7)
        if (from === to) expect(endpoint.port).toBe(7)
        n++
      }),
    )
    clock.advance(5_000)
    expect(hosts.map(({ got }) => got.size)).toEqual(Array(8).fill(8))
    expect(hosts.map(({ iface }) => iface.neighbours.list().length)).toEqual(Array(8).fill(7))
    expect(faults).toEqual([])
  })
})
