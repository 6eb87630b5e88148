/** One of a zone's servers says what proves wrong: the others are asked, as Unbound and BIND do. */
import { describe, expect, test } from 'vitest'
import { parseTrustAnchors } from '../../../../../services/dns/validator/anchor-file.ts'
import { ROOT_AT } from '../../../../support/recursion-bench.ts'
import { ResolvingBench } from '../../../../support/resolving-bench.ts'
import { keyPair, signingKey } from '../../../../support/dnssec.ts'
import { FAULTS, signed, VirtualInternet } from '../../../../support/virtual-internet.ts'
import type { Fault } from '../../../../support/virtual-internet.ts'

const ZONE = '@ 3600 NS ns1\n@ 3600 NS ns2\nns1 3600 A 192.0.2.1\nns2 3600 A 192.0.2.2\nwww 300 A 192.0.2.80\nmail 300 MX 10 www'

type Second = { readonly keys?: ReturnType<typeof signed> | undefined; readonly text?: string; readonly faults?: readonly Fault[] }

/** example has two servers; what the second one has is said. */
function world(second: Second, seed: number): ResolvingBench {
  const net = new VirtualInternet()
  const [root, example] = [signed('.'), signed('example')]
  net.server(ROOT_AT, { '.': `
    @ 518400 NS a.root-servers.example.
    a.root-servers.example. 518400 A ${ROOT_AT}
    example. 172800 NS ns1.example.\nexample. 172800 NS ns2.example.
    ns1.example. 172800 A 192.0.2.1\nns2.example. 172800 A 192.0.2.2
    ${example.ds}
  ` }, { signed: { '.': root.signing } })
  net.server('192.0.2.1', { example: ZONE }, { signed: { example: example.signing } })
  net.server('192.0.2.2', { example: second.text ?? ZONE }, {
    ...('keys' in second ? (second.keys === undefined ? {} : { signed: { example: second.keys.signing } }) : { signed: { example: example.signing } }),
    faults: second.faults ?? [],
  })
  const anchors = parseTrustAnchors(root.ds)
  if (!anchors.ok) throw new Error('no anchor')
  return new ResolvingBench(net, { anchors: anchors.value, seed })
}

const OTHER = signed('example', {}, signingKey(13, {}, keyPair(13, 7)))
const SEEDS = [1, 2, 3, 4, 5, 6]

describe('one server of two', () => {
  test.each<readonly [string, Second]>([
    ['leaves signatures out', { keys: undefined }],
    ['has the zone signed with other keys', { keys: OTHER }],
    ['cannot read EDNS, and so has no signatures to give', { faults: [FAULTS.formerrToEdns] }],
  ])('%s: what the other says is found and validated', (_what, second) => {
    for (const seed of SEEDS) {
      const bench = world(second, seed)
      expect(bench.tell('www.example', 'A')).toBe('NOERROR ad | www.example 300 A 192.0.2.80')
      expect(bench.tell('mail.example', 'MX')).toBe('NOERROR ad | mail.example 300 MX 10 www.example')
      expect(bench.tell('nothing.example', 'A')).toMatch(/^NXDOMAIN ad/)
      expect(bench.server.counters.get('servfail')).toBe(0)
    }
  })

  test('where both are wrong it is SERVFAIL after a few queries, and none is spent on it again', () => {
    const net = new VirtualInternet()
    const [root, example] = [signed('.'), signed('example')]
    const delegation = ['1', '2', '3', '4'].map((n) => `example. 172800 NS ns${n}.example.\nns${n}.example. 172800 A 192.0.2.${n}`).join('\n')
    net.server(ROOT_AT, { '.': `@ 518400 NS a.root-servers.example.\na.root-servers.example. 518400 A ${ROOT_AT}\n${delegation}\n${example.ds}` }, { signed: { '.': root.signing } })
    for (const n of [1, 2, 3, 4]) net.server(`192.0.2.${n}`, { example: ZONE }, { signed: { example: OTHER.signing } })
    const anchors = parseTrustAnchors(root.ds)
    if (!anchors.ok) throw new Error('no anchor')
    const bench = new ResolvingBench(net, { anchors: anchors.value })
    expect(bench.tell('www.example', 'A')).toBe('SERVFAIL')
    expect(net.asked().length).toBeLessThan(16)
    expect(bench.tell('mail.example', 'MX')).toBe('SERVFAIL')
    expect(net.asked().length).toBeLessThan(6)
  })
})
