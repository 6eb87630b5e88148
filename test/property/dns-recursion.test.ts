/**
 * Trees of delegations with faults, by seed: every question ends in time and within its budget, nothing is left behind,
 * and what is answered is what the tree says. One honest server for each zone is always there.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Budget } from '../../services/dns/resolver/source.ts'
import { HINTS, RecursionBench, ROOT_AT } from '../support/recursion-bench.ts'
import { FAULTS, slowBy, VirtualInternet } from '../support/virtual-internet.ts'
import type { Fault } from '../support/virtual-internet.ts'

/** What a server may have wrong with it and still be survived by its zone, which has an honest one beside it. */
const PASSABLE: readonly (readonly [string, Fault])[] = [
  ['dead', FAULTS.dead], ['hostDown', FAULTS.hostDown], ['servfail', FAULTS.servfail], ['refused', FAULTS.refused],
  ['upward', FAULTS.upward], ['notAuthoritative', FAULTS.notAuthoritative], ['truncating', FAULTS.truncating],
  ['formerrToEdns', FAULTS.formerrToEdns], ['silentToEdns', FAULTS.silentToEdns], ['malformed', FAULTS.malformed],
  ['wrongId', FAULTS.wrongId], ['wrongQuestion', FAULTS.wrongQuestion], ['lowersCase', FAULTS.lowersCase], ['slow', slowBy(700)],
]

type Tree = {
  /** Zones below one another: how each finds its servers, and what is wrong with the first of the two. */
  readonly zones: readonly { readonly glue: boolean; readonly fault: number; readonly dots: number }[]
  readonly seed: number
  readonly mixCase: boolean
  readonly minimise: boolean
}

const tree: fc.Arbitrary<Tree> = fc.record({
  zones: fc.array(fc.record({ glue: fc.boolean(), fault: fc.integer({ min: 0, max: PASSABLE.length - 1 }), dots: fc.integer({ min: 0, max: 2 }) }), { minLength: 1, maxLength: 4 }),
  seed: fc.nat(), mixCase: fc.boolean(), minimise: fc.boolean(),
})

/** The honest server of zone n has address 10.n.0.1, the faulty one 10.n.0.2; names of glueless ones lie in "hosts". */
function plant({ zones }: Tree): { readonly net: VirtualInternet; readonly name: string } {
  const net = new VirtualInternet()
  const hosts: string[] = []
  let parent = ''
  const texts: { readonly zone: string; lines: string[] }[] = [{ zone: '.', lines: [
    `@ 600 NS a.root-servers.example.`, `a.root-servers.example. 600 A ${ROOT_AT}`, 'hosts. 600 NS ns.hosts.', 'ns.hosts. 600 A 10.99.0.1',
  ] }]
  zones.forEach(({ glue, dots }, i) => {
    const zone = [`z${i}`, ...Array.from({ length: dots }, (_, d) => `d${d}`), ...(parent === '' ? [] : [parent])].join('.')
    const lines = texts[i]?.lines ?? []
    for (const n of [1, 2]) {
      const ns = glue ? `ns${n}.${zone}` : `s${i}x${n}.hosts`
      lines.push(`${zone}. 600 NS ${ns}.`)
      if (glue) lines.push(`${ns}. 600 A 10.${i}.0.${n}`)
      else hosts.push(`s${i}x${n} 600 A 10.${i}.0.${n}`)
    }
    texts.push({ zone, lines: [`www 60 A 192.0.2.${i + 1}`, `alias 60 CNAME www`] })
    parent = zone
  })
  texts.forEach(({ zone, lines }, i) => {
    if (i === 0) net.server(ROOT_AT, { [zone]: lines.join('\n') })
    else {
      net.server(`10.${i - 1}.0.1`, { [zone]: lines.join('\n') })
      net.server(`10.${i - 1}.0.2`, { [zone]: lines.join('\n') }, { faults: [PASSABLE[zones[i - 1]?.fault ?? 0]?.[1] ?? FAULTS.dead] })
    }
  })
  net.server('10.99.0.1', { hosts: hosts.join('\n') })
  return { net, name: parent }
}

describe('recursion over trees of zones with faults', () => {
  test('what there is is found, what there is not is denied, and nothing is left behind', () => {
    fc.assert(fc.property(tree, (given) => {
      const { net, name } = plant(given)
      const bench = new RecursionBench(net, { hints: HINTS, mixCase: given.mixCase, minimise: given.minimise }, given.seed)
      const address = `192.0.2.${given.zones.length}`
      for (const [question, type, told] of [
        [`www.${name}`, 'A', [`rrset | www.${name} 60 A ${address}`]],
        [`alias.${name}`, 'A', [`alias | alias.${name} 60 CNAME www.${name}`, `rrset | www.${name} 60 A ${address}`]],
        [`nothing.${name}`, 'A', [expect.stringMatching(/^nxdomain/)]],
        [`www.${name}`, 'TXT', [expect.stringMatching(/^nodata/)]],
      ] as const) {
        const budget = new Budget()
        const at = net.clock.now()
        expect(bench.tell(question, type, budget)).toEqual(told)
        expect(net.clock.now() - at).toBeLessThanOrEqual(10_000)
        expect(budget.queries).toBeGreaterThanOrEqual(0)
      }
      net.clock.advance(60_000)
      expect([bench.recursion.underWay, bench.exchange.underWay, bench.resolver.pending]).toEqual([0, 0, 0])
    }), { numRuns: 40 })
  })

  test('where nobody is honest it ends all the same, in time, within the budget, and says nothing wrong', () => {
    fc.assert(fc.property(tree, fc.integer({ min: 0, max: 3 }), (given, broken) => {
      const { net, name } = plant(given)
      const at = Math.min(broken, given.zones.length - 1)
      const fault = PASSABLE[given.zones[at]?.fault ?? 0]?.[1] ?? FAULTS.dead
      for (const n of [1, 2]) net.server(`10.${at}.0.${n}`, { unrelated: '' }, { faults: [fault] })
      const bench = new RecursionBench(net, { hints: HINTS, mixCase: given.mixCase, minimise: given.minimise }, given.seed)
      const budget = new Budget()
      const began = net.clock.now()
      expect(bench.tell(`www.${name}`, 'A', budget)[0]).toMatch(/^failed: /)
      expect(net.clock.now() - began).toBeLessThanOrEqual(10_000)
      net.clock.advance(60_000)
      expect([bench.recursion.underWay, bench.exchange.underWay, bench.resolver.pending]).toEqual([0, 0, 0])
    }), { numRuns: 30 })
  })
})
