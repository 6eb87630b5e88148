/** The query log on disk: what is found, what goes in time, what modes leave out, and files that are damaged or full. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { NotedQuery } from '../../../../services/dns/query-log/ring.ts'
import { CARRIERS, SOURCE, sourceName } from '../../../../services/dns/query-log/sources.ts'
import { openQueryLogReader, outcomeOf, QueryLogReader, type QueryRow, type QuerySearch } from '../../../../services/storage/query-log-reader.ts'
import { openQueryLog, QUERY_LOG_FILE, type QueryLogWriter } from '../../../../services/storage/query-log-writer.ts'
import { formatIpv4, parseIpv4 } from '../../../../stack/index.ts'
import { found, noted, write } from '../../../support/query-log.ts'
import { opened, temporaryDirectory } from '../../../support/storage.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
const DAY_MS = 86_400_000
const SETTINGS = { mode: 'full', keepDays: 7, maxMebibytes: 1024 } as const
const address = (text: string): number => (parseIpv4(text) as number) >>> 0

function logOf(...queries: readonly NotedQuery[]): { readonly writer: QueryLogWriter; readonly reader: QueryLogReader } {
  const writer = opened(openQueryLog(undefined, 0))
  write(writer, queries)
  return { writer, reader: new QueryLogReader(writer.database) }
}

const line = (r: QueryRow): string =>
  `${r.id} ${r.client === null ? '-' : formatIpv4(r.client | 0)} ${CARRIERS[(r.how >> 8) & 255] ?? '?'} ${r.name ?? '-'} ${r.type} ${r.rcode} ${sourceName(r.how & 255)} ${r.took_us} ${r.age_s} ${r.octets} ${r.detail ?? '-'}`

test('a query is kept whole; its time is that at which it came in', () => {
  const { reader } = logOf(noted('WWW.Example', { type: 28, rcode: 3, source: SOURCE.cache, carrier: 2, tookUs: 2_500, ageSeconds: 7, octets: 93, asked: 1, detail: '192.0.2.53:53' }))
  const [row] = found(reader, {})
  expect(row).toMatchObject({ at_ms: NOON - 3, flags: 0x8180, how: SOURCE.cache | (2 << 8) | (1 << 16) })
  expect(line(row as QueryRow)).toBe('1 10.53.0.20 tls www.example 28 3 cache 2500 7 93 192.0.2.53:53')
})

describe('modes', () => {
  test.each([
    ['full', '1 10.53.0.20 udp ads.example 1 3 policy 0 0 100 block\n||ads.example^'],
    ['anonymous', '1 10.53.0.0 udp ads.example 1 3 policy 0 0 100 block\n||ads.example^'],
    ['counts', '1 - udp - 1 3 policy 0 0 100 -'],
  ] as const)('%s', (mode, expected) => {
    const { writer, reader } = logOf()
    write(writer, [noted('ads.example', { rcode: 3, source: SOURCE.policy, detail: 'block\n||ads.example^' })], mode)
    expect(found(reader, {}).map(line)).toEqual([expected])
  })
})

describe('searching', () => {
  /** Several segments of runs, written as by several processes: 70 names, 12 clients. */
  const many = Array.from({ length: 150_000 }, (_, i) =>
    noted(i % 977 === 5 ? `rare${i % 7}.sub.corp.example` : `host${(i * 7) % 70}.d${i % 3}.example`, {
      at: NOON + i * 100, from: `10.53.${i % 1499 === 3 ? 9 : 0}.${(i * 11) % 12}`, type: i % 5 === 0 ? 28 : 1,
      rcode: i % 3001 === 0 ? 2 : i % 10 === 1 ? 3 : i % 2003 === 7 ? 5 : 0,
      source: i % 701 === 2 ? SOURCE.policy : i % 2 === 0 ? SOURCE.cache : SOURCE.network, carrier: i % 4,
    }))
  const cases: readonly (readonly [string, QuerySearch, (q: NotedQuery, name: string) => boolean])[] = [
    ['everything', {}, () => true],
    ['a period', { from: NOON + 5_000_000, to: NOON + 5_100_000 }, (q) => q.at >= NOON + 5_000_000 && q.at <= NOON + 5_100_000],
    ['a client', { clients: [{ first: address('10.53.9.3'), last: address('10.53.9.3') }] }, (q) => q.client >>> 0 === address('10.53.9.3')],
    ['a network', { clients: [{ first: address('10.53.9.0'), last: address('10.53.9.255') }] }, (q) => q.client >>> 8 === address('10.53.9.0') >>> 8],
    ['a client who had an address for a while', { clients: [{ first: address('10.53.0.3'), last: address('10.53.0.3'), from: NOON, to: NOON + 60_000 }] },
      (q) => q.client >>> 0 === address('10.53.0.3') && q.at <= NOON + 60_000],
    ['a name', { name: { how: 'exactly', text: 'rare2.sub.corp.example' } }, (_, name) => name === 'rare2.sub.corp.example'],
    ['a name that is only above others', { name: { how: 'exactly', text: 'corp.example' } }, () => false],
    ['a subtree', { name: { how: 'below', text: 'corp.example' } }, (_, name) => name.endsWith('.corp.example')],
    ['everything below the root', { name: { how: 'below', text: '.' }, outcome: 'failed' }, (q) => q.source !== SOURCE.policy && q.rcode === 2],
    ['no half of a label', { name: { how: 'below', text: 'orp.example' } }, () => false],
    ['a part of names', { name: { how: 'containing', text: 'e3.sub' } }, (_, name) => name.includes('e3.sub')],
    ['a part of no name', { name: { how: 'containing', text: 'nothing' } }, () => false],
    ['what is blocked', { outcome: 'blocked' }, (q) => q.source === SOURCE.policy],
    ['what failed', { outcome: 'failed' }, (q) => q.source !== SOURCE.policy && q.rcode === 2],
    ['what was refused', { outcome: 'refused' }, (q) => q.source !== SOURCE.policy && q.rcode === 5],
    ['an rcode, a type and a carrier', { rcode: 3, type: 28, carrier: 'tcp' }, (q) => q.rcode === 3 && q.type === 28 && q.carrier === 1],
    ['a source and a part of names', { source: 'policy', name: { how: 'containing', text: 'host4' } }, (q, name) => q.source === SOURCE.policy && name.includes('host4')],
    ['what came since', { since: 149_990 }, (q) => q.at > NOON + 149_989 * 100],
  ]

  test('finds the same as a look at each, newest first and page by page', () => {
    const place = temporaryDirectory()
    for (let from = 0; from < many.length; from += 40_000) {
      const writer = opened(openQueryLog(place, 0))
      for (let at = from; at < Math.min(from + 40_000, many.length); at += 900) write(writer, many.slice(at, Math.min(at + 900, from + 40_000)))
      writer.close()
    }
    const reader = openQueryLogReader(place) as QueryLogReader
    for (const [title, search, matches] of cases) {
      const expected: number[] = []
      many.forEach((q, i) => {
        const name = i % 977 === 5 ? `rare${i % 7}.sub.corp.example` : `host${(i * 7) % 70}.d${i % 3}.example`
        if (matches(q, name)) expected.unshift(i + 1)
      })
      expect(found(reader, search, 200_000).map(({ id }) => id), title).toEqual(expected)
      const page = found(reader, search, 5, expected[2])
      expect(page.map(({ id }) => id), title).toEqual(expected.slice(3, 8))
    }
    reader.close()
  })

  test('an outcome says of each row what the search for it says', () => {
    const { reader } = logOf(...many.slice(0, 3_100))
    for (const outcome of ['answered', 'blocked', 'failed', 'refused'] as const)
      expect(found(reader, { outcome }).every((row) => outcomeOf(row) === outcome)).toBe(true)
    expect(found(reader, {}).length).toBe((['answered', 'blocked', 'failed', 'refused'] as const).reduce((sum, outcome) => sum + found(reader, { outcome }).length, 0))
  })

  test('counts by name and by client', () => {
    const { reader } = logOf(...many.slice(0, 5_000))
    const last = [...reader.count('name', { source: 'policy' })].at(-1)
    const rows = found(reader, { source: 'policy' })
    expect([...(last ?? [])].reduce((sum, [, n]) => sum + n, 0)).toBe(rows.length)
    expect(last?.get(rows[0]?.name ?? '')).toBe(rows.filter(({ name }) => name === rows[0]?.name).length)
    const clients = [...reader.count('client', {})].at(-1)
    expect(clients?.get(String(address('10.53.9.9')))).toBe(found(reader, { clients: [{ first: address('10.53.9.9'), last: address('10.53.9.9') }] }).length)
  })
})

