/** One message by each way that it can come: what comes back is to be the same but for what the way makes different. */
import type { Bench } from './dns.ts'
import { CLIENT, told, type Told } from './dns.ts'

export type Raw = Uint8Array | 'silence'

const never = (): never => {
  throw new Error('the answer is to come later')
}

/** The octets that come back over UDP; asked twice, because the second answer may come out of the answer table. */
export function overUdp(bench: Bench, bytes: Uint8Array): Raw {
  const once = (): Raw => {
    const into = new Uint8Array(4096)
    const octets = bench.server.receive(bytes, 0, bytes.length, into, 0, 4096, CLIENT, never)
    return octets === 0 ? 'silence' : into.slice(0, octets)
  }
  const first = once()
  const second = once()
  if (Buffer.compare(bytesOf(first), bytesOf(second)) !== 0) throw new Error('the second answer differs from the first')
  return first
}

export function overTcp(bench: Bench, bytes: Uint8Array): Raw {
  const into = new Uint8Array(65_535)
  const octets = bench.server.receiveStream(bytes, 0, bytes.length, into, 0, CLIENT, never)
  return octets === 0 ? 'silence' : into.slice(0, octets)
}

const bytesOf = (raw: Raw): Uint8Array => (raw === 'silence' ? new Uint8Array(0) : raw)

/** An answer as "NOTIMP qr, opcode 15, no question, no OPT", which an answer that has no question can be told by too. */
export function summary(raw: Raw): string {
  if (raw === 'silence') return raw
  const flags = (raw[2] as number) * 256 + (raw[3] as number)
  const counts = [4, 6, 8, 10].map((at) => (raw[at] as number) * 256 + (raw[at + 1] as number))
  const bits = [['qr', 15], ['aa', 10], ['tc', 9], ['rd', 8], ['ra', 7], ['z', 6], ['ad', 5], ['cd', 4]] as const
  const set = bits.filter(([, bit]) => ((flags >> bit) & 1) === 1).map(([text]) => text)
  return `rcode ${flags & 15} ${set.join(' ')} opcode ${(flags >> 11) & 15} counts ${counts.join(' ')}`
}

/** Read whole; throws when it is malformed. */
export const read = (raw: Raw): Told => {
  if (raw === 'silence') throw new Error('no answer')
  return told(raw, 0, raw.length)
}
