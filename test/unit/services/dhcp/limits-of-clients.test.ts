/** Limits per class and relay port, the starvation guard, and one address for several identifiers of a host. */
import { describe, expect, test } from 'vitest'
import { formatIpv4 } from '../../../../stack/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL } from '../../../../services/model/index.ts'
import type { ClientClass, SegmentPolicy } from '../../../../services/model/index.ts'
import { clientMessage, configuration, host, pool, segment, world } from '../../../support/dhcp-bench.ts'
import type { RequestFields, World } from '../../../support/dhcp-bench.ts'

const mac = (n: number): RequestFields => ({ mac: `00:16:3e:00:00:${n.toString(16).padStart(2, '0')}` })
const cams: ClientClass = { id: 7, name: 'cams', priority: 1, test: 'mac in 00:16:3e:00:00:00/24', denied: false, leaseLimit: 2, level: EMPTY_LEVEL }
const policy = (change: Partial<SegmentPolicy>) => [segment(1, { policy: { ...DEFAULT_POLICY, ...change } })]

describe('leases of a class', () => {
  const limited = { configuration: configuration({ classes: [cams] }) }

  test('are given up to the limit; the next client gets none, others do', () => {
    const w = world(limited)
    expect([w.acquire(mac(1)), w.acquire(mac(2)), w.acquire(mac(3)), w.acquire({ mac: '02:00:00:00:00:01' })]).toEqual([
      '10.53.0.100', '10.53.0.101', undefined, '10.53.0.102',
    ])
    expect(w.server.counters.get('lease-limits-reached')).toBe(1)
  })

  test('are renewed at the limit, and their holder may begin afresh', () => {
    const w = world(limited)
    w.acquire(mac(1))
    w.acquire(mac(2))
    expect(w.exchange('REQUEST', { ...mac(1), ciaddr: '10.53.0.100' })[0]?.type).toBe('ACK')
    expect(w.acquire(mac(2))).toBe('10.53.0.101')
  })

  test('from before the limit come under it when they are renewed', () => {
    const w = world()
    const held = [1, 2, 3].map(n => w.acquire(mac(n)))
    w.server.configure(configuration({ classes: [cams] }))
    const renewed = [1, 2, 3].map(n => w.exchange('REQUEST', { ...mac(n), ciaddr: held[n - 1] as string })[0]?.type)
    expect(renewed).toEqual(['ACK', 'ACK', 'NAK'])
  })

  test('make room when one is released or expires, also after a restart', () => {
    const w = world(limited)
    w.acquire(mac(1))
    w.acquire(mac(2))
    const again = world({ ...limited, clock: w.clock, disk: w.disk })
    expect(again.acquire(mac(3))).toBeUndefined()
    again.exchange('RELEASE', { ...mac(1), ciaddr: '10.53.0.100' })
    expect(again.acquire(mac(3))).not.toBeUndefined()
    expect(again.acquire(mac(4))).toBeUndefined()
    again.clock.advance(3_600_000)
    expect([again.acquire(mac(4)), again.acquire(mac(5)), again.acquire(mac(6))].filter((each) => each !== undefined)).toHaveLength(2)
  })

  test('two that were offered at once: the second REQUEST is refused', () => {
    const w = world({ configuration: configuration({ classes: [{ ...cams, leaseLimit: 1 }] }) })
    const wants = (address: string) => ({ options: { 'requested-address': address, 'server-identifier': '10.53.0.2' } })
    expect([w.exchange('DISCOVER', mac(1))[0]?.yiaddr, w.exchange('DISCOVER', mac(2))[0]?.yiaddr]).toEqual(['10.53.0.100', '10.53.0.101'])
    expect(w.exchange('REQUEST', { ...mac(1), ...wants('10.53.0.100') })[0]?.type).toBe('ACK')
    expect(w.exchange('REQUEST', { ...mac(2), ...wants('10.53.0.101') })[0]?.type).toBe('NAK')
  })

  test('that could not be stored do not count', () => {
    const w = world({ configuration: configuration({ classes: [{ ...cams, leaseLimit: 1 }] }) })
    w.storage = 'broken'
    expect(w.acquire(mac(1))).toBeUndefined()
    w.storage = 'now'
    expect(w.acquire(mac(2))).not.toBeUndefined()
    expect(w.acquire(mac(3))).toBeUndefined()
  })
})

