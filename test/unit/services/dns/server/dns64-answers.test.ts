import { describe, expect, test } from 'vitest'
import { parseDns64Prefix } from '../../../../../services/dns/resolver/dns64.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import { Bench, replyTo, zoneOf } from '../../../../support/dns.ts'

const PREFIX = '2001:db8:64::/96'
const LEGACY = ipv4('10.53.0.5')

/** Everybody but LEGACY is behind NAT64. `answers`: by "name type"; what is not there is NODATA. */
function bench(answers: Readonly<Record<string, string>>, rcode = 0): Bench {
  const made = new Bench([zoneOf('lab.example', 'host A 203.0.113.9\nout CNAME alias.example.')], { upstreams: [{ address: ipv4('10.0.0.1'), port: 53 }] })
  const prefix = parseDns64Prefix(PREFIX)
  made.server.setPolicy({
    policySetOf: (client) => (client === LEGACY ? 0 : 1), dns64Of: (set) => (set === 1 && prefix.ok ? prefix.value : undefined),
    decideName: () => undefined, decideFinding: () => undefined, changesAt: () => Number.POSITIVE_INFINITY,
  })
  const denial = { rcode, authority: 'example 60 SOA ns.example hostmaster.example 1 3600 600 86400 60' }
  made.onSent = (sent) => {
    const answer = answers[`${sent.name} ${sent.type}`]
    sent.reply(replyTo(sent, answer === undefined ? denial : { answer }))
  }
  return made
}

describe('RFC 6147 §5.1: AAAA records for names that have none', () => {
  test('are made of A records, with the lesser TTL, and from the answer table too', () => {
    const lab = bench({ 'www.example A': 'www.example 300 A 198.51.100.1' })
    expect(lab.askTwice('www.example', 'AAAA').answer).toEqual(['www.example 60 AAAA 2001:db8:64::c633:6401'])
    expect(lab.askTwice('www.example', 'A').answer).toEqual(['www.example 300 A 198.51.100.1'])
  })

  test('of a chain, and of our own names', () => {
    const lab = bench({ 'alias.example AAAA': 'alias.example 300 CNAME www.example', 'www.example A': 'www.example 300 A 198.51.100.1' })
    const chain = ['alias.example 300 CNAME www.example', 'www.example 60 AAAA 2001:db8:64::c633:6401']
    expect(lab.ask('alias.example', 'AAAA').answer).toEqual(chain)
    expect(lab.ask('out.lab.example', 'AAAA').answer).toEqual(['out.lab.example 300 CNAME alias.example', ...chain])
    expect(lab.ask('host.lab.example', 'AAAA').answer).toEqual(['host.lab.example 60 AAAA 2001:db8:64::cb00:7109'])
  })

  test('not where there is one that can be used, nor where there is no such name, nor for who reaches IPv4', () => {
    const lab = bench({ 'www.example AAAA': 'www.example 300 AAAA 2001:db8::1', 'www.example A': 'www.example 300 A 198.51.100.1' })
    expect(lab.ask('www.example', 'AAAA').answer).toEqual(['www.example 300 AAAA 2001:db8::1'])
    expect(lab.ask('none.example', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answer: [], authority: [expect.stringMatching(/SOA/)] })
    expect(bench({ 'www.example A': 'www.example 300 A 198.51.100.1' }, 3).ask('www.example', 'AAAA').rcode).toBe('NXDOMAIN')
    const plain = bench({ 'www.example A': 'www.example 300 A 198.51.100.1' })
    expect(plain.ask('www.example', 'AAAA', { from: LEGACY }).answer).toEqual([])
  })

  test('§5.1.4: an address of IPv4 in an AAAA record is none', () => {
    const lab = bench({ 'www.example AAAA': 'www.example 300 AAAA ::ffff:198.51.100.1', 'www.example A': 'www.example 300 A 198.51.100.1' })
    expect(lab.ask('www.example', 'AAAA').answer).toEqual(['www.example 300 AAAA 2001:db8:64::c633:6401'])
  })

  test('§5.5: who validates by himself gets what there is', () => {
    const lab = bench({ 'www.example A': 'www.example 300 A 198.51.100.1' })
    expect(lab.ask('www.example', 'AAAA', { flags: 0x0110, edns: { dnssecOk: true } }).answer).toEqual([])
  })

  test('§5.1.2: an upstream that fails for AAAA does not hide the A record', () => {
    const lab = bench({})
    lab.onSent = (sent) => sent.reply(replyTo(sent, sent.type === 'A' ? { answer: 'www.example 300 A 198.51.100.1' } : { rcode: 2 }))
    expect(lab.ask('www.example', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answer: ['www.example 300 AAAA 2001:db8:64::c633:6401'] })
  })
})

describe('RFC 6147 §5.3 and RFC 7050 §2.2', () => {
  test('an address below the prefix has the name of the IPv4 address in it', () => {
    const lab = bench({ '4.0.41.198.in-addr.arpa PTR': '4.0.41.198.in-addr.arpa 300 PTR www.example' })
    const reverse = '4.0.0.0.9.2.6.c.0.0.0.0.0.0.0.0.0.0.0.0.4.6.0.0.8.b.d.0.1.0.0.2.ip6.arpa'
    expect(lab.ask(reverse, 'PTR').answer).toEqual([
      `${reverse} 600 CNAME 4.0.41.198.in-addr.arpa`, '4.0.41.198.in-addr.arpa 300 PTR www.example',
    ])
  })

  test('ipv4only.arpa tells the prefix', () => {
    expect(bench({}).ask('ipv4only.arpa', 'AAAA').answer).toEqual([
      'ipv4only.arpa 86400 AAAA 2001:db8:64::c000:aa', 'ipv4only.arpa 86400 AAAA 2001:db8:64::c000:ab',
    ])
  })
})
