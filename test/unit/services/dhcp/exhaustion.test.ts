import { describe, expect, test } from 'vitest'
import { QUIET_MS } from '../../../../services/dhcp/exhaustion.ts'
import { configuration, pool, world } from '../../../support/dhcp-bench.ts'

describe('a segment without a free address', () => {
  const small = (last = '10.53.0.100'): ReturnType<typeof configuration> => configuration({ pools: [pool('10.53.0.100', last)] })
  const client = (n: number): { mac: string } => ({ mac: `02:00:00:00:01:0${n}` })
  const full = (): ReturnType<typeof world> => {
    const w = world({ configuration: small() })
    w.acquire(client(0))
    return w
  }
  const exhaustions = (w: ReturnType<typeof world>): number => w.told.filter(([id]) => id === 'dhcp.segment.exhausted').length

  test('is told once, and counts who goes without', () => {
    const w = full()
    expect(w.server.exhausted).toEqual([])
    const since = w.clock.wallMs()
    for (const n of [1, 2, 3]) expect(w.acquire(client(n))).toBeUndefined()
    expect(w.told.at(-1)).toEqual(['dhcp.segment.exhausted', { segment: 'segment-1', client: client(1).mac }])
    expect(exhaustions(w)).toBe(1)
    expect(w.server.exhausted).toEqual([{ segmentId: 1, name: 'segment-1', since, refused: 3 }])
  })

  test('is over when nobody has gone without for a while; the next time is told again', () => {
    const w = full()
    w.acquire(client(1))
    w.clock.advance(QUIET_MS - 10_000)
    expect(w.server.exhausted).toHaveLength(1)
    w.clock.advance(10_000)
    expect(w.server.exhausted).toEqual([])
    w.acquire(client(0))
    w.acquire(client(1))
    expect(exhaustions(w)).toBe(2)
  })

  test('is over when the administrator gives it more', () => {
    const w = full()
    w.acquire(client(1))
    w.server.configure(small('10.53.0.101'))
    expect(w.server.exhausted).toEqual([])
    expect(w.acquire(client(1))).toBe('10.53.0.101')
  })
})
