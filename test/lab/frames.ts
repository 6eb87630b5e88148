/** Frames that no kernel would send, written octet by octet, for raw-send. */
import type { Host } from './netns.ts'
import { cProgram } from './programs.ts'

export type Station = { readonly mac: string; readonly address: string }

const octets = (text: string, separator: string, radix: number): readonly number[] =>
  text.split(separator).map(part => parseInt(part, radix))
export const macOctets = (mac: string): readonly number[] => octets(mac, ':', 16)
export const addressOctets = (address: string): readonly number[] => octets(address, '.', 10)
const u16 = (value: number): readonly number[] => [(value >> 8) & 255, value & 255]

/** RFC 1071. */
function checksum(bytes: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return ~sum & 0xffff
}

export const ethernet = (to: string, from: string, type: number, payload: readonly number[]): readonly number[] =>
  [...macOctets(to), ...macOctets(from), ...u16(type), ...payload]

export type Ipv4Fields = {
  readonly protocol: number
  readonly payload: readonly number[]
  readonly versionAndLength?: number
  readonly totalLength?: number
  readonly flagsAndOffset?: number
  readonly ttl?: number
  readonly checksum?: number
  readonly options?: readonly number[]
  readonly identification?: number
}

/** A datagram, right in everything that `fields` leaves out. */
export function ipv4(from: string, to: string, fields: Ipv4Fields): readonly number[] {
  const { protocol, payload, options = [], identification = 0x1234, flagsAndOffset = 0, ttl = 64 } = fields
  const headerLength = 20 + options.length
  const head = [
    fields.versionAndLength ?? 0x40 | (headerLength >> 2), 0,
    ...u16(fields.totalLength ?? headerLength + payload.length),
    ...u16(identification), ...u16(flagsAndOffset), ttl, protocol, 0, 0,
    ...addressOctets(from), ...addressOctets(to), ...options,
  ]
  const sum = fields.checksum ?? checksum(head)
  return [...head.slice(0, 10), ...u16(sum), ...head.slice(12), ...payload]
}

/** A UDP datagram without checksum unless one is given. */
export const udp = (
  from: number, to: number, payload: readonly number[], length = 8 + payload.length, sum = 0,
): readonly number[] => [...u16(from), ...u16(to), ...u16(length), ...u16(sum), ...payload]

/** Sends each frame `times` times from eth0 of a host. */
export async function sendFrames(host: Host, frames: readonly (readonly number[])[], times = 1): Promise<void> {
  const line = (frame: readonly number[]): string => frame.map(octet => octet.toString(16).padStart(2, '0')).join('')
  const input = frames.flatMap(frame => Array.from({ length: times }, () => `${line(frame)}\n`)).join('')
  await host.succeed([await cProgram('raw-send'), 'eth0'], { input })
}
