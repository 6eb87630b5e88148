import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { EMPTY_LEVEL } from '../../../services/model/index.ts'
import type { ClientClass } from '../../../services/model/index.ts'
import { configuration, pool, segment, subnet, world } from '../../support/dhcp-bench.ts'
import type { World } from '../../support/dhcp-bench.ts'
import { RELAY, relayedWorld } from '../../support/dhcp-policy.ts'

const A = { mac: '02:00:00:00:00:0a' }
const VIA = { sourcePort: 67, source: ipv4(RELAY), target: ipv4('10.53.0.2') }

describe('RFC 3046 §2.1 [H3] a relay that cannot be where it says', () => {
  test.each([
    ['no segment knows it', { giaddr: '192.0.2.1' }, {}, 'dhcp.subnet.unknown-relay', 'unknown-relay'],
    ['it names the subnet of lan0, but comes by lan1', { giaddr: '10.53.0.7' }, { interfaceName: 'lan1' }, 'dhcp.relay.elsewhere', 'relay-elsewhere'],
  ] as const)('%s: no answer, counted and told', (_name, fields, arrival, step, counter) => {
    const w = relayedWorld()
    expect(w.exchange('DISCOVER', { ...A, ...fields }, { ...VIA, ...arrival })).toEqual([])
    expect([w.lastSteps().at(-1), w.server.counters.get(counter)]).toEqual([step, 1])
  })

  test('a relay of a segment without interface may come by any', () => {
    const w = relayedWorld()
    expect(w.exchange('DISCOVER', { ...A, giaddr: RELAY }, VIA)[0]?.yiaddr).toBe('10.60.0.100')
  })
})

describe('RFC 5107 §4 [H3] server identifier override', () => {
  const override = { 'relay-agent-information': { 'server-identifier-override': RELAY } }
  const relayed = { ...A, giaddr: RELAY, options: override }

  test('the client is told the relay as its server, and its requests to it are ours', () => {
    const w = relayedWorld()
    const offer = w.exchange('DISCOVER', relayed, VIA)[0]
    expect([offer?.options['server-identifier'], offer?.options['domain-name-servers']]).toEqual([RELAY, ['10.53.0.2']])
    const request = { ...relayed, options: { ...override, 'requested-address': '10.60.0.100', 'server-identifier': RELAY } }
    expect(w.exchange('REQUEST', request, VIA).map(sent => [sent.type, sent.options['server-identifier']])).toEqual([['ACK', RELAY]])
    expect(w.exchange('REQUEST', { ...relayed, ciaddr: '10.60.0.100' }, VIA).map(sent => [sent.type, sent.to.kind])).toEqual([['ACK', 'relay']])
  })

  test('a client cannot write it itself', () => {
    const w = relayedWorld()
    const offer = w.exchange('DISCOVER', { ...A, options: override })[0]
    expect(offer?.options['server-identifier']).toBe('10.53.0.2')
  })
})

describe('RFC 5010 §3 [H3] relay flags: how the client\'s message came', () => {
  test.each([
    ['by unicast', [[82, '0a0180']], 'renewing'],
    ['by broadcast', [[82, '0a0100']], 'rebinding'],
    ['unsaid', [], 'rebinding'],
  ] as const)('%s', (_name, raw, stage) => {
    const w = relayedWorld()
    w.exchange('REQUEST', { ...A, giaddr: RELAY, ciaddr: '10.60.0.100', raw }, VIA)
    expect(w.decisions.at(-1)?.steps.find(step => step[0] === 'dhcp.request.stage')?.[1]).toMatchObject({ stage })
  })
})

describe('RFC 8357 §5 a relay that sends from a port of its own', () => {
  const own = { ...VIA, sourcePort: 40_067 }
  test.each([
    ['gets the answer there', [[82, '1300']], [{ kind: 'relay', address: ipv4(RELAY), port: 40_067 }], 0],
    ['but not unless it says so', [], [], 1],
  ] as const)('%s', (_name, raw, to, dropped) => {
    const w = relayedWorld()
    expect(w.exchange('DISCOVER', { ...A, giaddr: RELAY, raw }, own).map(sent => sent.to)).toEqual(to)
    expect(w.server.counters.get('dropped-bad-port')).toBe(dropped)
  })

  test('a client cannot', () => {
    const w = relayedWorld()
    expect(w.exchange('DISCOVER', { ...A, raw: [[82, '1300']] }, { sourcePort: 40_068 })).toEqual([])
  })
})

describe('RFC 3527 §4 link selection', () => {
  test('the link decides the subnet, giaddr where the answer goes', () => {
    const w = relayedWorld()
    const offer = w.exchange('DISCOVER', { ...A, giaddr: RELAY, options: { 'relay-agent-information': { 'link-selection': '10.53.0.0' } } }, VIA)[0]
    expect([offer?.yiaddr, offer?.to]).toEqual(['10.53.0.100', { kind: 'relay', address: ipv4(RELAY) }])
  })
})

describe('RFC 3046 §2.2 a client that renews past its relay', () => {
  const EAST = '010465617374'
  const EAST_PORT: ClientClass = {
    id: 1, name: 'east-port', priority: 100, test: 'relay.circuit-id == "east"', leaseLimit: undefined, denied: false, level: EMPTY_LEVEL,
  }
  const yard = (): World =>
    world({
      configuration: configuration({
        segments: [segment(2, { interfaceName: undefined, relays: [ipv4(RELAY)] })],
        subnets: [subnet({ id: 2, segmentId: 2, prefix: { network: ipv4('10.60.0.0'), length: 24 } })],
        pools: [pool('10.60.0.100', '10.60.0.109', { id: 2, subnetId: 2, allow: ['east-port'] })],
        classes: [EAST_PORT],
      }),
    })
  const DIRECT = { source: ipv4('10.60.0.100'), target: ipv4('10.53.0.2') }
  const bound = (w: World): void => {
    const via = { ...A, giaddr: RELAY, raw: [[82, EAST]] as const }
    w.exchange('DISCOVER', via, VIA)
    w.exchange('REQUEST', { ...via, options: { 'requested-address': '10.60.0.100', 'server-identifier': '10.53.0.2' } }, VIA)
  }

  test('is in the classes that its relay put it in when it got the address, renewal after renewal', () => {
    const w = yard()
    bound(w)
    for (let round = 0; round < 3; round++) {
      w.clock.advance(1000)
      const [answer] = w.exchange('REQUEST', { ...A, ciaddr: '10.60.0.100' }, DIRECT)
      expect([answer?.type, answer?.yiaddr, answer?.options['relay-agent-information']]).toEqual(['ACK', '10.60.0.100', undefined])
      expect(w.lastSteps()).toContain('dhcp.relay.recalled')
    }
    expect(w.server.lease(ipv4('10.60.0.100'))?.relayInformation).toBe(EAST)
  })

  test('somebody else who names the address is not', () => {
    const w = yard()
    bound(w)
    const answers = w.exchange('REQUEST', { mac: '02:00:00:00:00:0b', ciaddr: '10.60.0.100' }, DIRECT)
    expect(answers.map(({ type }) => type)).not.toContain('ACK')
    expect(w.lastSteps()).not.toContain('dhcp.relay.recalled')
  })

  test('who released the address is nobody there any more', () => {
    const w = yard()
    bound(w)
    w.exchange('RELEASE', { ...A, ciaddr: '10.60.0.100' }, DIRECT)
    expect(w.exchange('REQUEST', { ...A, ciaddr: '10.60.0.100' }, DIRECT).map(({ type }) => type)).not.toContain('ACK')
  })
})
