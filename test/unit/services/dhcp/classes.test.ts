/** Classes at work: what members get, which pools they may use, who gets nothing. */
import { describe, expect, test } from 'vitest'
import { DEFAULT_POLICY, EMPTY_LEVEL } from '../../../../services/model/index.ts'
import type { ClientClass, DhcpConfiguration } from '../../../../services/model/index.ts'
import { configuration, host, pool, segment, world } from '../../../support/dhcp-bench.ts'
import type { RequestFields } from '../../../support/dhcp-bench.ts'

const A: RequestFields = { mac: '00:16:3e:00:00:0a' }
const RANDOM: RequestFields = { mac: '02:00:00:00:00:0b' }
const PXE: RequestFields = { mac: '00:16:3e:00:00:0c', options: { 'vendor-class': 'PXEClient:Arch:00007' } }

const cls = (name: string, test: string | undefined, change: Partial<ClientClass> = {}): ClientClass => ({
  id: 1, name, priority: 100, test, denied: false, leaseLimit: undefined, level: EMPTY_LEVEL, ...change,
})
const pxe = (change: Partial<ClientClass> = {}): ClientClass => cls('pxe', 'vendor-class starts-with "PXEClient"', change)
const ntp = (last: number) => ({ ...EMPTY_LEVEL, options: { 'ntp-servers': [`10.0.0.${last}`] } })
const with_ = (change: Partial<DhcpConfiguration>) => world({ configuration: configuration(change) })

describe('what a class says', () => {
  test('goes to its members and to nobody else', () => {
    const w = with_({ classes: [pxe({ level: ntp(1) })] })
    expect(w.exchange('DISCOVER', PXE)[0]?.options['ntp-servers']).toEqual(['10.0.0.1'])
    expect(w.lastSteps()).toContain('dhcp.class.matched')
    expect(w.exchange('DISCOVER', A)[0]?.options['ntp-servers']).toBeUndefined()
  })

  test('counts over the pool and under the host; of several classes the first by priority, then by age', () => {
    const pools = [pool('10.53.0.100', '10.53.0.109', { level: ntp(9) })]
    const classes = [pxe({ level: ntp(1), priority: 5 }), cls('any', 'all', { id: 2, level: ntp(2), priority: 3 }), cls('any-too', 'all', { id: 3, level: ntp(3), priority: 3 })]
    expect(with_({ pools, classes }).exchange('DISCOVER', PXE)[0]?.options['ntp-servers']).toEqual(['10.0.0.2'])
    const hosts = [host('10.53.0.50', { mac: '00:16:3e:00:00:0c', level: ntp(4) })]
    expect(with_({ pools, classes, hosts }).exchange('DISCOVER', PXE)[0]?.options['ntp-servers']).toEqual(['10.0.0.4'])
  })

  test('goes to hosts that are put in it, whatever they send', () => {
    const hosts = [host('10.53.0.50', { mac: '00:16:3e:00:00:0a', classes: ['vip'] })]
    const w = with_({ classes: [cls('vip', undefined, { level: ntp(1) })], hosts })
    expect(w.exchange('DISCOVER', A)[0]?.options['ntp-servers']).toEqual(['10.0.0.1'])
    expect(w.exchange('DISCOVER', PXE)[0]?.options['ntp-servers']).toBeUndefined()
  })
})

