import { describe, expect, test } from 'vitest'
import { RecursionBench, ROOT_AT, smallInternet } from '../../support/recursion-bench.ts'
import { ResolvingBench } from '../../support/resolving-bench.ts'
import { FAULTS, only, saying, signed, VirtualInternet } from '../../support/virtual-internet.ts'
import { parseTrustAnchors } from '../../../services/dns/validator/anchor-file.ts'

const asked = (bench: RecursionBench): readonly string[] => bench.net.asked().filter((line) => !line.endsWith(' . NS'))

describe('RFC 1034 §5.3.3 [D6] the algorithm', () => {
  test('step 2: it begins with the servers of the nearest zone that it knows', () => {
    const bench = new RecursionBench(smallInternet())
    bench.tell('www.example.com', 'A')
    asked(bench)
    bench.tell('other.com', 'A')
    expect(asked(bench)).toEqual(['192.5.6.30 other.com A'])
    bench.tell('www.org', 'A')
    expect(asked(bench)).toEqual([`${ROOT_AT} org A`, '199.19.56.1 www.org A'])
  })

  test('step 2: and with an older one when the delegation has ended', () => {
    const bench = new RecursionBench(smallInternet())
    bench.tell('www.example.com', 'A')
    asked(bench)
    bench.net.clock.advance(86_400_000)
    bench.tell('www.example.com', 'AAAA')
    expect(asked(bench)).toEqual([`${ROOT_AT} com A`, '192.5.6.30 example.com A', '192.0.2.53 www.example.com AAAA'])
  })

  test('step 3: servers one after the other, until one answers', () => {
    const net = smallInternet()
    net.server('192.5.6.30', { com: `@ 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30
      ${['1', '2', '3'].map((n) => `example.com. 172800 NS ns${n}.example.com.\nns${n}.example.com. 172800 A 192.0.2.5${n}`).join('\n')}` })
    net.server('192.0.2.53', { 'example.com': 'www 300 A 192.0.2.80' })
    const bench = new RecursionBench(net)
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
    const servers = asked(bench).slice(2).map((line) => line.split(' ')[0])
    expect(servers.at(-1)).toBe('192.0.2.53')
    expect(new Set(servers).size).toBe(servers.length)
  })

  test('step 4b: a delegation leads down, through as many zones as there are', () => {
    const net = smallInternet()
    const depth = 12
    const zone = (n: number): string => [...Array.from({ length: n }, (_, i) => `z${n - i}`), 'com'].join('.')
    net.server('192.5.6.30', { com: `@ 172800 NS a.gtld.com.\nz1 60 NS ns.z1\nns.z1 60 A 10.0.0.1` })
    for (let n = 1; n <= depth; n++) {
      net.server(`10.0.0.${n}`, { [zone(n)]: n === depth ? 'www 60 A 192.0.2.1' : `z${n + 1} 60 NS ns.z${n + 1}\nns.z${n + 1} 60 A 10.0.0.${n + 1}` })
    }
    expect(new RecursionBench(net).tell(`www.${zone(depth)}`, 'A')).toEqual([`rrset | www.${zone(depth)} 60 A 192.0.2.1`])
  })

  test('step 4c: of an alias the first link is told, with what the same zone knows of the next', () => {
    const bench = new RecursionBench(smallInternet('a 60 CNAME b\nb 60 CNAME www.org.'))
    expect(bench.tell('a.example.com', 'A')).toEqual(['alias | a.example.com 60 CNAME b.example.com', 'alias | b.example.com 60 CNAME www.org'])
  })

  test('step 4d: a server that fails, or contradicts itself, is left out', () => {
    const net = smallInternet()
    net.server('192.5.6.30', { com: `@ 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30
      example.com. 60 NS ns1.example.com.\nns1.example.com. 60 A 192.0.2.53\nexample.com. 60 NS ns2.example.com.\nns2.example.com. 60 A 192.0.2.54` })
    net.server('192.0.2.54', { 'example.com': '' }, { faults: [saying({ rcode: 0, authority: 'com 60 NS a.gtld.com' })] })
    for (let seed = 1; seed < 5; seed++) {
      expect(new RecursionBench(net, {}, seed).tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
    }
  })

  test('a server for parent and child answers for both', () => {
    const net = new VirtualInternet()
    net.server(ROOT_AT, {
      '.': `@ 60 NS a.root-servers.example.\na.root-servers.example. 60 A ${ROOT_AT}\ncom. 60 NS a.root-servers.example.`,
      com: '@ 60 NS a.root-servers.example.\nexample 60 NS a.root-servers.example.',
      'example.com': '@ 60 NS a.root-servers.example.\nwww 60 A 192.0.2.80',
    })
    const bench = new RecursionBench(net)
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 60 A 192.0.2.80'])
    expect(bench.tell('nothing.example.com', 'A')[0]).toMatch(/^nxdomain \| example.com /)
  })
})

describe('RFC 2308 §2.2 denials without all that belongs to them', () => {
  test.each([
    ['no SOA, no NS', saying({ flags: 0x0400 }), ['nodata']],
    ['no SOA, but the NS of the zone', saying({ flags: 0x0400, authority: 'example.com 60 NS ns1.example.com' }), ['nodata']],
    ['no such name, no SOA', saying({ flags: 0x0400, rcode: 3 }), ['nxdomain']],
  ])('%s: it is one, and is not kept', (_what, fault, told) => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': '' }, { faults: [fault] })
    const bench = new RecursionBench(net)
    const outcome = bench.ask('www.example.com', 'TXT')
    expect(outcome.kind === 'answered' && outcome.findings.map((finding) => [finding.kind, finding.expiresAt - finding.storedAt])).toEqual([[told[0], 0]])
  })
})

