import { describe, expect, test } from 'vitest'
import { configuration, subnet, world } from '../../support/dhcp-bench.ts'

describe('RFC 8910 §2.1 captive portal (option 114)', () => {
  test('a client that asks gets the URI, also in the answer to INFORM', () => {
    const uri = 'https://portal.lab.internal/api?session=1'
    const w = world({ configuration: configuration({ subnets: [subnet({ options: { 'captive-portal': uri } })] }) })
    const asking = { options: { 'parameter-request-list': [114] } }
    expect(w.exchange('DISCOVER', asking)[0]?.options['captive-portal']).toBe(uri)
    expect(w.exchange('INFORM', { ...asking, ciaddr: '10.53.0.20' })[0]?.options['captive-portal']).toBe(uri)
    expect(w.exchange('DISCOVER', { options: { 'parameter-request-list': [3] } })[0]?.options['captive-portal']).toBeUndefined()
  })
})
