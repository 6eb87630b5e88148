import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { configuration, pool, subnet, world } from '../../support/dhcp-bench.ts'

const TWO = configuration({
  subnets: [subnet(), subnet({ id: 2, segmentId: 2, prefix: { network: ipv4('10.60.0.0'), length: 24 } })],
  pools: [pool('10.53.0.100', '10.53.0.109'), pool('10.60.0.100', '10.60.0.109', { id: 2, subnetId: 2 })],
})

describe('RFC 3011 §2 the subnet selection option', () => {
  test.each([
    ['overrides the interface', {}, '0a3c0000', '10.60.0.100', 'dhcp.subnet.by-selection'],
    ['overrides giaddr', { giaddr: '10.53.0.1' }, '0a3c0000', '10.60.0.100', 'dhcp.subnet.by-selection'],
    ['a subnet that is not served gets no answer', {}, 'c0000200', undefined, 'dhcp.subnet.unknown-selection'],
    ['of a wrong length it is none', {}, '0a3c00', '10.53.0.100', 'dhcp.subnet.by-interface'],
  ] as const)('%s', (_what, fields, selection, address, step) => {
    const w = world({ configuration: TWO })
    expect(w.exchange('DISCOVER', { ...fields, raw: [[118, selection]] })[0]?.yiaddr).toBe(address)
    expect(w.decisions.at(-1)?.steps[0]?.[0]).toBe(step)
  })
})
