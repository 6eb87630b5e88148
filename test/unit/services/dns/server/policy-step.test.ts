import { describe, expect, test } from 'vitest'
import type { DnsPolicy, PolicyDecision } from '../../../../../services/dns/policy/decision.ts'
import { formatKey, name } from '../../../../../services/dns/wire/name.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import { Bench, CLIENT, replyTo, zoneOf } from '../../../../support/dns.ts'
import type { Sent } from '../../../../support/dns.ts'

const OTHER = ipv4('10.53.0.5')
const said = { list: 'ads', rule: '||ads.example^' } as const
const A = 1

/** Decides by name for everybody but OTHER. */
const policyOf = (rules: Readonly<Record<string, PolicyDecision>>): DnsPolicy => ({
  policySetOf: (client) => (client === OTHER ? 0 : 1),
  decideName: (set, key) => (set === 0 ? undefined : rules[formatKey(key)]),
  decideFinding: () => undefined,
  dns64Of: () => undefined,
  changesAt: () => Number.POSITIVE_INFINITY,
})

function bench(rules: Readonly<Record<string, PolicyDecision>>, answers: Readonly<Record<string, string>> = {}): Bench {
  const made = new Bench([zoneOf('lab.example', 'ads A 10.0.0.9')], { upstreams: [{ address: ipv4('10.0.0.1'), port: 53 }] })
  made.server.setPolicy(policyOf(rules))
  made.onSent = (sent: Sent) => sent.reply(replyTo(sent, { answer: answers[sent.name] ?? `${sent.name} 60 A 192.0.2.1` }))
  return made
}

describe('policy decides of a name', () => {
  test('nxdomain, nodata and refused are said at once, with the reason, and no server is asked', () => {
    const lab = bench({
      'a.example': { ...said, action: 'nxdomain' }, 'b.example': { ...said, action: 'nodata' }, 'c.example': { ...said, action: 'refused' },
    })
    const rcodes = ['a.example', 'b.example', 'c.example'].map((each) => lab.askTwice(each, 'A', { edns: {} }))
    expect(rcodes.map(({ rcode, answer }) => [rcode, answer])).toEqual([['NXDOMAIN', []], ['NOERROR', []], ['REFUSED', []]])
    for (const { edns } of rcodes) expect([...(edns?.options ?? [])].slice(0, 6)).toEqual([0, 15, 0, expect.any(Number), 0, 15])
    expect(lab.sent).toEqual([])
  })

  test('other clients have other answers, by the answer table too', () => {
    const lab = bench({ 'a.example': { ...said, action: 'nxdomain' } })
    expect(lab.askTwice('a.example', 'A').rcode).toBe('NXDOMAIN')
    expect(lab.askTwice('a.example', 'A', { from: OTHER }).answer).toEqual(['a.example 60 A 192.0.2.1'])
    expect(lab.askTwice('a.example', 'A').rcode).toBe('NXDOMAIN')
  })

  test('records take the place of the answer', () => {
    const rrset = { name: name('a.example'), type: A, ttl: 10, rdata: [Uint8Array.of(0, 0, 0, 0)] }
    const lab = bench({ 'a.example': { ...said, action: 'records', rrsets: [rrset] } })
    expect(lab.ask('A.example', 'A').answer).toEqual(['A.example 10 A 0.0.0.0'])
    expect(lab.ask('a.example', 'AAAA')).toMatchObject({ rcode: 'NOERROR', answer: [] })
  })

  test('a CNAME of a rule is followed for every type, and what it leads to is not judged', () => {
    const alias = { name: name('a.example'), type: 5, ttl: 10, rdata: [name('garden.example')] }
    const lab = bench({ 'a.example': { ...said, action: 'records', rrsets: [alias] }, 'garden.example': { ...said, action: 'nxdomain' } })
    expect(lab.ask('a.example', 'A').answer).toEqual(['a.example 10 CNAME garden.example', 'garden.example 60 A 192.0.2.1'])
    expect(lab.ask('a.example', 'CNAME').answer).toEqual(['a.example 10 CNAME garden.example'])
  })

  test('what is not there has a SOA with the TTL of the policy, so that clients remember it', () => {
    const rrset = { name: name('c.example'), type: A, ttl: 10, rdata: [Uint8Array.of(0, 0, 0, 0)] }
    const lab = bench({
      'a.example': { ...said, action: 'nxdomain', ttl: 10 }, 'b.example': { ...said, action: 'nodata', ttl: 10 },
      'c.example': { ...said, action: 'records', rrsets: [rrset], ttl: 10 }, 'd.example': { ...said, action: 'refused', ttl: 10 },
    })
    const soa = (owner: string): string[] => [`${owner} 10 SOA policy.invalid policy.invalid 1 3600 600 86400 10`]
    const denied = ['a.example', 'b.example', 'c.example', 'd.example'].map((each) => lab.askTwice(each, 'AAAA').authority)
    expect(denied).toEqual([soa('a.example'), soa('b.example'), soa('c.example'), []])
    expect(lab.ask('c.example', 'A').authority).toEqual([])
  })

  test('a block at a later link of a chain blocks the whole, unless the first name is allowed', () => {
    const chain = { 'www.shop.example': 'www.shop.example 60 CNAME metrics.tracker.example' }
    const rules = { 'metrics.tracker.example': { ...said, action: 'nxdomain' } } as const
    expect(bench(rules, chain).ask('www.shop.example', 'A')).toMatchObject({ rcode: 'NXDOMAIN', answer: [] })
    const allowed = bench({ ...rules, 'www.shop.example': { ...said, action: 'allow' } }, chain).ask('www.shop.example', 'A')
    expect(allowed.answer).toEqual(['www.shop.example 60 CNAME metrics.tracker.example', 'metrics.tracker.example 60 A 192.0.2.1'])
  })

  test('drop sends nothing; tcp-only sends TC, and by stream the answer', () => {
    const lab = bench({ 'a.example': { ...said, action: 'drop' }, 'b.example': { ...said, action: 'tcp-only' } })
    expect(lab.askLater('a.example', 'A')).toEqual([])
    expect(lab.server.counters.get('dropped-by-policy')).toBe(1)
    expect(lab.ask('b.example', 'A')).toMatchObject({ flags: 'tc rd ra', answer: [] })
    expect(lab.askByStream('b.example', 'A')[0]?.answer).toEqual(['b.example 60 A 192.0.2.1'])
  })

  test('our own names come first', () => {
    const lab = bench({ 'ads.lab.example': { ...said, action: 'nxdomain' } })
    expect(lab.ask('ads.lab.example', 'A').answer).toEqual(['ads.lab.example 300 A 10.0.0.9'])
  })

  test('every question is judged anew after a change', () => {
    const lab = bench({ 'a.example': { ...said, action: 'nxdomain' } })
    lab.askTwice('a.example', 'A', { from: CLIENT })
    lab.server.setPolicy(undefined)
    expect(lab.ask('a.example', 'A').rcode).toBe('NOERROR')
  })
})
