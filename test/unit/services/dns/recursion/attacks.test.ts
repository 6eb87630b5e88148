/** What servers and clients may try, and what it costs: every one of these has a name in the literature. */
import { describe, expect, test } from 'vitest'
import { MAX_REFERRALS, MAX_SOUGHT } from '../../../../../services/dns/recursion/step.ts'
import { Budget } from '../../../../../services/dns/resolver/source.ts'
import { keyOf } from '../../../../../services/dns/wire/name.ts'
import { RecursionBench, ROOT_AT, smallInternet } from '../../../../support/recursion-bench.ts'
import { FAULTS, only, saying, slowBy, VirtualInternet } from '../../../../support/virtual-internet.ts'

const COM = '@ 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30'
const EXAMPLE = 'example.com. 172800 NS ns1.example.com.\nns1.example.com. 172800 A 192.0.2.53'
const WWW = 'rrset | www.example.com 300 A 192.0.2.80'
const toServer = (bench: RecursionBench, address: string): number => bench.net.asked().filter((line) => line.startsWith(`${address} `)).length

/** com has evil.com, whose server at 203.0.113.66 is ours to script. */
function withEvil(evil: string, com = ''): VirtualInternet {
  const net = smallInternet()
  net.server('192.5.6.30', { com: `${COM}\n${EXAMPLE}\nevil.com. 172800 NS ns.evil.com.\nns.evil.com. 172800 A 203.0.113.66\n${com}` })
  net.server('203.0.113.66', { 'evil.com': evil })
  return net
}

describe('referrals that make work for others (NXNS, CVE-2020-12662)', () => {
  const names = Array.from({ length: 60 }, (_, i) => `n${i}.example.com`)

  test('of a hundred servers without addresses a few are looked up, two at a time', () => {
    const net = withEvil('', '')
    net.server('203.0.113.66', { 'evil.com': '' }, { faults: [saying({ authority: names.map((name) => `sub.evil.com 60 NS ${name}`).join('\n') })] })
    const bench = new RecursionBench(net)
    bench.tell('www.example.com', 'A')
    bench.net.asked()
    expect(bench.tell('x.sub.evil.com', 'A')).toEqual(['failed: no-address'])
    expect(toServer(bench, '192.0.2.53')).toBe(MAX_SOUGHT)
  })

  test('and all together no more than one question may cost, however they are nested', () => {
    const net = withEvil('')
    // Each name of a server leads to another zone of that kind.
    net.server('203.0.113.66', { 'evil.com': '' }, { faults: [(query, replies) => {
      const label = query.name.split('.').at(-3) ?? 'x'
      return saying({ authority: Array.from({ length: 13 }, (_, i) => `${label}.evil.com 60 NS ns.${label}${i}.evil.com`).join('\n') })(query, replies)
    }] })
    const bench = new RecursionBench(net)
    const budget = new Budget()
    expect(bench.tell('www.a.evil.com', 'A', budget)[0]).toMatch(/^failed: /)
    bench.net.clock.advance(60_000)
    expect(bench.net.asked().length).toBeLessThanOrEqual(100 + 5)
    expect([bench.recursion.underWay, bench.exchange.underWay, bench.resolver.pending]).toEqual([0, 0, 0])
  })

  test('many addresses of one server, all of them a victim\'s: it is asked a few times', () => {
    const glue = Array.from({ length: 200 }, (_, i) => `ns.victims.com. 60 A 198.18.0.${i + 1}`).join('\n')
    const bench = new RecursionBench(withEvil('', `victims.com. 60 NS ns.victims.com.\n${glue}`))
    bench.tell('www.victims.com', 'A')
    expect(bench.net.asked().filter((line) => line.startsWith('198.18.')).length).toBeLessThan(10)
  })
})

