import { describe, expect, test } from 'vitest'
import { BROADCAST, ipv4 } from '../../../stack/index.ts'
import { clientMessage, configuration, pool, host, world } from '../../support/dhcp-bench.ts'
import type { RequestFields, World } from '../../support/dhcp-bench.ts'

const A = { mac: '02:00:00:00:00:0a' }
const B = { mac: '02:00:00:00:00:0b' }
const SERVER = '10.53.0.2'

/** Table 4: how the client writes its REQUEST in each state. */
const WAYS = {
  selecting: (address: string): RequestFields => ({ options: { 'requested-address': address, 'server-identifier': SERVER } }),
  'init-reboot': (address: string): RequestFields => ({ options: { 'requested-address': address } }),
  renewing: (address: string): RequestFields => ({ ciaddr: address }),
  rebinding: (address: string): RequestFields => ({ ciaddr: address }),
}
type Stage = keyof typeof WAYS

/** What A finds; B always holds .101, .102 is set aside, .103 is reserved for somebody else, .50 lies in no pool. */
type Before = 'bound' | 'offered' | 'released' | 'expired' | 'bound elsewhere' | 'unknown'

function prepare(before: Before): World {
  const w = world({
    configuration: configuration({
      pools: [pool('10.53.0.100', '10.53.0.109')],
      hosts: [host('10.53.0.103', { mac: '02:00:00:00:00:99' })],
    }),
  })
  if (before !== 'unknown' && before !== 'offered' && before !== 'bound elsewhere') expect(w.acquire(A)).toBe('10.53.0.100')
  if (before === 'bound elsewhere') expect(w.acquire({ ...A, ...WAYS['init-reboot']('10.53.0.104') })).toBe('10.53.0.104')
  if (before === 'expired') w.clock.advance(3_601_000)
  if (before === 'released') w.exchange('RELEASE', { ...A, ciaddr: '10.53.0.100' })
  if (before === 'offered') expect(w.exchange('DISCOVER', A)[0]?.yiaddr).toBe('10.53.0.100')
  expect(w.acquire({ ...B, ...WAYS['init-reboot']('10.53.0.101') })).toBe('10.53.0.101')
  w.holders.set('10.53.0.102', '02:ee:ee:ee:ee:ee')
  w.exchange('DISCOVER', { mac: '02:00:00:00:00:0c', ...WAYS['init-reboot']('10.53.0.102') })
  return w
}

type Answer = 'ACK' | 'silence' | `NAK ${string}`
const NAK = {
  network: 'NAK the address is not on this network',
  used: 'NAK the address is in use by another client',
  aside: 'NAK the address is set aside because of a conflict',
  reserved: 'NAK the address is reserved for another client',
  pool: 'NAK the address is in no pool',
  other: 'NAK this client has another address',
  server: 'NAK the address is the server itself',
} as const

const ROWS: readonly (readonly [Stage, Before, string, Answer])[] = [
  // SELECTING: an answer to our offer
  ['selecting', 'offered', '10.53.0.100', 'ACK'],
  ['selecting', 'bound', '10.53.0.100', 'ACK'],
  ['selecting', 'unknown', '10.53.0.105', 'ACK'],
  ['selecting', 'unknown', '10.53.0.101', NAK.used],
  ['selecting', 'unknown', '10.53.0.102', NAK.aside],
  ['selecting', 'unknown', '10.53.0.103', NAK.reserved],
  ['selecting', 'unknown', '10.53.0.50', NAK.pool],
  ['selecting', 'unknown', '10.53.0.2', NAK.server],
  ['selecting', 'unknown', '192.0.2.1', NAK.network],
  // INIT-REBOOT: verify a remembered address
  ['init-reboot', 'bound', '10.53.0.100', 'ACK'],
  ['init-reboot', 'released', '10.53.0.100', 'ACK'],
  ['init-reboot', 'expired', '10.53.0.100', 'ACK'],
  ['init-reboot', 'bound', '192.0.2.1', NAK.network],
  ['init-reboot', 'unknown', '192.0.2.1', NAK.network],
  ['init-reboot', 'bound', '10.53.0.105', NAK.other],
  ['init-reboot', 'released', '10.53.0.105', NAK.other],
  ['init-reboot', 'unknown', '10.53.0.105', 'silence'],
  ['init-reboot', 'unknown', '10.53.0.50', 'silence'],
  ['init-reboot', 'bound', '10.53.0.50', NAK.pool],
  ['init-reboot', 'unknown', '10.53.0.101', NAK.used],
  // RENEWING: unicast to us, so we gave it once
  ['renewing', 'bound', '10.53.0.100', 'ACK'],
  ['renewing', 'expired', '10.53.0.100', 'ACK'],
  ['renewing', 'unknown', '10.53.0.105', 'ACK'],
  ['renewing', 'unknown', '10.53.0.101', NAK.used],
  ['renewing', 'unknown', '10.53.0.50', 'silence'],
  ['renewing', 'bound elsewhere', '10.53.0.105', NAK.other],
  // REBINDING: broadcast, perhaps for another server
  ['rebinding', 'bound', '10.53.0.100', 'ACK'],
  ['rebinding', 'released', '10.53.0.100', 'ACK'],
  ['rebinding', 'unknown', '10.53.0.105', 'silence'],
  ['rebinding', 'unknown', '10.53.0.101', NAK.used],
  ['rebinding', 'unknown', '192.0.2.1', NAK.network],
]

