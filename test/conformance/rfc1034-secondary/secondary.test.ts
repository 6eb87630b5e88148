/** A zone kept as a copy: it comes, it is kept up, it is too old, it comes back. */
import { describe, expect, test } from 'vitest'
import { START_SPREAD_MS } from '../../../services/dns/transfer/secondaries.ts'
import { CLOSED_TRANSFERS } from '../../../services/model/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { type Bench, queryBytes, told, zoneOf } from '../../support/dns.ts'
import { copied, type Copied, PrimaryPorts, rowsOf, SECONDARY_ADDRESS } from '../../support/dns-copies.ts'
import { KEY } from '../../support/dns-tsig.ts'

const ZONE = zoneOf('lab.example', ['@ NS ns', 'ns A 10.0.0.1', 'MiXed MX 10 Mail.Example.', '*.wild TXT "x"', ...Array.from({ length: 60 }, (_, i) => `h${i} A 10.1.0.${i}`)].join('\n'))
const SECOND = 1000

function edit(b: Bench, add: string | undefined, remove?: string, data = '192.0.2.1'): void {
  const zone = b.server.zones.get('lab.example')
  const removeIds = [...(zone?.records() ?? [])].filter((r) => r.name === `${remove}.lab.example`).map((r) => r.id)
  const record = { name: add ?? '', type: 'A', ttl: null, data, owner: { kind: 'hand' as const }, comment: undefined }
  const planned = b.server.planEdit('lab.example', { add: add === undefined ? [] : [record], removeIds })
  if (!planned.ok) throw new Error(JSON.stringify(planned.error))
  b.server.applyEdit(planned.value)
}

const ask = (b: Bench, name = 'h1.lab.example', type = 'A') => {
  const query = queryBytes(name, type, { flags: 0, edns: {} })
  const into = new Uint8Array(4096)
  return told(into, 0, b.server.receive(query, 0, query.length, into, 0, 4096, SECONDARY_ADDRESS, () => () => {}))
}
const begun = (c: Copied = copied(ZONE)): Copied => {
  c.run(START_SPREAD_MS + SECOND)
  return c
}
const counts = (c: Copied, name: 'secondary-current' | 'secondary-transferred' | 'secondary-failed' | 'secondary-expired'): number => c.secondary.server.counters.get(name)

describe('RFC 1034 §4.3.5 [D5] the first transfer', () => {
  test('until it is there, SERVFAIL', () => {
    const c = copied(ZONE)
    expect([ask(c.secondary).rcode, ask(c.secondary, 'lab.example', 'SOA').rcode]).toEqual(['SERVFAIL', 'SERVFAIL'])
  })

  test('then the whole zone as the primary has it, SOA, letter case and TTLs too', () => {
    const c = begun()
    expect(c.rows()).toEqual(rowsOf(c.primary))
    expect(ask(c.secondary)).toMatchObject({ rcode: 'NOERROR', flags: 'aa', answer: ['h1.lab.example 300 A 10.1.0.1'] })
    expect(c.events).toEqual([['dns.secondary.transferred', { zone: 'lab.example', primary: '10.0.0.1#53', serial: 7, before: null, removed: 0, added: 64, form: 'whole' }]])
  })

  test('no copy of it may be edited here', () => {
    const c = begun()
    const record = { name: 'x', type: 'A', ttl: null, data: '192.0.2.1', owner: { kind: 'hand' as const }, comment: undefined }
    expect(c.secondary.server.planEdit('lab.example', { add: [record], removeIds: [] })).toMatchObject({ ok: false, error: { code: 'conflict' } })
  })

  test('a primary that refuses, and what is said of it; then it lets us', () => {
    const c = copied(ZONE)
    c.primary.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1 })
    begun(c)
    expect(c.events[0]).toEqual(['dns.secondary.failed', { zone: 'lab.example', primary: '10.0.0.1#53', because: 'it answers REFUSED', failures: 1 }])
    c.primary.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1, prefixes: [{ network: SECONDARY_ADDRESS, length: 32 }] })
    c.run(15 * SECOND)
    expect(c.rows()).toEqual(rowsOf(c.primary))
  })
})

