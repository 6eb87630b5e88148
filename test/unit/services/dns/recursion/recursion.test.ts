import { describe, expect, test } from 'vitest'
import { MAX_AT_ZONE } from '../../../../../services/dns/recursion/recursion.ts'
import { Budget } from '../../../../../services/dns/resolver/source.ts'
import { keyOf } from '../../../../../services/dns/wire/name.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import { RecursionBench, ROOT_AT, smallInternet } from '../../../../support/recursion-bench.ts'
import { FAULTS, saying, signed, slowBy, VirtualInternet } from '../../../../support/virtual-internet.ts'

const NOTHING = 'example.com 60 SOA ns.example.com hostmaster. 1 3600 600 86400 60'
const PRIMING = `${ROOT_AT} . NS`

/** com and example.com with as many servers of example.com as there are texts; each has www. */
function withServers(count: number): VirtualInternet {
  const net = smallInternet()
  const addresses = Array.from({ length: count }, (_, i) => `192.0.2.${i + 1}`)
  const ns = addresses.map((address, i) => `example.com. 172800 NS ns${i}.example.com.\nns${i}.example.com. 172800 A ${address}`)
  net.server('192.5.6.30', { com: `@ 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30\n${ns.join('\n')}` })
  for (const address of addresses) net.server(address, { 'example.com': `${ns.join('\n')}\nwww 300 A 192.0.2.80` })
  return net
}

