/** Updates that wait: bounded, stored in batches, forgotten with their zone. */
import { expect, test } from 'vitest'
import { MAX_BATCH, MAX_WAITING, MAX_WAITING_OCTETS, RECENT_UPDATES } from '../../../../../services/dns/update/updates.ts'
import { Bench, zoneOf } from '../../../../support/dns.ts'
import { rule, UpdateBench, updateBytes } from '../../../../support/dns-update.ts'

const ZONE = '@ 300 IN NS ns\nns IN A 10.9.0.1'

test('a storm: so many wait, the rest gets SERVFAIL at once; all that waited is done, batch by batch', () => {
  const bench = new UpdateBench(ZONE)
  bench.holding = true
  const answers = Array.from({ length: MAX_WAITING + 3 }, (_, i) => bench.send(updateBytes([`add h${i}.lab.example 60 A 10.9.9.9`])))
  expect(answers.map((each) => each[0]?.rcode).filter((rcode) => rcode !== undefined)).toEqual(['SERVFAIL', 'SERVFAIL', 'SERVFAIL'])
  bench.store()
  expect([bench.edits.length, answers.filter((each) => each[0]?.rcode === 'NOERROR').length]).toEqual([MAX_BATCH, MAX_BATCH])
  for (let n = 0; n < MAX_WAITING / MAX_BATCH; n++) bench.store()
  expect([bench.serial, bench.edits.length]).toEqual([7 + MAX_WAITING, MAX_WAITING])
  expect(answers.every((each) => each.length === 1)).toBe(true)
  expect(bench.server.counters.get('update-full')).toBe(3)
})

test('long messages wait by their octets', () => {
  const bench = new UpdateBench(ZONE)
  bench.holding = true
  const long = updateBytes(Array.from({ length: 1000 }, (_, i) => `add new.lab.example 60 TXT "${'x'.repeat(20)}${i}"`))
  let waiting = 0
  while (bench.send(long, undefined, true).length === 0) waiting++
  expect(waiting).toBe(Math.floor(MAX_WAITING_OCTETS / long.length))
})

test('thousands of records for one name take no longer than thousands of names', () => {
  const bench = new UpdateBench(ZONE)
  bench.holding = true
  const records = Array.from({ length: 1200 }, (_, i) => `10.8.${i >> 8}.${i & 255}`)
  bench.send(updateBytes(records.map((address) => `add many.lab.example 60 A ${address}`)), undefined, true)
  bench.store()
  expect(bench.at('many.lab.example')).toHaveLength(1200)
  bench.send(updateBytes(records.map((address) => `delete many.lab.example A ${address}`)), undefined, true)
  bench.store()
  expect(bench.at('many.lab.example')).toEqual([])
})

test('a zone that goes while its update waits', () => {
  const bench = new UpdateBench(ZONE)
  bench.holding = true
  const answers = bench.send(updateBytes(['add new.lab.example 60 A 10.9.9.9']))
  bench.server.removeZone('lab.example')
  bench.store()
  expect([answers[0]?.rcode, bench.server.updates.policyOf(1).rules]).toEqual(['NOTAUTH', []])
})

test('the latest are remembered, newest first, with the reason', async () => {
  const bench = new UpdateBench(ZONE, [rule({ types: ['A'] })])
  await bench.update('add new.lab.example 60 A 10.9.9.9')
  await bench.update('add new.lab.example 60 TXT "x"')
  expect(bench.server.updates.recent('lab.example').map(({ rcode, because, key }) => [rcode, because[0], key])).toEqual([
    [5, 'dns.update.name-not-allowed', undefined], [0, 'dns.update.applied', undefined],
  ])
  for (let i = 0; i < RECENT_UPDATES + 10; i++) bench.send(updateBytes([], { zone: 'other.example' }))
  expect([bench.server.updates.recent('lab.example'), bench.server.updates.recent('other.example').length]).toEqual([[], RECENT_UPDATES])
})

test('without somebody who stores them there are no updates', () => {
  const bench = new Bench([zoneOf('lab.example', ZONE)])
  expect(bench.askBytes(updateBytes([]))?.rcode).toBe('NOTIMP')
})
