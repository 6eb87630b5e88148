/** Something done to every node of a zone: at once to those of a small zone, to a larger one's in turns with everything else. */
import type { Clock, Timer } from '../../../stack/platform/index.ts'

/** Some 50 ms. */
const NODES_AT_ONCE = 5000
const NODES_A_TURN = 200
const TURN_PAUSE_MS = 2

export class Turns {
  readonly #clock: Clock
  readonly #end: () => number
  readonly #visit: (node: number) => void
  /** Nodes before this one are done; −1: all are, and new ones are their maker's business. */
  #next = 0
  #timer: Timer | undefined

  /** `end`: nodes from there on hold nothing. */
  constructor(clock: Clock, end: () => number, visit: (node: number) => void) {
    this.#clock = clock
    this.#end = end
    this.#visit = visit
    this.#go(end() <= NODES_AT_ONCE ? NODES_AT_ONCE : NODES_A_TURN)
  }

  get isDone(): boolean {
    return this.#next < 0
  }

  /** Whether a node's turn was; if not it will come. */
  hasDone(node: number): boolean {
    return this.#next < 0 || node < this.#next
  }

  close(): void {
    this.#timer?.cancel()
  }

  #go(count: number): void {
    const until = Math.min(this.#end(), this.#next + count)
    while (this.#next < until) this.#visit(this.#next++)
    if (this.#next >= this.#end()) this.#next = -1
    else this.#timer = this.#clock.at(this.#clock.now() + TURN_PAUSE_MS, () => this.#go(NODES_A_TURN))
  }
}
