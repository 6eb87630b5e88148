import { describe, expect, test } from 'vitest'
import { RDATA } from '../../../../../services/dns/index.ts'
import { ABSOLUTE, name, NameReader } from '../../../../../services/dns/wire/name.ts'
import {
  additionalName, formatRdata, isRdata, parseRdataText, readRdata,
} from '../../../../../services/dns/wire/rdata.ts'
import { TYPE, typeCode } from '../../../../../services/dns/wire/type-names.ts'
import { fromHex, toHex } from '../../../../../stack/platform/index.ts'
import { RDATA_VECTORS } from './rdata-vectors.ts'

const octets = (text: string): Uint8Array => fromHex(text.replaceAll(/\s/g, '')) as Uint8Array
const code = (type: string): number => typeCode(type) as number

describe('rdata table', () => {
  test('every row has a vector', () => {
    const tested = new Set<string>(RDATA_VECTORS.map(([type]) => type))
    expect(Object.keys(RDATA).filter((type) => !tested.has(type))).toEqual([])
  })

  test('no two rows share a number', () => {
    const codes = Object.values(RDATA).map((row) => row.code)
    expect(new Set(codes).size).toBe(codes.length)
  })

  test.each(RDATA_VECTORS)('%s %s', (type, text, hex) => {
    const parsed = parseRdataText(code(type), text, ABSOLUTE)
    expect(parsed.ok ? toHex(parsed.value) : parsed.error).toBe(toHex(octets(hex)))
    expect(formatRdata(code(type), octets(hex))).toBe(text)
    expect(isRdata(code(type), octets(hex))).toBe(true)
  })

  test.each(RDATA_VECTORS)('%s %s comes out of a message as it went in', (type, _text, hex) => {
    const message = Uint8Array.from([...new Uint8Array(12), ...octets(hex)])
    const read = readRdata(code(type), message, 0, 12, message.length, new NameReader())
    expect(read === undefined ? read : toHex(read)).toBe(toHex(octets(hex)))
  })

  test.each(RDATA_VECTORS)('%s %s as generic data (RFC 3597 §5)', (type, _text, hex) => {
    const b = octets(hex)
    const parsed = parseRdataText(code(type), `\\# ${b.length} ${toHex(b)}`, ABSOLUTE)
    expect(parsed.ok ? toHex(parsed.value) : parsed.error).toBe(toHex(b))
  })

  test.each(RDATA_VECTORS)('%s %s is malformed when cut or longer, or stays well formed', (type, _text, hex) => {
    // Types whose last field runs to the end cannot tell; then what is accepted must print.
    const b = octets(hex)
    for (let length = 0; length <= b.length + 1; length++) {
      const changed = Uint8Array.from({ length }, (_, i) => b[i] ?? 0)
      if (isRdata(code(type), changed)) expect(formatRdata(code(type), changed)).toBeTypeOf('string')
    }
    // RFC 3123 §4: a list of prefixes may be empty; everything else has an octet at least.
    expect(isRdata(code(type), b.subarray(0, 0))).toBe(type === 'APL')
  })
})

