/** A patch cable between two links: what one receives, the other sends. */
import { Counters } from '../platform/index.ts'
import { ETHERNET_HEADER_BYTES } from './link.ts'
import type { Link } from './link.ts'

const PATCH_COUNTERS = ['frames', 'bytes', 'too-long', 'no-room'] as const

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

function pass(from: Link, to: Link): Counters<(typeof PATCH_COUNTERS)[number]> {
  const count = new Counters(PATCH_COUNTERS)
  from.onFrame = (buffer, at, length) => {
    if (length > to.mtu + ETHERNET_HEADER_BYTES) return count.count('too-long')
    let room = to.reserve()
    if (room < 0) {
      to.flush()
      room = to.reserve()
    }
    if (room < 0) return count.count('no-room')
    to.txBuffer.set(buffer.subarray(at, at + length), room)
    to.commit(length)
    count.count('frames')
    count.count('bytes', length)
  }
  from.onBatchEnd = () => to.flush()
  return count
}
