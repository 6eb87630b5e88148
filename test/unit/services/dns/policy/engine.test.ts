/** What the engine decides: of rules against each other, for whom, and when. */
import { describe, expect, test } from 'vitest'
import type { PolicySet } from '../../../../../services/dns/index.ts'
import { keyOf } from '../../../../../services/dns/wire/name.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import { PolicyBench, prefix } from '../../../../support/dns-policy.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

describe('scopes', () => {
  const bench = new PolicyBench().lists({ ads: { format: 'adblock', text: '||sub.example^\n|only.example^\n||*.below.example^\n||zip^' } })
  test.each([
    ['sub.example', 'nxdomain by ads: ||sub.example^'],
    ['a.b.sub.example', 'nxdomain by ads: ||sub.example^'],
    ['SUB.Example', 'nxdomain by ads: ||sub.example^'],
    ['xsub.example', '-'],
    ['only.example', 'nxdomain by ads: |only.example^'],
    ['www.only.example', '-'],
    ['below.example', '-'],
    ['www.below.example', 'nxdomain by ads: ||*.below.example^'],
    ['bad.zip', 'nxdomain by ads: ||zip^'],
    ['.', '-'],
    ['example', '-'],
  ])('%s', (name, decision) => expect(bench.ask(name)).toBe(decision))

  test('a list can say everything', () => {
    const all = new PolicyBench().lists({ all: { format: 'domains', text: '*' }, good: { format: 'domains', text: 'school.example', kind: 'allow' } })
    expect([all.ask('any.example'), all.ask('.'), all.ask('www.school.example')]).toEqual(['nxdomain by all: *', 'nxdomain by all: *', 'allow by good: school.example'])
  })
})

describe('names with "*" in them', () => {
  const text = '||ads*.example^\n|pix*.example^\n||a.*.b.example^\n||*tele*metry^\n@@||ads*good.example^\n-ds.metric.test^|\n|*app1e*^'
  const bench = new PolicyBench().lists({ ads: { format: 'adblock', text } })
  test.each([
    ['ads1.example', '||ads*.example^'],
    ['ads.example', '||ads*.example^'],
    ['ads1.x.example', '||ads*.example^'],
    ['www.ADS1.example', '||ads*.example^'],
    ['xads1.example', '-'],
    ['example', '-'],
    ['ads1.example.org', '-'],
    ['pix7.example', '|pix*.example^'],
    ['www.pix7.example', '-'],
    ['a.x.b.example', '||a.*.b.example^'],
    ['y.a.x.z.b.example', '||a.*.b.example^'],
    ['a.b.example', '-'],
    ['tele.x.metry', '||*tele*metry^'],
    ['xtelemetry', '||*tele*metry^'],
    ['tele.metry.org', '-'],
    ['a5a-dnsotls-ds.metric.test', '-ds.metric.test^|'],
    ['ds.metric.test', '-'],
    ['www.my-app1es.test', '|*app1e*^'],
    ['apple.test', '-'],
    ['ads.good.example', '@@||ads*good.example^'],
  ])('%s: %s', (name, rule) => expect(bench.ask(name).replace(/^\w+ by ads: /, '')).toBe(rule))
})

