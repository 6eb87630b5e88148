/**
 * What TCP costs per segment: one stream between two stacks in one process, over a wire in memory that hands frames on at
 * once, sender and receiver, checksums and copies of both sides included; first in segments of 1460 octets, then in
 * super-segments over a link that cuts and joins them. Prints for each ns and allocated octets per segment sent, garbage
 * collections, copies per octet, and Gbit/s: median and range of rounds. Usage: node test/bench/micro/tcp-bulk.ts
 */
import { PerformanceObserver } from 'node:perf_hooks'
import { SystemClock, SystemRandom } from '../../../stack/platform/index.ts'
import type { FrameHandler, Link, TcpEndpoint } from '../../../stack/index.ts'
import { FRAME_OFFSET, ipv4, mac, SLOT_BYTES, Stack } from '../../../stack/index.ts'

const ROUNDS = 7
const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const
const ADDRESSES = [ipv4('10.53.0.1'), ipv4('10.53.0.2')] as const
const SUPER_SLOT_BYTES = 65_600

type Mode = { readonly name: string; readonly offloads: boolean; readonly bytes: number; readonly slots: number }
const MODES: readonly Mode[] = [
  { name: 'segments', offloads: false, bytes: 64 << 20, slots: 64 },
  { name: 'super-segments', offloads: true, bytes: 512 << 20, slots: 16 },
]

/** One end of a wire: what is flushed waits in one of two buffers until the other end is pumped. */
class PumpedLink implements Link {
  readonly name = 'bench0'
  readonly mtu = 1500
  readonly offloads: boolean
  readonly mac: string
  onFrame: FrameHandler = () => {}
  onBatchEnd: () => void = () => {}
  readonly txBuffer: Uint8Array
  readonly #arrived: Uint8Array
  readonly #slotBytes: number
  readonly #slots: number
  readonly #lengths: Uint32Array
  readonly #offloads: Int32Array
  #queued = 0

