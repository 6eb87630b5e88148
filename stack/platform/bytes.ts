/**
 * HOT PATH. Big-endian reads and writes on a Uint8Array (network byte order, RFC 791 appendix B).
 * The caller has checked the bounds; nothing here allocates. 32-bit values that are addresses stay signed int32
 * (`i32`), because an int32 is a small integer to the engine and an unsigned one above 2^31 is not.
 * Watched by test/bench/micro/udp-echo.ts.
 */
export const u8 = (b: Uint8Array, at: number): number => b[at] as number
export const u16 = (b: Uint8Array, at: number): number => ((b[at] as number) << 8) | (b[at + 1] as number)
/** Signed: use for IPv4 addresses. */
export const i32 = (b: Uint8Array, at: number): number =>
  ((b[at] as number) << 24) | ((b[at + 1] as number) << 16) | ((b[at + 2] as number) << 8) | (b[at + 3] as number)
/** Unsigned: use for counts, sequence numbers and times. */
export const u32 = (b: Uint8Array, at: number): number => i32(b, at) >>> 0

export function put16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8
  b[at + 1] = value
}

export function put32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24
  b[at + 1] = value >>> 16
  b[at + 2] = value >>> 8
  b[at + 3] = value
}

/** Up to here a loop is as fast (measured: 32 octets 60 to 110 ns, either way; 256 octets 330 against 70). */
const LOOP_BYTES = 32

/**
 * Copies `length` octets and allocates nothing; `set(subarray())`, as fast, makes a view of 104 octets each time. The copy
 * of Buffer takes any Uint8Array.
 */
export function copy(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, length: number): void {
  if (length > LOOP_BYTES) {
    Buffer.prototype.copy.call(from as Buffer, to, toAt, fromAt, fromAt + length)
    return
  }
  for (let i = 0; i < length; i++) to[toAt + i] = from[fromAt + i] as number
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Lower-case hexadecimal without separators. For people and keys off the hot path. */
export function toHex(b: Uint8Array): string {
  let text = ''
  for (const octet of b) text += (octet < 16 ? '0' : '') + octet.toString(16)
  return text
}

/** Undefined when the text is not an even count of hexadecimal digits; ':' and '-' between octets are allowed. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/[:-]/g, '')
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}
