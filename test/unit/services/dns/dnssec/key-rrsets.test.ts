import { describe, expect, test } from 'vitest'
import { formatRdata } from '../../../../../services/dns/wire/rdata.ts'
import { TYPE } from '../../../../../services/dns/wire/type-names.ts'
import { Bench, zoneOf } from '../../../../support/dns.ts'
import { signingKey, signingOf } from '../../../../support/dnssec.ts'

const ZONE = zoneOf('lab.example', `
  @    NS  ns
  ns   A   10.0.0.2
  @    CDS 0 0 0 00
`)
const key = signingKey(13)
const hidden = signingKey(13, { id: 2, published: false })
const cds = Uint8Array.of(1, 2, 13, 2, 9, 9)
const signing = signingOf({ keys: [key, hidden], cds: [cds], dnskeyTtl: 1200 })

describe('RRsets that keys put at the apex', () => {
  test('published keys are in the zone as long as it is signed', () => {
    const bench = new Bench([ZONE])
    bench.server.setSigning(1, signing)
    expect(bench.askTwice('lab.example', 'DNSKEY').answer).toEqual([`lab.example 1200 DNSKEY ${formatRdata(TYPE.DNSKEY, key.dnskey)}`])
    expect(bench.askTwice('lab.example', 'CDNSKEY').answer).toEqual([])
    bench.server.setSigning(1, undefined)
    expect(bench.askTwice('lab.example', 'DNSKEY').answer).toEqual([])
  })

  test('what the zone itself holds of such a type stays', () => {
    const bench = new Bench([ZONE])
    bench.server.setSigning(1, signing)
    expect(bench.askTwice('lab.example', 'CDS').answer).toEqual(['lab.example 300 CDS 0 0 0 00', 'lab.example 300 CDS 258 13 2 0909'])
  })

  test('a zone that is not there is left alone', () => {
    expect(() => new Bench([ZONE]).server.setSigning(9, signing)).not.toThrow()
  })
})
