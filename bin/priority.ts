/**
 * SHELL: threads that somebody waits for go before the rest of the machine. On Linux a priority is a thread's own
 * (sched(7), "the nice value"), and process 0 means the calling thread.
 */
import { setPriority } from 'node:os'

/** Of those that answer packets; −20 is the highest. */
const ANSWERING = -10

/** Of those that nobody waits for; 19 is the lowest. */
const BEHIND = 10

/** For the calling thread. */
export function goBehindOthers(): void {
  setPriority(0, BEHIND)
}

/** For the calling thread. Without CAP_SYS_NICE it stays as it is. */
export function goBeforeOthers(): void {
  try {
    setPriority(0, ANSWERING)
  } catch {
    // An ordinary user's appliance waits its turn.
  }
}
