/** Zones on their way out: who gets them, in which messages, and what edits meanwhile do to them. */
import { describe, expect, test } from 'vitest'
import type { Transfer } from '../../../services/dns/index.ts'
import { MAX_TRANSFERS } from '../../../services/dns/transfer/transfers.ts'
import { CLOSED_TRANSFERS } from '../../../services/model/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { Bench, queryBytes, recordText, told, zoneOf, type QueryShape } from '../../support/dns.ts'
import { isGenuine, KEY, signed, takenApart } from '../../support/dns-tsig.ts'
import { framesOf, StreamBench } from '../../support/dns-stream.ts'
import { LEFT } from '../../support/tcp-hosts.ts'
import { parseMessage } from '../../../services/dns/wire/message.ts'

const HOSTS = Array.from({ length: 2000 }, (_, i) => `host-${i} A 10.1.${i >> 8}.${i & 255}`)
const ZONE = zoneOf('big.example', ['@ NS ns', 'ns A 10.0.0.1', 'MiXed TXT "case"', '* A 10.9.9.9', 'sub NS ns.sub', 'ns.sub A 10.8.8.8', ...HOSTS].join('\n'), 2)
const SECONDARY = ipv4('10.53.0.9')
const SOA = 'big.example 300 SOA ns.big.example hostmaster.big.example 7 3600 600 604800 60'
const ALL = ZONE.records.map((r) => `${r.name} ${r.ttl} ${r.type} ${r.data}`).sort()

function bench(): Bench {
  const made = new Bench([ZONE])
  made.server.tsigKeys.put(KEY)
  made.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 2, prefixes: [{ network: ipv4('10.53.0.8'), length: 30 }], keys: [KEY.name] })
  return made
}
const nowOf = (b: Bench): number => Math.floor(b.clock.wallMs() / 1000)
const axfr = (shape: QueryShape = {}, zone = 'big.example'): Uint8Array => queryBytes(zone, 'AXFR', { flags: 0, ...shape })
const begin = (b: Bench, query = axfr(), source = SECONDARY): Transfer | undefined => b.server.transfers.begin(query, 0, query.length, source)

/** All messages that are left; `between` runs after each. */
function messagesOf(transfer: Transfer | undefined, between: () => void = () => {}): readonly Uint8Array[] {
  const messages: Uint8Array[] = []
  const into = new Uint8Array(65_535)
  for (let length = transfer?.next(into) ?? 0; length > 0; length = transfer?.next(into) ?? 0) {
    messages.push(into.slice(0, length))
    between()
  }
  return messages
}
const recordsOf = (messages: readonly Uint8Array[]): readonly string[] =>
  messages.flatMap((b) => {
    const parsed = parseMessage(b, 0, b.length)
    if (!parsed.ok) throw new Error(parsed.error)
    return parsed.value.answer.map(recordText)
  })

describe('RFC 5936 §2.2 the answer', () => {
  test('begins and ends with the SOA, and has every record once between', () => {
    const records = recordsOf(messagesOf(begin(bench())))
    expect([records[0], records.at(-1)]).toEqual([SOA, SOA])
    expect(records.slice(1, -1).sort()).toEqual(ALL)
  })

  test('§2.2.1 every message has the id, AA and the question, and fits 16 KiB', () => {
    const messages = messagesOf(begin(bench(), axfr({ id: 0x4242 })))
    expect(messages.length).toBeGreaterThan(3)
    for (const m of messages) {
      expect(told(m, 0, m.length)).toMatchObject({ id: 0x4242, flags: 'aa', rcode: 'NOERROR', question: 'big.example AXFR', edns: undefined })
      expect(m.length).toBeLessThanOrEqual(16_384)
    }
  })

  test('§2.2.5 an OPT is answered by one', () => {
    for (const m of messagesOf(begin(bench(), axfr({ edns: {} })))) expect(told(m, 0, m.length).edns).toBeDefined()
  })

  test('§3.4 letters keep their case, whatever that of the question', () => {
    const records = recordsOf(messagesOf(begin(bench(), axfr({}, 'BIG.Example'))))
    expect(records).toContain('MiXed.big.example 300 TXT "case"')
    expect(records[0]).toBe(SOA)
  })

  test('a record too long for 16 KiB has a message of its own', () => {
    const long = Array.from({ length: 150 }, () => `"${'x'.repeat(250)}"`).join(' ')
    const b = new Bench([zoneOf('long.example', `@ NS ns\nns A 10.0.0.1\nlong TXT ${long}\nafter A 10.0.0.2`)])
    b.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 1, prefixes: [{ network: 0, length: 0 }], keys: [] })
    const messages = messagesOf(begin(b, axfr({}, 'long.example')))
    expect(messages.map((m) => m.length > 16_384).filter(Boolean)).toHaveLength(1)
    expect(recordsOf(messages)).toHaveLength(6)
  })
})

