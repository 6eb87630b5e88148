import { describe, expect, test } from 'vitest'
import { dsRdata } from '../../../services/dns/rollover/dnskey.ts'
import { follow, refreshSeconds } from '../../../services/dns/validator/key-states.ts'
import type { FollowedKey, KeyState } from '../../../services/dns/validator/key-states.ts'
import { keyOf, name } from '../../../services/dns/wire/name.ts'
import { keyPair, keyTagOf, signingKey, signingOf } from '../../support/dnssec.ts'
import { SignedWorld } from '../../support/validation.ts'

const DAY = 86_400_000
const DNSKEY = signingKey(15).dnskey
const NOW = Date.UTC(2026, 10, 22)

describe('RFC 5011 §4.1 the states of a key', () => {
  test.each([
    // from       days ago  what is seen    it becomes   and is told
    ['none', 0, 'set', 'valid', 'accepted'],
    ['none', 0, 'new', 'pending', 'pending'],
    ['none', 0, 'revoked', 'none', ''],
    ['none', 0, 'set, revoked', 'revoked', 'revoked'],
    ['pending', 1, 'new', 'pending', ''],
    ['pending', 29.9, 'new', 'pending', ''],
    ['pending', 30, 'new', 'valid', 'accepted'],
    ['pending', 29, 'nothing', 'none', 'dropped'],
    ['pending', 31, 'revoked', 'none', 'dropped'],
    ['valid', 99, 'new', 'valid', ''],
    ['valid', 99, 'nothing', 'missing', 'missing'],
    ['valid', 99, 'revoked', 'revoked', 'revoked'],
    ['missing', 99, 'nothing', 'missing', ''],
    ['missing', 99, 'new', 'valid', 'back'],
    ['missing', 99, 'revoked', 'revoked', 'revoked'],
    ['revoked', 1, 'new', 'revoked', ''],
    ['revoked', 99, 'set', 'revoked', ''],
    ['revoked', 99, 'nothing', 'revoked', ''],
  ] as const)('%s for %f days, seen: %s ─▶ %s', (from, days, seen, to, told) => {
    const known: FollowedKey[] = from === 'none' ? [] : [{ dnskey: DNSKEY, state: from as KeyState, since: NOW - days * DAY }]
    const isRevoked = seen.includes('revoked')
    const { keys, changes } = follow(known, { present: seen !== 'nothing' && !isRevoked ? [DNSKEY] : [], revoked: isRevoked ? [DNSKEY] : [], ttlSeconds: 3600 }, () => seen.includes('set'), NOW)
    expect([keys[0]?.state ?? 'none', changes.map(({ what }) => what).join()]).toEqual([to, told])
  })

  test('§2.4.1 a TTL above a month is waited for as well', () => {
    const known: FollowedKey[] = [{ dnskey: DNSKEY, state: 'pending', since: NOW - 31 * DAY }]
    expect(follow(known, { present: [DNSKEY], revoked: [], ttlSeconds: 32 * 86_400 }, () => false, NOW).keys[0]?.state).toBe('pending')
  })

  test('keys without end are not taken', () => {
    const present = Array.from({ length: 40 }, (_, i) => Uint8Array.from(DNSKEY, (octet, at) => (at === 10 ? i : octet)))
    expect(follow([], { present, revoked: [], ttlSeconds: 3600 }, () => false, NOW).keys).toHaveLength(16)
  })

  test.each([
    ['half the TTL', 172_800, 20 * 86_400, false, 86_400],
    ['half the life of the signature', 172_800, 86_400, false, 43_200],
    ['an hour at least', 60, 86_400, false, 3600],
    ['15 days at most', 99 * 86_400, 99 * 86_400, false, 15 * 86_400],
    ['after a failure a tenth', 172_800, 20 * 86_400, true, 17_280],
    ['after a failure a day at most', 99 * 86_400, 99 * 86_400, true, 86_400],
  ] as const)('§2.3 they are looked at again after %s', (_what, ttl, signature, failed, seconds) => {
    expect(refreshSeconds(ttl, signature, failed)).toBe(seconds)
  })
})

