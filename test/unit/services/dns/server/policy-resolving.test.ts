/** Policy in a whole server that recurses over a virtual Internet: by the answer, its servers, and link by link. */
import { describe, expect, test } from 'vitest'
import { isAtOrBelow, keyOf } from '../../../../../services/dns/wire/name.ts'
import type { PolicySet } from '../../../../../services/dns/index.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import { zoneOf } from '../../../../support/dns.ts'
import { PolicyBench } from '../../../../support/dns-policy.ts'
import type { TextList } from '../../../../support/dns-policy.ts'
import { ROOT_AT } from '../../../../support/recursion-bench.ts'
import { ResolvingBench } from '../../../../support/resolving-bench.ts'
import { VirtualInternet } from '../../../../support/virtual-internet.ts'

const LAB = keyOf('lab.internal')

/** Two hosters: shop.zone is at one, bad.zone and what it leads to at the other. */
function world(lists: { readonly [name: string]: TextList }, set: Partial<PolicySet> = {}) {
  const net = new VirtualInternet()
  net.server(ROOT_AT, { '.': `
    @ 518400 NS a.root-servers.example.
    a.root-servers.example. 518400 A ${ROOT_AT}
    zone. 172800 NS ns.zone.
    ns.zone. 172800 A 192.0.2.10
  ` })
  net.server('192.0.2.10', { zone: `
    @ 3600 NS ns
    ns 3600 A 192.0.2.10
    shop 3600 NS ns.shop
    ns.shop 3600 A 192.0.2.20
    bad 3600 NS ns.hoster.bad
    ns.hoster.bad 3600 A 192.0.2.30
  ` })
  net.server('192.0.2.20', { 'shop.zone': `
    @ 3600 NS ns
    ns 3600 A 192.0.2.20
    www 300 A 203.0.113.20
    metrics 300 CNAME collect.bad.zone.
    nas 300 CNAME nas.lab.internal.
    back 300 CNAME back.lab.internal.
    lab 300 CNAME www.lab.internal.
    home 300 A 192.168.1.1
    home 300 AAAA 2001:db8::1
  ` })
  net.server('192.0.2.30', { 'bad.zone': `
    @ 3600 NS ns.hoster
    ns.hoster 3600 A 192.0.2.30
    collect 300 A 203.0.113.30
    www 300 A 203.0.113.31
  ` })
  const resolving = new ResolvingBench(net, { validation: 'no', zones: [zoneOf('lab.internal', 'nas A 10.0.0.9\nwww A 203.0.113.80\nback CNAME nas')] })
  const policy = new PolicyBench({ serversOf: (zone) => resolving.server.serversOf(zone), isLocal: (key) => isAtOrBelow(key, LAB) })
  policy.lists(lists).sets({ rebinding: 'no', ...set })
  resolving.server.setPolicy(policy.engine)
  return { net, tell: (name: string, type = 'A', from?: string) => resolving.tell(name, type, from === undefined ? {} : { from: ipv4(from) }), asked: () => net.asked().length }
}
const soa = (name: string): string => `${name} 10 SOA policy.invalid policy.invalid 1 3600 600 86400 10`

describe('by name', () => {
  test('a blocked name is asked of nobody; again from what is finished', () => {
    const { tell, asked } = world({ ads: { text: 'bad.zone' } })
    expect([tell('www.bad.zone'), tell('www.bad.zone'), asked()]).toEqual([`NXDOMAIN | ${soa('www.bad.zone')}`, `NXDOMAIN | ${soa('www.bad.zone')}`, 0])
  })

  test('a tracker behind an alias blocks the whole answer, unless the first name is allowed', () => {
    const blocked = world({ ads: { text: 'bad.zone' } })
    for (let times = 0; times < 3; times++) expect(blocked.tell('metrics.shop.zone')).toBe(`NXDOMAIN | ${soa('metrics.shop.zone')}`)
    const allowed = world({ ads: { text: 'bad.zone' }, good: { text: 'shop.zone', kind: 'allow' } })
    expect(allowed.tell('metrics.shop.zone')).toBe('NOERROR | metrics.shop.zone 300 CNAME collect.bad.zone | collect.bad.zone 300 A 203.0.113.30')
  })

  test('a rule may lead elsewhere, also to a name of ours', () => {
    const { tell } = world({ r: { format: 'rpz', text: 'www.bad.zone CNAME nas.lab.internal.\n*.bad.zone CNAME www.shop.zone.\n' } })
    expect(tell('www.bad.zone')).toBe('NOERROR | www.bad.zone 3600 CNAME nas.lab.internal | nas.lab.internal 300 A 10.0.0.9')
    expect(tell('x.bad.zone', 'AAAA')).toMatch(/^NOERROR \| x.bad.zone 3600 CNAME www.shop.zone/)
  })

  test('what one client is told because of its address is told nobody else', () => {
    const { tell } = world({ l: { format: 'adblock', text: '||bad.zone^$client=10.0.0.1\n||shop.zone^$client=~10.0.0.1' } })
    for (let times = 0; times < 3; times++) {
      expect([tell('www.bad.zone', 'A', '10.0.0.1'), tell('www.bad.zone', 'A', '10.0.0.2')]).toEqual([expect.stringContaining('NXDOMAIN'), expect.stringContaining('203.0.113.31')])
      expect([tell('www.shop.zone', 'A', '10.0.0.1'), tell('www.shop.zone', 'A', '10.0.0.2')]).toEqual([expect.stringContaining('203.0.113.20'), expect.stringContaining('NXDOMAIN')])
    }
  })
})