describe('from the root down', () => {
  test('each zone is told no more than it needs, and what was learnt is not asked again', () => {
    const bench = new RecursionBench(smallInternet())
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
    expect(bench.net.asked()).toEqual([
      PRIMING, `${ROOT_AT} com A`, '192.5.6.30 example.com A', '192.0.2.53 www.example.com A',
    ])
    expect(bench.tell('mail.example.com', 'MX')).toEqual([`nxdomain | ${NOTHING}`])
    expect(bench.net.asked()).toEqual(['192.0.2.53 mail.example.com MX'])
  })

  test('without minimisation every server hears the whole name', () => {
    const bench = new RecursionBench(smallInternet(), { minimise: false })
    bench.tell('www.example.com', 'AAAA')
    expect(bench.net.asked().slice(1)).toEqual([
      `${ROOT_AT} www.example.com AAAA`, '192.5.6.30 www.example.com AAAA', '192.0.2.53 www.example.com AAAA',
    ])
  })

  test('the steps are told, for explain', () => {
    const bench = new RecursionBench(smallInternet())
    bench.tell('www.example.com', 'A')
    expect(bench.traced.map(([id]) => id.slice('dns.recursion.'.length))).toEqual([
      'began', 'asked', 'referred', 'asked', 'referred', 'asked', 'answered',
    ])
    expect(bench.traced.slice(-4)).toEqual([
      ['dns.recursion.asked', { server: '192.5.6.30', zone: 'com', name: 'example.com', type: 'A' }],
      ['dns.recursion.referred', { server: '192.5.6.30', cut: 'example.com', tookMs: 20, servers: 'ns1.example.com 192.0.2.53' }],
      ['dns.recursion.asked', { server: '192.0.2.53', zone: 'example.com', name: 'www.example.com', type: 'A' }],
      ['dns.recursion.answered', { server: '192.0.2.53', tookMs: 20, outcome: 'rrset' }],
    ])
  })

  test.each([
    ['a denial of the name', 'nothing.example.com', 'A', [`nxdomain | ${NOTHING}`]],
    ['a denial of the type', 'www.example.com', 'AAAA', [`nodata | ${NOTHING}`]],
    ['aliases within the zone, link by link', 'short.example.com', 'A',
      ['alias | short.example.com 300 CNAME www.example.com', 'rrset | www.example.com 300 A 192.0.2.80']],
    ['an alias that leaves the zone', 'out.example.com', 'A', ['alias | out.example.com 300 CNAME www.elsewhere.org']],
    ['aliases that go round', 'loop1.example.com', 'A',
      ['alias | loop1.example.com 300 CNAME loop2.example.com', 'alias | loop2.example.com 300 CNAME loop1.example.com']],
    ['the alias itself', 'short.example.com', 'CNAME', ['rrset | short.example.com 300 CNAME www.example.com']],
    ['a name between dots', 'between.example.com', 'A', [`nodata | ${NOTHING}`]],
    ['the servers of the zone', 'example.com', 'NS', ['rrset | example.com 3600 NS ns1.example.com']],
    ['the servers of the root', '.', 'NS', ['rrset | . 86400 NS a.root-servers.example']],
  ])('%s', (_what, name, type, told) => {
    const bench = new RecursionBench(smallInternet(`www 300 A 192.0.2.80
      short 300 CNAME www
      out 300 CNAME www.elsewhere.org.
      loop1 300 CNAME loop2
      loop2 300 CNAME loop1
      deep.between 300 A 192.0.2.81`))
    expect(bench.tell(name, type)).toEqual(told)
  })

  test('a name below one that is no cut: the step in between is not asked for twice', () => {
    const bench = new RecursionBench(smallInternet('a.b 300 A 192.0.2.80\nc.b 300 A 192.0.2.81'))
    bench.tell('a.b.example.com', 'A')
    expect(bench.net.asked().slice(3)).toEqual(['192.0.2.53 b.example.com A', '192.0.2.53 a.b.example.com A'])
    bench.tell('c.b.example.com', 'A')
    expect(bench.net.asked()).toEqual(['192.0.2.53 c.b.example.com A'])
  })

  test('DS is asked of the parent, and what a referral says of it is kept', () => {
    const keys = signed('example.com')
    const com = signed('com')
    const net = smallInternet()
    net.server('192.5.6.30', { com: `@ 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30
      example.com. 172800 NS ns1.example.com.\nns1.example.com. 172800 A 192.0.2.53\n${keys.ds}\nplain 172800 NS ns1.example.com.` },
      { signed: { com: com.signing } })
    const bench = new RecursionBench(net)
    expect(bench.tell('example.com', 'DS')[0]).toContain(keys.ds.replace('example.com. ', 'example.com ').slice(0, 40))
    expect(bench.net.asked().at(-1)).toBe('192.5.6.30 example.com DS')
    bench.tell('www.example.com', 'A')
    expect(bench.cache.rrset(0, keyOf('example.com'), 43)).toMatchObject({ kind: 'rrset', zone: keyOf('com'), answer: [{ signatures: { type: 46 } }] })
    bench.tell('www.plain.com', 'A')
    expect(bench.cache.rrset(0, keyOf('plain.com'), 43)).toMatchObject({ kind: 'nodata', authority: [{ rrset: { type: 47 } }] })
  })

  test('a parent that has never heard of DS refers on: there is none', () => {
    const net = smallInternet()
    const com = net.server('192.5.6.30', { com: '@ 172800 NS a.gtld.com.' })
    com.faults = [saying({ authority: 'example.com 172800 NS ns1.example.com', additional: 'ns1.example.com 172800 A 192.0.2.53' })]
    const bench = new RecursionBench(net)
    expect(bench.tell('example.com', 'DS')).toEqual(['nodata'])
    expect(bench.net.asked().filter((line) => line.startsWith('192.0.2.53'))).toEqual([])
  })
})

describe('servers without addresses', () => {
  function glueless(ns: string): VirtualInternet {
    const net = smallInternet()
    net.server('192.5.6.30', { com: `@ 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30\nexample.com. 172800 NS ${ns}.` })
    net.server('199.19.56.1', { org: `@ 172800 NS a.orgs.org.\na.orgs.org. 172800 A 199.19.56.1
      hoster 172800 NS ns.hoster\nns.hoster 172800 A 198.51.100.5` })
    net.server('198.51.100.5', { 'hoster.org': '@ 3600 NS ns\nns 3600 A 198.51.100.5\ndns 3600 A 192.0.2.53' })
    return net
  }

  test('their names are looked up first', () => {
    const bench = new RecursionBench(glueless('dns.hoster.org'))
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
    expect(bench.net.asked().slice(3)).toEqual([
      `${ROOT_AT} org A`, '199.19.56.1 hoster.org A', '198.51.100.5 dns.hoster.org A', '192.0.2.53 www.example.com A',
    ])
  })

  test('a name that does not exist, or is an alias, is none', () => {
    expect(new RecursionBench(glueless('nobody.hoster.org')).tell('www.example.com', 'A')).toEqual(['failed: no-address'])
  })

  test('the question that waits for an address stays within the budget of all', () => {
    const budget = new Budget()
    budget.subQuestions = 0
    expect(new RecursionBench(glueless('dns.hoster.org')).tell('www.example.com', 'A', budget)).toEqual(['failed: no-address'])
  })
})

