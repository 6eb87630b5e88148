import { expect, test } from 'vitest'
import { fold, pseudoHeader } from '../../../../stack/wire/checksum.ts'
import { ETHERNET_HEADER_BYTES } from '../../../../stack/wire/ethernet.ts'
import { ICMP_HEADER_BYTES } from '../../../../stack/wire/icmp.ts'
import { IPV4_HEADER_BYTES } from '../../../../stack/wire/ipv4.ts'
import { offloadOf } from '../../../../stack/wire/offload.ts'
import { ipv4 } from '../../../../stack/index.ts'
import { u16 } from '../../../../stack/platform/index.ts'
import { bench, HOST, octets, PEER, udpFrame } from '../../../support/stack-lan.ts'

const UDP_AT = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES
const CHECKSUM_AT = UDP_AT + 6

test.each([
  // octets of data: all of it is quoted; more than is quoted
  20, 1_000,
])('a datagram of %i octets whose checksum was left to the device is quoted with that checksum', (length) => {
  const lan = bench()
  lan.answer(udpFrame(octets(1), { toPort: 4242 }))
  const whole = udpFrame(octets(length), { toPort: 4242 })
  const open = whole.slice()
  const seed = fold(pseudoHeader(ipv4(PEER), ipv4(HOST), 17, 8 + length))
  open.set([seed >>> 8, seed & 255], CHECKSUM_AT)
  const buffer = new Uint8Array(2 + open.length)
  buffer.set(open, 2)
  lan.iface.link.onFrame(buffer, 2, open.length, offloadOf(UDP_AT, 6, 0))
  lan.iface.link.onBatchEnd()
  lan.clock.advance(10)
  const [error = new Uint8Array(600)] = lan.peer.take()
  expect(u16(error, UDP_AT)).toBe(0x0303)
  expect(u16(error, UDP_AT + ICMP_HEADER_BYTES + IPV4_HEADER_BYTES + 6)).toBe(u16(whole, CHECKSUM_AT))
})
