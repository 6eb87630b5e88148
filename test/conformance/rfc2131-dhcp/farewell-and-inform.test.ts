import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { configuration, subnet, world } from '../../support/dhcp-bench.ts'
import type { World } from '../../support/dhcp-bench.ts'

const A = { mac: '02:00:00:00:00:0a', options: { 'host-name': 'alpha' } }
const B = { mac: '02:00:00:00:00:0b' }
const ADDRESS = ipv4('10.53.0.100')
const OUR = { 'server-identifier': '10.53.0.2' }

function bound(): World {
  const w = world()
  expect(w.acquire(A)).toBe('10.53.0.100')
  return w
}

describe('RFC 2131 §4.3.3 [H1] DECLINE', () => {
  test('sets the address aside for an hour; nobody gets it, its name goes, nothing is answered', () => {
    const w = bound()
    expect(w.exchange('DECLINE', { mac: A.mac, options: { 'requested-address': '10.53.0.100', ...OUR } })).toEqual([])
    expect(w.disk.get(ADDRESS)).toMatchObject({ state: 'declined', publishedName: undefined })
    expect(w.acquire({ ...B, options: { 'requested-address': '10.53.0.100' } })).toBe('10.53.0.101')
    expect(w.acquire(A)).toBe('10.53.0.102')
    w.clock.advance(3_600_000)
    expect(w.acquire({ mac: '02:00:00:00:00:0c', options: { 'requested-address': '10.53.0.100' } })).toBe('10.53.0.100')
  })

  test('of an address on offer counts too', () => {
    const w = world()
    w.exchange('DISCOVER', B)
    w.exchange('DECLINE', { ...B, options: { 'requested-address': '10.53.0.100', ...OUR } })
    expect(w.disk.get(ADDRESS)?.state).toBe('declined')
  })

  test.each([
    ['by somebody else', { ...B, options: { 'requested-address': '10.53.0.100', ...OUR } }, 'dhcp.lease.not-owner'],
    ['for another server', { mac: A.mac, options: { 'requested-address': '10.53.0.100', 'server-identifier': '10.53.0.3' } }, 'dhcp.message.other-server'],
    ['of no address', { mac: A.mac, options: OUR }, 'dhcp.request.no-address'],
    ['of an address nobody has', { mac: A.mac, options: { 'requested-address': '10.53.0.108', ...OUR } }, 'dhcp.lease.not-owner'],
  ])('%s changes nothing', (_name, fields, step) => {
    const w = bound()
    w.exchange('DECLINE', fields)
    expect([w.disk.get(ADDRESS)?.state, w.commits.length, w.lastSteps().at(-1)]).toEqual(['bound', 1, step])
  })

  test('the time set aside is a setting, and outlives a restart', () => {
    const w = world({ settings: { quarantineMs: 10_000 } })
    w.acquire(B)
    w.exchange('DECLINE', { ...B, options: { 'requested-address': '10.53.0.100', ...OUR } })
    const restarted = world({ disk: w.disk, clock: w.clock })
    expect(restarted.acquire({ ...B, options: { 'requested-address': '10.53.0.100' } })).toBe('10.53.0.101')
    w.clock.advance(10_000)
    expect(restarted.acquire({ mac: '02:00:00:00:00:0d', options: { 'requested-address': '10.53.0.100' } })).toBe('10.53.0.100')
  })
})

describe('RFC 2131 §4.3.4 [H1] RELEASE', () => {
  test('frees the address and remembers its client; nothing is answered', () => {
    const w = bound()
    expect(w.exchange('RELEASE', { mac: A.mac, ciaddr: '10.53.0.100', options: OUR }, { target: ipv4('10.53.0.2') })).toEqual([])
    expect(w.disk.get(ADDRESS)).toMatchObject({ state: 'released', hostName: 'alpha', publishedName: undefined })
    expect(w.acquire({ mac: A.mac })).toBe('10.53.0.100')
    expect(w.disk.get(ADDRESS)).toMatchObject({ state: 'bound', hostName: 'alpha', publishedName: 'alpha.lab.internal' })
  })

  test.each([
    ['by somebody else', { ...B, ciaddr: '10.53.0.100' }, 'dhcp.lease.not-owner'],
    ['for another server', { mac: A.mac, ciaddr: '10.53.0.100', options: { 'server-identifier': '10.53.0.3' } }, 'dhcp.message.other-server'],
    ['of no address', { mac: A.mac }, 'dhcp.request.no-address'],
    ['by the same hardware under a client identifier', { mac: A.mac, ciaddr: '10.53.0.100', options: { 'client-identifier': '00aa' } }, 'dhcp.lease.not-owner'],
  ])('%s changes nothing', (_name, fields, step) => {
    const w = bound()
    w.exchange('RELEASE', fields, { target: ipv4('10.53.0.2') })
    expect([w.disk.get(ADDRESS)?.state, w.commits.length, w.lastSteps().at(-1)]).toEqual(['bound', 1, step])
  })

  test('that cannot be stored leaves the lease bound', () => {
    const w = bound()
    w.storage = 'broken'
    w.exchange('RELEASE', { mac: A.mac, ciaddr: '10.53.0.100' })
    expect([w.server.lease(ADDRESS)?.state, w.lastSteps().at(-1)]).toEqual(['bound', 'dhcp.storage.failed'])
  })
})

describe('RFC 2131 §4.3.5 [H1] INFORM', () => {
  const settings = (): World =>
    world({ configuration: configuration({ subnets: [subnet({ options: { routers: ['10.53.0.1'] } })] }) })

  test('is answered with settings, without times, yiaddr or lease', () => {
    const w = settings()
    const ack = w.exchange('INFORM', { ciaddr: '10.53.0.20' })[0]
    expect([ack?.type, ack?.yiaddr, w.commits.length]).toEqual(['ACK', '0.0.0.0', 0])
    expect(ack?.options).toEqual({
      'message-type': 5,
      'server-identifier': '10.53.0.2',
      'subnet-mask': '255.255.255.0',
      routers: ['10.53.0.1'],
      'domain-name-servers': ['10.53.0.2'],
      'domain-name': 'lab.internal',
      'broadcast-address': '10.53.0.255',
    })
  })

  test('without ciaddr goes back to where it came from; without any address it is not answered', () => {
    const w = settings()
    expect(w.exchange('INFORM', {}, { source: ipv4('10.53.0.21') })[0]?.to).toEqual({ kind: 'unicast', address: ipv4('10.53.0.21') })
    expect(w.exchange('INFORM')).toEqual([])
  })

  test('from an address of another network is not answered', () => {
    const w = settings()
    expect(w.exchange('INFORM', { ciaddr: '192.0.2.9' })).toEqual([])
    expect(w.lastSteps().at(-1)).toBe('dhcp.inform.foreign')
  })

  test('through a router is answered by the subnet of its address', () => {
    const w = settings()
    expect(w.exchange('INFORM', { ciaddr: '10.53.0.20' }, { interfaceName: 'lan0', target: ipv4('10.53.0.2') })[0]?.options['routers']).toEqual(['10.53.0.1'])
  })
})
