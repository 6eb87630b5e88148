/** Who may have a zone: said, stored and in effect, also after a restart; or refused. */
import { expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'

const NONE = { addresses: [], keys: [] }

test('nobody, until it is said; then it is stored and in effect; it goes with the zone', async () => {
  const { appliance, store } = startAppliance()
  const { transfers, tsigKeys, dns } = appliance.network
  expect(await done(transfers.transferPolicy('lab.internal'))).toEqual(NONE)
  await done(tsigKeys.addTsigKey({ name: 'k.lab.internal', algorithm: 'hmac-sha256', secret: null }))
  const policy = { addresses: ['10.53.0.8/30'], keys: ['k.lab.internal'] }
  expect(await done(transfers.setTransferPolicy('0.53.10.in-addr.arpa', policy))).toEqual(policy)
  const [stored] = store.load().transferPolicies
  expect(stored).toEqual({ zoneId: 2, prefixes: [{ network: ipv4('10.53.0.8'), length: 30 }], keys: ['k.lab.internal'] })
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
