import { describe, expect, test } from 'vitest'
import { RELAY, relayedWorld } from '../../support/dhcp-policy.ts'

const A = { mac: '02:00:00:00:00:0a' }

describe('RFC 3011 §2 subnet selection (option 118)', () => {
  test.each([
    ['a client on our link that wants the other subnet', {}, '10.60.0.0', '10.60.0.100'],
    ['a relay in one subnet that asks for the other', { giaddr: RELAY }, '10.53.0.0', '10.53.0.100'],
    ['a subnet that is not ours: no answer', {}, '192.0.2.0', undefined],
  ] as const)('%s', (_name, fields, selected, address) => {
    const w = relayedWorld()
    expect(w.exchange('DISCOVER', { ...A, ...fields, options: { 'subnet-selection': selected } })[0]?.yiaddr).toBe(address)
  })

  test('an option of another length is none', () => {
    const w = relayedWorld()
    expect(w.exchange('DISCOVER', { ...A, raw: [[118, '0a3c00']] })[0]?.yiaddr).toBe('10.53.0.100')
  })
})
