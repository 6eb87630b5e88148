/**
 * What TCP costs per segment: one stream of 64 MiB between two stacks in one process, over a wire in memory that hands
 * frames on at once, sender and receiver, checksums and copies of both sides included. Prints ns per octet-carrying
 * segment, Gbit/s, and what the heap grew by: median and range of rounds. Usage: node test/bench/micro/tcp-bulk.ts
 */
import { SystemClock, SystemRandom } from '../../../stack/platform/index.ts'
import type { FrameHandler, Link, TcpEndpoint } from '../../../stack/index.ts'
import { FRAME_OFFSET, ipv4, mac, SLOT_BYTES, Stack } from '../../../stack/index.ts'

const BYTES = 64 << 20
const ROUNDS = 7
const SLOTS = 64
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const
const ADDRESSES = [ipv4('10.53.0.1'), ipv4('10.53.0.2')] as const

/** One end of a wire: what is flushed waits in the buffer until the other end is pumped. */
class PumpedLink implements Link {
  readonly name = 'bench0'
  readonly mtu = 1500
  readonly offloads = false
  readonly mac: string
  onFrame: FrameHandler = () => {}
  onBatchEnd: () => void = () => {}
  readonly #buffers = [new Uint8Array(SLOTS * SLOT_BYTES), new Uint8Array(SLOTS * SLOT_BYTES)] as const
  readonly txBuffer = this.#buffers[0]
  readonly #lengths = new Uint32Array(SLOTS)
  #queued = 0

  constructor(address: string) {
    this.mac = address
  }

  reserve(): number {
    return this.#queued === SLOTS ? -1 : this.#queued * SLOT_BYTES + FRAME_OFFSET
  }
  commit(length: number): void {
    this.#lengths[this.#queued++] = length
  }
  flush(): void {}
  counters(): Record<string, number> {
    return {}
  }
  close(): void {}

  /** Delivers what was sent; how many frames that were. */
  pump(to: PumpedLink): number {
    const count = this.#queued
    const copy = this.#buffers[1]
    copy.set(this.txBuffer.subarray(0, count * SLOT_BYTES))
    const lengths = this.#lengths.slice(0, count)
    this.#queued = 0
    for (let i = 0; i < count; i++) to.onFrame(copy, i * SLOT_BYTES + FRAME_OFFSET, lengths[i] as number, 0)
    to.onBatchEnd()
    return count
  }
}

const links = MACS.map((address) => new PumpedLink(address))
const stacks = links.map((link, i) => {
  const stack = new Stack({ clock: new SystemClock(), random: new SystemRandom() })
  const prefix = { network: ipv4('10.53.0.0'), length: 24 }
  const iface = stack.addInterface(link, { addresses: [{ address: ADDRESSES[i] as number, prefix }] })
  iface.neighbours.addStatic(ADDRESSES[1 - i] as number, mac(MACS[1 - i] as string))
  return stack
})
const [left, right] = links as [PumpedLink, PumpedLink]
const into = new Uint8Array(1 << 20)
let received = 0
let accepted: TcpEndpoint | undefined
const listening = stacks[1]?.tcp.listen({
  port: 80,
  onConnection: (endpoint) => {
    accepted = endpoint
    endpoint.onEvents = () => {
      while (endpoint.readable > 0) received += endpoint.read(into, 0, into.length)
    }
  },
})
if (listening?.ok !== true) throw new Error('cannot listen')
const connected = stacks[0]?.tcp.connect({ address: ADDRESSES[1], port: 80 })
if (connected?.ok !== true) throw new Error('cannot connect')
const client = connected.value
while (accepted === undefined) {
  left.pump(right)
  right.pump(left)
}
const from = new Uint8Array(1 << 20).fill(7)

function round(): { readonly ns: number; readonly gbits: number } {
  let written = 0
  const end = received + BYTES
  const before = stacks[0]?.counters['tcp']?.get('sent') ?? 0
  const start = process.hrtime.bigint()
  while (received < end) {
    if (written < BYTES) written += client.write(from, 0, Math.min(from.length, BYTES - written))
    // A full queue refuses, and the connection tries again when its timer says so: so pump until there is nothing.
    while (left.pump(right) + right.pump(left) > 0) continue
    if (client.connection.stalledUntil > 0) {
      client.connection.stalledUntil = 0
      client.setNoDelay(true)
    }
  }
  const ns = Number(process.hrtime.bigint() - start)
  const segments = (stacks[0]?.counters['tcp']?.get('sent') ?? 0) - before
  return { ns: ns / segments, gbits: (BYTES * 8) / ns }
}

round()
const heap = process.memoryUsage().heapUsed
const rounds = Array.from({ length: ROUNDS }, round).sort((a, b) => a.ns - b.ns)
const growth = (process.memoryUsage().heapUsed - heap) / 1024
const middle = rounds[ROUNDS >> 1]
console.log(
  `bulk: ${middle?.ns.toFixed(0)} ns per segment [${rounds[0]?.ns.toFixed(0)}-${rounds.at(-1)?.ns.toFixed(0)}], ` +
    `${middle?.gbits.toFixed(2)} Gbit/s, heap ${growth.toFixed(0)} KiB`,
)
for (const stack of stacks) stack.close()
