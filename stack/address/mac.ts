/**
 * Ethernet addresses (IEEE 802 EUI-48). On the hot path they are six octets inside a frame buffer; as values they are
 * text "02:00:0a:35:00:02" (keys, rows, people) or a Uint8Array of six.
 */
export type Mac = string

export const BROADCAST_MAC: Mac = 'ff:ff:ff:ff:ff:ff'

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))
const pair = (b: Uint8Array, at: number): string => PAIRS[b[at] as number] as string

/** Six octets at `at`, as lower-case text with colons. */
export const formatMac = (b: Uint8Array, at = 0): Mac =>
  `${pair(b, at)}:${pair(b, at + 1)}:${pair(b, at + 2)}:${pair(b, at + 3)}:${pair(b, at + 4)}:${pair(b, at + 5)}`

/** Six octets; undefined unless the text is six hexadecimal pairs joined by ':' or '-'. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}$/.test(text)) return undefined
  const bytes = new Uint8Array(6)
  for (let i = 0; i < 6; i++) bytes[i] = Number.parseInt(text.slice(3 * i, 3 * i + 2), 16)
  return bytes
}

/** For constants and tests: throws on a bad text. */
export function mac(text: string): Uint8Array {
  const bytes = parseMac(text)
  if (bytes === undefined) throw new Error(`not an Ethernet address: ${text}`)
  return bytes
}

/** The group bit: broadcast and multicast. */
export const isGroupMac = (b: Uint8Array, at = 0): boolean => ((b[at] as number) & 1) === 1
/** The locally administered bit, which randomised addresses of phones set. */
export const isLocalMac = (b: Uint8Array, at = 0): boolean => ((b[at] as number) & 2) === 2
