import { describe, expect, test } from 'vitest'
import { MAX_MINIMISE_COUNT, MINIMISE_ONE_LAB, nextName } from '../../../services/dns/recursion/minimise.ts'
import { formatKey, keyOf } from '../../../services/dns/wire/name.ts'
import { RecursionBench, ROOT_AT, smallInternet } from '../../support/recursion-bench.ts'
import { FAULTS, only, saying, signed } from '../../support/virtual-internet.ts'

const NOTHING = 'example.com 60 SOA ns.example.com hostmaster. 1 3600 600 86400 60'
const asked = (bench: RecursionBench): readonly string[] => bench.net.asked().filter((line) => line !== `${ROOT_AT} . NS`)

describe('RFC 9156 §2 a zone is told one label more than it has', () => {
  test('§2.1 with type A, and the whole only at the end', () => {
    const bench = new RecursionBench(smallInternet('_25._tcp.mail 300 TLSA 3 1 1 00'))
    bench.tell('_25._tcp.mail.example.com', 'TLSA')
    expect(asked(bench)).toEqual([
      `${ROOT_AT} com A`, '192.5.6.30 example.com A', '192.0.2.53 mail.example.com A', '192.0.2.53 _25._tcp.mail.example.com TLSA',
    ])
  })

  test('§3 a zone found in the cache is where it begins', () => {
    const bench = new RecursionBench(smallInternet())
    bench.tell('www.example.com', 'A')
    asked(bench)
    bench.tell('a.b.example.com', 'MX')
    expect(asked(bench)).toEqual(['192.0.2.53 b.example.com A', '192.0.2.53 a.b.example.com MX'])
  })

  test('§3 step 3: for DS the zone above is asked', () => {
    const bench = new RecursionBench(smallInternet())
    bench.tell('example.com', 'DS')
    expect(asked(bench)).toEqual([`${ROOT_AT} com A`, '192.5.6.30 example.com DS'])
  })
})

describe('RFC 9156 §2.2 what servers make of it', () => {
  test('a signed denial of a part is one of all below it (RFC 8020)', () => {
    const net = smallInternet()
    const com = signed('com')
    net.server('192.5.6.30', { com: '@ 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30' }, { signed: { com: com.signing } })
    const bench = new RecursionBench(net)
    expect(bench.tell('www.nothing.com', 'A')[0]).toMatch(/^nxdomain \| com /)
    expect(asked(bench)).toEqual([`${ROOT_AT} com A`, '192.5.6.30 nothing.com A'])
  })

  test('an unsigned one may be a mistake about a name between dots: the whole name is asked', () => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': 'a.between 300 A 192.0.2.81' }, { faults: [FAULTS.deniesBetweenDots] })
    const bench = new RecursionBench(net)
    expect(bench.tell('a.between.example.com', 'A')).toEqual(['rrset | a.between.example.com 300 A 192.0.2.81'])
    expect(asked(bench).slice(2)).toEqual(['192.0.2.53 between.example.com A', '192.0.2.53 a.between.example.com A'])
  })

  test.each([
    ['SERVFAIL', FAULTS.servfail], ['REFUSED', FAULTS.refused], ['NOTIMP', FAULTS.notImplemented], ['no authority', FAULTS.notAuthoritative],
  ])('%s to a part: the same server is asked for the whole, and is not lame for it', (_what, fault) => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': 'a.b 300 A 192.0.2.81' }, { faults: [only((query) => query.name === 'b.example.com', fault)] })
    const bench = new RecursionBench(net)
    expect(bench.tell('a.b.example.com', 'A')).toEqual(['rrset | a.b.example.com 300 A 192.0.2.81'])
    expect(bench.counts.get('recursion-lame')).toBeUndefined()
  })

  test('an alias at a part says nothing of names below it', () => {
    const bench = new RecursionBench(smallInternet('b 300 CNAME www'))
    expect(bench.tell('a.b.example.com', 'A')).toEqual([`nxdomain | ${NOTHING}`])
  })

  test('a DNAME at a part redirects what is below it', () => {
    const bench = new RecursionBench(smallInternet('b 300 DNAME c\na.c 300 A 192.0.2.82'))
    expect(bench.tell('a.b.example.com', 'A')).toEqual([
      'alias | b.example.com 300 DNAME c.example.com | a.b.example.com 300 CNAME a.c.example.com', 'rrset | a.c.example.com 300 A 192.0.2.82',
    ])
  })

  test('a server that denies the type of a part with other flags is passed on the whole name', () => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': 'a.b 300 A 192.0.2.81' }, { faults: [only((query) => query.name === 'b.example.com', saying({ flags: 0x0400 }))] })
    expect(new RecursionBench(net).tell('a.b.example.com', 'A')).toEqual(['rrset | a.b.example.com 300 A 192.0.2.81'])
  })
})

describe('RFC 9156 §2.3 the number of queries is bounded', () => {
  function names(key: string, from: string): readonly string[] {
    const all: string[] = []
    for (let at = keyOf(from), count = 0; formatKey(at) !== key; count++) {
      at = nextName(keyOf(key), at, count, () => false)
      all.push(formatKey(at))
    }
    return all
  }
  const nibbles = `${Array.from({ length: 32 }, (_, i) => (i % 16).toString(16)).join('.')}.ip6.arpa`

  test('one label at a time at first, then in steps', () => {
    const all = names(nibbles, '.')
    expect(all.length).toBeLessThanOrEqual(MAX_MINIMISE_COUNT + 1)
    const labels = all.map((name) => name.split('.').length)
    expect(labels.slice(0, MINIMISE_ONE_LAB)).toEqual([1, 2, 3, 4])
    expect(labels.at(-1)).toBe(34)
    expect(labels.every((count, i) => i === 0 || count > (labels[i - 1] as number))).toBe(true)
  })

  test('a name of 127 labels', () => {
    expect(names(Array.from({ length: 127 }, () => 'x').join('.'), '.').length).toBeLessThanOrEqual(MAX_MINIMISE_COUNT + 1)
  })

  test('recursion asks no more than that', () => {
    const bench = new RecursionBench(smallInternet(`${Array.from({ length: 60 }, () => 'x').join('.')} 300 A 192.0.2.83`))
    bench.tell(`${Array.from({ length: 60 }, () => 'x').join('.')}.example.com`, 'A')
    expect(asked(bench).length).toBeLessThanOrEqual(MAX_MINIMISE_COUNT + 1)
  })
})