describe('RFC 2131 §4.3.2 [H1] REQUEST', () => {
  test.each(ROWS)('%s, %s, for %s: %s', (stage, before, address, answer) => {
    const w = prepare(before)
    const rows = w.commits.length
    const sent = w.exchange('REQUEST', { ...A, ...WAYS[stage](address) }, { target: stage === 'renewing' ? ipv4(SERVER) : BROADCAST })
    const seen = sent.map(reply => (reply.type === 'NAK' ? `NAK ${String(reply.options['message'])}` : reply.type))
    expect(seen).toEqual(answer === 'silence' ? [] : [answer])
    expect(w.commits.length - rows).toBe(answer === 'ACK' ? 1 : 0)
    expect(w.decisions.at(-1)).toMatchObject({ received: 'REQUEST', sent: answer === 'silence' ? 'none' : answer.slice(0, 3), address })
  })

  test('one for another server frees our offer', () => {
    const w = world({ configuration: configuration({ pools: [pool('10.53.0.100', '10.53.0.100')] }) })
    w.exchange('DISCOVER', A)
    expect(w.exchange('REQUEST', { ...A, options: { 'requested-address': '10.53.0.77', 'server-identifier': '10.53.0.3' } })).toEqual([])
    expect(w.lastSteps()).toContain('dhcp.request.other-server')
    expect(w.acquire(B)).toBe('10.53.0.100')
  })

  test('one for another server while we still probe: no offer follows', () => {
    const w = world()
    w.receive(clientMessage('DISCOVER', A))
    w.receive(clientMessage('REQUEST', { ...A, options: { 'requested-address': '10.53.0.77', 'server-identifier': '10.53.0.3' } }))
    w.clock.advance(1000)
    expect(w.sent).toEqual([])
    expect(w.decisions.length).toBe(2)
  })

  test('one without any address is not answered', () => {
    const w = world()
    expect(w.exchange('REQUEST', A)).toEqual([])
    expect(w.lastSteps()).toContain('dhcp.request.no-address')
  })

  test('our offers are in memory only: a server that restarted in between still honours them', () => {
    const first = world()
    first.exchange('DISCOVER', A)
    const second = world({ disk: first.disk, clock: first.clock })
    expect(second.exchange('REQUEST', { ...A, ...WAYS.selecting('10.53.0.100') })[0]?.type).toBe('ACK')
    expect(second.lastSteps()).toContain('dhcp.binding.remade')
  })

  test('§4.4.5 a renewal moves the end and keeps the beginning', () => {
    const w = world()
    w.acquire(A)
    const start = w.disk.get(ipv4('10.53.0.100'))
    w.clock.advance(1_800_000)
    w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.100' }, { target: ipv4(SERVER) })
    const lease = w.disk.get(ipv4('10.53.0.100'))
    expect(lease?.startedAt).toBe(start?.startedAt)
    expect((lease?.renewedAt ?? 0) - (start?.renewedAt ?? 0)).toBeGreaterThanOrEqual(1_800_000)
    expect((lease?.expiresAt ?? 0) - (lease?.renewedAt ?? 0)).toBe(3_600_000)
    expect(w.commits.at(-1)?.map(change => change.because)).toEqual(['dhcp.lease.renewed'])
  })
})

