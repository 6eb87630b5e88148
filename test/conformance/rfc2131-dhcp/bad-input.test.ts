import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { clientMessage, world } from '../../support/dhcp-bench.ts'

const A = { mac: '02:00:00:00:00:0a' }
const ADDRESS = ipv4('10.53.0.100')
const WANTS = { 'requested-address': '10.53.0.100', 'server-identifier': '10.53.0.2' }

describe('RFC 2131 §4.1 messages that come again', () => {
  test('a REQUEST of the same xid is acknowledged again and makes no second binding', () => {
    const w = world()
    w.exchange('DISCOVER', A)
    const bytes = clientMessage('REQUEST', { ...A, options: WANTS })
    for (let i = 0; i < 3; i++) w.receive(bytes)
    expect([w.sent.filter(sent => sent.type === 'ACK').length, w.disk.size]).toEqual([3, 1])
  })

  test('an old DISCOVER takes nothing from the lease', () => {
    const w = world()
    w.acquire(A)
    const held = w.disk.get(ADDRESS)
    expect(w.exchange('DISCOVER', A)[0]?.yiaddr).toBe('10.53.0.100')
    expect(w.disk.get(ADDRESS)).toEqual(held)
  })

  test('a REQUEST replayed by another hardware address gets nothing', () => {
    const w = world()
    w.acquire(A)
    const sent = w.exchange('REQUEST', { mac: '02:00:00:00:00:0b', options: WANTS })
    expect([sent.map(each => each.type), w.disk.get(ADDRESS)?.mac]).toEqual([['NAK'], A.mac])
  })

  test('a REQUEST for another server ends our offer, whatever its xid', () => {
    const w = world()
    w.exchange('DISCOVER', A)
    expect(w.exchange('REQUEST', { ...A, xid: 99, options: { ...WANTS, 'server-identifier': '10.53.0.3' } })).toEqual([])
    expect(w.server.underWay.offers).toBe(0)
  })
})

describe('RFC 2131 §2 lengths of messages', () => {
  test.each([
    [1472, 1],
    [1473, 1],
    [4096, 1],
    [4097, 0],
  ])('a DISCOVER of %i octets: %i answers', (length, answers) => {
    const w = world()
    const b = new Uint8Array(length)
    b.set(clientMessage('DISCOVER', A))
    w.receive(b)
    w.clock.advance(1000)
    expect([w.sent.length, w.server.counters.get('dropped-over-long')]).toEqual([answers, 1 - answers])
  })
})

describe('RFC 2132 values that no client should send do not keep it from its lease', () => {
  test.each([
    ['an empty host name', [[12, '']]],
    ['an empty list', [[55, '']]],
    ['a list of everything', [[55, Array.from({ length: 255 }, (_, i) => i.toString(16).padStart(2, '0')).join('')]]],
    ['an empty client identifier', [[61, '']]],
    ['a client identifier of one octet', [[61, '01']]],
    ['a client identifier of 255 octets', [[61, 'ab'.repeat(255)]]],
    ['a cut-off FQDN', [[81, '01']]],
    ['an FQDN that points nowhere', [[81, '040000c0ff']]],
    ['relay information of a client', [[82, '0104dead']]],
    ['a subnet selection of three octets', [[118, '0a3500']]],
    ['an empty list of algorithms', [[145, '']]],
    ['a maximum size below the least', [[57, '0001']]],
    ['option 52 of 255', [[52, 'ff']]],
    ['a lease time of nothing', [[51, '00000000']]],
    ['a lease for ever', [[51, 'ffffffff']]],
    ['an unknown option of 255 octets', [[224, 'ff'.repeat(255)]]],
    ['an architecture of one octet', [[93, '00']]],
    ['a UUID of no octets', [[97, '']]],
  ] as const)('%s', (_name, raw) => {
    const w = world()
    expect(w.acquire({ ...A, raw })).toBe('10.53.0.100')
  })
})

describe('RFC 2131 §4.3 secs, hops and xid are the client\'s own', () => {
  test('whatever they are, xid comes back and the others are zero', () => {
    const w = world()
    const b = clientMessage('DISCOVER', { ...A, xid: 0xffff_ffff, secs: 65_535 })
    b[3] = 255
    w.receive(b)
    w.clock.advance(1000)
    const { xid, secs, hops } = w.sent[0]?.message ?? {}
    expect([xid, secs, hops]).toEqual([0xffff_ffff, 0, 0])
  })
})
