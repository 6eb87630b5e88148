import { describe, expect, test } from 'vitest'
import { FaultyLink, Switch, virtualWire } from '../../../../stack/index.ts'
import type { Link, Weather } from '../../../../stack/index.ts'
import { SeededRandom, u16, VirtualClock } from '../../../../stack/platform/index.ts'
import { arpFrame, HOST_MAC, octets, PEER_MAC, RawPeer, udpFrame } from '../../../support/stack-lan.ts'

function numbered(n: number): Uint8Array {
  const frame = udpFrame(octets(100))
  frame[60] = n >>> 8
  frame[61] = n & 255
  return frame
}
const numbers = (frames: readonly Uint8Array[]): number[] => frames.map((frame) => u16(frame, 60))

describe('[L6] virtual wire', () => {
  test('takes delay and the time that the rate needs', () => {
    const clock = new VirtualClock()
    const arrivals: number[] = []
    const [a, b] = virtualWire(clock, { bitsPerSecond: 1_000_000, delayMs: 5 })
    b.onFrame = () => arrivals.push(clock.now())
    const frame = octets(1226)
    for (let i = 0; i < 3; i++) {
      a.txBuffer.set(frame, a.reserve())
      a.commit(frame.length)
    }
    a.flush()
    clock.advance(100)
    // (1226 + 24 of preamble, check sequence and gap) × 8 bits at 1 Mbit/s are 10 ms.
    expect(arrivals).toEqual([15, 25, 35])
  })

  test('drops and counts what its queue cannot hold', () => {
    const clock = new VirtualClock()
    const [a, b] = virtualWire(clock, { bitsPerSecond: 1_000_000, queueFrames: 8 })
    const peer = new RawPeer(b)
    const sender = new RawPeer(a)
    for (let i = 0; i < 20; i++) sender.send(numbered(i))
    clock.advance(1_000)
    expect(numbers(peer.take())).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(a.counters()).toMatchObject({ 'tx-frames': 8, 'tx-dropped': 12 })
  })

  test('gives frames that arrive together as one batch', () => {
    const clock = new VirtualClock()
    const [a, b] = virtualWire(clock)
    const peer = new RawPeer(b)
    new RawPeer(a).send(numbered(1), numbered(2), numbered(3))
    clock.advance(1)
    expect([peer.take().length, peer.batches]).toEqual([3, 1])
  })

  test('drops and counts a frame that is longer than its MTU allows', () => {
    const clock = new VirtualClock()
    const [a, b] = virtualWire(clock, { mtu: 100 })
    const peer = new RawPeer(b)
    const sender = new RawPeer(a)
    sender.send(octets(115))
    sender.send(octets(114))
    clock.advance(1)
    expect(peer.take().map((frame) => frame.length)).toEqual([114])
    expect(a.counters()['tx-dropped']).toBe(1)
  })

  test('spoils a buffer that the receiver kept', () => {
    const clock = new VirtualClock()
    const [a, b] = virtualWire(clock)
    let kept = new Uint8Array(0)
    b.onFrame = (buffer) => {
      kept = buffer as Uint8Array<ArrayBuffer>
    }
    new RawPeer(a).send(numbered(1))
    clock.advance(1)
    expect(new Set(kept)).toEqual(new Set([0xdb]))
  })
})

