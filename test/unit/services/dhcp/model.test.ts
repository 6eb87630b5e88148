/** Levels and their precedence, shared networks, hosts by all their identifiers. */
import { describe, expect, test } from 'vitest'
import { EMPTY_LEVEL } from '../../../../services/model/index.ts'
import type { Level, LeaseTimes, OptionSet } from '../../../../services/model/index.ts'
import { ipv4 } from '../../../../stack/index.ts'
import { configuration, host, pool, segment, subnet, world } from '../../../support/dhcp-bench.ts'

const A = { mac: '02:00:00:00:00:0a' }
const B = { mac: '02:00:00:00:00:0b' }
const C = { mac: '02:00:00:00:00:0c' }
const level = (options: OptionSet, leaseTimes: LeaseTimes = {}): Level => ({ ...EMPTY_LEVEL, options, leaseTimes })
const ntp = (last: number): OptionSet => ({ 'ntp-servers': [`10.0.0.${last}`] })
const site = (of: Level) => ({ id: 1, name: 'default', level: of })

const NO_OFFER: { readonly options: OptionSet } = { options: {} }

describe('precedence: host > pool > subnet > segment > site', () => {
  const all = (levels: { host?: Level; pool?: Level; subnet?: Level; segment?: Level; site?: Level }) =>
    world({
      configuration: configuration({
        sites: [site(levels.site ?? EMPTY_LEVEL)],
        segments: [segment(1, { level: levels.segment ?? EMPTY_LEVEL })],
        subnets: [{ ...subnet(), level: levels.subnet ?? EMPTY_LEVEL }],
        pools: [pool('10.53.0.100', '10.53.0.109', { level: levels.pool ?? EMPTY_LEVEL })],
        hosts: [host('10.53.0.105', { ...A, level: levels.host ?? EMPTY_LEVEL })],
      }),
    }).exchange('DISCOVER', A)[0]
  const LEVELS = ['site', 'segment', 'subnet', 'pool', 'host'] as const

  test.each(LEVELS.map((name, i) => [name, i] as const))('what the %s says counts over all below it', (name, i) => {
    const levels = Object.fromEntries(LEVELS.slice(0, i + 1).map((each, n) => [each, level(ntp(n + 1))]))
    expect([name, all(levels)?.options['ntp-servers']]).toEqual([name, [`10.0.0.${i + 1}`]])
  })

  test.each(LEVELS.slice(1).map((name, i) => [name, i + 1] as const))('"none" at the %s takes away what is below', (name, i) => {
    const levels = Object.fromEntries(LEVELS.slice(0, i).map((each, n) => [each, level(ntp(n + 1))]))
    const { options } = all({ ...levels, [name]: level({ 'ntp-servers': null }) }) ?? NO_OFFER
    expect(options['ntp-servers']).toBeUndefined()
  })

  test('options that only one level says come from each', () => {
    const offer = all({ site: level(ntp(1)), pool: level({ 'time-servers': ['10.0.0.2'] }), host: level({ 'log-servers': ['10.0.0.3'] }) })
    expect(offer?.options).toMatchObject({ 'ntp-servers': ['10.0.0.1'], 'time-servers': ['10.0.0.2'], 'log-servers': ['10.0.0.3'] })
  })

  test.each<[string, Parameters<typeof all>[0], number, number, number]>([
    ['built in', {}, 3600, 1800, 3150],
    ['of the site', { site: level({}, { leaseSeconds: 7200 }) }, 7200, 3600, 6300],
    ['a host with ten days, over the maximum of the site', { site: level({}, { maxSeconds: 7200 }), host: level({}, { leaseSeconds: 864_000 }) }, 864_000, 432_000, 756_000],
    ['a pool with at most a minute', { subnet: level({}, { leaseSeconds: 7200 }), pool: level({}, { maxSeconds: 60 }) }, 60, 30, 52],
    ['T1 and T2 of different levels', { site: level({}, { renewSeconds: 100 }), subnet: level({}, { rebindSeconds: 200 }) }, 3600, 100, 200],
    ['T1 that does not fit under T2', { site: level({}, { renewSeconds: 3000, rebindSeconds: 3500 }), subnet: level({}, { rebindSeconds: 300 }) }, 3600, 299, 300],
    ['T2 longer than the lease', { site: level({}, { rebindSeconds: 5000 }) }, 3600, 1800, 3150],
  ])('lease times: %s', (_what, levels, lease, t1, t2) => {
    const { options } = all(levels) ?? NO_OFFER
    expect([options['lease-time'], options['renewal-time'], options['rebinding-time']]).toEqual([lease, t1, t2])
  })
})

