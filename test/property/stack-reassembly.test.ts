import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contains, ipv4, maskOf } from '../../stack/index.ts'
import { bench, collector, fragmentFrames, must, octets, PEER, udpSegment } from '../support/stack-lan.ts'

describe('[I4] reassembly', () => {
  test('any fragmentation, in any order, with repetitions and others’ datagrams between, gives the original', () => {
    const lan = bench({ mtu: 9000 })
    const { got, onDatagram } = collector()
    must(lan.stack.bindUdp({ port: 53, onDatagram }))
    let identification = 0
    const plan = fc
      .integer({ min: 0, max: 5000 })
      .chain((length) =>
        fc.record({
          length: fc.constant(length),
          cuts: fc.uniqueArray(fc.integer({ min: 1, max: Math.max(1, (length + 7) >>> 3) }), { maxLength: 30 }),
          order: fc.array(fc.nat(), { minLength: 31, maxLength: 31 }),
          again: fc.array(fc.nat({ max: 30 }), { maxLength: 5 }),
        }),
      )
    fc.assert(
      fc.property(plan, ({ length, cuts, order, again }) => {
        got.length = 0
        identification = (identification + 1) & 0xffff
        const segment = udpSegment(octets(length))
        const at = [0, ...cuts.map((units) => units * 8).filter((cut) => cut < segment.length)].sort((a, b) => a - b)
        const parts = fragmentFrames(segment, at, { identification })
        const shuffled = parts
          .map((frame, i) => ({ frame, key: order[i] as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ frame }) => frame)
        const last = shuffled.pop() as Uint8Array
        // Only what is not yet whole can be repeated without starting the datagram anew.
        const repeated = again.map((i) => shuffled[i]).filter((frame) => frame !== undefined)
        const foreign = fragmentFrames(udpSegment(octets(99), { from: '10.53.0.10' }), [0, 48], {
          identification, from: '10.53.0.10',
        })
        lan.peer.send(...shuffled, ...repeated, ...foreign.slice(0, 1), last)
        lan.clock.advance(1)
        expect(got.map((d) => d.payload)).toEqual([octets(length)])
      }),
      { numRuns: 300 },
    )
  })

  test('what we fragment, another stack makes whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_507 }), fc.integer({ min: 68, max: 9000 }), (length, mtu) => {
        const sender = bench({ mtu })
        const receiver = bench({ mtu, addresses: [`${PEER}/24`] })
        const { got, onDatagram } = collector()
        must(receiver.stack.bindUdp({ port: 9, onDatagram }))
        const endpoint = must(sender.stack.bindUdp({ port: 1000, ...collector() }))
        expect(endpoint.send(octets(length), 0, length, ipv4(PEER), 9)).toBe(0)
        sender.clock.advance(1)
        // The receiver's wire end has the host's hardware address; the frames are told so.
        receiver.peer.send(...sender.peer.take().map((frame) => frame.with(5, 1)))
        receiver.clock.advance(1)
        // The virtual wire holds 1,024 frames: smaller MTUs lose part of the largest datagrams.
        const fits = length + 8 <= 1_024 * ((mtu - 20) & ~7)
        expect(got.map((d) => d.payload.length)).toEqual(fits ? [length] : [])
      }),
      { numRuns: 40 },
    )
  })
})

describe('[I6] routes', () => {
  test('look-up is the longest prefix, then the lowest metric, then the oldest', () => {
    const route = fc.record({
      base: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
      length: fc.integer({ min: 0, max: 32 }),
      metric: fc.integer({ min: 0, max: 3 }),
      gateway: fc.integer({ min: 10, max: 20 }).map((host) => ipv4(`10.53.0.${host}`)),
    })
    const picked = fc.array(fc.nat({ max: 29 }), { maxLength: 20 })
    fc.assert(
      fc.property(fc.array(route, { maxLength: 30 }), picked, (inputs, picks) => {
        const { stack } = bench()
        const added = []
        for (const { base, length, metric, gateway } of inputs) {
          const prefix = { network: base & maskOf(length), length }
          if (stack.routes.add({ prefix, gateway, metric }).ok) added.push({ prefix, metric, gateway })
        }
        for (const pick of picks) {
          const target = inputs[pick]?.base ?? ipv4('10.53.0.77')
          const direct = { prefix: { network: ipv4('10.53.0.0'), length: 24 }, metric: 0, gateway: 0 }
          const [best] = [direct, ...added]
            .filter((r) => contains(r.prefix, target))
            .sort((a, b) => b.prefix.length - a.prefix.length || a.metric - b.metric)
          const found = stack.routes.lookup(target)
          expect([found?.prefix, found?.gateway]).toEqual([best?.prefix, best?.gateway])
        }
        const lengths = stack.routes.list().map((r) => r.prefix.length)
        expect(lengths).toEqual([...lengths].sort((a, b) => b - a))
      }),
      { numRuns: 60 },
    )
  })
})
