import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import type { OptionSet } from '../../../services/model/index.ts'
import { PROBE_WAIT_MS, clientMessage, configuration, pool, host, subnet, world } from '../../support/dhcp-bench.ts'
import type { World } from '../../support/dhcp-bench.ts'

const A = { mac: '02:00:00:00:00:0a' }
const B = { mac: '02:00:00:00:00:0b' }
const wants = (address: string): { options: { 'requested-address': string } } => ({ options: { 'requested-address': address } })
const offered = (w: World, fields: object): string | undefined => w.exchange('DISCOVER', fields)[0]?.yiaddr

describe('RFC 2131 §4.3.1 [H1] which address a DISCOVER is offered', () => {
  test('the current one, although another is asked for', () => {
    const w = world()
    expect(w.acquire(A)).toBe('10.53.0.100')
    expect(offered(w, { ...A, ...wants('10.53.0.105') })).toBe('10.53.0.100')
  })

  test('else the previous one, released or expired, while nobody else has it', () => {
    const w = world()
    w.acquire(A)
    w.acquire(B)
    w.exchange('RELEASE', { ...A, ciaddr: '10.53.0.100' }, { target: ipv4('10.53.0.2') })
    expect(offered(w, A)).toBe('10.53.0.100')
    w.clock.advance(3_600_000)
    expect(w.disk.get(ipv4('10.53.0.101'))?.state).toBe('expired')
    expect(offered(w, B)).toBe('10.53.0.101')
  })

  test('else the one it asks for, if that is free and in a pool', () => {
    const w = world()
    w.acquire(B)
    expect(offered(w, { ...A, ...wants('10.53.0.107') })).toBe('10.53.0.107')
    expect(offered(w, { mac: '02:00:00:00:00:0c', ...wants('10.53.0.100') })).toBe('10.53.0.101')
    expect(offered(w, { mac: '02:00:00:00:00:0d', ...wants('10.53.0.20') })).toBe('10.53.0.102')
    expect(offered(w, { mac: '02:00:00:00:00:0e', ...wants('192.0.2.1') })).toBe('10.53.0.103')
  })

  test('else a new one; an address on offer goes to nobody else', () => {
    const w = world()
    expect([offered(w, A), offered(w, B)]).toEqual(['10.53.0.100', '10.53.0.101'])
  })

  test('an offer that nobody takes is free again after its time', () => {
    const w = world({ configuration: configuration({ pools: [pool('10.53.0.100', '10.53.0.100')] }) })
    expect(offered(w, A)).toBe('10.53.0.100')
    expect(offered(w, B)).toBeUndefined()
    w.clock.advance(60_000)
    expect(offered(w, B)).toBe('10.53.0.100')
  })

  test('addresses that came back go to others last, longest free first', () => {
    const w = world({ configuration: configuration({ pools: [pool('10.53.0.100', '10.53.0.102')] }) })
    for (const client of ['0a', '0b']) w.acquire({ mac: `02:00:00:00:00:${client}` })
    w.exchange('RELEASE', { ...B, ciaddr: '10.53.0.101' })
    w.exchange('RELEASE', { ...A, ciaddr: '10.53.0.100' })
    const next = ['01', '02', '03', '04'].map(client => w.acquire({ mac: `02:00:00:00:01:${client}` }))
    expect(next).toEqual(['10.53.0.102', '10.53.0.101', '10.53.0.100', undefined])
    expect(w.lastSteps()).toContain('dhcp.pool.exhausted')
  })

  test('the network, the broadcast address and the server\'s own are never given', () => {
    const subnets = [subnet({ prefix: { network: ipv4('10.53.0.0'), length: 29 } })]
    const w = world({ configuration: configuration({ subnets, pools: [pool('10.53.0.0', '10.53.0.7')] }) })
    const all = [1, 2, 3, 4, 5, 6, 7].map(client => w.acquire({ mac: `02:00:00:00:00:0${client}` }))
    expect(all).toEqual(['10.53.0.1', '10.53.0.3', '10.53.0.4', '10.53.0.5', '10.53.0.6', undefined, undefined])
  })
})

describe('RFC 2131 §4.2 who a client is', () => {
  test('the client identifier, not the hardware address, when there is one', () => {
    const w = world()
    const id = { options: { 'client-identifier': '00aabb' } }
    expect(w.acquire({ ...A, ...id })).toBe('10.53.0.100')
    expect(w.acquire({ ...B, ...id })).toBe('10.53.0.100')
    expect(w.acquire(A)).toBe('10.53.0.101')
    expect(w.disk.get(ipv4('10.53.0.100'))?.clientId).toBe('00aabb')
  })
})

