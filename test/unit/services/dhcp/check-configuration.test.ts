import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../stack/index.ts'
import { checkConfiguration } from '../../../../services/dhcp/index.ts'
import type { DhcpConfiguration } from '../../../../services/model/index.ts'
import { configuration, host, pool, segment, subnet } from '../../../support/dhcp-bench.ts'

const MAC = '02:00:00:00:00:01'
const prefix = (network: string, length: number): { prefix: { network: number; length: number } } => ({ prefix: { network: ipv4(network), length } })

const ROWS: readonly (readonly [string, Partial<DhcpConfiguration>, string | undefined])[] = [
  ['a usual one', {}, undefined],
  ['nothing at all', { subnets: [], pools: [] }, undefined],
  ['host bits in a prefix', { subnets: [subnet(prefix('10.53.0.1', 24))] }, '/subnets/0/prefix'],
  ['a multicast prefix', { subnets: [subnet(prefix('224.0.0.0', 24))], pools: [] }, '/subnets/0/prefix'],
  ['overlapping subnets', { subnets: [subnet(), subnet({ id: 2, ...prefix('10.53.0.128', 25) })] }, '/subnets/1/prefix'],
  ['no interface', { segments: [segment(1, { interfaceName: '' })] }, '/segments/0/interface'],
  ['a domain in capitals', { subnets: [subnet({ domain: 'Lab' })] }, '/subnets/0/domain'],
  ['a domain with a final dot', { subnets: [subnet({ domain: 'lab.' })] }, '/subnets/0/domain'],
  ['no domain', { subnets: [subnet({ domain: undefined })] }, undefined],
  ['a lease of a second', { subnets: [subnet({ leaseSeconds: 1 })] }, '/subnets/0/leaseSeconds'],
  ['half a second', { subnets: [subnet({ maxLeaseSeconds: 4000.5 })] }, '/subnets/0/maxLeaseSeconds'],
  ['a minimum above the lease time', { subnets: [subnet({ minLeaseSeconds: 4000 })] }, '/subnets/0/minLeaseSeconds'],
  ['a maximum below the lease time', { subnets: [subnet({ maxLeaseSeconds: 3000 })] }, '/subnets/0/maxLeaseSeconds'],
  ['an unknown option', { subnets: [subnet({ options: { rooters: [] } })] }, '/subnets/0/options/rooters'],
  ['an option with a slash', { subnets: [subnet({ options: { 'a/b~c': 1 } })] }, '/subnets/0/options/a~1b~0c'],
  ['a value of the wrong type', { subnets: [subnet({ options: { routers: '10.53.0.1' } })] }, '/subnets/0/options/routers'],
  ['a protocol option', { subnets: [subnet({ options: { 'lease-time': 5 } })] }, '/subnets/0/options/lease-time'],
  ['a named option by number', { subnets: [subnet({ options: { 'option-3': '0a350001' } })] }, '/subnets/0/options/option-3'],
  ['an unnamed option, and one taken away', { subnets: [subnet({ options: { 'option-224': '0a', routers: null } })] }, undefined],
  ['a pool of no subnet', { pools: [pool('10.53.0.100', '10.53.0.109', { subnetId: 9 })] }, '/pools/0/subnetId'],
  ['a pool outside', { pools: [pool('10.53.1.1', '10.53.1.9')] }, '/pools/0/first'],
  ['a pool that runs out of the subnet', { pools: [pool('10.53.0.100', '10.53.1.9')] }, '/pools/0/last'],
  ['a pool backwards', { pools: [pool('10.53.0.109', '10.53.0.100')] }, '/pools/0/last'],
  ['a pool with the network address', { pools: [pool('10.53.0.0', '10.53.0.9')] }, '/pools/0/first'],
  ['a pool with the broadcast address', { pools: [pool('10.53.0.100', '10.53.0.255')] }, '/pools/0/last'],
  ['a pool of one', { pools: [pool('10.53.0.100', '10.53.0.100')] }, undefined],
  ['a whole /31', { subnets: [subnet(prefix('10.53.0.2', 31))], pools: [pool('10.53.0.2', '10.53.0.3')] }, undefined],
  ['overlapping pools', { pools: [pool('10.53.0.100', '10.53.0.109'), pool('10.53.0.90', '10.53.0.100', { id: 2 })] }, '/pools/0/first'],
  ['pools side by side', { pools: [pool('10.53.0.100', '10.53.0.109'), pool('10.53.0.90', '10.53.0.99', { id: 2 })] }, undefined],
  ['an address of a host in a pool and one outside', { hosts: [host('10.53.0.100', { mac: MAC }), host('10.53.0.5', { id: 2, clientId: '01aa' })] }, undefined],
  ['an address outside its subnet', { hosts: [host('10.53.9.5', { mac: MAC })] }, '/hosts/0/addresses/0/address'],
  ['an address of no subnet', { hosts: [host('10.53.0.5', { subnetId: 9, mac: MAC })] }, '/hosts/0/addresses/0/address'],
  ['a host that nobody is', { hosts: [host('10.53.0.5')] }, '/hosts/0/identifiers'],
  ['a bad hardware address', { hosts: [host('10.53.0.5', { mac: '02-00-00-00-00-01' })] }, '/hosts/0/identifiers/0/value'],
  ['a bad client identifier', { hosts: [host('10.53.0.5', { clientId: '01:aa' })] }, '/hosts/0/identifiers/0/value'],
  ['a bad name', { hosts: [host('10.53.0.5', { mac: MAC, name: 'a.b' })] }, '/hosts/0/name'],
  ['a bad option of a host', { hosts: [host('10.53.0.5', { mac: MAC, options: { 'interface-mtu': 1 } })] }, '/hosts/0/options/interface-mtu'],
  ['an address reserved twice', { hosts: [host('10.53.0.5', { mac: MAC }), host('10.53.0.5', { id: 2, clientId: '01aa' })] }, '/hosts/1/addresses/0/address'],
  ['a client reserved twice', { hosts: [host('10.53.0.5', { mac: MAC }), host('10.53.0.6', { id: 2, mac: MAC })] }, '/hosts/1/identifiers/0/value'],
  ['a client identifier reserved twice', { hosts: [host('10.53.0.5', { clientId: '01aa' }), host('10.53.0.6', { id: 2, clientId: '01aa' })] }, '/hosts/1/identifiers/0/value'],
]

describe('the check of a configuration', () => {
  test.each(ROWS)('%s', (_name, change, field) => {
    const checked = checkConfiguration(configuration(change))
    expect(checked.ok ? undefined : checked.error.field).toBe(field)
  })

  test('says what was wrong and what would be right', () => {
    const checked = checkConfiguration(configuration({ pools: [pool('10.53.0.100', '10.53.0.255')] }))
    expect(checked.ok ? undefined : checked.error).toEqual({
      code: 'invalid',
      field: '/pools/0/last',
      problem: '10.53.0.255 is the broadcast address of 10.53.0.0/24',
      remedy: 'an address that a host can have',
    })
  })
})
