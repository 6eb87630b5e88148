/** Forwarders: said, stored and in effect, also after a restart; or refused, and nothing changes. */
import { expect, test } from 'vitest'
import { keyOf } from '../../../services/dns/wire/name.ts'
import type { ForwarderInput } from '../../../services/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { done, refused, type Running, startAppliance } from '../../support/running-appliance.ts'

const CORP: ForwarderInput = {
  domain: 'corp.example', target: 'servers', servers: ['10.60.0.53', 'tls://10.60.1.53#dns.corp.example'], strategy: 'ordered', path: 'stack', failClosed: true, segments: [], addresses: [],
  authority: null, enabled: true, comment: 'the other office',
}
const asked = ({ appliance }: Running, name: string, client: string): number | undefined => {
  const { forwardRules } = appliance.dns
  return forwardRules.find(forwardRules.partitionOf(ipv4(client)), keyOf(name))?.rule.id
}

test('added, changed, removed; there again after a restart; each is an event', async () => {
  const running = startAppliance()
  const { forwarders } = running.services
  const added = await done(forwarders.addForwarder({ ...CORP, domain: 'Corp.Example.' }))
  const unknown = { state: 'unknown', rttMs: null, answered: 0, failed: 0, signs: null, connections: 0, problem: null }
  expect(added).toEqual({ ...CORP, id: 1, kind: 'rule', states: CORP.servers.map((server) => ({ server, ...unknown })) })
  expect(asked(running, 'www.corp.example', '10.53.0.9')).toBe(1)
  expect(await done(forwarders.changeForwarder(1, { servers: ['10.60.0.54'], comment: null }))).toMatchObject({ servers: ['10.60.0.54'], comment: null, path: 'stack' })
  const again = startAppliance({ before: running.store.load().forwardRules.map((rule) => ({ kind: 'forward-rule-put', rule })) })
  expect(await done(again.services.forwarders.getForwarder(1))).toMatchObject({ domain: 'corp.example', servers: ['10.60.0.54'], strategy: 'ordered', comment: null })
  expect(asked(again, 'www.corp.example', '10.53.0.9')).toBe(1)
  await done(again.services.forwarders.changeForwarder(1, { enabled: false }))
  expect(asked(again, 'www.corp.example', '10.53.0.9')).not.toBe(1)
  await done(forwarders.removeForwarder(1))
  expect(await refused(forwarders.getForwarder(1))).toMatch(/^not-found/)
  expect(asked(running, 'www.corp.example', '10.53.0.9')).not.toBe(1)
  expect(running.log.filter(([event]) => event === 'dns.forwarder.changed').map(([, facts]) => facts)).toMatchObject([
    { how: 'added', domain: 'corp.example' }, { how: 'changed' }, { how: 'removed' },
  ])
  expect((await done(forwarders.addForwarder(CORP))).id).toBe(2)
})

test('for a segment it counts for its subnets, as they are at any time, and for nobody else', async () => {
  const running = startAppliance()
  const { forwarders, dhcp } = running.services
  const [segment] = await done(dhcp.list('segments'))
  await done(forwarders.addForwarder({ ...CORP, domain: '.', segments: [segment?.name ?? ''] }))
  await done(forwarders.addForwarder({ ...CORP, domain: '.', addresses: ['10.77.0.0/16'], target: 'recursion', servers: [] }))
  expect([asked(running, 'example.net', '10.53.0.9'), asked(running, 'example.net', '10.66.0.9'), asked(running, 'example.net', '10.77.0.9')]).toEqual([1, undefined, 2])
  const { subnets } = await done(running.appliance.network.dhcp.configuration())
  const { id: _, ...subnet } = subnets[0] as (typeof subnets)[0]
  await done(running.appliance.network.dhcp.add('subnets', { ...subnet, prefix: { network: ipv4('10.66.0.0'), length: 24 } }))
  expect(asked(running, 'example.net', '10.66.0.9')).toBe(1)
})

