/**
 * Signatures made ahead of need: all of a zone whose signing begins, those that an edit has taken away, and in time
 * before they are over those that are due. It goes through the nodes a few at a time, in turns with answers, and has a
 * bounded number of signatures under way on the keys' own threads; an answer that comes first makes its own.
 */
import type { Clock, Timer } from '../../../stack/platform/index.ts'
import type { DueSignature, SignedZone } from './signed-zone.ts'

/** Under way at a time; more would only wait for the threads of libuv. */
export const MAX_UNDER_WAY = 16
/** Nodes looked at in one turn: under a millisecond. */
const NODES_A_TURN = 25
const TURN_PAUSE_MS = 3
/** So long after an edit its signatures wait: more edits may come, and answers need few of them. */
export const AFTER_EDIT_MS = 200
/** Whole zones are looked through so often at least, oftener where signatures live for minutes only. */
const LONGEST_REST_MS = 3_600_000
const SHORTEST_REST_MS = 1000

export class AheadSigner {
  readonly #zone: SignedZone
  readonly #clock: Clock
  readonly #resigned: () => void
  readonly #due: DueSignature[] = []
  /** Next node of the round through the zone; −1: it rests. */
  #node = 0
  #underWay = 0
  /** Signatures of this round that took the place of others. */
  #renewed = 0
  /** Of the next turn, and of the next round. */
  #turnTimer: Timer | undefined
  #roundTimer: Timer | undefined
  #over = false

  /** `resigned`: signatures were renewed, of which secondaries have the old ones. */
  constructor(zone: SignedZone, clock: Clock, resigned: () => void) {
    this.#zone = zone
    this.#clock = clock
    this.#resigned = resigned
    zone.onTouched = () => this.#soon(AFTER_EDIT_MS)
    this.#soon(TURN_PAUSE_MS)
  }

  /** What is under way comes to nothing. */
  close(): void {
    this.#over = true
    this.#turnTimer?.cancel()
    this.#roundTimer?.cancel()
  }

  /** Begins a round through the zone: its keys or times are others. */
  restart(): void {
    this.#node = 0
    this.#soon(TURN_PAUSE_MS)
  }

  #soon(afterMs: number): void {
    if (this.#turnTimer !== undefined || this.#over) return
    this.#turnTimer = this.#clock.at(this.#clock.now() + afterMs, () => {
      this.#turnTimer = undefined
      this.#turn()
    })
  }

  #turn(): void {
    if (!this.#zone.isReady) return this.#soon(AFTER_EDIT_MS)
    const { end } = this.#zone.zone.tree
    for (let n = 0; n < NODES_A_TURN && this.#due.length < MAX_UNDER_WAY; n++) {
      const touched = this.#zone.takeTouched()
      if (touched >= 0) this.#due.push(...this.#zone.dueAt(touched))
      else if (this.#node >= 0 && this.#node < end) this.#due.push(...this.#zone.dueAt(this.#node++))
      else break
    }
    this.#begin()
    if (this.#node >= end && this.#due.length === 0 && this.#underWay === 0) this.#endRound()
    // With all places taken, a signature that is done goes on here.
    else if ((this.#node >= 0 || this.#zone.hasTouched) && this.#underWay < MAX_UNDER_WAY) this.#soon(TURN_PAUSE_MS)
  }

  #begin(): void {
    while (this.#underWay < MAX_UNDER_WAY && this.#due.length > 0) {
      const due = this.#due.shift() as DueSignature
      this.#underWay++
      due.make((kept) => {
        this.#underWay--
        if (this.#over) return
        if (kept && due.renews) this.#renewed++
        this.#soon(TURN_PAUSE_MS)
      })
    }
  }

  #endRound(): void {
    this.#node = -1
    if (this.#renewed > 0) this.#resigned()
    this.#renewed = 0
    const rest = Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, this.#zone.signing.refreshSeconds * 100))
    this.#roundTimer?.cancel()
    this.#roundTimer = this.#clock.at(this.#clock.now() + rest, () => this.#node < 0 && this.restart())
  }
}
