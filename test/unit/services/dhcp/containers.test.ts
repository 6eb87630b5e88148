import { describe, expect, test } from 'vitest'
import { formatIpv4, ipv4 } from '../../../../stack/index.ts'
import type { Ipv4 } from '../../../../stack/index.ts'
import { SeededRandom, VirtualClock } from '../../../../stack/platform/index.ts'
import type { AddressView } from '../../../../services/dhcp/allocate/allocator.ts'
import { FreeQueue } from '../../../../services/dhcp/allocate/free-queue.ts'
import { DeadlineQueue } from '../../../../services/dhcp/deadline-queue.ts'
import { LeaseTable } from '../../../../services/dhcp/lease-table.ts'
import type { Lease } from '../../../../services/model/index.ts'
import { pool } from '../../../support/dhcp-bench.ts'

describe('the deadline queue', () => {
  const [LATE, EARLY, MIDDLE] = [7, 0, 300]
  function queue(batch = 100): { clock: VirtualClock; seen: string[]; batches: number[]; q: DeadlineQueue } {
    const clock = new VirtualClock()
    const seen: string[] = []
    const batches: number[] = []
    const q = new DeadlineQueue(clock, batch, slots => {
      batches.push(slots.length)
      for (const slot of slots) seen.push(`${slot}@${clock.now()}`)
    })
    return { clock, seen, batches, q }
  }

  test('hands out what is due, earliest first', () => {
    const { clock, seen, q } = queue()
    q.set(LATE, 30)
    q.set(EARLY, 10)
    q.set(MIDDLE, 20)
    expect([q.last(LATE), q.last(EARLY), q.last(8), q.last(9999)]).toEqual([30, 10, undefined, undefined])
    clock.advance(100)
    expect(seen).toEqual([`${EARLY}@10`, `${MIDDLE}@20`, `${LATE}@30`])
    expect(q.size).toBe(0)
  })

  test('moves and removes slots wherever they are', () => {
    const { clock, seen, q } = queue()
    const [a, b, c] = [1, 2, 3]
    q.set(a, 10)
    q.set(b, 20)
    q.set(c, 30)
    q.set(a, 40)
    q.set(b, undefined)
    q.set(c, 5)
    clock.advance(100)
    expect(seen).toEqual(['3@5', '1@40'])
  })

  test('in batches, and none after close', () => {
    const { clock, batches, q } = queue(10)
    for (let i = 0; i < 25; i++) q.set(i, 10)
    clock.advance(10)
    expect(batches).toEqual([10, 10, 5])
    q.set(99, 20)
    q.close()
    clock.advance(100)
    expect(batches).toEqual([10, 10, 5])
  })

  test('agrees with a sorted list over a random history', () => {
    const { clock, seen, q } = queue(1)
    const random = new SeededRandom(7)
    const due = new Map<string, number>()
    for (let n = 0; n < 2000; n++) {
      const chosen = random.below(150)
      const when = random.chance(0.2) ? undefined : clock.now() + 1 + random.below(500)
      q.set(chosen, when)
      if (when === undefined) due.delete(`${chosen}`)
      else due.set(`${chosen}`, when)
      if (when !== undefined) expect(q.last(chosen)).toBe(when)
      if (n % 40 !== 39) continue
      const until = clock.now() + 100
      const expected = [...due].filter(([, at]) => at <= until).map(([slot, at]) => `${slot}@${at}`)
      seen.length = 0
      clock.runUntil(until)
      for (const text of seen) due.delete(text.split('@')[0] as string)
      expect([...seen].sort()).toEqual(expected.sort())
    }
  })
})

describe('the free queue', () => {
  const everything: AddressView = { untouched: () => true, available: () => true }
  const take = (q: FreeQueue, count: number, view: AddressView = everything): string[] =>
    Array.from({ length: count }, () => q.next(view)).map(address => (address === undefined ? '–' : formatIpv4(address)))

  test('new addresses in ascending order, then nothing', () => {
    const q = new FreeQueue(pool('10.53.0.9', '10.53.0.12'), [])
    expect(take(q, 5)).toEqual(['10.53.0.9', '10.53.0.10', '10.53.0.11', '10.53.0.12', '–'])
  })

  test('then those that came back, first come first', () => {
    const q = new FreeQueue(pool('10.53.0.1', '10.53.0.3'), [])
    take(q, 3)
    for (const text of ['10.53.0.3', '10.53.0.1', '10.53.0.3', '192.0.2.1']) q.freed(ipv4(text))
    expect(take(q, 3)).toEqual(['10.53.0.1', '10.53.0.3', '–'])
  })

  test('what is not available is passed over, and comes back only when freed', () => {
    const q = new FreeQueue(pool('10.53.0.1', '10.53.0.3'), [ipv4('10.53.0.1')])
    const taken = new Set<Ipv4>([ipv4('10.53.0.1'), ipv4('10.53.0.2')])
    const view = { untouched: (a: Ipv4) => !taken.has(a), available: (a: Ipv4) => !taken.has(a) }
    expect(take(q, 2, view)).toEqual(['10.53.0.3', '–'])
    taken.clear()
    expect(take(q, 1, view)).toEqual(['–'])
    q.freed(ipv4('10.53.0.2'))
    expect(take(q, 2, view)).toEqual(['10.53.0.2', '–'])
  })

  test('across the middle of the address space', () => {
    const q = new FreeQueue(pool('127.255.255.254', '128.0.0.1'), [])
    expect(take(q, 5)).toEqual(['127.255.255.254', '127.255.255.255', '128.0.0.0', '128.0.0.1', '–'])
  })

  test('the cost of the last address is that of the first', () => {
    const q = new FreeQueue(pool('10.0.0.0', '10.3.255.255'), [])
    let looked = 0
    const view = { untouched: () => true, available: () => ++looked > 0 }
    for (let i = 0; i < 10_000; i++) q.next(view)
    expect(looked).toBe(10_000)
  })
})

