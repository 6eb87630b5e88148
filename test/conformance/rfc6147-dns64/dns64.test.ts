/** The arithmetic of DNS64: RFC 6147, RFC 6052 for the addresses, RFC 7050 for the name by which hosts learn the prefix. */
import { describe, expect, test } from 'vitest'
import { formatDns64Prefix, parseDns64Prefix } from '../../../services/dns/index.ts'
import type { Dns64Prefix } from '../../../services/dns/index.ts'
import {
  embedded, extracted, IPV4ONLY_KEY, ipv4Only, isExcluded, mayBeSynthesised, reverseTarget, synthesised, WELL_KNOWN_PREFIX, withoutExcluded,
} from '../../../services/dns/resolver/dns64.ts'
import { formatIpv6, parseIpv6 } from '../../../services/dns/wire/ipv6.ts'
import { formatKey, formatName, keyOf, name } from '../../../services/dns/wire/name.ts'
import type { Rrset } from '../../../services/dns/wire/rrset.ts'
import { reverseOf } from '../../../services/dns/zone/reverse.ts'
import { formatIpv4, ipv4 } from '../../../stack/index.ts'

const prefix = (text: string): Dns64Prefix => {
  const parsed = parseDns64Prefix(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error}`)
  return parsed.value
}
const octets = (text: string): Uint8Array => Uint8Array.from(text.split('.'), Number)
const v6 = (text: string): Uint8Array => parseIpv6(text) ?? new Uint8Array()
const rrset = (type: number, ttl: number, ...rdata: readonly Uint8Array[]): Rrset => ({ name: name('www.example'), type, ttl, rdata })

describe('RFC 6052 §2.2 addresses with an IPv4 address in them', () => {
  // The table of RFC 6052 §2.4.
  const rows = [
    ['2001:db8::/32', '2001:db8:c000:221::'],
    ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
    ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
    ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100:0'],
    ['2001:db8:122:344::/96', '2001:db8:122:344::c000:221'],
    ['64:ff9b::/96', '64:ff9b::c000:221'],
  ] as const
  test.each(rows)('192.0.2.33 by %s is %s', (text, address) => {
    expect(formatIpv6(embedded(prefix(text), octets('192.0.2.33')))).toBe(address)
    expect(extracted(prefix(text), v6(address))).toBe(ipv4('192.0.2.33'))
    expect(formatDns64Prefix(prefix(text))).toBe(text)
  })

  test.each(rows)('what has another bit before the IPv4 address, or after it, is not of %s', (text, address) => {
    const places = text.endsWith('/96') ? [0] : [0, 15]
    for (const at of places) {
      const other = v6(address).slice()
      other[at] = (other[at] as number) ^ 1
      expect(extracted(prefix(text), other)).toBeUndefined()
    }
  })

  test.each([
    ['64:ff9b::', 'its length'], ['64:ff9b::/95', 'its length'], ['64:ff9b::1/96', 'bits after'], ['2001:db8::1:0:0/64', 'bits after'],
    ['2001:db8:0:0:ff00::/96', '64 to 71'], ['10.0.0.0/96', 'no IPv6 prefix'], ['64:ff9b::/96/96', 'no IPv6 prefix'], ['', 'no IPv6 prefix'],
  ])('§2.2 %j is no prefix', (text, reason) => {
    const parsed = parseDns64Prefix(text)
    expect(parsed.ok ? '' : parsed.error).toContain(reason)
  })
})

describe('RFC 6147 §5.1 synthesis', () => {
  test('§5.1.4 addresses of ::ffff:0:0/96 count as none', () => {
    expect([isExcluded(v6('::ffff:192.0.2.1')), isExcluded(v6('::192.0.2.1')), isExcluded(v6('2001:db8::1'))]).toEqual([true, false, false])
    expect(withoutExcluded(rrset(28, 60, v6('::ffff:192.0.2.1')))).toBeUndefined()
    expect(withoutExcluded(rrset(28, 60, v6('::ffff:192.0.2.1'), v6('2001:db8::1')))?.rdata).toEqual([v6('2001:db8::1')])
    const untouched = rrset(28, 60, v6('2001:db8::1'))
    expect(withoutExcluded(untouched)).toBe(untouched)
  })

  test('§5.1.7 an AAAA record for each A record, with the owner at the end of the chain', () => {
    const made = synthesised(WELL_KNOWN_PREFIX, rrset(1, 300, octets('8.8.4.4'), octets('9.9.9.9')), 1000)
    expect(made?.rdata.map((address) => formatIpv6(address))).toEqual(['64:ff9b::808:404', '64:ff9b::909:909'])
    expect([formatName(made?.name ?? name('.')), made?.type]).toEqual(['www.example', 28])
  })

  test.each([
    [300, 1000, 300], [300, 60, 60], [300, undefined, 300], [3600, undefined, 600], [3600, 3600, 3600], [0, 60, 0],
  ])('§5.1.7 A for %i s and the absence of AAAA for %s s make %i s', (ttl, negative, expected) => {
    expect(synthesised(WELL_KNOWN_PREFIX, rrset(1, ttl, octets('8.8.4.4')), negative)?.ttl).toBe(expected)
  })

  test('RFC 6052 §3.1 the well-known prefix is for addresses of the Internet only', () => {
    const inside = rrset(1, 60, octets('10.0.0.1'), octets('192.168.1.1'), octets('192.0.2.1'))
    expect(synthesised(WELL_KNOWN_PREFIX, inside, 60)).toBeUndefined()
    expect(synthesised(WELL_KNOWN_PREFIX, rrset(1, 60, octets('10.0.0.1'), octets('8.8.4.4')), 60)?.rdata).toHaveLength(1)
    expect(synthesised(prefix('64:ff9b:1::/96'), inside, 60)?.rdata).toHaveLength(3)
  })
})

describe('RFC 6147 §5.5 clients that know DNSSEC', () => {
  test.each([
    [false, false, true], [false, true, true], [true, false, true], [true, true, false],
  ])('DO %s, CD %s: %s', (dnssecOk, checkingDisabled, may) => expect(mayBeSynthesised({ dnssecOk, checkingDisabled })).toBe(may))
})

describe('RFC 6147 §5.3.1 reverse names', () => {
  test.each(['64:ff9b::/96', '2001:db8:122::/48', '2001:db8:122:344::/64'])('below %s lead to those of the IPv4 address', (text) => {
    const key = keyOf(reverseOf('AAAA', formatIpv6(embedded(prefix(text), octets('192.0.2.33')))))
    expect(formatName(reverseTarget(prefix(text), key) ?? name('.'))).toBe('33.2.0.192.in-addr.arpa')
  })

  test.each([
    ['of another prefix', reverseOf('AAAA', '2001:db8::1')],
    ['of a part of an address', 'b.9.f.f.4.6.0.0.ip6.arpa'],
    ['with a label that is no digit', `g.${reverseOf('AAAA', '64:ff9b::1').slice(2)}`],
    ['with a label of two', `00.${reverseOf('AAAA', '64:ff9b::1').slice(4)}`],
    ['of elsewhere', reverseOf('AAAA', '64:ff9b::1').replace('ip6.arpa', 'ip7.arpa')],
    ['of IPv4', '33.2.0.192.in-addr.arpa'],
  ])('%s lead nowhere', (_what, text) => expect(reverseTarget(WELL_KNOWN_PREFIX, keyOf(text))).toBeUndefined())
})

describe('RFC 7050 §2.2 and RFC 8880 §7.1 ipv4only.arpa', () => {
  test('has both well-known addresses, and the prefix around them', () => {
    expect(formatKey(IPV4ONLY_KEY)).toBe('ipv4only.arpa')
    const addresses = ipv4Only(1, WELL_KNOWN_PREFIX)?.rdata.map((b) => formatIpv4(new DataView(b.buffer).getInt32(0)))
    expect(addresses).toEqual(['192.0.0.170', '192.0.0.171'])
    const by = (text: string) => ipv4Only(28, prefix(text))?.rdata.map((address) => formatIpv6(address))
    expect(by('64:ff9b::/96')).toEqual(['64:ff9b::c000:aa', '64:ff9b::c000:ab'])
    expect(by('2001:db8:122:344::/64')).toEqual(['2001:db8:122:344:c0:0:aa00:0', '2001:db8:122:344:c0:0:ab00:0'])
    expect(ipv4Only(15, WELL_KNOWN_PREFIX)).toBeUndefined()
  })
})