describe('in time', () => {
  const day = (n: number): readonly NotedQuery[] => Array.from({ length: 2_048 }, (_, i) => noted(`h${i}.day${n}.example`, { at: NOON + n * DAY_MS + i }))
  const pruned = (writer: QueryLogWriter, settings: Parameters<QueryLogWriter['prune']>[0], now: number): void => {
    for (let n = 0; n < 10_000; n++) {
      const more = writer.prune(settings, now)
      if (!more.ok) throw new Error(more.error.detail)
      if (!more.value) return
    }
    throw new Error('it never ends')
  }

  test('what is older than is kept goes, run by run, with its names', () => {
    const { writer, reader } = logOf()
    for (let n = 0; n < 5; n++) write(writer, day(n))
    pruned(writer, { ...SETTINGS, keepDays: 2 }, NOON + 4 * DAY_MS)
    expect(reader.extent()).toMatchObject({ queries: 3 * 2_048, oldest: NOON + 2 * DAY_MS })
    expect(found(reader, { name: { how: 'containing', text: 'day1' } })).toEqual([])
    expect(found(reader, { name: { how: 'exactly', text: 'h7.day2.example' } })).toHaveLength(1)
    expect(found(reader, { name: { how: 'below', text: 'day4.example' } })).toHaveLength(2_048)
  })

  test('names of queries that are gone are gone too', () => {
    const directory = temporaryDirectory()
    for (let n = 0; n < 3; n++) {
      const writer = opened(openQueryLog(directory, 0))
      write(writer, day(n))
      writer.close()
    }
    const writer = opened(openQueryLog(directory, 0))
    pruned(writer, { ...SETTINGS, keepDays: 1 }, NOON + 2 * DAY_MS)
    const texts = writer.database.prepare('SELECT count(*) AS n FROM query_texts').get() as { readonly n: number }
    expect(texts.n).toBe(2 * 2_048)
    writer.close()
  })

  test('a file that would be too large loses its oldest, and gets smaller when less is to be kept', () => {
    const directory = temporaryDirectory()
    const writer = opened(openQueryLog(directory, 0))
    for (let n = 0; n < 90; n++) {
      write(writer, day(n))
      pruned(writer, { ...SETTINGS, keepDays: 365, maxMebibytes: 12 }, NOON + n * DAY_MS)
    }
    expect(writer.octets).toBeLessThanOrEqual(12 * 1024 * 1024 + 500_000)
    const reader = openQueryLogReader(directory) as QueryLogReader
    expect(found(reader, {}, 1)[0]?.id).toBe(90 * 2_048)
    pruned(writer, { ...SETTINGS, keepDays: 365, maxMebibytes: 6 }, NOON)
    expect(writer.octets).toBeLessThanOrEqual(6 * 1024 * 1024)
    expect((writer.database.pragma('page_count', { simple: true }) as number) * 4096).toBeLessThan(11 * 1024 * 1024)
    reader.close()
    writer.close()
  })

  test('a run that is not full goes too, once nothing follows', () => {
    const { writer, reader } = logOf(noted('a.example'))
    pruned(writer, SETTINGS, NOON + 30 * DAY_MS)
    expect(found(reader, {})).toHaveLength(1)
    expect(writer.pause().ok).toBe(true)
    pruned(writer, SETTINGS, NOON + 30 * DAY_MS)
    expect(found(reader, {})).toEqual([])
  })
})

