/**
 * When which record comes and goes. TTLs: DNSKEY 3600, zone 86400, DS 86400; propagation 300, at the parent 3600. So a DNSKEY is
 * known after 3902 s (caches count whole seconds), signatures after 86702 s, and what the parent does after 90002 s.
 */
import { describe, expect, test } from 'vitest'
import { RolloverTrace } from '../../support/rollover-trace.ts'

const NEVER = { zskLifetime: null, kskLifetime: null } as const
const TWO = { ...NEVER, scheme: 'ksk-zsk' } as const
const ONE = { ...NEVER, scheme: 'csk' } as const
const AT_ONCE = { parent: true }

describe('RFC 6781 §4.1.1.1 pre-publication of a zone-signing key', () => {
  test('the new one is published, signs when all know it, and the old one goes when its signatures are gone', () => {
    const trace = RolloverTrace.atRest(TWO)
    trace.roll('zsk')
    expect(trace.run()).toEqual([
      '+0 zsk 3 published', '+3902 zsk 3 signs', '+3902 zsk 2 stops', '+90604 zsk 2 withdrawn', '+94506 zsk 2 removed',
    ])
  })
})

describe('RFC 6781 §4.1.2 double signature of a key-signing key', () => {
  test('both sign the keys; the parent changes the DS record when all know the new one, and the old one goes after that', () => {
    const trace = RolloverTrace.atRest(TWO)
    trace.roll('ksk')
    expect(trace.run(AT_ONCE)).toEqual([
      '+0 ksk 3 published', '+3902 ds 3 wanted', '+93904 ds of ksk 1 nowhere', '+93904 ds of ksk 3 everywhere', '+93904 ksk 1 withdrawn', '+97806 ksk 1 removed',
    ])
  })

  test('nothing happens while nobody says that the parent has it', () => {
    const trace = RolloverTrace.atRest(TWO)
    trace.roll('ksk')
    expect(trace.run()).toEqual(['+0 ksk 3 published', '+3902 ds 3 wanted'])
    expect(trace.keys.map((key) => [key.keyTag, key.dnskey.kind, key.ds.kind])).toEqual([[1, 'omnipresent', 'unretentive'], [2, 'omnipresent', 'hidden'], [3, 'omnipresent', 'rumoured']])
  })
})

describe('RFC 6781 §4.1.3 both keys in one', () => {
  test('signatures and DS record change when all know the new key; the old one goes when it is needed for neither', () => {
    const trace = RolloverTrace.atRest(ONE)
    trace.roll('csk')
    expect(trace.run(AT_ONCE)).toEqual([
      '+0 csk 2 published', '+3902 csk 2 signs', '+3902 csk 1 stops', '+3902 ds 2 wanted',
      '+93904 ds of csk 1 nowhere', '+93904 ds of csk 2 everywhere', '+93904 csk 1 withdrawn', '+97806 csk 1 removed',
    ])
  })
})

describe('RFC 6781 §4.1.4 another algorithm, by the conservative way', () => {
  test('signatures first, then the key, then the DS record; away in the opposite order', () => {
    const trace = RolloverTrace.atRest(ONE)
    trace.change({ algorithm: 15 })
    expect(trace.run(AT_ONCE)).toEqual([
      '+0 csk 2 signs', '+86702 csk 2 published', '+90604 ds 2 wanted', '+180606 ds of csk 1 nowhere', '+180606 ds of csk 2 everywhere',
      '+180606 csk 1 withdrawn', '+184508 csk 1 stops', '+271210 csk 1 removed',
    ])
  })

  test('two keys go together', () => {
    const trace = RolloverTrace.atRest(TWO)
    trace.change({ algorithm: 8 })
    expect(trace.run(AT_ONCE)).toEqual([
      '+0 zsk 4 signs', '+86702 ksk 3 published', '+86702 zsk 4 published', '+90604 ds 3 wanted', '+180606 ds of ksk 1 nowhere', '+180606 ds of ksk 3 everywhere',
      '+180606 ksk 1 withdrawn', '+180606 zsk 2 withdrawn', '+184508 zsk 2 stops', '+184508 ksk 1 removed', '+271210 zsk 2 removed',
    ])
  })
})

describe('RFC 7583 §3.3 the first keys', () => {
  test('the parent is asked for a DS record when all know key and signatures', () => {
    const trace = new RolloverTrace(ONE)
    trace.run(AT_ONCE)
    expect(trace.lines).toEqual(['+0 csk 1 signs', '+0 csk 1 published', '+86702 ds 1 wanted', '+176704 ds of csk 1 everywhere'])
  })
})

describe('RFC 8078 §4 back to unsigned', () => {
  test('the DS record goes first, and keys and signatures when nobody knows of it any more', () => {
    const trace = RolloverTrace.atRest(ONE)
    trace.change({ enabled: false })
    expect(trace.run(AT_ONCE)).toEqual([
      '+0 ds 1 unwanted', '+90002 ds of csk 1 nowhere', '+90002 csk 1 withdrawn', '+90002 csk 1 stops', '+176704 csk 1 removed',
    ])
  })

  test('at once where the parent was never asked for a DS record', () => {
    const trace = new RolloverTrace(ONE)
    trace.run()
    expect(trace.lines.at(-1)).toBe('+86702 ds 1 wanted')
    const early = new RolloverTrace({ ...ONE, enabled: true })
    early.change({ enabled: false })
    expect(early.run()).toEqual([])
  })

  test('whoever thinks better of it keeps the key', () => {
    const trace = RolloverTrace.atRest(ONE)
    trace.change({ enabled: false })
    trace.run()
    trace.change({ enabled: true })
    trace.begin()
    expect(trace.run(AT_ONCE)).toEqual(['+90002 ds of csk 1 everywhere'])
    expect(trace.keys.map((key) => [key.keyTag, key.goal])).toEqual([[1, 'serve']])
  })
})

describe('RFC 6781 §3.1 from one key to two', () => {
  test('each of the two takes over its part', () => {
    const trace = RolloverTrace.atRest(ONE)
    trace.change({ scheme: 'ksk-zsk' })
    expect(trace.run(AT_ONCE)).toEqual([
      '+0 ksk 2 published', '+0 zsk 3 published', '+3902 zsk 3 signs', '+3902 csk 1 stops', '+3902 ds 2 wanted',
      '+93904 ds of csk 1 nowhere', '+93904 ds of ksk 2 everywhere', '+93904 csk 1 withdrawn', '+97806 csk 1 removed',
    ])
  })
})
