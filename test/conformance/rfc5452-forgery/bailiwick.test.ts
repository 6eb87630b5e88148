import { describe, expect, test } from 'vitest'
import { judge } from '../../../services/dns/recursion/judge.ts'
import type { Judgement } from '../../../services/dns/recursion/judge.ts'
import { formatKey, keyOf } from '../../../services/dns/wire/name.ts'
import { typeCode } from '../../../services/dns/wire/type-names.ts'
import { formatIpv4 } from '../../../stack/index.ts'
import { findingText, messageOf } from '../../support/dns-message.ts'

type Shape = Parameters<typeof messageOf>[1]

function judged(question: string, zone: string, shape: Shape): Judgement {
  const [text, type] = question.split(' ') as [string, string]
  const asked = { key: keyOf(text), type: typeCode(type) as number }
  return judge(messageOf(question, shape), { zone: keyOf(zone), asked, question: asked, now: 0, source: 'somebody' })
}
const servers = (found: Judgement): unknown => found.kind === 'referral'
  ? [formatKey(found.cut), ...found.servers.map(({ name, addresses }) => [formatKey(name), ...addresses.map(formatIpv4)].join(' '))]
  : found.kind === 'useless' ? found.because : found.kind

describe('RFC 5452 §6 a server is believed about its own zone', () => {
  test.each<readonly [string, string, string, Shape, unknown]>([
    ['glue below the zone', 'www.example.com A', 'com',
      { flags: 0, authority: 'example.com 60 NS ns.example.com', additional: 'ns.example.com 60 A 192.0.2.1' }, ['example.com', 'ns.example.com 192.0.2.1']],
    ['glue of a neighbour in the zone', 'www.example.com A', 'com',
      { flags: 0, authority: 'example.com 60 NS ns.other.com', additional: 'ns.other.com 60 A 192.0.2.1' }, ['example.com', 'ns.other.com 192.0.2.1']],
    ['glue outside is left out, and the name is looked up', 'www.example.com A', 'com',
      { flags: 0, authority: 'example.com 60 NS ns.other.org', additional: 'ns.other.org 60 A 192.0.2.1' }, ['example.com', 'ns.other.org']],
    ['addresses of names that are no servers of the zone', 'www.example.com A', 'com',
      { flags: 0, authority: 'example.com 60 NS ns.other.com', additional: 'www.bank.com 60 A 192.0.2.66\nns.other.com 60 A 192.0.2.1' },
      ['example.com', 'ns.other.com 192.0.2.1']],
    ['a referral to another branch', 'www.example.com A', 'example.com', { flags: 0, authority: 'bank.com 60 NS ns.evil.com' }, 'upward-referral'],
    ['a referral that does not lead to the name', 'www.example.com A', 'com', { flags: 0, authority: 'bank.com 60 NS ns.evil.com' }, 'upward-referral'],
    ['a referral to the zone itself', 'www.example.com A', 'example.com', { flags: 0, authority: 'example.com 60 NS ns.evil.com' }, 'upward-referral'],
    ['a referral to the root', 'www.example.com A', 'example.com', { flags: 0, authority: '. 60 NS ns.evil.com' }, 'upward-referral'],
    ['servers below the cut without an address', 'www.example.com A', 'com', { flags: 0, authority: 'example.com 60 NS ns.example.com' }, 'empty-referral'],
    ['an answer about the name of another zone', 'www.bank.com A', 'example.com', { answer: 'www.bank.com 60 A 192.0.2.66' }, 'other-rcode'],
  ])('%s', (_what, question, zone, shape, expected) => expect(servers(judged(question, zone, shape))).toEqual(expected))

  test('the end of a chain of aliases that lies elsewhere is not taken', () => {
    const found = judged('www.example.com A', 'example.com', { answer: 'www.example.com 60 CNAME www.bank.com\nwww.bank.com 60 A 192.0.2.66' })
    expect(found.kind === 'answer' && found.findings.map(findingText)).toEqual(['alias | www.example.com 60 CNAME www.bank.com'])
  })

  test('what stands beside an answer says nothing of other names', () => {
    const found = judged('www.example.com A', 'example.com', {
      answer: 'www.example.com 60 A 192.0.2.1', authority: 'com 60 NS ns.evil.com\nexample.com 60 NS ns.example.com',
      additional: 'ns.example.com 60 A 192.0.2.53\nns.evil.com 60 A 192.0.2.66',
    })
    expect(found).toMatchObject({ kind: 'answer', findings: [{ authority: [] }], own: [{ name: keyOf('ns.example.com'), addresses: { length: 1 } }] })
  })
})

describe('RFC 2181 §5.4.1 what may be used of a response', () => {
  test.each<readonly [string, Shape, unknown]>([
    ['an answer with authority', { answer: 'www.example.com 60 A 192.0.2.1' }, 'answer'],
    ['an answer without', { flags: 0, answer: 'www.example.com 60 A 192.0.2.1' }, 'not-authoritative'],
    ['a denial without', { flags: 0, rcode: 3, authority: 'example.com 60 SOA a.example.com b.example.com 1 2 3 4 5' }, 'not-authoritative'],
    ['nothing at all, without', { flags: 0 }, 'not-authoritative'],
    ['nothing at all, with authority: no such type', {}, 'answer'],
    ['SERVFAIL', { rcode: 2 }, 'server-failure'], ['REFUSED', { rcode: 5 }, 'refused'], ['NOTIMP', { rcode: 4 }, 'not-implemented'],
    ['FORMERR', { rcode: 1 }, 'format-error'], ['NOTAUTH', { rcode: 9 }, 'not-authoritative'], ['another rcode', { rcode: 7 }, 'other-rcode'],
  ])('%s', (_what, shape, expected) => expect(servers(judged('www.example.com A', 'example.com', shape))).toEqual(expected))

  test('a referral that was sent with AA is one all the same', () => {
    expect(servers(judged('a.sub.example.com A', 'example.com', { authority: 'sub.example.com 60 NS ns.elsewhere.org' }))).toEqual(['sub.example.com', 'ns.elsewhere.org'])
  })

  test('of DS the parent\'s word counts, not the child\'s', () => {
    const soa = (zone: string): string => `${zone} 60 SOA a.example.com b.example.com 1 2 3 4 5`
    expect(servers(judged('sub.example.com DS', 'example.com', { authority: soa('sub.example.com') }))).toBe('child-side')
    expect(servers(judged('sub.example.com DS', 'example.com', { authority: soa('example.com') }))).toBe('answer')
  })
})
