/** The checksum in link buffers, where words of four octets are summed, against the plain sum of pairs. */
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../../../stack/platform/index.ts'
import { fold, sumWords } from '../../../../stack/wire/checksum.ts'

/** RFC 1071 §1, word by word. */
function plainly(b: Uint8Array, at: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i += 2) {
    sum += ((b[at + i] ?? 0) << 8) | (i + 1 < length ? (b[at + i + 1] ?? 0) : 0)
    sum = (sum & 0xffff) + (sum >>> 16)
  }
  return sum
}

const large = new Uint8Array(200_000)
const random = new SeededRandom(1)
for (let i = 0; i < large.length; i++) large[i] = random.below(256)

describe('RFC 1071 §2 sums in large buffers', () => {
  test.each([
    ['at a multiple of four', 1024], ['two behind', 1026], ['at an odd offset', 1027],
  ])('%s, for every length', (_name, at) => {
    for (let length = 0; length < 300; length++) {
      expect(fold(sumWords(large, at, length, 0))).toBe(plainly(large, at, length))
    }
    expect(fold(sumWords(large, at, 65_515, 0))).toBe(plainly(large, at, 65_515))
  })

  test('of nothing but ones, with the largest seed', () => {
    const ones = new Uint8Array(70_000).fill(0xff)
    expect(fold(sumWords(ones, 0, 65_535, 0xf_ffff))).toBe(fold(0xff00 + 0xf_ffff))
  })

  test('in a part of a buffer, and in two buffers by turns', () => {
    const part = large.subarray(4, 140_000)
    const other = large.slice()
    for (let i = 0; i < 3; i++) {
      expect(fold(sumWords(part, 0, 1460, 0))).toBe(plainly(part, 0, 1460))
      expect(fold(sumWords(other, 8, 1460, 0))).toBe(plainly(other, 8, 1460))
    }
  })
})
