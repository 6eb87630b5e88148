/** Who may have a zone: said, stored and in effect, also after a restart; or refused. */
import { expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'

const OPEN_NOTIFY = { notify: [], notifyServers: true }
const NONE = { addresses: [], keys: [], tlsOnly: false }

test('nobody, until it is said; then it is stored and in effect; it goes with the zone', async () => {
  const { appliance, store } = startAppliance()
  const { transfers, tsigKeys, dns } = appliance.network
  expect(await done(transfers.transferPolicy('lab.internal'))).toEqual(NONE)
  await done(tsigKeys.addTsigKey({ name: 'k.lab.internal', algorithm: 'hmac-sha256', secret: null }))
  const policy = { addresses: ['10.53.0.8/30'], keys: ['k.lab.internal'], tlsOnly: true }
  expect(await done(transfers.setTransferPolicy('0.53.10.in-addr.arpa', policy))).toEqual(policy)
  const [stored] = store.load().transferPolicies
  expect(stored).toEqual({ zoneId: 2, prefixes: [{ network: ipv4('10.53.0.8'), length: 30 }], keys: ['k.lab.internal'], tlsOnly: true, ...OPEN_NOTIFY })
  expect(appliance.dns.transfers.policyOf(2)).toEqual(stored)
  await done(dns.removeZone('0.53.10.in-addr.arpa'))
  expect([store.load().transferPolicies, appliance.dns.transfers.policyOf(2).keys]).toEqual([[], []])
})

test.each([
  ['a zone that is not there', 'other', NONE, 'not-found : '],
  ['a key that is not there', 'lab.internal', { ...NONE, keys: ['k'] }, 'invalid /keys/0: '],
  ['no prefix', 'lab.internal', { ...NONE, addresses: ['10.0.0.1/8'] }, 'invalid /addresses/0: '],
] as const)('refused: %s', async (_what, zone, policy, why) => {
  const { appliance } = startAppliance()
  expect(await refused(appliance.network.transfers.setTransferPolicy(zone, policy))).toContain(why)
})

test('who is told: the name servers, until it is said; stored and in effect, and apart from who may have the zone', async () => {
  const { appliance, store, clock } = startAppliance()
  const { transfers, tsigKeys } = appliance.network
  expect(await done(transfers.notifyPolicy('lab.internal'))).toEqual({ targets: [], nameServers: true, told: [] })
  await done(tsigKeys.addTsigKey({ name: 'k.lab.internal', algorithm: 'hmac-sha256', secret: null }))
  const targets = [{ address: '10.53.0.9', port: 53, key: null }, { address: '10.53.0.10', port: 5353, key: 'k.lab.internal' }]
  await done(transfers.setTransferPolicy('lab.internal', { addresses: ['10.53.0.9/32'], keys: [], tlsOnly: false }))
  expect(await done(transfers.setNotifyPolicy('lab.internal', { targets, nameServers: false }))).toMatchObject({ targets, nameServers: false })
  expect(store.load().transferPolicies).toEqual([{
    zoneId: 1, prefixes: [{ network: ipv4('10.53.0.9'), length: 32 }], keys: [], tlsOnly: false, notifyServers: false,
    notify: [{ address: ipv4('10.53.0.9'), port: 53, key: undefined }, { address: ipv4('10.53.0.10'), port: 5353, key: 'k.lab.internal' }],
  }])
  const at = new Date(clock.wallMs()).toISOString()
  const waiting = targets.map(({ address, port }) => ({ address, port, serial: 2, outcome: 'waiting', rcode: null, at }))
  expect((await done(transfers.notifyNow('lab.internal'))).told).toEqual(waiting)
  clock.runUntil(clock.now() + 600_000)
  expect((await done(transfers.notifyPolicy('lab.internal'))).told.map((each) => each.outcome)).toEqual(['unanswered', 'unanswered'])
})

test.each([
  ['a zone that is not there', 'other', { targets: [], nameServers: true }, 'not-found : '],
  ['a key that is not there', 'lab.internal', { targets: [{ address: '10.0.0.1', port: 53, key: 'k' }], nameServers: true }, 'invalid /targets/0/key: '],
  ['no address', 'lab.internal', { targets: [{ address: '10.0.0', port: 53, key: null }], nameServers: true }, 'invalid /targets/0/address: '],
  ['an address twice', 'lab.internal', { targets: [1, 2].map((port) => ({ address: '10.0.0.1', port, key: null })), nameServers: true }, 'invalid /targets/1/address: '],
] as const)('telling is refused: %s', async (_what, zone, input, why) => {
  const { appliance } = startAppliance()
  expect(await refused(appliance.network.transfers.setNotifyPolicy(zone, input))).toContain(why)
})

test('nobody to tell is said', async () => {
  const { appliance } = startAppliance()
  expect(await refused(appliance.network.transfers.notifyNow('lab.internal'))).toContain('conflict')
})
