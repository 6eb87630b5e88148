/** Digests of whole zones: the RFC's example, what counts, and transfers that are what their digest says, or not. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fileDigest, parseZoneFile, servedDigest } from '../../../services/dns/index.ts'
import { START_SPREAD_MS } from '../../../services/dns/transfer/secondaries.ts'
import { type DigestAlgorithm, isAnyRight, publishedDigests, ZoneDigest, zonemdText } from '../../../services/dns/transfer/zone-digest.ts'
import { ABSOLUTE, name } from '../../../services/dns/wire/name.ts'
import { parseRdataText } from '../../../services/dns/wire/rdata.ts'
import { typeCode } from '../../../services/dns/wire/type-names.ts'
import type { ZoneRow } from '../../../services/dns/zone/zone-walk.ts'
import { SeededRandom } from '../../../stack/platform/index.ts'
import { Bench, zoneOf } from '../../support/dns.ts'
import { copied, rowsOf } from '../../support/dns-copies.ts'

/** "owner ttl TYPE data …", owners and names in data whole. */
const row = (line: string): ZoneRow => {
  const [owner = '', ttl = '', type = '', ...data] = line.split(' ')
  const code = typeCode(type) as number
  const rdata = parseRdataText(code, data.join(' '), ABSOLUTE)
  if (!rdata.ok) throw new Error(line)
  return { owner: name(owner), type: code, ttl: Number(ttl), rdata: rdata.value }
}

function digestOf(apex: string, lines: readonly string[], algorithm: DigestAlgorithm = 'sha384'): string {
  const digest = new ZoneDigest(Buffer.from(name(apex)).toString('latin1'), lines.map(row), [algorithm])
  for (;;) {
    const digests = digest.step()
    if (digests !== undefined) return Buffer.from(digests.get(algorithm) ?? []).toString('hex')
  }
}

/** Appendix A.1. */
const SIMPLE = [
  'example 86400 SOA ns1.example admin.example 2018031900 1800 900 604800 86400', 'example 86400 NS ns1.example', 'example 86400 NS ns2.example',
  'ns1.example 3600 A 203.0.113.63', 'ns2.example 3600 AAAA 2001:db8::63',
]
const SIMPLE_DIGEST = 'c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c'
const ZONEMD = `example 86400 ZONEMD 2018031900 1 1 ${SIMPLE_DIGEST}`

describe('RFC 8976 §3.3 the digest', () => {
  test('§A.1 a simple zone', () => expect(digestOf('example', SIMPLE)).toBe(SIMPLE_DIGEST))

  test.each<[string, readonly string[]]>([
    ['§3.3.1 the ZONEMD records of the apex', [...SIMPLE, ZONEMD]],
    ['§3.3.2 a record that is there twice', [...SIMPLE, SIMPLE[3] as string]],
    ['the order', SIMPLE.toReversed()],
    ['letter case', SIMPLE.map((line) => line.replaceAll('ns1.example', 'NS1.Example'))],
  ])('%s makes no difference', (_what, lines) => expect(digestOf('example', lines)).toBe(SIMPLE_DIGEST))

  test.each<[string, readonly string[]]>([
    ['a TTL', SIMPLE.map((line) => line.replace('3600 A', '3601 A'))],
    ['a ZONEMD record elsewhere', [...SIMPLE, `sub.${ZONEMD}`]],
    ['glue', [...SIMPLE, 'sub.example 60 NS ns.sub.example', 'ns.sub.example 60 A 10.0.0.1']],
    ['the serial', SIMPLE.map((line) => line.replace('2018031900', '2018031901'))],
  ])('%s makes one', (_what, lines) => expect(digestOf('example', lines)).not.toBe(SIMPLE_DIGEST))

  test.each(['sha384', 'sha512'] as const)('by %s, of thousands of rows in any order, as if sorted at once', (algorithm) => {
    const random = new SeededRandom(1)
    const lines = Array.from({ length: 4500 }, (_, i) => `h${i % 3000}.${'abc'[i % 3]}.example ${60 + (i % 7)} TXT "${i}"`)
    const shuffled = [...SIMPLE, ...lines].map((line) => [random.u32(), line] as const).sort((a, b) => a[0] - b[0]).map(([, line]) => line)
    expect(digestOf('example', shuffled, algorithm)).toBe(atOnce([...SIMPLE, ...lines], algorithm))
  })
})

