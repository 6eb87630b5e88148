import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../stack/index.ts'
import { VirtualClock } from '../../../../stack/platform/index.ts'
import { DHCP_COUNTERS, DROP_REASONS } from '../../../../services/dhcp/index.ts'
import { MAX_OFFERS, MAX_PROBES, MAX_SAVES } from '../../../../services/dhcp/engine.ts'
import { renderStep } from '../../../../services/events/catalogue.ts'
import { clientMessage, configuration, pool, host, subnet, world } from '../../../support/dhcp-bench.ts'
import type { World } from '../../../support/dhcp-bench.ts'

const A = { mac: '02:00:00:00:00:0a' }
const B = { mac: '02:00:00:00:00:0b' }
const ADDRESS = ipv4('10.53.0.100')

describe('what is no request is dropped, counted by reason and explained', () => {
  const good = clientMessage('DISCOVER')
  const changed = (...changes: readonly (readonly [at: number, octet: number])[]): Uint8Array => {
    const b = good.slice()
    for (const [at, octet] of changes) b[at] = octet
    return b
  }
  test.each([
    ['dropped-truncated', new Uint8Array(0), 68],
    ['dropped-truncated', good.slice(0, 239), 68],
    ['dropped-over-long', new Uint8Array(5000), 68],
    ['dropped-bad-op', changed([0, 9]), 68],
    ['dropped-not-a-request', changed([0, 2]), 68],
    ['dropped-bad-cookie', changed([236, 0]), 68],
    ['dropped-option-overrun', changed([241, 255]), 68],
    ['dropped-bad-hardware', changed([1, 6]), 68],
    ['dropped-bad-hardware', changed([2, 16]), 68],
    ['dropped-bad-hardware-address', changed([28, 1]), 68],
    ['dropped-bad-hardware-address', changed([28, 0], [33, 0]), 68],
    ['dropped-bad-relay-address', changed([24, 224]), 67],
    ['dropped-bad-relay-address', changed([24, 255], [25, 255], [26, 255], [27, 255]), 67],
    ['dropped-bad-relay-address', changed([27, 9]), 67],
    ['dropped-bad-relay-address', changed([24, 127], [27, 1]), 67],
    ['dropped-server-message', changed([242, 9]), 68],
    ['dropped-server-message', changed([242, 13]), 67],
    ['dropped-unknown-message-type', changed([242, 99]), 68],
    ['dropped-unknown-message-type', changed([242, 0]), 68],
    ['dropped-server-message', changed([242, 5]), 68],
    ['dropped-bad-option-length', clientMessage('REQUEST', { raw: [[50, '0a35']] }), 68],
    ['dropped-bad-option-length', clientMessage('REQUEST', { raw: [[54, '']] }), 68],
    ['dropped-bad-port', good, 1067],
  ] as const)('%s', (counter, bytes, sourcePort) => {
    const w = world()
    w.receive(bytes, { sourcePort })
    expect(w.server.counters.toJSON()).toEqual({ rx: 1, [counter]: 1 })
    expect(w.decisions).toMatchObject([{ received: 'malformed', sent: 'none' }])
    expect(w.sent).toEqual([])
  })

  test('every reason has a sentence and a counter', () => {
    expect(DHCP_COUNTERS.filter(name => name.startsWith('drop')).length).toBe(Object.keys(DROP_REASONS).length)
  })

  test('a message somewhere in a larger buffer is read from where it is, and kept although the buffer changes', () => {
    const w = world()
    const buffer = new Uint8Array(2048)
    buffer.set(good, 42)
    w.server.receive(buffer, 42, good.length, { interfaceName: 'lan0', source: 0, sourcePort: 68, target: -1 })
    buffer.fill(0)
    w.clock.advance(1000)
    expect(w.sent.map(sent => [sent.type, sent.message.xid])).toEqual([['OFFER', 0x1234_5678]])
  })
})

