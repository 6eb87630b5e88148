/** One screen about a client, an address or a name. */
import { describe, expect, test } from 'vitest'
import { DEFAULT_SIGNING } from '../../../services/dns/rollover/policy.ts'
import { storedDecision } from '../../../services/storage/stored-decision.ts'
import type { Transaction } from '../../../services/storage/store.ts'
import { mac } from '../../../stack/index.ts'
import { change, lease, leaseRecord, NOON } from '../../support/leases.ts'
import { done, refused, startAppliance, type Running } from '../../support/running-appliance.ts'

const HELD = lease('10.53.0.100', { mac: '02:00:00:00:00:0a', hostName: 'alpha', publishedName: 'alpha.lab.internal' })
const BEFORE: Transaction = [
  { kind: 'lease', at: NOON, change: change(undefined, HELD) },
  { kind: 'zone-edit', at: NOON, edit: { zoneId: 1, serialBefore: 2, serialAfter: 3, remove: [], add: [leaseRecord(50, 'alpha.lab.internal', 'A', '10.53.0.100', '10.53.0.100')] } },
]

function started(decisions = 1): Running {
  const running = startAppliance({ before: BEFORE })
  running.decisions.add(Array.from({ length: decisions }, (_, i) => storedDecision({
    at: NOON, kind: 'dhcp', interfaceName: 'taproot0', mac: HELD.mac, clientId: undefined, address: '10.53.0.100', hostName: 'alpha', received: 'REQUEST', sent: 'ACK',
    steps: [['dhcp.lease.bound', { address: '10.53.0.100', seconds: 3600 + i }], ['dhcp.hostname.ignored', { name: 'x'.repeat(200), because: 'it is long' }]],
  })))
  return running
}
const linesOf = async (subject: string, running = started()): Promise<readonly string[]> => (await done(running.services.reasons.explain(subject))).lines

describe('a client, an address and a name tell the same story', () => {
  test.each([
    ['02:00:00:00:00:0A', 'mac', '02:00:00:00:00:0a'],
    [' 10.53.0.100 ', 'address', '10.53.0.100'],
    ['Alpha.Lab.Internal.', 'name', 'alpha.lab.internal'],
  ])('%s', async (subject, kind, canonical) => {
    const known = await done(started().services.reasons.explain(subject))
    expect([known.kind, known.subject]).toEqual([kind, canonical])
    expect(known.lines).toContain('10.53.0.100 is bound to 02:00:00:00:00:0a "alpha" until 2026-01-01 13:00:00Z, as alpha.lab.internal')
    expect(known.lines).toContain('  10.53.0.100 02:00:00:00:00:0a "alpha" from 2026-01-01 12:00:00Z until now')
    expect(known.lines).toContain('  #1 2026-01-01 12:00:00Z REQUEST from 02:00:00:00:00:0a on taproot0 → ACK 10.53.0.100')
    expect([known.leases.length, known.history.length, known.decisions.length]).toEqual([1, 1, 1])
  })
})

test('a name comes with its answer, the reason for it, and its records with their owner', async () => {
  const lines = await linesOf('alpha.lab.internal')
  expect(lines).toContain('alpha.lab.internal A: NOERROR')
  expect(lines).toContain('  alpha.lab.internal 60 IN A 10.53.0.100')
  expect(lines.some((line) => line.startsWith('  because '))).toBe(true)
  expect(lines).toContain('  record 50: alpha.lab.internal 60 A 10.53.0.100 (owner: lease 10.53.0.100)')
})

test('a name in a signed zone says by which key, and what that waits for', async () => {
  const running = started()
  const { keys } = await done(running.services.signing.setSigning('lab.internal', { ...DEFAULT_SIGNING, algorithm: 'ECDSAP256SHA256' }))
  const lines = await linesOf('alpha.lab.internal', running)
  expect(lines).toContain(`lab.internal is signed with CSK ${keys[0]?.keyTag}`)
  expect(lines).toContain(`  key ${keys[0]?.keyTag}: all caches know its DNSKEY record at 2026-01-01 13:05:02Z`)
})

test('a name that is not there says so', async () => {
  expect((await linesOf('nobody.lab.internal'))[0]).toBe('nobody.lab.internal A: NXDOMAIN, no answer records')
})