describe('RFC 2131 §3.1 [H4] step 4: on disk before the ACK', () => {
  test('no ACK until the commit has ended, then one', () => {
    const w = world()
    w.exchange('DISCOVER', A)
    w.storage = 'later'
    w.receive(clientMessage('REQUEST', { ...A, ...WAYS.selecting('10.53.0.100') }))
    w.clock.advance(3000)
    expect([w.sent.map(sent => sent.type), w.pending.length]).toEqual([['OFFER'], 1])
    w.pending.shift()?.(true)
    expect(w.sent.map(sent => sent.type)).toEqual(['OFFER', 'ACK'])
  })

  test('a REQUEST repeated meanwhile is neither written again nor answered early', () => {
    const w = world()
    w.exchange('DISCOVER', A)
    w.storage = 'later'
    for (let i = 0; i < 3; i++) w.receive(clientMessage('REQUEST', { ...A, ...WAYS.selecting('10.53.0.100') }))
    expect([w.commits.length, w.sent.length]).toEqual([1, 1])
    w.pending.shift()?.(true)
    expect(w.sent.map(sent => sent.type)).toEqual(['OFFER', 'ACK'])
    expect(w.commits.length).toBe(1)
  })

  test('a renewal waits for the disk too', () => {
    const w = world()
    w.acquire(A)
    w.storage = 'later'
    w.receive(clientMessage('REQUEST', { ...A, ciaddr: '10.53.0.100' }), { target: ipv4(SERVER) })
    expect(w.sent.filter(sent => sent.type === 'ACK').length).toBe(1)
    w.pending.shift()?.(true)
    expect(w.sent.filter(sent => sent.type === 'ACK').length).toBe(2)
  })

  test('while an address is being stored nobody else gets it', () => {
    const w = world({ configuration: configuration({ pools: [pool('10.53.0.100', '10.53.0.100')] }) })
    w.exchange('DISCOVER', A)
    w.storage = 'later'
    w.receive(clientMessage('REQUEST', { ...A, ...WAYS.selecting('10.53.0.100') }))
    w.exchange('DISCOVER', B)
    w.receive(clientMessage('REQUEST', { ...B, ...WAYS.selecting('10.53.0.100') }))
    w.pending.shift()?.(true)
    expect(w.sent.map(sent => [sent.type, sent.message.chaddr[5]])).toEqual([['OFFER', 10], ['ACK', 10], ['NAK', 11]])
  })

  test('storage that fails means no ACK and no binding; the client gets it when storage works again', () => {
    const w = world()
    w.exchange('DISCOVER', A)
    w.storage = 'broken'
    expect(w.exchange('REQUEST', { ...A, ...WAYS.selecting('10.53.0.100') })).toEqual([])
    expect([w.lastSteps().includes('dhcp.storage.failed'), w.server.lease(ipv4('10.53.0.100'))]).toEqual([true, undefined])
    w.storage = 'now'
    expect(w.exchange('REQUEST', { ...A, ...WAYS.selecting('10.53.0.100') })[0]?.type).toBe('ACK')
  })

  test('a renewal that cannot be stored leaves the lease as it was on disk', () => {
    const w = world()
    w.acquire(A)
    const before = w.server.lease(ipv4('10.53.0.100'))
    w.storage = 'broken'
    expect(w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.100' })).toEqual([])
    expect(w.server.lease(ipv4('10.53.0.100'))).toEqual(before)
    w.storage = 'now'
    w.clock.advance(3_600_000)
    expect(w.disk.get(ipv4('10.53.0.100'))?.state).toBe('expired')
  })

  test('a RELEASE that comes while a renewal is being stored is done after it', () => {
    const w = world()
    w.acquire(A)
    w.storage = 'later'
    w.receive(clientMessage('REQUEST', { ...A, ciaddr: '10.53.0.100' }))
    w.receive(clientMessage('RELEASE', { ...A, ciaddr: '10.53.0.100' }), { target: ipv4(SERVER) })
    while (w.pending.length > 0) w.pending.shift()?.(true)
    expect(w.disk.get(ipv4('10.53.0.100'))?.state).toBe('released')
  })
})

describe('RFC 2131 §3.1, §3.2 whole conversations', () => {
  test('figure 3: a new client', () => {
    const w = world()
    const offer = w.exchange('DISCOVER', A)[0]
    const ack = w.exchange('REQUEST', { ...A, ...WAYS.selecting(offer?.yiaddr ?? '') })[0]
    expect([offer?.type, ack?.type, ack?.yiaddr]).toEqual(['OFFER', 'ACK', '10.53.0.100'])
    // §4.3.2: the parameters of the ACK are those of the OFFER.
    expect({ ...ack?.options, 'message-type': 0 }).toEqual({ ...offer?.options, 'message-type': 0 })
    w.exchange('RELEASE', { ...A, ciaddr: '10.53.0.100' }, { target: ipv4(SERVER) })
    expect(w.disk.get(ipv4('10.53.0.100'))).toMatchObject({ state: 'released', publishedName: undefined })
  })

  test('figure 4: a client that reboots', () => {
    const w = world()
    w.acquire(A)
    expect(w.exchange('REQUEST', { ...A, ...WAYS['init-reboot']('10.53.0.100') })[0]?.type).toBe('ACK')
    expect(w.probes).toEqual(['10.53.0.100'])
  })

  test('§4.4.5 bound, renewing, rebinding, expired', () => {
    const w = world()
    w.acquire(A)
    w.clock.advance(1_800_000)
    expect(w.exchange('REQUEST', { ...A, ...WAYS.renewing('10.53.0.100') }, { target: ipv4(SERVER) })[0]?.type).toBe('ACK')
    w.clock.advance(3_150_000)
    expect(w.exchange('REQUEST', { ...A, ...WAYS.rebinding('10.53.0.100') })[0]?.type).toBe('ACK')
    w.clock.advance(3_600_000)
    expect(w.disk.get(ipv4('10.53.0.100'))?.state).toBe('expired')
  })
})
