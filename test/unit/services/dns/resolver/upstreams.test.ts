import { describe, expect, test } from 'vitest'
import { DOWN_MS, formatUpstream, MAX_UPSTREAMS, UpstreamSet } from '../../../../../services/dns/resolver/upstreams.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import type { Random } from '../../../../../stack/platform/index.ts'

const servers = (count: number): { address: number; port: number }[] =>
  Array.from({ length: count }, (_, i) => ({ address: ipv4(`10.0.0.${i + 1}`), port: 53 }))
/** Never explores. */
const steady: Random = { u32: () => 0, below: () => 0, chance: () => false }
/** Always explores the last. */
const curious: Random = { u32: () => 0, below: (n) => n - 1, chance: () => true }

describe('UpstreamSet', () => {
  test('the order given holds until something is known, then the faster goes first', () => {
    const set = new UpstreamSet(servers(3))
    expect(set.order(0, steady)).toEqual([0, 1, 2])
    set.answered(0, 50)
    set.answered(1, 20)
    set.answered(2, 30)
    expect(set.order(0, steady)).toEqual([1, 2, 0])
  })

  test('one measurement does not decide for ever (RFC 6298 §2)', () => {
    const set = new UpstreamSet(servers(2))
    set.answered(0, 20)
    set.answered(1, 30)
    set.answered(0, 60)
    expect(set.order(0, steady)).toEqual([0, 1])
    for (let i = 0; i < 5; i++) set.answered(0, 60)
    expect(set.order(0, steady)).toEqual([1, 0])
  })

  test('a server that has never answered goes behind one that has, and stays there when it is no longer down', () => {
    const set = new UpstreamSet(servers(2))
    set.silent(0, 0)
    set.answered(1, 30)
    expect(set.order(1, steady)).toEqual([1, 0])
    set.silent(0, 2)
    set.silent(0, 3)
    expect(set.order(3 + DOWN_MS, steady)).toEqual([1, 0])
  })

  test('one silence does not put a fast server behind a slow one, but behind one that is nearly as fast', () => {
    const set = new UpstreamSet(servers(3))
    set.answered(0, 10)
    set.answered(1, 15)
    set.answered(2, 200)
    set.silent(0, 0)
    expect(set.order(1, steady)).toEqual([1, 0, 2])
  })

  test('now and then another is asked first, but never one that is down', () => {
    const set = new UpstreamSet(servers(3))
    expect(set.order(0, curious)).toEqual([2, 0, 1])
    for (let i = 0; i < 3; i++) set.silent(2, 0)
    expect(set.order(0, curious)).toEqual([1, 0, 2])
  })

  test('three silences in a row put a server down, once, for a while; an answer brings it back', () => {
    const set = new UpstreamSet(servers(1))
    expect([1, 2, 3, 4].map((now) => set.silent(0, now))).toEqual([undefined, undefined, 3, undefined])
    expect(set.allDown(10)).toBe(true)
    expect(set.allDown(4 + DOWN_MS)).toBe(false)
    expect(set.silent(0, 4 + DOWN_MS)).toBe(5)
    set.answered(0, 10)
    expect(set.allDown(5 + DOWN_MS)).toBe(false)
    expect(set.states(5 + DOWN_MS)).toEqual([{ upstream: '10.0.0.1', failing: false, srttMs: 10 }])
  })

  test('a lame server is passed over for a moment only', () => {
    const set = new UpstreamSet(servers(2))
    set.lame(0, 1000)
    expect(set.order(1001, steady)).toEqual([1, 0])
    expect(set.allDown(1001)).toBe(false)
    expect(set.order(4000, steady)).toEqual([0, 1])
  })

  test.each([
    [undefined, 0, 800], [undefined, 1, 1500],
    // srtt + 4 × rttvar, which is half the first time; not below 250 ms, not above 1.5 s.
    [20, 0, 250], [20, 1, 500], [200, 0, 600], [200, 1, 1200], [200, 2, 1500], [2000, 0, 1500],
  ])('with a round trip of %s ms the wait in round %i is %i ms', (rtt, round, wait) => {
    const set = new UpstreamSet(servers(1))
    if (rtt !== undefined) set.answered(0, rtt)
    expect(set.waitMs(0, round)).toBe(wait)
  })

  test('a server without EDNS is tried with it again later', () => {
    const set = new UpstreamSet(servers(1))
    set.withoutEdns(0, 0)
    expect([set.usesEdns(0, 1), set.usesEdns(0, 900_000)]).toEqual([false, true])
  })

  test('the number of servers is bounded, and ports show when they are unusual', () => {
    expect(new UpstreamSet(servers(20)).size).toBe(MAX_UPSTREAMS)
    expect(formatUpstream({ address: ipv4('10.0.0.1'), port: 5353 })).toBe('10.0.0.1:5353')
  })
})
