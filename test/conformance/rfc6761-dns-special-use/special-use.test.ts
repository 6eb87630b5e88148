import { describe, expect, test } from 'vitest'
import { FLAG } from '../../../services/dns/wire/message.ts'
import { specialUseZones } from '../../../services/dns/zone/special-use.ts'
import { Bench, zoneOf } from '../../support/dns.ts'

const UPSTREAM = { upstreams: [{ address: 0x0a00_0001, port: 53 }] }
const IP6 = (nibbles: string): string => `${[...nibbles].join('.')}.ip6.arpa`

describe('RFC 6761, RFC 6303: names that never leave', () => {
  test.each([
    ['RFC 6761 §6.3', 'localhost A', 'NOERROR', ['localhost 10800 A 127.0.0.1']],
    ['RFC 6761 §6.3', 'localhost AAAA', 'NOERROR', ['localhost 10800 AAAA ::1']],
    ['RFC 6761 §6.3', 'any.thing.localhost A', 'NOERROR', ['any.thing.localhost 10800 A 127.0.0.1']],
    ['RFC 6761 §6.3', 'localhost MX', 'NOERROR', []],
    ['RFC 6761 §6.4', 'www.invalid A', 'NXDOMAIN', []],
    ['RFC 6761 §6.2', 'www.test A', 'NXDOMAIN', []],
    ['RFC 6762 §22.1', 'printer.local A', 'NXDOMAIN', []],
    ['RFC 7686 §2', 'abc.onion A', 'NXDOMAIN', []],
    ['ICANN 2024', 'nas.internal A', 'NXDOMAIN', []],
    ['RFC 8375 §4', 'x.home.arpa A', 'NXDOMAIN', []],
    ['RFC 9476 §2', 'wallet.gns.alt A', 'NXDOMAIN', []],
    ['RFC 9665 §10.1', '_http._tcp.default.service.arpa PTR', 'NXDOMAIN', []],
    ['RFC 9462 §8.2', '_dns.resolver.arpa SVCB', 'NXDOMAIN', []],
    ['RFC 6303 §4.1', '1.2.3.10.in-addr.arpa PTR', 'NXDOMAIN', []],
    ['RFC 6303 §4.1', '1.1.16.172.in-addr.arpa PTR', 'NXDOMAIN', []],
    ['RFC 6303 §4.1', '1.1.31.172.in-addr.arpa PTR', 'NXDOMAIN', []],
    ['RFC 6303 §4.1', '1.1.168.192.in-addr.arpa PTR', 'NXDOMAIN', []],
    ['RFC 6303 §4.2', '1.0.0.127.in-addr.arpa PTR', 'NOERROR', ['1.0.0.127.in-addr.arpa 10800 PTR localhost.']],
    ['RFC 6303 §4.2', '1.1.254.169.in-addr.arpa PTR', 'NXDOMAIN', []],
    ['RFC 6303 §4.2', '255.255.255.255.in-addr.arpa PTR', 'NOERROR', []],
    ['RFC 7793 §3', '1.1.64.100.in-addr.arpa PTR', 'NXDOMAIN', []],
    ['RFC 7793 §3', '1.1.127.100.in-addr.arpa PTR', 'NXDOMAIN', []],
    [
      'RFC 6303 §4.3', `${IP6('1'.padEnd(32, '0'))} PTR`, 'NOERROR',
      [`${IP6('1'.padEnd(32, '0'))} 10800 PTR localhost.`],
    ],
    ['RFC 6303 §4.4', `${IP6('10df')} PTR`, 'NXDOMAIN', []],
    ['RFC 6303 §4.5', `${IP6('19ef')} PTR`, 'NXDOMAIN', []],
  ] as const)('%s: %s', (_section, question, rcode, answer) => {
    const [name, type] = question.split(' ') as [string, string]
    const bench = new Bench([], UPSTREAM)
    expect(bench.askTwice(name, type)).toMatchObject({ rcode, answer })
    expect(bench.sent).toEqual([])
  })

  const DESIGNATED = { name: 'taproot.lab.internal', address: 0x0a35_0002, tls: true, https: true }
  const DOT = '_dns.resolver.arpa 10800 SVCB 1 taproot.lab.internal alpn="dot" port=853 ipv4hint=10.53.0.2'
  const DOH = '_dns.resolver.arpa 10800 SVCB 2 taproot.lab.internal alpn="h2,http/1.1" port=443 ipv4hint=10.53.0.2 dohpath="/dns-query{?dns}"'
  test.each([
    ['RFC 9462 §4: who speaks TLS says so', '_dns.resolver.arpa SVCB', DESIGNATED, 'NOERROR', [DOT, DOH]],
    ['RFC 9462 §4: one of two ways', '_dns.resolver.arpa SVCB', { ...DESIGNATED, https: false }, 'NOERROR', [DOT]],
    ['RFC 9462 §6.4: no other type', '_dns.resolver.arpa A', DESIGNATED, 'NOERROR', []],
    ['RFC 9462 §6.4: no data for other names', 'x.resolver.arpa SVCB', DESIGNATED, 'NOERROR', []],
    ['who speaks neither', '_dns.resolver.arpa SVCB', { ...DESIGNATED, tls: false, https: false }, 'NXDOMAIN', []],
  ] as const)('%s: %s', (_section, question, designated, rcode, answer) => {
    const [name, type] = question.split(' ') as [string, string]
    const bench = new Bench([], { ...UPSTREAM, designated })
    expect(bench.askTwice(name, type)).toMatchObject({ rcode, answer })
    expect(bench.sent).toEqual([])
  })

  test.each(
    [
      '1.1.15.172.in-addr.arpa', '1.1.32.172.in-addr.arpa', '1.1.63.100.in-addr.arpa', 'localhost.example.com',
      'mytest', 'arpa', 'example.com',
    ],
  )(
    '%s is not special and goes upstream', (name) => {
      const bench = new Bench([], UPSTREAM)
      bench.askLater(name, 'PTR')
      expect(bench.sent).toHaveLength(1)
    })

  test('a zone of ours below such a name is served, and its parent stays ours', () => {
    const bench = new Bench(
      [
        zoneOf('53.10.in-addr.arpa', '@ NS ns.lab.internal.\n1.0 PTR gw.lab.internal.'),
        zoneOf('lab.internal', '@ NS ns\ngw A 10.53.0.1', 2),
      ],
      UPSTREAM,
    )
    expect(
      bench.askTwice('1.0.53.10.in-addr.arpa', 'PTR').answer,
    ).toEqual(['1.0.53.10.in-addr.arpa 300 PTR gw.lab.internal'])
    expect(bench.askTwice('2.0.53.10.in-addr.arpa', 'PTR').rcode).toBe('NXDOMAIN')
    expect(bench.askTwice('1.0.54.10.in-addr.arpa', 'PTR').rcode).toBe('NXDOMAIN')
    expect(bench.askTwice('gw.lab.internal', 'A').answer).toEqual(['gw.lab.internal 300 A 10.53.0.1'])
    expect(bench.askTwice('other.internal', 'A').rcode).toBe('NXDOMAIN')
    expect(bench.sent).toEqual([])
  })

  test('a zone of ours replaces one of the same name', () => {
    const bench = new Bench([zoneOf('test', '@ NS ns\nwww A 10.0.0.1')], UPSTREAM)
    expect(bench.askTwice('www.test', 'A').answer).toEqual(['www.test 300 A 10.0.0.1'])
  })

  test('a delegation below such a name is not followed outside', () => {
    const bench = new Bench([zoneOf('lab.internal', '@ NS ns\nsub NS ns.sub\nns.sub A 10.53.0.9')], UPSTREAM)
    expect(bench.askTwice('x.sub.lab.internal', 'A')).toMatchObject(
      { rcode: 'NOERROR', authority: ['sub.lab.internal 300 NS ns.sub.lab.internal'] },
    )
    expect(bench.sent).toEqual([])
  })

  test.each(specialUseZones().map(({ zone }) => zone.name))('nothing at or below %s is asked outside, whatever is asked', (zone) => {
    const bench = new Bench([zoneOf('lab.example', '@ NS ns\nns A 10.0.0.1')], UPSTREAM)
    for (const owner of [zone, `a.${zone}`, `*.x.${zone}`, zone.toUpperCase()]) {
      for (const type of ['A', 'AAAA', 'DS', 'NS', 'SOA', 'DNSKEY', 'ANY', 'HTTPS', 'TYPE65400']) {
        for (const shape of [{}, { edns: { dnssecOk: true } }, { flags: FLAG.RD | FLAG.CD }]) bench.ask(owner, type, shape)
      }
    }
    expect(bench.sent).toEqual([])
  })

  test('a zone that is in a view alone does not leak for those who do not see it', () => {
    const { zone, records } = zoneOf('lab.internal', '@ NS ns\nns A 10.53.0.1')
    const bench = new Bench([{ zone: { ...zone, view: 'inside' }, records }], UPSTREAM)
    bench.server.setViews([{ name: 'inside', prefixes: [], keys: [] }])
    expect(bench.askTwice('ns.lab.internal', 'A').rcode).toBe('NXDOMAIN')
    expect(bench.sent).toEqual([])
  })

  test('an alias to such a name ends here', () => {
    const bench = new Bench([zoneOf('lab.example', '@ NS ns\nme CNAME localhost.\ngone CNAME x.invalid.')], UPSTREAM)
    expect(bench.askTwice('me.lab.example', 'A').answer).toEqual(
      ['me.lab.example 300 CNAME localhost.', 'localhost 10800 A 127.0.0.1'],
    )
    expect(bench.askTwice('gone.lab.example', 'A').rcode).toBe('NXDOMAIN')
    expect(bench.sent).toEqual([])
  })
})