describe('leases of a relay port', () => {
  const behind = (n: number, port: string): RequestFields => ({ ...mac(n), giaddr: '10.53.0.1', raw: [[82, port]] })
  const PORT_1 = '0102aa01'
  const PORT_2 = '0102aa02'

  test('are limited port by port; who is not behind one is not', () => {
    const w = world({ configuration: configuration({ segments: policy({ leasesPerRelayPort: 1 }) }) })
    expect([w.acquire(behind(1, PORT_1)), w.acquire(behind(2, PORT_1)), w.acquire(behind(3, PORT_2))]).toEqual(['10.53.0.100', undefined, '10.53.0.101'])
    expect([w.acquire(mac(4)), w.acquire(mac(5))]).toEqual(['10.53.0.102', '10.53.0.103'])
  })

  test('new clients a second are limited port by port; those that are known go on', () => {
    const w = world({ configuration: configuration({ segments: policy({ newClientsPerSecond: 2 }) }), settings: { probe: false } })
    const offers = (n: number, port: string) => { w.receive(bytesOf(behind(n, port))) }
    for (let n = 1; n <= 5; n++) offers(n, PORT_1)
    offers(9, PORT_2)
    expect(w.sent).toHaveLength(3)
    expect(w.server.counters.get('new-clients-limited')).toBe(3)
    // Those with an offer, and after a second two more.
    offers(1, PORT_1)
    w.clock.advance(1000)
    for (let n = 3; n <= 5; n++) offers(n, PORT_1)
    expect(w.sent).toHaveLength(6)
  })

  test('without a relay the segment is the port', () => {
    const w = world({ configuration: configuration({ segments: policy({ newClientsPerSecond: 1 }) }), settings: { probe: false } })
    for (let n = 1; n <= 4; n++) w.receive(bytesOf(mac(n)))
    expect(w.sent).toHaveLength(1)
    expect(w.lastSteps().at(-1)).toBe('dhcp.new-clients.limited')
  })
})

describe('a host with two hardware addresses and one address', () => {
  const CABLE = { mac: '00:16:3e:00:00:01' }
  const RADIO = { mac: '00:16:3e:00:00:02' }
  const laptop = host('10.53.0.50', { identifiers: [{ kind: 'mac', value: CABLE.mac }, { kind: 'mac', value: RADIO.mac }] })
  /** The first is past its own probes for a new address. */
  const SETTLED_MS = 10_000
  const start = (): World => world({ configuration: configuration({ hosts: [laptop], pools: [pool('10.53.0.100', '10.53.0.109')] }) })

  test('while both are up the second has an address of the pool', () => {
    const w = start()
    expect(w.acquire(CABLE)).toBe('10.53.0.50')
    w.holders.set('10.53.0.50', CABLE.mac)
    w.clock.advance(SETTLED_MS)
    expect(w.acquire(RADIO)).toBe('10.53.0.100')
    expect(w.decisions.flatMap((decision) => decision.steps.map(([id]) => id))).toContain('dhcp.host.holder-there')
    expect(w.exchange('REQUEST', { ...CABLE, ciaddr: '10.53.0.50' })[0]?.type).toBe('ACK')
    expect(w.exchange('REQUEST', { ...RADIO, ciaddr: '10.53.0.100' })[0]?.type).toBe('ACK')
  })

  test('when the first does not answer any more, the second takes the address over, and the other way round', () => {
    const w = start()
    expect(w.acquire(CABLE)).toBe('10.53.0.50')
    w.clock.advance(SETTLED_MS)
    expect(w.acquire(RADIO)).toBe('10.53.0.50')
    expect(w.commits.at(-1)?.map((change) => change.because)).toEqual(['dhcp.lease.taken-over'])
    expect([...w.disk.values()].filter((lease) => lease.state === 'bound').map((lease) => lease.mac)).toEqual([RADIO.mac])
    expect(w.exchange('REQUEST', { ...CABLE, ciaddr: '10.53.0.50' })[0]?.type).toBe('NAK')
    w.clock.advance(SETTLED_MS)
    expect(w.acquire(CABLE)).toBe('10.53.0.50')
  })

  test('when the first gave it back or its lease ended, nobody is asked', () => {
    const w = start()
    w.acquire(CABLE)
    w.exchange('RELEASE', { ...CABLE, ciaddr: '10.53.0.50' })
    w.holders.clear()
    expect(w.acquire(RADIO)).toBe('10.53.0.50')
    expect(w.decisions.flatMap((decision) => decision.steps.map(([id]) => id))).not.toContain('dhcp.host.holder-asked')
  })

  test('a second that holds an address of the pool moves to its own when the first has gone', () => {
    const w = start()
    w.acquire(CABLE)
    w.holders.set('10.53.0.50', CABLE.mac)
    w.acquire(RADIO)
    w.holders.clear()
    w.clock.advance(SETTLED_MS)
    expect(w.acquire(RADIO)).toBe('10.53.0.50')
    expect(w.commits.at(-1)?.map((change) => change.because)).toEqual(['dhcp.lease.taken-over', 'dhcp.lease.moved'])
  })

  test('a repeated DISCOVER waits for the same answer, and gets one offer', () => {
    const w = start()
    w.acquire(CABLE)
    w.clock.advance(SETTLED_MS)
    const before = w.sent.length
    w.receive(bytesOf(RADIO))
    w.receive(bytesOf(RADIO))
    w.clock.advance(2_000)
    expect(w.sent.slice(before).map((sent) => sent.yiaddr)).toEqual(['10.53.0.50'])
  })

  test('who has it for seconds only may still be probing: nobody is asked, the second has an address of the pool', () => {
    const w = start()
    w.acquire(CABLE)
    w.clock.advance(SETTLED_MS / 2)
    expect(w.acquire(RADIO)).toBe('10.53.0.100')
    expect(w.decisions.flatMap((decision) => decision.steps.map(([id]) => id))).not.toContain('dhcp.host.holder-asked')
  })

  test('a stranger does not get it, however quiet it is', () => {
    const w = start()
    w.acquire(CABLE)
    expect(w.acquire({ mac: '00:16:3e:00:00:09', options: { 'requested-address': '10.53.0.50' } })).toBe('10.53.0.100')
  })

  test('behind a relay the holder is asked by echo', () => {
    const w = start()
    w.acquire({ ...CABLE, giaddr: '10.53.0.1' })
    w.holders.set('10.53.0.50', CABLE.mac)
    expect(w.acquire({ ...RADIO, giaddr: '10.53.0.1' })).toBe('10.53.0.100')
    w.holders.clear()
    w.clock.advance(SETTLED_MS)
    expect(w.acquire({ ...RADIO, giaddr: '10.53.0.1' })).toBe('10.53.0.50')
  })
})

