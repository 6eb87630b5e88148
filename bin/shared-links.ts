/**
 * SHELL: notices that somebody put a TAP device of ours into a bridge, or took it out, while we run. The kernel tells of
 * it by netlink only, for which Node has no socket, so /sys is read once a second: a few microseconds a device.
 */
import type { Threads } from './threads.ts'

const LOOK_MS = 1_000

/** `now`: whether each open link may lead into somebody else's network. Returns how it ends. */
export function watchSharedLinks(now: () => ReadonlyMap<string, boolean>, threads: Threads): () => void {
  let before = now()
  const look = (): void => {
    const present = now()
    for (const [name, shared] of present) {
      const was = before.get(name)
      if (was !== undefined && was !== shared) void threads.linkShared(name, shared)
    }
    before = present
  }
  const timer = setInterval(look, LOOK_MS).unref()
  return () => clearInterval(timer)
}
