/** Octets by rule, so that both ends of a transfer know what it carries. */
import { createHash } from 'node:crypto'

/** The octets `from` … `from + length` of the one long row that everybody is sent. */
export function octetsAt(from: number, length: number): Buffer {
  const part = Buffer.allocUnsafe(length)
  for (let i = 0; i < length; i++) part[i] = ((from + i) * 31 + ((from + i) >>> 9)) & 255
  return part
}

/** SHA-256 of the first `length` of them, in hexadecimal. */
export function hashOfOctets(length: number): string {
  const hash = createHash('sha256')
  for (let at = 0; at < length; at += 65_536) hash.update(octetsAt(at, Math.min(65_536, length - at)))
  return hash.digest('hex')
}
