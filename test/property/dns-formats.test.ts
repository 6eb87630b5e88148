import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatZone, parseZoneFile, RDATA } from '../../services/dns/index.ts'
import { NameWriter } from '../../services/dns/wire/compress.ts'
import {
  formatName, isAtOrBelow, nameKey, nameLength, NameReader, nameOfKey, parseName,
} from '../../services/dns/wire/name.ts'
import { formatRdata, isRdata, parseRdataText, readRdata } from '../../services/dns/wire/rdata.ts'
import { typeName } from '../../services/dns/wire/type-names.ts'
import { zoneRow } from '../support/dns.ts'
import { octetsOfType } from '../support/dns-arbitrary.ts'
import { ABSOLUTE } from '../../services/dns/wire/name.ts'
import { PLAIN_RECORD } from '../../services/model/index.ts'
import { toHex } from '../../stack/platform/index.ts'

/** Any name: labels of any octets, at most 255 in all. */
const label = fc.uint8Array({ minLength: 1, maxLength: 63 })
const wireName = fc.array(label, { maxLength: 8 }).map((labels) => {
  const out: number[] = []
  for (const octets of labels) if (out.length + octets.length + 2 <= 255) out.push(octets.length, ...octets)
  return Uint8Array.from([...out, 0])
})

describe('names', () => {
  test('text and octets are the same name', () => {
    fc.assert(fc.property(wireName, (n) => {
      const parsed = parseName(formatName(n))
      expect(parsed.ok && toHex(parsed.value)).toBe(toHex(n))
      expect(nameLength(n, 0, n.length)).toBe(n.length)
      expect(nameKey(nameOfKey(nameKey(n)))).toBe(nameKey(n))
      expect(isAtOrBelow(nameKey(n), '\0')).toBe(true)
    }))
  })

  test('any text is a name or is refused with a reason', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      const parsed = parseName(text)
      if (!parsed.ok) expect(parsed.error).not.toBe('')
      else expect(nameLength(parsed.value, 0, parsed.value.length)).toBe(parsed.value.length)
    }))
  })

  test('written with compression and read again they are the same', () => {
    // Names out of few labels, so that they share suffixes.
    const few = fc.array(fc.constantFrom('a', 'b', 'B', 'cc', 'lab'), { maxLength: 5 }).map(
      (labels) => Uint8Array.from([...labels.flatMap((l) => [l.length, ...Buffer.from(l)]), 0]),
    )
    fc.assert(fc.property(few, fc.array(fc.tuple(fc.boolean(), few), { maxLength: 40 }), (question, names) => {
      const b = new Uint8Array(4096)
      const writer = new NameWriter()
      const reader = new NameReader()
      b.set(question, 12)
      writer.start(0, question)
      let at = 12 + question.length
      for (const [isOwner, n] of names) {
        const next = isOwner ? writer.owner(b, at, b.length, n) : writer.inRdata(b, at, b.length, n)
        expect(next - at).toBeLessThanOrEqual(n.length)
        expect(reader.read(b, 0, at, next)).toBe(true)
        expect(reader.next).toBe(next)
        if (isOwner) expect(reader.key()).toBe(nameKey(n))
        else expect(toHex(reader.take())).toBe(toHex(n))
        at = next
      }
    }))
  })
})

describe('rdata', () => {
  test.each(Object.keys(RDATA) as (keyof typeof RDATA)[])('%s: octets, text and message are the same data', (type) => {
    const { code } = RDATA[type]
    fc.assert(fc.property(octetsOfType(type), (b) => {
      expect(isRdata(code, b)).toBe(true)
      for (const names of ['stored', 'final-dots'] as const) {
        const text = formatRdata(code, b, names)
        const parsed = parseRdataText(code, text, ABSOLUTE)
        expect(parsed.ok ? toHex(parsed.value) : `${text}: ${parsed.error.what}`).toBe(toHex(b))
      }
      const message = Uint8Array.from([...new Uint8Array(12), ...b])
      expect(toHex(readRdata(code, message, 0, 12, message.length, new NameReader()) as Uint8Array)).toBe(toHex(b))
    }), { numRuns: 60 })
  })

  test('any octets of any type are refused or print as text that reads back', () => {
    const codes = Object.values(RDATA).map((row) => row.code)
    fc.assert(fc.property(fc.constantFrom(...codes, 65_280), fc.uint8Array({ maxLength: 60 }), (code, b) => {
      if (!isRdata(code, b)) return
      const parsed = parseRdataText(code, formatRdata(code, b), ABSOLUTE)
      // SVCB says more in its text than its octets promise: a mandatory key may be missing, a list item be empty.
      if (!parsed.ok) expect(
        code === RDATA.SVCB.code || code === RDATA.HTTPS.code || code === RDATA.LOC.code || code === RDATA.CAA.code,
      ).toBe(true)
      else if (code !== RDATA.LOC.code && code !== RDATA.CAA.code) expect(toHex(parsed.value)).toBe(toHex(b))
    }), { numRuns: 3000 })
  })
})

describe('zone files', () => {
  test('a name in rdata that ends with an escaped dot is still written whole', () => {
    const record = {
      id: 1, zoneId: 1, name: 'lab.example', type: 'NS', ttl: 60, data: 'a.\\.', owner: { kind: 'hand' as const }, ...PLAIN_RECORD,
    }
    const parsed = parseZoneFile(formatZone(zoneRow('lab.example'), [record]), 'lab.example')
    expect(parsed.ok && parsed.value.records.map((r) => r.data)).toEqual(['a.\\.'])
  })

  const types = Object.keys(RDATA).filter((type) => type !== 'SOA' && type !== 'CNAME') as (keyof typeof RDATA)[]
  const row = fc.constantFrom(...types).chain((type) => fc.tuple(
    fc.constantFrom('', 'a.', 'B.c.', '*.', 'x\\.y.', '\\@.'), octetsOfType(type),
  ).map(([owner, b]) => ({
    name: `${owner}lab.example`, type, data: formatRdata(RDATA[type].code, b),
  })))

  test('what is written reads back', () => {
    fc.assert(fc.property(fc.uniqueArray(
      row, { maxLength: 20, selector: (r) => `${r.name}${r.type}${r.data}`.toLowerCase() },
    ), (rows) => {
      const records = rows.map(
        (r, id) => ({ ...r, id, zoneId: 1, ttl: 60, owner: { kind: 'hand' as const }, ...PLAIN_RECORD }),
      )
      const parsed = parseZoneFile(formatZone(zoneRow('lab.example'), records), 'lab.example')
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
      expect(parsed.value.records).toEqual(
        records.map(({ name, type, ttl, data }) => ({ name, type: typeName(RDATA[type].code), ttl, data })),
      )
    }), { numRuns: 60 })
  })
})
