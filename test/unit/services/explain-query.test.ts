import { describe, expect, test } from 'vitest'
import { explainQuery } from '../../../services/explain-query.ts'
import type { QueryExplanationView } from '../../../services/facade.ts'
import type { NetworkSide } from '../../../services/network-side.ts'
import { formatIpv4, ipv4 } from '../../../stack/index.ts'
import { smallInternet } from '../../support/recursion-bench.ts'
import { ResolvingBench } from '../../support/resolving-bench.ts'
import { FAULTS } from '../../support/virtual-internet.ts'

/** The explanation of a bench's server, while its time goes on. */
async function explained(bench: ResolvingBench, input: Parameters<typeof explainQuery>[1]): Promise<QueryExplanationView | string> {
  const explainName = async (name: string, type: string, client?: number, fresh?: boolean) => {
    const answer = bench.server.explain(name, type, { client, fresh })
    for (let i = 0; i < 100; i++) bench.net.clock.advance(20)
    return { ok: true, value: await answer } as const
  }
  const told = await explainQuery({ dns: { explainName } } as unknown as NetworkSide, input)
  return told.ok ? told.value : `${told.error.field}: ${told.error.problem}`
}

describe('how a question is answered', () => {
  test('each server that was asked, with time and outcome; then the cache; then anew', async () => {
    const bench = new ResolvingBench(smallInternet())
    const first = await explained(bench, { name: 'www.example.com' })
    expect(first).toMatchObject({
      name: 'www.example.com', type: 'A', client: null, rcode: 'NOERROR', answers: ['www.example.com 300 IN A 192.0.2.80'], origin: 'network', authentic: false, rule: null,
      cache: { state: 'miss' },
      servers: [
        { zone: '.', name: 'com', outcome: 'referred', tookMs: 20 },
        { server: '192.5.6.30', zone: 'com', name: 'example.com', outcome: 'referred', tookMs: 20 },
        { server: '192.0.2.53', zone: 'example.com', name: 'www.example.com', type: 'A', outcome: 'answered', tookMs: 20 },
      ],
    })
    expect(await explained(bench, { name: 'www.example.com' })).toMatchObject({ origin: 'cache', cache: { state: 'hit', source: '192.0.2.53' }, servers: [] })
    expect(await explained(bench, { name: 'WWW.example.com.', fresh: true })).toMatchObject({ origin: 'network', servers: [{ server: '192.0.2.53', outcome: 'answered' }] })
  })

  test('what went wrong, and that it is not tried again at once', async () => {
    const net = smallInternet()
    net.server('192.0.2.53', {}, { faults: [FAULTS.refused] })
    const bench = new ResolvingBench(net)
    expect(await explained(bench, { name: 'www.example.com', type: 'aaaa' })).toMatchObject({
      rcode: 'SERVFAIL', origin: 'failure', type: 'AAAA', servers: [{}, {}, { server: '192.0.2.53', outcome: 'useless' }],
    })
    expect(await explained(bench, { name: 'www.example.com', type: 'AAAA' })).toMatchObject({ cache: { state: 'failed-lately' } })
  })

  test('the rule that decided for this client', async () => {
    const bench = new ResolvingBench(smallInternet())
    bench.server.setPolicy({
      policySetOf: (client) => (formatIpv4(client) === '10.53.0.20' ? 1 : 0), dns64Of: () => undefined, decideFinding: () => undefined, changesAt: () => Number.POSITIVE_INFINITY,
      decideName: (set) => (set === 1 ? { action: 'nxdomain', list: 'ads', rule: '||example.com^' } : undefined),
    })
    expect(await explained(bench, { name: 'www.example.com', client: '10.53.0.20' })).toMatchObject({
      rcode: 'NXDOMAIN', origin: 'policy', client: '10.53.0.20', rule: { action: 'nxdomain', list: 'ads', rule: '||example.com^' }, cache: { state: 'not-looked' },
    })
    expect(ipv4('10.53.0.20')).not.toBe(0)
    expect(await explained(bench, { name: 'www.example.com', client: '10.53.0.21' })).toMatchObject({ rcode: 'NOERROR', rule: null })
  })

  test.each([
    [{ name: 'www.example', client: 'me' }, '/client: "me" is not an IPv4 address'],
    [{ name: 'www.example', type: 'NONSENSE' }, '/type: NONSENSE is no type that is answered'],
    [{ name: `${'a'.repeat(64)}.example` }, /\/name: .* is no domain name/],
  ])('%j is refused', async (input, problem) => {
    expect(await explained(new ResolvingBench(smallInternet()), input)).toMatch(problem)
  })
})
