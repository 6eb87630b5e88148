/** Single TCP segments by hand, from any host of the LAN to ours. */
import { ipv4 } from '../../stack/index.ts'
import { i32 } from '../../stack/platform/index.ts'
import * as ip from '../../stack/wire/ipv4.ts'
import * as tcp from '../../stack/wire/tcp.ts'
import { HOST, ipFrame, must, PEER } from './stack-lan.ts'

export type SegmentFields = Partial<tcp.TcpHeader> & {
  readonly from?: string
  readonly payload?: Uint8Array
}

export function tcpSegment(fields: SegmentFields): Uint8Array {
  const payload = fields.payload ?? new Uint8Array(0)
  const options = fields.options ?? new Uint8Array(0)
  const b = new Uint8Array(20 + options.length + payload.length)
  b.set(payload, 20 + options.length)
  tcp.emit(
    {
      sourcePort: 4000, targetPort: 80, sequence: 0, acknowledgment: 0, flags: tcp.SYN, window: 65_535,
      urgentPointer: 0, ...fields, options, payloadLength: payload.length,
    },
    b, 0, ipv4(fields.from ?? PEER), ipv4(HOST),
  )
  return b
}

export const tcpFrame = (fields: SegmentFields): Uint8Array =>
  ipFrame(tcpSegment(fields), { protocol: ip.PROTOCOL_TCP, ...(fields.from === undefined ? {} : { from: fields.from }) })

/** The TCP header of a frame; undefined for anything else. */
export function tcpOf(frame: Uint8Array): tcp.TcpHeader | undefined {
  if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== ip.PROTOCOL_TCP) return undefined
  return must(tcp.parse(frame, 34, 14 + ip.totalLength(frame, 14), i32(frame, 26), i32(frame, 30)))
}
