/** Lists as they are found: each row is a line, and the rules that come of it. */
import { describe, expect, test } from 'vitest'
import { compileList, compileListAtOnce, transferablesOf } from '../../../../../services/dns/index.ts'
import type { ListFormat } from '../../../../../services/dns/index.ts'
import { detectFormat } from '../../../../../services/dns/policy/detect-format.ts'
import { rulesFor, ruleText } from '../../../../../services/dns/policy/rule-match.ts'
import { NameProbe } from '../../../../../services/dns/policy/name-table.ts'
import { keyOf } from '../../../../../services/dns/wire/name.ts'
import { finding, PolicyBench } from '../../../../support/dns-policy.ts'

/** What a list of the one line says of names, or why nothing. */
function check(format: ListFormat, line: string, expected: string, kind: 'block' | 'allow' = 'block'): void {
  const bench = new PolicyBench()
  const compiled = bench.compile({ format, text: `${line}\n`, kind })
  const { report } = compiled
  expect(report.lines).toBe(1)
  if (expected === '') return expect([report.rules, report.notUnderstood]).toEqual([0, 0])
  if (expected.startsWith('!')) {
    expect(report.notUnderstood).toBe(1)
    const [example] = report.examples
    expect(example?.line).toBe(1)
    return expect(example?.reason).toContain(expected.slice(1))
  }
  const probe = new NameProbe(bench.engine.hashKey)
  for (const want of expected.split(' + ')) {
    const [action, scope, text] = want.split(' ') as [string, string, string]
    probe.load(keyOf(scope === 'below' ? `x.${text}` : text))
    const rules = rulesFor(probe, { name: 'l', compiled, important: false }, keyOf(scope === 'below' ? `x.${text}` : text))
    expect(rules.map((rule) => `${rule.action} ${['', 'exact', 'subtree', 'below'][rule.scope]}`)).toEqual([`${action} ${scope}`])
  }
  expect(report.rules).toBe(expected.split(' + ').length)
}

describe('hosts files', () => {
  test.each([
    ['0.0.0.0 ads.example', 'block exact ads.example'],
    ['127.0.0.1\tads.example\ttracker.example # both', 'block exact ads.example + block exact tracker.example'],
    [':: ads.example', 'block exact ads.example'],
    ['::1 ads.example', 'block exact ads.example'],
    ['0.0.0.0 ADS.Example.', 'block exact ads.example'],
    ['0.0.0.0 ads.example\r', 'block exact ads.example'],
    ['\ufeff0.0.0.0 ads.example', 'block exact ads.example'],
    ['0.0.0.0 ads.example#no space before it', 'block exact ads.example'],
    ['0.0.0.0 under_score.example', 'block exact under_score.example'],
    ['0.0.0.0 реклама.рф', 'block exact xn--80aanufhx.xn--p1ai'],
    ['ads.example', 'block exact ads.example'],
    ['127.0.0.1 localhost', ''],
    ['127.0.0.1 localhost.localdomain local', ''],
    ['255.255.255.255 broadcasthost', ''],
    ['fe80::1%lo0 localhost', ''],
    ['ff02::1 ip6-allnodes', ''],
    ['0.0.0.0 0.0.0.0', ''],
    ['# 0.0.0.0 commented.example', ''],
    ['   ', ''],
    ['203.0.113.7 bank.example', '!not an address that leads nowhere'],
    ['0.0.0.0', '!has no name'],
    ['0.0.0.0 bad..name', '!two dots in a row'],
    ['0.0.0.0 1.2.3.4', '!is an address'],
    ['0.0.0.0 http://x/', '!no domain name'],
    ['0.0.0.0 *', '!no host'],
    ['two words', '!"two" is no address'],
  ])('%j', (line, expected) => check('hosts', line, expected))

  test('of several names the good ones are taken, and the line is counted', () => {
    const { report } = new PolicyBench().compile({ format: 'hosts', text: '0.0.0.0 good.example bad..example also.example' })
    expect([report.rules, report.notUnderstood]).toEqual([2, 1])
  })
})

