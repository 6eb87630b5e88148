/** Incremental transfers: what a secondary is sent brings its version to ours, or is the whole zone. */
import { describe, expect, test } from 'vitest'
import { JOURNAL_ROWS } from '../../../services/dns/transfer/journal.ts'
import { parseMessage } from '../../../services/dns/wire/message.ts'
import { name } from '../../../services/dns/wire/name.ts'
import { CLOSED_TRANSFERS } from '../../../services/model/index.ts'
import { put32 } from '../../../stack/platform/index.ts'
import { Bench, queryBytes, recordText, zoneOf } from '../../support/dns.ts'

const ZONE = zoneOf('lab.example', ['@ NS ns', 'ns A 10.0.0.1', ...Array.from({ length: 40 }, (_, i) => `h${i} A 10.1.0.${i}`)].join('\n'))
const soa = (serial: number): string => `lab.example 300 SOA ns.lab.example hostmaster.lab.example ${serial} 3600 600 604800 60`

function bench(): Bench {
  const made = new Bench([ZONE])
  made.server.transfers.setPolicy({ zoneId: 1, ...CLOSED_TRANSFERS, prefixes: [{ network: 0, length: 0 }] })
  return made
}

/** Adds and removes by name, as one edit. */
function edit(b: Bench, add: string | undefined, remove?: string): void {
  const zone = b.server.zones.get('lab.example')
  const removeIds = [...(zone?.records() ?? [])].filter((r) => r.name === `${remove}.lab.example`).map((r) => r.id)
  const record = { name: add ?? '', type: 'A', ttl: null, data: '192.0.2.1', owner: { kind: 'hand' as const }, comment: undefined }
  const planned = b.server.planEdit('lab.example', { add: add === undefined ? [] : [record], removeIds })
  if (!planned.ok) throw new Error(JSON.stringify(planned.error))
  b.server.applyEdit(planned.value)
}

/** An IXFR query of who has version `serial`. */
function ixfr(serial: number): Uint8Array {
  const apex = name('lab.example')
  const rdata = new Uint8Array(22)
  put32(rdata, 2, serial)
  const query = queryBytes('lab.example', 'IXFR', { flags: 0, tail: [...apex, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, ...rdata] })
  query[9] = 1
  return query
}

function answerTo(b: Bench, query: Uint8Array): readonly string[] | undefined {
  const transfer = b.server.transfers.begin(query, 0, query.length, 1)
  if (transfer === undefined) return undefined
  const into = new Uint8Array(65_535)
  const records: string[] = []
  for (let length = transfer.next(into); length > 0; length = transfer.next(into)) {
    const parsed = parseMessage(into, 0, length)
    if (!parsed.ok) throw new Error(parsed.error)
    records.push(...parsed.value.answer.map(recordText))
  }
  return records
}

/** First and last record and how many: what tells a whole zone from changes. */
const wholeZone = (b: Bench): readonly string[] => {
  const { zone } = b.server.zones.get('lab.example') ?? ZONE
  const records = [...(b.server.zones.get('lab.example')?.records() ?? [])].map((r) => `${r.name} ${r.ttl} ${r.type} ${r.data}`)
  return [soa(zone.serial), ...records, soa(zone.serial)].sort()
}

describe('RFC 1995 §4 the answer', () => {
  test('each version between, with what went and what came', () => {
    const b = bench()
    edit(b, 'new')
    edit(b, 'newer', 'h3')
    const first = [soa(7), soa(8), 'new.lab.example 300 A 192.0.2.1']
    const second = [soa(8), 'h3.lab.example 300 A 10.1.0.3', soa(9), 'newer.lab.example 300 A 192.0.2.1']
    expect(answerTo(b, ixfr(7))).toEqual([soa(9), ...first, ...second, soa(9)])
    expect(answerTo(b, ixfr(8))).toEqual([soa(9), ...second, soa(9)])
  })

  test('§2 who has the present version, or a newer one, gets the SOA alone', () => {
    const b = bench()
    edit(b, 'new')
    expect([answerTo(b, ixfr(8)), answerTo(b, ixfr(9))]).toEqual([[soa(8)], [soa(8)]])
  })

  test.each<[string, (b: Bench) => void, number]>([
    ['a version that nobody knows', (b) => edit(b, 'new'), 3],
    ['nothing changed since the start, and an older version', () => {}, 6],
    ['changes that are more than the zone', (b) => Array.from({ length: 60 }, (_, i) => edit(b, `n${i}`, i > 0 ? `n${i - 1}` : undefined)), 7],
    ['a change of the SOA itself between', (b) => {
      edit(b, 'new')
      b.server.changeZone({ ...(b.server.zones.get('lab.example')?.zone ?? ZONE.zone), serial: 9 })
      b.server.applyEdit({ zoneId: 1, serialBefore: 8, serialAfter: 9, remove: [], add: [] })
      edit(b, 'newer')
    }, 7],
    ['a zone that was replaced', (b) => {
      edit(b, 'new')
      b.server.addZone({ ...ZONE.zone, serial: 20 }, ZONE.records)
    }, 7],
  ])('§2 the whole zone for %s', (_what, change, serial) => {
    const b = bench()
    change(b)
    expect([...(answerTo(b, ixfr(serial)) ?? [])].sort()).toEqual(wholeZone(b))
  })

  test('§3 a query that does not say which version begins no transfer', () => {
    expect(answerTo(bench(), queryBytes('lab.example', 'IXFR'))).toBeUndefined()
  })
})

test('the journal keeps no more than its bound, and what it keeps still leads to the present', () => {
  const { journal } = bench().server.transfers
  const live = bench().server.zones.get('lab.example')
  const [record] = ZONE.records
  if (live === undefined || record === undefined) throw new Error('no zone')
  const last = JOURNAL_ROWS + 8
  for (let serial = 7; serial < last; serial++) journal.note({ zoneId: 1, serialBefore: serial, serialAfter: serial + 1, remove: [], add: [record] })
  live.apply([], [], last)
  expect(journal.rowsSince(live, last - 2)).toHaveLength(8)
  expect(journal.rowsSince(live, 7)).toBeUndefined()
})
