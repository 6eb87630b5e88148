import { describe, expect, test } from 'vitest'
import { FaultyLink, formatIpv4, ipv4, SEND_FAULT, Stack, virtualWire } from '../../../stack/index.ts'
import type { FrameHandler, Link } from '../../../stack/index.ts'
import { SeededRandom, SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import {
  addressOn, arpFrame, bench, collector, echoRequest, HOST, HOST_MAC, icmpFrame, ipFrame, must, octets, PEER, PEER_MAC,
  udpFrame,
} from '../../support/stack-lan.ts'

describe('RFC 1122 §3.2.1.3 (g) [L5] what is for ourselves stays inside', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.9.9.9', '127.0.0.1'],
    [HOST, HOST],
  ])('a datagram to %s comes from %s, and never sees a wire', (target, source) => {
    const lan = bench()
    const { got, onDatagram } = collector()
    must(lan.stack.bindUdp({ port: 53, onDatagram }))
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector() }))
    expect(endpoint.send(octets(60_000), 0, 60_000, ipv4(target), 53)).toBe(0)
    expect(got).toEqual([])
    lan.clock.advance(1)
    const arrived = got.map((d) => [formatIpv4(d.source), formatIpv4(d.target), d.payload.length])
    expect(arrived).toEqual([[source, target, 60_000]])
    expect(lan.peer.lines()).toEqual([])
  })

  test('a port without listener is reported to ourselves', () => {
    const lan = bench()
    const errors: string[] = []
    const onError = (error: string): void => void errors.push(error)
    const endpoint = must(lan.stack.bindUdp({ port: 1000, onDatagram: () => {}, onError }))
    endpoint.send(octets(4), 0, 4, ipv4('127.0.0.1'), 99)
    lan.clock.advance(1)
    expect(errors).toEqual(['ECONNREFUSED'])
  })

  test('a handler that answers itself for ever starves nobody', () => {
    const lan = bench()
    let rounds = 0
    const echo = must(
      lan.stack.bindUdp({
        port: 7,
        onDatagram: (b, at, length) => {
          rounds++
          if (rounds < 1000) echo.send(b, at, length, ipv4('127.0.0.1'), 7)
        },
      }),
    )
    echo.send(octets(4), 0, 4, ipv4('127.0.0.1'), 7)
    lan.clock.step()
    expect(rounds).toBe(1)
    lan.clock.advance(1)
    expect(rounds).toBe(1000)
  })

  test('a loopback source is not sent to a wire', () => {
    const endpoint = must(bench().stack.bindUdp({ port: 1000, address: ipv4('127.0.0.1'), onDatagram: () => {} }))
    expect(endpoint.send(octets(4), 0, 4, ipv4(PEER), 9)).toBe(SEND_FAULT.invalidTarget)
  })
})