describe('servers that are of no use', () => {
  test.each([
    ['dead', [FAULTS.dead]], ['its host says no', [FAULTS.hostDown]], ['SERVFAIL', [FAULTS.servfail]], ['NOTIMP', [FAULTS.notImplemented]],
    ['REFUSED', [FAULTS.refused]], ['refers up', [FAULTS.upward]], ['answers without authority', [FAULTS.notAuthoritative]],
    ['malformed', [FAULTS.malformed]], ['wrong ids', [FAULTS.wrongId]], ['wrong questions', [FAULTS.wrongQuestion]],
    ['truncates, and has no TCP', [FAULTS.truncating, FAULTS.noTcp]],
  ])('%s: another answers', (_what, faults) => {
    const net = withServers(2)
    const first = net.server('192.0.2.1', { 'example.com': 'www 300 A 192.0.2.80' })
    first.faults = faults
    for (let seed = 1; seed <= 4; seed++) {
      const bench = new RecursionBench(net, {}, seed)
      expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
    }
  })

  test.each([
    ['dead', FAULTS.dead, 'failed: silent', 3], ['SERVFAIL', FAULTS.servfail, 'failed: server-failure', 4],
    ['REFUSED', FAULTS.refused, 'failed: refused', 2], ['refers up', FAULTS.upward, 'failed: upward-referral', 2],
    ['malformed', FAULTS.malformed, 'failed: malformed', 2],
  ])('%s, all of them: it fails, soon, and after few queries', (_what, fault, told, atMost) => {
    const net = withServers(2)
    for (const address of ['192.0.2.1', '192.0.2.2']) net.server(address, { 'example.com': '' }, { faults: [fault] })
    const bench = new RecursionBench(net)
    const at = bench.net.clock.now()
    expect(bench.tell('www.example.com', 'A')).toEqual([told])
    expect(bench.net.clock.now() - at).toBeLessThan(6000)
    expect(bench.net.asked().filter((line) => line.startsWith('192.0.2.')).length).toBeLessThanOrEqual(2 * atMost)
    expect([bench.recursion.underWay, bench.exchange.underWay]).toEqual([0, 0])
  })

  test('what is slow is overtaken, and still counts if it is first after all', () => {
    const net = withServers(2)
    const [one, two] = ['192.0.2.1', '192.0.2.2'].map((address) => net.server(address, { 'example.com': 'www 300 A 192.0.2.80' }))
    if (one === undefined || two === undefined) throw new Error('two servers were made')
    one.faults = [slowBy(1500)]
    two.faults = [slowBy(1500)]
    const bench = new RecursionBench(net)
    const at = bench.net.clock.now()
    expect(bench.tell('www.example.com', 'A')).toHaveLength(1)
    expect(bench.net.clock.now() - at).toBeLessThan(1700)
  })

  test('who is lame for a zone is asked last, for a while', () => {
    const net = withServers(2)
    net.server('192.0.2.1', { 'example.com': '' }, { faults: [FAULTS.refused], latencyMs: 1 })
    const bench = new RecursionBench(net)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) bench.tell(`${name}.example.com`, 'A')
    expect(bench.net.asked().filter((line) => line.startsWith('192.0.2.1 ')).length).toBeLessThanOrEqual(1)
  })

  test('the fast one of two is asked nearly always', () => {
    const net = withServers(2)
    net.server('192.0.2.1', { 'example.com': '' }, { latencyMs: 180 })
    const bench = new RecursionBench(net)
    for (let i = 0; i < 60; i++) bench.tell(`n${i}.example.com`, 'A')
    expect(bench.net.asked().filter((line) => line.startsWith('192.0.2.1 ')).length).toBeLessThan(12)
  })
})