describe('of several rules', () => {
  test.each([
    // lists in their order, a name, what is decided
    ['an exception goes before a block, however short', { ads: '||ads.shop.example^', good: '@@||shop.example^' }, 'ads.shop.example', 'allow by good: @@||shop.example^'],
    ['$important goes before an exception', { ads: '||ads.example^$important', good: '@@||ads.example^' }, 'ads.example', 'nxdomain by ads: ||ads.example^$important'],
    ['an important exception goes before an important block', { ads: '||ads.example^$important', good: '@@||ads.example^$important' }, 'ads.example', 'allow by good: @@||ads.example^$important'],
    ['the nearest of equals', { ads: '||example^\n||a.ads.example^\n||ads.example^' }, 'x.a.ads.example', 'nxdomain by ads: ||a.ads.example^'],
    ['of equals the first list', { one: '||ads.example^', two: '||ads.example^' }, 'ads.example', 'nxdomain by one: ||ads.example^'],
    ['$badfilter takes a rule of another list away', { ads: '||ads.example^', mine: '||ads.example^$badfilter' }, 'ads.example', '-'],
    ['… and only the one that is written alike', { ads: '||ads.example^\n||example^', mine: '||ads.example^$badfilter' }, 'ads.example', 'nxdomain by ads: ||example^'],
    ['… its modifiers in any order', { ads: '||ads.example^$important,dnstype=A', mine: '||ads.example^$dnstype=A,badfilter,important' }, 'ads.example', '-'],
    ['… with a "*" too', { ads: '||ads*.example^', mine: '||ADS*.example^$badfilter' }, 'ads1.example', '-'],
    ['… also an exception', { ads: '||ads.example^\n@@||ads.example^', mine: '@@||ads.example^$badfilter' }, 'ads.example', 'nxdomain by ads: ||ads.example^'],
    ['$denyallow leaves names out', { ads: '||example^$denyallow=good.example|fine.example' }, 'www.good.example', '-'],
    ['… and no others', { ads: '||example^$denyallow=good.example' }, 'ngood.example', 'nxdomain by ads: ||example^$denyallow=good.example'],
    ['a rewrite goes before an exception', { ads: '||ads.example^$dnsrewrite=192.0.2.1\n@@||ads.example^' }, 'ads.example', 'A 192.0.2.1 by ads: ||ads.example^$dnsrewrite=192.0.2.1'],
    ['… unless the exception is about rewrites', { ads: '||ads.example^$dnsrewrite=192.0.2.1\n@@||ads.example^$dnsrewrite' }, 'ads.example', '-'],
    ['… or about this one', { ads: '||ads.example^$dnsrewrite=192.0.2.1\n@@||ads.example^$dnsrewrite=192.0.2.1' }, 'ads.example', '-'],
    ['… and not about another', { ads: '||ads.example^$dnsrewrite=192.0.2.1\n@@||ads.example^$dnsrewrite=192.0.2.2' }, 'ads.example', 'A 192.0.2.1 by ads: ||ads.example^$dnsrewrite=192.0.2.1'],
    ['rewrites of a name are put together', { ads: '||ads.example^$dnsrewrite=192.0.2.1\n||ads.example^$dnsrewrite=192.0.2.2' }, 'ads.example', 'A 192.0.2.1 192.0.2.2 by ads: ||ads.example^$dnsrewrite=192.0.2.1'],
  ] as const)('%s', (_what, texts, name, decision) => {
    const lists = Object.entries(texts).map(([list, text]) => [list, { format: 'adblock' as const, text }])
    expect(new PolicyBench().lists(Object.fromEntries(lists)).ask(name)).toBe(decision)
  })

  test('what people of this network wrote goes before everything', () => {
    const text = '||ads.example^$important\n||other.example^$dnsrewrite=192.0.2.66'
    const bench = new PolicyBench().lists({ ads: { format: 'adblock', text }, mine: { format: 'adblock', text: '@@||ads.example^\n@@||other.example^', important: true } })
    expect([bench.ask('ads.example'), bench.ask('other.example')]).toEqual(['allow by mine: @@||ads.example^', 'allow by mine: @@||other.example^'])
  })
})

describe('conditions', () => {
  const text = ['||v6.example^$dnstype=AAAA', '||not.example^$dnstype=~A|~AAAA', '||kids.example^$client=10.0.1.0/24', '||grown.example^$client=~10.0.1.0/24'].join('\n')
  const bench = new PolicyBench().lists({ l: { format: 'adblock', text } })
  test.each([
    ['v6.example', 'AAAA', '10.0.0.1', true],
    ['v6.example', 'A', '10.0.0.1', false],
    ['not.example', 'HTTPS', '10.0.0.1', true],
    ['not.example', 'AAAA', '10.0.0.1', false],
    ['kids.example', 'A', '10.0.1.7', true],
    ['kids.example', 'A', '10.0.2.7', false],
    ['grown.example', 'A', '10.0.1.7', false],
    ['grown.example', 'A', '10.0.2.7', true],
  ])('%s %s for %s', (name, type, client, blocked) => expect(bench.ask(name, type, client).startsWith('nxdomain')).toBe(blocked))
})

