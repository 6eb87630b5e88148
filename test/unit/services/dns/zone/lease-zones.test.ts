/** Rows of leases found over all zones, by a model: whatever comes and goes, the same rows as a search through all zones finds. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LeaseZones } from '../../../../../services/dns/zone/lease-zones.ts'
import { LiveZone } from '../../../../../services/dns/zone/zone.ts'
import { ZoneSet } from '../../../../../services/dns/zone/zone-set.ts'
import { ipv4 } from '../../../../../stack/index.ts'
import { leaseRecord, record, zone } from '../../../../support/leases.ts'

const NAMES = ['lab.internal', 'other.internal', '0.53.10.in-addr.arpa']
const ADDRESSES = ['10.53.0.1', '10.53.0.255', '10.53.1.0', '192.168.0.1']
const step = fc.oneof(
  fc.record({ zone: fc.constantFrom(...NAMES), remove: fc.nat(9), add: fc.array(fc.constantFrom(...ADDRESSES), { maxLength: 3 }) }),
  fc.record({ zone: fc.constantFrom(...NAMES), served: fc.boolean() }),
)

test('rows of a lease are those of all zones that are served', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const zones = new ZoneSet()
      const all = new Map(NAMES.map((name, i) => [name, new LiveZone(zone(name, i + 1), [leaseRecord(900 + i, `first.${name}`, 'TXT', '"x"', '10.53.0.1')])]))
      let id = 0
      for (const each of steps) {
        const live = all.get(each.zone) as LiveZone
        if ('served' in each) {
          if (each.served) zones.add(live)
          else zones.remove(live)
          continue
        }
        const remove = [...live.records()].slice(each.remove, each.remove + 2)
        const add = each.add.flatMap((address) => [leaseRecord(++id, `n${id}.${each.zone}`, 'A', address, address), record(++id, `m${id}.${each.zone}`, 'A', address)])
        live.apply(remove, add, id)
      }
      for (const address of ADDRESSES) {
        const searched = zones.list().flatMap((live) => [...live.records()].filter(({ owner }) => owner.kind === 'lease' && owner.address === address))
        expect(zones.recordsOfLease(ipv4(address)).map((row) => row.id).sort()).toEqual(searched.map((row) => row.id).sort())
      }
    }),
    { numRuns: 200 },
  )
})

test('ten thousand zones cost nothing of a block that is in one of them, and what is over is forgotten', () => {
  const zones = new LeaseZones<number>()
  for (let i = 0; i < 10_000; i++) zones.count(i, i << 8, 1)
  expect([...zones.of((7 << 8) | 200)]).toEqual([7])
  for (let i = 0; i < 10_000; i++) zones.count(i, (i << 8) | 3, -1)
  expect(zones.blocks).toBe(0)
})