  constructor(address: string, mode: Mode) {
    this.mac = address
    this.offloads = mode.offloads
    this.#slots = mode.slots
    this.#slotBytes = mode.offloads ? SUPER_SLOT_BYTES : SLOT_BYTES
    this.txBuffer = new Uint8Array(mode.slots * this.#slotBytes)
    this.#arrived = new Uint8Array(mode.slots * this.#slotBytes)
    this.#lengths = new Uint32Array(mode.slots)
    this.#offloads = new Int32Array(mode.slots)
  }

  reserve(): number {
    return this.#queued === this.#slots ? -1 : this.#queued * this.#slotBytes + FRAME_OFFSET
  }
  commit(length: number, offload = 0): void {
    this.#offloads[this.#queued] = offload
    this.#lengths[this.#queued++] = length
  }
  flush(): void {}
  counters(): Record<string, number> {
    return {}
  }
  close(): void {}

  /** Delivers what was sent; how many frames that were. The copy stands for the kernel's. */
  pump(to: PumpedLink): number {
    const count = this.#queued
    this.#queued = 0
    for (let i = 0; i < count; i++) this.#carry(i * this.#slotBytes + FRAME_OFFSET, this.#lengths[i] as number)
    // What is sent in answer overwrites the lengths of the other link only.
    for (let i = 0; i < count; i++) {
      const at = i * this.#slotBytes + FRAME_OFFSET
      to.onFrame(this.#arrived, at, this.#lengths[i] as number, this.#offloads[i] as number)
    }
    to.onBatchEnd()
    return count
  }

  #carry(at: number, length: number): void {
    this.#arrived.set(this.txBuffer.subarray(at, at + length), at)
  }
}

let collections = 0
new PerformanceObserver((list) => {
  collections += list.getEntries().length
}).observe({ entryTypes: ['gc'] })

/** Octets that were copied; every bulk copy is by Buffer. Watched in a round of its own, which is not timed. */
let copied = 0
const copyOf = Buffer.prototype.copy
function watchedCopy(this: Buffer, into: Uint8Array, at = 0, from = 0, end = this.length): number {
  copied += end - from
  return copyOf.call(this, into, at, from, end)
}

type Round = { readonly ns: number; readonly gbits: number; readonly heapBytes: number; readonly collections: number }
const middle = <T>(values: readonly T[]): T => values[values.length >> 1] as T

async function measure(mode: Mode): Promise<void> {
  const [left, right] = MACS.map((address) => new PumpedLink(address, mode)) as [PumpedLink, PumpedLink]
  const [sender, receiver] = [left, right].map((link, i) => {
    const stack = new Stack({ clock: new SystemClock(), random: new SystemRandom() })
    const prefix = { network: ipv4('10.53.0.0'), length: 24 }
    const iface = stack.addInterface(link, { addresses: [{ address: ADDRESSES[i] as number, prefix }] })
    iface.neighbours.addStatic(ADDRESSES[1 - i] as number, mac(MACS[1 - i] as string))
    return stack
  }) as [Stack, Stack]
  const into = new Uint8Array(1 << 20)
  let received = 0
  let accepted: TcpEndpoint | undefined
  const listening = receiver.tcp.listen({
    port: 80,
    onConnection: (endpoint) => {
      accepted = endpoint
      endpoint.onEvents = () => {
        while (endpoint.readable > 0) received += endpoint.read(into, 0, into.length)
      }
    },
  })
  const connected = sender.tcp.connect({ address: ADDRESSES[1], port: 80 })
  if (!listening.ok || !connected.ok) throw new Error('cannot connect')
  const client = connected.value
  while (accepted === undefined) {
    left.pump(right)
    right.pump(left)
  }
  const from = new Uint8Array(1 << 20).fill(7)

  const transfer = (bytes: number): void => {
    let written = 0
    const end = received + bytes
    while (received < end) {
      if (written < bytes) written += client.write(from, 0, Math.min(from.length, bytes - written))
      // A full queue refuses, and the connection tries again when its timer says so: so pump until there is nothing.
      while (left.pump(right) + right.pump(left) > 0) continue
      if (client.connection.stalledUntil > 0) {
        client.connection.stalledUntil = 0
        client.setNoDelay(true)
      }
    }
  }
  const sent = (): number => sender.counters['tcp']?.get('sent') ?? 0

  /** Small enough that no collection falls between the two looks at the heap, mostly. */
  const allocated = (): number => {
    const [heap, segments] = [process.memoryUsage().heapUsed, sent()]
    transfer(mode.bytes >> 5)
    return (process.memoryUsage().heapUsed - heap) / (sent() - segments)
  }

  const round = async (): Promise<Round> => {
    const [before, start, gcs] = [sent(), process.hrtime.bigint(), collections]
    transfer(mode.bytes)
    const ns = Number(process.hrtime.bigint() - start)
    const segments = sent() - before
    // Collections are told in a later turn.
    await new Promise((resolve) => setImmediate(resolve))
    const heapBytes = Array.from({ length: 5 }, allocated).sort((a, b) => a - b)
    return { ns: ns / segments, gbits: (mode.bytes * 8) / ns, heapBytes: middle(heapBytes), collections: collections - gcs }
  }

  transfer(mode.bytes)
  const rounds: Round[] = []
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round())
  rounds.sort((a, b) => a.ns - b.ns)
  copied = 0
  Buffer.prototype.copy = watchedCopy
  transfer(mode.bytes)
  Buffer.prototype.copy = copyOf
  const median = middle(rounds)
  console.log(
    `${mode.name}: ${median.ns.toFixed(0)} ns per segment [${rounds[0]?.ns.toFixed(0)}-${rounds.at(-1)?.ns.toFixed(0)}], ` +
      `${median.gbits.toFixed(2)} Gbit/s, ${median.heapBytes.toFixed(0)} octets of heap per segment, ` +
      `${median.collections} collections, ${(copied / mode.bytes).toFixed(2)} copies per octet`,
  )
  for (const stack of [sender, receiver]) stack.close()
}

for (const mode of MODES) await measure(mode)
