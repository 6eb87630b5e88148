import { describe, expect, test } from 'vitest'
import { formatIpv4 } from '../../../stack/index.ts'
import { toHex } from '../../../stack/platform/index.ts'
import { answerLeaseQuery } from '../../../services/dhcp/lease-query.ts'
import { NOON, lease } from '../../support/leases.ts'
import { optionsOf, question, view } from '../../support/lease-query.ts'
import type { Asked } from '../../support/lease-query.ts'

const A = '02:00:00:00:00:0a'
const leases = [
  lease('10.53.0.100', { mac: A, clientId: '01020000000a', hostName: 'alpha', relayInformation: '010465746837' }),
  lease('10.53.0.101', { mac: A, renewedAt: NOON + 60_000, expiresAt: NOON + 3_660_000 }),
  lease('10.53.0.102', { mac: '02:00:00:00:00:0b', state: 'released', expiresAt: NOON }),
  lease('10.53.0.103', { mac: '02:00:00:00:00:0c', expiresAt: undefined }),
]
const ask = (asked: Asked): ReturnType<typeof answerLeaseQuery> => answerLeaseQuery(question('LEASEQUERY', asked), view(leases))
const EVERYTHING = [55, '333a3b3d5b5c52'] as const

describe('RFC 4388 §6.4.2 which answer', () => {
  test.each([
    ['by address, bound', { ciaddr: '10.53.0.100' }, 'LEASEACTIVE', '10.53.0.100'],
    ['by address, given back', { ciaddr: '10.53.0.102' }, 'LEASEUNASSIGNED', '10.53.0.102'],
    ['by address, never given', { ciaddr: '10.53.0.199' }, 'LEASEUNASSIGNED', '10.53.0.199'],
    ['by address, not ours', { ciaddr: '192.0.2.1' }, 'LEASEUNKNOWN', '192.0.2.1'],
    ['by hardware address: the latest', { mac: A }, 'LEASEACTIVE', '10.53.0.101'],
    ['by hardware address, given back', { mac: '02:00:00:00:00:0b' }, 'LEASEUNKNOWN', '0.0.0.0'],
    ['by client identifier', { options: [[61, '01020000000a']] }, 'LEASEACTIVE', '10.53.0.100'],
    ['by client identifier, unknown', { options: [[61, 'ff']] }, 'LEASEUNKNOWN', '0.0.0.0'],
  ] as const)('%s', (_name, asked, type, ciaddr) => {
    const answer = ask(asked)
    expect([answer?.type, formatIpv4(answer?.ciaddr ?? -1)]).toEqual([type, ciaddr])
  })

  test.each([
    ['§6.2 address and hardware address', { ciaddr: '10.53.0.100', mac: A }],
    ['§6.2 hardware address and client identifier', { mac: A, options: [[61, '01']] }],
    ['§6.2 nothing', {}],
  ] as const)('malformed, no answer: %s', (_name, asked) => {
    expect(ask(asked)).toBeUndefined()
  })
})

describe('RFC 4388 §6.4.2 what the answer says', () => {
  test('the client, what is left of the lease, T1 and T2, when it last spoke, and what its relay said', () => {
    const answer = ask({ ciaddr: '10.53.0.100', options: [EVERYTHING] })
    expect([answer?.hardwareType, toHex(answer?.hardware ?? new Uint8Array(0))]).toEqual([1, '02000000000a'])
    expect(optionsOf(answer)).toEqual({
      'message-type': 13,
      'server-identifier': '10.53.0.2',
      'lease-time': 2700,
      'renewal-time': 900,
      'rebinding-time': 2250,
      'client-identifier': '01020000000a',
      'client-last-transaction-time': 900,
      'relay-agent-information': { 'circuit-id': '65746837' },
    })
  })

  test('only what is asked for', () => {
    expect(Object.keys(optionsOf(ask({ ciaddr: '10.53.0.100', options: [[55, '33']] })))).toEqual(['message-type', 'server-identifier', 'lease-time'])
  })

  test('§6.1 other addresses of the client, when asked for and there are some', () => {
    expect(optionsOf(ask({ mac: A, options: [[55, '5c']] }))['associated-addresses']).toEqual(['10.53.0.100', '10.53.0.101'])
    expect(optionsOf(ask({ mac: A, options: [[55, '33']] }))['associated-addresses']).toBeUndefined()
    expect(optionsOf(ask({ ciaddr: '10.53.0.100', options: [[55, '5c']] }))['associated-addresses']).toBeUndefined()
  })

  test('a lease for ever has no T1 and T2', () => {
    expect(optionsOf(ask({ ciaddr: '10.53.0.103', options: [EVERYTHING] }))).toMatchObject({ 'lease-time': 4_294_967_295 })
    expect(optionsOf(ask({ ciaddr: '10.53.0.103', options: [EVERYTHING] }))['renewal-time']).toBeUndefined()
  })
})
