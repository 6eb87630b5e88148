/** The query log as it is asked for: filters, names of clients at the time, modes, exports and counts. */
import { describe, expect, test } from 'vitest'
import type { QueryFilter, QueryView } from '../../../services/index.ts'
import { SOURCE } from '../../../services/dns/query-log/sources.ts'
import { parseIpv4 } from '../../../stack/index.ts'
import { MemoryQueryLog } from '../../support/memory-query-log.ts'
import { noted, queryOf, write } from '../../support/query-log.ts'
import { change, lease } from '../../support/leases.ts'
import { done, refused, type Running, startAppliance } from '../../support/running-appliance.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
const HOUR_MS = 3_600_000
const line = (q: QueryView): string =>
  `${q.id} ${q.at.slice(11, 19)} ${q.client ?? '-'} (${q.clientName ?? '-'}) ${q.name ?? '-'} ${q.type} ${q.rcode} ${q.outcome} ${q.source}${q.age === null ? '' : ` ${q.age}s`} ${q.list ?? '-'} ${q.rule ?? '-'} ${q.server ?? '-'}`

/** alpha has .100 for an hour, then beta has it; alpha has .101 from then on. */
function house(): { readonly running: Running; readonly log: MemoryQueryLog } {
  const running = startAppliance()
  const { queryLog } = running
  const hold = (address: string, hostName: string, mac: string, from: number, to: number | undefined): void => {
    const held = lease(address, { hostName, mac, startedAt: from })
    void running.store.commit([[{ kind: 'lease', at: from, change: change(undefined, held) }]])
    if (to !== undefined) void running.store.commit([[{ kind: 'lease', at: to, change: change(held, { ...held, state: 'released' }) }]])
  }
  hold('10.53.0.100', 'alpha', '02:00:00:00:00:0a', NOON, NOON + HOUR_MS)
  hold('10.53.0.100', 'beta', '02:00:00:00:00:0b', NOON + HOUR_MS, undefined)
  hold('10.53.0.101', 'alpha', '02:00:00:00:00:0a', NOON + HOUR_MS, undefined)
  write(queryLog.writer, [
    noted('early.example', { at: NOON + 1_000, from: '10.53.0.100', source: SOURCE.cache, ageSeconds: 7 }),
    noted('ads.example', { at: NOON + 2_000, from: '10.53.0.100', rcode: 3, source: SOURCE.policy, detail: 'ads\n||ads.example^' }),
    noted('late.example', { at: NOON + HOUR_MS + 1_000, from: '10.53.0.100', detail: '192.0.2.53:53' }),
    noted('late.example', { at: NOON + HOUR_MS + 2_000, from: '10.53.0.101', type: 28, rcode: 2, source: SOURCE.failure }),
    noted('x.sub.late.example', { at: NOON + HOUR_MS + 3_000, from: '10.53.0.9', rcode: 5, source: SOURCE.refused }),
  ])
  return { running, log: queryLog }
}

const ids = async (filter: QueryFilter): Promise<readonly number[]> => {
  const { items } = await done(house().running.services.queryLog.listQueries(filter, { limit: 100 }))
  return items.map(({ id }) => id)
}

test('all of it, with the names that clients had then', async () => {
  const { items, next } = await done(house().running.services.queryLog.listQueries({}, { limit: 100 }))
  expect(next).toBeNull()
  expect(items.map(line)).toEqual([
    '5 13:00:03 10.53.0.9 (-) x.sub.late.example A REFUSED refused refused - - -',
    '4 13:00:02 10.53.0.101 (alpha) late.example AAAA SERVFAIL failed failure - - -',
    '3 13:00:01 10.53.0.100 (beta) late.example A NOERROR answered network - - 192.0.2.53:53',
    '2 12:00:02 10.53.0.100 (alpha) ads.example A NXDOMAIN blocked policy ads ||ads.example^ -',
    '1 12:00:01 10.53.0.100 (alpha) early.example A NOERROR answered cache 7s - - -',
  ])
})

test.each<[QueryFilter, readonly number[]]>([
  [{ client: 'alpha' }, [4, 2, 1]],
  [{ client: 'alpha.lab.internal', outcome: 'blocked' }, [2]],
  [{ client: 'beta' }, [3]],
  [{ client: '10.53.0.100' }, [3, 2, 1]],
  [{ client: '10.53.0.0/27' }, [5]],
  [{ name: 'LATE.example.' }, [4, 3]],
  [{ below: 'late.example' }, [5, 4, 3]],
  [{ containing: 'Ds.ex' }, [2]],
  [{ from: '2026-11-22T13:00', to: '2026-11-22T13:00:02' }, [4, 3]],
  [{ from: '2026-11-23' }, []],
  [{ type: 'AAAA' }, [4]],
  [{ rcode: 'nxdomain' }, [2]],
  [{ source: 'refused' }, [5]],
  [{ since: 3 }, [5, 4]],
])('%j', async (filter, expected) => {
  expect(await ids(filter)).toEqual(expected)
})