describe('a large zone', () => {
  const LARGE = zoneOf('lab.example', ['@ NS ns', 'ns A 10.0.0.1', ...Array.from({ length: 5000 }, (_, i) => `h${i} A 10.1.${i >> 8}.${i & 255}`)].join('\n'))

  test('is filled in turns, and served when it is whole', () => {
    const c = copied(LARGE)
    const sizes = new Set<number>()
    const live = c.secondary.server.zones.get('lab.example')
    const served = (): boolean => live?.isServed === true
    for (let i = 0; i < 20_000 && !served(); i++) {
      c.clock.step()
      if (!served()) sizes.add(live?.size ?? 0)
    }
    expect([sizes.size > 3, Math.max(...sizes) < 5002, c.rows().length]).toEqual([true, true, 5003])
  })

  test.each(['other primaries', 'a promotion'])('%s meanwhile: what is on disk is in place', (what) => {
    const c = copied(LARGE)
    const live = c.secondary.server.zones.get('lab.example')
    for (let i = 0; i < 20_000 && live?.size === 0; i++) c.clock.step()
    expect(live?.size).toBeLessThan(5000)
    if (what === 'a promotion') c.secondaries.release(5)
    else c.secondaries.put(c.disk.secondary)
    expect([live?.size, c.rows()]).toEqual([5002, rowsOf(c.primary)])
    c.run(100_000)
    expect(c.rows()).toEqual(rowsOf(c.primary))
  })
})

describe('RFC 1034 §4.3.5 refresh, retry, expire', () => {
  test('after the refresh time the serial is asked for; the same one is no transfer', () => {
    const c = begun()
    c.ports.asked.length = 0
    c.run(3601 * SECOND)
    expect([c.ports.asked, counts(c, 'secondary-current')]).toEqual([['SOA'], 1])
  })

  test('a newer one is fetched by what changed', () => {
    const c = begun()
    edit(c.primary, 'new')
    edit(c.primary, 'newer', 'h3')
    c.ports.asked.length = 0
    c.run(3601 * SECOND)
    expect([c.ports.asked, c.rows()]).toEqual([['SOA', 'IXFR'], rowsOf(c.primary)])
    expect(c.events.at(-1)?.[1]).toMatchObject({ before: 7, serial: 9, removed: 1, added: 2, form: 'changes' })
  })

  test('a finished answer is over when the copy changes', () => {
    const c = begun()
    expect([ask(c.secondary).answer, ask(c.secondary).answer]).toEqual([['h1.lab.example 300 A 10.1.0.1'], ['h1.lab.example 300 A 10.1.0.1']])
    edit(c.primary, 'h1', 'h1')
    c.run(3601 * SECOND)
    expect(ask(c.secondary).answer).toEqual(['h1.lab.example 300 A 192.0.2.1'])
  })

  test('another SOA: its times count from then on, and the negative TTL too', () => {
    const c = begun()
    c.primary.server.changeZone({ ...ZONE.zone, serial: 8, refresh: 100, minimum: 5 })
    c.run(3601 * SECOND)
    expect([c.rows(), ask(c.secondary, 'nobody.lab.example').authority[0]?.split(' ')[1]]).toEqual([rowsOf(c.primary), '5'])
    c.ports.asked.length = 0
    c.run(101 * SECOND)
    expect(c.ports.asked).toEqual(['SOA'])
  })

  test('while no primary answers, it is tried again after the retry time, and the copy served until its expire time', () => {
    const c = begun()
    c.ports.down = true
    c.run(3700 * SECOND)
    c.ports.asked.length = 0
    c.run(700 * SECOND)
    expect([c.ports.asked.length > 0, ask(c.secondary).rcode]).toEqual([true, 'NOERROR'])
    c.run((ZONE.zone.expire - 4500) * SECOND)
    expect(ask(c.secondary).rcode).toBe('NOERROR')
    c.run(200 * SECOND)
    expect([ask(c.secondary), counts(c, 'secondary-expired')]).toMatchObject([{ rcode: 'SERVFAIL', answer: [] }, 1])
    c.ports.down = false
    c.run(700 * SECOND)
    expect([ask(c.secondary).rcode, c.rows()]).toEqual(['NOERROR', rowsOf(c.primary)])
  })

  test('after a restart the copy is served at once, for what is left of its time', () => {
    const c = begun()
    c.run(1000 * SECOND)
    c.ports.down = true
    c.secondaries.close()
    const again = copied(ZONE, { disk: c.disk, primary: c.primary, ports: c.ports })
    expect([ask(again.secondary).rcode, again.rows()]).toEqual(['NOERROR', rowsOf(c.primary)])
    again.run((ZONE.zone.expire - 1100) * SECOND)
    expect(ask(again.secondary).rcode).toBe('NOERROR')
    again.run(200 * SECOND)
    expect(ask(again.secondary).rcode).toBe('SERVFAIL')
  })

  test('a copy that grew too old while nothing ran is not served', () => {
    const c = begun()
    c.secondaries.close()
    c.ports.down = true
    c.run((ZONE.zone.expire + 100) * SECOND)
    expect(ask(copied(ZONE, { disk: c.disk, primary: c.primary, ports: c.ports }).secondary).rcode).toBe('SERVFAIL')
  })

  test('the disk is full: the version is not served, and comes when there is room', () => {
    const c = begun()
    edit(c.primary, 'new')
    c.disk.fails = true
    c.run(3601 * SECOND)
    expect([c.secondary.server.zones.get('lab.example')?.zone.serial, c.secondaries.state(5)?.lastFailure?.fault]).toEqual([7, { kind: 'not-stored' }])
    c.disk.fails = false
    c.run(601 * SECOND)
    expect(c.rows()).toEqual(rowsOf(c.primary))
  })

  test('by force: at once, and the whole zone even if its serial went back', () => {
    const c = begun()
    edit(c.primary, 'new')
    c.secondaries.refresh(5, false)
    c.run(SECOND)
    expect(c.rows()).toEqual(rowsOf(c.primary))
    c.primary.server.changeZone({ ...ZONE.zone, serial: 3 })
    c.secondaries.refresh(5, false)
    c.run(SECOND)
    expect(c.secondary.server.zones.get('lab.example')?.zone.serial).toBe(8)
    c.secondaries.refresh(5, true)
    c.run(SECOND)
    expect(c.rows()).toEqual(rowsOf(c.primary))
  })
})