describe('a shared network: several subnets on one segment', () => {
  const shared = configuration({
    subnets: [subnet(), subnet({ id: 2, prefix: { network: ipv4('10.54.0.0'), length: 24 }, options: { routers: ['10.54.0.1'] } })],
    pools: [pool('10.53.0.100', '10.53.0.100'), pool('10.54.0.100', '10.54.0.101', { id: 2, subnetId: 2 })],
    segments: [segment(1, { relays: [ipv4('10.99.0.1')] })],
  })

  test('is one pool space: when the first subnet is full, addresses of the second are given, with its options', () => {
    const w = world({ configuration: shared })
    expect([w.acquire(A), w.acquire(B), w.acquire(C)]).toEqual(['10.53.0.100', '10.54.0.100', '10.54.0.101'])
    expect(w.exchange('DISCOVER', B)[0]?.options).toMatchObject({ 'subnet-mask': '255.255.255.0', routers: ['10.54.0.1'] })
    expect(w.acquire({ mac: '02:00:00:00:00:0d' })).toBeUndefined()
    expect(w.lastSteps().at(-1)).toBe('dhcp.pool.exhausted')
  })

  test('a client has one address on it, and renews it whichever subnet it is of', () => {
    const w = world({ configuration: shared })
    w.acquire(A)
    w.acquire(B)
    expect(w.exchange('REQUEST', { ...B, ciaddr: '10.54.0.100' })[0]?.type).toBe('ACK')
    expect(w.acquire({ ...A, options: { 'requested-address': '10.54.0.101' } })).toBe('10.53.0.100')
  })

  test('the relay decides which subnet comes first', () => {
    expect(world({ configuration: shared }).acquire({ ...A, giaddr: '10.54.0.1' })).toBe('10.54.0.100')
    expect(world({ configuration: shared }).acquire({ ...A, giaddr: '10.53.0.1' })).toBe('10.53.0.100')
  })

  test('a relay may stand for it without an address in it', () => {
    const w = world({ configuration: shared })
    expect(w.acquire({ ...A, giaddr: '10.99.0.1' })).toBe('10.53.0.100')
    expect(w.sent.at(-1)?.to).toEqual({ kind: 'relay', address: ipv4('10.99.0.1') })
  })
})

