/** Signatures that are there before anybody asks: counted at the key, which signs on virtual time. */
import { describe, expect, test } from 'vitest'
import { MAX_UNDER_WAY } from '../../../../../services/dns/dnssec/ahead.ts'
import type { SigningKey } from '../../../../../services/dns/index.ts'
import { PLAIN_RECORD } from '../../../../../services/model/index.ts'
import { Bench, NO_RD, zoneOf } from '../../../../support/dns.ts'
import { signingKey, signingOf, verdict } from '../../../../support/dnssec.ts'

const ZONE = zoneOf('lab.example', ['@ NS ns', 'ns A 10.0.0.2', ...Array.from({ length: 300 }, (_, i) => `h${i} A 10.0.1.${i % 250}`)].join('\n'))
const DAY = 86_400_000

/** A key whose later signatures take a virtual millisecond. */
class Counted {
  readonly bench = new Bench([ZONE])
  atOnce = 0
  later = 0
  underWay = 0
  most = 0
  readonly key: SigningKey
  readonly stepped: number[] = []

  constructor() {
    const real = signingKey()
    this.key = {
      ...real,
      sign: (octets) => {
        this.atOnce++
        return real.sign(octets)
      },
      signLater: (octets, done) => {
        this.later++
        this.underWay++
        this.most = Math.max(this.most, this.underWay)
        this.bench.clock.at(this.bench.clock.now() + 1, () => {
          this.underWay--
          done(real.sign(octets))
        })
      },
    }
    this.bench.server.signing.onResigned = (zoneId) => void this.stepped.push(zoneId)
    this.bench.server.setSigning(1, signingOf({ keys: [this.key], jitterSeconds: 86_400 }))
  }

  /** How many signatures were made for answers. */
  ask(...names: readonly string[]): number {
    const before = this.atOnce
    for (const name of names) this.bench.ask(`${name}.lab.example`, 'A', { ...NO_RD, edns: { dnssecOk: true } })
    return this.atOnce - before
  }
}

describe('signatures ahead of need', () => {
  test('a zone that begins to be signed is signed as a whole, a bounded number at a time', () => {
    const c = new Counted()
    expect(c.ask('h7')).toBe(1)
    c.bench.clock.advance(5000)
    // Each name has an address and an NSEC; the apex SOA, NS, DNSKEY and NSEC. One is there already.
    expect([c.later, c.most]).toEqual([301 * 2 + 4 - 1, MAX_UNDER_WAY])
    expect(c.ask('h1', 'h2', 'h3', 'nothing', 'h55.h5')).toBe(0)
    const { counters } = c.bench.server
    expect([counters.get('signature-made'), counters.get('signature-made-ahead'), counters.get('signature-renewed')]).toEqual([1, c.later, 0])
  })

  test('what an edit took away is made anew soon, or at once when it is asked for', () => {
    const c = new Counted()
    c.bench.clock.advance(5000)
    const edit = (name: string, serial: number): void => c.bench.server.applyEdit({
      zoneId: 1, serialBefore: serial, serialAfter: serial + 1, remove: [],
      add: [{ id: 5000 + serial, zoneId: 1, name, type: 'A', ttl: 300, data: '10.0.0.9', owner: { kind: 'hand' }, ...PLAIN_RECORD }],
    })
    const before = c.later
    edit('new.lab.example', 7)
    // Its address and NSEC, and the SOA.
    expect(c.ask('new', 'newer')).toBe(3)
    edit('next.lab.example', 8)
    c.bench.clock.advance(1000)
    expect(c.ask('next', 'nexus')).toBe(0)
    // Those three of the second, and the NSEC of the name before each.
    expect(c.later - before).toBe(5)
  })

  test('signatures are renewed in time, and each round of it moves the serial once', () => {
    const c = new Counted()
    c.bench.clock.advance(5000)
    const first = c.later
    expect(c.stepped).toEqual([1])
    c.bench.clock.advance(8 * DAY)
    expect(c.later).toBe(first)
    c.bench.clock.advance(2.5 * DAY)
    expect(c.later).toBe(2 * first)
    expect(c.bench.server.counters.get('signature-renewed')).toBe(first)
    // Jitter spreads them over a day of hourly rounds.
    expect(c.stepped.length).toBeGreaterThan(15)
    expect(c.stepped.length).toBeLessThan(30)
    expect(c.ask('h1', 'nothing')).toBe(0)
  })

  test('an edit while its signature is under way wins', () => {
    const c = new Counted()
    const records = ZONE.records.filter((record) => record.name === 'h5.lab.example')
    // Midway through the first round.
    for (let ms = 0; ms < 60; ms++) {
      c.bench.clock.advance(1)
      if (ms !== 20) continue
      c.bench.server.applyEdit({ zoneId: 1, serialBefore: 7, serialAfter: 8, remove: records, add: records.map((record) => ({ ...record, id: 9000, data: '10.9.9.9' })) })
    }
    c.bench.clock.advance(5000)
    const signing = signingOf({ keys: [c.key] })
    for (const name of ['h5', 'h4', 'ns', 'none']) expect(verdict(c.bench, 'lab.example', signing, `${name}.lab.example A`)).toBe('secure')
    expect(verdict(c.bench, 'lab.example', signing, 'lab.example SOA')).toBe('secure')
  })

  test('nothing is signed any more for a zone that is not', () => {
    const c = new Counted()
    c.bench.clock.advance(10)
    c.bench.server.setSigning(1, undefined)
    const { later } = c
    c.bench.clock.advance(DAY)
    expect([c.later, c.stepped]).toEqual([later, [1, 1]])
    expect(c.ask('h1')).toBe(0)
  })
})
