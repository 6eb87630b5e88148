/** Any octets from a primary, or as NOTIFY: no exception, a named outcome, and what is served does not change. */
import { expect, test } from 'vitest'
import { IncomingTransfer } from '../../services/dns/transfer/incoming.ts'
import { readNotify, writeNotify } from '../../services/dns/transfer/notify-message.ts'
import { StreamSignature } from '../../services/dns/transfer/stream-signature.ts'
import { name, nameKey } from '../../services/dns/wire/name.ts'
import { META } from '../../services/dns/wire/type-names.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { Bench, queryBytes, zoneOf } from '../support/dns.ts'
import { rowsOf } from '../support/dns-copies.ts'
import { KEY, SECRET } from '../support/dns-tsig.ts'
import { CLOSED_TRANSFERS } from '../../services/model/index.ts'

const ZONE = zoneOf('lab.example', ['@ NS ns', 'ns A 10.0.0.1', 'mail MX 5 ns', 'www CNAME ns', 'x SRV 1 2 3 ns', ...Array.from({ length: 30 }, (_, i) => `h${i} TXT "${i}"`)].join('\n'))

/** The messages of a whole answer as a primary of ours makes them. */
function goodAnswer(bench: Bench): readonly Uint8Array[] {
  bench.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1, prefixes: [{ network: 0, length: 0 }] })
  const query = queryBytes('lab.example', 'AXFR', { id: 1, flags: 0 })
  const transfer = bench.server.transfers.begin(query, 0, query.length, 1)
  const messages: Uint8Array[] = []
  const into = new Uint8Array(65_535)
  for (let length = transfer?.next(into) ?? 0; length > 0; length = transfer?.next(into) ?? 0) messages.push(into.slice(0, length))
  return messages
}

test.each([1, 2, 3, 4])('damaged transfers, seed %i', (seed) => {
  const random = new SeededRandom(seed)
  const bench = new Bench([ZONE])
  const good = goodAnswer(bench)
  const live = bench.server.zones.get('lab.example')
  if (live === undefined) throw new Error('no zone')
  const before = rowsOf(bench)
  const outcomes = new Set<string>()
  for (let i = 0; i < 2500; i++) {
    const signature = random.chance(0.2) ? new StreamSignature({ name: name(KEY.name), key: nameKey(name(KEY.name)), algorithm: KEY.algorithm, secret: SECRET }, SECRET, () => 1) : undefined
    const incoming = new IncomingTransfer({ live, type: random.chance(0.5) ? META.AXFR : META.IXFR, id: 1, signature, nextRecordId: () => 1 })
    for (const each of good) {
      const bytes = random.chance(0.1) ? Uint8Array.from({ length: random.below(200) }, () => random.below(256)) : each.slice(0, random.chance(0.2) ? random.below(each.length) : each.length)
      for (let n = random.below(6); n > 0 && bytes.length > 3; n--) bytes[2 + random.below(bytes.length - 2)] = random.below(256)
      const received = incoming.receive(bytes, 0, bytes.length)
      outcomes.add(received.kind === 'failed' ? received.fault.kind : received.kind)
      if (received.kind !== 'more') break
    }
  }
  expect(rowsOf(bench)).toEqual(before)
  expect([...outcomes].every((kind) => kind.length > 0)).toBe(true)
  expect(outcomes.size).toBeGreaterThan(5)
})

test.each([1, 2])('damaged NOTIFY, seed %i', (seed) => {
  const random = new SeededRandom(seed)
  const bench = new Bench([ZONE])
  const soa = bench.server.zones.get('lab.example')?.soa
  if (soa === undefined) throw new Error('no zone')
  const good = new Uint8Array(1024)
  const length = writeNotify(good, 7, soa)
  const into = new Uint8Array(512)
  for (let i = 0; i < 5000; i++) {
    const bytes = good.slice(0, random.chance(0.3) ? random.below(length) : length)
    for (let n = random.below(5); n > 0 && bytes.length > 0; n--) bytes[random.below(bytes.length)] = random.below(256)
    readNotify(bytes, 0, bytes.length)
    expect(bench.server.receive(bytes, 0, bytes.length, into, 0, 512, 0, () => () => {})).toBeLessThanOrEqual(512)
  }
  expect(bench.server.counters.get('internal-error')).toBe(0)
})
