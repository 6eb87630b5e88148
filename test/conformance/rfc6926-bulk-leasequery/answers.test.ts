import { describe, expect, test } from 'vitest'
import { formatIpv4 } from '../../../stack/index.ts'
import { answerBulkLeaseQuery, notAllowed } from '../../../services/dhcp/lease-query.ts'
import { NOON, lease } from '../../support/leases.ts'
import { optionsOf, question, view } from '../../support/lease-query.ts'
import type { Asked } from '../../support/lease-query.ts'

const A = '02:00:00:00:00:0a'
const leases = [
  // circuit 65746837, remote 0a, relay 0003
  lease('10.53.0.100', { mac: A, clientId: '01020000000a', relayInformation: '010465746837' + '02010a' + '0c020003' }),
  lease('10.53.0.101', { mac: A, startedAt: NOON + 60_000, relayInformation: '02010b' }),
  lease('10.53.0.102', { mac: '02:00:00:00:00:0b', state: 'released', expiresAt: NOON + 120_000 }),
  lease('10.53.0.103', { mac: '02:00:00:00:00:0c', state: 'declined' }),
]
const seconds = (offset: number): string => (NOON / 1000 + offset).toString(16).padStart(8, '0')

function ask(asked: Asked): readonly string[] {
  const answers = [...answerBulkLeaseQuery(question('BULKLEASEQUERY', asked), view(leases))].filter(answer => answer !== undefined)
  return answers.map(answer => {
    const status = optionsOf(answer)['status-code'] as { readonly status: number } | undefined
    return answer.type === 'LEASEQUERYDONE' ? `done ${status?.status ?? 0}` : `${formatIpv4(answer.ciaddr)} ${String(optionsOf(answer)['dhcp-state'])}`
  })
}

describe('RFC 6926 §7.2 and §8.1 questions', () => {
  test.each([
    ['§7.2.6 all: active 2, released 4, abandoned 5', {}, ['10.53.0.100 2', '10.53.0.101 2', '10.53.0.102 4', '10.53.0.103 5', 'done 0']],
    ['by hardware address', { mac: A }, ['10.53.0.100 2', '10.53.0.101 2', 'done 0']],
    ['by client identifier', { options: [[61, '01020000000a']] }, ['10.53.0.100 2', 'done 0']],
    ['by remote identifier', { options: [[82, '02010b']] }, ['10.53.0.101 2', 'done 0']],
    ['by relay identifier', { options: [[82, '0c020003']] }, ['10.53.0.100 2', 'done 0']],
    ['by both, of which one differs', { options: [[82, '0c020003' + '02010b']] }, ['done 0']],
    ['nobody', { mac: '02:00:00:00:00:ff' }, ['done 0']],
    ['since', { options: [[154, seconds(61)]] }, ['10.53.0.102 4', 'done 0']],
    ['until', { options: [[155, seconds(59)]] }, ['10.53.0.100 2', '10.53.0.103 5', 'done 0']],
    ['a window', { options: [[154, seconds(30)], [155, seconds(90)]] }, ['10.53.0.101 2', 'done 0']],
    ['a window that ends before it begins', { options: [[154, seconds(90)], [155, seconds(30)]] }, ['done 3']],
    ['by address, which is none of bulk', { ciaddr: '10.53.0.100' }, ['done 3']],
    ['in two ways', { mac: A, options: [[61, '01']] }, ['done 3']],
  ] as const)('%s', (_name, asked, answers) => {
    expect(ask(asked)).toEqual(answers)
  })
})

describe('RFC 6926 §6.2 options of answers', () => {
  test('the present, and since when the lease is what it is', () => {
    const [answer] = [...answerBulkLeaseQuery(question('BULKLEASEQUERY', { mac: A }), view(leases))]
    expect(optionsOf(answer)).toMatchObject({
      'message-type': 13, 'base-time': NOON / 1000 + 900, 'start-time-of-state': 900, 'dhcp-state': 2,
    })
  })

  test('§8.2 who may not ask is told so', () => {
    expect(optionsOf(notAllowed(view(leases)))['status-code']).toMatchObject({ status: 4 })
  })
})