describe('Stack flushes', () => {
  /** Counts flushes and what they carried. */
  class CountingLink implements Link {
    readonly name = 'count0'
    readonly mtu = 1500
    readonly offloads = false
    readonly mac = HOST_MAC
    onFrame: FrameHandler = () => {}
    onBatchEnd: () => void = () => {}
    readonly txBuffer = new Uint8Array(2048 * 4)
    readonly flushed: number[] = []
    queued = 0
    reserve(): number {
      return this.queued === 4 ? -1 : this.queued * 2048 + 2
    }
    commit(): void {
      this.queued++
    }
    flush(): void {
      this.flushed.push(this.queued)
      this.queued = 0
    }
    counters(): Record<string, number> {
      return {}
    }
    close(): void {}
  }
  const open = () => {
    const stack = new Stack({ clock: new VirtualClock(), random: new SeededSecureRandom(1) })
    const link = new CountingLink()
    stack.addInterface(link, { addresses: [addressOn(`${HOST}/24`)] })
    const hear = (frame: Uint8Array): void => link.onFrame(frame, 0, frame.length, 0)
    hear(arpFrame())
    link.onBatchEnd()
    link.flushed.length = 0
    const endpoint = must(stack.bindUdp({ port: 1000, onDatagram: () => {} }))
    const send = (length = 4): number => endpoint.send(octets(length), 0, length, ipv4(PEER), 9)
    return { stack, link, hear, send }
  }

  test('a lone datagram at once', () => {
    const { link, send } = open()
    send()
    send()
    expect(link.flushed).toEqual([1, 1])
  })

  test('the fragments of one datagram together', () => {
    const { link, send } = open()
    send(4_000)
    expect(link.flushed).toEqual([3])
  })

  test('the answers to a batch of frames once, at its end', () => {
    const { link, hear } = open()
    for (let i = 0; i < 3; i++) hear(icmpFrame(echoRequest(8)))
    expect(link.flushed).toEqual([])
    link.onBatchEnd()
    expect(link.flushed).toEqual([3])
    link.onBatchEnd()
    expect(link.flushed).toEqual([3])
  })

  test('what Stack.batch gathers once, also when it throws', () => {
    const { stack, link, send } = open()
    stack.batch(() => {
      send()
      stack.batch(() => void send())
      expect(link.flushed).toEqual([])
    })
    expect(link.flushed).toEqual([2])
    expect(() =>
      stack.batch(() => {
        send()
        throw new Error('of the caller')
      }),
    ).toThrow('of the caller')
    expect(link.flushed).toEqual([2, 1])
  })

  test('early when the link has no more room', () => {
    const { stack, link, send } = open()
    stack.batch(() => {
      for (let i = 0; i < 6; i++) expect(send()).toBe(0)
    })
    expect(link.flushed).toEqual([4, 2])
  })

  test('and refuses what a link without room cannot take', () => {
    const { stack, link, send } = open()
    link.flush = () => {}
    const faults: number[] = []
    stack.batch(() => {
      for (let i = 0; i < 5; i++) faults.push(send())
    })
    expect(faults).toEqual([0, 0, 0, 0, SEND_FAULT.queueFull])
    expect(stack.counters['ipv4']?.get('no-room')).toBe(1)
  })
})

