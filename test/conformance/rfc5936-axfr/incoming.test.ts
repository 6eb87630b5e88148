/** Transfers on their way in: what makes a version, and what does not. Answers are written record by record. */
import { describe, expect, test } from 'vitest'
import { IncomingTransfer, type Received } from '../../../services/dns/transfer/incoming.ts'
import { MAX_UNSIGNED, StreamSignature } from '../../../services/dns/transfer/stream-signature.ts'
import { name, nameKey } from '../../../services/dns/wire/name.ts'
import { ABSOLUTE } from '../../../services/dns/wire/name.ts'
import { parseRdataText } from '../../../services/dns/wire/rdata.ts'
import { typeCode } from '../../../services/dns/wire/type-names.ts'
import type { LiveZone } from '../../../services/dns/index.ts'
import { put16, put32 } from '../../../stack/platform/index.ts'
import { Bench, zoneOf } from '../../support/dns.ts'
import { KEY, SECRET, signed, type Signing } from '../../support/dns-tsig.ts'

const ID = 0x4711
const soa = (serial: number): string => `lab.example 300 SOA ns.lab.example hostmaster.lab.example ${serial} 3600 600 604800 60`
const OLD = ['lab.example 300 NS ns.lab.example', 'ns.lab.example 300 A 10.0.0.1', 'a.lab.example 300 A 10.0.0.2', 'b.lab.example 300 MX 5 Mail.lab.example']

type Shape = { readonly type?: string; readonly question?: string | null; readonly id?: number; readonly flags?: number; readonly class?: number }

/** A message of an answer with these records in its answer section. */
function message(records: readonly string[], { type = 'AXFR', question = 'lab.example', id = ID, flags = 0x8400, class: qclass = 1 }: Shape = {}): Uint8Array {
  const head = new Uint8Array(12)
  put16(head, 0, id)
  put16(head, 2, flags)
  put16(head, 4, question === null ? 0 : 1)
  put16(head, 6, records.length)
  const asked = question === null ? [] : [...name(question), 0, typeCode(type) as number, 0, 1]
  const octets = records.flatMap((record) => {
    const [owner = '', ttl = '', rtype = '', ...data] = record.split(' ')
    const code = typeCode(rtype) as number
    const rdata = parseRdataText(code, data.join(' '), ABSOLUTE)
    if (!rdata.ok) throw new Error(record)
    const fixed = new Uint8Array(10)
    put16(fixed, 0, code)
    put16(fixed, 2, qclass)
    put32(fixed, 4, Number(ttl))
    put16(fixed, 8, rdata.value.length)
    return [...name(owner), ...fixed, ...rdata.value]
  })
  return Uint8Array.from([...head, ...asked, ...octets])
}

function copy(): LiveZone {
  const zone = zoneOf('lab.example', OLD.map((line) => line.replace(' ', '. ').replace(/NS (.*)/, 'NS $1.').replace('Mail.lab.example', 'Mail.lab.example.')).join('\n'))
  const live = new Bench([zone]).server.zones.get('lab.example')
  if (live === undefined) throw new Error('no zone')
  return live
}

function taken(messages: readonly Uint8Array[], type: 'AXFR' | 'IXFR' = 'AXFR', signature?: StreamSignature): Received {
  let id = 900
  const incoming = new IncomingTransfer({ live: copy(), type: typeCode(type) as number, id: ID, signature, nextRecordId: () => ++id })
  let last: Received = { kind: 'more' }
  for (const each of messages) {
    last = incoming.receive(each, 0, each.length)
    if (last.kind !== 'more') return last
  }
  return last
}

const rows = (received: Received) => {
  if (received.kind !== 'version') return received
  const text = (r: { name: string; ttl: number; type: string; data: string }) => `${r.name} ${r.ttl} ${r.type} ${r.data}`
  const { version } = received
  return { serial: version.soa.serial, form: version.form, remove: version.remove.map(text), add: version.add.map(text) }
}
const whole = (serial: number, ...records: readonly string[]): readonly string[] => [soa(serial), ...records, soa(serial)]

