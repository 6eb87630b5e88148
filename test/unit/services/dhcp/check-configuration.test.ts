import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../stack/index.ts'
import { checkConfiguration } from '../../../../services/dhcp/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL } from '../../../../services/model/index.ts'
import type { ClientClass, DhcpConfiguration } from '../../../../services/model/index.ts'
import { configuration, host, pool, segment, subnet } from '../../../support/dhcp-bench.ts'

const MAC = '02:00:00:00:00:01'
const prefix = (network: string, length: number): { prefix: { network: number; length: number } } => ({ prefix: { network: ipv4(network), length } })

const MEMBERS: ClientClass = { id: 1, name: 'members', priority: 1, test: 'known', denied: false, leaseLimit: 3, level: EMPTY_LEVEL }
const DEFINED = { id: 1, code: 230, name: 'menu', type: 'text', array: false, space: 'dhcp4' }

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
  ['two hosts with one client in different subnets', { subnets: [subnet(), subnet({ id: 2, segmentId: 2, ...prefix('10.60.0.0', 24) })], hosts: [host('10.53.0.5', { mac: MAC }), host('10.60.0.5', { id: 2, subnetId: 2, mac: MAC })] }, undefined],
  ['two hosts with one client, one of them without address', { hosts: [host('10.53.0.5', { mac: MAC }), host('10.53.0.6', { id: 2, mac: MAC, addresses: [] })] }, '/hosts/1/identifiers/0/value'],
  ['a host in a class that is not there', { hosts: [host('10.53.0.5', { mac: MAC, classes: ['members'] })] }, '/hosts/0/classes/0'],
  ['a host in a class', { hosts: [host('10.53.0.5', { mac: MAC, classes: ['members'] })], classes: [MEMBERS] }, undefined],
  ['a host in a class that is built in', { hosts: [host('10.53.0.5', { mac: MAC, classes: ['known'] })], classes: [MEMBERS] }, '/hosts/0/classes/0'],
  ['a pool for a class that is not there', { pools: [pool('10.53.0.100', '10.53.0.109', { allow: ['known', 'members'] })] }, '/pools/0/allow/1'],
  ['a pool without a class that is not there', { pools: [pool('10.53.0.100', '10.53.0.109', { deny: ['members'] })] }, '/pools/0/deny/0'],
  ['a pool for classes', { pools: [pool('10.53.0.100', '10.53.0.109', { allow: ['random-mac'], deny: ['members'] })], classes: [MEMBERS] }, undefined],
  ['a class by the name of a built-in one', { classes: [{ ...MEMBERS, name: 'known' }] }, '/classes/0/name'],
  ['two classes of one name', { classes: [MEMBERS, { ...MEMBERS, id: 2 }] }, '/classes/1/name'],
  ['a class that tests nonsense', { classes: [{ ...MEMBERS, test: 'secs >' }] }, '/classes/0/test'],
  ['a class with a bad option', { classes: [{ ...MEMBERS, level: { ...EMPTY_LEVEL, options: { rooters: 1 } } }] }, '/classes/0/options/rooters'],
  ['a relay of two segments', { segments: [segment(1, { relays: [ipv4('10.9.0.1')] }), segment(2, { relays: [ipv4('10.9.0.1')] })] }, '/segments/1/relays/0'],
  ['a relay inside a subnet of another segment', { segments: [segment(1), segment(2, { relays: [ipv4('10.53.0.1')] })] }, '/segments/1/relays/0'],
  ['two segments of one name', { segments: [segment(1), segment(2, { name: 'segment-1' })] }, '/segments/1/name'],
  ['a segment of no site', { segments: [segment(1, { siteId: 7 })] }, '/segments/0/siteId'],
  ['a subnet of no segment', { segments: [segment(1)], subnets: [subnet({ segmentId: 2 })] }, '/subnets/0/segmentId'],
  ['a delay of a minute', { segments: [segment(1, { policy: { ...DEFAULT_POLICY, offerDelayMs: 60_000 } })] }, '/segments/0/policy/offerDelayMs'],
  ['T1 after T2', { pools: [pool('10.53.0.100', '10.53.0.109', { level: { ...EMPTY_LEVEL, leaseTimes: { renewSeconds: 20, rebindSeconds: 10 } } })] }, '/pools/0/renewSeconds'],
  ['a boot file longer than its field', { pools: [pool('10.53.0.100', '10.53.0.109', { level: { ...EMPTY_LEVEL, boot: { bootFile: 'x'.repeat(128) } } })] }, '/pools/0/bootFile'],
  ['a defined option, and its use', { optionDefinitions: [DEFINED], subnets: [subnet({ options: { menu: 'a' } })] }, undefined],
  ['a defined option with a value of another type', { optionDefinitions: [DEFINED], subnets: [subnet({ options: { menu: 7 } })] }, '/subnets/0/options/menu'],
  ['a definition of what is in the table', { optionDefinitions: [{ ...DEFINED, code: 3 }] }, '/optionDefinitions/0/code'],
  ['a definition of no type', { optionDefinitions: [{ ...DEFINED, type: 'colour' }] }, '/optionDefinitions/0/type'],
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

  test.each<[string, Partial<DhcpConfiguration>, string]>([
    ['a router that no subnet of the segment holds', { subnets: [subnet({ options: { routers: ['10.53.0.1', '10.54.0.1'] } })] }, '/subnets/0/options/routers'],
    ['T1 that is longer than any lease', { pools: [pool('10.53.0.100', '10.53.0.109', { level: { ...EMPTY_LEVEL, leaseTimes: { maxSeconds: 60, renewSeconds: 60 } } })] }, '/pools/0/renewSeconds'],
    ['two hosts of one name', { hosts: [host('10.53.0.5', { mac: MAC, name: 'pc' }), host('10.53.0.6', { id: 2, clientId: '01aa', name: 'pc' })] }, '/hosts/1/name'],
  ])('accepts with a warning: %s', (_what, change, field) => {
    const checked = checkConfiguration(configuration(change))
    expect(checked.ok ? checked.value.map((warning) => warning.field) : checked.error).toEqual([field])
  })

  test('no warning for a router in another subnet of the same segment', () => {
    const subnets = [subnet({ options: { routers: ['10.60.0.1'] } }), subnet({ id: 2, ...prefix('10.60.0.0', 24) })]
    expect(checkConfiguration(configuration({ subnets }))).toEqual({ ok: true, value: [] })
  })
})
