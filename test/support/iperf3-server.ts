/**
 * The server's side of iperf3's protocol for TCP, as far as `iperf3 -c` needs it: it takes what streams bring, or with
 * -R sends. A connection begins with the test's cookie of 37 octets; the first with a cookie is the control
 * connection, on which states go as single octets and JSON behind its length in 4 octets:
 *   server PARAM_EXCHANGE → client's parameters → server CREATE_STREAMS → a connection per stream → server TEST_START,
 *   TEST_RUNNING → … → client TEST_END → server EXCHANGE_RESULTS → both sides' results → server DISPLAY_RESULTS → client
 *   IPERF_DONE
 */
import type { Duplex } from 'node:stream'

const COOKIE_BYTES = 37
const STATE = {
  start: 1, running: 2, end: 4, exchangeParameters: 9, createStreams: 10, exchangeResults: 13, displayResults: 14, done: 16,
} as const
/** No parameters or results of one stream are nearly as long. */
const LONGEST_JSON_BYTES = 65_536
const PIECE = Buffer.alloc(131_072, 0x69)

type Parameters = { readonly parallel?: number; readonly reverse?: boolean }

/** One test at a time per cookie; give it every connection to the port. */
export class Iperf3Server {
  readonly #tests = new Map<string, Run>()

  accept(socket: Duplex): void {
    // A client that goes away in the middle is iperf3's own business.
    socket.on('error', () => {})
    take(socket, COOKIE_BYTES, (octets) => {
      const cookie = octets.toString('latin1')
      const run = this.#tests.get(cookie)
      if (run !== undefined) return run.addStream(socket)
      this.#tests.set(cookie, new Run(socket))
      socket.once('close', () => this.#tests.delete(cookie))
    })
  }
}

class Run {
  readonly #control: Duplex
  readonly #streams: { readonly socket: Duplex; bytes: number }[] = []
  #parameters: Parameters = {}
  #over = false

  constructor(control: Duplex) {
    this.#control = control
    this.#say(STATE.exchangeParameters)
    this.#takeJson((parameters) => {
      this.#parameters = parameters as Parameters
      this.#say(STATE.createStreams)
    })
  }

  addStream(socket: Duplex): void {
    const stream = { socket, bytes: 0 }
    this.#streams.push(stream)
    if (this.#parameters.reverse === true) this.#source(socket, stream)
    else socket.on('data', (chunk: Buffer) => void (stream.bytes += chunk.length))
    if (this.#streams.length < (this.#parameters.parallel ?? 1)) return
    this.#say(STATE.start)
    this.#say(STATE.running)
    take(this.#control, 1, ([state]) => {
      if (state === STATE.end) this.#finish()
      else this.#control.destroy()
    })
  }

  #source(socket: Duplex, stream: { bytes: number }): void {
    socket.resume()
    const fill = (): void => {
      while (!this.#over && !socket.destroyed) {
        stream.bytes += PIECE.length
        if (!socket.write(PIECE)) {
          socket.once('drain', fill)
          return
        }
      }
    }
    fill()
  }

  #finish(): void {
    this.#over = true
    // The client may be in the middle of a block and waits for the rest of it, or for an end.
    for (const { socket } of this.#streams) socket.end()
    this.#say(STATE.exchangeResults)
    this.#takeJson(() => {
      const streams = this.#streams.map(({ bytes }, i) => ({
        // iperf3 numbers streams 1, 3, 4, 5 …
        id: i === 0 ? 1 : i + 2, bytes, retransmits: -1, jitter: 0, errors: 0, packets: 0, start_time: 0, end_time: 0,
      }))
      const results = JSON.stringify({
        cpu_util_total: 0, cpu_util_user: 0, cpu_util_system: 0, sender_has_retransmits: -1, streams,
      })
      const head = Buffer.alloc(4)
      head.writeUInt32BE(results.length)
      this.#control.write(Buffer.concat([head, Buffer.from(results)]))
      this.#say(STATE.displayResults)
      take(this.#control, 1, () => this.#control.end())
    })
  }

  #say(state: number): void {
    this.#control.write(Buffer.from([state]))
  }

  #takeJson(use: (value: unknown) => void): void {
    take(this.#control, 4, (head) => {
      const length = head.readUInt32BE(0)
      if (length > LONGEST_JSON_BYTES) return void this.#control.destroy()
      take(this.#control, length, (text) => use(JSON.parse(text.toString())))
    })
  }
}

/** Calls `use` once, with the next `length` octets of a stream; what comes after them stays for the next reader. */
function take(socket: Duplex, length: number, use: (octets: Buffer) => void): void {
  let got: Buffer = Buffer.alloc(0)
  const more = (): void => {
    for (let chunk: Buffer | null = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
      got = Buffer.concat([got, chunk])
      if (got.length < length) continue
      socket.off('readable', more)
      if (got.length > length) socket.unshift(got.subarray(length))
      return use(got.subarray(0, length))
    }
  }
  socket.on('readable', more)
  more()
}