describe('by what was found', () => {
  test.each([
    ['32.31.113.0.203.rpz-ip CNAME .', 'NXDOMAIN', 'NOERROR'],
    ['24.0.113.0.203.rpz-ip CNAME *.', 'NOERROR | www.bad.zone 10 SOA policy.invalid', 'NOERROR | www.shop.zone 10 SOA policy.invalid'],
    ['ns.hoster.bad.zone.rpz-nsdname CNAME .', 'NXDOMAIN', 'NOERROR | www.shop.zone 300 A'],
    ['*.bad.zone.rpz-nsdname A 192.0.2.99', 'NOERROR | www.bad.zone 60 A 192.0.2.99', 'NOERROR | www.shop.zone 300 A'],
    ['32.30.2.0.192.rpz-nsip CNAME .', 'NXDOMAIN', 'NOERROR | www.shop.zone 300 A'],
    // Servers of a top-level domain are minded by nobody.
    ['32.10.2.0.192.rpz-nsip CNAME .', 'NOERROR | www.bad.zone 300 A', 'NOERROR | www.shop.zone 300 A'],
  ])('%s', (rule, bad, shop) => {
    const { tell } = world({ z: { format: 'rpz', text: `$TTL 60\n${rule}\n` } })
    for (let times = 0; times < 2; times++) expect([tell('www.bad.zone'), tell('www.shop.zone')]).toEqual([expect.stringContaining(bad), expect.stringContaining(shop)])
  })
})

describe('public names that lead here', () => {
  test('give no data, by address and by alias; other types and other names do', () => {
    const { tell } = world({}, { rebinding: 'yes' })
    for (let times = 0; times < 2; times++) {
      expect(tell('home.shop.zone')).toBe(`NOERROR | ${soa('home.shop.zone')}`)
      expect(tell('home.shop.zone', 'AAAA')).toBe('NOERROR | home.shop.zone 300 AAAA 2001:db8::1')
      expect(tell('nas.shop.zone')).toBe(`NOERROR | ${soa('nas.shop.zone')}`)
      expect(tell('back.shop.zone')).toBe(`NOERROR | ${soa('back.shop.zone')}`)
      expect(tell('lab.shop.zone')).toBe('NOERROR | lab.shop.zone 300 CNAME www.lab.internal | www.lab.internal 300 A 203.0.113.80')
      expect(tell('www.shop.zone')).toBe('NOERROR | www.shop.zone 300 A 203.0.113.20')
      expect(tell('nas.lab.internal')).toBe('NOERROR | nas.lab.internal 300 A 10.0.0.9')
    }
  })

  test('are let through where the policy says so', () => {
    const { tell } = world({}, { rebinding: 'yes', rebindingExceptions: [keyOf('shop.zone')] })
    expect([tell('home.shop.zone'), tell('nas.shop.zone')]).toEqual([
      'NOERROR | home.shop.zone 300 A 192.168.1.1', 'NOERROR | nas.shop.zone 300 CNAME nas.lab.internal | nas.lab.internal 300 A 10.0.0.9',
    ])
    // The servers of this Internet have addresses for documentation: with auto they count as ours.
    expect(world({}, { rebinding: 'auto' }).tell('home.shop.zone')).toBe('NOERROR | home.shop.zone 300 A 192.168.1.1')
  })
})