test('when its segment is removed it counts for nobody, and whatever else is changed, not for everybody', async () => {
  const running = startAppliance()
  const { forwarders, dhcp } = running.services
  const segment = await done(dhcp.add('segments', { ...(await done(dhcp.list('segments')))[0], name: 'hall', interface: null, relays: ['10.99.0.1'] } as never)) as { readonly id: number }
  await done(forwarders.addForwarder({ ...CORP, domain: '.', segments: ['hall'] }))
  await done(dhcp.remove('segments', segment.id))
  expect(await done(forwarders.changeForwarder(1, { comment: 'still there' }))).toMatchObject({ segments: [`removed (${segment.id})`], addresses: [] })
  expect(asked(running, 'example.net', '10.53.0.9')).toBeUndefined()
  expect(await done(forwarders.changeForwarder(1, { segments: [] }))).toMatchObject({ segments: [] })
  expect(asked(running, 'example.net', '10.53.0.9')).toBe(1)
})

test('a server by HTTPS that is given by its name alone is looked up, once', async () => {
  const { services: { forwarders, dns } } = startAppliance()
  await done(dns.addRecord('lab.internal', { name: 'doh', type: 'A', data: '10.53.0.44', ttl: null, comment: null }))
  expect(await done(forwarders.addForwarder({ ...CORP, servers: ['https://doh.lab.internal/q'] }))).toMatchObject({ servers: ['https://doh.lab.internal/q#10.53.0.44'] })
  expect(await done(forwarders.changeForwarder(1, { servers: ['https://doh.lab.internal'] }))).toMatchObject({ servers: ['https://doh.lab.internal/dns-query#10.53.0.44'] })
  expect(await refused(forwarders.changeForwarder(1, { servers: ['https://none.lab.internal/q'] }))).toMatch(/^invalid \/servers\/0: the address of none\.lab\.internal/)
})

test.each([
  ['no name', { domain: 'a..b' }, 'invalid /domain: '],
  ['a block with host bits', { domain: '10.0.0.1/8' }, 'invalid /domain: '],
  ['a name that is never asked outside', { domain: 'x.localhost' }, 'invalid /domain: '],
  ['no servers', { servers: [] }, 'invalid /servers: '],
  ['too many', { servers: Array.from({ length: 9 }, (_, i) => `10.60.0.${i + 1}`) }, 'invalid /servers: '],
  ['not a server', { servers: ['10.60.0.53', 'nowhere'] }, 'invalid /servers/1: '],
  ['one twice', { servers: ['10.60.0.53', '10.60.0.53:53'] }, 'invalid /servers/1: '],
  ['recursion with servers', { target: 'recursion' }, 'invalid /servers: '],
  ['no prefix', { addresses: ['10.53.7.1/24'] }, 'invalid /addresses/0: '],
  ['no segment of that name', { segments: ['nowhere'] }, 'invalid /segments/0: '],
  ['an authority for nobody', { servers: ['10.60.0.53'], authority: 'x' }, 'invalid /authority: '],
  ['an authority that is none', { authority: '-----BEGIN CERTIFICATE-----' }, 'invalid /authority: '],
] as const)('refused: %s', async (_what, change, why) => {
  const running = startAppliance()
  const { forwarders } = running.services
  const before = await done(forwarders.listForwarders())
  expect(await refused(forwarders.addForwarder({ ...CORP, ...change } as ForwarderInput))).toContain(why)
  expect([await done(forwarders.listForwarders()), running.store.load().forwardRules]).toEqual([before, []])
})

test('refused: a second one for the same names and clients, and more groups of clients than there can be', async () => {
  const { services: { forwarders } } = startAppliance()
  await done(forwarders.addForwarder(CORP))
  expect(await refused(forwarders.addForwarder({ ...CORP, servers: ['10.60.0.99'] }))).toMatch(/^conflict \/domain/)
  for (let i = 0; i < 14; i++) await done(forwarders.addForwarder({ ...CORP, addresses: [`10.${i}.0.0/16`] }))
  expect(await refused(forwarders.addForwarder({ ...CORP, addresses: ['10.99.0.0/16'] }))).toMatch(/^conflict \/addresses/)
  expect(await refused(forwarders.changeForwarder(99, { enabled: false }))).toMatch(/^not-found/)
})
