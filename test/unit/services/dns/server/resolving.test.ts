import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../../stack/index.ts'
import { zoneOf } from '../../../../support/dns.ts'
import { optionOf } from '../../../../support/dns-options.ts'
import { smallInternet } from '../../../../support/recursion-bench.ts'
import { ResolvingBench } from '../../../../support/resolving-bench.ts'
import { signedInternet } from '../../../../support/signed-internet.ts'
import { FAULTS, only, saying, VirtualInternet } from '../../../../support/virtual-internet.ts'
import type { VirtualServer } from '../../../../support/virtual-internet.ts'

const EXTENDED_ERROR = 15

type World = { readonly bench: ResolvingBench; readonly net: VirtualInternet; readonly example: VirtualServer; readonly other: VirtualServer }

/** The root and example are signed; other.example is not, and its parent proves it. */
function world(options: ConstructorParameters<typeof ResolvingBench>[1] = {}): World {
  const { net, example, anchors } = signedInternet(`
    www 300 A 192.0.2.80
    *.wild 300 TXT "any"
    alias 300 CNAME www
    away 300 CNAME www.other
    round 300 CNAME round.other
    old 300 DNAME new.example.
    a.new 300 A 192.0.2.81
    a-root 1 A 192.0.2.1
    other 3600 NS ns.other
    ns.other 3600 A 192.0.2.54
  `)
  const other = net.server('192.0.2.54', { 'other.example': `
    @ 3600 NS ns
    ns 3600 A 192.0.2.54
    www 300 A 192.0.2.82
    in 300 CNAME www.example.
    round 300 CNAME round.example.
  ` })
  return { bench: new ResolvingBench(net, { anchors, ...options }), net, example, other }
}

describe('a validating resolver', () => {
  test.each([
    ['www.example', 'A', 'NOERROR ad | www.example 300 A 192.0.2.80'],
    ['alias.example', 'A', 'NOERROR ad | alias.example 300 CNAME www.example | www.example 300 A 192.0.2.80'],
    ['x.wild.example', 'TXT', /^NOERROR ad \| x.wild.example (300|60) TXT "any"$/],
    ['a.old.example', 'A', 'NOERROR ad | old.example 300 DNAME new.example | a.old.example 300 CNAME a.new.example | a.new.example 300 A 192.0.2.81'],
    ['none.example', 'A', /^NXDOMAIN ad \| example 60 SOA/],
    ['www.example', 'TXT', /^NOERROR ad \| example 60 SOA/],
    ['www.other.example', 'A', 'NOERROR | www.other.example 300 A 192.0.2.82'],
    // Half of the chain is not signed.
    ['away.example', 'A', 'NOERROR | away.example 300 CNAME www.other.example | www.other.example 300 A 192.0.2.82'],
    ['in.other.example', 'A', 'NOERROR | in.other.example 300 CNAME www.example | www.example 300 A 192.0.2.80'],
    ['example', 'DNSKEY', /^NOERROR ad \| example \d+ DNSKEY 257/],
    ['example', 'DS', /^NOERROR ad \| example 300 DS/],
    ['other.example', 'DS', /^NOERROR ad \| example 60 SOA/],
  ])('%s %s: asked for, and the same from the cache', (name, type, answer) => {
    const { bench } = world()
    expect(bench.tell(name, type)).toMatch(answer)
    bench.net.asked()
    for (let times = 0; times < 3; times++) expect(bench.tell(name, type)).toMatch(answer)
    expect(bench.net.asked()).toEqual([])
  })

  test('signatures and proofs are given to who sets DO, and only then', () => {
    const { bench } = world()
    for (const [name, types] of [['www.example', ['A', 'RRSIG']], ['x.wild.example', ['NSEC', 'RRSIG']], ['none.example', ['NSEC', 'RRSIG', 'SOA']]] as const) {
      const plain = bench.ask(name, 'A')
      expect([...plain?.answer ?? [], ...plain?.authority ?? []].filter((line) => /RRSIG|NSEC/.test(line))).toEqual([])
      expect(plain?.flags).toBe('rd ra')
      const told = bench.ask(name, 'A', { edns: { dnssecOk: true } })
      const all = [...told?.answer ?? [], ...told?.authority ?? []].map((line) => line.split(' ')[2])
      for (const type of types) expect(all).toContain(type)
      expect(told?.flags).toBe('rd ra ad')
    }
  })

  test('what is forged is refused with the reason, and given to who asks for it unchecked', () => {
    const { bench, example } = world()
    example.faults = [only(({ name, type }) => name === 'www.example' && type === 'A', saying({ flags: 0x0400, answer: 'www.example 300 A 203.0.113.66' }))]
    const refused = bench.ask('www.example', 'A', { edns: {} })
    expect(refused).toMatchObject({ rcode: 'SERVFAIL', answer: [] })
    expect(optionOf(refused, EXTENDED_ERROR)).toMatch(/^000a/)
    expect(bench.ask('www.example', 'A', { flags: 0x0110 })).toMatchObject({ rcode: 'NOERROR', flags: 'rd ra cd', answer: [expect.stringMatching(/203.0.113.66/)] })
    // Repaired, and the appliance believes it again within a minute.
    example.faults = []
    bench.net.clock.advance(61_000)
    expect(bench.tell('www.example', 'A')).toMatch(/^NOERROR ad/)
  })

  test('RFC 1034 §3.6.2: aliases that lead round in a circle are an error, with the reason', () => {
    const { bench } = world()
    const told = bench.ask('round.example', 'A', { edns: {} })
    expect(told).toMatchObject({ rcode: 'SERVFAIL', answer: [] })
    expect(optionOf(told, EXTENDED_ERROR)).toMatch(/^0000/)
    expect(bench.tell('round.example', 'CNAME')).toMatch(/^NOERROR ad/)
  })

  test('policy sees every link that was found', () => {
    const { bench } = world()
    const said = { list: 'trackers', rule: 'www.other.example' }
    bench.server.setPolicy({
      policySetOf: () => 1, dns64Of: () => undefined, changesAt: () => Number.POSITIVE_INFINITY, decideFinding: () => undefined,
      decideName: (_set, key) => (key === '\x03www\x05other\x07example\0' ? { ...said, action: 'nxdomain' } : undefined),
    })
    expect(bench.tell('away.example', 'A')).toBe('NXDOMAIN')
    expect(bench.tell('alias.example', 'A')).toMatch(/^NOERROR ad/)
  })

  test('names of the cache do not leave without RD', () => {
    const { bench } = world()
    bench.tell('www.example', 'A')
    expect(bench.ask('www.example', 'A', { flags: 0 })?.rcode).toBe('REFUSED')
  })

  test('when nobody can be reached, what was true a while ago is told as such', () => {
    const { bench, example } = world()
    bench.tell('www.example', 'A')
    bench.net.clock.advance(301_000)
    example.faults = [FAULTS.dead]
    const told = bench.ask('www.example', 'A', { edns: {} })
    expect(told?.answer).toEqual(['www.example 30 A 192.0.2.80'])
    expect(optionOf(told, EXTENDED_ERROR)).toMatch(/^0003/)
    example.faults = []
    bench.net.clock.advance(30_000)
    expect(bench.ask('www.example', 'A')?.answer).toEqual(['www.example 300 A 192.0.2.80'])
  })

  test('without validation everything counts as insecure', () => {
    const { bench } = world({ validation: 'no' })
    expect(bench.tell('www.example', 'A')).toBe('NOERROR | www.example 300 A 192.0.2.80')
  })

  test('explain tells who was asked, and the chain of trust', async () => {
    const { bench } = world()
    const { rcode, steps } = await bench.explain('www.example', 'A')
    expect(rcode).toBe('NOERROR')
    const said = steps.map(([id]) => id)
    for (const id of ['dns.zone.none', 'dns.forward.asked', 'dns.recursion.began', 'dns.forward.answered']) expect(said).toContain(id)
    expect(said.some((id) => id.startsWith('dns.validation.'))).toBe(true)
  })
})

