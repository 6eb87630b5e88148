import { describe, expect, test } from 'vitest'
import { parseMessage, parseQuery } from '../../../../../services/dns/wire/message.ts'
import { formatName } from '../../../../../services/dns/wire/name.ts'
import { queryBytes, recordText, replyTo } from '../../../../support/dns.ts'

describe('parseQuery', () => {
  test('a plain query', () => {
    const q = queryBytes('Www.lab', 'MX', { id: 0xfffe, flags: 0x0110 })
    expect(parseQuery(q, 0, q.length)).toMatchObject({
      kind: 'query', query: { id: 0xfffe, flags: 0x0110, key: '\x03www\x03lab\0', type: 15, class: 1, edns: undefined },
    })
  })

  test('at an offset, with EDNS', () => {
    const q = queryBytes('www.lab', 'A', { edns: { size: 4000, dnssecOk: true, options: [0, 10, 0, 2, 1, 2] } })
    const b = new Uint8Array(q.length + 20)
    b.set(q, 7)
    const parsed = parseQuery(b, 7, q.length)
    expect(parsed).toMatchObject({ kind: 'query', query: { edns: { udpOctets: 4000, version: 0, dnssecOk: true } } })
    expect(parsed.kind === 'query' ? formatName(parsed.query.name) : '').toBe('www.lab')
  })
})

describe('parseMessage', () => {
  const asked = { bytes: queryBytes('www.example.com', 'A') }

  test('sections, TTLs and extended rcodes', () => {
    const reply = replyTo(
      asked,
      {
        answer: 'www.example.com 2147483648 A 192.0.2.1', authority: 'example.com 5 NS ns.example.com',
        additional: 'ns.example.com 9 A 192.0.2.2',
      },
    )
    const parsed = parseMessage(reply, 0, reply.length)
    if (!parsed.ok) throw new Error(parsed.error)
    // RFC 2181 §8: a TTL with the top bit set is zero.
    expect(parsed.value.answer.map(recordText)).toEqual(['www.example.com 0 A 192.0.2.1'])
    expect(parsed.value.authority.map(recordText)).toEqual(['example.com 5 NS ns.example.com'])
    expect(parsed.value.additional.map(recordText)).toEqual(['ns.example.com 9 A 192.0.2.2'])
  })

  test('every cut of a response is malformed', () => {
    const reply = replyTo(asked, { answer: 'www.example.com 60 CNAME a.example.com\na.example.com 60 A 192.0.2.1' })
    for (let length = 0; length < reply.length; length++) expect(parseMessage(reply, 0, length).ok).toBe(false)
    expect(parseMessage(reply, 0, reply.length).ok).toBe(true)
  })

  test.each([
    ['short', (b: Uint8Array) => b.subarray(0, 11)],
    ['question-count', (b: Uint8Array) => b.with(5, 2)],
    ['question-count', (b: Uint8Array) => b.with(5, 0)],
    ['question', (b: Uint8Array) => b.with(12, 0xc0).with(13, 12)],
    ['record', (b: Uint8Array) => b.with(7, 2)],
  ] as const)('%s', (fault, change) => {
    const reply = change(replyTo(asked, { answer: 'www.example.com 60 A 192.0.2.1' }))
    expect(parseMessage(reply, 0, reply.length)).toEqual({ ok: false, error: fault })
  })

  test('rdata of the wrong length is malformed', () => {
    const reply = replyTo(asked, { answer: 'www.example.com 60 TYPE65001 \\# 3 010203' })
    // The same octets called an address.
    const at = reply.length - 3 - 10
    expect(parseMessage(reply.with(at, 0).with(at + 1, 1), 0, reply.length)).toEqual({ ok: false, error: 'record' })
  })
})
