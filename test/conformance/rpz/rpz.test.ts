/** Response policy zones by draft-vixie-dnsop-dns-rpz-00: triggers, actions, and which of several counts. */
import { describe, expect, test } from 'vitest'
import { RpzCompiler } from '../../../services/dns/policy/rpz-compiler.ts'
import { keyOf, name } from '../../../services/dns/wire/name.ts'
import { parseRdataText } from '../../../services/dns/wire/rdata.ts'
import { typeCode } from '../../../services/dns/wire/type-names.ts'
import { finding, PolicyBench } from '../../support/dns-policy.ts'
import type { PolicyPorts } from '../../../services/dns/index.ts'

const HEAD = '$TTL 60\n$ORIGIN rpz.example.\n@ SOA localhost. root.localhost. 1 2 3 4 5\n NS localhost.\n'
const zone = (...lines: readonly string[]) => ({ format: 'rpz' as const, text: `${HEAD}${lines.join('\n')}\n` })
const benchOf = (zones: { readonly [name: string]: readonly string[] }, ports: Partial<PolicyPorts> = {}): PolicyBench =>
  new PolicyBench(ports).lists(Object.fromEntries(Object.entries(zones).map(([name, lines]) => [name, zone(...lines)])))

describe('draft-vixie-dnsop-dns-rpz §3 actions', () => {
  const bench = benchOf({
    z: [
      'nx CNAME .', 'nodata CNAME *.', 'pass CNAME rpz-passthru.', 'drop CNAME rpz-drop.', 'tcp CNAME rpz-tcp-only.',
      'old.example CNAME old.example.', '*.old.example CNAME old.example.',
      'local A 192.0.2.1', 'local MX 10 mail.example.', 'other CNAME garden.example.', '*.star CNAME *.garden.example.',
      'local A 192.0.2.2',
    ],
  })
  test.each([
    ['§3.1', 'nx', 'nxdomain by z: nx CNAME .'],
    ['§3.2', 'nodata', 'nodata by z: nodata CNAME *.'],
    ['§3.3', 'pass', 'allow by z: pass CNAME rpz-passthru.'],
    ['§3.3', 'old.example', 'allow by z: old.example CNAME rpz-passthru.'],
    ['§3.3', 'www.old.example', 'allow by z: *.old.example CNAME rpz-passthru.'],
    ['§3.4', 'drop', 'drop by z: drop CNAME rpz-drop.'],
    ['§3.5', 'tcp', 'tcp-only by z: tcp CNAME rpz-tcp-only.'],
    ['§3.6', 'local', 'A 192.0.2.1 192.0.2.2, MX 10 mail.example by z: local A 192.0.2.1'],
    ['§3.6', 'other', 'CNAME garden.example by z: other CNAME garden.example.'],
    ['§3.6', 'a.b.star', 'CNAME a.b.star.garden.example by z: *.star CNAME *.garden.example.'],
    ['§3.6', 'unlisted', '-'],
  ])('%s %s', (_section, asked, decision) => expect(bench.ask(asked)).toBe(decision))

  test('§3.6 local data has its own TTL, an action the policy set\'s', () => {
    const decide = (asked: string) => bench.engine.decideName(1, keyOf(asked), 1, 0)
    expect(decide('local')).toMatchObject({ rrsets: [{ ttl: 60 }, { ttl: 60 }] })
    expect(decide('nx')).toMatchObject({ ttl: 10 })
  })
})

