/** RFC 2317 §4: how the zone of a block smaller than /24 is called. */
import { describe, expect, test } from 'vitest'
import { classlessBlock, classlessZoneName } from '../../../../../services/dns/zone/classless.ts'
import { formatIpv4, ipv4, parsePrefix, type Prefix } from '../../../../../stack/index.ts'

describe('RFC 2317 §4', () => {
  test.each([
    ['0/25.2.0.192.in-addr.arpa', '192.0.2.0', '192.0.2.127'],
    ['192/26.2.0.192.in-addr.arpa', '192.0.2.192', '192.0.2.255'],
    ['0-26.2.0.192.in-addr.arpa', '192.0.2.0', '192.0.2.63'],
    ['128-191.2.0.192.in-addr.arpa', '192.0.2.128', '192.0.2.191'],
    ['0-31.2.0.192.in-addr.arpa', '192.0.2.0', '192.0.2.31'],
    ['254/31.255.255.255.in-addr.arpa', '255.255.255.254', '255.255.255.255'],
  ])('%s is a block', (zone, first, last) => {
    expect(classlessBlock(zone)).toEqual({ first: ipv4(first), last: ipv4(last) })
  })

  test.each([
    '2.0.192.in-addr.arpa', '1/26.2.0.192.in-addr.arpa', '0/24.2.0.192.in-addr.arpa', '0/32.2.0.192.in-addr.arpa', '0/63.2.0.192.in-addr.arpa',
    '300/26.2.0.192.in-addr.arpa', '0-62.2.0.192.in-addr.arpa', 'a/26.2.0.192.in-addr.arpa', '0/26.2.0.192.example',
  ])('%s is none', (zone) => expect(classlessBlock(zone)).toBeUndefined())

  test.each([
    ['192.0.2.64/26', '64/26.2.0.192.in-addr.arpa'],
    ['192.0.2.0/24', '2.0.192.in-addr.arpa'],
    ['10.53.0.0/22', '53.10.in-addr.arpa'],
  ])('%s', (text, zone) => {
    const prefix = parsePrefix(text) as Prefix
    expect(classlessZoneName(prefix)).toBe(zone)
    if (prefix.length > 24) expect(formatIpv4(classlessBlock(zone)?.first ?? 0)).toBe(text.split('/')[0])
  })
})
