/** Trust anchors and negative ones: said, stored and in effect, also after a restart; or refused, and nothing changes. */
import { describe, expect, test } from 'vitest'
import { ROOT_ANCHOR } from '../../../services/dns/validator/anchors.ts'
import { keyOf } from '../../../services/dns/wire/name.ts'
import type { TrustAnchorInput } from '../../../services/index.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'

const DS = 'DS 12345 13 2 1F8188345ADBF5BDE0A6C7A7C7B6B0AA8F3E3E2BBD53AF53A8F1D4C8B0C5E4F1'
const DNSKEY = 'DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4='
const LAB: TrustAnchorInput = { zone: 'lab.example', records: [DS, DNSKEY], follows: true }

describe('trust anchors', () => {
  test('from the start the root is trusted by two keys of IANA', async () => {
    const { services: { trustAnchors } } = startAppliance()
    expect(await done(trustAnchors.listTrustAnchors())).toEqual([{
      id: null, origin: 'from-the-start', zone: '.', follows: true, keys: [],
      records: [
        'DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D',
        'DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16',
      ],
    }])
  })

  test('added, changed, removed; there again after a restart; each is an event', async () => {
    const running = startAppliance()
    const { services: { trustAnchors }, appliance: { dns: { trust } } } = running
    const added = await done(trustAnchors.addTrustAnchor({ ...LAB, zone: 'Lab.Example.', records: [`lab.example. 3600 IN ${DS} ; id = 12345`, DNSKEY, DS] }))
    expect(added).toEqual({ ...LAB, id: 1, origin: 'set', keys: [] })
    expect(trust.at(keyOf('lab.example'))).toMatchObject({ ds: [expect.anything()], dnskey: [expect.anything()] })
    expect(await done(trustAnchors.changeTrustAnchor(1, { follows: false, records: [DS] }))).toMatchObject({ records: [DS], follows: false })
    const again = startAppliance({ before: running.store.load().trust.anchors.map((anchor) => ({ kind: 'trust', write: { kind: 'trust-anchor-put', anchor } })) })
    expect(await done(again.services.trustAnchors.getTrustAnchor(1))).toMatchObject({ zone: 'lab.example', records: [DS], follows: false })
    expect(again.appliance.dns.trust.at(keyOf('lab.example'))?.ds).toHaveLength(1)
    await done(trustAnchors.removeTrustAnchor(1))
    expect([trust.at(keyOf('lab.example')), running.store.load().trust.anchors]).toEqual([undefined, []])
    expect(running.log.filter(([event]) => event === 'dns.trust-anchor.changed').map(([, facts]) => facts.how)).toEqual(['added', 'changed', 'removed'])
  })

  test('one of the root takes the place of the built-in one, which comes back', async () => {
    const { services: { trustAnchors }, appliance: { dns: { trust } } } = startAppliance()
    await done(trustAnchors.addTrustAnchor({ ...LAB, zone: '.' }))
    expect([trust.at(keyOf('.'))?.ds.length, await refused(trustAnchors.addTrustAnchor({ ...LAB, zone: '.' }))]).toEqual([1, expect.stringMatching(/^conflict \/zone/)])
    await done(trustAnchors.removeTrustAnchor(1))
    expect(trust.at(keyOf('.'))).toEqual(ROOT_ANCHOR)
  })

  test('keys that have followed are stored and are there after a restart', async () => {
    const running = startAppliance()
    const keys = [{ zone: '.', dnskey: DNSKEY.slice(7), state: 'valid' as const, since: Date.UTC(2026, 0, 1) }]
    const again = startAppliance({ before: [{ kind: 'trust', write: { kind: 'trusted-keys-set', zone: '.', keys } }] })
    expect((await done(again.services.trustAnchors.listTrustAnchors()))[0]?.keys).toEqual([
      { keyTag: expect.any(Number), algorithm: 15, state: 'valid', since: '2026-01-01T00:00:00.000Z', record: DNSKEY },
    ])
    expect([again.appliance.dns.trust.at(keyOf('.'))?.dnskey.length, running.appliance.dns.trust.at(keyOf('.'))?.dnskey.length]).toEqual([1, 0])
    const { trust } = again.appliance.dns
    trust.onKeys(keyOf('.'), [...trust.keysOf(keyOf('.'))].map((key) => ({ ...key, state: 'revoked' as const })), [{ what: 'revoked', keyTag: 7 }])
    await refused(again.services.trustAnchors.removeTrustAnchor(9))
    expect(again.store.load().trust.keys).toMatchObject([{ zone: '.', state: 'revoked' }])
    expect(again.log.at(-1)).toEqual(['dns.trust-anchor.revoked', { zone: '.', keyTag: 7 }])
  })

  test.each([
    ['no name', { zone: 'a..b' }, 'invalid /zone: '],
    ['nothing', { records: [] }, 'invalid /records: '],
    ['no record', { records: ['hello'] }, 'invalid /records/0: '],
    ['another type', { records: [DS, 'A 192.0.2.1'] }, 'invalid /records/1: '],
    ['SHA-1 signatures', { records: [DS.replace('13 2', '5 2')] }, 'invalid /records/0: '],
    ['an unknown digest', { records: [DS.replace('13 2', '13 9')] }, 'invalid /records/0: '],
    ['a digest cut short', { records: ['DS 12345 13 2 1F81'] }, 'invalid /records/0: '],
    ['no zone key', { records: [DNSKEY.replace('257', '1')] }, 'invalid /records/0: '],
    ['a revoked key', { records: [DNSKEY.replace('257', '385')] }, 'invalid /records/0: '],
    ['octets that are no key', { records: [DNSKEY.replace('257 3 15', '257 3 13')] }, 'invalid /records/0: '],
    ['too many', { records: Array.from({ length: 17 }, () => DS) }, 'invalid /records: '],
  ] as const)('refused: %s', async (_what, change, why) => {
    const running = startAppliance()
    const { trustAnchors } = running.services
    expect(await refused(trustAnchors.addTrustAnchor({ ...LAB, ...change }))).toContain(why)
    expect([(await done(trustAnchors.listTrustAnchors())).length, running.store.load().trust.anchors]).toEqual([1, []])
  })

  test('refused: one that is not there', async () => {
    const { services: { trustAnchors } } = startAppliance()
    expect([await refused(trustAnchors.changeTrustAnchor(9, { follows: false })), await refused(trustAnchors.removeTrustAnchor(9)), await refused(trustAnchors.removeNegativeTrustAnchor('x.example'))])
      .toEqual([expect.stringMatching(/^not-found/), expect.stringMatching(/^not-found/), expect.stringMatching(/^not-found/)])
  })
})

