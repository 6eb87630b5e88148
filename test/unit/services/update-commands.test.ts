/** Who may update a zone: said, stored and in effect, also after a restart; and updates on their way to the disk. */
import { expect, test } from 'vitest'
import type { UpdateRuleView } from '../../../services/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { updateBytes } from '../../support/dns-update.ts'
import { done, refused, startAppliance, type Running } from '../../support/running-appliance.ts'

const RULE: UpdateRuleView = { key: null, address: '10.53.0.0/24', names: 'subdomain', name: 'dyn.lab.internal', types: ['A', 'TXT'], touches: 'updates' }

/** The rcode that an update of lab.internal from 10.53.0.9 gets. */
async function update(running: Running, ...lines: readonly string[]): Promise<number> {
  const { dns } = running.appliance
  const bytes = updateBytes(lines, { zone: 'lab.internal' })
  const into = new Uint8Array(4096)
  return new Promise((resolve) => {
    const length = dns.receive(bytes, 0, bytes.length, into, 0, 4096, ipv4('10.53.0.9'), () => (b, at) => resolve((b[at + 3] as number) & 15))
    if (length > 0) resolve((into[3] as number) & 15)
  })
}

test('rules are stored, hold at once, and go with the zone', async () => {
  const running = startAppliance()
  const { updates, dns } = running.appliance.network
  expect(await done(updates.updatePolicy('lab.internal'))).toEqual({ rules: [] })
  expect(await update(running, 'add a.dyn.lab.internal 60 A 10.9.9.9')).toBe(5)
  expect(await done(updates.setUpdatePolicy('lab.internal', { rules: [RULE] }))).toEqual({ rules: [RULE] })
  expect(await update(running, 'add a.dyn.lab.internal 60 A 10.9.9.9')).toBe(0)
  const { updatePolicies, zones } = running.store.load()
  expect(updatePolicies).toEqual([running.appliance.dns.updates.policyOf(1)])
  const record = zones[0]?.records.find(({ name }) => name === 'a.dyn.lab.internal')
  expect(record).toMatchObject({ data: '10.9.9.9', owner: { kind: 'update', key: '10.53.0.9' } })
  expect((await done(updates.recentUpdates('lab.internal'))).map(({ rcode, source, key }) => [rcode, source, key])).toEqual([
    ['NOERROR', '10.53.0.9', null], ['REFUSED', '10.53.0.9', null],
  ])
  expect(running.log.find(([event]) => event === 'dns.update.applied')?.[1]).toMatchObject({ zone: 'lab.internal', added: 1, removed: 0, source: '10.53.0.9' })
  await done(dns.removeZone('0.53.10.in-addr.arpa'))
  await done(running.appliance.network.dhcp.change('subnets', 1, { domain: undefined }))
  await done(dns.removeZone('lab.internal'))
  expect(running.store.load().updatePolicies).toEqual([])
})

test.each([
  ['a zone that is not there', 'other', {}, 'not-found : '],
  ['neither key nor address', 'lab.internal', { address: null }, 'invalid /rules/0/key: '],
  ['a key that is not there', 'lab.internal', { key: 'k.lab.internal' }, 'invalid /rules/0/key: '],
  ['no prefix', 'lab.internal', { address: '10.0.0.1/8' }, 'invalid /rules/0/address: '],
  ['a name outside', 'lab.internal', { name: 'dyn.other' }, 'invalid /rules/0/name: '],
  ['no name', 'lab.internal', { name: null }, 'invalid /rules/0/name: '],
  ['no wildcard', 'lab.internal', { names: 'wildcard' }, 'invalid /rules/0/name: '],
  ['a name too many', 'lab.internal', { names: 'zone' }, 'invalid /rules/0/name: '],
  ['self without a key', 'lab.internal', { names: 'self', name: null }, 'invalid /rules/0/names: '],
  ['no type', 'lab.internal', { types: ['A', 'ANY'] }, 'invalid /rules/0/types/1: '],
  ["a type of the server's", 'lab.internal', { types: ['RRSIG'] }, 'invalid /rules/0/types/0: '],
] as const)('refused: %s', async (_what, zone, change, why) => {
  const { appliance } = startAppliance()
  expect(await refused(appliance.network.updates.setUpdatePolicy(zone, { rules: [{ ...RULE, ...change }] }))).toContain(why)
})

test('what cannot be stored is SERVFAIL, was never there, and the next one goes on', async () => {
  const running = startAppliance()
  await done(running.appliance.network.updates.setUpdatePolicy('lab.internal', { rules: [RULE] }))
  running.fault = { kind: 'full', detail: 'SQLITE_FULL' }
  expect(await update(running, 'add a.dyn.lab.internal 60 A 10.9.9.9')).toBe(2)
  running.fault = undefined
  expect(await update(running, 'prereq nxdomain a.dyn.lab.internal', 'add a.dyn.lab.internal 60 A 10.9.9.8')).toBe(0)
  expect(running.appliance.dns.zones.get('lab.internal')?.recordsNamed('a.dyn.lab.internal').map(({ data }) => data)).toEqual(['10.9.9.8'])
})

test('a restart brings rules and records back', async () => {
  const running = startAppliance()
  const { tsigKeys, updates } = running.appliance.network
  await done(tsigKeys.addTsigKey({ name: 'k.lab.internal', algorithm: 'hmac-sha256', secret: null }))
  const rules = [RULE, { ...RULE, key: 'k.lab.internal', address: null, names: 'self', name: null, types: [], touches: 'leases' }] as const
  await done(updates.setUpdatePolicy('lab.internal', { rules }))
  const again = startAppliance({ before: running.store.load().updatePolicies.map((policy) => ({ kind: 'update-policy-put', policy })) })
  expect(await done(again.appliance.network.updates.updatePolicy('lab.internal'))).toEqual({ rules })
})

test('explain says whose a record is', async () => {
  const running = startAppliance()
  await done(running.appliance.network.updates.setUpdatePolicy('lab.internal', { rules: [{ ...RULE, names: 'zone', name: null }] }))
  expect(await update(running, 'add laptop.lab.internal 60 TXT "mine"')).toBe(0)
  const explained = await done(running.services.reasons.explain('laptop.lab.internal'))
  expect(explained.lines.join('\n')).toMatch(/laptop\.lab\.internal 60 TXT "mine" \(owner: update 10\.53\.0\.9\)/)
})

test('an SOA that is newer is stored and served; the history says who made each version', async () => {
  const running = startAppliance()
  const everything = { ...RULE, names: 'zone', name: null, types: [] } as const
  await done(running.appliance.network.updates.setUpdatePolicy('lab.internal', { rules: [everything, { ...everything, types: ['SOA'] }] }))
  expect(await update(running, 'add lab.internal 60 SOA ns.lab.internal admin.lab.internal 5000 1 2 3 4', 'add new.lab.internal 60 A 10.9.9.9')).toBe(0)
  const { zones } = running.store.load()
  expect(zones[0]?.zone).toMatchObject({ serial: 5000, hostmaster: 'admin.lab.internal', refresh: 1, soaTtl: 60 })
  expect(running.appliance.dns.zones.get('lab.internal')?.zone).toEqual(zones[0]?.zone)
  expect(running.store.recordHistory(1, {}, 1, undefined)[0]).toMatchObject({ serial: 5000, author: 'update 10.53.0.9' })
})