describe('RFC 5011 §2 and §6 a zone changes its keys', () => {
  const A = signingKey(15, { id: 1 })
  const B = signingKey(15, { id: 2 }, keyPair(15, 1))
  const waiting = { ...B, signsKeys: false, signsZone: false }
  const revoked = signingKey(15, { id: 3, flags: 0x181, signsZone: false })

  function start(): { readonly world: SignedWorld; readonly told: string[] } {
    const world = new SignedWorld({ '.': { text: 'www.nic. A 192.0.2.1', signing: signingOf({ keys: [A] }) } })
    world.trust({ '.': { ds: [dsRdata(name('.'), A.dnskey, 2)], dnskey: [] } })
    const told: string[] = []
    world.anchors.onKeys = (_zone, _keys, changes) => told.push(...changes.map(({ what, keyTag }) => `${what} ${keyTag === A.keyTag ? 'A' : keyTag === B.keyTag ? 'B' : keyTag}`))
    world.anchors.follow()
    return { world, told }
  }
  const days = (world: SignedWorld, count: number): void => world.clock.advance(count * DAY)

  test('§6.3 a new key comes, is trusted after a month, and the old one is revoked', () => {
    const { world, told } = start()
    days(world, 1)
    expect(told).toEqual(['accepted A'])
    world.sign('.', signingOf({ keys: [A, waiting] }))
    days(world, 29)
    expect(told).toEqual(['accepted A', 'pending B'])
    world.sign('.', signingOf({ keys: [B] }))
    expect(world.validate('www.nic A').security).toBe('bogus')
    world.sign('.', signingOf({ keys: [A, waiting] }))
    days(world, 3)
    expect(told).toEqual(['accepted A', 'pending B', 'accepted B'])
    world.sign('.', signingOf({ keys: [revoked, B] }))
    days(world, 1)
    expect(told).toEqual(['accepted A', 'pending B', 'accepted B', 'revoked A'])
    expect(world.validate('www.nic A').security).toBe('secure')
    world.sign('.', signingOf({ keys: [A] }))
    world.validator.forget()
    expect(world.validate('www.nic A')).toMatchObject({ security: 'bogus', code: 9 })
    expect(world.anchors.at(keyOf('.'))).toMatchObject({ ds: [], dnskey: [B.dnskey] })
  })

  test('§2.1 nobody but the key itself revokes it', () => {
    const { world, told } = start()
    world.sign('.', signingOf({ keys: [A, waiting] }))
    days(world, 32)
    world.sign('.', signingOf({ keys: [B, { ...revoked, signsKeys: false }] }))
    days(world, 2)
    expect(told).toEqual(['accepted A', 'pending B', 'accepted B', 'missing A'])
    expect(world.anchors.at(keyOf('.'))?.dnskey).toEqual([A.dnskey, B.dnskey])
  })

  test('§2.2 a new key that goes before its month is over begins anew', () => {
    const { world, told } = start()
    world.sign('.', signingOf({ keys: [A, waiting] }))
    days(world, 20)
    world.sign('.', signingOf({ keys: [A] }))
    days(world, 2)
    world.sign('.', signingOf({ keys: [A, waiting] }))
    days(world, 20)
    expect(told).toEqual(['accepted A', 'pending B', 'dropped B', 'pending B'])
  })

  test('§2.2 keys in a set that no trusted key has signed are not looked at', () => {
    const { world, told } = start()
    world.sign('.', signingOf({ keys: [B, { ...A, signsKeys: false }] }))
    days(world, 40)
    expect(told).toEqual([])
  })

  test('§5 when the last key is revoked nothing is trusted', () => {
    const { world, told } = start()
    days(world, 1)
    world.sign('.', signingOf({ keys: [A, revoked] }))
    days(world, 2)
    expect(told).toEqual(['accepted A', 'revoked A'])
    expect(world.validate('www.nic A').security).toBe('indeterminate')
  })

  test('a fixed anchor stays as it is', () => {
    const { world, told } = start()
    world.anchors.setAnchors([{ zone: keyOf('.'), anchor: { ds: [], dnskey: [A.dnskey] }, follows: false }])
    world.sign('.', signingOf({ keys: [A, waiting] }))
    days(world, 40)
    expect([told, keyTagOf(A.dnskey)]).toEqual([[], A.keyTag])
  })
})
