import { describe, expect, test } from 'vitest'
import { keyOf } from '../../../services/dns/wire/name.ts'
import { ipv4 } from '../../../stack/index.ts'
import { RecursionBench, ROOT_AT, smallInternet } from '../../support/recursion-bench.ts'
import { FAULTS, VirtualInternet } from '../../support/virtual-internet.ts'

const ROOT = `@ 600 NS a.root-servers.example.\n@ 600 NS b.root-servers.example.
  a.root-servers.example. 600 A ${ROOT_AT}\nb.root-servers.example. 600 A 198.41.0.5
  com. 172800 NS a.gtld.com.\na.gtld.com. 172800 A 192.5.6.30`
const primings = (bench: RecursionBench): readonly string[] => bench.net.asked().filter((line) => line.endsWith(' . NS'))

describe('RFC 9609 §3 the priming query', () => {
  test('§3 is for NS of the root, RD is 0, with the first question that needs it', () => {
    const bench = new RecursionBench(smallInternet())
    expect(bench.net.asked()).toEqual([])
    bench.begin('www.example.com', 'A')
    const [first] = bench.net.heard
    expect(first?.query).toMatchObject({ name: '.', type: 'NS', edns: true })
    expect((first?.query.bytes[2] ?? 0) & 1).toBe(0)
  })

  test('§3.1 once; again when what it brought has ended', () => {
    const net = smallInternet()
    for (const address of [ROOT_AT, '198.41.0.5']) net.server(address, { '.': ROOT })
    const bench = new RecursionBench(net)
    for (const name of ['a', 'b', 'c']) bench.tell(name, 'A')
    expect(primings(bench)).toHaveLength(1)
    bench.net.clock.advance(600_000)
    for (const name of ['d', 'e']) bench.tell(name, 'A')
    expect(primings(bench)).toHaveLength(1)
  })

  test('§3.2 a server of the list that is silent is passed over', () => {
    const net = smallInternet()
    net.server('198.41.0.5', { '.': ROOT }, { faults: [FAULTS.dead] })
    for (let seed = 1; seed < 6; seed++) {
      const bench = new RecursionBench(net, { hints: [
        { name: keyOf('b.root-servers.example'), addresses: [ipv4('198.41.0.5')] }, { name: keyOf('a.root-servers.example'), addresses: [ipv4(ROOT_AT)] },
      ] }, seed)
      bench.tell('www.example.com', 'A')
      bench.net.clock.advance(3000)
      expect(bench.events).toMatchObject([['dns.recursion.primed', { server: ROOT_AT }]])
    }
  })
})

describe('RFC 9609 §4 the priming response', () => {
  test('§4.1 its names and addresses take the place of the list', () => {
    const net = smallInternet()
    for (const address of [ROOT_AT, '198.41.0.5']) net.server(address, { '.': ROOT })
    const bench = new RecursionBench(net)
    bench.tell('com', 'NS')
    bench.net.remove(ROOT_AT)
    expect(bench.tell('nothing', 'A')[0]).toMatch(/^nxdomain/)
    expect(bench.net.asked().at(-1)).toBe('198.41.0.5 nothing A')
  })

  test('§4.2 without addresses it changes nothing', () => {
    const net = new VirtualInternet()
    net.server(ROOT_AT, { '.': '@ 600 NS a.elsewhere.example.' })
    const bench = new RecursionBench(net)
    bench.tell('com', 'A')
    expect(bench.events).toEqual([['dns.recursion.not-primed', { because: 'no addresses came with them' }]])
    bench.tell('org', 'A')
    expect(bench.net.asked()).toContain(`${ROOT_AT} org A`)
  })
})