/** Written from RFC 8976 §3.3 and RFC 4034 §6 without the code under test: names compared label by label. */
function atOnce(lines: readonly string[], algorithm: string): string {
  const labels = (owner: Uint8Array): readonly string[] => {
    const all: string[] = []
    for (let at = 0; owner[at] !== 0; at += 1 + (owner[at] as number)) all.unshift(Buffer.from(owner).toString('latin1', at + 1, at + 1 + (owner[at] as number)).toLowerCase())
    return all
  }
  const rows = lines.map((line) => {
    const { owner, type, ttl, rdata } = row(line)
    const head = Buffer.alloc(10)
    head.writeUInt16BE(type, 0)
    head.writeUInt16BE(1, 2)
    head.writeUInt32BE(ttl, 4)
    head.writeUInt16BE(rdata.length, 8)
    return { labels: labels(owner), type, rdata: Buffer.from(rdata), octets: Buffer.concat([owner, head, rdata]) }
  })
  rows.sort((a, b) => {
    for (let i = 0; i < Math.min(a.labels.length, b.labels.length); i++) {
      const order = Buffer.compare(Buffer.from(a.labels[i] as string), Buffer.from(b.labels[i] as string))
      if (order !== 0) return order
    }
    return a.labels.length - b.labels.length || a.type - b.type || Buffer.compare(a.rdata, b.rdata)
  })
  const hash = createHash(algorithm)
  for (const each of rows) hash.update(each.octets)
  return hash.digest('hex')
}

describe('RFC 8976 §4 what is checked', () => {
  const soa = row(SIMPLE[0] as string).rdata
  const of = (...data: readonly string[]) => publishedDigests(data.map((each) => row(`example 60 ZONEMD ${each}`).rdata), soa).map((each) => each.algorithm)
  const digest = SIMPLE_DIGEST

  test.each<[string, readonly string[], readonly string[]]>([
    ['one of the SOA\'s serial', [`2018031900 1 1 ${digest}`], ['sha384']],
    ['both algorithms', [`2018031900 1 1 ${digest}`, `2018031900 1 2 ${digest}`], ['sha384', 'sha512']],
    ['another serial', [`2018031901 1 1 ${digest}`], []],
    ['another scheme', [`2018031900 2 1 ${digest}`], []],
    ['another algorithm', [`2018031900 1 240 ${digest}`], []],
    ['§2.2.4 too short', ['2018031900 1 1 c68090d90a7aed716bc459'], []],
    ['two by the same scheme and algorithm', [`2018031900 1 1 ${digest}`, `2018031900 1 1 ${digest.replace('c', 'd')}`], []],
  ])('%s', (_what, data, algorithms) => expect(of(...data)).toEqual(algorithms))

  test('one that is right is enough', () => {
    const right = { algorithm: 'sha384', digest: Buffer.from(digest, 'hex') } as const
    const wrong = { algorithm: 'sha512', digest: Buffer.alloc(64) } as const
    const digests = new Map([['sha384', Buffer.from(digest, 'hex')], ['sha512', Buffer.alloc(64, 1)]] as const)
    expect([isAnyRight([wrong, right], digests), isAnyRight([wrong], digests), isAnyRight([{ ...right, digest: right.digest.subarray(0, 20) }], digests)]).toEqual([true, false, false])
  })

  test('as it is printed', () => expect(zonemdText(7, 'sha512', Uint8Array.of(1, 255))).toBe('7 1 2 01ff'))
})

