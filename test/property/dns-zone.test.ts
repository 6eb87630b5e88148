/** A zone in columns against lists of rows: after any history of edits it serves and lists what a plain model would. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyOf, nameKey, parentKey } from '../../services/dns/wire/name.ts'
import { formatRdata } from '../../services/dns/wire/rdata.ts'
import { typeName } from '../../services/dns/wire/type-names.ts'
import { LiveZone } from '../../services/dns/zone/zone.ts'
import type { DnsRecord, RecordOwner, Zone } from '../../services/model/index.ts'

const ZONE: Zone = {
  id: 3, name: 'lab.internal', serial: 1, primaryServer: 'ns.lab.internal', hostmaster: 'hostmaster.lab.internal',
  refresh: 1, retry: 2, expire: 3, minimum: 4, defaultTtl: 300,
}

const label = fc.constantFrom('a', 'A', 'b', '*', 'deep')
const owner = fc.array(label, { maxLength: 3 }).map((labels) => [...labels, 'lab.internal'].join('.'))
const data = fc.constantFrom<readonly [string, string]>(
  ['A', '10.53.0.1'], ['A', '10.53.0.2'], ['NS', 'ns.lab.internal'], ['TXT', '"x"'], ['TXT', 'unquoted'], ['MX', '10 Mail.lab.internal'],
)
const who = fc.constantFrom<RecordOwner>({ kind: 'hand' }, { kind: 'file' }, { kind: 'transfer' }, { kind: 'update', key: 'a.key' }, { kind: 'update', key: 'b.key' }, { kind: 'lease', address: '10.53.0.9' })
const fields = fc.record({
  name: owner, data, ttl: fc.constantFrom(60, 300, 2 ** 31 - 1), owner: who, enabled: fc.constant(true),
  expiresAt: fc.option(fc.constantFrom(1, 1_800_000_000_000), { nil: undefined }), comment: fc.option(fc.constant('rack 4'), { nil: undefined }),
})
/** Removes some of the rows that are there, by their place, and adds others. */
const edit = fc.record({ remove: fc.array(fc.nat(40), { maxLength: 6 }), add: fc.array(fields, { maxLength: 6 }) })

const inOrder = (rows: Iterable<DnsRecord>): readonly DnsRecord[] => [...rows].sort((a, b) => a.id - b.id)

describe('a zone in columns', () => {
  test('lists, serves and finds what a list of rows says', () => {
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 10 }), fc.array(edit, { maxLength: 15 }), (first, edits) => {
        let id = 2 ** 31 - 20
        const made = (f: typeof first): DnsRecord[] =>
          // Ids pass 2^31 and, now and then, 2^32.
          f.map(({ data: [type, text], ...rest }) => ({ ...rest, id: (id += id % 5 === 0 ? 2 ** 32 : 1), zoneId: 3, type, data: text }))
        let model = made(first)
        const zone = new LiveZone(ZONE, model)
        let serial = 1
        for (const { remove, add } of edits) {
          const gone = [...new Set(remove)].flatMap((at) => (model[at] === undefined ? [] : [model[at]]))
          const come = made(add)
          model = [...model.filter((row) => !gone.includes(row)), ...come]
          const touched = zone.apply(gone, come, ++serial)
          expect([...touched].sort()).toEqual([...new Set([...gone, ...come].map((row) => keyOf(row.name)))].sort())
        }
        same(zone, model)
        expect(zone.zone.serial).toBe(serial)
      }),
    )
  })
})

function same(zone: LiveZone, model: readonly DnsRecord[]): void {
  expect(zone.size).toBe(model.length)
  expect(inOrder(zone.records())).toEqual(inOrder(model))
  for (const row of model) expect(zone.record(row.id)).toEqual(row)
  expect(zone.record(7)).toBeUndefined()
  const owners = new Set(model.map((row) => keyOf(row.name)))
  const nodes = new Set([zone.key])
  for (const key of owners) for (let at = key; at !== zone.key; at = parentKey(at)) nodes.add(at)
  for (const key of [...nodes, keyOf('absent.lab.internal'), keyOf('a.absent.lab.internal')]) {
    const rows = model.filter((row) => keyOf(row.name) === key)
    const sorted = (list: readonly string[]): readonly string[] => [...new Set(list)].sort()
    const served = zone.node(key)?.rrsets.filter((rrset) => typeName(rrset.type) !== 'SOA')
    expect(served === undefined ? undefined : sorted(served.flatMap((set) => set.rdata.map((octets) => `${typeName(set.type)} ${formatRdata(set.type, octets)}`)))).toEqual(
      nodes.has(key) ? sorted(rows.map((row) => `${row.type} ${row.type === 'TXT' && row.data === 'unquoted' ? '"unquoted"' : row.data}`)) : undefined,
    )
    for (const set of served ?? []) {
      const ofType = rows.filter((row) => row.type === typeName(set.type))
      expect([nameKey(set.name), set.ttl]).toEqual([key, Math.min(...ofType.map((row) => row.ttl))])
    }
    expect(zone.recordsAt(key).map((row) => row.id).sort()).toEqual(rows.map((row) => row.id).sort())
  }
  expect(zone.wildcards).toBe([...nodes].filter((key) => key.startsWith('\x01*')).length)
  expect(zone.cuts).toBe([...owners].filter((key) => key !== zone.key && model.some((row) => row.type === 'NS' && keyOf(row.name) === key)).length)
}
