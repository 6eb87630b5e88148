/**
 * A capture as a stream of pieces of one pcapng file. What the reader does not take in time is left out and counted in
 * the file itself; it costs neither memory beyond WAITING_OCTETS nor anybody else's frames.
 */
import { type Capture, type FrameTest, type Interface, parseCaptureFilter, type Stack } from '../../stack/index.ts'
import { type Clock, err, ok, type Timer } from '../../stack/platform/index.ts'
import type { CaptureInput, Streaming } from '../facade.ts'
import { refusal } from '../model/index.ts'
import { Pipe } from '../pipe.ts'
import type { Hosts } from './hosts.ts'

/** Octets that wait for the reader: a third of a second at 100 Mbit/s. */
export const WAITING_OCTETS = 4 << 20
const PIECE_OCTETS = 65_536
/** Names all interfaces but the loopback. */
const ANY = 'any'
/** A live view is not further behind than this. */
const PIECE_MS = 50

const TOO_MANY = refusal(
  'unavailable',
  '/interface',
  'too many captures run on this interface already',
  'end one of them',
)

export async function capture(stack: Stack, clock: Clock, hosts: Hosts, input: CaptureInput): Streaming<Uint8Array> {
  const named = hosts.interface(input.interface === ANY ? null : input.interface)
  if (!named.ok) return named
  const first = named.value ?? stack.interfaces[0] ?? stack.loopback
  const ifaces = input.interface === ANY && stack.interfaces.length > 0 ? stack.interfaces : [first]
  const filter = parseCaptureFilter(input.filter)
  if (!filter.ok) {
    const word = input.filter.replace(/[()]/g, ' $& ').split(/\s+/).filter((each) => each !== '')[filter.error.word - 1]
    const where = word === undefined ? '' : ` (at "${word}")`
    return err(
      refusal(
        'invalid',
        '/filter',
        `${filter.error.says}${where}`,
        'as for tcpdump: arp, udp and port 53, host 10.53.0.100 or net 10.54.0.0/24',
      ),
    )
  }
  const running = new RunningCapture(clock, ifaces, input, filter.value)
  return running.started ? ok(running.pipe) : err(TOO_MANY)
}

class RunningCapture {
  readonly pipe: Pipe<Uint8Array>
  readonly #clock: Clock
  readonly #piece = new Uint8Array(PIECE_OCTETS)
  readonly #captures: readonly (Capture | undefined)[]
  #gone = 0
  readonly #count: number
  #used = 0
  #seen = 0
  #flushTimer: Timer | undefined
  readonly #endTimer: Timer | undefined

  constructor(clock: Clock, ifaces: readonly Interface[], input: CaptureInput, filter: FrameTest) {
    this.#clock = clock
    this.#count = input.count ?? Number.POSITIVE_INFINITY
    this.pipe = new Pipe({ limit: WAITING_OCTETS, sizeOf: (piece) => piece.length, onLeave: () => this.#stop() })
    this.#endTimer =
      input.seconds === null ? undefined : clock.at(clock.now() + input.seconds * 1000, () => this.#finish())
    this.#captures = ifaces.map((iface, interfaceId) => {
      const wanted = input.promiscuous ? filter : both(forOrFrom(iface), filter)
      return iface.capture({
        interfaceId,
        sink: (block) => this.#take(block),
        keep: (b, at, length) => this.#keep(wanted, b, at, length),
        onGone: () => {
          if (++this.#gone === ifaces.length) this.#finish()
        },
        ...(input.snapLength === null ? {} : { snapLength: input.snapLength }),
      })
    })
    // The head of the file goes at once: whoever reads knows that it has begun.
    if (this.started) this.#flush()
    else this.#stop()
  }

  get started(): boolean {
    return this.#captures.every((capture) => capture !== undefined)
  }

  #keep(wanted: FrameTest, b: Uint8Array, at: number, length: number): boolean {
    if (this.#seen >= this.#count || !wanted(b, at, length)) return false
    // Not from within the frame, which is still to be written.
    if (++this.#seen === this.#count) this.#clock.at(this.#clock.now(), () => this.#finish())
    return true
  }

  #take(block: Uint8Array): boolean {
    if (this.#used + block.length > PIECE_OCTETS && !this.#flush()) return false
    if (block.length > PIECE_OCTETS) return this.pipe.put(block)
    this.#piece.set(block, this.#used)
    this.#used += block.length
    if (this.#flushTimer === undefined) this.#flushLater()
    return true
  }

  /** Soon, and again while the reader is behind. */
  #flushLater(): void {
    this.#flushTimer = this.#clock.at(this.#clock.now() + PIECE_MS, () => {
      this.#flushTimer = undefined
      if (!this.#flush()) this.#flushLater()
    })
  }

  /** False when the reader is so far behind that there is no room. */
  #flush(): boolean {
    if (this.#used === 0) return true
    if (!this.pipe.put(this.#piece.slice(0, this.#used))) return false
    this.#used = 0
    return true
  }

  #finish(): void {
    this.#stop()
    this.pipe.end(this.#piece.slice(0, this.#used))
  }

  #stop(): void {
    for (const capture of this.#captures) capture?.stop()
    this.#flushTimer?.cancel()
    this.#endTimer?.cancel()
  }
}

const both =
  (a: FrameTest, b: FrameTest): FrameTest =>
  (frame, at, length) =>
    a(frame, at, length) && b(frame, at, length)

/** What a card that is not promiscuous would see: sent by us, to us, or to a group. */
function forOrFrom(iface: Interface): FrameTest {
  const own = iface.macBytes
  const isOwn = (b: Uint8Array, at: number): boolean => own.every((octet, i) => b[at + i] === octet)
  return (b, at, length) => length >= 14 && (((b[at] as number) & 1) === 1 || isOwn(b, at) || isOwn(b, at + 6))
}