describe('answers', () => {
  const bench = new PolicyBench().lists({ l: { text: 'ads.example\n' } })
  test.each([
    ['nxdomain', 'nxdomain by l: ads.example'],
    ['nodata', 'nodata by l: ads.example'],
    ['refused', 'refused by l: ads.example'],
    ['null', 'A 0.0.0.0, AAAA :: by l: ads.example'],
  ] as const)('%s', (answer, decision) => expect(bench.sets({ answer }).ask('ads.example')).toBe(decision))

  test('their TTL is the set\'s, and the client hears which list it was', () => {
    bench.sets({ ttl: 77 })
    const decision = bench.engine.decideName(1, keyOf('ads.example'), 1, 0)
    expect(decision).toMatchObject({ ttl: 77, line: 1 })
    expect(Buffer.from(decision?.error ?? []).toString('latin1')).toContain('blocked by l')
    expect(decision?.error?.[5]).toBe(15)
  })

  test.each([
    ['192.0.2.1', 'A 192.0.2.1'],
    ['2001:db8::1', 'AAAA 2001:db8::1'],
    ['garden.example', 'CNAME garden.example'],
    ['NOERROR;MX;10 mail.example', 'MX 10 mail.example'],
    ['NOERROR;TXT;hello', 'TXT "hello"'],
    ['NOERROR;HTTPS;1 . alpn=h2', 'HTTPS 1 . alpn="h2"'],
    ['NOERROR', 'nodata'],
    ['NXDOMAIN;;', 'nxdomain'],
    ['REFUSED', 'refused'],
  ])('$dnsrewrite=%s', (value, said) => {
    const rule = `||r.example^$dnsrewrite=${value}`
    expect(new PolicyBench().lists({ l: { format: 'adblock', text: rule } }).ask('r.example')).toBe(`${said} by l: ${rule}`)
  })
})

describe('policy sets', () => {
  const set = (name: string, clients: readonly string[], more: Partial<PolicySet> = {}): Partial<PolicySet> => ({ name, clients: clients.map(prefix), lists: [name], ...more })
  const lists = { kids: { text: 'games.example' }, guests: { text: 'nas.example' }, default: { text: 'ads.example' } }

  test('a client has the first one that it is in, or none', () => {
    const bench = new PolicyBench().lists(lists).sets(set('kids', ['10.0.0.7', '10.0.1.0/24']), set('guests', ['10.0.0.0/16']))
    expect(['10.0.0.7', '10.0.1.9', '10.0.0.8', '10.1.0.1'].map((client) => bench.ask('games.example', 'A', client) === '-' ? '-' : 'blocked')).toEqual(['blocked', 'blocked', '-', '-'])
    expect(bench.ask('nas.example', 'A', '10.0.0.8')).toBe('nxdomain by guests: nas.example')
    expect([bench.engine.policySetOf(ipv4('10.1.0.1')), bench.engine.policySetOf(ipv4('10.0.0.8'))]).toEqual([0, 2])
  })

  test('out of its hours the next set of the client counts', () => {
    // The bench's clock begins at 12:00 UTC on a Sunday.
    const hours = { timeZone: 'UTC', spans: [{ days: [0 as const], from: 13 * 60, to: 14 * 60 }] }
    const bench = new PolicyBench().lists(lists).sets(set('kids', ['10.0.0.0/8'], { schedule: hours }), set('default', ['0.0.0.0/0']))
    const now = (): string => [bench.ask('games.example'), bench.ask('ads.example')].map((said) => (said === '-' ? '-' : 'blocked')).join(' ')
    expect([now(), bench.engine.isInForce('kids')]).toEqual(['- blocked', false])
    bench.clock.runUntil(HOUR - 1)
    expect(now()).toBe('- blocked')
    bench.clock.runUntil(HOUR)
    expect([now(), bench.engine.isInForce('kids')]).toEqual(['blocked -', true])
    bench.clock.runUntil(2 * HOUR)
    expect(now()).toBe('- blocked')
    bench.engine.close()
  })

  test('a pause lets pass until it ends; finished answers are not kept longer', () => {
    const bench = new PolicyBench().lists(lists).sets(set('default', ['0.0.0.0/0']))
    expect(bench.engine.changesAt(1)).toBe(Number.POSITIVE_INFINITY)
    bench.engine.setPauses([{ set: undefined, until: bench.clock.wallMs() + 90_000 }])
    expect([bench.ask('ads.example'), bench.engine.changesAt(1)]).toEqual(['-', 90_000])
    expect(bench.engine.check(0, keyOf('ads.example'), 1)).toMatchObject({ pausedUntil: bench.clock.wallMs() + 90_000, decision: undefined })
    bench.clock.runUntil(89_999)
    expect(bench.ask('ads.example')).toBe('-')
    bench.clock.runUntil(90_000)
    expect([bench.ask('ads.example'), bench.engine.changesAt(1)]).toEqual(['nxdomain by default: ads.example', Number.POSITIVE_INFINITY])
  })

  test('a pause of one set leaves others; the longest of several counts', () => {
    const bench = new PolicyBench().lists(lists).sets(set('kids', ['10.0.1.0/24']), set('default', ['0.0.0.0/0']))
    const at = bench.clock.wallMs()
    bench.engine.setPauses([{ set: 'kids', until: at + MINUTE }, { set: 'kids', until: at + HOUR }, { set: undefined, until: at - 1 }])
    expect([bench.ask('games.example', 'A', '10.0.1.1'), bench.ask('ads.example')]).toEqual(['-', 'nxdomain by default: ads.example'])
    expect(bench.engine.changesAt(1)).toBe(HOUR)
  })

  test('answers to clients that rules name by address are not kept for others, nor for them', () => {
    const bench = new PolicyBench().lists({ l: { format: 'adblock', text: '||kids.example^$client=10.0.1.0/24' }, z: { format: 'rpz', text: '32.9.0.0.10.rpz-client-ip CNAME .' } })
    const numbers = ['10.0.1.1', '10.0.1.2', '10.0.0.9', '10.0.0.8', '10.0.0.7'].map((client) => bench.engine.policySetOf(ipv4(client)))
    expect(numbers).toEqual([65, 65, 65, 1, 1])
    expect([bench.engine.changesAt(65), bench.engine.changesAt(1)]).toEqual([bench.clock.now(), Number.POSITIVE_INFINITY])
    expect([bench.ask('x.example', 'A', '10.0.0.9'), bench.ask('kids.example', 'A', '10.0.1.1'), bench.ask('x.example', 'A', '10.0.1.1')].map((said) => said.split(' ')[0])).toEqual(['nxdomain', 'nxdomain', '-'])
  })

  test('lists are changed by handing over others; one that is named and not there says nothing', () => {
    const bench = new PolicyBench().lists({ default: { text: 'ads.example' } }).sets(set('default', ['0.0.0.0/0'], { lists: ['default', 'missing'] }))
    expect(bench.ask('ads.example')).not.toBe('-')
    bench.engine.setLists([])
    expect(bench.ask('ads.example')).toBe('-')
  })
})

