/** Lets so many in at a time; the others wait in a line. */
import type { QueryHandle } from '../resolver/exchange.ts'

export class Gate {
  readonly #room: number
  #inside = 0
  /** One entry at most for each that could come in; bounded by the number of zones. */
  readonly #line: Set<() => void> = new Set()

  constructor(room: number) {
    this.#room = room
  }

  /** Calls `begin` at once or later. It calls `leave` when it is done, and gives a handle that cancels, leaving too. */
  enter(begin: (leave: () => void) => QueryHandle): QueryHandle {
    let handle: QueryHandle | undefined
    let left = false
    const leave = (): void => {
      if (left) return
      left = true
      this.#inside--
      this.#next()
    }
    const start = (): void => {
      this.#inside++
      handle = begin(leave)
    }
    if (this.#inside < this.#room) start()
    else this.#line.add(start)
    return {
      cancel: () => {
        if (!this.#line.delete(start)) handle?.cancel()
      },
    }
  }

  #next(): void {
    const [first] = this.#line
    if (first === undefined || this.#inside >= this.#room) return
    this.#line.delete(first)
    first()
  }
}
