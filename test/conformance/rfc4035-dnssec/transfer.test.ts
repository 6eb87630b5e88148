/** A signed zone on its way out is one version of it, whole and provable, whatever edits do meanwhile. */
import { describe, expect, test } from 'vitest'
import { parseMessage } from '../../../services/dns/wire/message.ts'
import type { MessageRecord } from '../../../services/dns/wire/message.ts'
import { formatName, name } from '../../../services/dns/wire/name.ts'
import { CLOSED_TRANSFERS, PLAIN_RECORD } from '../../../services/model/index.ts'
import type { DnsRecord } from '../../../services/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { SeededRandom } from '../../../stack/platform/index.ts'
import { Bench, queryBytes, zoneOf } from '../../support/dns.ts'
import { keyPair, signingKey, signingOf } from '../../support/dnssec.ts'
import { labelsOf, zoneFaults } from '../../support/dnssec-verify.ts'

const SECONDARY = ipv4('10.53.0.9')
const HOSTS = Array.from({ length: 90 }, (_, i) => `h${i}${i % 7 === 0 ? '.under.empty' : ''} A 10.1.0.${i}`)
const ZONE = zoneOf('big.example', ['@ NS ns.elsewhere.', 'MiXed TXT "case"', '*.w MX 5 mixed', ...HOSTS].join('\n'), 1)

function bench(denial: 'nsec' | 'nsec3' | 'compact'): Bench {
  const made = new Bench([ZONE])
  made.server.setSigning(1, signingOf({ denial }))
  made.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1, prefixes: [{ network: ipv4('10.53.0.8'), length: 30 }] })
  return made
}

/** The records of a transfer; `between` runs after each message of it, `begun` before the first. */
function transferred(b: Bench, query: Uint8Array, between: () => void = () => {}, begun: () => void = () => {}): readonly MessageRecord[] {
  const transfer = b.server.transfers.begin(query, 0, query.length, SECONDARY)
  begun()
  const into = new Uint8Array(65_535)
  const records: MessageRecord[] = []
  for (let length = transfer?.next(into) ?? 0; length > 0; length = transfer?.next(into) ?? 0) {
    const parsed = parseMessage(into, 0, length)
    if (!parsed.ok) throw new Error(parsed.error)
    records.push(...parsed.value.answer)
    between()
  }
  return records
}

describe.each(['nsec', 'nsec3', 'compact'] as const)('RFC 5936 §3 a transfer of a signed zone, denial by %s', (denial) => {
  const trust = (b: Bench) => ({ apex: labelsOf(name('big.example')), keys: signingOf({ denial }).keys.map((key) => key.dnskey), seconds: Math.floor(b.clock.wallMs() / 1000) })

  test.each([1, 2])('is whole and provable under edits, seed %i', (seed) => {
    const random = new SeededRandom(seed)
    const b = bench(denial)
    let serial = 7
    let id = 5000
    let rows: readonly DnsRecord[] = ZONE.records.slice(1)
    const edit = (): void => {
      const remove = Array.from({ length: 3 }, () => rows[random.below(rows.length)] as DnsRecord)
      const gone = new Set(remove.map((row) => row.id))
      const add = Array.from({ length: 3 }, (): DnsRecord => ({
        id: id++, zoneId: 1, name: `${['n', 'under.empty', 'x.h1', '*'][random.below(4)]}.n${random.below(400)}.big.example`, type: 'TXT', ttl: 300,
        data: `"${id}"`, owner: { kind: 'hand' }, ...PLAIN_RECORD,
      }))
      rows = [...rows.filter((row) => !gone.has(row.id)), ...add]
      b.server.applyEdit({ zoneId: 1, serialBefore: serial, serialAfter: ++serial, remove: remove.filter((row, i) => remove.indexOf(row) === i), add })
    }
    for (let round = 0; round < 2; round++) {
      const at = serial
      const expected = rows.length + 1
      const records = transferred(b, queryBytes('big.example', 'AXFR', { flags: 0 }), edit)
      expect(serial).toBeGreaterThan(at)
      expect(zoneFaults(records.slice(0, -1), trust(b))).toEqual([])
      const plain = records.filter((r) => ![6, 46, 47, 48, 50, 51].includes(r.type)).length
      expect(plain).toBe(expected)
    }
  })

  test('RFC 1995 §4 an IXFR query gets the zone as a whole, or the SOA alone', () => {
    const b = bench(denial)
    const record: DnsRecord = { id: 5000, zoneId: 1, name: 'new.big.example', type: 'TXT', ttl: 300, data: '"new"', owner: { kind: 'hand' }, ...PLAIN_RECORD }
    b.server.applyEdit({ zoneId: 1, serialBefore: 7, serialAfter: 8, remove: [], add: [record] })
    const ixfr = (serial: number): Uint8Array => {
      const soa = [...name('big.example'), 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0, 0, 0, 0, serial, ...new Uint8Array(16)]
      const bytes = queryBytes('big.example', 'IXFR', { flags: 0, tail: soa })
      bytes[9] = 1
      return bytes
    }
    const whole = transferred(b, ixfr(7))
    expect(whole.some((r) => formatName(r.name) === 'MiXed.big.example')).toBe(true)
    expect(zoneFaults(whole.slice(0, -1), trust(b))).toEqual([])
    expect(transferred(b, ixfr(8)).map((r) => r.type)).toEqual([6])
  })
})

test('RFC 5936 §3 keys that are replaced during a transfer are in it as they were', () => {
  const b = bench('nsec')
  const old = signingOf()
  const records = transferred(b, queryBytes('big.example', 'AXFR', { flags: 0 }), undefined, () => {
    const more = signingKey(13, { id: 2, flags: 256, signsKeys: false, signsZone: false }, keyPair(13, 1))
    b.server.setSigning(1, signingOf({ keys: [...old.keys, more] }))
  })
  expect(records.filter((r) => r.type === 48)).toHaveLength(1)
  const trust = { apex: labelsOf(name('big.example')), keys: old.keys.map((key) => key.dnskey), seconds: Math.floor(b.clock.wallMs() / 1000) }
  expect(zoneFaults(records.slice(0, -1), trust)).toEqual([])
})
