/**
 * HOT PATH. SipHash-2-4 (Aumasson and Bernstein 2012) in 32-bit halves, watched by test/bench/micro/dns-answer.ts. A
 * 64-bit word stands as two int32, low half first; octets are read and written little-endian.
 */
import { assert } from '../../../stack/platform/index.ts'

export const SIPHASH_KEY_OCTETS = 16

export class SipHash {
  readonly #key = new Int32Array(4)
  /** v0 to v3. */
  readonly #v = new Int32Array(8)

  constructor(key: Uint8Array) {
    assert(key.length === SIPHASH_KEY_OCTETS, 'a key of SipHash has 16 octets')
    for (let i = 0; i < 4; i++) this.#key[i] = little32(key, 4 * i)
  }

  /** HOT. Writes the eight octets of the hash of `length` octets at `at` to `into` at `intoAt`. */
  write(b: Uint8Array, at: number, length: number, into: Uint8Array, intoAt: number): void {
    this.#begin()
    const whole = length & ~7
    for (let i = 0; i < whole; i += 8) this.#word(little32(b, at + i), little32(b, at + i + 4))
    let low = 0
    let high = length << 24
    for (let i = whole; i < length; i++) {
      const octet = b[at + i] as number
      if (i - whole < 4) low |= octet << (8 * (i - whole))
      else high |= octet << (8 * (i - whole - 4))
    }
    this.#word(low, high)
    const v = this.#v
    v[4] = (v[4] as number) ^ 0xff
    for (let i = 0; i < 4; i++) this.#round()
    putLittle32(into, intoAt, (v[0] as number) ^ (v[2] as number) ^ (v[4] as number) ^ (v[6] as number))
    putLittle32(into, intoAt + 4, (v[1] as number) ^ (v[3] as number) ^ (v[5] as number) ^ (v[7] as number))
  }

  #begin(): void {
    const k = this.#key
    const v = this.#v
    v[0] = (k[0] as number) ^ 0x7073_6575
    v[1] = (k[1] as number) ^ 0x736f_6d65
    v[2] = (k[2] as number) ^ 0x6e64_6f6d
    v[3] = (k[3] as number) ^ 0x646f_7261
    v[4] = (k[0] as number) ^ 0x6e65_7261
    v[5] = (k[1] as number) ^ 0x6c79_6765
    v[6] = (k[2] as number) ^ 0x7974_6573
    v[7] = (k[3] as number) ^ 0x7465_6462
  }

  #word(low: number, high: number): void {
    const v = this.#v
    v[6] = (v[6] as number) ^ low
    v[7] = (v[7] as number) ^ high
    this.#round()
    this.#round()
    v[0] = (v[0] as number) ^ low
    v[1] = (v[1] as number) ^ high
  }

  /** v0 += v1, v1 <<<= 13, v1 ^= v0 …; a rotation by 32 swaps the halves. */
  #round(): void {
    const v = this.#v
    this.#mix(0, 2, 13)
    this.#mix(4, 6, 16)
    swap(v, 0)
    this.#mix(0, 6, 21)
    this.#mix(4, 2, 17)
    swap(v, 4)
  }

  /** The word at `a` += the word at `b`; that at `b` is rotated left by less than 32, then ^= that at `a`. */
  #mix(a: number, b: number, by: number): void {
    const v = this.#v
    const bLow = v[b] as number
    const bHigh = v[b + 1] as number
    const low = ((v[a] as number) >>> 0) + (bLow >>> 0)
    v[a] = low
    v[a + 1] = (v[a + 1] as number) + bHigh + (low > 0xffff_ffff ? 1 : 0)
    v[b] = ((bLow << by) | (bHigh >>> (32 - by))) ^ (v[a] as number)
    v[b + 1] = ((bHigh << by) | (bLow >>> (32 - by))) ^ (v[a + 1] as number)
  }
}

function swap(v: Int32Array, at: number): void {
  const low = v[at] as number
  v[at] = v[at + 1] as number
  v[at + 1] = low
}

const little32 = (b: Uint8Array, at: number): number =>
  (b[at] as number) | ((b[at + 1] as number) << 8) | ((b[at + 2] as number) << 16) | ((b[at + 3] as number) << 24)

function putLittle32(b: Uint8Array, at: number, value: number): void {
  b[at] = value
  b[at + 1] = value >>> 8
  b[at + 2] = value >>> 16
  b[at + 3] = value >>> 24
}