describe('draft-vixie-dnsop-dns-rpz §4 triggers', () => {
  const servers = { names: [keyOf('a.ns.test'), keyOf('ns1.bad.test')], addresses: [Uint8Array.of(203, 0, 113, 9)] }
  const bench = benchOf({
    z: [
      '24.0.2.0.192.rpz-client-ip CNAME rpz-drop.',
      'name.test CNAME .', '*.wild.test CNAME .',
      '24.0.113.0.203.rpz-ip CNAME .', '32.7.113.0.203.rpz-ip CNAME rpz-passthru.', '32.zz.db8.2001.rpz-ip CNAME *.', '128.1.zz.rpz-ip A 192.0.2.99',
      'ns1.bad.test.rpz-nsdname CNAME .', '*.ns.test.rpz-nsdname CNAME *.', '32.9.113.0.203.rpz-nsip CNAME .',
    ],
  }, { serversOf: (of) => ({
    names: of === keyOf('hosted.test') ? servers.names : of === keyOf('wildserved.test') ? servers.names.slice(0, 1) : [],
    addresses: ['hosted.test', 'wildserved.test', 'byaddress.test'].some((one) => of === keyOf(one)) ? servers.addresses : [],
  }) })

  test('§4.1 the client\'s address', () => {
    expect(bench.ask('any.test', 'A', '192.0.2.77')).toBe('drop by z: 24.0.2.0.192.rpz-client-ip CNAME rpz-drop.')
    expect(bench.ask('any.test', 'A', '192.0.3.77')).toBe('-')
  })

  test.each([
    ['name.test', true], ['www.name.test', false], ['wild.test', false], ['a.wild.test', true], ['b.a.wild.test', true],
  ])('§4.2 the name asked for: %s', (asked, decided) => expect(bench.ask(asked) !== '-').toBe(decided))

  test.each([
    ['x.test A 203.0.113.8', 'nxdomain by z: 24.0.113.0.203.rpz-ip CNAME .'],
    ['x.test A 203.0.113.7', 'allow by z: 32.7.113.0.203.rpz-ip CNAME rpz-passthru.'],
    ['x.test A 203.0.113.8 | 203.0.113.7', 'allow by z: 32.7.113.0.203.rpz-ip CNAME rpz-passthru.'],
    ['x.test AAAA 2001:db8::7', 'nodata by z: 32.zz.db8.2001.rpz-ip CNAME *.'],
    ['x.test AAAA ::1', 'A 192.0.2.99 by z: 128.1.zz.rpz-ip A 192.0.2.99'],
    ['x.test A 203.0.114.8', '-'],
    ['x.test MX 10 203.0.113.8', '-'],
  ])('§4.3 an address in the answer: %s', (text, decision) => expect(bench.sets({ rebinding: 'no' }).find(finding('rrset', text))).toBe(decision))

  test('§4.4 and §4.5 the servers of the zone: the name that is first in canonical order, and addresses after names', () => {
    expect(bench.find(finding('rrset', 'x.hosted.test A 198.51.100.1', { zone: keyOf('hosted.test') }))).toBe('nxdomain by z: ns1.bad.test.rpz-nsdname CNAME .')
    expect(bench.find(finding('rrset', 'x.wild.test A 198.51.100.1', { owner: keyOf('x.other.test'), zone: keyOf('wildserved.test') }))).toBe('nodata by z: *.ns.test.rpz-nsdname CNAME *.')
    expect(bench.find(finding('nodata', 'x.byaddress.test A', { zone: keyOf('byaddress.test') }))).toBe('nxdomain by z: 32.9.113.0.203.rpz-nsip CNAME .')
    expect(bench.find(finding('rrset', 'x.fine.test A 198.51.100.1', { zone: keyOf('fine.test') }))).toBe('-')
  })
})

test('RFC 8914 §4.5, §4.16, §4.19 the client hears whether it was blocked, given another answer, or is not to ask', () => {
  const bench = benchOf({ z: ['a.test CNAME .', 'b.test A 192.0.2.1', '32.9.0.0.10.rpz-client-ip CNAME *.'] })
  const said = (asked: string, client = 0): string => {
    const error = Buffer.from(bench.engine.decideName(1, keyOf(asked), 1, client)?.error ?? [])
    return `${error.readUInt16BE(4)} ${error.subarray(6).toString()}`
  }
  expect([said('a.test'), said('b.test'), said('x.test', 0x0a000009)]).toEqual(['15 blocked by z', '4 answered by z', '18 not for this client, says z'])
})

