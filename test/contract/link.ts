/** What every Link does. A link's own test file runs this battery; see stack/link/link.ts for the contract. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ETHERNET_HEADER_BYTES } from '../../stack/index.ts'
import type { Link } from '../../stack/index.ts'
import * as ethernet from '../../stack/wire/ethernet.ts'
import { frameCount, writeFrame } from '../../stack/wire/offload.ts'
import { superSegment } from '../support/super-segments.ts'

/** What `near` sends arrives at `far`; a loopback is both. */
export type LinkPair = {
  readonly near: Link
  readonly far: Link
  /** Returns when everything flushed so far has arrived. */
  readonly settle: () => void | Promise<void>
  readonly close: () => void | Promise<void>
}

function frame(pair: LinkPair, length: number, mark: number): Uint8Array {
  const octets = Uint8Array.from({ length }, (_, i) => (i * 7 + mark) & 255)
  ethernet.emit({ destination: pair.far.mac, source: pair.near.mac, type: 0x88b5 }, octets, 0)
  return octets
}

/** False when the link had no room. */
function queue(link: Link, octets: Uint8Array): boolean {
  const at = link.reserve()
  if (at < 0) return false
  link.txBuffer.set(octets, at)
  link.commit(octets.length)
  return true
}

export function linkBattery(name: string, open: () => LinkPair | Promise<LinkPair>): void {
  describe(`${name} is a Link`, () => {
    let pair: LinkPair
    let got: Uint8Array[]
    let offsets: number[]
    let batchEnds: number

    beforeEach(async () => {
      pair = await open()
      got = []
      offsets = []
      batchEnds = 0
      pair.far.onFrame = (buffer, at, length) => {
        // Only the test's own frames: a real device may carry others.
        if (length < ETHERNET_HEADER_BYTES || ethernet.etherType(buffer, at) !== 0x88b5) return
        got.push(buffer.slice(at, at + length))
        offsets.push(at)
      }
      pair.far.onBatchEnd = () => {
        if (got.length > 0) batchEnds++
      }
    })
    afterEach(() => pair.close())

    test('delivers frames whole and in order', async () => {
      const frames = Array.from({ length: 40 }, (_, i) => frame(pair, 60 + i * 11, i))
      for (const one of frames) expect(queue(pair.near, one)).toBe(true)
      pair.near.flush()
      await pair.settle()
      expect(got).toEqual(frames)
    })

    test('carries the largest frame', async () => {
      const largest = frame(pair, pair.near.mtu + ETHERNET_HEADER_BYTES, 3)
      expect(queue(pair.near, largest)).toBe(true)
      pair.near.flush()
      await pair.settle()
      expect(got).toEqual([largest])
    })

    test('sends nothing before flush(), nor a frame that was reserved and not committed', async () => {
      queue(pair.near, frame(pair, 60, 1))
      await pair.settle()
      expect(got).toEqual([])
      pair.near.reserve()
      pair.near.flush()
      await pair.settle()
      expect(got).toEqual([frame(pair, 60, 1)])
    })

    test('keeps the IPv4 header 4-byte aligned on both sides', async () => {
      for (let i = 0; i < 3; i++) {
        const at = pair.near.reserve()
        expect(at % 4).toBe(2)
        pair.near.txBuffer.set(frame(pair, 61 + i, i), at)
        pair.near.commit(61 + i)
      }
      pair.near.flush()
      await pair.settle()
      expect(offsets.map((at) => at % 4)).toEqual([2, 2, 2])
    })

    test('ends a batch after its frames', async () => {
      for (let i = 0; i < 5; i++) queue(pair.near, frame(pair, 60, i))
      pair.near.flush()
      await pair.settle()
      expect(got.length).toBe(5)
      expect(batchEnds).toBeGreaterThan(0)
    })

    test('takes 16 frames at least, says when there is no room, and has room again after flush()', async () => {
      let queued = 0
      // A device may also flush by itself when it is full; then it never says so.
      while (queued < 2_000 && queue(pair.near, frame(pair, 60, 0))) queued++
      expect(queued).toBeGreaterThanOrEqual(16)
      pair.near.flush()
      expect(pair.near.reserve()).toBeGreaterThanOrEqual(0)
      await pair.settle()
    })

    test('finishes what it offers to finish: open checksums, super-segments', async () => {
      if (!pair.near.offloads) return
      const { mac: from } = pair.near
      const sent = [superSegment(777, 0), superSegment(30_000, 1000), superSegment(64_240, pair.near.mtu - 40)]
      pair.far.onFrame = (buffer, at, length, offload) => {
        const frames = frameCount(buffer, at, offload)
        for (let i = 0; i < frames; i++) {
          const one = new Uint8Array(length)
          got.push(one.subarray(0, writeFrame(i, buffer, at, length, offload, one, 0)))
        }
      }
      for (const { frame: octets, offload } of sent) {
        ethernet.emit({ destination: pair.far.mac, source: from, type: ethernet.ETHERTYPE_IPV4 }, octets, 0)
        pair.near.txBuffer.set(octets, pair.near.reserve())
        pair.near.commit(octets.length, offload)
        pair.near.flush()
      }
      await pair.settle()
      // Each in the frames that it stands for, with their checksums.
      const wanted = sent.flatMap(({ frame: octets, offload }) =>
        Array.from({ length: frameCount(octets, 0, offload) }, (_, i) => {
          const one = new Uint8Array(octets.length)
          return one.subarray(0, writeFrame(i, octets, 0, octets.length, offload, one, 0))
        }))
      expect(got).toEqual(wanted)
    })

    test('counts frames and octets', async () => {
      const before = { tx: pair.near.counters(), rx: pair.far.counters() }
      for (let i = 0; i < 3; i++) queue(pair.near, frame(pair, 100, i))
      pair.near.flush()
      await pair.settle()
      const tx = pair.near.counters()
      const rx = pair.far.counters()
      expect((tx['tx-frames'] ?? 0) - (before.tx['tx-frames'] ?? 0)).toBe(3)
      expect((tx['tx-bytes'] ?? 0) - (before.tx['tx-bytes'] ?? 0)).toBe(300)
      expect((rx['rx-frames'] ?? 0) - (before.rx['rx-frames'] ?? 0)).toBeGreaterThanOrEqual(3)
      expect((rx['rx-bytes'] ?? 0) - (before.rx['rx-bytes'] ?? 0)).toBeGreaterThanOrEqual(300)
    })

    test('is silent once closed', async () => {
      queue(pair.near, frame(pair, 60, 1))
      pair.near.close()
      expect(pair.near.reserve()).toBe(-1)
      pair.near.flush()
      await pair.settle()
      expect(got).toEqual([])
    })
  })
}
