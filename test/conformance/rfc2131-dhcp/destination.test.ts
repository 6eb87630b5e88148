import { describe, expect, test } from 'vitest'
import { formatIpv4, formatMac } from '../../../stack/index.ts'
import { configuration, pool, host, subnet, world } from '../../support/dhcp-bench.ts'
import type { RequestFields, Sent, World } from '../../support/dhcp-bench.ts'

const RELAY = '10.60.0.1'

function office(): World {
  return world({
    configuration: configuration({
      subnets: [subnet(), subnet({ id: 2, prefix: { network: 0x0a3c_0000, length: 24 } })],
      pools: [pool('10.53.0.100', '10.53.0.109'), pool('10.60.0.100', '10.60.0.109', { id: 2, subnetId: 2 })],
      hosts: [host('10.53.0.50', { mac: '02:00:00:00:00:50' })],
    }),
  })
}

const shown = ({ to }: Sent): string =>
  to.kind === 'broadcast' ? 'broadcast' : to.kind === 'link' ? `link ${formatIpv4(to.address)} ${formatMac(to.mac)}` : `${to.kind} ${formatIpv4(to.address)}`

const ACCEPT = { 'server-identifier': '10.53.0.2' }

/** What the client has done before, and then sends; where the answer goes. */
const ROWS: readonly (readonly [string, 'bound' | 'new', 'DISCOVER' | 'REQUEST' | 'INFORM', RequestFields, string, string])[] = [
  ['OFFER, no flag', 'new', 'DISCOVER', {}, 'OFFER', 'link 10.53.0.100 02:00:00:00:00:01'],
  ['OFFER, broadcast flag', 'new', 'DISCOVER', { flags: 0x8000 }, 'OFFER', 'broadcast'],
  ['OFFER, ciaddr set', 'new', 'DISCOVER', { ciaddr: '10.53.0.77', flags: 0x8000 }, 'OFFER', 'unicast 10.53.0.77'],
  ['OFFER, relay', 'new', 'DISCOVER', { giaddr: RELAY, flags: 0x8000 }, 'OFFER', 'relay 10.60.0.1'],
  ['ACK, no flag', 'bound', 'REQUEST', { options: { 'requested-address': '10.53.0.100', ...ACCEPT } }, 'ACK', 'link 10.53.0.100 02:00:00:00:00:01'],
  ['ACK, broadcast flag', 'bound', 'REQUEST', { flags: 0x8000, options: { 'requested-address': '10.53.0.100' } }, 'ACK', 'broadcast'],
  ['ACK, renewing', 'bound', 'REQUEST', { ciaddr: '10.53.0.100', flags: 0x8000 }, 'ACK', 'unicast 10.53.0.100'],
  ['NAK, no flag', 'new', 'REQUEST', { options: { 'requested-address': '192.0.2.1' } }, 'NAK', 'broadcast'],
  ['NAK, ciaddr set', 'new', 'REQUEST', { ciaddr: '192.0.2.1' }, 'NAK', 'broadcast'],
  ['NAK, relay', 'new', 'REQUEST', { giaddr: RELAY, options: { 'requested-address': '192.0.2.1' } }, 'NAK', 'relay 10.60.0.1'],
  ['ACK to INFORM', 'new', 'INFORM', { ciaddr: '10.53.0.20', flags: 0x8000 }, 'ACK', 'unicast 10.53.0.20'],
]

describe('RFC 2131 §4.1 [H2] where replies go', () => {
  test.each(ROWS)('%s', (_name, before, type, fields, answer, destination) => {
    const w = office()
    if (before === 'bound') expect(w.acquire()).toBe('10.53.0.100')
    const sent = w.exchange(type, fields)
    expect(sent.map(reply => [reply.type, shown(reply)])).toEqual([[answer, destination]])
  })

  test('§4.3.2 a NAK through a relay sets the broadcast bit; one on the link keeps the flags', () => {
    const w = office()
    const relayed = w.exchange('REQUEST', { giaddr: RELAY, options: { 'requested-address': '192.0.2.1' } })[0]
    const local = w.exchange('REQUEST', { options: { 'requested-address': '192.0.2.1' } })[0]
    expect([relayed?.message.flags, local?.message.flags]).toEqual([0x8000, 0])
  })
})

