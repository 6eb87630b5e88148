/** The header before frames of a TAP device with offloads, as octets: virtio 1.2 §5.1.6. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, SeededRandom } from '../../../stack/platform/index.ts'
import { readVnetHeader, UNUSABLE, VNET_HEADER_BYTES, writeVnetHeader } from '../../../stack/link/tap/vnet-header.ts'
import { CHECKED, checksumField, checksumStart, NO_OFFLOAD, offloadOf, segmentBytes, tcpOffload } from '../../../stack/wire/offload.ts'

const octetsOf = (text: string): Uint8Array => fromHex(text.replaceAll(' ', '')) as Uint8Array
const LENGTH = 1514

describe('virtio 1.2 §5.1.6.4 frames received', () => {
  test.each([
    // flags gso hdr_len gso_size start field
    ['nothing is known', '00 00 0000 0000 0000 0000', NO_OFFLOAD],
    ['DATA_VALID: the checksum was verified', '02 00 0000 0000 0000 0000', CHECKED],
    ['NEEDS_CSUM: that of TCP is open', '01 00 0000 0000 2200 1000', tcpOffload(34, 0)],
    ['NEEDS_CSUM: that of UDP is open', '01 00 0000 0000 2200 0600', offloadOf(34, 6, 0)],
    ['NEEDS_CSUM behind a VLAN tag', '01 00 0000 0000 2600 1000', tcpOffload(38, 0)],
    ['GSO_TCPV4: pieces of 1448 octets', '01 01 4200 a805 2200 1000', tcpOffload(34, 1448)],
    ['GSO_TCPV4 with ECN', '01 81 4200 a805 2200 1000', tcpOffload(34, 1448)],
    ['a header length that is only a hint', '01 01 ffff a805 2200 1000', tcpOffload(34, 1448)],
    ['GSO_TCPV4 whose checksum is not open', '00 01 4200 a805 2200 1000', UNUSABLE],
    ['GSO_TCPV4 that says verified instead', '02 01 4200 a805 0000 0000', UNUSABLE],
    ['GSO_TCPV4 in pieces of nothing', '01 01 4200 0000 2200 1000', UNUSABLE],
    ['GSO_UDP, which was not asked for', '01 03 2a00 a805 2200 0600', UNUSABLE],
    ['GSO_TCPV6, which was not asked for', '01 04 5600 9405 3600 1000', UNUSABLE],
    ['GSO_UDP_L4, which was not asked for', '01 05 2a00 a805 2200 0600', UNUSABLE],
    ['an open checksum at the start of the frame', '01 00 0000 0000 0000 1000', UNUSABLE],
    ['an open checksum farther than headers reach', '01 00 0000 0000 8000 1000', UNUSABLE],
    ['a field farther than headers reach', '01 00 0000 0000 2200 2000', UNUSABLE],
  ])('%s', (_what, header, offload) => {
    expect(readVnetHeader(octetsOf(header), 0, LENGTH)).toBe(offload)
  })

  test('a field beyond the end of the frame', () => {
    const header = octetsOf('01 00 0000 0000 2200 1000')
    expect(readVnetHeader(header, 0, 52)).toBe(tcpOffload(34, 0))
    expect(readVnetHeader(header, 0, 51)).toBe(UNUSABLE)
  })
})

describe('virtio 1.2 §5.1.6.2 frames sent', () => {
  test.each([
    ['whole', NO_OFFLOAD, '00 00 0000 0000 0000 0000'],
    ['whole, and verified when it was received', CHECKED, '00 00 0000 0000 0000 0000'],
    ['with the checksum of TCP open', tcpOffload(34, 0), '01 00 0000 0000 2200 1000'],
    ['with the checksum of UDP open', offloadOf(34, 6, 0), '01 00 0000 0000 2200 0600'],
    ['a super-segment, with the length of its headers', tcpOffload(34, 1448), '01 01 4200 a805 2200 1000'],
  ])('%s', (_what, offload, header) => {
    const b = new Uint8Array(VNET_HEADER_BYTES + 100).fill(0xee)
    // A TCP header of 32 octets.
    b[VNET_HEADER_BYTES + 34 + 12] = 0x80
    writeVnetHeader(b, 0, offload)
    expect(b.slice(0, VNET_HEADER_BYTES)).toEqual(octetsOf(header))
  })

  test('what is written is read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 127 }), fc.nat({ max: 31 }), fc.nat({ max: 0xffff }), (start, field, size) => {
        const b = new Uint8Array(VNET_HEADER_BYTES + 200)
        writeVnetHeader(b, 0, offloadOf(start, field, size))
        expect(readVnetHeader(b, 0, 200)).toBe(offloadOf(start, field, size))
      }),
    )
  })
})

test('any ten octets: unusable, or what lies within the frame', () => {
  const random = new SeededRandom(1)
  const b = new Uint8Array(VNET_HEADER_BYTES)
  let usable = 0
  for (let i = 0; i < 100_000; i++) {
    for (let o = 0; o < b.length; o++) b[o] = random.chance(0.5) ? random.below(4) : random.below(256)
    // The high octets of the two offsets, which are nearly always nothing.
    if (random.chance(0.8)) b[7] = b[9] = 0
    const length = random.below(200)
    const offload = readVnetHeader(b, 0, length)
    if (offload === UNUSABLE || offload === NO_OFFLOAD || offload === CHECKED) continue
    usable++
    expect(checksumStart(offload) + checksumField(offload) + 2).toBeLessThanOrEqual(length)
    expect(segmentBytes(offload)).toBeLessThanOrEqual(0xffff)
  }
  expect(usable).toBeGreaterThan(500)
})