describe('RFC 5936 §5 who may have it', () => {
  test.each<[string, (b: Bench) => readonly [Uint8Array, number], boolean]>([
    // who                                                       query and source                                          begins
    ['an address of the policy', (_b: Bench) => [axfr(), SECONDARY], true],
    ['another address', (_b: Bench) => [axfr(), ipv4('10.53.0.50')], false],
    ['who signs with a key of the policy, from any address', (b: Bench) => [signed(axfr(), { time: nowOf(b) }).bytes, ipv4('10.53.0.50')], true],
    ['who signs wrongly, from an address of the policy', (b: Bench) => [signed(axfr(), { time: nowOf(b), spoilMac: true }).bytes, SECONDARY], false],
    ['a name below the apex', (_b: Bench) => [axfr({}, 'sub.big.example'), SECONDARY], false],
    ['a zone that is not here', (_b: Bench) => [axfr({}, 'other.example'), SECONDARY], false],
    ['another class', (_b: Bench) => [axfr({ class: 3 }), SECONDARY], false],
    ['any other query', (_b: Bench) => [queryBytes('big.example', 'SOA'), SECONDARY], false],
  ])('%s', (_who, made, begins) => {
    const b = bench()
    const [query, source] = made(b)
    expect(begin(b, query, source) !== undefined).toBe(begins)
    expect(b.server.counters.get('transfer-begun')).toBe(begins ? 1 : 0)
  })

  test('nobody while nothing was said, and nobody over UDP (§4.2)', () => {
    const b = new Bench([ZONE])
    expect(begin(b)).toBeUndefined()
    expect(bench().askBytes(axfr())?.rcode).toBe('REFUSED')
  })

  test(`no more than ${MAX_TRANSFERS} at a time; one that ends or is left makes room`, () => {
    const b = bench()
    const underWay = Array.from({ length: MAX_TRANSFERS }, () => begin(b))
    expect(underWay.every((transfer) => transfer !== undefined)).toBe(true)
    expect(begin(b)).toBeUndefined()
    expect(b.server.counters.get('transfer-full')).toBe(1)
    underWay[0]?.close()
    messagesOf(underWay[1])
    expect([begin(b), begin(b), begin(b)].map((transfer) => transfer !== undefined)).toEqual([true, true, false])
  })
})

test('RFC 8945 §5.3.1 each message of a signed transfer is signed on from the one before', () => {
  const b = bench()
  const query = signed(axfr(), { time: nowOf(b) })
  const messages = messagesOf(begin(b, query.bytes))
  expect(messages.length).toBeGreaterThan(3)
  let prior = query.mac
  for (const [i, message] of messages.entries()) {
    expect(isGenuine(message, prior, { timersOnly: i > 0 })).toBe(true)
    prior = takenApart(message).mac
  }
  const records = messages.flatMap((m) => told(m, 0, m.length).answer.filter((line) => !line.includes('TSIG')))
  expect(records).toHaveLength(ALL.length + 2)
})

