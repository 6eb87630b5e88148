/** Any segments into connections in every state: no exception, bounded memory, and listeners go on. */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import type { TcpEndpoint } from '../../../stack/index.ts'
import { SeededRandom } from '../../../stack/platform/index.ts'
import type { Random } from '../../../stack/platform/index.ts'
import * as tcp from '../../../stack/wire/tcp.ts'
import { checkOptions, TcpOptions } from '../../../stack/wire/tcp-options.ts'
import { bench, must, PEER } from '../../support/stack-lan.ts'
import { tcpFrame, tcpOf } from '../../support/tcp-frames.ts'

const FRAMES = 4_000

/** What a fuzzer knows of one connection: numbers near which segments hurt most. */
type Known = { readonly sourcePort: number; readonly targetPort: number; sequence: number; acknowledgment: number }

function randomOptions(random: Random): Uint8Array {
  if (random.chance(0.6)) return new Uint8Array(0)
  const kinds = [0, 1, 2, 3, 4, 5, 8, 30, 200]
  const octets: number[] = []
  while (octets.length < 36 && random.chance(0.8)) {
    const kind = kinds[random.below(kinds.length)] as number
    const length = random.chance(0.8) ? ([1, 1, 4, 3, 2, 10, 0, 0, 10][kind] ?? 4) : random.below(12)
    octets.push(kind, length, ...Array.from({ length: Math.max(0, length - 2) }, () => random.below(256)))
  }
  return Uint8Array.from({ length: Math.min(40, octets.length) & ~3 }, (_, i) => octets[i] as number)
}

const near = (random: Random, value: number): number => {
  const steps = [0, 0, 1, -1, 2, 100, -100, 1460, 65_535, 70_000, -70_000, 0x7fff_ffff]
  return (random.chance(0.1) ? random.u32() : value + (steps[random.below(steps.length)] as number)) >>> 0
}

function randomFrame(random: Random, known: Known): Uint8Array {
  const common = [tcp.ACK, tcp.ACK, tcp.ACK | tcp.PSH, tcp.SYN, tcp.SYN | tcp.ACK, tcp.FIN | tcp.ACK, tcp.RST]
  return tcpFrame({
    sourcePort: known.sourcePort,
    targetPort: known.targetPort,
    sequence: near(random, known.sequence),
    acknowledgment: near(random, known.acknowledgment),
    flags: random.chance(0.9) ? (common[random.below(common.length)] as number) : random.below(256),
    window: random.chance(0.3) ? 0 : random.below(65_536),
    options: randomOptions(random),
    payload: new Uint8Array(random.chance(0.5) ? 0 : random.below(1400)),
  })
}

describe('fuzz: segments into connections', () => {
  test.each(Array.from({ length: 12 }, (_, i) => i + 1))('seed %i', (seed) => {
    const random = new SeededRandom(seed)
    const lan = bench()
    const endpoints: TcpEndpoint[] = []
    const follow = (endpoint: TcpEndpoint): void => {
      endpoints.push(endpoint)
      endpoint.onEvents = () => endpoint.read(new Uint8Array(2000), 0, random.below(2000))
    }
    must(lan.stack.tcp.listen({ port: 80, backlog: 20, onConnection: follow }))
    const known = new Map<string, Known>()
    const learn = (): void => {
      for (const frame of lan.peer.take()) {
        const h = tcpOf(frame)
        if (h === undefined) continue
        expect(frame.length).toBeLessThanOrEqual(1514)
        known.set(`${h.targetPort} ${h.sourcePort}`, {
          sourcePort: h.targetPort, targetPort: h.sourcePort, sequence: h.acknowledgment,
          acknowledgment: (h.sequence + h.payloadLength + ((h.flags & (tcp.SYN | tcp.FIN)) === 0 ? 0 : 1)) >>> 0,
        })
      }
    }
    for (let i = 0; i < FRAMES; i++) {
      if (random.chance(0.02)) {
        const made = lan.stack.tcp.connect({ address: ipv4(PEER), port: 1 + random.below(3) })
        if (made.ok) follow(made.value)
      }
      const endpoint = endpoints[random.below(endpoints.length)]
      if (endpoint !== undefined && random.chance(0.1)) act(random, endpoint)
      const all = [...known.values()]
      const fresh = { sourcePort: random.below(40), targetPort: 80, sequence: random.u32(), acknowledgment: random.u32() }
      const target = random.chance(0.2) ? undefined : all[all.length - 1 - random.below(Math.min(all.length, 8))]
      lan.peer.send(randomFrame(random, target ?? fresh))
      lan.clock.advance(random.chance(0.02) ? random.below(5_000) : random.below(20))
      learn()
    }
    expect(lan.faults).toEqual([])
    // All come to an end, and the listener is alive.
    for (const endpoint of endpoints) endpoint.abort()
    lan.clock.advance(200_000)
    lan.peer.take()
    expect(lan.stack.tcp.connections()).toEqual([])
    lan.peer.send(tcpFrame({ sourcePort: 999 }))
    lan.clock.advance(1)
    expect(lan.peer.take().map((frame) => tcpOf(frame)?.flags)).toEqual([tcp.SYN | tcp.ACK])
  })
})

function act(random: Random, endpoint: TcpEndpoint): void {
  switch (random.below(6)) {
    case 0: return endpoint.end()
    case 1: return endpoint.close()
    case 2: return random.chance(0.3) ? endpoint.abort() : undefined
    default: endpoint.write(new Uint8Array(5000), 0, random.below(5000))
  }
}

describe('fuzz: options', () => {
  test('any octets: those found sound are read within their bounds', () => {
    const random = new SeededRandom(3)
    let sound = 0
    const read = new TcpOptions()
    for (let i = 0; i < 30_000; i++) {
      const octets = random.chance(0.5)
        ? randomOptions(random)
        : Uint8Array.from({ length: random.below(41) }, () => random.below(random.chance(0.5) ? 11 : 256))
      const verdicts = [0, 0xff].map((filler) => {
        const b = new Uint8Array(octets.length + 20).fill(filler)
        b.set(octets, 3)
        if (!checkOptions(b, 3, 3 + octets.length)) return 'unsound'
        read.read(b, 3, 3 + octets.length)
        expect(read.sackCount).toBeLessThanOrEqual(4)
        sound++
        return [read.mss, read.windowScale, read.timestamp, read.sackCount, read.sackLeft[0]].join()
      })
      expect(verdicts[0]).toBe(verdicts[1])
    }
    expect(sound).toBeGreaterThan(5_000)
  })
})
