/** Leases of other servers, in the table and in the store, and what is said of the lines that are not taken. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LEASE_EXPORTS, leaseHeader, leaseLine } from '../../../../../services/index.ts'
import type { LeaseFormat, LeaseView } from '../../../../../services/index.ts'
import { readLeases } from '../../../../../services/dhcp/index.ts'
import { done, startAppliance } from '../../../../support/running-appliance.ts'
import { ROOT } from '../../../../support/source-tree.ts'

const file = (name: string): string => readFileSync(join(ROOT, 'test/fixtures/leases', name), 'utf8')
const FILES: readonly (readonly [LeaseFormat, string])[] = [
  ['dnsmasq', file('dnsmasq.leases')],
  ['kea', file('kea-leases4.csv')],
  ['isc', file('dhcpd.leases')],
  ['csv', file('leases.csv')],
]
const ALL = { limit: 100, after: undefined } as const
const NOTES: { readonly [format in LeaseFormat]: readonly string[] } = {
  dnsmasq: [
    '4: 10.99.0.1 is an address of no subnet', '5: line 1 has this address too', '6: "nonsense" is no hardware address', '7: "10.53.0.999" is no address',
    '8: the name "bad_name" was left out', '9: a line of DHCPv6 was not taken over', '10: this is no line of a leases file',
  ],
  kea: ['6: a declined address was not taken over'],
  isc: ['9: an abandoned address was not taken over'],
  csv: ['5: "tomorrow" is no time', '6: the client identifier is not hexadecimal', '7: the client of 10.53.0.106 has another lease in this segment'],
}

describe.each(FILES)('%s', (format, text) => {
  test('leases that last are bound, those that have ended are kept', async () => {
    const running = startAppliance()
    const { taken, notes } = await done(running.services.leases.importLeases(format, text, false))
    const { items } = await done(running.services.leases.listLeases({}, ALL))
    expect(items.map(({ address, state, mac, clientId, hostName, expiresAt }) => [address, state, mac, clientId, hostName, expiresAt === null])).toEqual([
      ['10.53.0.101', 'bound', '02:00:00:00:00:01', '01020000000001', 'printer', false],
      ['10.53.0.102', 'bound', '02:00:00:00:00:02', null, null, true],
      ['10.53.0.103', 'expired', '02:00:00:00:00:03', null, 'old', false],
      ...(format === 'kea' ? [['10.53.0.105', 'expired', '02:00:00:00:00:05', null, null, false]] : []),
      ...(format === 'dnsmasq' ? [['10.53.0.107', 'bound', '02:00:00:00:00:07', null, null, false]] : []),
    ])
    expect(taken).toBe(items.length)
    expect(notes.map(({ line, problem }) => `${line}: ${problem}`)).toEqual(NOTES[format])
  })

  test('a dry run takes nothing and says the same', async () => {
    const { services } = startAppliance()
    const dry = await done(services.leases.importLeases(format, text, true))
    expect((await done(services.leases.listLeases({}, ALL))).items).toEqual([])
    expect(await done(services.leases.importLeases(format, text, false))).toEqual({ ...dry, dryRun: false })
  })

  test('a second time, everything is held or known already', async () => {
    const { services } = startAppliance()
    const first = await done(services.leases.importLeases(format, text, false))
    const again = await done(services.leases.importLeases(format, text, false))
    expect(again.taken).toBe(0)
    expect(again.notes.length).toBe(first.notes.length + first.taken)
  })
})

describe('what a lease that is taken becomes', () => {
  const HEAD = 'address,mac,client-id,hostname,expiry'
  const bring = async (...lines: readonly string[]) => {
    const running = startAppliance()
    await done(running.services.dhcp.add('hosts', {
      name: 'printer', addresses: ['10.53.0.20'], identifiers: [{ kind: 'mac', value: '02:00:00:00:00:14' }], classes: [], denied: false, tags: [], comment: null,
      options: {}, leaseSeconds: null, minLeaseSeconds: null, maxLeaseSeconds: null, renewSeconds: null, rebindSeconds: null, nextServer: null, serverName: null, bootFile: null,
    }))
    await done(running.services.dns.addRecord('lab.internal', { name: 'www', type: 'A', ttl: 60, data: '10.53.0.9', comment: null }))
    const { notes } = await done(running.services.leases.importLeases('csv', [HEAD, ...lines].join('\n'), false))
    const { items } = await done(running.services.leases.listLeases({}, ALL))
    return { notes: notes.map(({ line, problem }) => `${line}: ${problem}`), names: items.map(({ address, name, hostId }) => [address, name, hostId]) }
  }

  test('it has its name in DNS at once', async () => {
    expect(await bring('10.53.0.101,02:00:00:00:00:01,,Ant,', '10.53.0.102,02:00:00:00:00:02,,,')).toEqual({ notes: [], names: [['10.53.0.101', 'ant.lab.internal', null], ['10.53.0.102', null, null]] })
  })

  test('the host entry of its client gives it its name, and it is the entry\'s lease', async () => {
    expect((await bring('10.53.0.20,02:00:00:00:00:14,,whatever,')).names).toEqual([['10.53.0.20', 'printer.lab.internal', 1]])
  })

  test('an address that is reserved for another is left to its client, and told', async () => {
    const { notes, names } = await bring('10.53.0.20,02:00:00:00:00:01,,ant,')
    expect([notes, names]).toEqual([['2: 10.53.0.20 is reserved for host 1 (printer)'], [['10.53.0.20', 'ant.lab.internal', null]]])
  })

  test('a name that a record has, or that comes twice, is told', async () => {
    const { notes, names } = await bring('10.53.0.101,02:00:00:00:00:01,,www,', '10.53.0.102,02:00:00:00:00:02,,ant,', '10.53.0.103,02:00:00:00:00:03,,ant,')
    expect(names).toEqual([['10.53.0.101', null, null], ['10.53.0.102', 'ant.lab.internal', null], ['10.53.0.103', null, null]])
    expect(notes).toEqual([
      '2: 10.53.0.101: no name: www.lab.internal has a A record made by hand',
      '4: 10.53.0.103 has no name in DNS: ant.lab.internal is that of 10.53.0.102',
    ])
  })
})

test('what cannot be stored is not in the table either', async () => {
  const running = startAppliance()
  running.fault = { kind: 'full', detail: 'disk full' } as never
  const refused = await running.services.leases.importLeases('csv', file('leases.csv'), false)
  expect(refused.ok).toBe(false)
  running.fault = undefined
  expect((await done(running.services.leases.importLeases('csv', file('leases.csv'), false))).taken).toBe(3)
})

test('a lease that was taken ends like any other, and its holding is in the history', async () => {
  const running = startAppliance()
  await done(running.services.leases.importLeases('csv', file('leases.csv'), false))
  const released = await done(running.services.leases.releaseLease('10.53.0.102'))
  expect(released.state).toBe('released')
  const { items } = await done(running.services.leases.leaseHistory({ address: '10.53.0.102' }, ALL))
  expect(items).toMatchObject([{ mac: '02:00:00:00:00:02', ended: 'released by administrator' }])
})

test('a file without columns', () => {
  expect(readLeases('csv', '10.53.0.1,02:00:00:00:00:01').notes).toMatchObject([{ line: 1, problem: 'the first line names no column "address"' }])
})

test.each(LEASE_EXPORTS)('leases written for %s are read back', async to => {
  const { services } = startAppliance()
  await done(services.leases.importLeases('csv', file('leases.csv'), false))
  const { items } = await done(services.leases.listLeases({}, ALL))
  const text = [leaseHeader(to), ...items.map(lease => leaseLine(to, lease, 1))].join('\n')
  const back = startAppliance().services
  const { notes } = await done(back.leases.importLeases(to, text, false))
  expect(notes).toEqual([])
  const kept = ({ address, state, mac, clientId, hostName }: LeaseView) => ({ address, state, mac, clientId, hostName })
  expect((await done(back.leases.listLeases({}, ALL))).items.map(kept)).toEqual(items.map(kept))
})
