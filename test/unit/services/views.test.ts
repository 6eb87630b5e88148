/** From the model to JSON: addresses are text, times RFC 3339, what is absent null. */
import { describe, expect, test } from 'vitest'
import { holdingView, leaseView, ownerText, poolSize, recordChangeView, recordView, timeText, zoneView } from '../../../services/views.ts'
import { ipv4 } from '../../../stack/index.ts'
import { FORWARD, lease, leaseRecord, NOON, record } from '../../support/leases.ts'

test('times', () => {
  expect([timeText(0), timeText(NOON + 7)]).toEqual(['1970-01-01T00:00:00.000Z', '2026-01-01T12:00:00.007Z'])
})

test.each([
  [{ kind: 'hand' } as const, 'hand'],
  [{ kind: 'system' } as const, 'system'],
  [{ kind: 'file' } as const, 'file'],
  [{ kind: 'transfer' } as const, 'transfer'],
  [{ kind: 'catalog' } as const, 'catalog'],
  [{ kind: 'update', key: 'phone.lab.internal' } as const, 'update phone.lab.internal'],
  [{ kind: 'lease', address: '10.53.0.100' } as const, 'lease 10.53.0.100'],
])('owner %j', (owner, text) => {
  expect(ownerText(owner)).toBe(text)
})

test.each([
  ['10.53.0.1', '10.53.0.1', 1],
  ['127.255.255.255', '128.0.0.0', 2],
  ['0.0.0.0', '255.255.255.255', 4_294_967_296],
])('a pool from %s to %s has %i addresses', (first, last, size) => {
  expect(poolSize({ first: ipv4(first), last: ipv4(last) })).toBe(size)
})

describe('no undefined gets into a view', () => {
  const whole = { ...record(7, 'www.lab.internal', 'A', '10.53.0.20'), comment: undefined }
  test.each<[string, object]>([
    ['lease', leaseView(lease('192.168.7.1', { expiresAt: undefined }), () => undefined)],
    ['lease with an identifier', leaseView(lease('192.168.7.1', { clientId: '01020000000001' }), () => undefined)],
    ['holding', holdingView({ id: 1, address: ipv4('10.53.0.1'), mac: 'm', clientId: undefined, hostName: undefined, from: NOON, to: undefined, ended: undefined })],
    ['zone', zoneView(FORWARD, 2, 'primary')],
    ['record', recordView(whole, 'lab.internal')],
    ['record change', recordChangeView({ ...leaseRecord(1, 'a.lab.internal', 'A', '10.53.0.1', '10.53.0.1'), at: NOON, serial: 4, action: 'add', author: undefined })],
  ])('%s', (_what, view) => {
    expect(Object.entries(view).filter(([, value]) => value === undefined)).toEqual([])
    expect(JSON.parse(JSON.stringify(view))).toEqual(view)
  })
})

test.each([
  [undefined, null],
  ['01020000000001', 'Ethernet 02:00:00:00:00:01'],
  ['ff0000000100030001020000000001', 'IAID 00000001, DUID-LL Ethernet 02:00:00:00:00:01'],
])('RFC 4361 a lease says what its client identifier %s means', (clientId, text) => {
  expect(leaseView(lease('192.168.7.1', { clientId }), () => undefined).clientIdText).toBe(text)
})