describe('addresses that are not asked', () => {
  const hintsAt = (address: string) => [{ name: keyOf('a.root-servers.example'), addresses: [ipv4(address)] }]

  test.each(['127.0.0.1', '0.0.0.0', '0.1.2.3', '224.0.0.5', '255.255.255.255', '240.0.0.1', '192.0.2.200'])('%s', (address) => {
    const net = smallInternet()
    net.server('192.5.6.30', { com: `@ 172800 NS a.gtld.com.\nexample.com. 172800 NS ns1.example.com.\nns1.example.com. 172800 A ${address}` })
    const bench = new RecursionBench(net, { isOwn: (own) => own === ipv4('192.0.2.200') })
    expect(bench.tell('www.example.com', 'A')).toEqual(['failed: no-address'])
    expect(bench.net.asked().filter((line) => line.startsWith(address))).toEqual([])
  })

  test('private ones are, and those of the loopback if the hints are there', () => {
    for (const [root, server] of [[ROOT_AT, '10.1.2.3'], ['127.0.0.2', '127.0.0.3']] as const) {
      const net = new VirtualInternet()
      net.server(root, { '.': `@ 60 NS a.root-servers.example.\na.root-servers.example. 60 A ${root}\nlab. 60 NS ns.lab.\nns.lab. 60 A ${server}` })
      net.server(server, { lab: 'www 300 A 10.0.0.80' })
      expect(new RecursionBench(net, { hints: hintsAt(root) }).tell('www.lab', 'A')).toEqual(['rrset | www.lab 300 A 10.0.0.80'])
    }
  })
})

describe('bounds', () => {
  test('a zone whose servers are dead takes no more than its share; others are served', () => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': '' }, { faults: [FAULTS.dead] })
    net.server('199.19.56.1', { org: '@ 172800 NS a.orgs.org.\nwww 300 A 192.0.2.90' })
    const bench = new RecursionBench(net)
    bench.tell('org', 'NS')
    bench.begin('first.example.com', 'A')
    bench.net.clock.advance(50)
    const told = Array.from({ length: MAX_AT_ZONE + 50 }, (_, i) => bench.begin(`random${i}.example.com`, 'A'))
    expect(told.filter((outcome) => outcome.length > 0)).toHaveLength(51)
    expect(told.at(-1)).toMatchObject([{ kind: 'failed', because: 'crowded' }])
    expect(bench.counts.get('recursion-crowded')).toBe(51)
    expect(bench.tell('www.org', 'A')).toEqual(['rrset | www.org 300 A 192.0.2.90'])
    bench.net.clock.advance(15_000)
    expect([bench.recursion.underWay, bench.exchange.underWay]).toEqual([0, 0])
    expect(bench.begin('again.example.com', 'A')).toEqual([])
  })

  test('a chain of servers\' names in zones whose servers\' names are in zones …: it is followed eight deep', () => {
    const chain = (depth: number): readonly string[] => {
      const net = smallInternet()
      const zones = Array.from({ length: depth }, (_, i) => `z${i}.com. 60 NS ns.${i + 1 === depth ? 'example.com.' : `z${i + 1}.com.`}`)
      net.server('192.5.6.30', { com: `@ 60 NS a.gtld.com.\na.gtld.com. 60 A 192.5.6.30\nexample.com. 60 NS ns1.example.com.\nns1.example.com. 60 A 192.0.2.53\n${zones.join('\n')}` })
      const own = Array.from({ length: depth }, (_, i) => [`z${i}.com`, 'www 60 A 192.0.2.1\nns 60 A 192.0.2.53'] as const)
      net.server('192.0.2.53', { 'example.com': 'ns 60 A 192.0.2.53', ...Object.fromEntries(own) })
      return new RecursionBench(net).tell('www.z0.com', 'A')
    }
    expect([chain(8), chain(9)]).toEqual([['rrset | www.z0.com 60 A 192.0.2.1'], ['failed: no-address']])
  })

  test('a zone whose servers were all silent lately costs two messages a question, and is back with the first answer', () => {
    const net = withServers(3)
    const dead = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => net.server(address, { 'example.com': 'www 300 A 192.0.2.80' }, { faults: [FAULTS.dead] }))
    const bench = new RecursionBench(net)
    bench.tell('a.example.com', 'A')
    const before = bench.net.asked().length
    expect(bench.tell('b.example.com', 'A')).toEqual(['failed: silent'])
    expect([before >= 9, bench.net.asked().length]).toEqual([true, 2])
    for (const server of dead) server.faults = []
    expect(bench.tell('www.example.com', 'A')).toHaveLength(1)
    bench.net.clock.advance(400_000)
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
  })

  test('without budget nothing is asked', () => {
    const budget = new Budget()
    budget.queries = 2
    const bench = new RecursionBench(smallInternet())
    expect(bench.tell('www.example.com', 'A', budget)).toEqual(['failed: over-budget'])
    expect(bench.net.asked()).toHaveLength(3)
  })

  test('time ends it, whatever else is under way', () => {
    const net = withServers(8)
    for (let i = 1; i <= 8; i++) net.server(`192.0.2.${i}`, { 'example.com': '' }, { faults: [slowBy(60_000)] })
    const bench = new RecursionBench(net)
    const at = bench.net.clock.now()
    expect(bench.tell('www.example.com', 'A')).toEqual(['failed: silent'])
    expect(bench.net.clock.now() - at).toBeLessThanOrEqual(10_000)
  })
})

