/** Random and mutated octets, by seed: nothing throws, nothing hangs, what comes back is a well-formed message. */
import { describe, expect, test } from 'vitest'
import { parseZoneFile } from '../../services/dns/index.ts'
import type { DenialKind } from '../../services/dns/index.ts'
import { match } from '../../services/dns/resolver/match.ts'
import { parseMessage } from '../../services/dns/wire/message.ts'
import { formatRdata } from '../../services/dns/wire/rdata.ts'
import { name } from '../../services/dns/wire/name.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { signingOf } from '../support/dnssec.ts'
import { Bench, queryBytes, replyTo, told, zoneOf } from '../support/dns.ts'
import { mutated } from '../support/mutations.ts'

const seeds = Array.from({ length: 8 }, (_, i) => i + 1)

const noise = (random: SeededRandom, most: number): Uint8Array => Uint8Array.from(
  { length: random.below(most) }, () => random.below(256),
)

const ZONE = zoneOf('lab.example', '@ NS ns\nns A 10.0.0.2\n* CNAME ns\nsub NS ns.sub\nns.sub A 10.0.0.3\nmx MX 1 ns')
const CORPUS = [
  queryBytes('ns.lab.example', 'A'), queryBytes('x.lab.example', 'TXT', { edns: { options: [0, 10, 0, 2, 1, 2] } }),
  queryBytes('x.sub.lab.example', 'MX', { edns: { dnssecOk: true } }), queryBytes('www.example.com', 'A'),
  queryBytes('ns.lab.example', 'A', { edns: { options: [0, 3, 0, 0, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 11, 0, 0] } }),
]

const DENIALS = [undefined, 'nsec', 'nsec3', 'compact'] as const

describe('queries', () => {
  test.each(seeds)('seed %i', (seed) => {
    const random = new SeededRandom(seed)
    const rateLimit = seed % 2 === 0 ? { perSecond: 20, exempt: [] } : undefined
    const bench = new Bench([ZONE], { upstreams: [{ address: 1, port: 53 }], maxPending: 16, nsid: 'a', rateLimit })
    if (seed % 4 > 0) bench.server.setSigning(1, signingOf({ denial: DENIALS[seed % 4] as DenialKind }))
    bench.onSent = (sent) => {
      if (random.chance(0.5)) sent.reply(mutated(replyTo(sent, { answer: `${sent.name} 60 A 192.0.2.1` }), random))
      else if (random.chance(0.5)) sent.reply(replyTo(sent, { answer: `${sent.name} 60 A 192.0.2.1` }))
    }
    const into = new Uint8Array(1500)
    for (let n = 0; n < 1500; n++) {
      const query = random.chance(0.1) ? noise(random, 80) : mutated(
        CORPUS[random.below(CORPUS.length)] as Uint8Array, random,
      )
      const padded = Uint8Array.from([...noise(random, 5), ...query, ...noise(random, 5)])
      const at = padded.length - query.length === 0 ? 0 : random.below(padded.length - query.length + 1)
      const length = bench.server.receive(
        padded, at, query.length, into, 0, 1500, 0, () => (b, from, octets) => void told(b, from, octets),
      )
      // An error about an unreadable question is a header alone.
      if (length > 12 && into[5] === 1) expect(told(into, 0, length).octets).toBeLessThanOrEqual(1232)
      if (random.chance(0.05)) bench.clock.advance(random.below(3000))
    }
    bench.clock.advance(10_000)
    expect(bench.server.counters.get('internal-error')).toBe(0)
    bench.server.setSigning(1, undefined)
    expect(bench.server.sizes.pending).toBe(0)
    expect(bench.clock.next()).toBeUndefined()
  })
})