describe('plain domains', () => {
  test.each([
    ['ads.example', 'block subtree ads.example'],
    ['*.ads.example', 'block subtree ads.example'],
    ['.ads.example', 'block subtree ads.example'],
    ['Ads.Example.', 'block subtree ads.example'],
    ['ads.example # why', 'block subtree ads.example'],
    ['  ads.example\t', 'block subtree ads.example'],
    ['münchen.example', 'block subtree xn--mnchen-3ya.example'],
    ['*', 'block subtree .'],
    ['0.0.0.0 ads.example', 'block exact ads.example'],
    ['# comment', ''],
    ['! comment', ''],
    ['; comment', ''],
    ['// comment', ''],
    ['', ''],
    ['ads.*.example', '!no domain name'],
    ['/ads[0-9]+/', '!regular expressions'],
    ['https://ads.example/x', '!web page'],
    ['two words', '!more than a name'],
    [`${'a'.repeat(64)}.example`, '!longer than 63 octets'],
    ['\ufffd.example', '!no domain name'],
  ])('%j', (line, expected) => check('domains', line, expected))

  test('a list of exceptions allows', () => check('domains', 'good.example', 'allow subtree good.example', 'allow'))
})

describe('adblock lists', () => {
  test.each([
    ['||ads.example^', 'block subtree ads.example'],
    ['||ads.example', 'block subtree ads.example'],
    ['||ads.example^|', 'block subtree ads.example'],
    ['||ADS.example^', 'block subtree ads.example'],
    ['||zip^', 'block subtree zip'],
    ['@@||good.example^', 'allow subtree good.example'],
    ['@@||good.example^|', 'allow subtree good.example'],
    ['|ads.example^', 'block exact ads.example'],
    ['|ads.example|', 'block exact ads.example'],
    ['ads.example', 'block exact ads.example'],
    ['||*.ads.example^', 'block below ads.example'],
    ['*.ads.example^', 'block below ads.example'],
    ['*.ads.example', 'block below ads.example'],
    ['.ads.example^', 'block below ads.example'],
    ['||*^$dnstype=HTTPS', 'block subtree .'],
    ['0.0.0.0 ads.example', 'block exact ads.example'],
    ['||ads.example^$important', 'block subtree ads.example'],
    ['||ads.example^$dnsrewrite=NXDOMAIN', 'nxdomain subtree ads.example'],
    ['||ads.example^$dnsrewrite=192.0.2.1', 'records subtree ads.example'],
    ['||ads.example^$dnsrewrite=NOERROR;;', 'nodata subtree ads.example'],
    ['||ads.example^$dnsrewrite=REFUSED', 'refused subtree ads.example'],
    ['||ads.example^$client=10.0.0.0/8,dnstype=A', 'block subtree ads.example'],
    ['||реклама.рф^', 'block subtree xn--80aanufhx.xn--p1ai'],
    ['||ads.example^ ! why', 'block subtree ads.example'],
    ['! Title: a list', ''],
    ['[Adblock Plus 2.0]', ''],
    ['# comment', ''],
    ['example.org##.banner', '!parts of web pages'],
    ['example.org#@#.banner', '!parts of web pages'],
    ['##.banner', '!parts of web pages'],
    ['||ads.example/banner^', '!addresses of web pages'],
    ['|https://ads.example^', '!addresses of web pages'],
    ['/banner[0-9]+/', '!regular expressions'],
    ['||ads^', 'block subtree ads'],
    ['||ads', '!beginning of a name'],
    ['||ads.', '!beginning of a name'],
    ['|ads.example', '!beginning of a name'],
    ['-ads.example^|', 'block below example'],
    ['|*app1e*.example^', 'block below example'],
    ['||ads*.example^', 'block below example'],
    ['||*ads*.b.example^', 'block below b.example'],
    ['||ads.*.example^$important', 'block below example'],
    ['||ads*.example', '!ends with "^"'],
    ['||a*b*c*d*e*f*g*h*i*j.example^', '!no name'],
    ['||ads*.ex ample^', '!no name'],
    ['||ads^x.example^', '!in the middle'],
    ['||ads.example^$third-party', '!"$third-party" means nothing'],
    ['||ads.example^$dnstype=A|~AAAA', '!$dnstype'],
    ['||ads.example^$dnstype=NOSUCH', '!$dnstype'],
    ['||ads.example^$client=\'Toms laptop\'', '!$client'],
    ['||ads.example^$denyallow=good..example', '!$denyallow'],
    ['||ads.example^$dnsrewrite=NOERROR;A;::1', '!$dnsrewrite'],
    ['||ads.example^$dnsrewrite=SERVFAIL;;', '!$dnsrewrite'],
    ['||ads.example^$dnsrewrite=NOERROR;A', '!$dnsrewrite'],
    ['||ads.example^$dnsrewrite=', '!$dnsrewrite'],
    [`||ads.example^$denyallow=${'a.example|'.repeat(500)}b.example`, '!too long'],
  ])('%j', (line, expected) => check('adblock', line, expected))
})

