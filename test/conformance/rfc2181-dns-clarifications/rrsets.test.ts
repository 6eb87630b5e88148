import { describe, expect, test } from 'vitest'
import { Bench, replyTo, zoneOf, zoneRow } from '../../support/dns.ts'

const UPSTREAM = { upstreams: [{ address: 0x0a00_0001, port: 53 }] }

describe('RFC 2181 §5.2 TTLs of an RRset', () => {
  test('rows whose TTLs differ are served with the least', () => {
    const { zone, records } = zoneOf('lab.example', '@ NS ns\nwww A 10.0.0.1\nwww A 10.0.0.2')
    const uneven = records.map((r) => (r.data === '10.0.0.2' ? { ...r, ttl: 20 } : r))
    expect(
      new Bench([{ zone, records: uneven }]).ask('www.lab.example', 'A').answer,
    ).toEqual(['www.lab.example 20 A 10.0.0.1', 'www.lab.example 20 A 10.0.0.2'])
  })

  test('so are those of an upstream', () => {
    const bench = new Bench([], UPSTREAM)
    bench.onSent = (sent) => sent.reply(
      replyTo(sent, { answer: 'x.example.com 60 A 192.0.2.1\nx.example.com 50 A 192.0.2.2' }),
    )
    expect(bench.ask('x.example.com', 'A').answer).toEqual(
      ['x.example.com 50 A 192.0.2.1', 'x.example.com 50 A 192.0.2.2'],
    )
  })
})

describe('RFC 2181 §5 no two records alike', () => {
  test('a row that repeats another is served once', () => {
    const { zone, records } = zoneOf('lab.example', '@ NS ns\nwww A 10.0.0.1')
    const twice = [...records, { ...(records[1] as (typeof records)[0]), id: 99 }]
    expect(
      new Bench([{ zone, records: twice }]).ask('www.lab.example', 'A').answer,
    ).toEqual(['www.lab.example 300 A 10.0.0.1'])
  })
})

describe('RFC 2181 §5 with RFC 4343 §3: no two records alike', () => {
  test('records whose names differ in letter case alone are one, in zones and in master files', () => {
    const { zone, records } = zoneOf('lab.example', '@ NS ns\n@ NS NS\n@ NS Ns.LAB.example.\nt TXT a\nt TXT A')
    expect(records).toHaveLength(3)
    const twice = [...records, { ...(records[0] as (typeof records)[0]), id: 99, data: 'NS.lab.example' }]
    const bench = new Bench([{ zone, records: twice }])
    expect(bench.ask('lab.example', 'NS').answer).toEqual(['lab.example 300 NS ns.lab.example'])
    expect(bench.ask('t.lab.example', 'TXT').answer).toHaveLength(2)
  })
})

describe('RFC 2181 §8 TTL', () => {
  test.each([
    [0, 0, 2],
    // The top bit set means zero.
    [0x8000_0001, 0, 2],
    [1, 1, 1],
    // A day is the most that we keep.
    [0x7fff_ffff, 86_400, 1],
  ])('%i from upstream is %i; asked %i times', (ttl, given, asked) => {
    const bench = new Bench([], UPSTREAM)
    bench.onSent = (sent) => sent.reply(replyTo(sent, { answer: `x.example.com ${ttl} A 192.0.2.1` }))
    expect(bench.ask('x.example.com', 'A').answer).toEqual([`x.example.com ${given} A 192.0.2.1`])
    bench.ask('x.example.com', 'A')
    expect(bench.sent).toHaveLength(asked)
  })
})

describe('RFC 2181 §10.1 CNAME stands alone', () => {
  test.each([
    ['a CNAME where data is', { name: 'www', type: 'CNAME', data: 'host' }, 'conflict', '/type'],
    ['data where a CNAME is', { name: 'alias', type: 'A', data: '10.0.0.9' }, 'conflict', '/type'],
    ['a second CNAME', { name: 'alias', type: 'CNAME', data: 'other' }, 'conflict', '/data'],
    ['a CNAME at the apex', { name: '@', type: 'CNAME', data: 'www' }, 'conflict', '/type'],
  ])('%s is refused', (_what, record, code, field) => {
    const { zone, records } = zoneOf('lab.example', '@ NS ns\nwww A 10.0.0.1\nalias CNAME www')
    const add = [{ ...record, ttl: null, owner: { kind: 'hand' as const }, comment: undefined }]
    expect(
      new Bench([{ zone, records }]).server.planEdit('lab.example', { add, removeIds: [] }),
    ).toMatchObject({ ok: false, error: { code, field } })
  })
})

describe('RFC 1982 serials', () => {
  test('an edit that would move the serial back does not', () => {
    const bench = new Bench([{ zone: { ...zoneRow('lab.example'), serial: 0xffff_fffe }, records: [] }])
    const apply = (serialAfter: number): string => {
      bench.server.applyEdit({ zoneId: 1, serialBefore: 0, serialAfter, remove: [], add: [] })
      return bench.ask('lab.example', 'SOA').answer[0]?.split(' ')[5] as string
    }
    expect([apply(0xffff_ffff), apply(1), apply(0xffff_ffff), apply(2)]).toEqual(['4294967295', '1', '1', '2'])
  })
})
