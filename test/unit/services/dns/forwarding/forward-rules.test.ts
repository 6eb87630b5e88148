/** Which rule counts for a name and a client. */
import { describe, expect, test } from 'vitest'
import { ForwardRules, MAX_PARTITIONS, reverseDomains } from '../../../../../services/dns/forwarding/forward-rules.ts'
import { keyOf } from '../../../../../services/dns/wire/name.ts'
import { ipv4, parsePrefix, type Prefix } from '../../../../../stack/index.ts'
import { clientRule, forwardRule } from '../../../../support/forwarding.ts'

const prefix = (text: string): Prefix => parsePrefix(text) as Prefix
const GUESTS = ['10.53.7.0/24']

describe('the longest domain counts, and of two that for the client alone', () => {
  const rules = new ForwardRules()
  rules.setFallback(forwardRule({ id: 0, origin: 'settings', domain: '.' }))
  const fits = rules.setRules([
    clientRule({ id: 1, domain: 'corp.example' }),
    clientRule({ id: 2, domain: 'lab.corp.example', target: 'recursion' }),
    clientRule({ id: 3, domain: '.' }, GUESTS),
    clientRule({ id: 4, domain: 'corp.example' }, GUESTS),
    clientRule({ id: 5, domain: '10.60.0.0/15' }),
    clientRule({ id: 6, domain: 'off.example', enabled: false }),
    clientRule({ id: 7, domain: 'home.arpa' }),
  ])

  test.each([
    ['10.53.0.9', 'www.corp.example', [1, 0]],
    ['10.53.0.9', 'corp.example', [1, 0]],
    ['10.53.0.9', 'xcorp.example', [0]],
    ['10.53.0.9', 'a.lab.corp.example', [2, 1, 0]],
    ['10.53.0.9', 'off.example', [0]],
    ['10.53.0.9', '.', [0]],
    ['10.53.0.9', '9.0.61.10.in-addr.arpa', [5, 0]],
    ['10.53.0.9', '9.0.62.10.in-addr.arpa', [0]],
    ['10.53.7.9', 'www.corp.example', [4, 1, 3, 0]],
    ['10.53.7.9', 'a.lab.corp.example', [2, 4, 1, 3, 0]],
    ['10.53.7.9', 'other.example', [3, 0]],
    ['10.53.8.0', 'other.example', [0]],
  ] as const)('%s asks for %s', (client, name, ids) => {
    expect(fits).toBe(true)
    const partition = rules.partitionOf(ipv4(client))
    expect([...rules.walk(partition, keyOf(name))].map(({ rule: { id } }) => id)).toEqual(ids)
    expect(rules.find(partition, keyOf(name))?.rule.id).toBe(ids[0])
  })

  test('a name that is for local use is claimed by a rule at or below the reserved domain, not by one above it', () => {
    expect(rules.claims(0, keyOf('printer.home.arpa'), keyOf('home.arpa'))).toBe(true)
    expect(rules.claims(0, keyOf('9.0.60.10.in-addr.arpa'), keyOf('10.in-addr.arpa'))).toBe(true)
    expect(rules.claims(0, keyOf('9.0.59.10.in-addr.arpa'), keyOf('10.in-addr.arpa'))).toBe(false)
    expect(rules.claims(0, keyOf('x.internal'), keyOf('internal'))).toBe(false)
  })

  test('without a fallback nobody is asked for what no rule is for', () => {
    const alone = new ForwardRules()
    alone.setRules([clientRule({ id: 1, domain: 'corp.example' })])
    expect(alone.find(0, keyOf('example.net'))).toBeUndefined()
  })
})

describe('partitions', () => {
  test('clients that the same rules are for share one; others have their own', () => {
    const rules = new ForwardRules()
    rules.setRules([
      clientRule({ id: 1 }, ['10.0.0.0/8']), clientRule({ id: 2, domain: 'b.example' }, ['10.1.0.0/16', '10.2.0.0/16']), clientRule({ id: 3, domain: 'c.example' }, ['10.2.0.0/16']),
    ])
    const [ten, one, two, out] = ['10.9.0.1', '10.1.0.1', '10.2.0.1', '11.0.0.1'].map((text) => rules.partitionOf(ipv4(text)))
    expect([new Set([ten, one, two, out]).size, out, rules.partitions]).toEqual([4, 0, 4])
    expect(rules.partitionOf(ipv4('10.2.255.255'))).toBe(two)
  })

  test('more groups than there can be: those over are served by nobody, and none by the wrong servers', () => {
    const rules = new ForwardRules()
    rules.setFallback(forwardRule({ id: 0, domain: '.' }))
    const many = Array.from({ length: 20 }, (_, i) => clientRule({ id: i + 1, domain: '.' }, [`10.${i}.0.0/16`]))
    expect(rules.fits(many)).toBe(false)
    expect(rules.setRules(many)).toBe(false)
    const found = many.map((_, i) => rules.find(rules.partitionOf(ipv4(`10.${i}.0.1`)), keyOf('example.net'))?.rule.id)
    expect(found).toEqual(many.map((_, i) => (i < MAX_PARTITIONS - 1 ? i + 1 : undefined)))
    expect(rules.partitions).toBe(MAX_PARTITIONS + 1)
  })

  test('a rule whose clients are gone is for nobody', () => {
    const rules = new ForwardRules()
    rules.setRules([{ rule: forwardRule({ id: 1, segmentIds: [7] }), prefixes: [] }])
    expect(rules.find(0, keyOf('corp.example'))).toBeUndefined()
  })
})

test.each([
  ['10.0.0.0/8', ['10.in-addr.arpa']],
  ['10.60.0.0/15', ['60.10.in-addr.arpa', '61.10.in-addr.arpa']],
  ['192.0.2.0/24', ['2.0.192.in-addr.arpa']],
  ['192.0.2.4/31', ['4.2.0.192.in-addr.arpa', '5.2.0.192.in-addr.arpa']],
  ['0.0.0.0/0', ['in-addr.arpa']],
] as const)('the reverse names of %s', (text, names) => {
  expect(reverseDomains(prefix(text))).toEqual(names)
})