describe('addresses in answers', () => {
  test.each([
    ['domains', '192.0.2.1', 'nxdomain by l: 192.0.2.1'],
    ['domains', '2001:DB8::1 # why', 'nxdomain by l: 2001:db8::1'],
    ['adblock', '||192.0.2.1^', 'nxdomain by l: ||192.0.2.1^'],
    ['adblock', '|2001:db8::1^', 'nxdomain by l: ||2001:db8::1^'],
    ['adblock', '192.0.2.1', 'nxdomain by l: ||192.0.2.1^'],
    ['adblock', '||192.0.2.1^$dnsrewrite=NXDOMAIN', 'nxdomain by l: ||192.0.2.1^$dnsrewrite=NXDOMAIN'],
    ['adblock', '@@||192.0.2.1^\n||2001:db8::1^', 'allow by l: @@||192.0.2.1^'],
    ['adblock', '||192.0.2.1^\n||192.0.2.1^$badfilter', '-'],
    ['adblock', '||192.0.2.1^$client=10.9.9.9', '-'],
    ['adblock', '||192.0.2.2^', '-'],
  ] as const)('%s %j', (format, text, decision) => {
    const bench = new PolicyBench().lists({ l: { format, text } })
    const found = [finding('rrset', 'www.example A 198.51.100.1 | 192.0.2.1'), finding('rrset', 'www.example AAAA 2001:db8::1')].map((one) => bench.find(one))
    expect(found.find((said) => said !== '-') ?? '-').toBe(decision)
    expect(bench.ask('www.example')).toBe('-')
  })
})

describe('the format is told by the lines', () => {
  test.each([
    ['hosts', '# StevenBlack\n127.0.0.1 localhost\n0.0.0.0 a.example\n0.0.0.0 b.example\n'],
    ['domains', '# list\na.example\nb.example\n'],
    ['domains', ''],
    ['adblock', '[Adblock Plus 2.0]\n! Title\n||a.example^\n||b.example^\n'],
    ['adblock', '@@||a.example^\n'],
    ['rpz', '$TTL 60\n@ SOA ns. host. 1 2 3 4 5\n NS ns.\na.example CNAME .\n'],
    ['rpz', '; policy\na.example IN CNAME .\nb.example IN CNAME rpz-passthru.\n'],
  ])('%s', (format, text) => expect(detectFormat(text)).toBe(format))
})

test('a list is compiled in pieces, to the same as at once', () => {
  const octets = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `a${i}.example`).join('\n'))
  const options = { format: 'auto', kind: 'block', hashKey: [1, 3] } as const
  const pieces = compileList(octets, options)
  let yields = 0
  let piece = pieces.next()
  for (; piece.done !== true; piece = pieces.next()) yields++
  expect(yields).toBe(Math.ceil(octets.length / 65_536))
  expect(piece.value).toEqual(compileListAtOnce(octets, options))
  expect(transferablesOf(piece.value)).toHaveLength(9)
})

describe('what is said of a list', () => {
  test('lines, rules, what was said again, and the first lines that no rule came of', () => {
    const bad = Array.from({ length: 30 }, (_, i) => `||bad${i}^x^`)
    const { report } = new PolicyBench().compile({ format: 'adblock', text: ['||a.example^', '||A.example^', '||b.example^', ...bad].join('\r\n') })
    expect(report).toMatchObject({ format: 'adblock', lines: 33, rules: 2, duplicates: 1, notUnderstood: 30 })
    expect(report.examples).toHaveLength(20)
    expect(report.examples[0]).toEqual({ line: 4, text: '||bad0^x^', reason: 'a "^" or "|" in the middle of a name' })
  })

  test('a line that is longer than a piece of work counts once', () => {
    const { report } = new PolicyBench().compile({ format: 'domains', text: `a.example\n${'x'.repeat(200_000)}\nb.example` })
    expect(report).toMatchObject({ lines: 3, rules: 2, notUnderstood: 1 })
    expect(report.examples[0]?.text.length).toBeLessThan(100)
  })

  test('a rule is told as its list has it, with its line', () => {
    const bench = new PolicyBench()
    const probe = new NameProbe(bench.engine.hashKey)
    for (const [format, line] of [['hosts', '0.0.0.0 a.example'], ['domains', 'a.example'], ['adblock', '||a.example^$important'], ['adblock', '@@|a.example^']] as const) {
      probe.load(keyOf('a.example'))
      const [rule] = rulesFor(probe, { name: 'l', compiled: bench.compile({ format, text: `\n\n${line}` }), important: false }, keyOf('a.example'))
      expect([rule !== undefined && ruleText(rule), rule?.line]).toEqual([line, 3])
    }
  })
})