describe('RFC 1996 §3.11 NOTIFY comes in', () => {
  const notify = (c: Copied, source: string, zone = 'lab.example', type = 'SOA'): number => {
    const query = queryBytes(zone, type, { flags: 0x2400 })
    const into = new Uint8Array(512)
    const octets = c.secondary.server.receive(query, 0, query.length, into, 0, 512, ipv4(source), () => () => {})
    expect([octets, into[2]]).toEqual([query.length, 0xa4 & ~4])
    return (into[3] as number) & 15
  }

  test('of a primary: looked at, at once', () => {
    const c = begun()
    c.run(10 * SECOND)
    edit(c.primary, 'new')
    expect(notify(c, '10.0.0.1')).toBe(0)
    c.run(SECOND)
    expect(c.rows()).toEqual(rowsOf(c.primary))
  })

  test.each([
    ['of somebody else: REFUSED', '10.0.0.7', 'lab.example', 'SOA', 5],
    ['of a zone that is not here: NOTAUTH', '10.0.0.1', 'other.example', 'SOA', 9],
    ['of a name in the zone: NOTAUTH', '10.0.0.1', 'h1.lab.example', 'SOA', 9],
    ['of another type: NOTIMP', '10.0.0.1', 'lab.example', 'A', 4],
  ])('%s, and nothing is asked', (_what, source, zone, type, rcode) => {
    const c = begun()
    c.run(10 * SECOND)
    c.ports.asked.length = 0
    expect(notify(c, source, zone, type)).toBe(rcode)
    c.run(SECOND)
    expect(c.ports.asked).toEqual([])
  })

  test('a thousand of them are a few looks', () => {
    const c = begun()
    c.run(10 * SECOND)
    c.ports.asked.length = 0
    for (let i = 0; i < 1000; i++) {
      notify(c, '10.0.0.1')
      c.run(1)
    }
    c.run(SECOND)
    expect(c.ports.asked.length).toBeLessThanOrEqual(4)
  })
})

