/** Capture files in any pieces and with any octets, by seed: read or refused, and never more kept than one block. */
import { describe, expect, test } from 'vitest'
import { parseCaptureFilter } from '../../stack/link/capture-filter.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import * as pcapng from '../../stack/wire/pcapng.ts'
import { type CaptureBlock, PcapngReader } from '../../stack/wire/pcapng-reader.ts'
import { arpFrame } from '../support/stack-lan.ts'

const seeds = Array.from({ length: 40 }, (_, i) => i + 1)
const noise = (random: SeededRandom, length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256))

function file(random: SeededRandom, frames: number): Uint8Array {
  const blocks = [pcapng.sectionHeader(), pcapng.interfaceDescription('taproot0', 0)]
  for (let n = 0; n < frames; n++) {
    const octets = noise(random, random.below(2000))
    blocks.push(
      random.chance(0.1)
        ? pcapng.interfaceStatistics(0, n, n, random.below(n + 1))
        : pcapng.enhancedPacket(0, n, random.chance(0.5) ? 'in' : 'out', octets, 0, octets.length, octets.length),
    )
  }
  return Buffer.concat(blocks)
}

describe('a capture file', () => {
  test.each(seeds)('seed %i: any cut gives the same blocks', (seed) => {
    const random = new SeededRandom(seed)
    const whole = file(random, 60)
    const expected = new PcapngReader().push(whole)
    const reader = new PcapngReader()
    const blocks: CaptureBlock[] = []
    for (let at = 0; at < whole.length; ) {
      const end = Math.min(whole.length, at + 1 + random.below(random.chance(0.5) ? 30 : 5000))
      const read = reader.push(whole.subarray(at, end))
      if (!read.ok) throw new Error(read.error)
      blocks.push(...read.value)
      at = end
      expect(reader.pendingBytes).toBeLessThan(3000)
    }
    expect({ ok: true, value: blocks }).toEqual(expected)
    expect(reader.pendingBytes).toBe(0)
  })

  test.each(seeds)('seed %i: with wrong octets it is read or refused', (seed) => {
    const random = new SeededRandom(seed)
    for (let n = 0; n < 30; n++) {
      const mutant = random.chance(0.2) ? noise(random, random.below(400)) : file(random, 5)
      for (let changes = random.below(8); changes > 0; changes--)
        mutant[random.below(mutant.length)] = random.below(256)
      const reader = new PcapngReader()
      for (let at = 0; at < mutant.length; at += 100) {
        const read = reader.push(mutant.subarray(at, at + 100))
        if (!read.ok) break
        expect(reader.pendingBytes).toBeLessThanOrEqual(1 << 18)
      }
    }
  })
})

test.each(seeds)('a capture filter of any words is read or refused, seed %i', (seed) => {
  const random = new SeededRandom(seed)
  const words = [
    'arp',
    'udp',
    'tcp',
    'host',
    'net',
    'port',
    'ether',
    'and',
    'or',
    'not',
    '(',
    ')',
    '10.53.0.2',
    '10.53.0.0/24',
    '53',
    '02:00:00:00:00:01',
    '\u0000',
    '))',
    '99999',
  ]
  const frame = arpFrame()
  for (let n = 0; n < 200; n++) {
    const text = Array.from({ length: random.below(12) }, () => words[random.below(words.length)]).join(
      random.chance(0.9) ? ' ' : '',
    )
    const parsed = parseCaptureFilter(text)
    if (parsed.ok)
      for (const length of [0, 13, frame.length]) expect([true, false]).toContain(parsed.value(frame, 0, length))
    else expect(parsed.error.says).not.toBe('')
  }
})
