/** What servers that are forwarded to say, validated: one resolver behind another, over a virtual Internet. */
import { describe, expect, test } from 'vitest'
import type { DnsOptions } from '../../../../../services/dns/server/options.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import { replyTo } from '../../../../support/dns.ts'
import { clientRule, forwardServer } from '../../../../support/forwarding.ts'
import { ResolvingBench } from '../../../../support/resolving-bench.ts'
import { signedInternet } from '../../../../support/signed-internet.ts'
import { only, saying } from '../../../../support/virtual-internet.ts'
import type { VirtualServer } from '../../../../support/virtual-internet.ts'

const BEHIND = '10.0.0.53'
/** Answers www.example out of its own head. */
const CORP = '10.0.0.99'
/** DO is in the first of the last four octets of a query. */
const DO_FROM_END = 4

/** `strips`: the one behind hears no DO, as through a box that does not know it. */
function chain(validation: DnsOptions['validation'], behind: DnsOptions['validation'], strips = false): { front: ResolvingBench; example: VirtualServer; asked: Uint8Array[] } {
  const { net, example: server, anchors } = signedInternet(`
    www 300 A 192.0.2.80
    plain 3600 NS ns.plain
    ns.plain 3600 A 192.0.2.54
  `)
  net.server('192.0.2.54', { 'plain.example': '@ 3600 NS ns\nns 3600 A 192.0.2.54\nwww 300 A 192.0.2.82' })
  const back = new ResolvingBench(net, { anchors, validation: behind, seed: 2 })
  const asked: Uint8Array[] = []
  const front = new ResolvingBench(net, {
    anchors, validation, recursion: undefined, upstreams: [{ address: ipv4(BEHIND), port: 53 }],
    behind: new Map([[BEHIND, (query, answered) => {
      asked.push(query)
      back.take(strips ? query.with(query.length - DO_FROM_END, 0) : query, answered)
    }], [CORP, (query, answered) => answered(replyTo({ bytes: query }, { answer: 'www.example 60 A 10.9.9.9' }))]]),
  })
  return { front, example: server, asked }
}

describe('signatures come along: answers are validated here', () => {
  test.each([
    ['www.example', 'A', 'NOERROR ad | www.example 300 A 192.0.2.80'],
    ['none.example', 'A', /^NXDOMAIN ad \| example 60 SOA/],
    ['www.example', 'TXT', /^NOERROR ad \| example 60 SOA/],
    ['www.plain.example', 'A', 'NOERROR | www.plain.example 300 A 192.0.2.82'],
    ['example', 'DS', /^NOERROR ad \| example \d+ DS/],
  ])('%s %s', (name, type, answer) => {
    const { front, asked } = chain('auto', 'yes')
    expect(front.tell(name, type)).toMatch(answer)
    // RFC 6840 §5.9: once it is known that they come along, the one behind is to check nothing for us.
    expect(asked.slice(2).every((query) => ((query[3] as number) & 0x10) !== 0)).toBe(true)
  })

  test('what is forged is refused here, whatever the one behind makes of it', () => {
    for (const behind of ['yes', 'no'] as const) {
      const { front, example } = chain('auto', behind)
      example.faults = [only(({ name, type }) => name === 'www.example' && type === 'A', saying({ flags: 0x0400, answer: 'www.example 300 A 203.0.113.66' }))]
      expect(front.ask('www.example', 'A', { edns: {} })).toMatchObject({ rcode: 'SERVFAIL', answer: [] })
      expect(front.tell('ns.example', 'A')).toMatch(/^NOERROR ad/)
    }
  })
})

describe('signatures are stripped on the way', () => {
  test('auto: what comes is taken as it is, without AD', () => {
    const { front, asked } = chain('auto', 'yes', true)
    expect(front.tell('www.example', 'A')).toBe('NOERROR | www.example 300 A 192.0.2.80')
    expect(front.tell('none.example', 'A')).toMatch(/^NXDOMAIN \| /)
    expect(asked.every((query) => ((query[3] as number) & 0x10) === 0)).toBe(true)
    expect(front.server.upstreamStates).toMatchObject([{ signs: false }])
  })

  test('yes: nothing of what should be signed is believed', () => {
    const { front } = chain('yes', 'yes', true)
    expect(front.tell('www.example', 'A')).toMatch(/^SERVFAIL/)
  })
})

test('servers for a domain are believed as they are, unless validation is told to be for all', () => {
  for (const [validation, answer] of [['auto', 'NOERROR | www.example 60 A 10.9.9.9'], ['yes', 'SERVFAIL']] as const) {
    const { front } = chain(validation, 'yes')
    front.server.setForwardRules([clientRule({ domain: 'example', servers: [forwardServer(CORP)] })])
    expect(front.tell('www.example', 'A')).toBe(answer)
  }
})

