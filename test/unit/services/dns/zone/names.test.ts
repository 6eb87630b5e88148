import { describe, expect, test } from 'vitest'
import {
  addressOfReverseName, isNewerSerial, reverseName, reverseZoneName, serialAfter,
} from '../../../../../services/dns/index.ts'
import { formatIpv4, ipv4, parsePrefix } from '../../../../../stack/index.ts'
import type { Prefix } from '../../../../../stack/index.ts'

describe('RFC 1035 §3.5 reverse names', () => {
  test.each(['10.53.0.20', '0.0.0.0', '255.255.255.255', '192.168.1.2'])('%s', (address) => {
    expect(reverseName(ipv4(address))).toBe(`${address.split('.').reverse().join('.')}.in-addr.arpa`)
    expect(formatIpv4(addressOfReverseName(reverseName(ipv4(address))) as number)).toBe(address)
  })

  test.each([
    ['10.53.0.0/24', '0.53.10.in-addr.arpa'], ['10.53.0.0/16', '53.10.in-addr.arpa'], ['10.0.0.0/8', '10.in-addr.arpa'],
    ['10.53.4.0/22', '53.10.in-addr.arpa'], [
      '10.53.0.128/25', '0.53.10.in-addr.arpa',
    ], ['10.53.0.1/32', '0.53.10.in-addr.arpa'],
    ['192.168.0.0/17', '168.192.in-addr.arpa'], ['0.0.0.0/0', 'in-addr.arpa'],
  ])('the zone of %s is %s', (prefix, zone) => {
    expect(reverseZoneName(parsePrefix(prefix) as Prefix)).toBe(zone)
  })

  test.each(
    ['1.2.3.in-addr.arpa', '256.2.3.4.in-addr.arpa', '01.2.3.4.in-addr.arpa', '1.2.3.4.ip6.arpa', 'x'],
  )('%s is none', (text) => {
    expect(addressOfReverseName(text)).toBeUndefined()
  })
})

describe('RFC 1982 serial arithmetic', () => {
  test.each([
    [1, 0, true], [0, 1, false], [7, 7, false], [0, 0xffff_ffff, true], [0x7fff_ffff, 0, true], [
      0x8000_0000, 0, false,
    ], [0, 0x8000_0000, false],
  ])('§3.2: %i is newer than %i: %s', (a, b, newer) => {
    expect(isNewerSerial(a, b)).toBe(newer)
  })

  test.each(
    [[1, 2], [2_026_112_200, 2_026_112_201], [0xffff_fffe, 0xffff_ffff], [0xffff_ffff, 1]],
  )('after %i comes %i', (old, next) => {
    expect(serialAfter(old)).toBe(next)
    expect(isNewerSerial(serialAfter(old), old)).toBe(true)
  })
})