describe('the root', () => {
  test('confirms its servers once, and from then on they are those', () => {
    const net = smallInternet()
    net.server('198.41.0.5', { '.': `@ 3600 NS b.root-servers.example.\nb.root-servers.example. 3600 A 198.41.0.5\ncom. 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30` })
    net.server(ROOT_AT, { '.': `@ 3600 NS b.root-servers.example.\nb.root-servers.example. 3600 A 198.41.0.5\ncom. 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30` })
    const bench = new RecursionBench(net)
    bench.tell('com', 'NS')
    expect(bench.events).toEqual([['dns.recursion.primed', { count: 1, server: ROOT_AT }]])
    bench.tell('net', 'A')
    expect(bench.net.asked().at(-1)).toBe('198.41.0.5 net A')
    bench.net.clock.advance(3_600_000)
    bench.tell('info', 'A')
    expect(bench.net.asked()).toEqual([PRIMING, `${ROOT_AT} info A`])
  })

  test('that does not answer: the list is used as it is, and it is tried again in a minute', () => {
    const net = new VirtualInternet()
    const bench = new RecursionBench(net)
    expect(bench.tell('www.example.com', 'A')).toEqual(['failed: silent'])
    bench.net.clock.advance(10_000)
    expect(bench.events).toEqual([['dns.recursion.not-primed', { because: 'silent' }]])
    bench.net.asked()
    bench.begin('www.example.com', 'A')
    expect(bench.net.asked()).toEqual([`${ROOT_AT} com A`])
    bench.net.clock.advance(60_000)
    bench.begin('www.example.com', 'A')
    expect(bench.net.asked()).toContain(PRIMING)
  })

  test('other hints: what was learnt from the old ones is gone', () => {
    const net = smallInternet()
    const bench = new RecursionBench(net)
    bench.tell('www.example.com', 'A')
    net.server('10.0.0.1', { '.': '@ 3600 NS a.lab.\na.lab. 3600 A 10.0.0.1\ncom. 3600 NS b.lab.\nb.lab. 3600 A 10.0.0.2' })
    net.server('10.0.0.2', { com: 'www.example 60 A 10.0.0.80' })
    bench.recursion.setHints([{ name: keyOf('a.lab'), addresses: [ipv4('10.0.0.1')] }])
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 60 A 10.0.0.80'])
  })

})
