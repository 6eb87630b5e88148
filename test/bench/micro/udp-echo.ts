/**
 * What the stack costs per datagram: UDP requests of 60 octets (IPv4 header included) in batches of 64 on a link in
 * memory, each answered by send() from within its handler. Prints ns per echoed datagram: median and range of rounds,
 * once with a handler that answers and once with one that only receives; then answering while somebody captures. Usage: node test/bench/micro/udp-echo.ts
 */
import { SystemClock, SystemRandom } from '../../../stack/platform/index.ts'
import type { FrameHandler, Interface, Link } from '../../../stack/index.ts'
import { FRAME_OFFSET, ipv4, mac, SLOT_BYTES, Stack } from '../../../stack/index.ts'
import * as ethernet from '../../../stack/wire/ethernet.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import * as udp from '../../../stack/wire/udp.ts'

const BATCH = 64
const ROUNDS = 15
const BATCHES_PER_ROUND = 4_000
const DATAGRAM_BYTES = 60
const PORT = 53
const SERVER = ipv4('10.53.0.2')
const CLIENT = ipv4('10.53.0.9')

/** A device that takes every frame and gives what it was filled with. */
class BenchLink implements Link {
  readonly name = 'bench0'
  readonly mtu = 1500
  readonly offloads = false
  readonly mac = '02:00:00:00:00:01'
  onFrame: FrameHandler = () => {}
  onBatchEnd: () => void = () => {}
  readonly txBuffer = new Uint8Array(BATCH * SLOT_BYTES)
  readonly rxBuffer = new Uint8Array(BATCH * SLOT_BYTES)
  sent = 0
  #queued = 0

  reserve(): number {
    return this.#queued === BATCH ? -1 : this.#queued * SLOT_BYTES + FRAME_OFFSET
  }
  commit(): void {
    this.#queued++
  }
  flush(): void {
    this.sent += this.#queued
    this.#queued = 0
  }
  counters(): Record<string, number> {
    return { 'tx-frames': this.sent }
  }
  close(): void {}
}

function fill(link: BenchLink): void {
  const payload = DATAGRAM_BYTES - ip.IPV4_HEADER_BYTES - udp.UDP_HEADER_BYTES
  for (let i = 0; i < BATCH; i++) {
    const at = i * SLOT_BYTES + FRAME_OFFSET
    const b = link.rxBuffer
    ethernet.emit({ destination: link.mac, source: '02:00:00:00:00:09', type: ethernet.ETHERTYPE_IPV4 }, b, at)
    const ipAt = at + ethernet.ETHERNET_HEADER_BYTES
    ip.write(b, ipAt, DATAGRAM_BYTES, i, 0, 64, ip.PROTOCOL_UDP, CLIENT, SERVER)
    for (let o = 0; o < payload; o++) b[ipAt + 28 + o] = (i + o) & 255
    udp.write(b, ipAt + ip.IPV4_HEADER_BYTES, CLIENT, 40_000 + i, SERVER, PORT, payload)
  }
}

function round(link: BenchLink): number {
  const start = process.hrtime.bigint()
  for (let batch = 0; batch < BATCHES_PER_ROUND; batch++) {
    for (let i = 0; i < BATCH; i++) {
      link.onFrame(link.rxBuffer, i * SLOT_BYTES + FRAME_OFFSET, ethernet.ETHERNET_HEADER_BYTES + DATAGRAM_BYTES, 0)
    }
    link.onBatchEnd()
  }
  return Number(process.hrtime.bigint() - start) / (BATCHES_PER_ROUND * BATCH)
}

function measure(name: string, answer: boolean, captured: (iface: Interface) => void = () => {}): void {
  const stack = new Stack({ clock: new SystemClock(), random: new SystemRandom() })
  const link = new BenchLink()
  const prefix = { network: ipv4('10.53.0.0'), length: 24 }
  const iface = stack.addInterface(link, { addresses: [{ address: SERVER, prefix }] })
  iface.neighbours.addStatic(CLIENT, mac('02:00:00:00:00:09'))
  fill(link)
  let received = 0
  const bound = stack.bindUdp({
    port: PORT,
    onDatagram: (buffer, at, length, meta) => {
      received++
      if (answer && bound.ok) bound.value.send(buffer, at, length, meta.source, meta.sourcePort)
    },
  })
  captured(iface)
  const heapBefore = process.memoryUsage().heapUsed
  const rounds = Array.from({ length: ROUNDS }, () => round(link)).slice(3).sort((a, b) => a - b)
  const heapGrowth = process.memoryUsage().heapUsed - heapBefore
  const ns = (n: number | undefined): string => (n ?? 0).toFixed(0)
  console.log(
    `${name}: ${ns(rounds[rounds.length >> 1])} ns per datagram [${ns(rounds[0])}-${ns(rounds.at(-1))}], ` +
      `${received} received, ${link.sent} sent, heap ${(heapGrowth / 1024).toFixed(0)} KiB`,
  )
  stack.close()
}

measure('receive', false)
measure('echo', true)
measure('echo after a capture', true, (iface) => iface.capture({ sink: () => true })?.stop())
measure('echo, captured by a filter that keeps nothing', true, (iface) => void iface.capture({ sink: () => true, keep: () => false }))
measure('echo, captured', true, (iface) => void iface.capture({ sink: () => true }))
measure('echo, captured by a reader that is too slow', true, (iface) => void iface.capture({ sink: () => false }))
