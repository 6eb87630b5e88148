/** ALIAS and URL records: the addresses that are made of them, when they change, and when they go. */
import { describe, expect, test } from 'vitest'
import type { RecordStep } from '../../../services/index.ts'
import { ADDRESS, leaseRecord, record } from '../../support/leases.ts'
import { done, refused, type Running, startAppliance } from '../../support/running-appliance.ts'

async function settle(running: Running, ms = 0): Promise<void> {
  running.clock.advance(ms)
  for (let i = 0; i < 200; i++) {
    await Promise.resolve()
    running.clock.advance(0)
  }
}
const add = (name: string, type: string, data: string, ttl: number | null = null): RecordStep => ({ add: { name, type, ttl, data, comment: null } })
const change = (running: Running, ...steps: readonly RecordStep[]) => done(running.services.zoneContents.changeRecords('lab.internal', steps, undefined, false))
const asked = async (running: Running, name = 'lab.internal', type = 'A') => (await done(running.appliance.network.dns.explainName(name, type))).answers.map((line) => line.split(' ').slice(1).join(' '))

describe('an ALIAS at the apex', () => {
  test('has the addresses of its target, with its own TTL, and follows them at once', async () => {
    const running = startAppliance()
    await change(running, add('web', 'A', '10.53.0.30', 600), add('web', 'AAAA', '2001:db8::1'), add('@', 'ALIAS', 'web', 120))
    await settle(running)
    expect([await asked(running), await asked(running, 'lab.internal', 'AAAA')]).toEqual([['120 IN A 10.53.0.30'], ['120 IN AAAA 2001:db8::1']])
    await change(running, { remove: { name: 'web', type: 'AAAA' } }, add('web', 'A', '10.53.0.31'))
    await settle(running)
    expect([(await asked(running)).sort(), await asked(running, 'lab.internal', 'AAAA')]).toEqual([['120 IN A 10.53.0.30', '120 IN A 10.53.0.31'], []])
    const { items } = await done(running.services.zoneContents.listVersions('lab.internal', { limit: 1 }))
    expect(items[0]?.by).toBe('alias')
  })

  test('follows a lease, another ALIAS, and a name of another zone', async () => {
    const running = startAppliance()
    const { store: _store, ...rest } = running
    await change(running, add('a', 'ALIAS', 'b'), add('b', 'ALIAS', 'c.other.internal.'))
    await settle(running, 1000)
    expect(await asked(running, 'a.lab.internal')).toEqual([])
    await done(rest.services.zoneContents.importZone('other.internal', { text: 'c 60 A 10.9.0.1', mode: 'merge', soa: false, create: true }, false))
    await settle(running, 60_000)
    await settle(running, 60_000)
    expect(await asked(running, 'a.lab.internal')).toEqual(['300 IN A 10.9.0.1'])
    const leased = startAppliance({ before: [{ kind: 'zone-edit', at: 1, edit: { zoneId: 1, serialBefore: 1, serialAfter: 2, remove: [], add: [leaseRecord(60, 'alpha.lab.internal', 'A', ADDRESS, ADDRESS), record(61, 'lab.internal', 'ALIAS', 'alpha.lab.internal')] } }] })
    await settle(leased, 1000)
    expect(await asked(leased)).toEqual([`300 IN A ${ADDRESS}`])
  })

  test('keeps what it had while nobody answers, and says so once', async () => {
    const running = startAppliance()
    await change(running, add('web', 'A', '10.53.0.30'), add('@', 'ALIAS', 'web'))
    await settle(running)
    const alias = (await done(running.services.dns.listRecords('lab.internal', { type: 'ALIAS' }, { limit: 1 }))).items[0]
    await done(running.services.dns.changeRecord('lab.internal', alias?.id as number, { data: 'www.example.com.' }))
    await settle(running, 200_000)
    expect(await asked(running)).toEqual(['300 IN A 10.53.0.30'])
    expect(running.log.filter(([event]) => event === 'dns.alias.stale')).toHaveLength(1)
    await done(running.services.dns.changeRecord('lab.internal', (await done(running.services.dns.listRecords('lab.internal', { type: 'ALIAS' }, { limit: 1 }))).items[0]?.id as number, { data: 'web' }))
    await settle(running)
    expect(await asked(running)).toEqual(['300 IN A 10.53.0.30'])
  })

  test('its addresses go with it, also when it is put off, and a file has it as others can read it', async () => {
    const running = startAppliance()
    const edit = await change(running, add('web', 'A', '10.53.0.30'), add('@', 'ALIAS', 'web'))
    await settle(running)
    const file = await done(running.services.dns.exportZone('lab.internal'))
    expect(file).toMatch(/^lab\.internal\.\t300\tIN\tTYPE65401\t\\# 18 03776562/m)
    const imported = await done(running.services.zoneContents.importZone('lab.internal', { text: file, mode: 'replace', soa: false, create: false }, false))
    expect([imported.added, imported.removed]).toEqual([0, 0])
    const id = edit.changes.find(({ type }) => type === 'ALIAS')?.id as number
    const off = await done(running.services.dns.changeRecord('lab.internal', id, { enabled: false }))
    await settle(running)
    expect(await asked(running)).toEqual([])
    const on = await done(running.services.dns.changeRecord('lab.internal', off.id, { enabled: true }))
    await settle(running)
    expect(await asked(running)).toEqual(['300 IN A 10.53.0.30'])
    await done(running.services.dns.removeRecord('lab.internal', on.id))
    await settle(running)
    expect(await asked(running)).toEqual([])
  })

  test('is not served itself', async () => {
    const running = startAppliance()
    await change(running, add('web', 'A', '10.53.0.30'), add('@', 'ALIAS', 'web'))
    await settle(running)
    expect(await asked(running, 'lab.internal', 'ALIAS')).toEqual([])
  })
})

test('a URL record makes its name the appliance, which sends browsers on', async () => {
  const running = startAppliance()
  await change(running, add('docs', 'URL', '302 1 "https://docs.example.com/"'))
  await settle(running)
  expect(await asked(running, 'docs.lab.internal')).toEqual(['300 IN A 10.53.0.2'])
  await change(running, add('*.go', 'URL', '308 0 "http://go.example.com/x"'))
  const { zoneContents } = running.services
  expect(zoneContents.redirectFor('Docs.LAB.internal', '/a?b')).toEqual({ status: 302, location: 'https://docs.example.com/a?b' })
  expect(zoneContents.redirectFor('any.go.lab.internal', '/a?b')).toEqual({ status: 308, location: 'http://go.example.com/x' })
  expect(zoneContents.redirectFor('www.lab.internal', '/')).toBeUndefined()
})

test.each([
  ['an address beside', [add('x', 'ALIAS', 'web'), add('x', 'A', '10.0.0.1')], /^conflict \/changes\/1\/add\/type: the addresses of x\.lab\.internal are made of its ALIAS/],
  ['beside an address', [add('x', 'A', '10.0.0.1'), add('x', 'URL', '302 0 "http://a/"')], /^conflict \/changes\/1\/add\/type: x\.lab\.internal has an address/],
  ['two at a name', [add('x', 'ALIAS', 'a'), add('x', 'ALIAS', 'b')], /^conflict .*has a record ALIAS/],
  ['beside a CNAME', [add('x', 'CNAME', 'a'), add('x', 'ALIAS', 'b')], /^conflict /],
  ['of itself', [add('x', 'ALIAS', 'x')], /^invalid .*alias of itself/],
  ['a status that redirects nothing', [add('x', 'URL', '200 0 "http://a/"')], /^invalid .*200 is no status/],
  ['a page of another kind', [add('x', 'URL', '302 0 "ftp://a/"')], /^invalid .*not the address of a web page/],
  ['a choice that is none', [add('x', 'URL', '302 2 "http://a/"')], /^invalid .*neither/],
] as const)('%s is refused', async (_what, steps, expected) => {
  expect(await refused(startAppliance().services.zoneContents.changeRecords('lab.internal', [...steps], undefined, false))).toMatch(expected)
})