describe('RFC 5936 §2.2 the answer to AXFR', () => {
  test('rows that are here already stay, others come and go', () => {
    const [ns = '', a = '', , mx = ''] = OLD
    expect(rows(taken([message(whole(8, ns, a, 'c.lab.example 300 A 10.0.0.3', mx))]))).toEqual({
      serial: 8, form: 'whole', remove: ['a.lab.example 300 A 10.0.0.2'], add: ['c.lab.example 300 A 10.0.0.3'],
    })
  })

  test('another TTL or letter case is another row; a repeated one is one', () => {
    const [ns = '', a = ''] = OLD
    const changed = ['a.lab.example 60 A 10.0.0.2', 'B.lab.example 300 MX 5 mail.lab.example']
    expect(rows(taken([message(whole(8, ns, a, ...changed, ...changed, ns))]))).toMatchObject({ remove: OLD.slice(2), add: changed })
  })

  test('§2.2 messages may be cut anywhere, and the later ones need no question', () => {
    const all = whole(8, ...OLD)
    const messages = all.map((record, i) => message([record], { question: i === 0 ? 'lab.example' : null }))
    expect(rows(taken(messages))).toMatchObject({ serial: 8, remove: [], add: [] })
    expect(taken(messages.slice(0, -1))).toEqual({ kind: 'more' })
  })

  test('§3.3 what does not lie in the zone is passed over', () => {
    expect(rows(taken([message(whole(8, ...OLD, 'ns.other.example 300 A 10.0.0.9'))]))).toMatchObject({ add: [] })
  })

  test.each<[string, readonly Uint8Array[], unknown]>([
    ['an rcode', [message([], { flags: 0x8405 })], { kind: 'rcode', rcode: 'REFUSED' }],
    ['an rcode of a later message', [message([soa(8), OLD[0] as string]), message([], { flags: 0x8402 })], { kind: 'rcode', rcode: 'SERVFAIL' }],
    ['another id', [message(whole(8, ...OLD), { id: 1 })], { kind: 'not-an-answer' }],
    ['a question', [message(whole(8, ...OLD), { flags: 0 })], { kind: 'not-an-answer' }],
    ['another opcode', [message(whole(8, ...OLD), { flags: 0xa400 })], { kind: 'not-an-answer' }],
    ['one that is cut off', [message(whole(8, ...OLD), { flags: 0x8600 })], { kind: 'not-an-answer' }],
    ['another zone', [message(whole(8, ...OLD), { question: 'other.example' })], { kind: 'not-an-answer' }],
    ['another type', [message(whole(8, ...OLD), { type: 'A' })], { kind: 'not-an-answer' }],
    ['no question in the first', [message(whole(8, ...OLD), { question: null })], { kind: 'not-an-answer' }],
    ['less than a header', [new Uint8Array(11)], { kind: 'not-an-answer' }],
    ['no SOA first', [message([...OLD, soa(8)])], { kind: 'no-soa' }],
    ['another zone\'s SOA first', [message([soa(8).replace('lab.', 'other.'), ...OLD])], { kind: 'no-soa' }],
    ['a SOA within the zone', [message([soa(8), soa(8).replace('lab.', 'a.lab.'), ...OLD])], { kind: 'bad-record' }],
    ['another serial last', [message([soa(8), ...OLD, soa(9)])], { kind: 'wrong-serial' }],
    ['records after the last', [message([...whole(8, ...OLD), OLD[0] as string])], { kind: 'bad-record' }],
    ['another class', [message(whole(8, ...OLD), { class: 3 })], { kind: 'bad-record' }],
    ['a type that is no data', [message([soa(8), 'a.lab.example 0 TYPE250 \\# 0', ...OLD])], { kind: 'bad-record' }],
    ['a record that ends early', [message(whole(8, ...OLD)).subarray(0, 200)], { kind: 'malformed' }],
    ['no name server', [message(whole(8, ...OLD.slice(1)))], { kind: 'no-name-server' }],
    ['nothing but the SOA', [message(whole(8))], { kind: 'no-name-server' }],
  ])('%s ends it', (_what, messages, fault) => expect(taken(messages)).toEqual({ kind: 'failed', fault }))
})

describe('RFC 1995 §4 the answer to IXFR', () => {
  const ixfr = (records: readonly string[]): Received => taken([message(records, { type: 'IXFR' })], 'IXFR')
  const A = OLD[2] as string
  const NEW = 'c.lab.example 300 A 10.0.0.3'

  test('one version further', () => {
    expect(rows(ixfr([soa(8), soa(7), A, soa(8), NEW, soa(8)]))).toEqual({ serial: 8, form: 'changes', remove: [A], add: [NEW] })
  })

  test('several at once are condensed: what came and went again is not told', () => {
    expect(rows(ixfr([soa(9), soa(7), A, soa(8), NEW, soa(8), NEW, soa(9), A, soa(9)]))).toEqual({ serial: 9, form: 'changes', remove: [], add: [] })
  })

  test('§4 cut over messages', () => {
    const records = [soa(8), soa(7), A, soa(8), NEW, soa(8)]
    const messages = records.map((record, i) => message([record], { type: 'IXFR', question: i === 0 ? 'lab.example' : null }))
    // A newer SOA alone is no answer yet.
    expect(rows(taken(messages, 'IXFR'))).toMatchObject({ serial: 8, remove: [A], add: [NEW] })
  })

  test.each([7, 6])('§2 the SOA alone with serial %i: nothing is new', (serial) => expect(ixfr([soa(serial)])).toEqual({ kind: 'current' }))

  test('§4 the whole zone instead', () => {
    expect(rows(ixfr(whole(8, ...OLD.slice(0, 2), NEW)))).toEqual({ serial: 8, form: 'whole', remove: OLD.slice(2), add: [NEW] })
  })

  test.each([
    ['a record goes that is not there', [soa(8), soa(7), NEW, soa(8), soa(8)], 'inconsistent'],
    ['a record comes that is there', [soa(8), soa(7), soa(8), A, soa(8)], 'inconsistent'],
    ['a record goes twice', [soa(8), soa(7), A, A, soa(8), soa(8)], 'inconsistent'],
    ['it begins with another version', [soa(8), soa(6), A, soa(8), soa(8)], 'wrong-serial'],
    ['a version is missing', [soa(9), soa(7), A, soa(8), NEW, soa(9), A, soa(9)], 'wrong-serial'],
    ['the last name server goes', [soa(8), soa(7), OLD[0] as string, soa(8), soa(8)], 'no-name-server'],
  ])('%s: it does not count', (_what, records, kind) => expect(ixfr(records)).toEqual({ kind: 'failed', fault: { kind } }))
})