test('an address comes with what ARP knows of it', async () => {
  const running = started()
  running.appliance.stack.interfaces[0]?.neighbours.addStatic(HELD.address, mac('02:00:00:00:00:0a'))
  expect((await linesOf('10.53.0.100', running)).at(-1)).toMatch(/^on taproot0: ARP says 02:00:00:00:00:0a \(/)
})

test('somebody unknown', async () => {
  expect(await linesOf('02:00:00:00:00:99')).toEqual(['no lease is known for 02:00:00:00:00:99', '', 'no DHCP decision is kept about it'])
})

test('fits one screen: a hundred columns, and three decisions in full', async () => {
  const lines = await linesOf('10.53.0.100', started(20))
  expect(Math.max(...lines.map((line) => line.length))).toBe(100)
  expect(lines.filter((line) => line.startsWith('  #'))).toHaveLength(3)
  expect(lines.length).toBeLessThan(40)
})

test.each(['', 'a b', 'x'.repeat(254), 'naïve.example'])('%j is no subject', async (subject) => {
  expect(await refused(started().services.reasons.explain(subject))).toMatch(/^invalid \/subject: /)
})

test('what is almost an address may be a name', async () => {
  expect(await done(started().services.reasons.explain('10.53.0.300'))).toMatchObject({ kind: 'name' })
})

describe('as it was', () => {
  test.each([
    ['10.53.0.100', '2026-01-01', 1],
    ['02:00:00:00:00:0a', '2026-01-01T12:00', 1],
    ['alpha', '2026-01-02', 1],
    ['10.53.0.100', '2025-12-31', 0],
  ])('%s at %s', async (subject, at, count) => {
    const known = await done(started().services.reasons.explain(subject, at))
    expect([known.leases.length, known.history.length, known.decisions.length]).toEqual([0, count, count])
    expect(known.lines[0]).toBe(count === 1 ? `${at}: held` : `${at}: nothing was held by or at ${subject}`)
  })

  test('a time that is none', async () => {
    expect(await refused(started().services.reasons.explain('alpha', 'noon'))).toMatch(/^invalid \/at: /)
  })
})

describe('what would happen now, and why not otherwise', () => {
  const withHost = async (value: string): Promise<Running> => {
    const running = started()
    const identifiers = [{ kind: 'client-id', value: '0102000000000a' }, { kind: 'mac', value }] as const
    await done(running.services.dhcp.add('hosts', {
      name: 'printer', identifiers, addresses: ['10.53.0.20'], classes: [], denied: false, tags: [], comment: null, options: {},
      leaseSeconds: null, minLeaseSeconds: null, maxLeaseSeconds: null, renewSeconds: null, rebindSeconds: null, nextServer: null, serverName: null, bootFile: null,
    }))
    return running
  }

  test('of a time that is past: by the configuration of now, and so it says', async () => {
    const running = await withHost('02:00:00:00:00:1a')
    const { lines } = await done(running.services.reasons.explain('02:00:00:00:00:0a', '2026-01-01'))
    const at = lines.indexOf('why not otherwise, by the configuration of now (that of then is not kept), for 02:00:00:00:00:0a:')
    expect(at).toBeGreaterThan(0)
    expect(lines[at + 1]).toMatch(/^ {2}not host 1 \(printer\): client identifier 0102000000000a differs/)
  })

  test('a client whose entry has a slip', async () => {
    const lines = await linesOf('02:00:00:00:00:0a', await withHost('02:00:00:00:00:1a'))
    expect(lines).toContain('a DISCOVER of 02:00:00:00:00:0a now would get: OFFER of 10.53.0.100')
    expect(lines.find((line) => line.startsWith('  not host 1 (printer): client identifier 0102000000000a differs: the client sent none;'))).toBeDefined()
  })

  test('the name of a host entry: what its client would get', async () => {
    const lines = await linesOf('printer', await withHost('02:00:00:00:00:0a'))
    expect(lines).toContain('a DISCOVER of 02:00:00:00:00:0a now would get: OFFER of 10.53.0.20')
  })
})

describe('an answer from a zone: what it was made of, and by whom', () => {
  const rows = [
    leaseRecord(50, 'alpha.lab.internal', 'A', '10.53.0.100', '10.53.0.100'),
    { ...leaseRecord(51, '*.lab.internal', 'CNAME', 'www.lab.internal', ''), owner: { kind: 'update' as const, key: 'ddns.lab.internal' } },
    { ...leaseRecord(52, 'www.lab.internal', 'A', '10.53.0.20', ''), owner: { kind: 'file' as const } },
    { ...leaseRecord(53, 'lab.internal', 'MX', '10 www.lab.internal', ''), owner: { kind: 'hand' as const } },
  ]
  const zoned = (): Running => startAppliance({
    before: [{ kind: 'zone-edit', at: NOON, edit: { zoneId: 1, serialBefore: 2, serialAfter: 3, remove: [], add: rows } }],
  })
  const told = async (subject: string, type?: string): Promise<readonly string[]> =>
    (await done(zoned().services.reasons.explain(subject, undefined, undefined, type))).lines.filter((line) => /^\S+ [A-Z]+: |because|record/.test(line))

  test('a wildcard and the alias that it is', async () => {
    expect(await told('nobody.lab.internal')).toEqual([
      'nobody.lab.internal A: NOERROR',
      '  because nobody.lab.internal lies in the zone lab.internal (serial 3), which is served here',
      '  because nobody.lab.internal does not exist; the wildcard *.lab.internal stands for it with CNAME',
      '  because nobody.lab.internal is an alias of www.lab.internal',
      '  because www.lab.internal lies in the zone lab.internal (serial 3), which is served here',
      '  because www.lab.internal has 1 A record(s)',
      '  record 51: *.lab.internal 60 CNAME www.lab.internal (owner: update ddns.lab.internal)',
      '  record 52: www.lab.internal 60 A 10.53.0.20 (owner: file)',
    ])
  })

  test('the type that is asked for', async () => {
    const lines = await told('lab.internal', 'mx')
    expect(lines).toContain('lab.internal MX: NOERROR')
    expect(lines).toContain('  record 53: lab.internal 60 MX 10 www.lab.internal (owner: hand)')
    expect(await told('alpha.lab.internal', 'TXT')).toContain('  because alpha.lab.internal exists but has no TXT')
    expect(await told('o\\.n.lab.internal', 'CNAME')).toContain('  because o\\.n.lab.internal does not exist; the wildcard *.lab.internal stands for it with CNAME')
  })

  test.each(['AXFR', 'OPT', 'nonsense', 'TYPE0'])('%s is no type that is answered', async (type) => {
    expect(await refused(zoned().services.reasons.explain('lab.internal', undefined, undefined, type))).toMatch(/^invalid \/type: /)
  })
})
