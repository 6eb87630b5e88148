/**
 * What a Node program offers to the TCP benchmark, on a stack of ours or on the kernel's sockets, by the same code:
 *
 *   node test/bench/tcp-node.ts tap <address/prefix> on|off     makes and drives tap0, with offloads or without
 *   node test/bench/tcp-node.ts kernel
 *
 * Port 80: HTTP; 1009 takes everything and 1019 sends without end, by streams; 1007: UDP echo by node:dgram's
 * interface. On our stack the same by the endpoints themselves at 9, 19 and 7; and 11 accepts and keeps silent.
 *
 * Says "ready"; then answers each line on standard input with a JSON line of NodeFigures: "figures"; "collect", after a
 * garbage collection; "count-copies", and from now on octets given to set() and copy() are counted, which costs time.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import { createServer as createHostServer } from 'node:net'
import { PerformanceObserver } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { getHeapStatistics } from 'node:v8'
import {
  dgramOf, EVENT_ENDED, mac, netOf, openTap, parseInterfaceAddress, Stack, TapLink, type TcpEndpoint,
} from '../../stack/index.ts'
import { SystemClock, SystemRandom } from '../../stack/platform/index.ts'

/** Since the program began. */
export type NodeFigures = {
  readonly rssBytes: number
  readonly heapBytes: number
  readonly bufferBytes: number
  /** All that was ever put on the heap. */
  readonly allocatedBytes: number
  readonly collections: number
  readonly pauseMs: number
  readonly segmentsReceived: number
  readonly segmentsSent: number
  /** Octets that set() and copy() moved since "count-copies". */
  readonly copiedBytes: number
}

const CHUNK = Buffer.alloc(256 << 10)
const IDLE_CONNECTIONS = 20_000
const MTU = 1500

let copiedBytes = 0
let collections = 0
let pauseMs = 0
let stack: Stack | undefined
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) {
    collections++
    pauseMs += entry.duration
  }
}).observe({ entryTypes: ['gc'] })

/** From now on the octets that are moved in one call are counted. Single octets that loops move are not seen. */
function countCopies(): void {
  const { set } = Uint8Array.prototype
  Uint8Array.prototype.set = function (from: ArrayLike<number>, at?: number): void {
    copiedBytes += from.length
    set.call(this, from, at)
  }
  const { copy } = Buffer.prototype
  Buffer.prototype.copy = function (...args: Parameters<typeof copy>): number {
    const moved = copy.apply(this, args)
    copiedBytes += moved
    return moved
  }
}

function figures(): NodeFigures {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  const tcp = stack?.counters['tcp']
  const { total_allocated_bytes: allocatedBytes } = getHeapStatistics() as { total_allocated_bytes?: number }
  return {
    rssBytes: rss, heapBytes: heapUsed, bufferBytes: arrayBuffers, allocatedBytes: allocatedBytes ?? NaN, collections,
    pauseMs, segmentsReceived: tcp?.get('received') ?? 0, segmentsSent: tcp?.get('sent') ?? 0, copiedBytes,
  }
}

/** Whoever is measured may hang up at any time. */
const quiet = (): void => {}
const sink = (socket: Duplex): void => void socket.on('error', quiet).resume()
function source(socket: Duplex): void {
  const pour = (): void => {
    while (socket.write(CHUNK)) continue
  }
  socket.on('error', quiet).on('drain', pour).resume()
  pour()
}

const http = createServer((_asked, answer) => answer.end('hello, world\n'))

/** Reads into one buffer, as a program does that takes what there is. */
function endpointSink(endpoint: TcpEndpoint): void {
  const into = new Uint8Array(CHUNK.length)
  endpoint.onEvents = events => {
    while (endpoint.readable > 0) endpoint.read(into, 0, into.length)
    if ((events & EVENT_ENDED) !== 0) endpoint.close()
  }
}

function endpointSource(endpoint: TcpEndpoint): void {
  const pour = (): void => {
    while (endpoint.inTable && endpoint.write(CHUNK, 0, CHUNK.length) > 0) continue
  }
  endpoint.onEvents = pour
  pour()
}

function serveByEndpoints(on: Stack): void {
  const listen = (port: number, onConnection: (endpoint: TcpEndpoint) => void): void => {
    const listening = on.tcp.listen({ port, onConnection, connectionsPerSource: IDLE_CONNECTIONS, backlog: 4096 })
    if (!listening.ok) throw new Error(`port ${port}: ${listening.error.kind}`)
  }
  listen(9, endpointSink)
  listen(19, endpointSource)
  listen(11, quiet)
  const bound = on.bindUdp({
    port: 7,
    onDatagram: (buffer, at, length, meta) => {
      if (bound.ok) bound.value.send(buffer, at, length, meta.source, meta.sourcePort)
    },
  })
}

type Sends = { send(message: Buffer, port: number, address: string): void }
const echo = (socket: Sends) => (message: Buffer, from: { address: string; port: number }) =>
  socket.send(message, from.port, from.address)

function onTap(address: string, offloads: boolean): void {
  const interfaceAddress = parseInterfaceAddress(address)
  const opened = openTap({ name: 'tap0', attachOnly: false, persist: false, ownerUid: undefined, offloads })
  if (!opened.ok || interfaceAddress === undefined) throw new Error('cannot start')
  const link = new TapLink({
    ...opened.value, mac: mac('02:00:00:00:77:01'), mtu: MTU,
    onGone: code => console.log('gone', code),
  })
  stack = new Stack({
    clock: new SystemClock(), random: new SystemRandom(), onFault: fault => console.log('fault', fault),
  })
  stack.addInterface(link, { addresses: [interfaceAddress] })
  serveByEndpoints(stack)
  const net = netOf(stack)
  net.createServer(socket => http.emit('connection', socket)).listen(80)
  net.createServer(sink).listen(1009)
  net.createServer(source).listen(1019)
  const datagrams = dgramOf(stack).createSocket('udp4')
  datagrams.on('message', echo(datagrams)).bind(1007)
}

function onKernel(): void {
  http.listen(80)
  createHostServer(sink).listen(1009)
  createHostServer(source).listen(1019)
  const datagrams = createSocket('udp4')
  datagrams.on('message', echo(datagrams)).bind(1007)
}

const [where, address = '', offloads] = process.argv.slice(2)
if (where === 'tap') onTap(address, offloads === 'on')
else onKernel()
createInterface({ input: process.stdin }).on('line', line => {
  if (line === 'count-copies') countCopies()
  if (line === 'collect') globalThis.gc?.()
  console.log(JSON.stringify(figures()))
})
setImmediate(() => console.log('ready'))
