import { describe, expect, test } from 'vitest'
import { REASSEMBLY_BYTES_LIMIT, REASSEMBLY_SOURCE_BYTES_LIMIT } from '../../../stack/ipv4/reassembly.ts'
import {
  ALL_MAC, bench, collector, fragmentFrames, HOST, HOST_MAC, ipFrame, must, octets, PEER, PEER_MAC, udpSegment,
} from '../../support/stack-lan.ts'
import type { Bench, DatagramFields, Received } from '../../support/stack-lan.ts'

const SEGMENT = udpSegment(octets(56))
type Fragment = readonly [from: number, to: number, more: boolean]
const WHOLE: readonly Fragment[] = [[0, 24, true], [24, 48, true], [48, 64, false]]
const frames = (fragments: readonly Fragment[], fields: DatagramFields = {}, segment = SEGMENT): Uint8Array[] =>
  fragments.map(([from, to, more]) =>
    ipFrame(segment.subarray(from, to), { ...fields, fragmentOffset: from, moreFragments: more }),
  )

function listening(): Bench & { readonly got: readonly Received[]; readonly count: (name: string) => number } {
  const lan = bench()
  const { got, onDatagram } = collector()
  must(lan.stack.bindUdp({ port: 53, onDatagram }))
  return { ...lan, got, count: (name) => lan.stack.counters['ipv4']?.get(name) ?? 0 }
}

describe('RFC 815 [I4] reassembly in any order', () => {
  const [a, b, c] = WHOLE as [Fragment, Fragment, Fragment]
  test.each([
    ['in order', [a, b, c], 1],
    ['reversed', [c, b, a], 1],
    ['last first', [c, a, b], 1],
    ['middle first', [b, c, a], 1],
    ['a repetition', [a, a, b, b, c], 1],
    ['the last one twice', [c, c, a, b], 1],
    ['without the first', [b, c], 0],
    ['without the middle', [a, c], 0],
    ['without the last', [a, b], 0],
    ['twice over', [a, b, c, a, b, c], 2],
  ] as const)('%s', (_name, fragments, datagrams) => {
    const host = listening()
    host.answer(...frames(fragments))
    expect(host.got.map((d) => d.payload)).toEqual(Array.from({ length: datagrams }, () => octets(56)))
  })

  test('datagrams are told apart by source, target, protocol and identification (RFC 791 §3.2)', () => {
    const host = listening()
    const other = udpSegment(octets(56).reverse())
    const [first, second, third] = frames(WHOLE)
    const [one, two, three] = frames(WHOLE, { identification: 8 }, other)
    const strange = frames(WHOLE, { protocol: 99 })
    const foreign = frames(WHOLE, { from: '10.53.0.10' })
    host.peer.send(...([first, strange[1], one, foreign[2], three, second, two, third] as Uint8Array[]))
    host.clock.advance(10)
    expect(host.got.map((d) => d.payload)).toEqual([octets(56).reverse(), octets(56)])
  })

  test('a datagram of the largest size', () => {
    const host = listening()
    const segment = udpSegment(octets(65_507))
    const cuts = Array.from({ length: Math.ceil(segment.length / 1480) }, (_, i) => i * 1480)
    host.answer(...fragmentFrames(segment, cuts).reverse())
    expect(host.got.map((d) => d.payload.length)).toEqual([65_507])
    expect(host.stack.reassemblyBytes).toBe(0)
  })

  test('the header of the first fragment is the datagram’s: options in it do not disturb', () => {
    const host = listening()
    const options = Uint8Array.from([7, 7, 4, 0, 0, 0, 0, 0])
    const [first] = frames(WHOLE.slice(0, 1), { options })
    host.answer(...frames(WHOLE.slice(1)), first as Uint8Array)
    expect(host.got.length).toBe(1)
  })

  test('a fragmented broadcast is heard', () => {
    const host = listening()
    const segment = udpSegment(octets(56), { to: '255.255.255.255' })
    host.answer(...frames(WHOLE, { to: '255.255.255.255', toMac: ALL_MAC }, segment))
    expect(host.got.map((d) => d.linkBroadcast)).toEqual([true])
  })
})

describe('RFC 5722 §4 and RFC 1858 [I4] overlapping fragments drop the whole datagram', () => {
  test.each([
    ['a head over the tail before it', [[0, 24, true], [16, 40, true]]],
    ['a tail over the head after it', [[24, 48, true], [8, 32, true]]],
    ['one inside another', [[0, 48, true], [8, 16, true]]],
    ['one around another', [[8, 16, true], [0, 48, true]]],
    ['the same place, longer', [[0, 24, true], [0, 32, true]]],
    ['an end that moves out', [[48, 56, false], [56, 64, false]]],
    ['an end that moves in', [[48, 64, false], [24, 48, false]]],
    ['an end before what came already', [[48, 64, true], [24, 48, false]]],
    ['the last one again, not as the last', [[48, 64, false], [48, 64, true]]],
    ['octets beyond the end', [[24, 48, false], [48, 64, true]]],
  ] as const)('%s', (_name, fragments) => {
    const host = listening()
    host.answer(...frames(fragments as readonly Fragment[]))
    expect(host.count('fragment-overlap')).toBe(1)
    expect(host.stack.reassemblyBytes).toBe(0)
  })

  test('the same place with other octets', () => {
    const host = listening()
    const forged = udpSegment(octets(56).fill(9))
    host.answer(...frames(WHOLE.slice(0, 2)), ...frames([[24, 48, true]], {}, forged), ...frames(WHOLE.slice(2)))
    expect(host.got).toEqual([])
    expect(host.count('fragment-overlap')).toBe(1)
  })
})

