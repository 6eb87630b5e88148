import { describe, expect, test } from 'vitest'
import { world } from '../../../support/dhcp-bench.ts'

describe('a client', () => {
  test('gets an address that is on disk before the ACK', () => {
    const w = world()
    const offer = w.exchange('DISCOVER')[0]
    expect([offer?.type, offer?.yiaddr, w.disk.size]).toEqual(['OFFER', '10.53.0.100', 0])
    expect(w.acquire()).toBe('10.53.0.100')
    expect([...w.disk.values()].map(lease => lease.state)).toEqual(['bound'])
  })
})
