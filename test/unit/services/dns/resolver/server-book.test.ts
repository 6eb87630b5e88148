import { describe, expect, test } from 'vitest'
import { DOWN_MS, FIRST_WAIT_MS, formatServer, MAX_WAIT_MS, ServerBook, serverKey } from '../../../../../services/dns/resolver/server-book.ts'
import { SeededRandom, VirtualClock } from '../../../../../stack/platform/index.ts'
import type { Random } from '../../../../../stack/platform/index.ts'
import { serverAt } from '../../../../support/exchange-bench.ts'

const [a, b, c] = [serverAt('192.0.2.1'), serverAt('192.0.2.2'), serverAt('192.0.2.3')] as const
/** Never explores; equal ranks stay in the order given. */
const steady: Random = { u32: () => 0, below: () => 0, chance: () => false }
/** Always explores the last. */
const curious: Random = { u32: () => 0, below: (n) => n - 1, chance: () => true }
const EDNS = { asked: true, opt: true }

function book(random: Random = steady, limit?: number): { readonly clock: VirtualClock; readonly book: ServerBook } {
  const clock = new VirtualClock()
  return { clock, book: new ServerBook(clock, random, limit) }
}

describe('servers and how they do', () => {
  test.each([
    [a, '192.0.2.1'], [serverAt('192.0.2.1', 'udp', 5353), '192.0.2.1:5353'], [serverAt('192.0.2.1', 'tls', 853), '192.0.2.1 by TLS'],
    [serverAt('192.0.2.1', 'https', 8443), '192.0.2.1:8443 by HTTPS'], [serverAt('192.0.2.1', 'tcp'), '192.0.2.1 by TCP'],
  ])('%o is %s', (server, text) => expect(formatServer(server)).toBe(text))

  test('address, port and way make a server', () => {
    const all = ['192.0.2.1', '255.255.255.255'].flatMap((address) => [0, 53, 65_535].flatMap(
      (port) => (['udp', 'tcp', 'tls', 'https'] as const).map((way) => serverKey(serverAt(address, way, port))),
    ))
    expect(new Set(all).size).toBe(24)
    expect(all.every(Number.isSafeInteger)).toBe(true)
  })

  test('the fastest goes first; one that answers slower than most stands behind a stranger', () => {
    const { book: known } = book()
    known.answered(a, 150, EDNS)
    known.answered(b, 60, EDNS)
    expect(known.order([a, b, c])).toEqual([b, c, a])
  })

  test('servers about as fast are in an order of chance', () => {
    const { book: known } = book(new SeededRandom(3))
    known.answered(a, 20, EDNS)
    known.answered(b, 25, EDNS)
    known.answered(c, 60, EDNS)
    const firsts = Array.from({ length: 400 }, () => known.order([a, b, c])[0])
    const share = (server: typeof a): number => firsts.filter((first) => first === server).length / 400
    expect(share(a)).toBeGreaterThan(0.35)
    expect(share(b)).toBeGreaterThan(0.35)
    expect(share(c)).toBeGreaterThan(0)
    expect(share(c)).toBeLessThan(0.1)
  })

  test('another than the best is tried now and then, but none that is to be avoided', () => {
    const { book: known } = book(curious)
    for (const [server, ms] of [[a, 10], [b, 40], [c, 60]] as const) known.answered(server, ms, EDNS)
    expect(known.order([a, b, c])).toEqual([c, a, b])
    known.faulty(c)
    expect(known.order([a, b, c])).toEqual([b, a, c])
  })

  test('silences put a server behind, then down for a time that doubles; an answer ends it', () => {
    const { clock, book: known } = book()
    known.answered(a, 20, EDNS)
    known.answered(b, 60, EDNS)
    expect([known.silent(a), known.silent(a)]).toEqual([undefined, undefined])
    expect(known.order([a, b])).toEqual([b, a])
    expect(known.silent(a)).toBe(3)
    expect([known.allDown([a]), known.allDown([a, b])]).toEqual([true, false])
    clock.advance(DOWN_MS)
    expect(known.allDown([a])).toBe(false)
    expect(known.silent(a)).toBe(4)
    clock.advance(DOWN_MS)
    expect(known.allDown([a])).toBe(true)
    known.answered(a, 20, EDNS)
    expect([known.allDown([a]), known.order([a, b])[0]]).toEqual([false, a])
  })

  test('waits: above the round trip and its spread, doubling, within bounds', () => {
    const { book: known } = book()
    expect([known.waitMs(a), known.waitMs(a, 1)]).toEqual([FIRST_WAIT_MS, 2 * FIRST_WAIT_MS])
    known.answered(a, 200, EDNS)
    expect(known.waitMs(a)).toBe(200 + 4 * 100)
    known.answered(b, 1, EDNS)
    expect([known.waitMs(b), known.waitMs(b, 9)]).toEqual([100, MAX_WAIT_MS])
  })

  test('lame for one zone, for a while', () => {
    const { clock, book: known } = book()
    known.lameFor(a, '\x03com\0')
    expect([known.isLameFor(a, '\x03com\0'), known.isLameFor(a, '\x03net\0'), known.isLameFor(b, '\x03com\0')]).toEqual([true, false, false])
    clock.advance(60_000)
    expect(known.isLameFor(a, '\x03com\0')).toBe(false)
  })

  test('memory is bounded, and what was used last is kept', () => {
    const { book: known } = book(steady, 2)
    known.began(a)
    known.answered(b, 5, EDNS)
    known.answered(c, 5, EDNS)
    expect([known.size, known.srttMs(a), known.srttMs(c)]).toEqual([2, 0, 5])
    known.ended(a)
    expect([known.underWay(a), known.states().map((state) => state.server)]).toEqual([0, ['192.0.2.2', '192.0.2.3']])
  })

  test('forgets all when told to', () => {
    const { book: known } = book()
    known.answered(a, 5, EDNS)
    known.lameFor(a, '\0')
    known.forget()
    expect([known.size, known.isLameFor(a, '\0')]).toEqual([0, false])
  })
})
