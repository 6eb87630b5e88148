import { describe, expect, test } from 'vitest'
import { checkOptions, TcpOptions } from '../../../../stack/wire/tcp-options.ts'

const check = (octets: readonly number[]): boolean => checkOptions(Uint8Array.from(octets), 0, octets.length)

describe('RFC 9293 §3.2 [T2] options', () => {
  test.each([
    ['nothing', [], true],
    ['an end, and anything after it', [0, 2, 9, 9], true],
    ['no-operations', [1, 1, 1, 1], true],
    ['an unknown kind, skipped by its length', [200, 5, 0, 0, 0, 2, 4, 5, 180, 0, 0, 0], true],
    ['an unknown kind without its length', [1, 1, 1, 200], false],
    ['a length of 0', [2, 0, 5, 180], false],
    ['a length of 1', [2, 1, 5, 180], false],
    ['a length past the header', [200, 9, 0, 0], false],
    ['MSS of a wrong length', [2, 3, 5, 1], false],
    ['a window scale of a wrong length', [3, 4, 5, 1], false],
    ['SACK-permitted of a wrong length', [4, 3, 0, 1], false],
    ['SACK without a block', [5, 2, 1, 1], false],
    ['SACK with half a block', [5, 6, 0, 0, 0, 1, 1, 1], false],
    ['timestamps of a wrong length', [8, 6, 0, 0, 0, 1, 1, 1], false],
  ])('%s', (_name, octets, sound) => expect(check(octets)).toBe(sound))

  test('blocks of SACK and the largest shift', () => {
    const read = new TcpOptions()
    const octets = [3, 3, 30, 1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 255, 255, 255, 254, 255, 255, 255, 255]
    read.read(Uint8Array.from(octets), 0, octets.length)
    expect(read.windowScale).toBe(14)
    expect([read.sackCount, ...read.sackLeft.subarray(0, 2), ...read.sackRight.subarray(0, 2)]).toEqual([2, 1, -2, 2, -1])
  })
})