describe('hosts', () => {
  const identifiers = (...list: readonly (readonly [string, string])[]) => list.map(([kind, value]) => ({ kind, value })) as never
  const UUID = '564d9f2e7b1c4a3e9f0002000a350014'
  const from = (of: object, fields: object) => world({ configuration: configuration({ hosts: [host('10.53.0.50', of)] }) }).acquire({ ...A, ...fields })

  test.each<[string, object, object, boolean]>([
    ['its hardware address', { mac: A.mac }, {}, true],
    ['one of its hardware addresses', { identifiers: identifiers(['mac', B.mac], ['mac', A.mac]) }, {}, true],
    ['its client identifier', { clientId: '01aabb' }, { options: { 'client-identifier': '01aabb' } }, true],
    ['its UUID', { identifiers: identifiers(['uuid', UUID]) }, { raw: [[97, `00${UUID}`]] }, true],
    ['a UUID that is cut off', { identifiers: identifiers(['uuid', UUID]) }, { raw: [[97, `00${UUID.slice(2)}`]] }, false],
    ['what it calls itself', { identifiers: identifiers(['host-name', 'cam-1']) }, { options: { 'host-name': 'Cam-1' } }, true],
    ['the port of its relay', { identifiers: identifiers(['circuit-id', '65746837']) }, { giaddr: '10.53.0.1', raw: [[82, '010465746837']] }, true],
    ['circuit and relay together', { identifiers: identifiers(['circuit-id', '65746837'], ['remote-id', '7377']) }, { giaddr: '10.53.0.1', raw: [[82, '01046574683702027377']] }, true],
    ['the circuit of another relay', { identifiers: identifiers(['circuit-id', '65746837'], ['remote-id', '7377']) }, { giaddr: '10.53.0.1', raw: [[82, '01046574683702027378']] }, false],
    ['nothing of it', { mac: B.mac }, {}, false],
  ])('are known by %s', (_what, of, fields, known) => {
    expect(from(of, fields)).toBe(known ? '10.53.0.50' : '10.53.0.100')
  })

  test('the stronger identifier wins where two hosts match', () => {
    const hosts = [host('10.53.0.50', { identifiers: identifiers(['host-name', 'pc']) }), host('10.53.0.51', { id: 2, mac: A.mac }), host('10.53.0.52', { id: 3, identifiers: identifiers(['uuid', UUID]) })]
    const w = world({ configuration: configuration({ hosts }) })
    expect(w.acquire({ ...A, options: { 'host-name': 'pc' } })).toBe('10.53.0.51')
    expect(w.acquire({ ...A, options: { 'host-name': 'pc' }, raw: [[97, `00${UUID}`]] })).toBe('10.53.0.52')
  })

  test('have an address per segment, and the name in each', () => {
    const hosts = [host('10.53.0.50', { mac: A.mac, name: 'laptop', addresses: [{ subnetId: 1, address: ipv4('10.53.0.50') }, { subnetId: 2, address: ipv4('10.60.0.50') }] })]
    const subnets = [subnet(), subnet({ id: 2, segmentId: 2, prefix: { network: ipv4('10.60.0.0'), length: 24 } })]
    const w = world({ configuration: configuration({ subnets, hosts }) })
    expect([w.acquire(A), w.acquire({ ...A, giaddr: '10.60.0.1' })]).toEqual(['10.53.0.50', '10.60.0.50'])
    expect([...w.disk.values()].map((lease) => lease.hostName)).toEqual(['laptop', 'laptop'])
  })

  test('several addresses in one segment: the first that can be given, and the same one again', () => {
    const addresses = [{ subnetId: 1, address: ipv4('10.53.0.50') }, { subnetId: 1, address: ipv4('10.53.0.51') }]
    const hosts = [host('10.53.0.50', { addresses, identifiers: identifiers(['client-id', '01aa'], ['client-id', '01bb']) })]
    const w = world({ configuration: configuration({ hosts }) })
    const first = { ...A, options: { 'client-identifier': '01aa' } }
    const second = { ...B, options: { 'client-identifier': '01bb' } }
    expect([w.acquire(first), w.acquire(second), w.acquire(second), w.acquire(first)]).toEqual(['10.53.0.50', '10.53.0.51', '10.53.0.51', '10.53.0.50'])
  })

  test('without an address of its own a host gets one of the pool, with its name and options', () => {
    const hosts = [host('10.53.0.50', { mac: A.mac, name: 'tablet', addresses: [], options: { 'ntp-servers': ['10.0.0.9'] } })]
    const w = world({ configuration: configuration({ hosts }) })
    expect(w.acquire(A)).toBe('10.53.0.100')
    expect(w.disk.get(ipv4('10.53.0.100'))).toMatchObject({ hostName: 'tablet', hostId: undefined })
    expect(w.sent.at(-1)?.options).toMatchObject({ 'host-name': 'tablet', 'ntp-servers': ['10.0.0.9'] })
  })
})
