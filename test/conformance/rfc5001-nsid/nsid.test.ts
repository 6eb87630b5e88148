import { describe, expect, test } from 'vitest'
import { Bench, zoneOf } from '../../support/dns.ts'
import { ednsOption, optionsOf } from '../../support/dns-options.ts'

const ZONE = zoneOf('lab.example', `
  @    NS ns
  www  A  10.0.0.4
`)
const NSID = 3
const TAPROOT = Buffer.from('taproot-1').toString('hex')

describe('RFC 5001 §2 NSID', () => {
  test.each([
    ['§2.2: told when asked', 'taproot-1', ednsOption(NSID), [[NSID, TAPROOT]]],
    ['§2.1: the data of a query are ignored', 'taproot-1', ednsOption(NSID, [1, 2]), [[NSID, TAPROOT]]],
    ['once, however often it is asked for', 'taproot-1', [...ednsOption(NSID), ...ednsOption(NSID)], [[NSID, TAPROOT]]],
    ['§2.2: not told when not asked', 'taproot-1', [], []],
    ['no name is set', undefined, ednsOption(NSID), []],
  ])('%s', (_what, nsid, options, expected) => {
    const bench = new Bench([ZONE], nsid === undefined ? {} : { nsid })
    const told = bench.askTwice('www.lab.example', 'A', { edns: { options } })
    expect(told.answer).toHaveLength(1)
    expect(optionsOf(told)).toEqual(expected)
  })
})
