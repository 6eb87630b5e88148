import { describe, expect, test } from 'vitest'
import { ipv4, mac } from '../../../stack/index.ts'
import { DECLINES_PER_CLIENT } from '../../../services/dhcp/decline-limits.ts'
import { FRESH_MS } from '../../../services/dhcp/observed-addresses.ts'
import type { World } from '../../support/dhcp-bench.ts'
import { RELAY, localWorld, relayedWorld } from '../../support/dhcp-policy.ts'

const A = { mac: '02:00:00:00:00:0a' }
const STRANGER = '02:00:00:00:00:99'
const ADDRESS = ipv4('10.53.0.100')
const VIA = { sourcePort: 67, source: ipv4(RELAY), target: ipv4('10.53.0.2') }
const hear = (w: World, address: string, from: string): void => w.server.neighbourHeard('lan0', ipv4(address), mac(from), 0)
const declined = (address: string): { mac: string; options: { 'requested-address': string } } => ({ ...A, options: { 'requested-address': address } })

describe('RFC 5227 §2.1.1 and RFC 2131 §2.2 addresses that strangers were heard to use', () => {
  test('are not offered, and a decision names the stranger once', () => {
    const w = localWorld()
    hear(w, '10.53.0.100', STRANGER)
    hear(w, '10.53.0.100', STRANGER)
    expect(w.decisions.map(d => [d.received, d.mac, d.steps[0]?.[0]])).toEqual([['ARP', STRANGER, 'dhcp.address.seen-in-use']])
    expect(w.told).toEqual([['dhcp.address.seen-in-use', { address: '10.53.0.100', holder: STRANGER }]])
    expect(w.acquire(A)).toBe('10.53.0.101')
    expect(w.server.counters.get('addresses-seen-in-use')).toBe(1)
  })

  test('a flood of made-up packets is counted, not told without end', () => {
    const w = localWorld()
    for (let i = 0; i < 1000; i++) hear(w, `10.53.0.${100 + (i % 10)}`, `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`)
    expect([w.server.counters.get('addresses-seen-in-use'), w.told.length, w.decisions.length]).toEqual([1000, 64, 64])
  })

  test('not even when asked for, with the reason', () => {
    const w = localWorld()
    hear(w, '10.53.0.105', STRANGER)
    expect(w.acquire({ ...A, options: { 'requested-address': '10.53.0.105' } })).toBe('10.53.0.100')
    expect(w.decisions.some(d => d.steps.some(([id, facts]) => id === 'dhcp.address.passed-over' && String(facts['because']).includes(STRANGER)))).toBe(true)
  })

  test('except to the stranger itself, who asks for a lease at last', () => {
    const w = localWorld()
    hear(w, '10.53.0.105', STRANGER)
    expect(w.acquire({ mac: STRANGER, options: { 'requested-address': '10.53.0.105' } })).toBe('10.53.0.105')
  })

  test('again when nothing was heard of them for a while', () => {
    const w = localWorld()
    hear(w, '10.53.0.100', STRANGER)
    w.clock.advance(FRESH_MS)
    expect(w.acquire(A)).toBe('10.53.0.100')
  })

  test.each([
    ['outside the pools', '10.53.0.20'],
    ['outside our subnets', '192.0.2.1'],
  ])('an address %s is nobody\'s business', (_name, address) => {
    const w = localWorld()
    hear(w, address, STRANGER)
    expect(w.decisions).toEqual([])
  })

  test('an ARP packet of another link shows nothing', () => {
    const w = localWorld()
    w.server.neighbourHeard('lan1', ADDRESS, mac(STRANGER), 0)
    expect([w.told, w.acquire(A)]).toEqual([[], '10.53.0.100'])
  })

  test('the holder of a lease, and the last one, are no strangers', () => {
    const w = localWorld()
    w.acquire(A)
    hear(w, '10.53.0.100', A.mac)
    w.exchange('RELEASE', { ...A, ciaddr: '10.53.0.100' })
    const told = w.decisions.length
    hear(w, '10.53.0.100', A.mac)
    expect([w.decisions.length, w.acquire(A)]).toEqual([told, '10.53.0.100'])
  })
})

