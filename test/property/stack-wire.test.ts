import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatMac } from '../../stack/index.ts'
import * as arp from '../../stack/wire/arp.ts'
import { complement, fold, pseudoHeader, sumWords } from '../../stack/wire/checksum.ts'
import * as ethernet from '../../stack/wire/ethernet.ts'
import * as icmp from '../../stack/wire/icmp.ts'
import * as ip from '../../stack/wire/ipv4.ts'
import * as udp from '../../stack/wire/udp.ts'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.nat({ max: 0xffff_ffff })
const address = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((octets) => formatMac(octets))
const unicastMac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((octets) => formatMac(octets.with(0, (octets[0] as number) & 0xfe)))
/** Formats are written at any offset, into a buffer that held something else. */
const offset = fc.integer({ min: 0, max: 40 })
const room = (): Uint8Array => new Uint8Array(2000).fill(0xaa)

describe('parse(emit(h)) = h', () => {
  test('Ethernet', () => {
    fc.assert(
      fc.property(mac, unicastMac, fc.integer({ min: 0x600, max: 0xffff }), offset, (destination, source, type, at) => {
        const b = room()
        ethernet.emit({ destination, source, type }, b, at)
        expect(ethernet.parse(b, at, at + 14)).toEqual({ ok: true, value: { destination, source, type } })
      }),
    )
  })

  test('ARP', () => {
    const packet = fc.record({
      operation: fc.constantFrom(1, 2), senderMac: mac, sender: address, targetMac: mac, target: address,
    })
    fc.assert(
      fc.property(packet, offset, (p, at) => {
        const b = room()
        arp.emit(p, b, at)
        expect(arp.parse(b, at, at + 28)).toEqual({ ok: true, value: p })
      }),
    )
  })

  test('IPv4', () => {
    const header = fc.record({
      tos: u8,
      payloadLength: fc.integer({ min: 0, max: 1400 }),
      identification: u16,
      dontFragment: fc.boolean(),
      moreFragments: fc.boolean(),
      fragmentOffset: fc.integer({ min: 0, max: 0x1fff }).map((units) => units * 8),
      ttl: u8,
      protocol: u8,
      source: address,
      target: address,
      options: fc.uint8Array({ maxLength: 40 }).map((o) => o.slice(0, o.length & ~3)),
    })
    fc.assert(
      fc.property(header, offset, (h, at) => {
        const b = room()
        const length = ip.emit(h, b, at)
        expect(ip.parse(b, at, at + length + h.payloadLength)).toEqual({ ok: true, value: h })
        expect(ip.parse(b, at, at + length + h.payloadLength - 1).ok).toBe(false)
      }),
    )
  })

  test('ICMP', () => {
    const message = fc.record({ type: u8, code: u8, rest: u32, body: fc.uint8Array({ maxLength: 300 }) })
    fc.assert(
      fc.property(message, offset, (m, at) => {
        const b = room()
        const length = icmp.emit(m, b, at)
        expect(icmp.parse(b, at, at + length)).toEqual({ ok: true, value: m })
      }),
    )
  })

  test('UDP', () => {
    const fields = fc.record({ sourcePort: u16, targetPort: u16, payload: fc.uint8Array({ maxLength: 300 }) })
    fc.assert(
      fc.property(fields, address, address, offset, ({ sourcePort, targetPort, payload }, source, target, at) => {
        const b = room()
        b.set(payload, at + 8)
        const header = { sourcePort, targetPort, payloadLength: payload.length }
        udp.emit(header, b, at, source, target)
        expect(udp.udpChecksum(b, at)).not.toBe(0)
        expect(udp.parse(b, at, at + 8 + payload.length, source, target)).toEqual({ ok: true, value: header })
      }),
    )
  })
})

describe('checksum', () => {
  /** RFC 1071 §1 word for word, on numbers without bounds. */
  function reference(octets: Uint8Array): number {
    let sum = 0n
    for (let i = 0; i < octets.length; i += 2) sum += BigInt(octets[i] as number) * 256n + BigInt(octets[i + 1] ?? 0)
    while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n)
    return Number(sum)
  }

  test('is what RFC 1071 says, at any length and offset', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 0, max: 9 }), (octets, at) => {
        const b = new Uint8Array(at + octets.length + 5).fill(0x77)
        b.set(octets, at)
        expect(fold(sumWords(b, at, octets.length, 0))).toBe(reference(octets))
      }),
    )
  })

  test('does not overflow on the largest datagram of ones', () => {
    const octets = new Uint8Array(65_535).fill(0xff)
    const seed = pseudoHeader(-1, -1, 255, 0xffff)
    expect(fold(sumWords(octets, 0, octets.length, seed))).toBe(fold(reference(octets) + seed))
  })

  test('of a range with its checksum in it is 0xffff', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 200 }), (octets) => {
        octets[0] = octets[1] = 0
        const sum = complement(sumWords(octets, 0, octets.length, 0))
        octets[0] = sum >>> 8
        octets[1] = sum & 255
        expect(fold(sumWords(octets, 0, octets.length, 0))).toBe(0xffff)
      }),
    )
  })
})