describe('Stack', () => {
  test('a handler that throws costs one frame, is counted and reported', () => {
    const lan = bench()
    const broken = new Error('bug')
    must(
      lan.stack.bindUdp({
        port: 53,
        onDatagram: () => {
          throw broken
        },
      }),
    )
    expect(lan.answer(udpFrame(octets(4)), icmpFrame(echoRequest(8))).length).toBe(1)
    expect(lan.faults).toEqual([broken])
    expect(lan.stack.counters['ethernet']?.get('fault')).toBe(1)
  })

  test('an interface that is removed takes its addresses and routes along and falls silent', () => {
    const lan = bench()
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    must(lan.stack.routes.add({ prefix: { network: 0, length: 0 }, gateway: ipv4('10.53.0.1') }))
    lan.stack.removeInterface('wire0')
    expect(lan.stack.interfaces).toEqual([])
    expect(lan.stack.routes.list()).toEqual([])
    expect(lan.answer(icmpFrame(echoRequest(8)), arpFrame())).toEqual([])
    expect(endpoint.send(octets(4), 0, 4, ipv4(HOST), 53)).toBe(SEND_FAULT.noRoute)
    lan.stack.removeInterface('wire0')
  })

  test('an address that two interfaces share stays ours when one goes', () => {
    const lan = bench()
    const [second] = virtualWire(lan.clock, { names: ['wire9', 'far9'] })
    lan.stack.addInterface(second, { addresses: [addressOn(`${HOST}/24`)] })
    lan.stack.removeInterface('wire9')
    expect(lan.answer(icmpFrame(echoRequest(8))).filter((line) => line.includes('echo reply')).length).toBe(1)
  })

  test('a probe under way on a removed interface ends without a holder', () => {
    const lan = bench()
    const heard: unknown[] = []
    lan.iface.probe(ipv4('10.53.0.100'), { waitMs: 300 }, (mac) => heard.push(mac))
    lan.stack.removeInterface('wire0')
    expect(heard).toEqual([undefined])
    lan.clock.advance(1000)
    expect(heard).toEqual([undefined])
  })

  test('a closed stack leaves no timer behind', () => {
    const lan = bench({ knowsPeer: false })
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    endpoint.send(octets(4), 0, 4, ipv4(PEER), 9)
    lan.iface.probe(ipv4('10.53.0.100'), { waitMs: 300 }, () => {})
    lan.answer(icmpFrame(octets(64), { moreFragments: true }))
    lan.stack.close()
    expect(lan.clock.next()).toBeUndefined()
    expect(lan.stack.reassemblyBytes).toBe(0)
  })

  test('a further protocol takes its seat', () => {
    const lan = bench()
    const seen: string[] = []
    lan.stack.registerProtocol(99, {
      receive: (d) => {
        seen.push(`${formatIpv4(d.source)} ${d.payloadLength}`)
        const out = lan.stack.ipv4
        if (out.begin(d.source, 0, 99, 3, 64, undefined, false) === 0) {
          out.buffer.set([1, 2, 3], out.payloadAt)
          out.commit()
        }
      },
      failed: () => {},
    })
    const answer = `${HOST_MAC} > ${PEER_MAC} ${HOST} > ${PEER} protocol 99 3`
    expect(lan.answer(ipFrame(octets(8), { protocol: 99 }))).toEqual([answer])
    expect(seen).toEqual([`${PEER} 8`])
  })

  test.each([
    ['a gateway that is on no link', { gateway: ipv4('8.8.8.8'), interfaceName: 'wire0' }, 'gateway-not-on-link'],
    ['a gateway that is ourselves', { gateway: ipv4(HOST) }, 'gateway-not-on-link'],
    ['a gateway on no interface', { gateway: ipv4('8.8.8.8') }, 'no-such-interface'],
    ['an interface that is not there', { gateway: ipv4(PEER), interfaceName: 'eth9' }, 'no-such-interface'],
  ])('a route by %s is refused', (_name, input, kind) => {
    const { stack } = bench()
    const result = stack.routes.add({ prefix: { network: 0, length: 0 }, ...input })
    expect(result.ok ? 'added' : result.error.kind).toBe(kind)
  })

  test('routes are added once and removed', () => {
    const { stack } = bench()
    const input = { prefix: { network: ipv4('10.9.0.0'), length: 16 }, gateway: ipv4(PEER) }
    must(stack.routes.add(input))
    expect(stack.routes.add(input)).toEqual({ ok: false, error: { kind: 'exists' } })
    expect(stack.routes.remove(input.prefix)).toBe(true)
    expect(stack.routes.remove(input.prefix)).toBe(false)
  })

  test('the same seed makes the same history', () => {
    const run = (): string[] => {
      const lan = bench({ seed: 7 })
      const endpoint = must(lan.stack.bindUdp({ port: 0, ...collector() }))
      for (let i = 1; i < 40; i++) endpoint.send(octets(i * 100), 0, i * 100, ipv4(`10.53.0.${i + 10}`), 9)
      lan.clock.advance(5_000)
      return lan.peer.lines()
    }
    expect(run()).toEqual(run())
  })
})

describe('a link is exchanged for one that wraps it, and back', () => {
  test('frames take the new way, and a capture that runs goes on', () => {
    const lan = bench()
    const [iface] = lan.stack.interfaces
    if (iface === undefined) throw new Error('no interface')
    const plain = iface.wire
    const blocks: Uint8Array[] = []
    const capture = iface.capture({ sink: (block) => blocks.push(block) > 0 })
    const answers = (): number => {
      lan.peer.send(icmpFrame(echoRequest(8)))
      lan.clock.advance(100)
      return lan.peer.lines().filter((line) => line.includes('echo reply')).length
    }
    expect(answers()).toBe(1)
    const lossy = new FaultyLink(plain, lan.clock, new SeededRandom(1), { loss: 1 }, {})
    iface.exchange(lossy)
    expect([iface.wire === lossy, answers(), capture?.counts().captured]).toEqual([true, 0, 4])
    iface.exchange(plain)
    expect([iface.wire === plain, answers(), capture?.counts().captured]).toEqual([true, 1, 6])
    capture?.stop()
    expect([iface.link === plain, answers()]).toEqual([true, 1])
  })
})
