/** Zones that are built to make a validator work: what one answer costs is bounded, and the next one is answered. */
import { describe, expect, test } from 'vitest'
import type { SignedRrset } from '../../../../../services/dns/resolver/finding.ts'
import { Budget } from '../../../../../services/dns/resolver/source.ts'
import { dsRdata, keyTagOf } from '../../../../../services/dns/rollover/dnskey.ts'
import type { VerifySignature } from '../../../../../services/dns/validator/verifier.ts'
import { name } from '../../../../../services/dns/wire/name.ts'
import { TYPE } from '../../../../../services/dns/wire/type-names.ts'
import { put16, SeededRandom } from '../../../../../stack/platform/index.ts'
import { signingKey, signingOf } from '../../../../support/dnssec.ts'
import { noise } from '../../../../support/mutations.ts'
import { findingFor, rrset, signedBy, SignedWorld, verifyNow } from '../../../../support/validation.ts'

const KEY = signingKey(15)
const random = new SeededRandom(20387)

/** A key of the same tag that is none. */
function twin(): Uint8Array {
  const dnskey = Uint8Array.from([...KEY.dnskey.subarray(0, 4), ...noise(random, 30), 0, 0])
  // The last two octets make up what is lacking in the sum, or one more or less by its carry.
  const lacking = KEY.keyTag - keyTagOf(dnskey)
  for (let by = -2; by <= 2 && keyTagOf(dnskey) !== KEY.keyTag; by++) put16(dnskey, 34, (lacking + by) & 0xffff)
  return dnskey
}

const TWINS = Array.from({ length: 60 }, twin).filter((dnskey) => keyTagOf(dnskey) === KEY.keyTag)

function worldOf(keys: readonly Uint8Array[], ds: readonly Uint8Array[] = [dsRdata(name('example'), KEY.dnskey, 2)], maxRemembered?: number, isFull = () => false): SignedWorld {
  const verify: VerifySignature = (...job) => (isFull() ? job[4](undefined) : verifyNow(...job))
  const world = new SignedWorld({ '.': { text: '', signing: signingOf({ keys: [KEY] }) }, example: { text: 'www A 192.0.2.1\nmail A 192.0.2.2', signing: signingOf({ keys: [KEY] }), ds } }, { verify, ...(maxRemembered === undefined ? {} : { maxRemembered }) })
  world.tamper.set('example DNSKEY', () => {
    const set = { name: name('example'), type: TYPE.DNSKEY, ttl: 300, rdata: keys }
    return findingFor('example DNSKEY', 'rrset', [signedBy(KEY, 'example', set)])
  })
  return world
}

const withSignatures = (set: SignedRrset, rdata: readonly Uint8Array[]): SignedRrset => ({ rrset: set.rrset, signatures: set.signatures && { ...set.signatures, rdata } })

describe('KeyTrap (CVE-2023-50387)', () => {
  const www = signedBy(KEY, 'example', rrset('www.example 300 A 192.0.2.1'))
  const [genuine] = www.signatures?.rdata as [Uint8Array]
  const forged = Array.from({ length: 80 }, () => Uint8Array.from(genuine, (octet, i) => (i > 30 ? random.below(256) : octet)))

  test('many keys of one tag, many signatures: eight tries for an RRset', () => {
    expect(TWINS.length).toBeGreaterThan(40)
    const world = worldOf([...TWINS.slice(0, 10), KEY.dnskey])
    expect(world.validate('mail.example A').security).toBe('bogus')
    const before = world.verifies
    expect(world.validate('www.example A', { finding: findingFor('www.example A', 'rrset', [withSignatures(www, forged)]) }).security).toBe('bogus')
    expect(world.verifies - before).toBe(8)
  })

  test('the keys themselves: only those that the parent vouches for are tried', () => {
    const world = worldOf([...TWINS, KEY.dnskey])
    world.validate('example DS')
    const before = world.verifies
    world.validate('mail.example A')
    // DS and DNSKEY of the zone once, and the four keys of the tag that are tried.
    expect(world.verifies - before).toBeLessThanOrEqual(6)
  })

  test('many DS records of one tag: sixteen digests', () => {
    const ds = Array.from({ length: 100 }, (_, i) => Uint8Array.from(dsRdata(name('example'), KEY.dnskey, 2), (octet, at) => (at === 5 ? i : at === 6 ? 0 : octet)))
    const world = worldOf([...TWINS, KEY.dnskey], ds)
    expect(world.validate('www.example A')).toMatchObject({ security: 'bogus', code: 9 })
  })

  test('one question is worth 48 signatures; that they are used up says nothing of the zone', () => {
    const world = worldOf([KEY.dnskey])
    const budget = new Budget()
    const any = Array.from({ length: 60 }, (_, i) => signedBy(KEY, 'example', rrset(`www.example 300 TYPE${65_300 + i} \\# 1 00`)))
    const told = world.validate('www.example ANY', { finding: findingFor('www.example ANY', 'rrset', any), budget })
    expect([told.security, told.code, budget.signatures, world.verifies]).toEqual(['bogus', 0, 0, 48])
    expect(world.validate('www.example A').security).toBe('secure')
  })

  test('a budget that is used up on the way down is not the next question\'s', () => {
    const world = worldOf([KEY.dnskey])
    const spent = new Budget()
    spent.signatures = 1
    expect(world.validate('www.example A', { budget: spent })).toMatchObject({ security: 'bogus', code: 0 })
    expect(world.validate('www.example A').security).toBe('secure')
    expect(world.discarded).toEqual([])
  })
})

test('when too many signatures wait, that says nothing of the zone either', () => {
  const world = worldOf([KEY.dnskey], undefined, undefined, () => isFull)
  let isFull = true
  expect(world.validate('www.example A')).toMatchObject({ security: 'bogus', code: 0, text: expect.stringMatching(/too many signatures wait/) })
  isFull = false
  expect([world.validate('www.example A').security, world.discarded]).toEqual(['secure', []])
})

describe('denials without end', () => {
  test('six of them are looked at', () => {
    const world = worldOf([KEY.dnskey])
    world.validate('www.example A')
    const before = world.verifies
    const denials = Array.from({ length: 60 }, (_, i) => signedBy(KEY, 'example', rrset(`a${i}.example 300 NSEC a${i}a.example A RRSIG NSEC`)))
    expect(world.validate('zz.example A', { finding: findingFor('zz.example A', 'nxdomain', [], denials) }).security).toBe('bogus')
    expect(world.verifies - before).toBe(6)
  })
})

test('zones that are looked into are remembered up to a number, however many there are', () => {
  const world = worldOf([KEY.dnskey], undefined, 50)
  for (let i = 0; i < 200; i++) world.validate(`www.z${i} A`, { finding: findingFor(`www.z${i} A`, 'rrset', [{ rrset: rrset(`www.z${i} 300 A 192.0.2.1`), signatures: undefined }]) })
  expect(world.validator.remembered).toBe(50)
})