describe('[L6] faulty link', () => {
  const COUNT = 2_000
  function send(weather: Weather): { readonly got: number[]; readonly link: Link; readonly frames: Uint8Array[] } {
    const clock = new VirtualClock()
    const [a, b] = virtualWire(clock, { queueFrames: 4096 })
    const link = new FaultyLink(a, clock, new SeededRandom(42), weather)
    const sender = new RawPeer(link)
    const peer = new RawPeer(b)
    for (let i = 0; i < COUNT; i++) {
      sender.send(numbered(i))
      clock.advance(1)
    }
    clock.advance(1_000)
    const frames = peer.take()
    return { got: numbers(frames), link, frames }
  }

  test('loses about as many as told', () => {
    const { got, link } = send({ loss: 0.1 })
    expect(got.length).toBeGreaterThan(COUNT * 0.87)
    expect(got.length).toBeLessThan(COUNT * 0.93)
    expect(link.counters()['lost']).toBe(COUNT - got.length)
    expect(got).toEqual([...got].sort((x, y) => x - y))
  })

  test('repeats', () => {
    const { got, link } = send({ duplication: 0.1 })
    expect(got.length).toBe(COUNT + (link.counters()['duplicated'] ?? 0))
    expect(new Set(got).size).toBe(COUNT)
    expect(got.length).toBeGreaterThan(COUNT * 1.07)
  })

  test('holds back, so that others overtake, and loses none', () => {
    const { got } = send({ reordering: 0.1 })
    expect(got).not.toEqual([...got].sort((x, y) => x - y))
    expect(new Set(got).size).toBe(COUNT)
  })

  test('flips one bit', () => {
    const { frames, link } = send({ corruption: 0.1 })
    const flipped = frames.map((frame, i) => {
      const expected = numbered(i)
      return frame.reduce((bits, octet, at) => bits + popcount(octet ^ (expected[at] as number)), 0)
    })
    expect(new Set(flipped)).toEqual(new Set([0, 1]))
    expect(flipped.filter((bits) => bits === 1).length).toBe(link.counters()['corrupted'])
  })

  test('the same seed makes the same weather', () => {
    const weather = { loss: 0.1, duplication: 0.1, reordering: 0.1, corruption: 0.1 }
    expect(send(weather).frames).toEqual(send(weather).frames)
  })
})

const popcount = (octet: number): number => [...octet.toString(2)].filter((digit) => digit === '1').length

describe('switch', () => {
  const open = () => {
    const clock = new VirtualClock()
    const bridge = new Switch(clock, { ports: 3 })
    const hosts = bridge.ports.map((port) => new RawPeer(port))
    const say = (from: number, frame: Uint8Array): number[] => {
      hosts[from]?.send(frame)
      clock.advance(1)
      return hosts.map((host) => host.take().length)
    }
    return { clock, bridge, say }
  }
  const toHost = arpFrame({ toMac: HOST_MAC, senderMac: PEER_MAC })
  const toPeer = arpFrame({ toMac: PEER_MAC, senderMac: HOST_MAC })

  test('floods what it does not know, and remembers where it heard whom', () => {
    const { bridge, say } = open()
    expect(say(1, toHost)).toEqual([1, 0, 1])
    expect(bridge.portOf(PEER_MAC)).toBe(bridge.ports[1])
    expect(say(0, toPeer)).toEqual([0, 1, 0])
    expect(say(1, toHost)).toEqual([1, 0, 0])
  })

  test('of a port that is removed it says who was heard on it last', () => {
    const { bridge, say } = open()
    const gone: (readonly string[])[] = []
    bridge.onRemoved = stations => gone.push(stations)
    say(1, toHost)
    say(0, toPeer)
    const [first, second, third] = bridge.ports
    for (const port of [second, third, first]) if (port !== undefined) bridge.removePort(port)
    expect(gone).toEqual([[PEER_MAC], [], [HOST_MAC]])
  })

  test('floods broadcasts', () => {
    expect(open().say(2, arpFrame())).toEqual([1, 1, 0])
  })

  test('follows a host to another port, and sends nothing back where it came from', () => {
    const { say } = open()
    say(1, toHost)
    say(2, toHost)
    expect(say(0, toPeer)).toEqual([0, 0, 1])
    expect(say(2, toPeer)).toEqual([0, 0, 0])
  })

  test('forgets after five minutes', () => {
    const { clock, say } = open()
    say(1, toHost)
    clock.advance(300_000)
    expect(say(0, toPeer)).toEqual([0, 1, 1])
  })
})
