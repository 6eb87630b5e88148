import { describe, expect, test } from 'vitest'
import { Bench, queryBytes, zoneOf } from '../../support/dns.ts'
import type { Told } from '../../support/dns.ts'
import { ednsOption, optionOf } from '../../support/dns-options.ts'

const ZONE = zoneOf('lab.example', `
  @    NS ns
  www  A  10.0.0.4
`)
const EXTENDED_ERROR = 15
const COOKIE = 10
const infoCode = (told: Told | undefined): number | undefined => {
  const option = optionOf(told, EXTENDED_ERROR)
  return option === undefined ? undefined : Number.parseInt(option.slice(0, 4), 16)
}

describe('RFC 8914 §4 extended errors by what happened', () => {
  test.each([
    // section          name               type    flags   rcode       INFO-CODE
    ['§4.21: RD, no upstream', 'www.example.com', 'A', 0x0100, 'REFUSED', 20],
    ['§4.21: not ours, no RD', 'www.example.com', 'A', 0, 'REFUSED', 20],
    ['§4.22: a type not implemented', 'www.lab.example', 'TYPE254', 0, 'NOTIMP', 21],
    ['§4.1: a special-use name that is not there', 'x.test', 'A', 0x0100, 'NXDOMAIN', 0],
    ['nothing to say of an answer', 'www.lab.example', 'A', 0, 'NOERROR', undefined],
    ['nothing to say of a name that is not there', 'no.lab.example', 'A', 0, 'NXDOMAIN', undefined],
    ['nothing to say of a special-use name that is there', 'localhost', 'A', 0, 'NOERROR', undefined],
  ])('%s', (_section, name, type, flags, rcode, code) => {
    const told = new Bench([ZONE]).askTwice(name, type, { flags, edns: {} })
    expect(told.rcode).toBe(rcode)
    expect(infoCode(told)).toBe(code)
  })

  test('§4.22: another class than IN', () => {
    const told = new Bench([ZONE]).askBytes(queryBytes('version.bind', 'TXT', { class: 3, edns: {} }))
    expect([told?.rcode, infoCode(told)]).toEqual(['REFUSED', 21])
  })

  test.each([
    ['§4.23: silence', undefined, 22],
    ['§4.24: unreachable', 'unreachable', 23],
    ['§4.24: refused', 'refused', 23],
  ] as const)('%s; §4.14 then from what is remembered', (_section, why, code) => {
    const bench = new Bench([ZONE], { upstreams: [{ address: 1, port: 53 }] })
    bench.onSent = (sent) => why !== undefined && sent.fail(why)
    const told = bench.askLater('www.example.com', 'A', { edns: {} })
    bench.clock.advance(20_000)
    expect(told.map((answer) => [answer.rcode, infoCode(answer)])).toEqual([['SERVFAIL', code]])
    const again = new Bench([ZONE], { upstreams: [{ address: 1, port: 53 }] })
    again.onSent = (sent) => sent.fail('unreachable')
    again.askLater('www.example.com', 'A', { edns: {} })
    again.clock.advance(1000)
    expect(infoCode(again.ask('www.example.com', 'A', { edns: {} }))).toBe(13)
  })

  test('too many questions for upstream', () => {
    const bench = new Bench([ZONE], { upstreams: [{ address: 1, port: 53 }], maxPending: 1 })
    bench.askLater('a.example.com', 'A', { edns: {} })
    const told = bench.ask('b.example.com', 'A', { edns: {} })
    expect([told.rcode, infoCode(told)]).toEqual(['SERVFAIL', 0])
  })
})

describe('RFC 8914 §3 sending', () => {
  test('only to a client that speaks EDNS', () => {
    expect(new Bench([ZONE]).askTwice('www.example.com', 'A')).toMatchObject({ rcode: 'REFUSED', edns: undefined })
  })

  test('beside the options of the client’s own, in answers made and kept', () => {
    const edns = { options: ednsOption(COOKIE, [1, 2, 3, 4, 5, 6, 7, 8]) }
    const told = new Bench([ZONE]).askTwice('www.example.com', 'A', { edns })
    expect(infoCode(told)).toBe(20)
    expect(optionOf(told, COOKIE)).toHaveLength(48)
  })
})
