import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RDATA } from '../../../../../services/dns/index.ts'
import type { RrType } from '../../../../../services/dns/index.ts'
import { ABSOLUTE } from '../../../../../services/dns/wire/name.ts'
import { dataOf, fieldsOf, TYPE_FORMS } from '../../../../../services/dns/wire/rdata-fields.ts'
import { formatRdata, parseRdataText } from '../../../../../services/dns/wire/rdata.ts'
import { octetsOfType } from '../../../../support/dns-arbitrary.ts'
import { RDATA_VECTORS } from './rdata-vectors.ts'

describe('fields of records', () => {
  test.each([
    ['A', '10.0.0.1', { address: '10.0.0.1' }],
    ['MX', '10 mail.example.com', { preference: 10, exchange: 'mail.example.com' }],
    ['TXT', '"a b" "say \\"hi\\"" ""', { text: ['a b', 'say "hi"', ''] }],
    ['TXT', '"\\000back\\\\slash"', { text: ['\\000back\\\\slash'] }],
    ['CAA', '0 issue "ca.example"', { flags: 0, tag: 'issue', value: 'ca.example' }],
    ['HTTPS', '1 . alpn="h2,h3" port=8443', { priority: 1, target: '.', parameters: ['alpn="h2,h3"', 'port=8443'] }],
    ['HTTPS', '0 www.example.com', { priority: 0, target: 'www.example.com', parameters: [] }],
    ['SRV', '0 5 5060 sip.example.com', { priority: 0, weight: 5, port: 5060, target: 'sip.example.com' }],
    ['NSEC', 'a.example.com A MX', { next: 'a.example.com', types: ['A', 'MX'] }],
    ['DNSKEY', '257 3 13 AQID', { flags: 257, protocol: 3, algorithm: 13, key: 'AQID' }],
    ['HIP', '2 2001 AwEA a.example.com b.example.com', { identity: '2 2001 AwEA', servers: ['a.example.com', 'b.example.com'] }],
    ['ISDN', '"1"', { address: '1', subaddress: [] }],
  ])('%s %s', (type, data, fields) => {
    expect(fieldsOf(type, data)).toEqual(fields)
    const written = dataOf(type, fields)
    expect(written.ok && parseRdataText(RDATA[type as RrType].code, written.value, ABSOLUTE)).toEqual(
      parseRdataText(RDATA[type as RrType].code, data, ABSOLUTE),
    )
  })

  test('every type that can be made goes there and back', () => {
    for (const [type, text] of RDATA_VECTORS) {
      if (type === 'SOA') continue
      const fields = fieldsOf(type, text)
      expect([type, fields && dataOf(type, fields)]).toEqual([type, { ok: true, value: expect.any(String) }])
    }
  })

  test.each(Object.keys(RDATA).filter((type) => type !== 'SOA') as RrType[])('%s, whatever its data is', (type) => {
    fc.assert(fc.property(octetsOfType(type), (octets) => {
      const { code } = RDATA[type]
      const text = formatRdata(code, octets)
      const fields = fieldsOf(type, text)
      if (fields === undefined) {
        expect(text).toMatch(/^\\#/)
        return
      }
      const written = dataOf(type, fields)
      expect(written.ok && parseRdataText(code, written.value, ABSOLUTE)).toEqual({ ok: true, value: octets })
    }), { numRuns: 30 })
  })

  test.each([
    ['MX', { preference: 10 }, 'exchange', /domain name/],
    ['MX', { preference: '10', exchange: 'a' }, 'preference', /whole number/],
    ['MX', { preference: 70_000, exchange: 'a' }, 'preference', /0 to 65535/],
    ['MX', { preference: 1.5, exchange: 'a' }, 'preference', /0 to 65535/],
    ['MX', { preference: 1, exchange: 'a b' }, 'exchange', /more than this field takes/],
    ['MX', { preference: 1, exchange: 'a', ttl: 3 }, 'ttl', /preference, exchange/],
    ['A', { address: '10.0.0.300' }, 'address', /IPv4/],
    ['A', { address: '10.0.0.1\n' }, 'address', /./],
    ['TXT', { text: 'not a list' }, 'text', /list/],
    ['TXT', { text: [] }, 'text', /string/],
    ['TXT', { text: ['\\999'] }, 'text', /escape/],
    ['TYPE731', { data: '00' }, '', /no fields/],
  ])('%s %j is refused at %s', (type, fields, field, what) => {
    const refused = dataOf(type, fields)
    // A newline ends a token, so there is nothing more on its line.
    if (refused.ok) expect(refused.value).toMatch(/^10\.0\.0\.1\s*$/)
    else expect(refused.error).toEqual({ field, what: expect.stringMatching(what) })
  })

  test('unknown types and data that a text cannot say have no fields', () => {
    expect(fieldsOf('TYPE731', '\\# 1 00')).toBeUndefined()
    expect(fieldsOf('LOC', '\\# 16 00331613FFFFFFFF70BE15F000988D20')).toBeUndefined()
  })

  test('every type of the table but SOA is described', () => {
    expect(TYPE_FORMS.map(({ type }) => type).sort()).toEqual(Object.keys(RDATA).filter((type) => type !== 'SOA').sort())
    expect(TYPE_FORMS.find(({ type }) => type === 'MX')).toEqual({
      type: 'MX', code: 15, rfc: 'RFC 1035 §3.3.9',
      fields: [
        { name: 'preference', kind: 'u16', form: 'number', minimum: 0, maximum: 65_535, says: 'a whole number' },
        { name: 'exchange', kind: 'name-compressible', form: 'text', minimum: null, maximum: null, says: expect.stringMatching(/name/) },
      ],
    })
  })
})
