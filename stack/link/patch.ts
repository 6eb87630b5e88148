/**
 * A patch cable between two links: what one receives, the other sends. Where the first brings frames whose checksums are
 * open, or super-segments, and the second does not finish them, that is done here.
 */
import { copy, Counters } from '../platform/index.ts'
import { eachFrameFits, frameCount, isFinishable, isWhole, NO_OFFLOAD, writeFrame } from '../wire/offload.ts'
import { ETHERNET_HEADER_BYTES, SUPER_FRAME_BYTES } from './link.ts'
import type { Link } from './link.ts'

const PATCH_COUNTERS = ['frames', 'bytes', 'too-long', 'no-room', 'not-segmentable'] as const
type PatchCounters = Counters<(typeof PATCH_COUNTERS)[number]>

export type Patch = {
  /** What went each way, and what could not: longer than the other link's MTU, or no room there. */
  readonly counters: () => { readonly aToB: Record<string, number>; readonly bToA: Record<string, number> }
}

/** Takes over onFrame and onBatchEnd of both. Closing either is the caller's. */
export function patch(a: Link, b: Link): Patch {
  const aToB = pass(a, b)
  const bToA = pass(b, a)
  return { counters: () => ({ aToB: aToB.toJSON(), bToA: bToA.toJSON() }) }
}

function pass(from: Link, to: Link): PatchCounters {
  const count = new Counters(PATCH_COUNTERS)
  const largest = to.mtu + ETHERNET_HEADER_BYTES
  let finished: Uint8Array | undefined
  from.onFrame = (buffer, at, length, offload) => {
    if (!isFinishable(buffer, at, length, offload)) return count.count('not-segmentable')
    if (!eachFrameFits(buffer, at, length, offload, largest)) return count.count('too-long')
    if (isWhole(offload)) return send(to, count, buffer, at, length, NO_OFFLOAD)
    if (to.offloads) return send(to, count, buffer, at, length, offload)
    const frame = (finished ??= new Uint8Array(SUPER_FRAME_BYTES))
    const frames = frameCount(buffer, at, offload)
    for (let i = 0; i < frames; i++) {
      send(to, count, frame, 0, writeFrame(i, buffer, at, length, offload, frame, 0), NO_OFFLOAD)
    }
  }
  from.onBatchEnd = () => to.flush()
  return count
}

function send(
  to: Link, count: PatchCounters, buffer: Uint8Array, at: number, length: number, offload: number,
): void {
  let room = to.reserve()
  if (room < 0) {
    to.flush()
    room = to.reserve()
  }
  if (room < 0) return count.count('no-room')
  copy(buffer, at, to.txBuffer, room, length)
  to.commit(length, offload)
  count.count('frames')
  count.count('bytes', length)
}