describe('which subnet', () => {
  const two = configuration({
    subnets: [subnet(), subnet({ id: 2, segmentId: 2, prefix: { network: ipv4('10.60.0.0'), length: 24 } })],
    pools: [pool('10.53.0.100', '10.53.0.109'), pool('10.60.0.100', '10.60.0.109', { id: 2, subnetId: 2 })],
  })
  test.each([
    ['the interface\'s', {}, {}, '10.53.0.100', 'dhcp.subnet.by-interface'],
    ['the relay\'s', { giaddr: '10.60.0.1' }, {}, '10.60.0.100', 'dhcp.subnet.by-relay'],
    ['none for an unknown relay', { giaddr: '192.0.2.1' }, {}, undefined, 'dhcp.subnet.unknown-relay'],
    ['none on an interface without subnet', {}, { interfaceName: 'lan9' }, undefined, 'dhcp.subnet.none'],
  ])('%s', (_name, fields, arrival, address, step) => {
    const w = world({ configuration: two })
    expect(w.exchange('DISCOVER', fields, arrival)[0]?.yiaddr).toBe(address)
    expect(w.decisions.at(-1)?.steps[0]?.[0]).toBe(step)
  })

  test('a client behind a relay renews directly', () => {
    const w = world({ configuration: two })
    const fields = { giaddr: '10.60.0.1' }
    expect(w.acquire(fields)).toBe('10.60.0.100')
    const ack = w.exchange('REQUEST', { ciaddr: '10.60.0.100' }, { target: ipv4('10.53.0.2') })[0]
    expect([ack?.type, ack?.to]).toEqual(['ACK', { kind: 'unicast', address: ipv4('10.60.0.100') }])
  })

  test('one client may hold an address in each', () => {
    const w = world({ configuration: two })
    expect([w.acquire(A), w.acquire({ ...A, giaddr: '10.60.0.1' })]).toEqual(['10.53.0.100', '10.60.0.100'])
    expect([...w.disk.values()].every(lease => lease.state === 'bound')).toBe(true)
  })
})

describe('host names', () => {
  test.each([
    ['plain', { 'host-name': 'Alpha' }, 'alpha'],
    ['qualified', { 'host-name': 'alpha.example.net' }, 'alpha'],
    ['FQDN wins', { 'host-name': 'beta', 'client-fqdn': { flags: 4, name: 'Gamma.lab.internal.' } }, 'gamma'],
    ['empty FQDN', { 'host-name': 'beta', 'client-fqdn': { flags: 4, name: '' } }, 'beta'],
    ['inner space', { 'host-name': 'my phone' }, undefined],
    ['underscore', { 'host-name': 'a_b' }, undefined],
    ['hyphen in front', { 'host-name': '-a' }, undefined],
    ['64 letters', { 'host-name': 'x'.repeat(64) }, undefined],
    ['digits', { 'host-name': '42' }, '42'],
  ])('%s', (_name, options, name) => {
    const w = world()
    w.acquire({ ...A, options })
    expect(w.disk.get(ADDRESS)?.hostName).toBe(name)
    expect(w.lastSteps().includes('dhcp.hostname.ignored')).toBe(name === undefined)
  })

  test.each([['0000', undefined], ['616200', 'ab'], ['61ff', undefined]])('octets %s', (hex, name) => {
    const w = world()
    w.acquire({ ...A, raw: [[12, hex]] })
    expect(w.disk.get(ADDRESS)?.hostName).toBe(name)
  })

  test('a renewal without a name keeps the name', () => {
    const w = world()
    w.acquire({ ...A, options: { 'host-name': 'alpha' } })
    w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.100' })
    expect(w.disk.get(ADDRESS)).toMatchObject({ hostName: 'alpha', publishedName: 'alpha.lab.internal' })
  })

  test('the published name is what the composition allows, in the same commit', () => {
    const w = world()
    w.nameFor = () => undefined
    w.acquire({ ...A, options: { 'host-name': 'alpha' } })
    expect(w.commits.at(-1)?.[0]?.after).toMatchObject({ hostName: 'alpha', publishedName: undefined })
  })
})

describe('a client that does not wait for its probe', () => {
  test('takes the address by a REQUEST: it is bound, and no offer follows', () => {
    const w = world()
    w.receive(clientMessage('DISCOVER', A))
    w.receive(clientMessage('REQUEST', { ...A, options: { 'requested-address': '10.53.0.100', 'server-identifier': '10.53.0.2' } }))
    w.clock.advance(1000)
    expect(w.sent.map(sent => sent.type)).toEqual(['ACK'])
    expect(w.decisions.map(decision => [decision.received, decision.sent])).toEqual([['REQUEST', 'ACK'], ['DISCOVER', 'none']])
  })

  test('takes another address: the probed one is free for others', () => {
    const w = world()
    w.receive(clientMessage('DISCOVER', A))
    w.receive(clientMessage('REQUEST', { ...A, options: { 'requested-address': '10.53.0.105', 'server-identifier': '10.53.0.2' } }))
    expect(w.acquire({ ...B, options: { 'requested-address': '10.53.0.100' } })).toBe('10.53.0.100')
    expect(w.decisions.length).toBe(4)
  })
})