describe('pools for classes', () => {
  const two = (first: Parameters<typeof pool>[2], second: Parameters<typeof pool>[2]) =>
    [pool('10.53.0.100', '10.53.0.101', first), pool('10.53.0.200', '10.53.0.201', { id: 2, ...second })]

  test('a small pool with short leases for random hardware addresses', () => {
    const short = { ...EMPTY_LEVEL, leaseTimes: { maxSeconds: 300 } }
    const w = with_({ pools: two({ deny: ['random-mac'] }, { allow: ['random-mac'], level: short }) })
    expect(w.acquire(RANDOM)).toBe('10.53.0.200')
    expect(w.sent.at(-1)?.options['lease-time']).toBe(300)
    expect(w.acquire(A)).toBe('10.53.0.100')
    expect(w.sent.at(-1)?.options['lease-time']).toBe(3600)
  })

  test('when what a client may use is full it gets nothing, though there is room for others', () => {
    const w = with_({ pools: two({ allow: ['pxe'] }, { allow: ['random-mac'] }), classes: [pxe()] })
    expect([w.acquire(PXE), w.acquire(A)]).toEqual(['10.53.0.100', undefined])
    expect(w.lastSteps().at(-1)).toBe('dhcp.pool.exhausted')
  })

  test('an address of a pool for others is not given for the asking, and is taken back at the renewal', () => {
    const w = with_({ pools: two({}, {}) })
    const asks = { ...A, options: { 'requested-address': '10.53.0.200' } }
    expect(w.acquire(asks)).toBe('10.53.0.200')
    w.server.configure(configuration({ pools: two({}, { allow: ['pxe'] }), classes: [pxe()] }))
    expect(w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.200' })[0]?.type).toBe('NAK')
    expect(w.acquire(asks)).toBe('10.53.0.100')
  })

  test('known and unknown clients', () => {
    const hosts = [host('10.53.0.50', { mac: '00:16:3e:00:00:0a', addresses: [] })]
    const w = with_({ pools: two({ allow: ['known'] }, { allow: ['unknown'] }), hosts })
    expect([w.acquire(A), w.acquire(PXE)]).toEqual(['10.53.0.100', '10.53.0.200'])
  })
})

describe('who gets no address', () => {
  const denied = { hosts: [host('10.53.0.50', { mac: '00:16:3e:00:00:0a', denied: true, addresses: [] })] }
  test.each<[string, Partial<DhcpConfiguration>, RequestFields, boolean]>([
    ['a host that is denied', denied, A, false],
    ['others beside it', denied, PXE, true],
    ['a member of a class that is denied', { classes: [pxe({ denied: true })] }, PXE, false],
    ['others beside that', { classes: [pxe({ denied: true })] }, A, true],
    ['an unknown client where only known ones are served', { segments: [segment(1, { policy: { ...DEFAULT_POLICY, knownOnly: true } })] }, A, false],
    ['a known one there', { segments: [segment(1, { policy: { ...DEFAULT_POLICY, knownOnly: true } })], hosts: [host('10.53.0.50', { mac: '00:16:3e:00:00:0a' })] }, A, true],
    ['anybody on a segment that is off', { segments: [segment(1, { policy: { ...DEFAULT_POLICY, mode: 'off' } })] }, A, false],
  ])('%s: %s', (_what, change, fields, served) => {
    const w = with_(change)
    expect(w.acquire(fields) !== undefined).toBe(served)
    if (!served) expect(w.lastSteps().at(-1)).toMatch(/^dhcp\.(client\.denied|segment\.not-served)$/)
  })

  test('one that is denied while it holds a lease hears NAK at its renewal, may release, and gets no settings', () => {
    const w = with_({})
    expect(w.acquire(A)).toBe('10.53.0.100')
    w.server.configure(configuration(denied))
    expect(w.exchange('REQUEST', { ...A, ciaddr: '10.53.0.100' })[0]?.type).toBe('NAK')
    expect(w.exchange('INFORM', { ...A, ciaddr: '10.53.0.100' })).toEqual([])
    w.exchange('RELEASE', { ...A, ciaddr: '10.53.0.100' })
    expect([...w.disk.values()].map((lease) => lease.state)).toEqual(['released'])
  })
})

describe('RFC 2131 §4.3.2 a server that is not authoritative', () => {
  const quiet = { segments: [segment(1, { policy: { ...DEFAULT_POLICY, authoritative: false } })] }
  const init = (address: string): RequestFields => ({ ...A, options: { 'requested-address': address } })

  test('leaves a client without record alone that reboots with a foreign address; an authoritative one says NAK', () => {
    expect(with_(quiet).exchange('REQUEST', init('192.0.2.7'))).toEqual([])
    expect(with_({}).exchange('REQUEST', init('192.0.2.7'))[0]?.type).toBe('NAK')
  })

  test('says NAK to a client that it has a record of', () => {
    const w = with_(quiet)
    w.acquire(A)
    expect(w.exchange('REQUEST', init('192.0.2.7'))[0]?.type).toBe('NAK')
  })
})