describe('draft-vixie-dnsop-dns-rpz §5 precedence', () => {
  test('§5.2 the zone that stands first, whatever triggers', () => {
    const bench = benchOf({ first: ['32.1.2.0.192.rpz-ip CNAME .'], second: ['x.test CNAME *.', 'y.test CNAME *.'] })
    // Nothing is said of the name before it is known whether the first zone minds the address.
    expect(bench.ask('x.test')).toBe('-')
    expect(bench.find(finding('rrset', 'x.test A 192.0.2.1'))).toBe('nxdomain by first: 32.1.2.0.192.rpz-ip CNAME .')
    expect(bench.find(finding('rrset', 'y.test A 192.0.2.2'))).toBe('nodata by second: y.test CNAME *.')
    expect(bench.find(finding('nxdomain', 'y.test A'))).toBe('nodata by second: y.test CNAME *.')
  })

  test('§5.2 zones with nothing to wait for decide at once', () => {
    const bench = benchOf({ first: ['x.test CNAME .'], second: ['x.test CNAME *.', '32.1.2.0.192.rpz-ip CNAME .'] })
    expect(bench.ask('x.test')).toBe('nxdomain by first: x.test CNAME .')
  })

  test('§5.3 the name itself before a wildcard, the longer wildcard before the shorter', () => {
    const bench = benchOf({ z: ['*.test CNAME .', '*.b.test CNAME *.', 'a.b.test CNAME rpz-passthru.'] })
    expect(['a.b.test', 'x.b.test', 'x.test'].map((asked) => bench.ask(asked).split(' ')[0])).toEqual(['allow', 'nodata', 'nxdomain'])
  })

  test.each([
    // RFC 4592 §3.3.1: what is there between a wildcard and a name keeps them apart, if only for what is below it.
    ['a.test', '*.test'], ['x.a.b.test', '-'], ['a.b.test', 'a.b.test'], ['b.test', '-'], ['y.b.test', '-'], ['z.y.b.test', '-'], ['c.test', '-'],
    ['z.c.test', '*.c.test'], ['z.z.c.test', '*.c.test'], ['x.z.d.test', '*.test'],
  ])('§5.3 the closest encloser alone has a wildcard to say something of %s: %s', (asked, rule) => {
    const bench = benchOf({ z: ['*.test CNAME .', 'a.b.test CNAME .', '*.c.test CNAME .', 'a.b.unrelated CNAME .'] })
    expect(bench.ask(asked)).toBe(rule === '-' ? '-' : `nxdomain by z: ${rule} CNAME .`)
    expect(bench.compile(zone('*.test CNAME .', 'a.b.test CNAME .')).report.rules).toBe(2)
  })

  test('§5.4 client, name, answer, name of a server, address of a server', () => {
    const rules = ['8.0.0.0.10.rpz-client-ip CNAME rpz-drop.', 'x.test CNAME rpz-tcp-only.', '32.1.2.0.192.rpz-ip CNAME *.', 'ns.test.rpz-nsdname CNAME rpz-passthru.', '32.9.2.0.192.rpz-nsip CNAME .']
    const actions = ['drop', 'tcp-only', 'nodata', 'allow', 'nxdomain']
    const serversOf = () => ({ names: [keyOf('ns.test')], addresses: [Uint8Array.of(192, 0, 2, 9)] })
    for (let i = 0; i < rules.length; i++) {
      const bench = benchOf({ late: ['32.255.255.255.255.rpz-ip CNAME .'], z: rules.slice(i) }, { serversOf })
      expect(bench.find(finding('rrset', 'x.test A 192.0.2.1')).split(' ')[0]).toBe(actions[i])
    }
  })

  test('§5.6 and §5.7 the longest prefix, then the smallest address', () => {
    const bench = benchOf({ z: ['16.0.0.0.192.rpz-ip CNAME .', '24.0.2.0.192.rpz-ip CNAME *.', '32.5.113.0.203.rpz-ip CNAME rpz-drop.', '32.4.113.0.203.rpz-ip CNAME rpz-tcp-only.'] })
    expect(bench.find(finding('rrset', 'x.test A 192.0.3.1 | 192.0.2.1'))).toContain('nodata')
    expect(bench.find(finding('rrset', 'x.test A 203.0.113.5 | 203.0.113.4'))).toContain('tcp-only')
  })

  test('other lists go before policy zones, and so do their exceptions', () => {
    const bench = new PolicyBench().lists({ z: zone('x.test CNAME *.', 'y.test CNAME *.'), ads: { format: 'adblock', text: '||x.test^\n@@||y.test^' } })
    expect(['x.test', 'y.test'].map((asked) => bench.ask(asked))).toEqual(['nxdomain by ads: ||x.test^', 'allow by ads: @@||y.test^'])
  })
})

