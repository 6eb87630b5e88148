/**
 * HOT PATH. TCP options (RFC 9293 §3.2): one octet of kind; all but END and NOP carry their whole length in a second.
 *   MSS            | 2 |  4 | u16 |                    RFC 9293 §3.7.1
 *   window scale   | 3 |  3 | u8  |                    RFC 7323 §2.2
 *   SACK permitted | 4 |  2 |                          RFC 2018 §2
 *   SACK           | 5 | 2 + 8n | n × (left, right) |  RFC 2018 §3
 *   timestamps     | 8 | 10 | value u32 | echo u32 |   RFC 7323 §3.2
 * Unknown kinds are skipped by their length. Watched by test/bench/micro/tcp-bulk.ts.
 */
import { i32, put16, put32, u16 } from '../platform/index.ts'

export const OPTION_END = 0
export const OPTION_NOP = 1
export const OPTION_MSS = 2
export const OPTION_WINDOW_SCALE = 3
export const OPTION_SACK_PERMITTED = 4
export const OPTION_SACK = 5
export const OPTION_TIMESTAMPS = 8

export const TIMESTAMPS_BYTES = 12
/** RFC 7323 §2.3: a larger shift counts as 14. */
export const MAX_WINDOW_SCALE = 14
export const MAX_SACK_BLOCKS = 4

/** What the options of one segment say; one object serves all segments. */
export class TcpOptions {
  /** 0 when not given. */
  mss = 0
  /** −1 when not given. */
  windowScale = -1
  sackPermitted = false
  hasTimestamps = false
  timestamp = 0
  timestampEcho = 0
  /** Blocks in `sackLeft` and `sackRight`. */
  sackCount = 0
  readonly sackLeft = new Int32Array(MAX_SACK_BLOCKS)
  readonly sackRight = new Int32Array(MAX_SACK_BLOCKS)

  /** Reads options that checkOptions() found sound. */
  read(b: Uint8Array, from: number, end: number): void {
    this.mss = 0
    this.windowScale = -1
    this.sackPermitted = false
    this.hasTimestamps = false
    this.sackCount = 0
    let at = from
    while (at < end) {
      const kind = b[at] as number
      if (kind === OPTION_END) return
      if (kind === OPTION_NOP) {
        at++
        continue
      }
      this.#readOne(kind, b, at + 2)
      if (kind === OPTION_SACK) this.#readSack(b, at)
      at += b[at + 1] as number
    }
  }

  #readOne(kind: number, b: Uint8Array, at: number): void {
    switch (kind) {
      case OPTION_MSS:
        this.mss = u16(b, at)
        break
      case OPTION_WINDOW_SCALE:
        this.windowScale = Math.min(b[at] as number, MAX_WINDOW_SCALE)
        break
      case OPTION_SACK_PERMITTED:
        this.sackPermitted = true
        break
      case OPTION_TIMESTAMPS:
        this.hasTimestamps = true
        this.timestamp = i32(b, at)
        this.timestampEcho = i32(b, at + 4)
        break
      default:
    }
  }

  #readSack(b: Uint8Array, at: number): void {
    const blocks = ((b[at + 1] as number) - 2) >>> 3
    this.sackCount = blocks
    for (let i = 0; i < blocks; i++) {
      this.sackLeft[i] = i32(b, at + 2 + 8 * i)
      this.sackRight[i] = i32(b, at + 6 + 8 * i)
    }
  }
}

/** True when every option lies whole in `from` … `end` and the known ones have their length (RFC 9293 §3.1, MUST-7). */
export function checkOptions(b: Uint8Array, from: number, end: number): boolean {
  let at = from
  while (at < end) {
    const kind = b[at] as number
    if (kind === OPTION_END) return true
    if (kind === OPTION_NOP) {
      at++
      continue
    }
    if (at + 1 >= end) return false
    const length = b[at + 1] as number
    if (length < 2 || at + length > end || !lengthFits(kind, length)) return false
    at += length
  }
  return true
}

function lengthFits(kind: number, length: number): boolean {
  switch (kind) {
    case OPTION_MSS: return length === 4
    case OPTION_WINDOW_SCALE: return length === 3
    case OPTION_SACK_PERMITTED: return length === 2
    case OPTION_SACK: return length >= 10 && (length - 2) % 8 === 0
    case OPTION_TIMESTAMPS: return length === 10
    default: return true
  }
}

/** Timestamps with two NOPs in front, as RFC 7323 appendix A asks. Returns the offset behind them. */
export function putTimestamps(b: Uint8Array, at: number, value: number, echo: number): number {
  b[at] = OPTION_NOP
  b[at + 1] = OPTION_NOP
  b[at + 2] = OPTION_TIMESTAMPS
  b[at + 3] = 10
  put32(b, at + 4, value)
  put32(b, at + 8, echo)
  return at + TIMESTAMPS_BYTES
}

/** The head of a SACK option of `blocks` blocks, which the caller writes at the returned offset. */
export function putSackHead(b: Uint8Array, at: number, blocks: number): number {
  b[at] = OPTION_NOP
  b[at + 1] = OPTION_NOP
  b[at + 2] = OPTION_SACK
  b[at + 3] = 2 + 8 * blocks
  return at + 4
}

/**
 * The options of a SYN, in whole words; returns the offset behind them. `windowScale` −1 and `sackPermitted` false
 * leave the option out.
 */
export function putSynOptions(
  b: Uint8Array, from: number, mss: number, windowScale: number, sackPermitted: boolean, timestamps: boolean,
  value: number, echo: number,
): number {
  b[from] = OPTION_MSS
  b[from + 1] = 4
  put16(b, from + 2, mss)
  let at = from + 4
  if (sackPermitted) {
    b[at] = OPTION_NOP
    b[at + 1] = OPTION_NOP
    b[at + 2] = OPTION_SACK_PERMITTED
    b[at + 3] = 2
    at += 4
  }
  if (timestamps) at = putTimestamps(b, at, value, echo)
  if (windowScale >= 0) {
    b[at] = OPTION_NOP
    b[at + 1] = OPTION_WINDOW_SCALE
    b[at + 2] = 3
    b[at + 3] = windowScale
    at += 4
  }
  return at
}
