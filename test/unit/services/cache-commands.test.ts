/** The cache as an administrator sees it: looked at and flushed by name, subtree and type; or refused, and nothing changes. */
import { describe, expect, test } from 'vitest'
import type { CacheQuery, CachedView } from '../../../services/index.ts'
import { found, nodata, nxdomain } from '../../support/dns-cache.ts'
import { done, refused, type Running, startAppliance } from '../../support/running-appliance.ts'

const PAGING = { limit: 100 }

function knowing(): Running {
  const running = startAppliance()
  const { cache } = running.appliance.dns
  const at = running.clock.now()
  cache.put(0, found(['www.example 300 A 192.0.2.1', 'www.example 300 A 192.0.2.2'], { at, security: 'secure' }))
  cache.put(0, found('www.example 600 AAAA 2001:db8::1', { at }))
  cache.put(0, found('alias.example 300 CNAME www.example', { at }))
  cache.put(0, nodata('mail.example', 'TXT', { at }))
  cache.put(0, nxdomain('gone.www.example', { at }))
  cache.put(2, found('example 300 NS ns.example', { at, trust: 2, security: 'unchecked' }))
  return running
}

const shown = ({ name, type, says, records }: CachedView): string => `${name} ${type ?? '-'} ${says === 'records' ? records.join(', ') : says}`

describe('looking', () => {
  test.each<readonly [string, CacheQuery, readonly string[]]>([
    ['at a name', { name: 'www.example' }, ['www.example A A 192.0.2.1, A 192.0.2.2', 'www.example AAAA AAAA 2001:db8::1']],
    ['at a subtree', { below: 'WWW.Example.' }, ['www.example A A 192.0.2.1, A 192.0.2.2', 'www.example AAAA AAAA 2001:db8::1', 'gone.www.example - no-such-name']],
    ['at a type', { type: 'CNAME' }, ['alias.example CNAME CNAME www.example']],
    ['at what is secure', { security: 'secure' }, ['www.example A A 192.0.2.1, A 192.0.2.2']],
    ['at a type in all names', { below: '.', type: 'TYPE16' }, ['mail.example TXT no-such-type']],
    ['at what is not there', { name: 'nobody.example' }, []],
  ])('%s', async (_what, query, entries) => {
    const { items, next } = await done(knowing().services.cache.listCache(query, PAGING))
    expect([items.map(shown), next]).toEqual([entries, null])
  })

  test('all there is to say of an entry', async () => {
    const running = knowing()
    running.clock.advance(100_000)
    expect(await done(running.services.cache.listCache({ name: 'example' }, PAGING))).toEqual({ items: [{
      name: 'example', type: 'NS', says: 'records', records: ['NS ns.example'], ageSeconds: 100, secondsLeft: 200, security: 'unchecked', trust: 'referral',
      source: '192.0.2.53', zone: 'example', partition: 2,
    }], next: null })
    running.clock.advance(250_000)
    const { items } = await done(running.services.cache.listCache({ name: 'example' }, PAGING))
    expect(items[0]?.secondsLeft).toBe(-50)
  })

  test('page by page all come, once', async () => {
    const { services } = knowing()
    const names: string[] = []
    let after: string | undefined
    do {
      const page = await done(services.cache.listCache({}, { limit: 2, after }))
      expect(page.items.length).toBeLessThanOrEqual(2)
      names.push(...page.items.map(shown))
      after = page.next ?? undefined
    } while (after !== undefined)
    expect([names.length, new Set(names).size]).toEqual([6, 6])
  })
})

describe('flushing', () => {
  test.each<readonly [string, CacheQuery, number]>([
    ['everything', {}, 6], ['a name', { name: 'www.example' }, 2], ['a name and a type', { name: 'www.example', type: 'AAAA' }, 1],
    ['a subtree', { below: 'www.example' }, 3], ['a type', { type: 'A' }, 1], ['what is not there', { name: 'nobody.example' }, 0],
  ])('%s', async (_what, query, flushed) => {
    const { services } = knowing()
    expect(await done(services.cache.flushCache(query))).toEqual({ flushed })
    expect((await done(services.cache.cacheStats())).entries).toBe(6 - flushed)
    expect((await done(services.cache.listCache(query, PAGING))).items).toEqual([])
  })
})

test.each<readonly [string, CacheQuery, string]>([
  ['no name', { name: 'a..b' }, 'invalid /name: '],
  ['no name to be below', { below: 'x'.repeat(64) }, 'invalid /below: '],
  ['no type', { type: 'NOSUCH' }, 'invalid /type: '],
])('%s is refused, and nothing is flushed', async (_what, query, said) => {
  const { services } = knowing()
  expect(await refused(services.cache.flushCache(query))).toContain(said)
  expect(await refused(services.cache.listCache(query, PAGING))).toContain(said)
  expect((await done(services.cache.cacheStats())).entries).toBe(6)
})

test('a page that begins nowhere is refused', async () => {
  const { services } = knowing()
  expect(await refused(services.cache.listCache({}, { limit: 2, after: 'x' }))).toContain('invalid /after: ')
  expect((await done(services.cache.listCache({}, { limit: 2, after: '999999' }))).items).toEqual([])
})

test('a large cache is gone through in turns: packets come between', async () => {
  const { appliance, clock, services } = startAppliance()
  const at = clock.now()
  for (let i = 0; i < 5000; i++) appliance.dns.cache.put(0, found(`h${i}.example 300 A 192.0.2.1`, { at }))
  let flushed: number | undefined
  const flushing = done(services.cache.flushCache({ below: 'example' })).then((answer) => (flushed = answer.flushed))
  await Promise.resolve()
  expect([flushed, appliance.dns.cache.size > 0]).toEqual([undefined, true])
  for (let turn = 0; turn < 20 && flushed === undefined; turn++) {
    clock.advance(1)
    await Promise.resolve()
  }
  expect([await flushing, appliance.dns.cache.size]).toEqual([5000, 0])
})
