/** Rules of forwarding: the longest match, against a look at all of them; and texts of servers, there and back. */
import fc from 'fast-check'
import { test } from 'vitest'
import { type ClientRule, ForwardRules, keysOf } from '../../services/dns/forwarding/forward-rules.ts'
import { isAtOrBelow, keyOf } from '../../services/dns/wire/name.ts'
import { formatForwardServer, isForSome, parseForwardServer } from '../../services/model/index.ts'
import { contains, ipv4, maskOf, type Prefix } from '../../stack/index.ts'
import { clientRule, forwardRule } from '../support/forwarding.ts'

const label = fc.constantFrom('a', 'b', 'ab', 'x-1')
const domain = fc.array(label, { maxLength: 3 }).map((labels) => labels.join('.') || '.')
const address = fc.constantFrom('10.0.0.1', '10.0.1.1', '10.1.0.1', '192.0.2.1').map(ipv4)
const prefix: fc.Arbitrary<Prefix> = fc.tuple(address, fc.constantFrom(0, 8, 16, 24, 32)).map(([at, length]) => ({ network: at & maskOf(length), length }))
const rules: fc.Arbitrary<readonly ClientRule[]> = fc
  .array(fc.record({ domain, prefixes: fc.array(prefix, { maxLength: 2 }), enabled: fc.boolean() }), { maxLength: 6 })
  .map((fields) => fields.map((each, i) => ({ ...clientRule({ ...each, id: i + 1 }), prefixes: each.prefixes })))

/** Which rules count, by looking at every one. */
function expected(all: readonly ClientRule[], client: number, name: string): readonly number[] {
  const key = keyOf(name)
  const fitting = all.filter(({ rule, prefixes }) =>
    rule.enabled && keysOf(rule.domain).some((at) => isAtOrBelow(key, at)) && (!isForSome(rule) || prefixes.some((each) => contains(each, client))))
  const rank = ({ rule }: ClientRule): readonly number[] => [-keyOf(rule.domain).length, isForSome(rule) ? 0 : 1, rule.id]
  return [...fitting].sort((a, b) => rank(a).map((x, i) => x - (rank(b)[i] as number)).find((x) => x !== 0) ?? 0).map(({ rule }) => rule.id)
}

test('the rules for a name, longest domain first, those for some clients before those for all', () => {
  fc.assert(fc.property(rules, address, domain, (all, client, name) => {
    const live = new ForwardRules()
    live.setRules(all)
    live.setFallback(forwardRule({ id: 0, origin: 'settings', domain: '.' }))
    const found = [...live.walk(live.partitionOf(client), keyOf(name))].map(({ rule: { id } }) => id)
    return JSON.stringify(found) === JSON.stringify([...expected(all, client, name), 0])
  }), { numRuns: 400 })
})

test('the text of a server says all of it', () => {
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  const pin = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }).map((octets) => Buffer.from(octets).toString('base64')), { nil: undefined })
  const server = fc.record({ address, port: fc.integer({ min: 1, max: 65_535 }), name: host, pin, by: fc.constantFrom('plain' as const, 'tls' as const, 'https' as const) })
    .map(({ by, address: at, port, name, pin: known }) => ({
      by, address: at, port, name: by === 'plain' ? undefined : name, pin: by === 'plain' ? undefined : known, path: by === 'https' ? '/dns-query' : undefined,
    }))
  fc.assert(fc.property(server, (given) => {
    const read = parseForwardServer(formatForwardServer(given))
    return read.ok && JSON.stringify(read.value) === JSON.stringify(given)
  }), { numRuns: 300 })
})

test('no text breaks the reader', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string().map((text) => `tls://192.0.2.1${text}`), fc.string().map((text) => `https://${text}`)), (text) => {
    const read = parseForwardServer(text)
    return !read.ok || parseForwardServer(formatForwardServer(read.value)).ok
  }), { numRuns: 500 })
})