describe('RFC 7646 §2 negative trust anchors', () => {
  test('set, set again, removed; there again after a restart; over by themselves', async () => {
    const running = startAppliance()
    const { services: { trustAnchors }, appliance: { dns: { trust } }, clock } = running
    const added = await done(trustAnchors.addNegativeTrustAnchor({ zone: 'Broken.Example', seconds: 3600, reason: 'expired' }))
    expect(added).toMatchObject({ zone: 'broken.example', reason: 'expired' })
    expect(Date.parse(added.endsAt) - Date.parse(added.since)).toBe(3_600_000)
    expect(trust.negativeAt(keyOf('broken.example'))?.reason).toBe('expired')
    const again = startAppliance({ before: running.store.load().trust.negative.map((anchor) => ({ kind: 'trust', write: { kind: 'negative-trust-anchor-put', anchor } })) })
    expect(again.appliance.dns.trust.negativeAt(keyOf('broken.example'))?.reason).toBe('expired')
    await done(trustAnchors.addNegativeTrustAnchor({ zone: 'other.example', seconds: 7200, reason: 'lost' }))
    await done(trustAnchors.removeNegativeTrustAnchor('other.example'))
    clock.advance(3_600_001)
    await done(trustAnchors.addNegativeTrustAnchor({ zone: 'third.example', seconds: 60, reason: 'x' }))
    expect([trust.negativeAt(keyOf('broken.example')), (await done(trustAnchors.listNegativeTrustAnchors())).map(({ zone }) => zone)]).toEqual([undefined, ['third.example']])
    expect(running.store.load().trust.negative.map(({ zone }) => zone)).toEqual(['third.example'])
    expect(running.log.filter(([event]) => event.startsWith('dns.negative')).map(([event, facts]) => `${event.slice(26)} ${String(facts.zone)}`)).toEqual([
      'begun broken.example', 'begun other.example', 'ended other.example', 'ended broken.example', 'begun third.example',
    ])
  })

  test.each([
    ['the root', { zone: '.' }, 'invalid /zone: '],
    ['no name', { zone: 'a..b' }, 'invalid /zone: '],
    ['for a second', { seconds: 1 }, 'invalid /seconds: '],
    ['for a month', { seconds: 30 * 86_400 }, 'invalid /seconds: '],
  ] as const)('refused: %s', async (_what, change, why) => {
    const { services: { trustAnchors } } = startAppliance()
    expect(await refused(trustAnchors.addNegativeTrustAnchor({ zone: 'broken.example', seconds: 3600, reason: 'x', ...change }))).toContain(why)
    expect(await done(trustAnchors.listNegativeTrustAnchors())).toEqual([])
  })
})