describe('addresses kept for hosts', () => {
  const reserved = (change: Parameters<typeof host>[1]): World =>
    world({ configuration: configuration({ hosts: [host('10.53.0.50', { name: 'printer', ...change })] }) })

  test.each([
    ['by hardware address', { mac: A.mac }, A],
    ['by client identifier', { clientId: '00aabb' }, { ...B, options: { 'client-identifier': '00aabb' } }],
  ] as const)('%s', (_name, change, client) => {
    const w = reserved(change)
    expect(w.acquire(client)).toBe('10.53.0.50')
    expect(w.disk.get(ipv4('10.53.0.50'))).toMatchObject({ hostId: 1, hostName: 'printer', publishedName: 'printer.lab.internal' })
  })

  test('a client identifier that matches wins over a hardware address that does', () => {
    const w = world({
      configuration: configuration({
        hosts: [host('10.53.0.50', { mac: A.mac }), host('10.53.0.51', { id: 2, clientId: '00aabb' })],
      }),
    })
    expect(w.acquire({ ...A, options: { 'client-identifier': '00aabb' } })).toBe('10.53.0.51')
  })

  test('nobody else gets a reserved address, even inside a pool or by asking', () => {
    const w = world({ configuration: configuration({ hosts: [host('10.53.0.100', { mac: A.mac })] }) })
    expect(w.acquire(B)).toBe('10.53.0.101')
    expect(w.acquire({ mac: '02:00:00:00:00:0c', ...wants('10.53.0.100') })).toBe('10.53.0.102')
    expect(w.acquire(A)).toBe('10.53.0.100')
  })

  test('firmware and system of one machine share the reserved address under different client identifiers', () => {
    const w = reserved({ mac: A.mac })
    expect(w.acquire({ ...A, options: { 'client-identifier': '00f1f1' } })).toBe('10.53.0.50')
    expect(w.acquire({ ...A, options: { 'client-identifier': '00f2f2' } })).toBe('10.53.0.50')
    expect(w.commits.at(-1)?.map(change => change.because)).toEqual(['dhcp.lease.taken-over'])
    expect(w.acquire({ ...B, options: { 'client-identifier': '00f2f3' } })).toBe('10.53.0.100')
  })

  test('a client that got a reservation meanwhile moves at its renewal: NAK, then the reserved address, and the old one is free', () => {
    const w = world()
    expect(w.acquire(A)).toBe('10.53.0.100')
    w.server.configure(configuration({ hosts: [host('10.53.0.50', { mac: A.mac })] }))
    expect(w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.100' }, { target: ipv4('10.53.0.2') })[0]?.type).toBe('NAK')
    expect(w.acquire(A)).toBe('10.53.0.50')
    expect(w.commits.at(-1)?.map(change => change.because)).toEqual(['dhcp.lease.bound', 'dhcp.lease.moved'])
    expect(w.disk.get(ipv4('10.53.0.100'))?.state).toBe('released')
  })

  test('a reserved address that somebody else still holds: the client gets another for now and may keep renewing it', () => {
    const w = world()
    expect(w.acquire(B)).toBe('10.53.0.100')
    w.server.configure(configuration({ hosts: [host('10.53.0.100', { mac: A.mac })] }))
    expect(w.acquire(A)).toBe('10.53.0.101')
    expect(w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.101' })[0]?.type).toBe('ACK')
    expect(w.exchange('REQUEST', { ...B, ciaddr: '10.53.0.100' })[0]?.type).toBe('NAK')
    expect(w.acquire(B)).toBe('10.53.0.102')
    expect(w.acquire(A)).toBe('10.53.0.100')
  })
})

describe('RFC 2131 §2.2 the probe before an offer', () => {
  test('a first offer waits for the probe and no longer', () => {
    const w = world()
    w.receive(clientMessage('DISCOVER', A))
    w.clock.advance(PROBE_WAIT_MS - 1)
    expect([w.probes, w.sent.length]).toEqual([['10.53.0.100'], 0])
    w.clock.advance(1)
    expect(w.sent.map(sent => sent.yiaddr)).toEqual(['10.53.0.100'])
  })

  test('others are not delayed by it', () => {
    const w = world()
    w.acquire(B)
    w.receive(clientMessage('DISCOVER', A))
    w.receive(clientMessage('REQUEST', { ...B, ciaddr: '10.53.0.100' }))
    expect(w.sent.at(-1)?.type).toBe('ACK')
  })

  test('a repeated DISCOVER gets the same address from the same probe, once, with its own xid', () => {
    const w = world()
    w.receive(clientMessage('DISCOVER', { ...A, xid: 1 }))
    w.clock.advance(50)
    w.receive(clientMessage('DISCOVER', { ...A, xid: 2 }))
    w.clock.advance(1000)
    expect(w.sent.map(sent => [sent.yiaddr, sent.message.xid])).toEqual([['10.53.0.100', 2]])
    w.receive(clientMessage('DISCOVER', { ...A, xid: 3 }))
    expect(w.sent.map(sent => [sent.yiaddr, sent.message.xid]).at(-1)).toEqual(['10.53.0.100', 3])
    expect(w.probes).toEqual(['10.53.0.100'])
  })

  test('an address that somebody uses is set aside and the next one is offered', () => {
    const w = world()
    w.holders.set('10.53.0.100', '02:ee:ee:ee:ee:ee')
    expect(w.acquire(A)).toBe('10.53.0.101')
    expect(w.disk.get(ipv4('10.53.0.100'))).toMatchObject({ state: 'declined', mac: '02:ee:ee:ee:ee:ee' })
    expect(w.server.counters.get('probe-conflicts')).toBe(1)
    w.holders.clear()
    w.clock.advance(3_600_000)
    expect(w.acquire({ ...B, ...wants('10.53.0.100') })).toBe('10.53.0.100')
  })

  test('the client\'s own answer for an address it still has configured is no conflict', () => {
    const w = world()
    w.holders.set('10.53.0.105', A.mac)
    expect(w.acquire({ ...A, ...wants('10.53.0.105') })).toBe('10.53.0.105')
  })

  test('a proxy ARP that answers for everything does not eat the pool for one DISCOVER', () => {
    const w = world({ configuration: configuration({ pools: [pool('10.53.0.100', '10.53.0.200')] }) })
    for (let i = 100; i <= 200; i++) w.holders.set(`10.53.0.${i}`, '02:ee:ee:ee:ee:ee')
    expect(w.exchange('DISCOVER', A)).toEqual([])
    expect([w.probes.length, w.lastSteps().at(-1)]).toEqual([8, 'dhcp.probe.too-many-conflicts'])
  })

  test('none for the client that holds or lately held the address, none behind a relay, none when switched off', () => {
    const w = world()
    w.acquire(A)
    w.exchange('DISCOVER', A)
    w.exchange('RELEASE', { ...A, ciaddr: '10.53.0.100' })
    w.exchange('DISCOVER', A)
    expect(w.probes).toEqual(['10.53.0.100'])
    w.exchange('DISCOVER', { ...B, giaddr: '10.53.0.9' })
    expect(w.probes).toEqual(['10.53.0.100'])
    const quiet = world({ settings: { probe: false } })
    expect([quiet.acquire(A), quiet.probes]).toEqual(['10.53.0.100', []])
  })

  test('one again for a client that comes back after a day', () => {
    const w = world()
    w.acquire(A)
    w.exchange('RELEASE', { ...A, ciaddr: '10.53.0.100' })
    w.clock.advance(86_400_000)
    w.exchange('DISCOVER', A)
    expect(w.probes).toEqual(['10.53.0.100', '10.53.0.100'])
  })
})

describe('RFC 2131 §4.3.1 lease time', () => {
  test.each([
    ['none asked: the subnet\'s own', undefined, 3600],
    ['within the bounds: as asked', 7200, 7200],
    ['too short', 5, 60],
    ['too long', 1_000_000, 86_400],
    ['for ever', 4_294_967_295, 86_400],
  ])('%s', (_name, asked, given) => {
    const w = world()
    const options: OptionSet = asked === undefined ? {} : { 'lease-time': asked }
    const offer = w.exchange('DISCOVER', { options })[0]
    expect(offer?.options['lease-time']).toBe(given)
    expect(offer?.options['renewal-time']).toBe(given / 2)
    expect(offer?.options['rebinding-time']).toBe(Math.floor(given * 0.875))
  })

  test('§3.3 a lease for ever has no T1 and T2, and never ends', () => {
    const forever = subnet({ leaseSeconds: 0xffff_ffff, maxLeaseSeconds: 0xffff_ffff })
    const w = world({ configuration: configuration({ subnets: [forever] }) })
    const offer = w.exchange('DISCOVER')[0]
    expect([offer?.options['lease-time'], offer?.options['renewal-time']]).toEqual([0xffff_ffff, undefined])
    w.acquire()
    w.clock.advance(400 * 86_400_000)
    expect(w.disk.get(ipv4('10.53.0.100'))).toMatchObject({ state: 'bound', expiresAt: undefined })
  })
})