test.each<[QueryFilter, string]>([
  [{ client: 'nobody' }, 'not-found /client: "nobody" is neither an address nor a prefix, and no DHCP client was ever called so'],
  [{ name: 'a.example', below: 'example' }, 'invalid /below: name and below are given'],
  [{ name: `${'x'.repeat(64)}.example` }, `invalid /name: "${'x'.repeat(64)}.example" is not a domain name`],
  [{ type: 'NOTHING' }, 'invalid /type: there is no type NOTHING'],
  [{ rcode: 'MAYBE' }, 'invalid /rcode: there is no rcode MAYBE'],
  [{ source: 'hearsay' }, 'invalid /source: "hearsay" is no source of answers'],
  [{ from: 'yesterday' }, 'invalid /from: "yesterday" is neither a time nor a date'],
])('%j is refused', async (filter, problem) => {
  expect(await refused(house().running.services.queryLog.listQueries(filter, { limit: 10 }))).toBe(problem)
})

test('pages follow each other', async () => {
  const { queryLog } = house().running.services
  const first = await done(queryLog.listQueries({ client: '10.53.0.100' }, { limit: 2 }))
  expect([first.items.map(({ id }) => id), first.next]).toEqual([[3, 2], '2'])
  const second = await done(queryLog.listQueries({ client: '10.53.0.100' }, { limit: 2, after: '2' }))
  expect([second.items.map(({ id }) => id), second.next]).toEqual([[1], null])
  expect(await refused(queryLog.listQueries({}, { limit: 2, after: 'x' }))).toBe('invalid /after: "x" is no page mark')
})

test('an export has all that match', async () => {
  const { running, log } = house()
  write(log.writer, Array.from({ length: 5_000 }, (_, i) => noted(`h${i}.bulk.example`)))
  const exported: QueryView[] = []
  for await (const piece of await done(running.services.queryLog.exportQueries({ below: 'bulk.example' }))) exported.push(...piece)
  expect(exported.map(({ name }) => name)).toEqual(Array.from({ length: 5_000 }, (_, i) => `h${4_999 - i}.bulk.example`))
})

test('who and what comes most often', async () => {
  const { running } = house()
  const { queryLog } = running.services
  const to = '2026-11-22T14:00'
  expect(await done(queryLog.topQueries({ by: 'name', to, limit: 1 }))).toMatchObject({ total: 5, items: [{ key: 'late.example', clientName: null, count: 2 }] })
  expect((await done(queryLog.topQueries({ by: 'client', to, limit: 3 }))).items).toEqual([
    { key: '10.53.0.100', clientName: 'beta', count: 3 }, { key: '10.53.0.9', clientName: null, count: 1 }, { key: '10.53.0.101', clientName: 'alpha', count: 1 },
  ])
  expect(await done(queryLog.topQueries({ by: 'blocked', to, limit: 9 }))).toMatchObject({ total: 1, items: [{ key: 'ads.example', count: 1 }] })
  expect((await done(queryLog.topQueries({ by: 'name', from: '2026-11-22T13:00', to, limit: 9 }))).total).toBe(3)
})

describe('what is written down', () => {
  const ask = (running: Running, name: string): void => {
    const query = queryOf(name)
    running.appliance.dns.receive(query, 0, query.length, new Uint8Array(4096), 0, 4096, parseIpv4('10.53.0.77') as number, () => () => {})
  }

  test('changes with the mode, from the next query on; it is stored, and told', async () => {
    const running = startAppliance()
    const { queryLog } = running.services
    ask(running, 'a.lab.internal')
    for (const mode of ['anonymous', 'counts', 'off', 'full'] as const) {
      expect(await done(queryLog.changeQueryLog({ mode }))).toMatchObject({ mode, keepDays: 7 })
      ask(running, `${mode}.lab.internal`)
    }
    const { items } = await done(queryLog.listQueries({}, { limit: 9 }))
    expect(items.map(({ client, name }) => [client, name])).toEqual([
      ['10.53.0.77', 'full.lab.internal'], [null, null], ['10.53.0.0', 'anonymous.lab.internal'], ['10.53.0.77', 'a.lab.internal'],
    ])
    expect(running.store.snapshot().settings.get('query-log')).toBe('{"mode":"full","keepDays":7,"maxMebibytes":1024}')
    expect(running.log.filter(([event]) => event === 'query-log.changed')).toHaveLength(4)
  })

  test('stays as it is when that cannot be stored', async () => {
    const running = startAppliance()
    running.fault = { kind: 'full', detail: 'SQLITE_FULL: disk full' }
    expect(await refused(running.services.queryLog.changeQueryLog({ mode: 'off' }))).toMatch(/^unavailable : the change could not be stored/)
    running.fault = undefined
    ask(running, 'a.lab.internal')
    expect(await done(running.services.queryLog.queryLog())).toMatchObject({ mode: 'full', queries: 1, dropped: 0 })
  })

  test('can be forgotten', async () => {
    const { queryLog } = house().running.services
    expect(await done(queryLog.queryLog())).toMatchObject({ queries: 5, oldestAt: '2026-11-22T12:00:01.000Z' })
    await done(queryLog.clearQueries())
    expect(await done(queryLog.queryLog())).toMatchObject({ queries: 0, oldestAt: null })
  })

  test('has room for so much; the rest is dropped and counted', async () => {
    const running = startAppliance()
    for (let i = 0; i < 3_000; i++) ask(running, 'a.lab.internal')
    const { queries, dropped } = await done(running.services.queryLog.queryLog())
    expect([queries + dropped, dropped > 0, queries > 1_000]).toEqual([3_000, true, true])
  })
})