describe('for people', () => {
  const text = '||ads.example^\n||example^$dnstype=AAAA\n@@||x.ads.example^'
  test('a check says every rule that the name meets, and what is decided', () => {
    const bench = new PolicyBench().lists({ ads: { format: 'adblock', text }, zone: { format: 'rpz', text: 'ads.example CNAME .' } })
    expect(bench.engine.check(0, keyOf('ads.example'), 1)).toEqual({
      set: 'default', pausedUntil: undefined, decision: expect.objectContaining({ action: 'nxdomain', list: 'ads' }),
      rules: [
        { list: 'ads', rule: '||ads.example^', line: 1, action: 'block', applies: true },
        { list: 'ads', rule: '||example^$dnstype=AAAA', line: 2, action: 'block', applies: false },
        { list: 'zone', rule: 'ads.example CNAME .', line: 1, action: 'nxdomain', applies: true },
      ],
    })
    expect(bench.engine.hitsOf('ads')).toBe(0)
  })

  test('decisions are counted by list, until it is gone', () => {
    const bench = new PolicyBench().lists({ ads: { format: 'adblock', text } })
    for (let i = 0; i < 3; i++) bench.ask('ads.example')
    bench.ask('none.test')
    expect(bench.engine.hitsOf('ads')).toBe(3)
    bench.lists({ other: { text: 'a.example' } })
    expect(bench.engine.hitsOf('ads')).toBe(0)
  })

  test('a client without a set is told so', () => {
    const bench = new PolicyBench().lists({ ads: { format: 'adblock', text } }).sets()
    expect(bench.engine.check(0, keyOf('ads.example'), 1)).toEqual({ set: undefined, pausedUntil: undefined, decision: undefined, rules: [] })
  })
})
