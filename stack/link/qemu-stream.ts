/**
 * SHELL: guests of QEMU without root, by `-netdev stream,addr.type=unix,addr.path=…`: each connection to our unix
 * socket is a link, and all of them meet on a learning switch.
 */
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { Mac } from '../address/mac.ts'
import { Counters, err, ok, put32 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import { FrameReader, LENGTH_BYTES } from './frame-stream.ts'
import { ETHERNET_HEADER_BYTES } from './link.ts'
import type { FrameHandler, Link } from './link.ts'
import { NO_OFFLOAD } from '../wire/offload.ts'
import type { Switch } from './switch.ts'
import { patch } from './patch.ts'
import { TxSlots } from './tx-slots.ts'

/** Octets that may wait for a guest that does not read; what comes then is dropped, as on a full wire. */
export const STREAM_BACKLOG_BYTES = 1 << 20
/** Guests on one socket. */
export const GUEST_LIMIT = 64
const TX_FRAMES = 256

const STREAM_COUNTERS = [
  'rx-frames', 'rx-bytes', 'tx-frames', 'tx-bytes', 'tx-dropped', 'rx-oversize', 'out-of-step',
] as const

export type StreamLinkOptions = { readonly name: string; readonly mac: Mac; readonly mtu?: number }

/** One connection as a link. `mac` is what we call our end; the guest never sees it unless a stack uses it. */
export class QemuStreamLink implements Link {
  readonly name: string
  readonly mac: Mac
  readonly mtu: number
  readonly offloads = false
  onFrame: FrameHandler = () => {}
  onBatchEnd: () => void = () => {}
  /** The connection has ended, by either side or because its lengths made no sense. */
  onEnd: () => void = () => {}
  readonly #socket: Socket
  readonly #slots: TxSlots
  readonly #count = new Counters(STREAM_COUNTERS)
  #closed = false

  constructor(socket: Socket, options: StreamLinkOptions) {
    this.name = options.name
    this.mac = options.mac
    this.mtu = options.mtu ?? 1500
    this.#socket = socket
    this.#slots = new TxSlots(TX_FRAMES, this.mtu)
    const reader = new FrameReader((buffer, at, length, offload) => this.#receive(buffer, at, length, offload))
    socket.on('data', (chunk: Buffer) => {
      if (this.#closed) return
      if (!reader.push(chunk)) {
        this.#count.count('out-of-step')
        socket.destroy()
      }
      this.onBatchEnd()
    })
    // A guest that goes away is no fault of ours; 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.onEnd()
    })
  }

  get txBuffer(): Uint8Array {
    return this.#slots.buffer
  }

  reserve(): number {
    return this.#closed ? -1 : this.#slots.reserve()
  }

  commit(length: number): void {
    this.#slots.commit(length, NO_OFFLOAD)
  }

  flush(): void {
    const pieces: Uint8Array[] = []
    let waiting = this.#socket.writableLength
    this.#slots.drain((at, length) => {
      const fits = length <= this.mtu + ETHERNET_HEADER_BYTES
      waiting += LENGTH_BYTES + length
      if (this.#closed || !fits || waiting > STREAM_BACKLOG_BYTES) return this.#count.count('tx-dropped')
      const piece = new Uint8Array(LENGTH_BYTES + length)
      put32(piece, 0, length)
      piece.set(this.#slots.buffer.subarray(at, at + length), LENGTH_BYTES)
      pieces.push(piece)
      this.#count.count('tx-frames')
      this.#count.count('tx-bytes', length)
    })
    if (pieces.length > 0) this.#socket.write(Buffer.concat(pieces))
  }

  counters(): Record<string, number> {
    return this.#count.toJSON()
  }

  close(): void {
    this.#closed = true
    this.#socket.destroy()
  }

  #receive(buffer: Uint8Array, at: number, length: number, offload: number): void {
    if (length > this.mtu + ETHERNET_HEADER_BYTES) return this.#count.count('rx-oversize')
    this.#count.count('rx-frames')
    this.#count.count('rx-bytes', length)
    this.onFrame(buffer, at, length, offload)
  }
}

export type GuestError =
  /** The path cannot be listened on: `code` is the errno name, such as EADDRINUSE or EACCES. */
  { readonly kind: 'cannot-listen'; readonly path: string; readonly code: string }

export type GuestPort = {
  readonly guests: () => readonly { readonly name: string; readonly counters: Record<string, number> }[]
  readonly close: () => void
}

/** Takes guests at a unix socket and gives each a port of the switch, until close(). */
export function listenForGuests(path: string, bridge: Switch): Promise<Result<GuestPort, GuestError>> {
  const guests = new Set<QemuStreamLink>()
  let count = 0
  const server: Server = createServer((socket) => {
    if (guests.size === GUEST_LIMIT) {
      socket.destroy()
      return
    }
    const port = bridge.addPort(`guest${count++}`)
    const guest = new QemuStreamLink(socket, { name: port.name, mac: port.mac, mtu: port.mtu })
    guests.add(guest)
    patch(guest, port)
    guest.onEnd = () => {
      guests.delete(guest)
      bridge.removePort(port)
    }
  })
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(err({ kind: 'cannot-listen', path, code: error.code ?? 'EUNKNOWN' }))
    })
    server.listen(path, () => {
      resolve(ok({
        guests: () => [...guests].map((guest) => ({ name: guest.name, counters: guest.counters() })),
        close: () => {
          server.close()
          for (const guest of guests) guest.close()
        },
      }))
    })
  })
}
