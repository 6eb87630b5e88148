/**
 * IPv6 addresses as sixteen octets, for AAAA rdata and service hints only: this stack speaks IPv4. RFC 4291 §2.2, RFC
 * 5952.
 */
import { parseIpv4 } from '../../../stack/index.ts'
import { put16, u16 } from '../../../stack/platform/index.ts'

/** Undefined unless the text is an address without zone index; the last 32 bits may be written as an IPv4 address. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2 || text === '') return undefined
  const head = groups(halves[0] as string, halves.length === 1)
  const tail = halves.length === 2 ? groups(halves[1] as string, true) : []
  if (head === undefined || tail === undefined) return undefined
  const count = head.length + tail.length
  if (halves.length === 1 ? count !== 8 : count > 7) return undefined
  const address = new Uint8Array(16)
  head.forEach((group, i) => put16(address, 2 * i, group))
  tail.forEach((group, i) => put16(address, 16 - 2 * (tail.length - i), group))
  return address
}

function groups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return []
  const out: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (mayEndInIpv4 && i === parts.length - 1 && part.includes('.')) {
      const address = parseIpv4(part)
      if (address === undefined) return undefined
      out.push(address >>> 16, address & 0xffff)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) out.push(Number.parseInt(part, 16))
    else return undefined
  }
  return out
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as "::". */
export function formatIpv6(b: Uint8Array, at = 0): string {
  const words = Array.from({ length: 8 }, (_, i) => u16(b, at + 2 * i))
  let bestAt = -1
  let best = 1
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (i + run < 8 && words[i + run] === 0) run++
    if (run > best) {
      best = run
      bestAt = i
    }
    i += run
  }
  const hex = (from: number, to: number): string => words.slice(from, to).map((w) => w.toString(16)).join(':')
  return bestAt < 0 ? hex(0, 8) : `${hex(0, bestAt)}::${hex(bestAt + best, 8)}`
}
