import { describe, expect, test } from 'vitest'
import { IDLE_MS } from '../../../services/dns-conversations.ts'
import { Bench, queryBytes } from '../../support/dns.ts'
import { ednsOption, optionsOf } from '../../support/dns-options.ts'
import { framesOf, STREAM_ZONE, StreamBench } from '../../support/dns-stream.ts'

const KEEPALIVE = 11
const asking = (options: readonly number[]): Uint8Array => queryBytes('www.lab.example', 'A', { edns: { options } })

describe('RFC 7828 §3 edns-tcp-keepalive', () => {
  test('§3.3.2: the answer over TCP says how long a silent connection stays, and that is so', () => {
    const bench = new StreamBench()
    const client = bench.client()
    client.send(framesOf(asking(ednsOption(KEEPALIVE))))
    bench.clock.advance(100)
    const [[code, data] = []] = optionsOf(client.answers[0])
    expect(code).toBe(KEEPALIVE)
    const promisedMs = 100 * Number.parseInt(data as string, 16)
    expect(promisedMs).toBe(IDLE_MS)
    const after = client.endsAfter(60_000) as number
    expect(Math.abs(after + 100 - promisedMs)).toBeLessThanOrEqual(300)
  })

  test.each([
    ['§3.2.1: a query with a time in it', ednsOption(KEEPALIVE, [0, 100]), 'FORMERR', []],
    ['no such option', [], 'NOERROR', []],
  ])('%s', (_what, options, rcode, expected) => {
    const [told] = new Bench([STREAM_ZONE]).askByStream('www.lab.example', 'A', { edns: { options } })
    expect(told?.rcode).toBe(rcode)
    expect(optionsOf(told)).toEqual(expected)
  })

  test.each([
    ['§3.3.1: ignored over UDP', ednsOption(KEEPALIVE)],
    ['even when it has a time', ednsOption(KEEPALIVE, [0, 100])],
  ])('%s', (_what, options) => {
    const told = new Bench([STREAM_ZONE]).askTwice('www.lab.example', 'A', { edns: { options } })
    expect(told.rcode).toBe('NOERROR')
    expect(optionsOf(told)).toEqual([])
  })
})
