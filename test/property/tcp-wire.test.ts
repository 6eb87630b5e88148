import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as tcp from '../../stack/wire/tcp.ts'
import * as options from '../../stack/wire/tcp-options.ts'

const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.nat({ max: 0xffff_ffff })
const address = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
/** NOPs are options that any number of octets can be filled with. */
const nops = fc.integer({ min: 0, max: 10 }).map((words) => new Uint8Array(words * 4).fill(options.OPTION_NOP))

describe('parse(emit(h)) = h', () => {
  test('TCP', () => {
    const header = fc.record({
      sourcePort: u16, targetPort: u16, sequence: u32, acknowledgment: u32,
      flags: fc.integer({ min: 0, max: 0xff }), window: u16, urgentPointer: u16, options: nops,
    })
    const payload = fc.uint8Array({ maxLength: 200 })
    fc.assert(
      fc.property(header, payload, address, address, fc.integer({ min: 0, max: 9 }), (fields, octets, from, to, at) => {
        const b = new Uint8Array(400).fill(0xaa)
        const h = { ...fields, payloadLength: octets.length }
        b.set(octets, at + 20 + h.options.length)
        const length = tcp.emit(h, b, at, from, to)
        const end = at + length + octets.length
        expect(tcp.parse(b, at, end, from, to)).toEqual({ ok: true, value: h })
        // Any one octet that differs is noticed.
        b[at + ((h.sequence + h.window) % (end - at))] = (b[at + ((h.sequence + h.window) % (end - at))] as number) ^ 0x40
        expect(tcp.parse(b, at, end, from, to).ok).toBe(false)
      }),
    )
  })

  test('the options of a SYN', () => {
    const scale = fc.integer({ min: -1, max: 14 })
    fc.assert(
      fc.property(u16, scale, fc.boolean(), fc.boolean(), u32, u32, (mss, windowScale, sack, stamps, value, echo) => {
        const b = new Uint8Array(60)
        const end = options.putSynOptions(b, 3, mss, windowScale, sack, stamps, value, echo)
        expect((end - 3) % 4).toBe(0)
        expect(options.checkOptions(b, 3, end)).toBe(true)
        const read = new options.TcpOptions()
        read.read(b, 3, end)
        expect(read).toMatchObject({ mss, windowScale, sackPermitted: sack, hasTimestamps: stamps, sackCount: 0 })
        if (stamps) expect([read.timestamp >>> 0, read.timestampEcho >>> 0]).toEqual([value, echo])
      }),
    )
  })
})
