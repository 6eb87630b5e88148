/**
 * Domain names inside DHCP options: the list of RFC 3397 (option 119, compressed as in RFC 1035 §4.1.4 within the
 * option) and the single, uncompressed, possibly partial name of RFC 4702 (option 81).
 */

const MAX_NAME_BYTES = 255 // RFC 1035 §3.1
const LABEL = /^[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?$/

/** The labels of a host or domain name in text; undefined unless every label is letters, digits, '-' or '_'. */
export function labelsOf(text: string): readonly string[] | undefined {
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.')
  const bytes = labels.reduce((sum, label) => sum + 1 + label.length, 1)
  return bytes <= MAX_NAME_BYTES && labels.every(label => LABEL.test(label)) ? labels : undefined
}

/** Names one after the other; a suffix that came before is replaced by a pointer to it. */
export function encodeNames(names: readonly (readonly string[])[]): Uint8Array {
  const out: number[] = []
  const seen = new Map<string, number>()
  for (const labels of names) {
    let at = 0
    for (; at < labels.length; at++) {
      const suffix = labels.slice(at).join('.').toLowerCase()
      const earlier = seen.get(suffix)
      if (earlier !== undefined) {
        out.push(0xc0 | (earlier >>> 8), earlier & 255)
        break
      }
      // A pointer has 14 bits for its target.
      if (out.length < 0x4000) seen.set(suffix, out.length)
      pushLabel(out, labels[at] as string)
    }
    if (at === labels.length) out.push(0)
  }
  return Uint8Array.from(out)
}

/** The names of an option 119; undefined when they are malformed or point anywhere but back. */
export function decodeNames(b: Uint8Array): string[] | undefined {
  const names: string[] = []
  let at = 0
  while (at < b.length) {
    const name = readName(b, at)
    if (name === undefined) return undefined
    names.push(name.text)
    at = name.end
  }
  return names
}

/** One uncompressed name; a partial one has no zero octet at its end. */
export function encodeName(labels: readonly string[], partial: boolean): Uint8Array {
  const out: number[] = []
  for (const label of labels) pushLabel(out, label)
  if (!partial) out.push(0)
  return Uint8Array.from(out)
}

function pushLabel(out: number[], label: string): void {
  out.push(label.length)
  for (let i = 0; i < label.length; i++) out.push(label.charCodeAt(i))
}

/** The text of the name at `at`, without the final dot, and where it ends. A name may end with the array (partial). */
export function readName(b: Uint8Array, at: number): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = []
  let end = -1
  let bytes = 1
  let lowest = at
  while (at < b.length) {
    const length = b[at] as number
    if (length === 0) return { text: labels.join('.'), end: end < 0 ? at + 1 : end }
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (b[at + 1] ?? 0)
      // Each pointer must lead further back than all before it: so there is no loop.
      if (at + 1 >= b.length || target >= lowest) return undefined
      if (end < 0) end = at + 2
      lowest = target
      at = target
      continue
    }
    bytes += 1 + length
    if (length > 63 || at + 1 + length > b.length || bytes > MAX_NAME_BYTES) return undefined
    const label = String.fromCharCode(...b.subarray(at + 1, at + 1 + length))
    if (!LABEL.test(label)) return undefined
    labels.push(label)
    at += 1 + length
  }
  return end < 0 ? { text: labels.join('.'), end: at } : undefined
}