describe('RFC 791 §3.2 [I4] fragments that cannot be', () => {
  test.each([
    ['not a multiple of 8 and not the last', [[0, 23, true]], 'fragment-malformed'],
    ['empty', [[8, 8, true]], 'fragment-malformed'],
  ] as const)('%s', (_name, fragments, counter) => {
    const host = listening()
    host.answer(...frames(fragments as readonly Fragment[]))
    expect(host.count(counter)).toBe(1)
    expect(host.stack.reassemblyBytes).toBe(0)
  })

  test('one that ends past 65,535 octets', () => {
    const host = listening()
    host.answer(ipFrame(octets(64), { fragmentOffset: 65_528 - 56, moreFragments: false }))
    expect(host.count('fragment-malformed')).toBe(1)
  })
})

describe('RFC 791 §3.1 [I4] a total length has 16 bits', () => {
  test('options in the first fragment can make the whole too long', () => {
    const host = listening()
    const segment = udpSegment(octets(65_507))
    const cuts = Array.from({ length: Math.ceil(segment.length / 1440) }, (_, i) => i * 1440)
    const [, ...rest] = fragmentFrames(segment, cuts)
    const [first] = fragmentFrames(segment, cuts, { options: new Uint8Array(40).fill(1) })
    host.answer(...rest, first as Uint8Array)
    expect(host.got).toEqual([])
    expect(host.count('fragment-malformed')).toBe(1)
    expect(host.stack.reassemblyBytes).toBe(0)
  })
})

describe('RFC 1122 §3.3.2 [I4] time', () => {
  const exceeded = `${HOST_MAC} > ${PEER_MAC} ${HOST} > ${PEER} time exceeded (1) 44`

  test.each([
    ['with the first fragment: time exceeded, code 1', [[0, 24, true], [48, 64, false]], [exceeded]],
    ['without it: silence', [[24, 48, true], [48, 64, false]], []],
  ] as const)('after 60 s, %s', (_name, fragments, lines) => {
    const host = listening()
    host.answer(...frames(fragments as readonly Fragment[]))
    host.clock.advance(59_980)
    expect(host.peer.lines()).toEqual([])
    host.clock.advance(20)
    expect(host.peer.lines()).toEqual(lines)
    expect(host.count('reassembly-timeout')).toBe(1)
    expect(host.stack.reassemblyBytes).toBe(0)
  })

  test('later fragments do not lengthen it', () => {
    const host = listening()
    host.answer(...frames(WHOLE.slice(0, 1)))
    host.clock.advance(50_000)
    host.answer(...frames(WHOLE.slice(1, 2)))
    host.clock.advance(10_000)
    host.answer(...frames(WHOLE.slice(2)))
    expect(host.got).toEqual([])
  })
})

describe('RFC 1122 §3.3.2 [I4] memory is bounded', () => {
  test('one source holds no more than its share, and its oldest datagrams go first', () => {
    const host = listening()
    const payload = octets(1480)
    for (let id = 0; id < 1_000; id++) host.peer.send(...frames([[0, 1480, true]], { identification: id }, payload))
    host.clock.advance(10)
    expect(host.stack.reassemblyBytes).toBeLessThanOrEqual(REASSEMBLY_SOURCE_BYTES_LIMIT)
    expect(host.count('fragment-evicted')).toBeGreaterThan(600)
    host.answer(...frames(WHOLE, { from: '10.53.0.10' }, udpSegment(octets(56), { from: '10.53.0.10' })))
    expect(host.got.length).toBe(1)
  })

  test('nor do all together', () => {
    const host = listening()
    const payload = octets(1480)
    for (let i = 0; i < 4_000; i++) {
      host.peer.send(...frames([[0, 1480, true]], { from: `10.53.${1 + (i >> 8)}.${i & 255}` }, payload))
      if (i % 500 === 0) host.clock.advance(1)
    }
    host.clock.advance(10)
    expect(host.stack.reassemblyBytes).toBeLessThanOrEqual(REASSEMBLY_BYTES_LIMIT)
    expect(host.stack.reassemblyBytes).toBeGreaterThan(REASSEMBLY_BYTES_LIMIT / 2)
    host.clock.advance(60_000)
    expect(host.stack.reassemblyBytes).toBe(0)
  })

  test('the smallest fragments cost what they take', () => {
    const host = listening()
    const payload = octets(64_008)
    for (let i = 0; i < 8_000; i++) {
      host.peer.send(...frames([[i * 8, i * 8 + 8, true]], {}, payload))
      if (i % 500 === 0) host.clock.advance(1)
    }
    expect(host.stack.reassemblyBytes).toBeLessThanOrEqual(REASSEMBLY_SOURCE_BYTES_LIMIT)
  })
})
