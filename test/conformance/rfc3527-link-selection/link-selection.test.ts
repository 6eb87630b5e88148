import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { configuration, pool, subnet, world } from '../../support/dhcp-bench.ts'

const TWO = configuration({
  subnets: [subnet(), subnet({ id: 2, segmentId: 2, prefix: { network: ipv4('10.60.0.0'), length: 24 } })],
  pools: [pool('10.53.0.100', '10.53.0.109'), pool('10.60.0.100', '10.60.0.109', { id: 2, subnetId: 2 })],
})

describe('RFC 3527 §3 [H3] the link selection sub-option', () => {
  test.each([
    ['selects the subnet instead of giaddr', '10.53.0.1', '05040a3c0000', '10.60.0.100', 'dhcp.subnet.by-link-selection'],
    ['any address of the link will do', '10.53.0.1', '05040a3c0007', '10.60.0.100', 'dhcp.subnet.by-link-selection'],
    ['with a giaddr that is in no subnet', '192.0.2.1', '05040a3c0000', '10.60.0.100', 'dhcp.subnet.by-link-selection'],
    ['behind other sub-options', '10.53.0.1', '01026162050' + '40a3c0000', '10.60.0.100', 'dhcp.subnet.by-link-selection'],
    ['a link that nobody knows gets no answer', '10.53.0.1', '0504c0000200', undefined, 'dhcp.subnet.unknown-selection'],
    ['of a wrong length it is none', '10.53.0.1', '05030a3c00', '10.53.0.100', 'dhcp.subnet.by-relay'],
    ['cut off it is none', '10.53.0.1', '05040a3c', '10.53.0.100', 'dhcp.subnet.by-relay'],
    ['wins over option 118', '10.53.0.1', '05040a3c0000', '10.60.0.100', 'dhcp.subnet.by-link-selection', '0a350000'],
  ] as const)('%s', (_what, giaddr, information, address, step, selection?: string) => {
    const w = world({ configuration: TWO })
    const raw = [[82, information] as const, ...(selection === undefined ? [] : [[118, selection] as const])]
    expect(w.exchange('DISCOVER', { giaddr, raw })[0]?.yiaddr).toBe(address)
    expect(w.decisions.at(-1)?.steps[0]?.[0]).toBe(step)
  })

  test('§3 the answer goes to giaddr all the same', () => {
    const w = world({ configuration: TWO })
    w.exchange('DISCOVER', { giaddr: '192.0.2.1', raw: [[82, '05040a3c0000']] })
    expect(w.sent[0]?.to).toEqual({ kind: 'relay', address: ipv4('192.0.2.1') })
  })
})
