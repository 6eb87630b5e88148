import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { localWorld } from '../../support/dhcp-policy.ts'

const A = { mac: '02:00:00:00:00:0a', options: { 'rapid-commit': true, 'host-name': 'alpha' } }
const ADDRESS = ipv4('10.53.0.100')

describe('RFC 4039 §3.1 a DISCOVER with option 80', () => {
  test('is answered by an ACK with option 80, when the lease is on disk', () => {
    const w = localWorld({ policy: { rapidCommit: true } })
    w.storage = 'later'
    expect(w.exchange('DISCOVER', A)).toEqual([])
    w.pending.shift()?.(true)
    expect(w.sent.map(sent => [sent.type, sent.yiaddr, sent.options['rapid-commit'], sent.options['lease-time']])).toEqual([['ACK', '10.53.0.100', true, 3600]])
    expect(w.disk.get(ADDRESS)).toMatchObject({ state: 'bound', publishedName: 'alpha.lab.internal' })
  })

  test('is answered by an OFFER without it, where the policy does not allow it', () => {
    const w = localWorld()
    expect(w.exchange('DISCOVER', A).map(sent => [sent.type, sent.options['rapid-commit']])).toEqual([['OFFER', undefined]])
    expect(w.disk.size).toBe(0)
  })

  test('§4 without option 80 it is answered by an OFFER, also where it is allowed', () => {
    const w = localWorld({ policy: { rapidCommit: true } })
    expect(w.exchange('DISCOVER', { mac: A.mac }).map(sent => sent.type)).toEqual(['OFFER'])
  })

  test('the address is probed before', () => {
    const w = localWorld({ policy: { rapidCommit: true } })
    w.holders.set('10.53.0.100', '02:00:00:00:00:99')
    expect(w.exchange('DISCOVER', A).map(sent => [sent.type, sent.yiaddr])).toEqual([['ACK', '10.53.0.101']])
  })

  test('a repeated one gets the same address, renewed', () => {
    const w = localWorld({ policy: { rapidCommit: true } })
    w.exchange('DISCOVER', A)
    expect(w.exchange('DISCOVER', A).map(sent => [sent.type, sent.yiaddr])).toEqual([['ACK', '10.53.0.100']])
    expect([...w.disk.values()].filter(lease => lease.state === 'bound').length).toBe(1)
  })

  test('what cannot be stored is not acknowledged', () => {
    const w = localWorld({ policy: { rapidCommit: true } })
    w.storage = 'broken'
    expect(w.exchange('DISCOVER', A)).toEqual([])
    expect(w.lastSteps().at(-1)).toBe('dhcp.storage.failed')
  })

  test('a malformed option 80 is none', () => {
    const w = localWorld({ policy: { rapidCommit: true } })
    expect(w.exchange('DISCOVER', { mac: A.mac, raw: [[80, '00']] }).map(sent => sent.type)).toEqual(['OFFER'])
  })
})
