/**
 * How often an octet of a bulk stream is copied from one program to the other: into the send buffer, into the frame, into
 * the receive buffer, to the reader; and nothing else. The link between hands over the frame where it was written.
 */
import { afterEach, expect, test } from 'vitest'
import { FRAME_OFFSET, ipv4, mac, SLOT_BYTES, Stack } from '../../../../stack/index.ts'
import type { FrameHandler, Link, TcpEndpoint } from '../../../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../../../stack/platform/index.ts'
import { addressOn, must } from '../../../support/stack-lan.ts'

const SLOTS = 64
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const
const ADDRESSES = ['10.53.0.1', '10.53.0.2'] as const
const BYTES = 4 << 20

class HandOver implements Link {
  readonly name = 'wire0'
  readonly mtu = 1500
  readonly offloads = false
  readonly mac: string
  onFrame: FrameHandler = () => {}
  onBatchEnd: () => void = () => {}
  readonly txBuffer = new Uint8Array(SLOTS * SLOT_BYTES)
  readonly #lengths: number[] = []

  constructor(address: string) {
    this.mac = address
  }
  reserve(): number {
    return this.#lengths.length === SLOTS ? -1 : this.#lengths.length * SLOT_BYTES + FRAME_OFFSET
  }
  commit(length: number): void {
    this.#lengths.push(length)
  }
  flush(): void {}
  counters(): Record<string, number> {
    return {}
  }
  close(): void {}

  /** How many frames went to the other end. */
  pump(to: HandOver): number {
    const count = this.#lengths.length
    this.#lengths.forEach((length, i) => to.onFrame(this.txBuffer, i * SLOT_BYTES + FRAME_OFFSET, length, 0))
    this.#lengths.length = 0
    to.onBatchEnd()
    return count
  }
}

const { set } = Uint8Array.prototype
const copyOf = Buffer.prototype.copy
afterEach(() => {
  Uint8Array.prototype.set = set
  Buffer.prototype.copy = copyOf
})

test('an octet of a bulk stream is copied at most four times from writer to reader', () => {
  const clock = new VirtualClock()
  const links = MACS.map((address) => new HandOver(address)) as [HandOver, HandOver]
  const [left, right] = links.map((link, i) => {
    const stack = new Stack({ clock, random: new SeededSecureRandom(i + 1) })
    const iface = stack.addInterface(link, { addresses: [addressOn(`${ADDRESSES[i]}/24`)] })
    iface.neighbours.addStatic(ipv4(ADDRESSES[1 - i] as string), mac(MACS[1 - i] as string))
    return stack
  }) as [Stack, Stack]
  const pump = (): void => {
    while (links[0].pump(links[1]) + links[1].pump(links[0]) > 0) continue
  }
  const into = new Uint8Array(1 << 18)
  let received = 0
  const follow = (endpoint: TcpEndpoint): void => {
    endpoint.onEvents = () => {
      while (endpoint.readable > 0) received += endpoint.read(into, 0, into.length)
    }
  }
  must(right.tcp.listen({ port: 80, onConnection: follow }))
  const client = must(left.tcp.connect({ address: ipv4(ADDRESSES[1]), port: 80 }))
  pump()
  const from = new Uint8Array(1 << 18)
  let written = 0
  const transfer = (total: number): void => {
    for (let turn = 0; turn < 100_000 && received < total; turn++) {
      written += client.write(from, 0, Math.min(from.length, total - written))
      pump()
      clock.advance(1)
    }
  }
  // Buffers and window grow in the first part.
  transfer(BYTES)
  let copied = 0
  Uint8Array.prototype.set = function (octets: ArrayLike<number>, at?: number): void {
    copied += octets.length
    set.call(this, octets, at)
  }
  Buffer.prototype.copy = function (this: Buffer, into: Uint8Array, at = 0, from = 0, end = this.length): number {
    copied += end - from
    return copyOf.call(this, into, at, from, end)
  }
  transfer(2 * BYTES)
  expect(received).toBe(2 * BYTES)
  expect(copied / BYTES).toBeGreaterThan(1)
  expect(copied / BYTES).toBeLessThan(4.05)
})