describe('RFC 2131 §4.3.1 [H2] table 3 fields of replies', () => {
  test('OFFER, ACK and NAK', () => {
    const w = office()
    const fields = { xid: 0xdead_beef, secs: 7, flags: 0x8000 }
    const offer = w.exchange('DISCOVER', fields)[0]
    const ack = w.exchange('REQUEST', { ...fields, options: { 'requested-address': '10.53.0.100', ...ACCEPT } })[0]
    const renewed = w.exchange('REQUEST', { ...fields, ciaddr: '10.53.0.100' })[0]
    const nak = w.exchange('REQUEST', { ...fields, ciaddr: '192.0.2.1' })[0]
    const row = (sent: Sent | undefined): unknown[] => {
      const m = sent?.message
      return [m?.op, m?.hardwareType, m?.hardwareLength, m?.hops, m?.xid, m?.secs, formatIpv4(m?.ciaddr ?? 1), sent?.yiaddr, m?.giaddr]
    }
    expect(row(offer)).toEqual([2, 1, 6, 0, 0xdead_beef, 0, '0.0.0.0', '10.53.0.100', 0])
    expect(row(ack)).toEqual([2, 1, 6, 0, 0xdead_beef, 0, '0.0.0.0', '10.53.0.100', 0])
    expect(row(renewed)).toEqual([2, 1, 6, 0, 0xdead_beef, 0, '10.53.0.100', '10.53.0.100', 0])
    expect(row(nak)).toEqual([2, 1, 6, 0, 0xdead_beef, 0, '0.0.0.0', '0.0.0.0', 0])
  })

  test('a relayed message keeps giaddr, and its answer comes from the relay\'s subnet', () => {
    const offer = office().exchange('DISCOVER', { giaddr: RELAY })[0]
    expect([formatIpv4(offer?.message.giaddr ?? 0), offer?.yiaddr]).toEqual([RELAY, '10.60.0.100'])
  })

  test('a NAK has only type, server, message and client identifier', () => {
    const nak = office().exchange('REQUEST', {
      options: { 'requested-address': '192.0.2.1', 'client-identifier': '01ffee', 'parameter-request-list': [1, 3, 6, 51] },
    })[0]
    expect(nak?.options).toEqual({
      'message-type': 6,
      'server-identifier': '10.53.0.2',
      message: 'the address is not on this network',
      'client-identifier': '01ffee',
    })
  })
})

describe('RFC 3046 §2.2 relay agent information', () => {
  test('comes back as it was, as the last option, also in a NAK', () => {
    const w = office()
    const relayed = { giaddr: RELAY, raw: [[82, '0104deadbeef']] as const }
    const offer = w.exchange('DISCOVER', relayed)[0]
    const nak = w.exchange('REQUEST', { ...relayed, ciaddr: '192.0.2.1' })[0]
    expect([offer, nak].map(sent => [...(sent?.message.options.keys() ?? [])].at(-1))).toEqual([82, 82])
    expect(offer?.options['relay-agent-information']).toEqual({ 'circuit-id': 'deadbeef' })
  })
})

describe('RFC 6842 §3 client identifier', () => {
  test.each([
    ['OFFER', 'DISCOVER', {}],
    ['NAK', 'REQUEST', { 'requested-address': '192.0.2.1' }],
    ['ACK', 'INFORM', {}],
  ] as const)('is returned in %s if there was one, else not', (answer, type, options) => {
    const w = office()
    const ciaddr = type === 'INFORM' ? { ciaddr: '10.53.0.20' } : {}
    const withId = w.exchange(type, { ...ciaddr, options: { ...options, 'client-identifier': '0001020304' } })[0]
    const without = w.exchange(type, { ...ciaddr, mac: '02:00:00:00:00:02', options })[0]
    expect([withId?.type, withId?.options['client-identifier']]).toEqual([answer, '0001020304'])
    expect([without?.type, without?.options['client-identifier']]).toEqual([answer, undefined])
  })
})