test('all can be forgotten, and what comes after is found', () => {
  const { writer, reader } = logOf(noted('a.example'), noted('b.example'))
  expect(writer.clear().ok).toBe(true)
  expect(found(reader, {})).toEqual([])
  write(writer, [noted('a.example')])
  expect(found(reader, {}).map(line)).toEqual(['3 10.53.0.20 udp a.example 1 0 network 0 0 100 -'])
})

test('what a fault takes back is not found, and what comes before and after it is', () => {
  const { writer, reader } = logOf(...Array.from({ length: 1_000 }, () => noted('before.example')))
  writer.database.exec("CREATE TRIGGER full BEFORE INSERT ON queries WHEN NEW.type = 99 BEGIN SELECT RAISE(ABORT, 'no space'); END")
  const lost = [...Array.from({ length: 100 }, () => noted('lost.example')), noted('lost.example', { type: 99 }), ...Array.from({ length: 10 }, () => noted('lost.example'))]
  expect(() => write(writer, lost)).toThrow('no space')
  write(writer, Array.from({ length: 2_000 }, () => noted('after.example')))
  const count = (text: string): number => found(reader, { name: { how: 'exactly', text } }).length
  expect([count('before.example'), count('lost.example'), count('after.example')]).toEqual([1_000, 0, 2_000])
})

describe('in a file', () => {
  test('a damaged file is begun anew: it is a log, not state', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, QUERY_LOG_FILE), 'no database at all, but long enough that SQLite looks at it and sees that')
    const writer = opened(openQueryLog(directory, 0))
    write(writer, [noted('a.example')])
    const reader = openQueryLogReader(directory) as QueryLogReader
    expect(found(reader, {})).toHaveLength(1)
    reader.close()
    writer.close()
  })

  test('there is no reader before there is a file, nor of one that is none', () => {
    const directory = temporaryDirectory()
    expect(openQueryLogReader(directory)).toBeUndefined()
    writeFileSync(join(directory, QUERY_LOG_FILE), '')
    expect(openQueryLogReader(directory)).toBeUndefined()
  })
})