describe('the lease table', () => {
  const KEY = 'hw:1:02:00:00:00:00:0a'
  const row = (address: string, state: Lease['state'], mac = '02:00:00:00:00:0a'): Lease => ({
    address: ipv4(address), subnetId: 1, state, hardwareType: 1, mac, clientId: undefined, hostName: undefined,
    publishedName: undefined, hostId: undefined, relayInformation: undefined, countedUnder: undefined, startedAt: 0, renewedAt: 0, expiresAt: 1_000_000,
  })
  const table = (rows: readonly Lease[]): { t: LeaseTable; freed: string[]; due: string[]; clock: VirtualClock } => {
    const clock = new VirtualClock(0)
    const freed: string[] = []
    const due: string[] = []
    const t = new LeaseTable(
      { clock, due: bindings => due.push(...bindings.map(b => formatIpv4(b.address))), freed: b => freed.push(formatIpv4(b.address)) },
      rows,
    )
    return { t, freed, due, clock }
  }
  const IN_1 = { holds: (subnetId: number) => subnetId === 1 }
  const addresses = (t: LeaseTable): string[] => [...t.ofClient(KEY, IN_1)].map(b => formatIpv4(b.address)).sort()

  test('finds all addresses of a client, not those of others, not those set aside', () => {
    const { t } = table([
      row('10.53.0.1', 'bound'),
      row('10.53.0.2', 'released'),
      row('10.53.0.3', 'expired'),
      row('10.53.0.4', 'declined'),
      row('10.53.0.5', 'bound', '02:00:00:00:00:0b'),
    ])
    expect(addresses(t)).toEqual(['10.53.0.1', '10.53.0.2', '10.53.0.3'])
  })

  test('an address changes hands: one chain loses it, the other gains it', () => {
    const { t } = table(['1', '2', '3'].map(n => row(`10.53.0.${n}`, 'released')))
    for (const n of ['2', '3', '1']) {
      t.set(t.at(ipv4(`10.53.0.${n}`), 1), { kind: 'offered', row: undefined, client: 'id:bb', until: 10 })
    }
    expect(addresses(t)).toEqual([])
    expect([...t.ofClient('id:bb', IN_1)].length).toBe(3)
  })

  test('forgets an address that is untouched again, keeps one with a history, and says that both are free', () => {
    const { t, freed } = table([row('10.53.0.2', 'released')])
    for (const n of ['1', '2']) {
      const binding = t.at(ipv4(`10.53.0.${n}`), 1)
      const before = binding.state.kind === 'free' ? binding.state.row : undefined
      t.set(binding, { kind: 'offered', row: before, client: 'id:bb', until: 10 })
      t.set(binding, { kind: 'free', row: before })
    }
    expect([t.size, freed]).toEqual([1, ['10.53.0.1', '10.53.0.2']])
  })

  test('counts what is under way', () => {
    const { t } = table([])
    t.set(t.at(1, 1), { kind: 'probing', row: undefined, client: 'id:aa' })
    t.set(t.at(2, 1), { kind: 'offered', row: undefined, client: 'id:aa', until: 10 })
    expect([t.probes, t.offers, t.saves]).toEqual([1, 1, 0])
    t.set(t.at(1, 1), { kind: 'free', row: undefined })
    expect([t.probes, t.offers, t.size]).toEqual([0, 1, 1])
  })

  test('says what is due, at its own time', () => {
    const { due, clock } = table([row('10.53.0.1', 'bound'), { ...row('10.53.0.2', 'bound'), expiresAt: 500_000 }])
    clock.advance(600_000)
    expect(due).toEqual(['10.53.0.2'])
    clock.advance(600_000)
    expect(due).toEqual(['10.53.0.2', '10.53.0.1'])
  })
})