describe('zones that ours delegate', () => {
  const lab = zoneOf('lab.internal', `
    sub     NS ns.sub
    ns.sub  A  10.9.0.53
    far     NS ns.example.com.
    own     NS srv
    srv     A  10.9.0.54
  `)
  const delegated = (options: ConstructorParameters<typeof ResolvingBench>[1] = {}): ResolvingBench => {
    const net = smallInternet()
    net.server('10.9.0.53', { 'sub.lab.internal': 'www 300 A 10.9.0.80\nout 300 CNAME www.example.com.' })
    net.server('10.9.0.54', { 'own.lab.internal': 'www 300 A 10.9.0.81' })
    return new ResolvingBench(net, { zones: [lab], ...options })
  }

  /** Whom, besides the root for its servers. */
  const askedOf = (bench: ResolvingBench) => bench.net.asked().filter((line) => !line.endsWith(' . NS')).map((line) => line.split(' ')[0])

  test.each([
    ['www.sub.lab.internal', ['10.9.0.53'], 'NOERROR | www.sub.lab.internal 300 A 10.9.0.80'],
    ['www.own.lab.internal', ['10.9.0.54'], 'NOERROR | www.own.lab.internal 300 A 10.9.0.81'],
    ['none.sub.lab.internal', ['10.9.0.53'], /^NXDOMAIN/],
  ])('%s is asked of their servers, not from the root on', (name, servers, answer) => {
    const bench = delegated()
    expect(bench.tell(name, 'A')).toMatch(answer)
    expect(askedOf(bench)).toEqual(servers)
  })

  test('nor of servers that are asked for everything else', () => {
    const bench = delegated({ upstreams: [{ address: ipv4('203.0.113.53'), port: 53 }] })
    expect(bench.tell('www.sub.lab.internal', 'A')).toMatch(/10.9.0.80/)
    expect(askedOf(bench)).toEqual(['10.9.0.53'])
  })

  test('their aliases lead outside again, and who does not ask for recursion is referred', () => {
    const bench = delegated()
    expect(bench.tell('out.sub.lab.internal', 'A')).toBe('NOERROR | out.sub.lab.internal 300 CNAME www.example.com | www.example.com 300 A 192.0.2.80')
    expect(bench.ask('www.sub.lab.internal', 'A', { flags: 0 })).toMatchObject({ rcode: 'NOERROR', answer: [], authority: ['sub.lab.internal 300 NS ns.sub.lab.internal'] })
  })
})
