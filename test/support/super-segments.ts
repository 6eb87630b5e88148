/** Super-segments as a kernel hands them over: one datagram for many, with its checksum open. */
import { ipv4 } from '../../stack/index.ts'
import { put16 } from '../../stack/platform/index.ts'
import { fold, pseudoHeader } from '../../stack/wire/checksum.ts'
import { ETHERNET_HEADER_BYTES } from '../../stack/wire/ethernet.ts'
import * as ip from '../../stack/wire/ipv4.ts'
import { tcpOffload } from '../../stack/wire/offload.ts'
import * as tcp from '../../stack/wire/tcp.ts'
import { ipFrame, octets } from './stack-lan.ts'
import type { DatagramFields } from './stack-lan.ts'

export type SuperFields = DatagramFields & {
  readonly sequence?: number
  readonly acknowledgment?: number
  readonly flags?: number
  readonly sourcePort?: number
  readonly targetPort?: number
  readonly tcpOptions?: Uint8Array
}

export type SuperSegment = { readonly frame: Uint8Array; readonly offload: number }

/** `textBytes` octets of text, to be cut into pieces of `pieceBytes`; 0: only its checksum is open. */
export function superSegment(textBytes: number, pieceBytes: number, fields: SuperFields = {}): SuperSegment {
  const source = ipv4(fields.from ?? '10.53.0.9')
  const target = ipv4(fields.to ?? '10.53.0.2')
  const options = fields.tcpOptions ?? new Uint8Array(0)
  const header = tcp.TCP_HEADER_BYTES + options.length
  const segment = new Uint8Array(header + textBytes)
  segment.set(octets(textBytes), header)
  const h: tcp.TcpHeader = {
    sourcePort: fields.sourcePort ?? 4000, targetPort: fields.targetPort ?? 80,
    sequence: fields.sequence ?? 1000, acknowledgment: fields.acknowledgment ?? 2000,
    flags: fields.flags ?? tcp.ACK | tcp.PSH, window: 65_535, urgentPointer: 0, options, payloadLength: textBytes,
  }
  tcp.emit(h, segment, 0, source, target)
  put16(segment, 16, fold(pseudoHeader(source, target, ip.PROTOCOL_TCP, segment.length)))
  const frame = ipFrame(segment, { protocol: ip.PROTOCOL_TCP, ...fields })
  const start = ETHERNET_HEADER_BYTES + ip.headerLength(frame, ETHERNET_HEADER_BYTES)
  return { frame, offload: tcpOffload(start, pieceBytes) }
}
