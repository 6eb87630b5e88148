/** Records that have an end: gone on time in virtual time, also after a restart, a failed commit or a jump of the calendar. */
import { describe, expect, test } from 'vitest'
import { NOON, record } from '../../support/leases.ts'
import { done, type Running, startAppliance } from '../../support/running-appliance.ts'

/** What was submitted is stored in microtasks. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
const soon = (ms: number): string => new Date(NOON + ms).toISOString()
const add = (running: Running, name: string, ms: number | null) =>
  done(running.services.dns.addRecord('lab.internal', { name, type: 'A', ttl: null, data: '10.53.0.30', comment: null, expiresAt: ms === null ? null : soon(ms) }))
const rcode = async ({ appliance }: Running, name: string): Promise<string> => (await done(appliance.network.dns.explainName(`${name}.lab.internal`, 'A'))).rcode

describe('a record with an end', () => {
  test('is gone when the calendar has jumped over it, within the hour', async () => {
    const running = startAppliance()
    await add(running, 'a', 7 * 86_400_000)
    running.clock.jumpWall(8 * 86_400_000)
    running.clock.advance(3_600_000)
    await settle()
    expect(await rcode(running, 'a')).toBe('NXDOMAIN')
  })

  test('is served until then, and is gone then, with an event and a version that says why', async () => {
    const running = startAppliance()
    await add(running, 'a', 60_000)
    await add(running, 'b', 90_000)
    await add(running, 'c', null)
    running.clock.advance(59_999)
    await settle()
    expect(await rcode(running, 'a')).toBe('NOERROR')
    running.clock.advance(1)
    await settle()
    expect([await rcode(running, 'a'), await rcode(running, 'b')]).toEqual(['NXDOMAIN', 'NOERROR'])
    running.clock.advance(36_000_000)
    await settle()
    expect([await rcode(running, 'b'), await rcode(running, 'c')]).toEqual(['NXDOMAIN', 'NOERROR'])
    const { items } = await done(running.services.zoneContents.listVersions('lab.internal', { limit: 2 }))
    expect(items.map(({ by, removed, at }) => [by, removed, at])).toEqual([['expiry', 1, soon(90_000)], ['expiry', 1, soon(60_000)]])
    expect(running.log.filter(([event]) => event === 'zone.record.expired').map(([, facts]) => facts['name'])).toEqual(['a.lab.internal', 'b.lab.internal'])
  })

  test('may get another end, or none', async () => {
    const running = startAppliance()
    const a = await add(running, 'a', 60_000)
    const b = await add(running, 'b', 60_000)
    await done(running.services.dns.changeRecord('lab.internal', a.id, { expiresAt: soon(120_000) }))
    await done(running.services.dns.changeRecord('lab.internal', b.id, { expiresAt: null }))
    running.clock.advance(100_000)
    await settle()
    expect(await rcode(running, 'a')).toBe('NOERROR')
    running.clock.advance(20_000)
    await settle()
    expect([await rcode(running, 'a'), await rcode(running, 'b')]).toEqual(['NXDOMAIN', 'NOERROR'])
  })

  test('that came while the appliance was off is gone at the start; also one that is off', async () => {
    const rows = [record(60, 'a.lab.internal', 'A', '10.53.0.30', { expiresAt: NOON - 1 }), record(61, 'b.lab.internal', 'A', '10.53.0.30', { expiresAt: NOON + 5000, enabled: false })]
    const running = startAppliance({ before: [{ kind: 'zone-edit', at: 1, edit: { zoneId: 1, serialBefore: 1, serialAfter: 2, remove: [], add: rows } }] })
    running.clock.advance(5000)
    await settle()
    expect(await rcode(running, 'a')).toBe('NXDOMAIN')
    expect(running.store.load().zones[0]?.records.filter(({ id }) => id >= 60)).toEqual([])
  })

  test('that cannot be stored is tried again, and served until then', async () => {
    const running = startAppliance()
    await add(running, 'a', 1000)
    running.fault = { kind: 'full', detail: 'full' }
    running.clock.advance(1000)
    await settle()
    expect(await rcode(running, 'a')).toBe('NOERROR')
    running.fault = undefined
    running.clock.advance(60_000)
    await settle()
    expect(await rcode(running, 'a')).toBe('NXDOMAIN')
  })

  test('the last name server of a zone stays, and that is said', async () => {
    const running = startAppliance()
    const { items } = await done(running.services.dns.listRecords('lab.internal', { type: 'NS' }, { limit: 9 }))
    await done(running.services.dns.changeRecord('lab.internal', items[0]?.id as number, { expiresAt: soon(1000) }))
    running.clock.advance(1000)
    await settle()
    expect((await done(running.services.dns.listRecords('lab.internal', { type: 'NS' }, { limit: 9 }))).items).toHaveLength(1)
    expect(running.log.map(([event]) => event)).toContain('zone.expiry.refused')
  })
})
