/** What people are told counts is what the packets carry, with the level that says it. */
import { describe, expect, test } from 'vitest'
import { EMPTY_LEVEL } from '../../../../services/model/index.ts'
import type { DhcpConfiguration, Level, LeaseTimes, OptionSet } from '../../../../services/model/index.ts'
import type { DescribedClient } from '../../../../services/dhcp/index.ts'
import { ipv4 } from '../../../../stack/index.ts'
import { configuration, host, pool, segment, subnet, world } from '../../../support/dhcp-bench.ts'

const level = (options: OptionSet, leaseTimes: LeaseTimes = {}, boot: Level['boot'] = {}): Level => ({ ...EMPTY_LEVEL, options, leaseTimes, boot })
const PC = '00:16:3e:00:00:01'

const CONFIGURATION: DhcpConfiguration = configuration({
  sites: [{ id: 1, name: 'home', level: level({ 'ntp-servers': ['10.0.0.1'], 'log-servers': ['10.0.0.2'] }, { leaseSeconds: 7200 }) }],
  segments: [segment(1, { name: 'lan', level: level({ 'time-servers': ['10.0.0.3'] }) }), segment(2, { name: 'hall', interfaceName: undefined })],
  subnets: [
    { ...subnet(), level: level({ routers: ['10.53.0.1'], 'log-servers': null }) },
    { ...subnet({ id: 2, segmentId: 2, prefix: { network: ipv4('10.60.0.0'), length: 24 }, domain: undefined }), level: EMPTY_LEVEL },
  ],
  pools: [pool('10.53.0.100', '10.53.0.109', { level: level({}, { maxSeconds: 600 }) }), pool('10.60.0.100', '10.60.0.109', { id: 2, subnetId: 2 })],
  classes: [{ id: 1, name: 'pxe', priority: 1, test: 'architecture == 7', denied: false, leaseLimit: undefined, level: level({ 'ntp-servers': ['10.0.0.4'] }, {}, { bootFile: 'ipxe.efi' }) }],
  hosts: [host('10.53.0.50', { mac: PC, name: 'pc', options: { 'cookie-servers': ['10.0.0.5'] } })],
})

const told = (client: Partial<DescribedClient>) => world({ configuration: CONFIGURATION }).server.effectiveSettings({ mac: '00:16:3e:00:00:09', ...client })
const origins = (client: Partial<DescribedClient>): { readonly [name: string]: string } => {
  const found = told(client)
  return Object.fromEntries([...(found?.settings ?? []), ...(found?.options ?? [])].map(({ name, value, origin }) => [name, `${JSON.stringify(value)} ${origin}`]))
}

test('a client that nobody knows, in the first subnet', () => {
  expect(told({})).toMatchObject({ segment: 'lan', subnet: '10.53.0.0/24', address: '10.53.0.100', host: null, classes: [] })
  expect(origins({})).toEqual({
    leaseSeconds: '600 pool 1',
    minLeaseSeconds: '60 built-in',
    maxLeaseSeconds: '600 pool 1',
    renewSeconds: '300 built-in',
    rebindSeconds: '525 built-in',
    'subnet-mask': '"255.255.255.0" built-in',
    routers: '["10.53.0.1"] subnet 10.53.0.0/24',
    'time-servers': '["10.0.0.3"] segment lan',
    'domain-name-servers': '["10.53.0.2"] built-in',
    'log-servers': 'null subnet 10.53.0.0/24',
    'domain-name': '"lab.internal" subnet 10.53.0.0/24',
    'broadcast-address': '"10.53.0.255" built-in',
    'ntp-servers': '["10.0.0.1"] site home',
  })
})

test('a host that boots by PXE', () => {
  expect(told({ mac: PC, architecture: 7 })).toMatchObject({ address: '10.53.0.50', host: 'host 1 (pc)', classes: ['pxe'] })
  expect(origins({ mac: PC, architecture: 7 })).toMatchObject({
    leaseSeconds: '7200 site home',
    bootFile: '"ipxe.efi" class pxe',
    'ntp-servers': '["10.0.0.4"] class pxe',
    'cookie-servers': '["10.0.0.5"] host 1',
    'host-name': '"pc" host 1',
  })
})

test('somewhere else, and nowhere', () => {
  expect(told({ subnetId: 2 })).toMatchObject({ segment: 'hall', subnet: '10.60.0.0/24', address: '10.60.0.100' })
  expect(told({ mac: PC, subnetId: 2 })).toMatchObject({ address: '10.60.0.100', host: 'host 1 (pc)' })
  expect(told({ subnetId: 9 })).toBeUndefined()
})

describe('is what the packets carry', () => {
  test.each<[string, Partial<DescribedClient>, OptionSet]>([
    ['a stranger', {}, {}],
    ['a PXE client', { architecture: 7 }, { 'client-architectures': [7] }],
    ['a host', { mac: PC }, {}],
    ['a host by PXE', { mac: PC, architecture: 7, vendorClass: 'PXEClient' }, { 'client-architectures': [7], 'vendor-class': 'PXEClient' }],
  ])('%s', (_what, client, options) => {
    const w = world({ configuration: CONFIGURATION })
    const found = w.server.effectiveSettings({ mac: '00:16:3e:00:00:09', ...client })
    const sent = w.exchange('DISCOVER', { mac: client.mac ?? '00:16:3e:00:00:09', options })[0]
    const given = Object.fromEntries((found?.options ?? []).filter(({ value }) => value !== null).map(({ name, value }) => [name, value]))
    const { 'message-type': _t, 'server-identifier': _s, 'lease-time': lease, 'renewal-time': t1, 'rebinding-time': t2, ...rest } = sent?.options ?? {}
    expect(rest).toEqual(given)
    expect([lease, t1, t2]).toEqual(['leaseSeconds', 'renewSeconds', 'rebindSeconds'].map((name) => found?.settings.find((each) => each.name === name)?.value))
  })
})
