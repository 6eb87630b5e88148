/**
 * The link to ourselves (RFC 1122 §3.2.1.3): what is sent comes back, never from within flush() but at the clock's next
 * step, so that a datagram to ourselves cannot re-enter the code that sends it. No frame of it ever reaches a wire.
 */
import type { Clock } from '../platform/index.ts'
import { MemoryLink } from './memory-link.ts'

/** A datagram of any size fits without fragmentation. */
const LOOPBACK_MTU = 65_535
/** Bounds what we may have under way to ourselves to about 4 MiB. */
const LOOPBACK_QUEUE_FRAMES = 64

export class LoopbackLink extends MemoryLink {
  constructor(clock: Clock) {
    super(clock, { name: 'lo', mac: '00:00:00:00:00:00', mtu: LOOPBACK_MTU, queueFrames: LOOPBACK_QUEUE_FRAMES })
  }

  protected override carry(buffer: Uint8Array, at: number, length: number): boolean {
    return this.arrive(this.clock.now(), buffer, at, length)
  }
}