describe('the end of leases', () => {
  test('is stored, takes the name along and is explained', () => {
    const w = world()
    w.acquire({ ...A, options: { 'host-name': 'alpha' } })
    w.clock.advance(3_600_000)
    expect(w.disk.get(ADDRESS)).toMatchObject({ state: 'expired', publishedName: undefined, hostName: 'alpha' })
    expect(w.decisions.at(-1)).toMatchObject({ received: 'expiry', sent: 'none', address: '10.53.0.100' })
    expect(w.server.counters.get('leases-expired')).toBe(1)
  })

  test('many at once are stored in batches', () => {
    const w = world({ configuration: configuration({ subnets: [subnet({ prefix: { network: ipv4('10.53.0.0'), length: 16 } })], pools: [pool('10.53.1.0', '10.53.9.255')] }), settings: { probe: false } })
    for (let i = 0; i < 600; i++) w.acquire({ mac: `02:00:00:00:0${i >> 8}:${(i & 255).toString(16).padStart(2, '0')}` })
    const before = w.commits.length
    const restarted = world({ disk: w.disk, clock: new VirtualClock(w.clock.wallMs() + 7_200_000) })
    restarted.clock.advance(1)
    expect(before).toBe(600)
    expect(restarted.commits.map(changes => changes.length)).toEqual([256, 256, 88])
  })

  test('that cannot be stored is tried again and is no lease for others meanwhile', () => {
    const w = world({ configuration: configuration({ pools: [pool('10.53.0.100', '10.53.0.100')] }) })
    w.acquire(A)
    w.storage = 'broken'
    w.clock.advance(3_600_000)
    expect([w.server.lease(ADDRESS)?.state, w.commits.length]).toEqual(['bound', 2])
    expect(w.acquire(B)).toBeUndefined()
    w.storage = 'now'
    w.clock.advance(5_000)
    expect(w.disk.get(ADDRESS)?.state).toBe('expired')
    expect(w.acquire(B)).toBe('10.53.0.100')
  })

  test.each([
    ['forward', 365 * 86_400_000],
    ['back', -365 * 86_400_000],
  ])('a calendar that jumps %s by a year ends nothing and prolongs nothing', (_name, by) => {
    const w = world()
    w.acquire(A)
    const rest = 3_600_000 - 2_000
    w.clock.jumpWall(by)
    w.clock.advance(rest - 10_000)
    expect(w.disk.get(ADDRESS)?.state).toBe('bound')
    w.clock.advance(12_000)
    expect(w.disk.get(ADDRESS)?.state).toBe('expired')
  })

  test('after a restart a lease has what was left of it', () => {
    const w = world()
    w.acquire(A)
    const restarted = world({ disk: w.disk, clock: new VirtualClock(w.clock.wallMs() + 1_000_000) })
    restarted.clock.advance(2_590_000)
    expect(w.disk.get(ADDRESS)?.state).toBe('bound')
    restarted.clock.advance(10_000)
    expect(w.disk.get(ADDRESS)?.state).toBe('expired')
  })
})

describe('the administrator', () => {
  const released = (w: World, address: number): string[] => {
    const outcomes: string[] = []
    w.server.release(address, outcome => outcomes.push(outcome))
    return outcomes
  }

  test('ends a lease', () => {
    const w = world()
    w.acquire(A)
    expect(released(w, ADDRESS)).toEqual(['released'])
    expect(w.disk.get(ADDRESS)?.state).toBe('released')
    expect(w.commits.at(-1)?.[0]?.because).toBe('dhcp.lease.released-by-administrator')
    expect(w.decisions.at(-1)).toMatchObject({ received: 'administrator', address: '10.53.0.100' })
    expect(w.exchange('REQUEST', { ...B, options: { 'requested-address': '10.53.0.100', 'server-identifier': '10.53.0.2' } })[0]?.type).toBe('ACK')
  })

  test('hears what could not be done', () => {
    const w = world()
    expect(released(w, ADDRESS)).toEqual(['not-bound'])
    w.acquire(A)
    w.storage = 'broken'
    expect(released(w, ADDRESS)).toEqual(['storage-failed'])
    w.storage = 'now'
    expect([released(w, ADDRESS), released(w, ADDRESS)]).toEqual([['released'], ['not-bound']])
  })

  test('waits for a renewal that is being stored, and is told once', () => {
    const w = world()
    w.acquire(A)
    w.storage = 'later'
    w.receive(clientMessage('REQUEST', { ...A, ciaddr: '10.53.0.100' }))
    const outcomes = released(w, ADDRESS)
    expect(outcomes).toEqual([])
    while (w.pending.length > 0) w.pending.shift()?.(true)
    expect([outcomes, w.disk.get(ADDRESS)?.state]).toEqual([['released'], 'released'])
  })
})

