/** Which CDS and CDNSKEY records a zone has: those that its parent should make DS records of. */
import { describe, expect, test } from 'vitest'
import { keyInUse, newKey } from '../../../services/dns/rollover/new-key.ts'
import { DEFAULT_SIGNING } from '../../../services/dns/rollover/policy.ts'
import { NOT_SIGNED, type SigningState } from '../../../services/dns/rollover/step.ts'
import { formatRdata } from '../../../services/dns/wire/rdata.ts'
import { TYPE } from '../../../services/dns/wire/type-names.ts'
import type { KeyRole, RecordState, ZoneKey } from '../../../services/model/index.ts'
import { signingOf } from '../../../services/zone-signing/zone-signing.ts'

const KNOWN: RecordState = { kind: 'omnipresent', since: 0 }
const asked = (kind: 'rumoured' | 'unretentive', until: number | null = null): RecordState => ({ kind, since: 0, until })

function key(id: number, role: KeyRole, ds: RecordState): ZoneKey {
  const rdata = Buffer.from([1, role === 'zsk' ? 0 : 1, 3, 13, ...Array.from({ length: 64 }, () => id)])
  const made = keyInUse({ id, zoneId: 1, role, algorithm: 13, keyTag: id, dnskeyRdata: rdata.toString('base64'), madeAt: 0 })
  return { ...made, ds }
}
/** The records as numbers of keys: by their tags for CDS, by their octets for CDNSKEY. */
function recordsOf(keys: readonly ZoneKey[], enabled = true): readonly [cds: readonly string[], cdnskey: readonly number[]] {
  const state: SigningState = { ...NOT_SIGNED, policy: { ...DEFAULT_SIGNING, enabled }, keys }
  const signing = signingOf(state, 'lab.internal', () => undefined)
  return [(signing?.cds ?? []).map((rdata) => formatRdata(TYPE.CDS, rdata).split(' ').slice(1, 3).join(' ')), (signing?.cdnskey ?? []).map((rdata) => rdata[4] ?? 0)]
}

describe('RFC 7344 §4 what the parent should have', () => {
  test.each([
    ['the key whose DS record it has', [key(1, 'csk', KNOWN)], [['13 2'], [1]]],
    ['no zone-signing key', [key(1, 'ksk', KNOWN), key(2, 'zsk', { kind: 'hidden' })], [['13 2'], [1]]],
    ['nothing before all caches know the first key', [key(1, 'csk', { kind: 'hidden' })], [[], []]],
    ['§4.1: in a rollover the new key alone, as soon as its DS record can be there', [key(1, 'ksk', asked('unretentive')), key(2, 'ksk', asked('rumoured'))], [['13 2'], [2]]],
    ['the same until the last cache knows', [key(1, 'ksk', asked('unretentive', 9)), key(2, 'ksk', asked('rumoured', 9))], [['13 2'], [2]]],
    ['the old key while the new one is only published', [key(1, 'ksk', KNOWN), key(2, 'ksk', { kind: 'hidden' })], [['13 2'], [1]]],
  ] as const)('%s', (_what, keys, records) => expect(recordsOf(keys)).toEqual(records))
})

describe('RFC 8078 §4 it should have none', () => {
  test('algorithm 0 says so, until that is seen', () => {
    expect(recordsOf([key(1, 'csk', asked('unretentive'))], false)).toEqual([['0 0'], [0]])
    expect(recordsOf([key(1, 'csk', asked('unretentive', 9))], false)).toEqual([[], []])
  })
  test('a zone whose parent was never asked says nothing', () => expect(recordsOf([key(1, 'csk', { kind: 'hidden' })], false)).toEqual([[], []]))
})

test('RFC 7344 §3: a zone without keys has neither', () => {
  const unused = newKey({ id: 1, zoneId: 1, role: 'csk', algorithm: 13, keyTag: 1, dnskeyRdata: '', madeAt: 0 })
  expect(signingOf({ ...NOT_SIGNED, policy: DEFAULT_SIGNING, keys: [unused] }, 'lab.internal', () => undefined)).toBeUndefined()
})
