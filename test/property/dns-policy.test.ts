/** The policy engine beside a model that looks at every rule in turn. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressKey, addressOwner } from '../../services/dns/policy/address-rules.ts'
import { readTrigger } from '../../services/dns/policy/rpz-trigger.ts'
import { NameTableBuilder } from '../../services/dns/policy/name-table-builder.ts'
import { NameProbe } from '../../services/dns/policy/name-table.ts'
import { name, keyOf, nameKey } from '../../services/dns/wire/name.ts'
import { PolicyBench } from '../support/dns-policy.ts'

// Few labels, so that rules and names meet.
const label = fc.constantFrom('a', 'b', 'ads', 'x1')
const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
const rule = fc.record({
  domain,
  scope: fc.constantFrom('exact', 'subtree', 'below'),
  allow: fc.boolean(),
  important: fc.boolean(),
})
type Rule = { readonly domain: string; readonly scope: string; readonly allow: boolean; readonly important: boolean }
const PATTERNS: { readonly [scope: string]: (domain: string) => string } = { exact: (d) => `|${d}^`, subtree: (d) => `||${d}^`, below: (d) => `||*.${d}^` }
const textOf = (r: Rule): string => `${r.allow ? '@@' : ''}${PATTERNS[r.scope]?.(r.domain)}${r.important ? '$important' : ''}`

const meets = (r: Rule, asked: string): boolean =>
  (r.scope !== 'below' && asked === r.domain) || (r.scope !== 'exact' && asked.endsWith(`.${r.domain}`))
/** Important before others, exceptions before blocks; then the rule with the most labels; then the first. */
function model(lists: readonly (readonly Rule[])[], asked: string): string {
  const found = lists.flatMap((rules, i) => rules.filter((r) => meets(r, asked)).map((r) => ({ r, list: `l${i}`, weight: (r.important ? 2 : 0) + (r.allow ? 1 : 0), labels: r.domain.split('.').length })))
  const most = Math.max(...found.map(({ weight }) => weight))
  const heaviest = found.filter(({ weight }) => weight === most)
  const longest = Math.max(...heaviest.map(({ labels }) => labels))
  const [chosen] = heaviest.filter(({ labels }) => labels === longest)
  return chosen === undefined ? '-' : `${chosen.r.allow ? 'allow' : 'nxdomain'} by ${chosen.list}`
}

describe('decisions', () => {
  test('are those of the model, whatever the lists', () => {
    fc.assert(fc.property(fc.array(fc.array(rule, { maxLength: 12 }), { minLength: 1, maxLength: 4 }), fc.array(domain, { minLength: 5, maxLength: 20 }), (lists, asked) => {
      const bench = new PolicyBench().lists(Object.fromEntries(lists.map((rules, i) => [`l${i}`, { format: 'adblock' as const, text: rules.map(textOf).join('\n') }])))
      for (const each of asked) expect(bench.ask(each).split(':')[0]).toBe(model(lists, each))
    }), { numRuns: 150 })
  })

  test('do not depend on the letter case or on the key of the hashes', () => {
    fc.assert(fc.property(fc.array(rule, { maxLength: 12 }), domain, (rules, asked) => {
      const bench = new PolicyBench().lists({ l: { format: 'adblock', text: rules.map((r) => textOf(r).toUpperCase().replace('$IMPORTANT', '$important')).join('\r\n') } })
      expect(bench.ask(asked.toUpperCase()).split(':')[0]).toBe(model([rules], asked).replace('l0', 'l'))
    }), { numRuns: 100 })
  })
})

test('names with "*" are those of the regular expression', () => {
  const part = fc.stringMatching(/^[ab*][ab.*]{0,6}[ab*]$/).filter((text) => text.includes('*') && !text.includes('..') && /[ab]/.test(text))
  fc.assert(fc.property(part, fc.boolean(), fc.array(fc.constantFrom('a', 'b', 'ab', 'ba', 'aab'), { minLength: 1, maxLength: 4 }), (text, whole, labels) => {
    const asked = `${labels.join('.')}.b`
    const rule = `${whole ? '|' : '||'}${text}.b^`
    const bench = new PolicyBench().lists({ l: { format: 'adblock', text: rule } })
    const expression = new RegExp(`${whole ? '^' : '(^|\\.)'}${`${text}.b`.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
    // "||*.name^" is another kind of rule: what is below the name.
    fc.pre(!text.startsWith('*.'))
    expect([rule, asked, bench.ask(asked) !== '-']).toEqual([rule, asked, expression.test(asked)])
  }), { numRuns: 400 })
})

test('addresses of policy zones are read as they are written', () => {
  const octets = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constant(new Uint8Array(16)))
  fc.assert(fc.property(octets, fc.constantFrom('client' as const, 'answer' as const, 'server' as const), fc.nat(127), (network, trigger, nat) => {
    const key = addressKey({ trigger, network, length: 1 + (nat % (8 * network.length)) })
    const read = readTrigger(keyOf(`${addressOwner(key)}.z`), keyOf('z'))
    expect(read.ok && read.value.kind === 'address' ? addressKey(read.value) : addressOwner(key)).toBe(key)
  }))
})

describe('tables of names', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  const anyName = fc.array(fc.array(octet, { minLength: 1, maxLength: 5 }), { maxLength: 5 }).map((labels) => Uint8Array.from([...labels.flatMap((one) => [one.length, ...one]), 0]))

  test('find what was put in, with every parent, and nothing else', () => {
    fc.assert(fc.property(fc.array(anyName, { maxLength: 300 }), anyName, fc.integer(), (names, asked, seed) => {
      const key = [seed | 0, (seed * 31) | 1] as const
      const builder = new NameTableBuilder(key)
      names.forEach((each, i) => builder.add(each, 8, i))
      const table = builder.finish()
      const known = new Set(names.map((each) => nameKey(each)))
      expect(table.count).toBe(known.size)
      const probe = new NameProbe(key)
      for (const each of [...names, asked]) {
        probe.load(nameKey(each))
        for (let parent = 0; parent < probe.count; parent++) {
          const slot = probe.find(table, parent, -1)
          expect(slot >= 0).toBe(known.has(nameKey(each).slice(probe.starts[parent])))
          if (slot < 0) continue
          expect(probe.flags(table, parent, slot)).toBe(8)
          expect(nameKey(names[probe.reference(table, parent, slot)] as Uint8Array)).toBe(nameKey(each).slice(probe.starts[parent]))
        }
      }
    }), { numRuns: 60 })
  })

  test('hold a longest name and the root, and several rules of one name', () => {
    const longest = `${'a.'.repeat(126)}b`
    const builder = new NameTableBuilder([1, 3])
    for (const flags of [8, 9, 16, 40]) expect(builder.add(name(longest), flags, flags)).toBe('added')
    expect(builder.add(name(longest.toUpperCase()), 9, 7)).toBe('duplicate')
    builder.add(name('.'), 8, 1)
    const probe = new NameProbe([1, 3])
    probe.load(keyOf(longest))
    const table = builder.finish()
    const flags: number[] = []
    for (let slot = probe.find(table, 0, -1); slot >= 0; slot = probe.find(table, 0, slot)) flags.push(probe.flags(table, 0, slot))
    expect(flags).toEqual([8, 9, 16, 40])
    expect(probe.count).toBe(128)
    expect(probe.find(table, 127, -1)).toBeGreaterThanOrEqual(0)
  })
})