describe('circles', () => {
  test('two zones whose servers have names in each other', () => {
    const net = smallInternet()
    net.server('192.5.6.30', { com: `${COM}\none.com. 60 NS ns.two.com.\ntwo.com. 60 NS ns.one.com.` })
    const bench = new RecursionBench(net)
    expect(bench.tell('www.one.com', 'A')).toEqual(['failed: no-address'])
    expect(bench.net.asked().length).toBeLessThan(12)
    expect([bench.recursion.underWay, bench.resolver.pending]).toEqual([0, 0])
  })

  test('three of them, over two branches', () => {
    const net = smallInternet()
    net.server('192.5.6.30', { com: `${COM}\none.com. 60 NS ns.two.org.\nthree.com. 60 NS ns.one.com.` })
    net.server('199.19.56.1', { org: '@ 60 NS a.orgs.org.\na.orgs.org. 60 A 199.19.56.1\ntwo.org. 60 NS ns.three.com.' })
    const bench = new RecursionBench(net)
    expect(bench.tell('www.one.com', 'A')).toEqual(['failed: no-address'])
    expect([bench.recursion.underWay, bench.resolver.pending]).toEqual([0, 0])
  })

  test('a zone whose only server lies below itself, without glue', () => {
    const net = smallInternet()
    net.server('192.5.6.30', { com: COM }, { faults: [only((query) => query.name === 'one.com', saying({ authority: 'one.com 60 NS ns.one.com' }))] })
    expect(new RecursionBench(net).tell('www.one.com', 'A')).toEqual(['failed: empty-referral'])
  })

  test('referrals that go up, aside, or stay: none is followed', () => {
    for (const owner of ['.', 'com', 'evil.com', 'example.com', 'other.evil.com']) {
      const net = withEvil('')
      net.server('203.0.113.66', { 'evil.com': '' }, { faults: [saying({ authority: `${owner} 60 NS ns.evil.com`, additional: 'ns.evil.com 60 A 203.0.113.66' })] })
      const bench = new RecursionBench(net)
      expect(bench.tell('www.evil.com', 'A')).toEqual(['failed: upward-referral'])
      expect(toServer(bench, '203.0.113.66')).toBe(1)
    }
  })

  test('referrals without end go down one label at a time, and a name ends', () => {
    const net = withEvil('')
    net.server('203.0.113.66', { 'evil.com': '' }, { faults: [(query, replies) =>
      saying({ authority: `${query.name} 60 NS ns.${query.name}`, additional: `ns.${query.name} 60 A 203.0.113.66` })(query, replies)] })
    for (const minimise of [true, false]) {
      const bench = new RecursionBench(net, { minimise })
      const outcome = bench.tell(`${Array.from({ length: 110 }, () => 'x').join('.')}.evil.com`, 'A')
      expect(outcome).toEqual(['failed: upward-referral'])
      expect(toServer(bench, '203.0.113.66')).toBe(minimise ? 9 : 2)
    }
  })

  test('nor are more of them followed than any name has cuts', () => {
    const net = withEvil('')
    let labels = 2
    net.server('203.0.113.66', { 'evil.com': '' }, { faults: [(query, replies) => {
      const cut = query.name.split('.').slice(-++labels).join('.')
      return saying({ authority: `${cut} 60 NS ns.${cut}`, additional: `ns.${cut} 60 A 203.0.113.66` })(query, replies)
    }] })
    const bench = new RecursionBench(net, { minimise: false })
    expect(bench.tell(`${Array.from({ length: 110 }, () => 'x').join('.')}.evil.com`, 'A')).toEqual(['failed: too-many-referrals'])
    expect(toServer(bench, '203.0.113.66')).toBe(MAX_REFERRALS - 1)
  })

  test('aliases that change with every question end with the pipeline\'s count; recursion tells one link a time', () => {
    const net = withEvil('')
    let n = 0
    net.server('203.0.113.66', { 'evil.com': '' }, { faults: [(query, replies) =>
      saying({ flags: 0x0400, answer: `${query.name} 60 CNAME n${n++}.evil.com` })(query, replies)] })
    expect(new RecursionBench(net).tell('www.evil.com', 'A')).toHaveLength(1)
  })
})