describe('responses of upstream servers', () => {
  const asked = { bytes: queryBytes('www.example.com', 'A', { id: 1 }) }
  const responses = [
    replyTo(
      asked,
      {
        answer: `www.example.com 60 CNAME a.example
          a.example 60 A 192.0.2.1
          a.example 60 RRSIG A 8 2 60 20300101000000 20200101000000 1 example AQID`,
      },
    ),
    replyTo(
      asked,
      { rcode: 3, authority: 'example.com 60 SOA a.example b.example 1 2 3 4 5\nexample.com 60 NSEC b.example A NS' },
    ),
    replyTo(asked, { answer: 'www.example.com 60 A 192.0.2.1', flags: 0x0200 }),
    replyTo(asked, { rcode: 2 }),
    replyTo(
      asked,
      {
        answer: `www.example.com 60 HTTPS 1 . alpn=h2 ipv4hint=10.0.0.1
          www.example.com 60 NAPTR 1 1 "" "" "" x.example
          www.example.com 60 LOC 1 N 1 E 0m`,
      },
    ),
  ]

  test.each(seeds)('seed %i', (seed) => {
    const random = new SeededRandom(seed)
    const expected = { id: 1, type: 1, name: name('www.example.com') }
    const kinds = new Set<string>()
    for (let n = 0; n < 3000; n++) {
      const b = mutated(responses[random.below(responses.length)] as Uint8Array, random)
      const verdict = match(b, 0, b.length, expected)
      kinds.add(verdict.kind)
      if (verdict.kind === 'response') expect(verdict.message.answer.length).toBeLessThanOrEqual(40)
      const parsed = parseMessage(b, 0, b.length)
      if (parsed.ok) for (const r of [...parsed.value.answer, ...parsed.value.authority]) expect(
        formatRdata(r.type, r.rdata),
      ).toBeTypeOf('string')
    }
    // The mutations reach every branch that is not rare.
    expect([...kinds].filter((kind) => kind !== 'format-error').sort()).toEqual(['malformed', 'response', 'stray', 'truncated'])
  })
})

describe('zone files', () => {
  const text = String.raw`$TTL 1h
@ SOA ns h (1 2 3 4
 5) ; x
  NS ns
ns A 10.0.0.1
t TXT "a\"b" c\ d
h HTTPS 1 . alpn=h2
$ORIGIN sub
x\.y 60 IN MX 5 @
u TYPE65400 \# 2 abcd
l LOC 1 N 1 E 0m
$GENERATE 1-9/2 g${'$'}{3,2,x} 60 IN A 10.0.0.$
d DNAME elsewhere.example.
`
  const bits = [
    '"', '(', ')', ';', '\\', '\n', ' ', '\t', '@', '$', '.', '\\000', '\\999', '99999999999', 'é', '\u{1F600}',
    '$INCLUDE x', 'CNAME', 'DNAME', '${', '${0,3,d}', '-', '/', '\n$GENERATE 1-9 ', '\n$TTL 1\n',
  ]

  test.each(seeds)('seed %i', (seed) => {
    const random = new SeededRandom(seed)
    let accepted = 0
    for (let n = 0; n < 400; n++) {
      let changed = text
      for (let k = random.below(4); k > 0; k--) {
        const at = random.below(changed.length)
        changed = changed.slice(0, at) + (
          bits[random.below(bits.length)] as string
        ) + changed.slice(at + random.below(3))
      }
      const parsed = parseZoneFile(changed, 'lab.example')
      if (parsed.ok) accepted++
      else {
        expect(parsed.error.line).toBeGreaterThanOrEqual(1)
        expect(parsed.error.column).toBeGreaterThanOrEqual(1)
        expect(parsed.error.line).toBeLessThanOrEqual(changed.split('\n').length)
      }
    }
    expect(accepted).toBeGreaterThan(20)
    expect(accepted).toBeLessThan(380)
  })

  test.each([
    ['a range of numbers beyond all zones', '$GENERATE 0-4294967295 a$ A 10.0.0.1'],
    ['a running number that does not run', '$GENERATE 0-10/0 a$ A 10.0.0.1'],
    ['a number of four thousand million digits', '$GENERATE 1-3 ${0,4000000000} A 10.0.0.1'],
    ['a hundred thousand parentheses', `a ${'('.repeat(100_000)} A 10.0.0.1`],
    ['an entry of a million words', `a TXT ${'x '.repeat(1_000_000)}`],
    ['a word of a million letters', `a TXT ${'x'.repeat(1_000_000)}`],
    ['a quote that stays open for a million lines', `a TXT "${'\n'.repeat(1_000_000)}`],
    ['a name of backslashes', `a${'\\'.repeat(1_000_001)} A 10.0.0.1`],
    ['a name of dots', `a${'.'.repeat(1_000_000)} A 10.0.0.1`],
    ['a name of labels', `${'a.'.repeat(500_000)} A 10.0.0.1`],
  ])('%s is refused with its place', (_what, absurd) => {
    const parsed = parseZoneFile(`ns A 10.0.0.1\n${absurd}\n`, 'lab.example')
    expect(parsed).toMatchObject({ ok: false, error: { problem: expect.stringMatching(/./) } })
    if (!parsed.ok) expect(parsed.error.line).toBe(2)
  })
})