describe('a takeover that the disk refuses', () => {
  const FIRST = { mac: '00:16:3e:00:00:01', options: { 'client-identifier': '01aa' } }
  const pools = [pool('10.53.0.100', '10.53.0.109')]
  const bound = (w: World, fields: RequestFields): readonly string[] =>
    [...w.disk.values()].filter(({ state, mac: each, clientId }) => state === 'bound' && each === fields.mac && clientId === fields.options?.['client-identifier']).map(({ address }) => formatIpv4(address))
  const asks = (address: string, fields: RequestFields): Uint8Array =>
    clientMessage('REQUEST', { ...fields, options: { ...fields.options, 'requested-address': address, 'server-identifier': '10.53.0.2' } })

  test.each([
    ['by another hardware address of the host', { mac: '00:16:3e:00:00:02' }],
    ['by the same hardware under another identifier', { mac: FIRST.mac, options: { 'client-identifier': '01bb' } }],
  ] as const)('%s, while the host entry is removed: the first client does not get a second lease', (_how, second) => {
    const identifiers = [FIRST.mac, second.mac].map(value => ({ kind: 'mac', value }) as const)
    const w = world({ configuration: configuration({ hosts: [host('10.53.0.50', { identifiers })], pools }) })
    w.acquire(FIRST)
    w.clock.advance(11_000)
    w.exchange('DISCOVER', second)
    w.storage = 'later'
    w.receive(asks('10.53.0.50', second))
    w.server.configure(configuration({ pools }))
    w.receive(asks('10.53.0.100', FIRST))
    // Its REQUEST waits: whether it still has a lease is being decided.
    expect(w.pending).toHaveLength(1)
    w.pending.shift()?.(false)
    w.pending.shift()?.(true)
    expect([bound(w, FIRST), bound(w, second)]).toEqual([['10.53.0.100'], []])
    expect(w.sent.at(-1)).toMatchObject({ type: 'ACK', yiaddr: '10.53.0.100' })
  })
})

function bytesOf(fields: RequestFields): Uint8Array {
  return clientMessage('DISCOVER', fields)
}
