import { describe, expect, test } from 'vitest'
import { DnsServer } from '../../../services/dns/index.ts'
import { judgeByCopy } from '../../../services/dns/recursion/local-root.ts'
import { keyOf } from '../../../services/dns/wire/name.ts'
import type { LiveZone } from '../../../services/dns/index.ts'
import { SeededSecureRandom } from '../../../stack/platform/index.ts'
import { zoneOf } from '../../support/dns.ts'
import { RecursionBench, ROOT_AT, smallInternet } from '../../support/recursion-bench.ts'
import { ResolvingBench } from '../../support/resolving-bench.ts'
import { signed } from '../../support/virtual-internet.ts'

const com = signed('com')
const ROOT = `
  @ 86400 SOA a.root-servers.example. nstld.example. 2026112200 1800 900 604800 86400
  @ 518400 NS a.root-servers.example.
  a.root-servers.example. 518400 A ${ROOT_AT}
  com. 172800 NS a.gtld.com.
  a.gtld.com. 172800 A 192.5.6.30
  org. 172800 NS a.gtld.com.
  ${com.ds}
`

function copy(isSigned: boolean): { readonly bench: RecursionBench; readonly zone: LiveZone } {
  const net = smallInternet()
  const ports = { clock: net.clock, random: new SeededSecureRandom(1), query: () => ({ cancel: () => {} }) }
  const server = new DnsServer(ports, { upstreams: [], cache: { octets: 65_536 } }, [zoneOf('.', ROOT, 1)])
  if (isSigned) server.setSigning(1, signed('.').signing)
  const zone = server.zones.byId(1)
  if (zone === undefined) throw new Error('the zone was made')
  return { zone, bench: new RecursionBench(net, { localRoot: (situation) => judgeByCopy(zone, situation) }) }
}
const atRoot = (bench: RecursionBench): readonly string[] => bench.net.asked().filter((line) => line.startsWith(ROOT_AT))

describe('RFC 8806 §2 the root out of a copy of its zone', () => {
  test.each([true, false])('no root server hears of any question (signed: %s)', (isSigned) => {
    const { bench } = copy(isSigned)
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
    expect(bench.tell('nothing', 'A')[0]).toMatch(/^nxdomain \| \. /)
    expect(bench.tell('.', 'NS')).toEqual(['rrset | . 518400 NS a.root-servers.example'])
    expect(atRoot(bench)).toEqual([])
  })

  test('signatures, DS and proofs come along, so that it can be validated as if it had come from the root', () => {
    const { bench } = copy(true)
    expect(bench.ask('com', 'DS')).toMatchObject({ kind: 'answered', findings: [{ kind: 'rrset', answer: [{ rrset: { type: 43 }, signatures: { type: 46 } }] }] })
    expect(bench.ask('nothing.at.all', 'A')).toMatchObject({ kind: 'answered', findings: [{ kind: 'nxdomain', authority: [{ rrset: { type: 6 } }, { rrset: { type: 47 } }, { rrset: { type: 47 } }] }] })
    expect(bench.ask('.', 'DNSKEY')).toMatchObject({ kind: 'answered', findings: [{ kind: 'rrset', answer: [{ signatures: { type: 46 } }] }] })
    bench.ask('www.org', 'A')
    expect(bench.cache.rrset(0, keyOf('org'), 43)).toMatchObject({ kind: 'nodata', authority: [{ rrset: { type: 47 }, signatures: { type: 46 } }] })
    expect(bench.ask('com', 'TXT')).toMatchObject({ findings: [{ zone: keyOf('com') }] })
  })

  test('explain says that it was the copy', () => {
    const { bench } = copy(true)
    bench.tell('nothing', 'A')
    expect(bench.traced).toContainEqual(['dns.recursion.asked', { server: 'the copy of the root held here', zone: '.', name: 'nothing', type: 'A' }])
  })
})

describe('RFC 8806 §3 the copy is for the resolver alone', () => {
  function server(upstreams: 'root' | 'none'): ResolvingBench {
    const bench = new ResolvingBench(smallInternet(), {
      zones: [zoneOf('.', ROOT, 1)], validation: 'no', ...(upstreams === 'none' ? { recursion: undefined } : {}),
    })
    const zone = bench.server.zones.get('.')
    if (zone === undefined) throw new Error('the zone was made')
    zone.isSecondary = true
    return bench
  }

  test('a client that asks for recursion gets what recursion finds, without AA, and no root server is asked', () => {
    const bench = server('root')
    expect(bench.ask('www.example.com', 'A')).toMatchObject({ rcode: 'NOERROR', flags: 'rd ra', answer: ['www.example.com 300 A 192.0.2.80'] })
    expect(bench.ask('nothing', 'A')).toMatchObject({ rcode: 'NXDOMAIN', flags: 'rd ra' })
    expect(bench.net.asked().filter((line) => line.startsWith(ROOT_AT))).toEqual([])
  })

  test('who does not, and who has nobody else to ask, is answered from the zone as from any other', () => {
    expect(server('root').ask('nothing', 'A', { flags: 0 })).toMatchObject({ rcode: 'NXDOMAIN', flags: 'aa ra' })
    expect(server('none').ask('nothing', 'A')).toMatchObject({ rcode: 'NXDOMAIN', flags: 'aa rd' })
  })
})

describe('RFC 8806 §4 when the copy cannot be used', () => {
  test('an expired copy is left alone, and the root servers are asked', () => {
    const { bench, zone } = copy(true)
    zone.isServed = false
    expect(bench.tell('www.example.com', 'A')).toEqual(['rrset | www.example.com 300 A 192.0.2.80'])
    expect(atRoot(bench)).toContain(`${ROOT_AT} com A`)
  })
})