describe('a changed configuration', () => {
  test('counts for the next packet', () => {
    const w = world()
    expect(w.exchange('DISCOVER', A)[0]?.yiaddr).toBe('10.53.0.100')
    w.server.configure(configuration({ pools: [pool('10.53.0.200', '10.53.0.209')], subnets: [subnet({ options: { routers: ['10.53.0.1'] } })] }))
    const offer = w.exchange('DISCOVER', A)[0]
    expect([offer?.yiaddr, offer?.options['routers']]).toEqual(['10.53.0.200', ['10.53.0.1']])
  })

  test('a lease outside the new pools goes on until its renewal', () => {
    const w = world()
    w.acquire(A)
    w.server.configure(configuration({ pools: [pool('10.53.0.200', '10.53.0.209')] }))
    expect(w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.100' })[0]?.type).toBe('NAK')
    expect(w.acquire(A)).toBe('10.53.0.200')
    expect(w.disk.get(ADDRESS)?.state).toBe('released')
  })

  test('that takes the subnet away during a probe: no offer', () => {
    const w = world()
    w.receive(clientMessage('DISCOVER', A))
    w.server.configure(configuration({ subnets: [], pools: [] }))
    w.clock.advance(1000)
    expect([w.sent.length, w.lastSteps().at(-1)]).toEqual([0, 'dhcp.configuration.changed'])
  })

  test('that gives the subnet another id keeps its leases', () => {
    const w = world()
    w.acquire(A)
    w.server.configure(configuration({ subnets: [subnet({ id: 7 })], pools: [pool('10.53.0.100', '10.53.0.109', { subnetId: 7 })] }))
    expect(w.acquire(B)).toBe('10.53.0.101')
    expect(w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.100' })[0]?.type).toBe('ACK')
  })

  test('an address that is kept for nobody any more is given to others again, even when the pool was walked past it', () => {
    const pools = [pool('10.53.0.100', '10.53.0.101')]
    const w = world({ configuration: configuration({ pools, hosts: [host('10.53.0.100', { mac: A.mac })] }) })
    expect([w.acquire(B), w.acquire({ mac: '02:00:00:00:00:0c' })]).toEqual(['10.53.0.101', undefined])
    w.server.configure(configuration({ pools }))
    expect(w.acquire({ mac: '02:00:00:00:00:0c' })).toBe('10.53.0.100')
  })
})

describe('decisions', () => {
  test('every packet has exactly one, and every step of it a sentence without gaps', () => {
    const w = world({ configuration: configuration({ pools: [pool('10.53.0.100', '10.53.0.102')], hosts: [host('10.53.0.101', { mac: B.mac })] }) })
    w.holders.set('10.53.0.100', '02:ee:ee:ee:ee:ee')
    w.acquire({ ...A, options: { 'host-name': 'bad name' } })
    w.acquire(B)
    w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.101' })
    w.exchange('REQUEST', { ...A, options: { 'requested-address': '192.0.2.1' } })
    w.exchange('RELEASE', { ...A, ciaddr: '10.53.0.101' })
    w.exchange('DECLINE', { ...B, options: { 'requested-address': '10.53.0.101' } })
    w.exchange('INFORM', { ciaddr: '10.53.0.9' })
    w.exchange('DISCOVER', { mac: '02:00:00:00:00:0d' })
    w.receive(new Uint8Array(10))
    expect(w.decisions.length).toBe(w.server.counters.get('rx'))
    for (const decision of w.decisions) {
      expect(decision.steps.length).toBeGreaterThan(0)
      for (const step of decision.steps) expect(renderStep(step)).not.toMatch(/[{}–]/)
    }
  })

  test('the first one of a client reads like this', () => {
    const w = world()
    w.exchange('DISCOVER', A)
    expect(w.decisions[0]).toMatchObject({ received: 'DISCOVER', sent: 'OFFER', mac: A.mac, address: '10.53.0.100', interfaceName: 'lan0' })
    expect(w.decisions[0]?.steps.map(renderStep)).toEqual([
      'subnet 10.53.0.0/24 because the request came in on lan0',
      '10.53.0.100: the next free one',
      'asked by ARP whether anybody uses 10.53.0.100',
      'nobody answered for 10.53.0.100',
      'OFFER 10.53.0.100 for 3600 s to 02:00:00:00:00:0a',
    ])
  })
})

describe('bounds', () => {
  test('messages that wait for one address are few', () => {
    const w = world()
    w.acquire(A)
    w.storage = 'later'
    w.receive(clientMessage('REQUEST', { ...A, ciaddr: '10.53.0.100' }))
    for (let i = 0; i < 10; i++) w.receive(clientMessage('DISCOVER', A))
    expect(w.server.counters.get('limit-reached')).toBe(6)
    w.pending.shift()?.(true)
    expect(w.sent.filter(sent => sent.type === 'OFFER').length).toBe(1 + 4)
  })

  const crowd = configuration({
    subnets: [subnet({ prefix: { network: ipv4('10.52.0.0'), length: 14 } })],
    pools: [pool('10.52.0.1', '10.52.255.255'), pool('10.54.0.0', '10.55.0.0', { id: 2 })],
  })
  const macOf = (i: number): string => `02:00:00:${[i >> 16, (i >> 8) & 255, i & 255].map(octet => octet.toString(16).padStart(2, '0')).join(':')}`
  const discover = clientMessage('DISCOVER')
  const discoverBy = (i: number): Uint8Array => {
    discover.set([2, 0, 0, i >> 16, (i >> 8) & 255, i & 255], 28)
    return discover
  }

  test('probes at once: beyond them offers go unprobed', () => {
    const w = world({ configuration: crowd })
    for (let i = 0; i < MAX_PROBES + 1; i++) w.receive(discoverBy(i))
    expect([w.server.underWay.probes, w.probes.length, w.sent.length]).toEqual([MAX_PROBES, MAX_PROBES, 1])
  })

  test('offers at once: beyond them a DISCOVER is not answered, until older ones have run out', () => {
    const w = world({ configuration: crowd, settings: { probe: false } })
    for (let i = 0; i < MAX_OFFERS; i++) {
      w.receive(discoverBy(i))
      w.sent.length = 0
      w.decisions.length = 0
    }
    expect(w.server.underWay.offers).toBe(MAX_OFFERS)
    expect(w.exchange('DISCOVER', { mac: macOf(MAX_OFFERS) })).toEqual([])
    expect(w.lastSteps()).toContain('dhcp.limit.reached')
    w.clock.advance(60_000)
    expect(w.exchange('DISCOVER', { mac: macOf(MAX_OFFERS) })[0]?.type).toBe('OFFER')
  })

  test('leases being stored at once: beyond them a REQUEST is not answered', () => {
    const w = world({ configuration: crowd, settings: { probe: false } })
    w.storage = 'later'
    const take = (i: number): void => {
      const address = `10.52.${1 + (i >> 8)}.${i & 255}`
      w.receive(clientMessage('REQUEST', { mac: macOf(i), options: { 'requested-address': address, 'server-identifier': '10.53.0.2' } }))
    }
    for (let i = 0; i <= MAX_SAVES; i++) take(i)
    expect([w.server.underWay.saves, w.commits.length, w.lastSteps().at(-1)]).toEqual([MAX_SAVES, MAX_SAVES, 'dhcp.limit.reached'])
  })

  test('nothing happens after close, not even for a probe or a commit under way', () => {
    const w = world()
    w.acquire(B)
    w.receive(clientMessage('DISCOVER', A))
    w.storage = 'later'
    w.receive(clientMessage('REQUEST', { ...B, ciaddr: '10.53.0.100' }))
    const before = [w.sent.length, w.decisions.length]
    w.server.close()
    w.pending.shift()?.(true)
    w.clock.advance(10_000_000)
    w.receive(clientMessage('DISCOVER', A))
    expect([w.sent.length, w.decisions.length]).toEqual(before)
  })

  test('what is under way can be read', () => {
    const w = world()
    w.receive(clientMessage('DISCOVER', A))
    expect(w.server.underWay).toEqual({ offers: 0, probes: 1, saves: 0 })
    w.clock.advance(1000)
    expect(w.server.underWay).toEqual({ offers: 1, probes: 0, saves: 0 })
  })
})

describe('rows', () => {
  test('show what is on disk, also while a change is being stored', () => {
    const w = world()
    w.exchange('DISCOVER', A)
    w.storage = 'later'
    w.receive(clientMessage('REQUEST', { ...A, options: { 'requested-address': '10.53.0.100', 'server-identifier': '10.53.0.2' } }))
    expect([w.server.lease(ADDRESS), [...w.server.leases()]]).toEqual([undefined, []])
    w.pending.shift()?.(true)
    expect([...w.server.leases()]).toEqual([...w.disk.values()])
    expect(w.server.lease(ADDRESS)?.state).toBe('bound')
  })
})