describe('words about others (cache poisoning)', () => {
  test.each<readonly [string, Parameters<typeof saying>[0]]>([
    ['in the additional section', { flags: 0x0400, answer: 'www.evil.com 60 A 203.0.113.1', additional: 'www.example.com 86400 A 203.0.113.66' }],
    ['in the authority section', { flags: 0x0400, answer: 'www.evil.com 60 A 203.0.113.1',
      authority: 'example.com 86400 NS ns.evil.com\ncom 86400 NS ns.evil.com\n. 86400 NS ns.evil.com', additional: 'ns.evil.com 60 A 203.0.113.66' }],
    ['in the answer section', { flags: 0x0400, answer: 'www.evil.com 60 A 203.0.113.1\nwww.example.com 86400 A 203.0.113.66\nexample.com 86400 NS ns.evil.com' }],
    ['behind an alias (Kashpureff, 1997)', { flags: 0x0400, answer: 'www.evil.com 60 CNAME www.example.com\nwww.example.com 86400 A 203.0.113.66' }],
    ['behind a DNAME of its own', { flags: 0x0400, answer: 'com 60 DNAME evil.com\nwww.evil.com 60 A 203.0.113.1' }],
    ['as a delegation of a sibling', { flags: 0, authority: 'example.com 86400 NS ns.evil.com', additional: 'ns.evil.com 60 A 203.0.113.66' }],
  ])('%s', (_where, shape) => {
    const net = withEvil('')
    net.server('203.0.113.66', { 'evil.com': '' }, { faults: [saying(shape)] })
    const bench = new RecursionBench(net)
    for (const name of ['www.evil.com', 'a.evil.com', 'b.c.evil.com']) bench.tell(name, 'A')
    bench.net.asked()
    expect(bench.tell('www.example.com', 'A')).toEqual([WWW])
    expect(toServer(bench, '203.0.113.66')).toBe(0)
  })

  test('a server of com that lies about another branch is not heard', () => {
    const net = smallInternet()
    net.server('192.5.6.30', { com: `${COM}\n${EXAMPLE}` }, { faults: [(query, replies) => (query.name === 'example.com' ? saying({
      authority: 'example.com 60 NS ns.victim.org\norg 60 NS a.gtld.com', additional: 'ns.victim.org 60 A 203.0.113.66\na.gtld.com 60 A 192.5.6.30',
    })(query, replies) : replies)] })
    net.server('199.19.56.1', { org: '@ 60 NS a.orgs.org.\nns.victim 60 A 192.0.2.53' })
    const bench = new RecursionBench(net)
    expect(bench.tell('www.example.com', 'A')).toEqual([WWW])
    expect(bench.net.asked()).toContain('199.19.56.1 ns.victim.org A')
  })

  test('a forger who guesses ids makes the question go by TCP, and nothing else', () => {
    const net = smallInternet()
    const forged: Parameters<typeof only>[1] = (query, replies) => (query.transport === 'udp' ? [
      ...[1, 2, 3, 4, 5, 6].map((n) => ({ bytes: (saying({ flags: 0x0400, id: (n * 7919) & 0xffff, answer: `${query.name} 60 A 203.0.113.66` })(query, [])[0])?.bytes ?? 'refuse', afterMs: n })),
      ...replies,
    ] : replies)
    net.server('192.0.2.53', { 'example.com': 'www 300 A 192.0.2.80' }, { faults: [forged] })
    const bench = new RecursionBench(net)
    expect(bench.tell('www.example.com', 'A')).toEqual([WWW])
    expect(bench.net.asked().at(-1)).toBe('192.0.2.53 www.example.com A by TCP')
  })
})

describe('ghosts of zones (Jiang et al., 2012)', () => {
  test('a zone that was taken away lives no longer than its last delegation, whatever its servers say', () => {
    const net = smallInternet()
    const com = (more: string): unknown => net.server('192.5.6.30', { com: `${COM}\n${more}` })
    com('ghost.com. 600 NS ns.ghost.com.\nns.ghost.com. 600 A 203.0.113.66')
    net.server('203.0.113.66', { 'ghost.com': '@ 86400 NS ns\nns 86400 A 203.0.113.66\n* 1 A 203.0.113.1' })
    const bench = new RecursionBench(net)
    expect(bench.tell('a.ghost.com', 'A')[0]).toMatch(/^rrset/)
    com('')
    for (let second = 0; second < 590; second += 59) {
      bench.tell(`n${second}.ghost.com`, 'A')
      bench.tell('ghost.com', 'NS')
      bench.net.clock.advance(59_000)
    }
    bench.net.clock.advance(20_000)
    expect(bench.tell('b.ghost.com', 'A')[0]).toMatch(/^nxdomain/)
  })
})