describe('rdata text that is read and printed otherwise', () => {
  test.each([
    ['A', ' 192.0.2.1 ', '192.0.2.1'],
    ['AAAA', '2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['AAAA', '::ffff:192.0.2.1', '::ffff:c000:201'],
    ['TXT', 'two words', '"two" "words"'],
    ['TXT', '"é"', '"\\195\\169"'],
    ['MX', '( 10\n foo.example.com. )', '10 foo.example.com'],
    ['SOA', 'a.b. c.d. 1 2h 10m 1w 1h30m', 'a.b c.d 1 7200 600 604800 5400'],
    [
      'DS', '60485 5 1 ( 2BB183AF5F22588179A53B0A 98631FAD1A292118 )',
      '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118',
    ],
    ['DNSKEY', '256 3 5 AQPS Kmyn', '256 3 5 AQPSKmyn'],
    ['DNSKEY', '257 3 ecdsap256sha256 AQID', '257 3 13 AQID'],
    ['DS', '60485 RSASHA256 2 2BB1', '60485 8 2 2BB1'],
    ['CERT', 'PKIX 0 RSASHA1 AQID', '1 0 5 AQID'],
    ['CERT', 'oid 0 0 AQID', '254 0 0 AQID'],
    ['DSYNC', 'CDS NOTIFY 5300 a.example.com.', 'CDS 1 5300 a.example.com'],
    ['A6', '61 fff8::7:0:0:0:1 net.example.com.', '61 ::7:0:0:0:1 net.example.com'],
    ['ATMA', '39.246f.00', '39246f00'],
    [
      'RRSIG', 'A 5 3 86400 1048354263 1045762263 2642 example.com. AQID',
      'A 5 3 86400 20030322173103 20030220173103 2642 example.com AQID',
    ],
    ['NSEC', 'host.example.com. NSEC A MX RRSIG A', 'host.example.com A MX RRSIG NSEC'],
    ['SVCB', '1 foo.example.com. key667=hello', '1 foo.example.com key667="hello"'],
    ['SVCB', '16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1',
      '16 foo.example.org mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1'],
    ['SVCB', '1 example.com. ipv6hint=2001:db8:ffff:ffff:ffff:ffff:198.51.100.100',
      '1 example.com ipv6hint=2001:db8:ffff:ffff:ffff:ffff:c633:6464'],
    ['SVCB', '16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2', '16 foo.example.org alpn="f\\\\\\\\oo\\\\,bar,h2"'],
    ['CAA', '0 ISSUE ca.example.net', '0 ISSUE "ca.example.net"'],
    ['LOC', '52 N 4 E 0', '52 0 0.000 N 4 0 0.000 E 0.00m 1m 10000m 10m'],
    [
      'LOC', '0 0 0.001 S 180 0 0 W -100000m 90000000m 0.00m 20000000m',
      '0 0 0.001 S 180 0 0.000 W -100000.00m 90000000m 0m 20000000m',
    ],
    ['TYPE65280', '\\# 4 0A 000001', '\\# 4 0A000001'],
    ['TYPE65280', '\\# 0', '\\# 0'],
  ] as const)('%s %s', (type, text, printed) => {
    const parsed = parseRdataText(code(type), text, ABSOLUTE)
    expect(parsed.ok ? formatRdata(code(type), parsed.value) : parsed.error).toBe(printed)
  })
})

describe('RFC 3597 §5: octets that the text of their type could not give back', () => {
  test.each([
    ['a place off the globe', 'LOC', '00331613 ffffffff 70be15f0 00988d20'],
    ['a size of no octet that a text gives', 'LOC', '000a1613 8917 2dd0 70be15f0 00988d20'],
    ['zeros at the end of a bitmap', 'NSEC', '00 00 06 400000000000'],
    ['zeros at the end of the services', 'WKS', 'c0000201 06 000005400000'],
    ['a mandatory parameter that is not there', 'SVCB', '0001 00 0000 0002 0003'],
  ] as const)('%s', (_what, type, hex) => {
    const octets = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    const text = formatRdata(code(type), octets)
    expect(text).toBe(`\\# ${octets.length} ${hex.replaceAll(' ', '').toUpperCase()}`)
    expect(parseRdataText(code(type), text, ABSOLUTE)).toEqual({ ok: true, value: octets })
  })
})

describe('rdata text that is refused says where and why', () => {
  test.each([
    ['A', '10.53.0.300', 'address', /10\.53\.0\.300.*IPv4/],
    ['A', '', 'address', /nothing/],
    ['A', '10.0.0.1 10.0.0.2', 'data', /more than this type has/],
    ['AAAA', '1::2::3', 'address', /IPv6/],
    ['AAAA', '1:2:3:4:5:6:7', 'address', /IPv6/],
    ['AAAA', '1:2:3:4:5:6:7::8', 'address', /IPv6/],
    ['MX', 'mail.example.com', 'preference', /0 to 65535/],
    ['MX', '65536 mail.example.com', 'preference', /0 to 65535/],
    ['MX', '10', 'exchange', /missing/],
    ['MX', '10 a..b', 'exchange', /label is empty/],
    ['NS', `${'x'.repeat(64)}.example`, 'server', /63 octets/],
    ['TXT', `"${'x'.repeat(256)}"`, 'text', /255/],
    ['TXT', '"\\300"', 'text', /escape/],
    ['TXT', '"no end', 'data', /does not end/],
    ['TXT', '"a"\n"b"', 'data', /several lines/],
    ['TXT', '( "a"', 'data', /never closed/],
    ['CAA', '0 bad-tag "x"', 'tag', /tag/],
    ['DS', '1 2 3 ABC', 'digest', /pairs/],
    ['DNSKEY', '256 3 5 !!!!', 'key', /base 64/],
    ['RRSIG', 'A 5 3 86400 20030231000000 20030220173103 2642 example.com. AQID', 'expiration', /YYYYMMDD/],
    ['NSEC', 'a. A NOSUCH', 'types', /NOSUCH/],
    ['NSEC3', '1 0 0 zz 00 A', 'salt', /hexadecimal/],
    ['LOC', '91 N 0 E 0', 'place', /coordinates/],
    ['LOC', '52 60 N 4 E 0', 'place', /coordinates/],
    ['EUI48', '00:00:5e:00:53:2a', 'address', /joined by "-"/],
    ['SVCB', '1 foo.example.com. key123=abc key123=def', 'parameters', /twice/],
    ['SVCB', '1 foo.example.com. mandatory', 'parameters', /malformed/],
    ['SVCB', '1 foo.example.com. alpn', 'parameters', /malformed/],
    ['SVCB', '1 foo.example.com. port', 'parameters', /malformed/],
    ['SVCB', '1 foo.example.com. ipv4hint', 'parameters', /malformed/],
    ['SVCB', '1 foo.example.com. no-default-alpn=abc', 'parameters', /malformed/],
    ['SVCB', '1 foo.example.com. mandatory=key123', 'parameters', /mandatory names key123/],
    ['SVCB', '1 foo.example.com. mandatory=mandatory', 'parameters', /malformed/],
    ['SVCB', '1 foo.example.com. mandatory=key123,key123 key123=abc', 'parameters', /malformed/],
    ['TYPE65280', 'anything', 'data', /RFC 3597/],
    ['TYPE65280', '\\# 3 0A0B', 'data', /number of octets/],
    ['A', '\\# 3 0A0B0C', 'data', /not data of this type/],
  ] as const)('%s %s', (type, text, field, what) => {
    const parsed = parseRdataText(code(type), text, ABSOLUTE)
    expect(parsed.ok ? 'accepted' : parsed.error.field).toBe(field)
    expect(parsed.ok ? '' : parsed.error.what).toMatch(what)
  })
})

describe('names in rdata', () => {
  test('additional-section names', () => {
    const target = (type: number, text: string): string => {
      const parsed = parseRdataText(type, text, ABSOLUTE)
      const found = parsed.ok ? additionalName(type, parsed.value) : undefined
      return found === undefined ? 'none' : toHex(found)
    }
    const wanted = toHex(name('mail.example'))
    expect(target(TYPE.MX, '10 mail.example')).toBe(wanted)
    expect(target(TYPE.SRV, '0 0 25 mail.example')).toBe(wanted)
    expect(target(TYPE.NS, 'mail.example')).toBe(wanted)
    expect(target(TYPE.A, '10.0.0.1')).toBe('none')
  })
})