describe('RFC 8976 §4 a zone that comes', () => {
  const TEXT = ['@ NS ns', 'ns A 10.0.0.1', '*.wild TXT "x"', ...Array.from({ length: 40 }, (_, i) => `h${i} A 10.1.0.${i}`)].join('\n')
  const data = async (): Promise<readonly string[]> => {
    const bench = new Bench([zoneOf('lab.example', TEXT)])
    const live = bench.server.zones.get('lab.example')
    if (live === undefined) throw new Error('no zone')
    const computed = servedDigest(bench.clock, live)
    bench.clock.runUntil(10)
    const { serial, digests, published } = await computed
    expect([serial, published]).toEqual([7, 'none'])
    return [...digests].map(([algorithm, digest]) => zonemdText(serial, algorithm, digest))
  }
  const come = (zonemd: readonly string[]) => {
    const c = copied(zoneOf('lab.example', [TEXT, ...zonemd.map((each) => `@ ZONEMD ${each}`)].join('\n')))
    c.run(START_SPREAD_MS + 1000)
    return c
  }
  const spoilt = (text: string): string => text.replace(/.$/, (last) => (last === '0' ? '1' : '0'))

  test('is served if it is what its digest says', async () => {
    const right = await data()
    for (const zonemd of [right, right.slice(0, 1), right.slice(1), [spoilt(right[0] as string), right[1] as string]]) {
      const c = come(zonemd)
      expect(c.rows()).toEqual(rowsOf(c.primary))
    }
  })

  test('is not, if it is another', async () => {
    const c = come((await data()).map(spoilt))
    expect([c.secondary.server.zones.get('lab.example')?.isServed, c.secondaries.state(5)?.lastFailure?.fault]).toEqual([false, { kind: 'wrong-digest' }])
    expect(c.events[0]).toEqual(['dns.zone.digest-wrong', { zone: 'lab.example', primary: '10.0.0.1#53', serial: 7 }])
  })

  test('is served if its digest is of another serial: that says nothing', async () => {
    const c = come((await data()).map((each) => spoilt(each).replace('7 ', '6 ')))
    expect(c.rows()).toEqual(rowsOf(c.primary))
  })

  test('an increment that leads to a wrong one is not served; the version before goes on', async () => {
    const c = come(await data())
    const zone = c.primary.server.zones.get('lab.example')
    const changed = [...(zone?.records() ?? [])].filter((each) => each.name === 'h1.lab.example')
    c.primary.server.applyEdit({ zoneId: 1, serialBefore: 7, serialAfter: 8, remove: [...changed, ...[...(zone?.records() ?? [])].filter((each) => each.type === 'ZONEMD')], add: [
      { ...(changed[0] as (typeof changed)[0]), id: 5000, data: '10.9.9.9' },
      { ...(changed[0] as (typeof changed)[0]), id: 5001, name: 'lab.example', type: 'ZONEMD', data: (await data())[0]?.replace('7 ', '8 ') ?? '' },
    ] })
    c.secondaries.refresh(5, false)
    c.run(2000)
    expect([c.ports.asked.slice(-2), c.secondary.server.zones.get('lab.example')?.zone.serial]).toEqual([['IXFR', 'AXFR'], 7])
  })

  test('a file that is not what it says is known', async () => {
    const right = await data()
    const file = (zonemd: string) => parseZoneFile(`@ 300 IN SOA ns.lab.example. hostmaster.lab.example. 7 3600 600 604800 60\n${TEXT}\n@ ZONEMD ${zonemd}`, 'lab.example', { defaultTtl: 300 })
    const of = (zonemd: string): string => {
      const parsed = file(zonemd)
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
      return fileDigest(parsed.value, 'lab.example')
    }
    expect([of(right[0] as string), of(spoilt(right[0] as string)), of((right[0] as string).replace('7 ', '8 '))]).toEqual(['right', 'wrong', 'none'])
  })
})
