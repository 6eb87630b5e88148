/** Padding: who gets it, how much of it, and where it stands. */
import { describe, expect, test } from 'vitest'
import { HTTPS, type Carrier } from '../../../services/dns/index.ts'
import { PADDING_BLOCK_OCTETS } from '../../../services/dns/server/reply-options.ts'
import { Bench, queryBytes, replyTo, zoneOf } from '../../support/dns.ts'
import { ednsOption, optionOf, optionsOf } from '../../support/dns-options.ts'
import { clientRule, forwardServer } from '../../support/forwarding.ts'
import { ForwardingBench } from '../../support/forwarding-bench.ts'
import { isGenuine, KEY, signed } from '../../support/dns-tsig.ts'

const PADDING = 12
const TLS: Carrier = { kind: 'tls', idleMs: 10_000 }
const TCP: Carrier = { kind: 'tcp', idleMs: 10_000 }
const strings = (octets: number): string => Array.from({ length: Math.ceil(octets / 256) }, () => `"${'x'.repeat(255)}"`).join(' ')
const ZONE = zoneOf('lab.example', `
  @    NS  ns
  www  A   10.0.0.4
  one  TXT ${strings(256)}
  two  TXT ${strings(512)}
  many TXT ${strings(2560)}
  full TXT ${strings(65_024)}
`)
const padded = { edns: { options: ednsOption(PADDING, [0, 0, 0, 0]) } }

describe('RFC 8467 §4.1 queries of ours are padded to blocks of 128 octets, within TLS and nowhere else', () => {
  test.each([
    ['192.0.2.1', false], ['tls://192.0.2.1', true], ['https://192.0.2.1/dns-query', true],
  ] as const)('%s', (server, isPadded) => {
    const lengths = ['a', 'bb', 'a-rather-long-label.with.some.more.below', 'x'.repeat(60)].map((label) => {
      const bench = new ForwardingBench([clientRule({ servers: [forwardServer(server)] })])
      bench.ask(`${label}.corp.example`)
      return bench.last.bytes.length
    })
    expect(new Set(lengths).size).toBe(isPadded ? 1 : 4)
    if (isPadded) expect(lengths[0]).toBe(128)
  })
})

describe('RFC 8467 §4.1 responses are padded to blocks of 468 octets', () => {
  test.each([
    ['www', 1],
    ['one', 1],
    ['two', 2],
    ['many', 6],
  ])('%s: %i blocks', (owner, blocks) => {
    for (const carrier of [TLS, HTTPS]) {
      const [told] = new Bench([ZONE]).askByStream(`${owner}.lab.example`, 'TXT', padded, carrier)
      expect(told?.octets).toBe(blocks * PADDING_BLOCK_OCTETS)
      expect(told?.rcode).toBe('NOERROR')
    }
  })

  test('§4.1 names that differ in length by little have responses of one length', () => {
    const bench = new Bench([ZONE])
    const lengths = ['a', 'bb', 'ccc', 'dddddddddd'].map((label) => bench.askByStream(`${label}.lab.example`, 'A', padded, TLS)[0]?.octets)
    expect(new Set(lengths)).toEqual(new Set([PADDING_BLOCK_OCTETS]))
  })
})

describe('RFC 7830 the padding option', () => {
  test('§3: it is the last option, and all zeros', () => {
    const options = [...ednsOption(PADDING), ...ednsOption(3)]
    const [told] = new Bench([ZONE], { nsid: 'ns1' }).askByStream('www.lab.example', 'A', { edns: { options } }, TLS)
    expect(optionsOf(told).map(([code]) => code)).toEqual([3, PADDING])
    expect(optionOf(told, PADDING)).toMatch(/^(00)+$/)
  })

  test('§3: one of no octets where nothing is missing', () => {
    const bench = new Bench([ZONE])
    // Each letter of the name that a question is longer by is one that the padding is shorter by.
    const paddings = Array.from({ length: 63 }, (_, i) => bench.askByStream(`${'x'.repeat(i + 1)}.one.lab.example`, 'A', padded, TLS)[0])
    for (const told of paddings) expect(told?.octets).toBe(PADDING_BLOCK_OCTETS)
  })

  test.each([
    ['§4: a query without EDNS', {}, TLS],
    ['§4: a query that does not ask for it', { edns: {} }, TLS],
    ['§6: TCP without encryption', padded, TCP],
  ])('%s gets none', (_what, shape, carrier) => {
    const [told] = new Bench([ZONE]).askByStream('www.lab.example', 'A', shape, carrier)
    expect([told?.rcode, optionOf(told, PADDING)]).toEqual(['NOERROR', undefined])
  })

  test('§6: none over UDP', () => {
    const told = new Bench([ZONE]).askTwice('www.lab.example', 'A', padded)
    expect([told.rcode, optionsOf(told)]).toEqual(['NOERROR', []])
  })

  test('§4: an answer that comes later', () => {
    const bench = new Bench([ZONE], { upstreams: [{ address: 1, port: 53 }] })
    const answers = bench.askByStream('www.example.com', 'A', padded, TLS)
    const [sent] = bench.sent
    if (sent !== undefined) sent.reply(replyTo(sent, { answer: 'www.example.com 60 A 192.0.2.1' }))
    expect(answers.map(({ rcode, octets }) => [rcode, octets])).toEqual([['NOERROR', PADDING_BLOCK_OCTETS]])
  })

  test('§4: a refusal, and a version that we do not speak', () => {
    const bench = new Bench([ZONE])
    const refused = bench.askByStream('www.example.com', 'A', { ...padded, flags: 0 }, TLS)
    const badvers = bench.askByStream('www.lab.example', 'A', { edns: { ...padded.edns, version: 1 } }, TLS)
    expect([...refused, ...badvers].map(({ rcode, octets }) => [rcode, octets])).toEqual([['REFUSED', PADDING_BLOCK_OCTETS], ['BADVERS', PADDING_BLOCK_OCTETS]])
  })

  test('§3: never longer than a message can be', () => {
    const [told] = new Bench([ZONE]).askByStream('full.lab.example', 'TXT', padded, TLS)
    expect(told?.octets).toBeLessThanOrEqual(65_535)
    expect([told?.flags.includes('tc'), told?.answer.length]).toEqual([false, 1])
  })

  test('§3: whole blocks with the signature behind it (RFC 8945)', () => {
    const bench = new Bench([ZONE])
    bench.server.tsigKeys.put(KEY)
    const query = signed(queryBytes('www.lab.example', 'A', padded), { time: Math.floor(bench.clock.wallMs() / 1000) })
    const into = new Uint8Array(65_535)
    const octets = bench.server.receiveStream(query.bytes, 0, query.bytes.length, into, 0, 0, () => () => {}, TLS)
    expect(octets).toBe(PADDING_BLOCK_OCTETS)
    expect(isGenuine(into.slice(0, octets), query.mac)).toBe(true)
  })
})
