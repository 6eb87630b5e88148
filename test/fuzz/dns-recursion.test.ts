/** Responses of other servers, damaged: nothing throws, and nothing is believed that lies outside the zone asked. */
import { describe, expect, test } from 'vitest'
import { judge } from '../../services/dns/recursion/judge.ts'
import { parseRootHints } from '../../services/dns/recursion/root-hints.ts'
import { TRUST } from '../../services/dns/resolver/finding.ts'
import type { Finding } from '../../services/dns/resolver/finding.ts'
import { findingsOf } from '../../services/dns/resolver/findings.ts'
import { match } from '../../services/dns/resolver/match.ts'
import { isAtOrBelow, keyOf, name, nameKey } from '../../services/dns/wire/name.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { responseBytes } from '../support/dns-message.ts'
import { RecursionBench, smallInternet } from '../support/recursion-bench.ts'
import { mutated, noise } from '../support/mutations.ts'

const ROUNDS = 4000
const ZONE = keyOf('example.com')
const asked = { key: keyOf('www.example.com'), type: 1 }
const SIGNED = 'RRSIG A 13 2 300 20300101000000 20200101000000 1 example.com AAAA'
const SOA = 'example.com 300 SOA ns.example.com hostmaster.example.com 1 3600 600 86400 60'

const RESPONSES = [
  { answer: `www.example.com 300 A 192.0.2.1\nwww.example.com 300 ${SIGNED}`, authority: 'example.com 300 NS ns.example.com', additional: 'ns.example.com 60 A 192.0.2.53' },
  { answer: 'www.example.com 60 CNAME a.example.com\na.example.com 60 CNAME b.example.org\nb.example.org 60 A 192.0.2.66' },
  { answer: 'example.com 60 DNAME example.org\nwww.example.com 60 CNAME www.example.org' },
  { rcode: 3, authority: `${SOA}\na.example.com 60 NSEC z.example.com A RRSIG NSEC\nexample.com 300 ${SIGNED.replace(' A ', ' SOA ')}` },
  { flags: 0, authority: `www.example.com 60 NS ns.www.example.com\nwww.example.com 60 DS 1 13 2 ${'AB'.repeat(32)}`, additional: 'ns.www.example.com 60 A 192.0.2.53' },
].map((shape) => responseBytes('www.example.com A', shape))

/** Owners of what is kept lie in the zone, and signatures belong to what they stand with. */
function check(finding: Finding): void {
  expect(isAtOrBelow(finding.owner, ZONE)).toBe(true)
  for (const { rrset, signatures } of [...finding.answer, ...finding.authority]) {
    expect(isAtOrBelow(nameKey(rrset.name), ZONE)).toBe(true)
    if (signatures !== undefined) expect(nameKey(signatures.name)).toBe(nameKey(rrset.name))
    expect(rrset.rdata.length).toBeGreaterThan(0)
  }
  expect(finding.expiresAt).toBeGreaterThanOrEqual(finding.storedAt)
}

describe('damaged responses', () => {
  test('are taken apart or left, and keep to the zone', () => {
    const random = new SeededRandom(1)
    let read = 0
    for (let round = 0; round < ROUNDS; round++) {
      const whole = RESPONSES[random.below(RESPONSES.length)] as Uint8Array
      const bytes = round % 50 === 0 ? noise(random, random.below(400)) : mutated(whole, random)
      const found = match(bytes, 0, bytes.length, { id: 0x1234, type: 1, name: name('www.example.com') })
      if (found.kind !== 'response') continue
      read++
      const findings = findingsOf(found.message, { question: asked, zone: ZONE, trust: TRUST.authoritative, now: 5, source: 'x' })
      if (findings.kind === 'answered') findings.findings.forEach(check)
      const judged = judge(found.message, { zone: ZONE, asked, question: asked, now: 5, source: 'x' })
      if (judged.kind === 'answer') judged.findings.forEach(check)
      if (judged.kind === 'referral') {
        expect([isAtOrBelow(judged.cut, ZONE), isAtOrBelow(asked.key, judged.cut), judged.cut !== ZONE]).toEqual([true, true, true])
        expect(judged.servers.length).toBeGreaterThan(0)
      }
    }
    expect(read).toBeGreaterThan(ROUNDS / 10)
  })

  test('recursion over a server that damages all it says ends, and leaves nothing behind', () => {
    const random = new SeededRandom(2)
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': 'www 300 A 192.0.2.80\na 60 CNAME www\nd 60 DNAME www' }, {
      faults: [(_query, replies) => replies.map((reply) => (reply.bytes === 'refuse' ? reply : { ...reply, bytes: mutated(reply.bytes, random) }))],
    })
    const bench = new RecursionBench(net)
    for (let i = 0; i < 300; i++) bench.tell(['www', 'a', 'x.d', `n${i}`, `a.b${i}`][i % 5] + '.example.com', 'A')
    bench.net.clock.advance(60_000)
    expect([bench.recursion.underWay, bench.exchange.underWay, bench.resolver.pending]).toEqual([0, 0, 0])
  })

  test('a hints file of anything is read or refused', () => {
    const random = new SeededRandom(3)
    const whole = new TextEncoder().encode('. 3600000 NS A.ROOT-SERVERS.NET.\nA.ROOT-SERVERS.NET. 3600000 A 198.41.0.4\n')
    for (let i = 0; i < 500; i++) {
      const read = parseRootHints(new TextDecoder('latin1').decode(mutated(whole, random)))
      if (read.ok) expect(read.value.length).toBeGreaterThan(0)
    }
  })
})