test('RFC 5936 §2.2 the zone that is sent is the one of the beginning, whatever edits come between its messages', () => {
  const b = bench()
  let round = 0
  const transfer = begin(b)
  const messages = messagesOf(transfer, () => {
    const zone = b.server.zones.get('big.example')
    const rows = [...(zone?.records() ?? [])].filter((r) => r.name.startsWith('host-'))
    const removeIds = [rows[0], rows.at(-1), rows[Math.floor(rows.length / 2)]].map((r) => r?.id as number)
    for (const add of [`new-${round}`, `host-${round}`]) {
      const record = { name: add, type: 'A', ttl: null, data: '192.0.2.1', owner: { kind: 'hand' as const }, comment: undefined }
      const edit = b.server.planEdit('big.example', { add: [record], removeIds: add.startsWith('new') ? removeIds : [] })
      if (edit.ok) b.server.applyEdit(edit.value)
    }
    round++
  })
  const records = recordsOf(messages)
  expect(round).toBeGreaterThan(3)
  expect([records[0], records.at(-1)]).toEqual([SOA, SOA])
  expect(records.slice(1, -1).sort()).toEqual(ALL)
  expect(b.server.zones.get('big.example')?.zone.serial).toBeGreaterThan(7)
})

test('a zone that is removed meanwhile is sent to its end', () => {
  const b = bench()
  const messages = messagesOf(begin(b), () => void b.server.removeZone('big.example'))
  expect(recordsOf(messages)).toHaveLength(ALL.length + 2)
  expect(begin(b)).toBeUndefined()
})

describe('over TCP', () => {
  function streams(): StreamBench {
    const made = new StreamBench()
    made.server.addZone(ZONE.zone, ZONE.records)
    made.server.transfers.setPolicy({ ...CLOSED_TRANSFERS, zoneId: 2, prefixes: [{ network: LEFT, length: 32 }], keys: [] })
    return made
  }

  test('the zone comes whole, and what is asked behind it is answered afterwards', () => {
    const made = streams()
    const client = made.client()
    client.send(framesOf(axfr(), queryBytes('host-1.big.example', 'A')))
    made.clock.advance(2000)
    expect(client.answers.flatMap((answer) => answer.answer)).toHaveLength(ALL.length + 3)
    expect(client.answers.at(-1)?.answer).toEqual(['host-1.big.example 300 A 10.1.0.1'])
  })

  test('who does not read holds up nobody, and loses the connection in the end', () => {
    const made = streams()
    const slow = made.client()
    slow.reads = false
    slow.send(framesOf(axfr(), axfr(), axfr(), axfr(), axfr(), axfr(), axfr(), axfr()))
    made.clock.advance(1000)
    const other = made.client()
    other.send(framesOf(queryBytes('host-1.big.example', 'A')))
    made.clock.advance(1000)
    expect(other.answers).toHaveLength(1)
    made.clock.advance(30_000)
    expect(made.endpoint.size).toBe(0)
  })

  test('who goes away in the middle ends the transfer', () => {
    const made = streams()
    for (let i = 0; i < MAX_TRANSFERS + 2; i++) {
      const client = made.client()
      client.reads = false
      client.send(framesOf(axfr(), axfr(), axfr(), axfr(), axfr(), axfr()))
      made.clock.advance(200)
      client.endpoint.abort()
      made.clock.advance(200)
    }
    expect(made.server.counters.get('transfer-full')).toBe(0)
    expect(made.endpoint.size).toBe(0)
  })

  test('who may not have it is told REFUSED', () => {
    const made = streams()
    made.server.transfers.forget(2)
    const client = made.client()
    client.send(framesOf(axfr()))
    made.clock.advance(200)
    expect(client.answers[0]?.rcode).toBe('REFUSED')
  })
})