describe('draft-vixie-dnsop-dns-rpz §2 zones as files', () => {
  test.each([
    ['64.1.2.0.192.rpz-ip CNAME .', 'no IPv4 prefix'],
    ['24.1.2.0.192.rpz-ip CNAME .', 'no IPv4 prefix'],
    ['32.1.zz.db8.2001.rpz-ip CNAME .', 'no IPv6 prefix'],
    ['129.zz.rpz-ip CNAME .', 'no IPv6 prefix'],
    ['x.rpz-ip CNAME .', 'prefix length'],
    ['rpz-nsdname CNAME .', 'no server is named'],
    ['x.rpz-future CNAME .', 'rpz-future are not known'],
    ['x CNAME rpz-future.', 'is not known'],
    ['x CNAME rpz-passthru', 'names of actions end with a dot'],
    ['x NS ns.example.', 'type NS'],
    ['x DNAME y.example.', 'type DNAME'],
    ['elsewhere.test. CNAME .', 'does not lie in'],
    ['x A 1.2.3', 'A address'],
    ['x CNAME', ''],
    ['$INCLUDE other', 'other files are not read'],
    ['x ( CNAME', 'never closed'],
  ])('%s is counted and told', (line, reason) => {
    const { report } = new PolicyBench().compile(zone('good CNAME .', line))
    expect([report.rules, report.notUnderstood]).toEqual([1, 1])
    expect(report.examples[0]).toMatchObject({ line: 6, reason: expect.stringContaining(reason) })
  })

  test.each([
    ['$ORIGIN and @', HEAD.replace('$TTL 60\n', '')],
    ['the owner of the SOA', 'rpz.example. 60 IN SOA localhost. root.localhost. 1 2 3 4 5\n'],
    ['nothing at all', ''],
  ])('the zone\'s name is known by %s', (_by, head) => {
    const absolute = head === '' ? 'b' : 'b.rpz.example.'
    const origin = head.startsWith('rpz') ? '$ORIGIN rpz.example.\n' : ''
    const bench = new PolicyBench().lists({ z: { format: 'rpz', text: `${head}${origin}a 60 CNAME .\n${absolute} 60 CNAME .\n` } })
    expect([bench.ask('a'), bench.ask('b')]).toEqual(['nxdomain by z: a CNAME .', 'nxdomain by z: b CNAME .'])
  })

  test('parentheses, comments, TTLs and classes are read as in every master file; $GENERATE too', () => {
    const bench = new PolicyBench().lists({ z: zone('a 30 IN CNAME . ; why', 'b IN CNAME (', '  . )', '$GENERATE 1-3 c$ CNAME .') })
    expect(['a', 'b', 'c1', 'c3'].map((asked) => bench.ask(asked).split(' ')[0])).toEqual(['nxdomain', 'nxdomain', 'nxdomain', 'nxdomain'])
  })
})

test('a zone is compiled from its records, too', () => {
  const bench = new PolicyBench()
  const compiler = new RpzCompiler(name('rpz.example'), bench.engine.hashKey)
  const add = (owner: string, type: string, data: string): void => {
    const rdata = parseRdataText(typeCode(type) as number, data, { relative: 'never' })
    if (rdata.ok) compiler.add({ name: name(owner), type: typeCode(type) as number, ttl: 60, rdata: rdata.value }, 0)
  }
  add('rpz.example', 'SOA', 'localhost root.localhost 1 2 3 4 5')
  add('rpz.example', 'NS', 'localhost')
  add('Bad.Test.rpz.example', 'CNAME', '.')
  add('elsewhere.test', 'CNAME', '.')
  const compiled = compiler.finish(4)
  expect(compiled.report).toMatchObject({ lines: 4, rules: 1, notUnderstood: 1 })
  bench.engine.setLists([{ name: 'z', compiled, important: false }])
  bench.sets({ lists: ['z'] })
  expect(bench.ask('bad.test')).toBe('nxdomain by z: bad.test CNAME .')
})