describe('RFC 2308 §5 clients are told how long a denial holds', () => {
  test('that a delegation has no DS is known from the referral, but asked for when a client wants to know it', () => {
    const net = new VirtualInternet()
    const root = signed('.')
    net.server(ROOT_AT, { '.': `@ 60 NS a.root-servers.example.\na.root-servers.example. 60 A ${ROOT_AT}\nplain. 60 NS ns.plain.\nns.plain. 60 A 192.0.2.1` }, { signed: { '.': root.signing } })
    net.server('192.0.2.1', { plain: 'www 60 A 192.0.2.80' })
    const anchors = parseTrustAnchors(root.ds)
    if (!anchors.ok) throw new Error('no anchor')
    const bench = new ResolvingBench(net, { anchors: anchors.value })
    expect(bench.tell('www.plain', 'A')).toBe('NOERROR | www.plain 60 A 192.0.2.80')
    expect(net.asked().filter((line) => line.endsWith(' DS'))).toEqual([])
    expect(bench.tell('plain', 'DS')).toMatch(/^NOERROR ad \| \. 60 SOA/)
    expect(net.asked()).toEqual([`${ROOT_AT} plain DS`])
    expect(bench.tell('plain', 'DS')).toMatch(/^NOERROR ad \| \. 60 SOA/)
    expect(net.asked()).toEqual([])
  })
})

describe('RFC 7766 §5 what does not fit into a datagram', () => {
  const long = Array.from({ length: 20 }, (_, i) => `big 300 TXT "${String(i).padStart(3, '0')}${'x'.repeat(120)}"`).join('\n')

  test('is asked for again by TCP, from the same server', () => {
    const bench = new RecursionBench(smallInternet(long))
    const outcome = bench.ask('big.example.com', 'TXT')
    expect(outcome).toMatchObject({ kind: 'answered', findings: [{ answer: [{ rrset: { rdata: { length: 20 } } }] }] })
    expect(asked(bench).slice(-2)).toEqual(['192.0.2.53 big.example.com TXT', '192.0.2.53 big.example.com TXT by TCP'])
  })

  test('a server that truncates everything is asked by TCP every time', () => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': 'www 300 A 192.0.2.80' }, { faults: [FAULTS.truncating] })
    expect(new RecursionBench(net).tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
  })
})

describe('RFC 6891 §6.2.2 servers that do not know EDNS', () => {
  test.each([
    ['say FORMERR', FAULTS.formerrToEdns, 1], ['say nothing', FAULTS.silentToEdns, 2], ['pass over it', FAULTS.dropsOpt, 0],
    ['say NOTIMP', only((query) => query.edns, FAULTS.notImplemented), 1], ['say SERVFAIL', only((query) => query.edns, FAULTS.servfail), 1],
  ])('that %s are asked without, and remembered', (_what, fault, extra) => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': 'www 300 A 192.0.2.80' }, { faults: [fault] })
    const bench = new RecursionBench(net)
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
    expect(asked(bench).filter((line) => line.startsWith('192.0.2.53'))).toHaveLength(1 + extra)
    expect(bench.tell('www.example.com', 'A')).toHaveLength(1)
    expect(asked(bench)).toHaveLength(1)
  })
})

describe('RFC 6672 §3.4.1 a DNAME on the way', () => {
  test.each<readonly [string, string, readonly string[]]>([
    ['makes the alias itself, and does not take the server\'s', 'example.com 300 DNAME example.org\nwww.example.com 300 CNAME www.evil.org',
      ['alias | example.com 300 DNAME example.org | www.example.com 300 CNAME www.example.org']],
    ['makes it where the server left it out', 'example.com 300 DNAME example.org',
      ['alias | example.com 300 DNAME example.org | www.example.com 300 CNAME www.example.org']],
    ['does not redirect its owner', 'www.example.com 300 DNAME example.org', ['nodata']],
    ['of another zone is no DNAME', 'com 300 DNAME example.org', ['nodata']],
    ['that leads to itself stops', 'example.com 300 DNAME example.com',
      ['alias | example.com 300 DNAME example.com | www.example.com 300 CNAME www.example.com']],
  ])('%s', (_what, answer, told) => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': '' }, { faults: [saying({ flags: 0x0400, answer })] })
    expect(new RecursionBench(net).tell('www.example.com', 'A')).toEqual(told)
  })

  test('§2.2 a name that grows too long has no answer', () => {
    const net = smallInternet()
    const label = 'x'.repeat(60)
    net.server('192.0.2.53', { 'example.com': '' }, { faults: [saying({ flags: 0x0400, rcode: 6, answer: `example.com 300 DNAME ${label}.${label}.org` })] })
    expect(new RecursionBench(net).tell(`${label}.${label}.${label}.example.com`, 'A')).toEqual(['failed: name-too-long'])
  })
})