describe('RFC 2131 §4.3.3 DECLINE: who has the address', () => {
  test('ARP is asked, and row and decision name the holder', () => {
    const w = localWorld()
    w.acquire(A)
    w.holders.set('10.53.0.100', STRANGER)
    w.exchange('DECLINE', declined('10.53.0.100'))
    expect(w.disk.get(ADDRESS)).toMatchObject({ state: 'declined', mac: STRANGER, clientId: undefined })
    expect(w.decisions.at(-1)?.steps.at(-1)).toEqual(['dhcp.decline.holder', { address: '10.53.0.100', holder: STRANGER }])
    expect(w.commits.at(-1)?.[0]?.because).toBe('dhcp.decline.holder')
  })

  test('nobody answers: it stays set aside, and the row names who declined', () => {
    const w = localWorld()
    w.acquire(A)
    w.exchange('DECLINE', declined('10.53.0.100'))
    expect([w.disk.get(ADDRESS)?.mac, w.lastSteps().at(-1)]).toEqual([A.mac, 'dhcp.decline.holder-unknown'])
  })

  test('a storm of DECLINEs sets a few addresses aside, not the pool', () => {
    const w = localWorld()
    for (let i = 0; i < 10; i++) {
      const address = w.acquire(A)
      if (address !== undefined) w.exchange('DECLINE', declined(address))
    }
    expect([...w.disk.values()].filter(lease => lease.state === 'declined').length).toBe(DECLINES_PER_CLIENT)
    expect([w.server.counters.get('declines-limited'), w.acquire({ mac: '02:00:00:00:00:0b' })]).toEqual([10 - DECLINES_PER_CLIENT, expect.stringMatching(/^10\.53\.0\./)])
  })

  test('what one does not hold does not use up what one may decline', () => {
    const w = localWorld()
    for (let i = 0; i < 10; i++) w.exchange('DECLINE', declined('10.53.0.105'))
    const address = w.acquire(A) ?? ''
    w.exchange('DECLINE', declined(address))
    expect(w.disk.get(ipv4(address))?.state).toBe('declined')
  })
})

describe('RFC 2131 §2.2 probes behind a relay, by ICMP echo', () => {
  const relayed = { ...A, giaddr: RELAY }

  test('only where the policy asks for it', () => {
    const w = relayedWorld()
    expect(w.exchange('DISCOVER', relayed, VIA)[0]?.yiaddr).toBe('10.60.0.100')
    expect([w.pings, w.probes]).toEqual([[], []])
  })

  test('an address that answers is set aside, the next one is offered', () => {
    const w = relayedWorld({ probe: 'arp-and-icmp' })
    w.holders.set('10.60.0.100', STRANGER)
    expect(w.exchange('DISCOVER', relayed, VIA)[0]?.yiaddr).toBe('10.60.0.101')
    expect([w.pings, w.probes]).toEqual([['10.60.0.100', '10.60.0.101'], []])
    expect(w.disk.get(ipv4('10.60.0.100'))?.state).toBe('declined')
    expect(w.lastSteps()).toContain('dhcp.probe.pinged-in-use')
  })

  test('not for the client that holds the lease', () => {
    const w = relayedWorld({ probe: 'arp-and-icmp' })
    w.acquire(relayed)
    w.pings.length = 0
    w.exchange('DISCOVER', relayed, VIA)
    expect(w.pings).toEqual([])
  })

  test('none at all where probing is off', () => {
    const w = localWorld({ policy: { probe: 'none' } })
    w.exchange('DISCOVER', A)
    expect([w.probes, w.lastSteps()]).toEqual([[], expect.arrayContaining(['dhcp.probe.skipped'])])
  })
})
