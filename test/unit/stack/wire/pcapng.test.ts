import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as pcapng from '../../../../stack/wire/pcapng.ts'
import * as reader from '../../../../stack/wire/pcapng-reader.ts'

const file = (...blocks: readonly Uint8Array[]): Uint8Array => Uint8Array.from(blocks.flatMap((block) => [...block]))
const head = file(pcapng.sectionHeader(), pcapng.interfaceDescription('eth0', 0))
const one = pcapng.enhancedPacket(0, 1, 'in', Uint8Array.of(1, 2, 3), 0, 3, 3)

/** The same file as a little-endian machine writes it: all of our fields but octets and names are turned round. */
function littleEndianFile(): Uint8Array {
  const b = new Uint8Array(28 + 20 + 36)
  const view = new DataView(b.buffer)
  const words = [0x0a0d0d0a, 28, 0x1a2b3c4d, 0x00000001, 0xffffffff, 0xffffffff, 28]
  const described = [1, 20, 1, 0, 20]
  const packet = [6, 36, 0, 7, 9, 3, 3, 0x00030201, 36]
  for (const [i, word] of [...words, ...described, ...packet].entries()) view.setUint32(4 * i, word, true)
  return b
}

describe('pcapng §3 blocks', () => {
  test('what is written is read again', () => {
    const frame = fc.record({
      octets: fc.uint8Array({ maxLength: 80 }), timeUs: fc.nat({ max: 2 ** 51 }), out: fc.boolean(), more: fc.nat(99),
    })
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.string(), (frames, name) => {
        const blocks = frames.map(({ octets, timeUs, out, more }) =>
          pcapng.enhancedPacket(0, timeUs, out ? 'out' : 'in', octets, 0, octets.length, octets.length + more))
        const text = new TextDecoder().decode(new TextEncoder().encode(name))
        expect(reader.parse(file(pcapng.sectionHeader(), pcapng.interfaceDescription(name, 0), ...blocks))).toEqual({
          ok: true,
          value: {
            interfaces: [text],
            frames: frames.map(({ octets, timeUs, out, more }) => ({
              interfaceId: 0, timeUs, direction: out ? 'out' : 'in', originalLength: octets.length + more, octets,
            })),
          },
        })
      }),
    )
  })

  test('a file of a little-endian machine', () => {
    expect(reader.parse(littleEndianFile())).toEqual({
      ok: true,
      value: {
        interfaces: [''],
        frames: [
          {
            interfaceId: 0, timeUs: 7 * 2 ** 32 + 9, direction: undefined, originalLength: 3,
            octets: Uint8Array.of(1, 2, 3),
          },
        ],
      },
    })
  })

  test('blocks of other kinds are passed over', () => {
    const other = new Uint8Array(16)
    other.set([0, 0, 0, 99, 0, 0, 0, 16])
    expect(reader.parse(file(head, other, one))).toMatchObject({ ok: true, value: { frames: [{ timeUs: 1 }] } })
  })

  test.each([
    ['not-pcapng', new Uint8Array(40)],
    ['not-pcapng', head.slice(0, 20)],
    ['truncated', file(head, one.slice(0, 8))],
    ['truncated', file(head, one.slice(0, 20))],
    ['block-length', file(head, Uint8Array.of(0, 0, 0, 6, 0, 0, 0, 13, 0, 0, 0, 0, 0))],
    ['block-length', file(head, one.with(23, 200))],
    ['link-type', file(head.with(28 + 9, 9), one)],
    ['interface-unknown', file(pcapng.sectionHeader(), one)],
  ])('a bad file is refused: %s', (error, octets) => {
    expect(reader.parse(octets)).toEqual({ ok: false, error })
  })

  test('mutated files are read or refused, never an exception', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(file(head, one).length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const mutant = file(head, one)
        for (const [at, value] of changes) mutant[at] = value
        expect(reader.parse(mutant)).toHaveProperty('ok')
      }),
    )
  })
})