describe('RFC 8945 a primary with a key', () => {
  const signing = (keyHere = true): Copied => {
    const c = copied(ZONE)
    c.primary.server.tsigKeys.put(KEY)
    if (keyHere) c.secondary.server.tsigKeys.put(KEY)
    c.primary.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1, keys: [KEY.name] })
    c.secondaries.put({ ...c.disk.secondary, primaries: [{ ...(c.disk.secondary.primaries[0] as (typeof c.disk.secondary.primaries)[0]), key: KEY.name }] })
    return c
  }

  test('questions and answers are signed', () => {
    const c = begun(signing())
    expect(c.rows()).toEqual(rowsOf(c.primary))
    expect(c.primary.server.counters.get('tsig-signed')).toBeGreaterThan(0)
  })

  test('an answer that was changed on its way is no version', () => {
    const c = signing()
    c.ports.spoil = (bytes) => (bytes.length > 600 ? bytes.with(300, (bytes[300] as number) ^ 1) : bytes)
    begun(c)
    expect([ask(c.secondary).rcode, c.secondaries.state(5)?.lastFailure?.fault]).toEqual(['SERVFAIL', { kind: 'signature', fault: 'BADSIG' }])
  })

  test('without the key here nothing is asked', () => {
    const c = begun(signing(false))
    expect([c.ports.asked, c.secondaries.state(5)?.lastFailure?.fault]).toEqual([[], { kind: 'no-key' }])
  })
})

describe('RFC 9103 a primary by TLS', () => {
  const byTls = (serverName: string | undefined): Copied => {
    const c = copied(ZONE)
    const [primary] = c.disk.secondary.primaries
    if (primary === undefined) throw new Error('no primary')
    c.secondaries.put({ ...c.disk.secondary, primaries: [{ ...primary, tls: { serverName, pin: undefined, authority: undefined } }] })
    return begun(c)
  }

  test('§6.1 nothing is asked in the clear, not even the serial', () => {
    const c = byTls('ns.example')
    expect([c.rows(), c.ports.asked]).toEqual([rowsOf(c.primary), ['AXFR']])
    edit(c.primary, 'new')
    c.run(3601 * SECOND)
    expect([c.rows(), c.ports.asked]).toEqual([rowsOf(c.primary), ['AXFR', 'IXFR']])
    c.run(3601 * SECOND)
    expect([c.ports.asked.at(-1), counts(c, 'secondary-current')]).toEqual(['IXFR', 1])
  })

  test('§9.3.2 one that is not who it is to be gives no zone', () => {
    const c = byTls('other.example')
    expect([ask(c.secondary).rcode, c.secondaries.state(5)?.lastFailure?.fault, c.ports.asked]).toEqual(['SERVFAIL', { kind: 'untrusted' }, []])
  })
})

test('RFC 9103 §9.3.3 a zone that goes out by TLS only', () => {
  const c = copied(ZONE)
  c.primary.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1, prefixes: [{ network: 0, length: 0 }], tlsOnly: true })
  begun(c)
  expect(ask(c.secondary).rcode).toBe('SERVFAIL')
  const query = queryBytes('lab.example', 'AXFR', { flags: 0 })
  const begin = (kind: 'tcp' | 'tls') => c.primary.server.transfers.begin(query, 0, query.length, 1, { kind, idleMs: 0 })
  expect([begin('tcp'), begin('tls') === undefined]).toEqual([undefined, false])
})

test('a chain: the copy is handed on by what changed', () => {
  const c = begun()
  const chain = copied(ZONE, { primary: c.secondary, ports: new PrimaryPorts(c.secondary) })
  chain.run(START_SPREAD_MS + SECOND)
  expect(chain.rows()).toEqual(rowsOf(c.primary))
  edit(c.primary, 'new', 'h5')
  c.secondaries.refresh(5, false)
  c.run(SECOND)
  chain.ports.asked.length = 0
  chain.secondaries.refresh(5, false)
  chain.run(SECOND)
  expect([chain.ports.asked, chain.rows()]).toEqual([['SOA', 'IXFR'], rowsOf(c.primary)])
})

test('released: the records stay, and can be edited', () => {
  const c = begun()
  c.secondaries.release(5)
  edit(c.secondary, 'mine')
  expect(ask(c.secondary, 'mine.lab.example').answer).toEqual(['mine.lab.example 300 A 192.0.2.1'])
  c.ports.asked.length = 0
  c.run(100_000 * SECOND)
  expect([c.ports.asked, c.secondaries.refresh(5, false)]).toEqual([[], false])
})
