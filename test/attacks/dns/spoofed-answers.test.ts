/**
 * Spoofed answers: somebody who does not see the questions sends answers to them, in time before the real one. Another id,
 * another question, another letter case, or words about names of others: none is believed, and none is kept.
 */
import { expect, test } from 'vitest'
import { AttackBench } from '../../support/attack-bench.ts'
import { FAULTS, only, saying, type Fault, type Reply } from '../../support/virtual-internet.ts'

const FORGED = '198.51.100.66'

/** So many forged answers just before the real one, if that is asked for over UDP: who connects by TCP sees who answers. */
const before = (count: number, forge: (i: number, real: Uint8Array) => Uint8Array): Fault => (query, replies) => {
  const [real] = replies
  if (query.transport !== 'udp' || real === undefined || real.bytes === 'refuse') return replies
  const { bytes } = real
  const forged: Reply[] = Array.from({ length: count }, (_, i) => ({ bytes: forge(i, bytes.slice()), afterMs: 1 + i / count }))
  return [...forged, ...replies]
}

/** The real answer with another address: that of a forger. */
function lying(bytes: Uint8Array): Uint8Array {
  bytes.set([198, 51, 100, 66], bytes.length - (bytes[11] === 1 ? 15 : 4))
  return bytes
}

test.each<readonly [string, Fault]>([
  ['one with another id', before(1, (_, real) => { real[0] = (real[0] as number) ^ 1; return lying(real) })],
  ['five thousand ids, none of them the right one', before(5_000, (i, real) => {
    const right = ((real[0] as number) << 8) | (real[1] as number)
    const guess = (right + 1 + i * 13) & 0xffff
    if (guess === right) return real.fill(0)
    real[0] = guess >> 8
    real[1] = guess & 255
    return lying(real)
  })],
  ['another name in the question', before(20, (i, real) => { real[13 + (i % 3)] = 0x61 + i; return lying(real) })],
  ['another type in the question', before(1, (_, real) => { real[12 + 17 + 1] = 28; return lying(real) })],
  ['a query, not an answer', before(1, (_, real) => { real[2] = (real[2] as number) & 0x7f; return lying(real) })],
  ['no question at all', before(1, (_, real) => { real[1] = (real[1] as number) ^ 8; real[5] = 0; return lying(real) })],
])('%s', (_title, forger) => {
  const bench = new AttackBench('')
  const [example] = [bench.net.server('192.0.2.53', { 'example.com': '@ 3600 NS ns1\nns1 3600 A 192.0.2.53\nwww 300 A 192.0.2.80\nmail 300 A 192.0.2.25' }, { faults: [only(({ name }) => name.toLowerCase() === 'www.example.com', forger)] })]
  expect(bench.tell('www.example.com', 'A')).toBe('NOERROR | www.example.com 300 A 192.0.2.80')
  example.faults = [FAULTS.dead]
  expect(bench.tell('www.example.com', 'A')).toBe('NOERROR | www.example.com 300 A 192.0.2.80')
})

test('with random letter case even the right id is not enough', () => {
  const bench = new AttackBench('', [], { mixCase: true })
  const lower = before(1, (_, real) => {
    for (let i = 13; i < 28; i++) if ((real[i] as number) >= 0x41 && (real[i] as number) <= 0x5a) real[i] = (real[i] as number) + 32
    return lying(real)
  })
  bench.net.server('192.0.2.53', { 'example.com': '@ 3600 NS ns1\nns1 3600 A 192.0.2.53\nwww 300 A 192.0.2.80' }, { faults: [only(({ name }) => name.toLowerCase() === 'www.example.com', lower)] })
  expect(bench.tell('www.example.com', 'A')).toBe('NOERROR | www.example.com 300 A 192.0.2.80')
})

test.each<readonly [string, Parameters<typeof saying>[0]]>([
  ['beside an answer', { flags: 0x0400, answer: 'x.evil.com 60 A 203.0.113.1', additional: `www.example.com 86400 A ${FORGED}` }],
  ['in it', { flags: 0x0400, answer: `x.evil.com 60 A 203.0.113.1\nwww.example.com 86400 A ${FORGED}` }],
  ['behind an alias', { flags: 0x0400, answer: `x.evil.com 60 CNAME www.example.com\nwww.example.com 86400 A ${FORGED}` }],
  ['as servers of others', { authority: 'example.com 86400 NS ns.evil.com\ncom 86400 NS ns.evil.com', additional: 'ns.evil.com 60 A 203.0.113.66' }],
  ['as the root', { authority: '. 86400 NS ns.evil.com', additional: 'ns.evil.com 60 A 203.0.113.66' }],
])('a server speaks of names that are not its own, %s: nobody is misled', (_where, shape) => {
  const bench = new AttackBench('', [saying(shape)])
  for (const name of ['x.evil.com', 'y.evil.com']) bench.tell(name, 'A')
  bench.net.asked()
  expect(bench.tell('www.example.com', 'A')).toBe('NOERROR | www.example.com 300 A 192.0.2.80')
  expect(bench.askedOfEvil).toBe(0)
})