describe('RFC 8945 §5.3.1 signatures over many messages', () => {
  const TIME = 1_800_000_000
  const QUERY_MAC = Uint8Array.from({ length: 32 }, (_, i) => i)
  const key = { name: name(KEY.name), key: nameKey(name(KEY.name)), algorithm: KEY.algorithm, secret: SECRET }
  const verifier = (): StreamSignature => new StreamSignature(key, QUERY_MAC, () => TIME)
  const parts = (): Uint8Array[] => whole(8, ...OLD).map((record, i) => message([record], { question: i === 0 ? 'lab.example' : null }))

  /** Signs the messages at these places; the digest goes on over those between. */
  function signAt(messages: readonly Uint8Array[], places: readonly number[], change: Partial<Signing> = {}): readonly Uint8Array[] {
    let priorMac: Uint8Array = QUERY_MAC
    let between: Uint8Array[] = []
    let first = true
    return messages.map((each, i) => {
      if (!places.includes(i)) {
        between.push(each)
        return each
      }
      const { bytes, mac } = signed(each, { time: TIME, priorMac, timersOnly: !first, before: between, ...change })
      priorMac = mac
      between = []
      first = false
      return bytes
    })
  }

  test.each([
    ['each', [0, 1, 2, 3, 4, 5]],
    ['the first and the last', [0, 5]],
    ['some between', [0, 2, 5]],
  ])('%s', (_what, places) => expect(taken(signAt(parts(), places), 'AXFR', verifier()).kind).toBe('version'))

  test.each<[string, (messages: readonly Uint8Array[]) => readonly Uint8Array[], string]>([
    ['none on the first', (m) => signAt(m, [1, 5]), 'unsigned'],
    ['none on the last', (m) => signAt(m, [0, 3]), 'unsigned'],
    ['a message between is changed', (m) => signAt(m, [0, 5]).map((each, i) => (i === 2 ? each.with(each.length - 1, 99) : each)), 'BADSIG'],
    ['a message between is left out', (m) => signAt(m, [0, 5]).filter((_, i) => i !== 3), 'BADSIG'],
    ['two are exchanged', (m) => { const s = signAt(m, [0, 1, 2, 3, 4, 5]); return [s[0], s[2], s[1], ...s.slice(3)] as Uint8Array[] }, 'BADSIG'],
    ['another key', (m) => signAt(m, [0, 5], { keyName: 'other.example' }), 'BADKEY'],
    ['another secret', (m) => signAt(m, [0, 5], { secret: SECRET.toReversed() }), 'BADSIG'],
    ['an hour late', (m) => signAt(m, [0, 5], { time: TIME - 3600 }), 'BADTIME'],
  ])('%s: no version', (_what, messages, fault) => {
    expect(taken(messages(parts()), 'AXFR', verifier())).toEqual({ kind: 'failed', fault: { kind: 'signature', fault } })
  })

  test('a hundredth message in a row without one', () => {
    const many = [soa(8), ...Array.from({ length: MAX_UNSIGNED + 2 }, (_, i) => `h${i}.lab.example 300 A 10.1.0.${i}`), ...OLD, soa(8)]
    const messages = many.map((record, i) => message([record], { question: i === 0 ? 'lab.example' : null }))
    const every = (n: number): readonly number[] => messages.map((_, i) => i).filter((i) => i % n === 0 || i === messages.length - 1)
    expect(taken(signAt(messages, every(100)), 'AXFR', verifier()).kind).toBe('version')
    expect(taken(signAt(messages, every(101)), 'AXFR', verifier())).toEqual({ kind: 'failed', fault: { kind: 'signature', fault: 'unsigned' } })
  })
})