describe('parents and children that disagree', () => {
  const parent = `${COM}\nexample.com. 172800 NS old.example.com.\nold.example.com. 172800 A 192.0.2.1\nexample.com. 172800 NS ns1.example.com.\nns1.example.com. 172800 A 192.0.2.53`

  test('the child\'s own list is asked first, once it has told it', () => {
    const net = smallInternet()
    net.server('192.5.6.30', { com: parent })
    net.server('192.0.2.1', { 'example.com': 'www 300 A 203.0.113.1' })
    const bench = new RecursionBench(net)
    bench.tell('example.com', 'NS')
    while (bench.recursion.book.closest(keyOf('example.com')).own.length === 0) {
      bench.book.faulty({ address: bench.recursion.book.closest(keyOf('example.com')).servers[0]?.addresses[0] ?? 0, port: 53, transport: 'udp' })
      bench.tell('example.com', 'NS')
    }
    bench.net.asked()
    for (let i = 0; i < 20; i++) bench.tell(`n${i}.example.com`, 'A')
    expect(toServer(bench, '192.0.2.1')).toBe(0)
  })

  test('and the parent\'s when none of them answers', () => {
    const net = smallInternet()
    net.server('192.5.6.30', { com: parent })
    net.server('192.0.2.1', { 'example.com': 'www 300 A 192.0.2.80' })
    const bench = new RecursionBench(net)
    bench.recursion.book.put(keyOf('example.com'), [{ name: keyOf('old.example.com'), addresses: [0xc000_0201 | 0] }], 600)
    bench.recursion.book.setOwn(keyOf('example.com'), [{ name: keyOf('gone.example.com'), addresses: [0xc000_0263 | 0] }])
    expect(bench.tell('www.example.com', 'A')).toEqual([WWW])
    expect(bench.net.asked().filter((line) => line.startsWith('192.0.2.'))).toEqual(['192.0.2.99 www.example.com A', '192.0.2.1 www.example.com A'])
  })
})

describe('floods of names that nobody has (water torture)', () => {
  test('against servers that are slow: others are served at once, and memory comes back', () => {
    const net = withEvil('')
    net.server('203.0.113.66', { 'evil.com': '' }, { faults: [slowBy(30_000)] })
    const bench = new RecursionBench(net)
    for (let i = 0; i < 2000; i++) {
      bench.begin(`x${i}.evil.com`, 'A')
      if (i % 20 === 0) bench.net.clock.advance(10)
    }
    const at = bench.net.clock.now()
    expect(bench.tell('www.example.com', 'A')).toEqual([WWW])
    expect(bench.net.clock.now() - at).toBeLessThan(100)
    expect(bench.recursion.underWay).toBeLessThan(250)
    bench.net.clock.advance(30_000)
    expect([bench.recursion.underWay, bench.exchange.underWay]).toEqual([0, 0])
  })

  test('one address that is named as the server of many zones is asked a few hundred questions at once, and no more', () => {
    const zones = Array.from({ length: 500 }, (_, i) => `z${i}.com. 60 NS ns.z${i}.com.\nns.z${i}.com. 60 A 198.18.0.1`).join('\n')
    const bench = new RecursionBench(withEvil('', zones))
    bench.tell('com', 'NS')
    for (let i = 0; i < 500; i++) bench.begin(`www.z${i}.com`, 'A')
    bench.net.clock.advance(200)
    expect(toServer(bench, '198.18.0.1')).toBeLessThanOrEqual(300)
  })
})

test('a root that lies about everything can do no more than be wrong', () => {
  const net = new VirtualInternet()
  net.server(ROOT_AT, { '.': '' }, { faults: [FAULTS.upward] })
  const bench = new RecursionBench(net)
  expect(bench.tell('www.example.com', 'A')).toEqual(['failed: upward-referral'])
  expect(bench.net.asked().length).toBeLessThan(6)
})
