/**
 * A stack of ours on TAP devices in the network namespace that it is started in, with the services that lab tests talk to:
 *   80 http: GET /bytes/<n> and /stream/<n> give so many octets (the latter piece by piece, as the reader takes them), PUT
 *   answers with the SHA-256 of what it got; 443 the same over node:tls; 7 echoes; 2222 a session: every line is
 *   answered with "<number> <line>"; 5201 iperf3.
 * Told what to do by lines of JSON on standard input, each answered by one on standard output; see stack-host-control.ts.
 * Usage: node test/lab/stack-host.ts '<StackHostConfig as JSON>'
 */
import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import {
  type Capture, CaptureLink, FaultyLink, mac, netOf, type NetSocket, openTap, parseInterfaceAddress, parseIpv4, parsePrefix, Stack, TapLink,
} from '../../stack/index.ts'
import { SeededRandom, SystemClock, SystemRandom } from '../../stack/platform/index.ts'
import { selfSigned } from '../support/certificate.ts'
import { Iperf3Server } from '../support/iperf3-server.ts'
import { octetsAt } from '../support/octets.ts'
import type { StackHostCommand, StackHostConfig } from './stack-host-control.ts'

const config = JSON.parse(process.argv[2] ?? '') as StackHostConfig
const clock = new SystemClock()
const stack = new Stack({ clock, random: new SystemRandom(), onFault: (fault) => console.error('fault', fault) })
if (config.congestion !== undefined) stack.tcp.tuning = { ...stack.tcp.tuning, congestion: config.congestion }
stack.forwarding = config.forwarding ?? false
const links = new Map<string, { readonly faulty: FaultyLink; readonly capture: CaptureLink }>()

function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what}: there is none`)
  return value
}

function openLinks(): void {
  config.links.forEach(({ name, address, mtu = 1500, offloads = true, outgoing = {}, incoming = {}, ...options }, i) => {
    const opened = openTap({ name, attachOnly: false, persist: false, ownerUid: undefined, offloads })
    if (!opened.ok) throw new Error(`${opened.error.problem}`)
    const tap = new TapLink({
      ...opened.value, mtu, mac: mac(`02:00:00:00:77:0${i + 1}`), onGone: (code) => console.error('gone', name, code),
    })
    const faulty = new FaultyLink(tap, clock, new SeededRandom(config.seed ?? 1), outgoing, incoming)
    const capture = new CaptureLink(faulty, clock)
    links.set(name, { faulty, capture })
    stack.addInterface(capture, { addresses: [must(parseInterfaceAddress(address), address)], ...options })
  })
  for (const { prefix, gateway } of config.routes ?? []) {
    stack.routes.add({ prefix: must(parsePrefix(prefix), prefix), gateway: must(parseIpv4(gateway), gateway) })
  }
}

/** Octets that /stream gave to the sockets layer so far, on all connections. */
let produced = 0
const PIECE = 65_536

function pieces(length: number): Readable {
  let at = 0
  return new Readable({
    highWaterMark: PIECE,
    read() {
      const size = Math.min(PIECE, length - at)
      if (size === 0) return void this.push(null)
      const piece = octetsAt(at, size)
      at += size
      produced += size
      this.push(piece)
    },
  })
}

const http = createServer((asked: IncomingMessage, answer: ServerResponse) => {
  const [, kind, count] = /^\/(bytes|stream)\/(\d+)$/.exec(asked.url ?? '') ?? []
  if (asked.method === 'PUT') {
    const hash = createHash('sha256')
    asked.on('data', (chunk: Buffer) => hash.update(chunk))
    asked.on('end', () => answer.end(hash.digest('hex')))
  } else if (kind === 'stream') pieces(Number(count)).pipe(answer)
  else if (kind === 'bytes') answer.end(octetsAt(0, Number(count)))
  else answer.writeHead(404).end()
})

/** The sessions that are open, ours or the peer's, and what came in on them. */
const sessions: NetSocket[] = []
function session(socket: NetSocket, answers: boolean): void {
  let lines = 0
  sessions.push(socket)
  socket.on('error', (error: NodeJS.ErrnoException) => console.log(`session ended: ${error.code ?? error.message}`))
  socket.on('end', () => console.log('session ended by the peer'))
  createInterface({ input: socket }).on('line', (line) => {
    if (answers) socket.write(`${++lines} ${line}\n`)
    else console.log(`session got: ${line}`)
  }).on('error', () => {})
}

const certificate = selfSigned(['stack.test'], config.links.map(({ address }) => address.split('/')[0] as string), new Date())
const iperf3 = new Iperf3Server()
const net = netOf(stack)
const SERVICES: readonly (readonly [number, (socket: NetSocket) => void])[] = [
  [80, (socket) => void http.emit('connection', socket)],
  [443, (socket) => void http.emit('connection', new TLSSocket(socket, { isServer: true, ...certificate }))],
  [7, (socket) => void socket.on('error', () => {}).pipe(socket)],
  [2222, (socket) => session(socket, true)],
  [5201, (socket) => iperf3.accept(socket)],
]

let recording: { readonly capture: Capture; readonly file: number } | undefined

async function perform(command: StackHostCommand): Promise<unknown> {
  switch (command.do) {
    case 'weather':
      must(links.get(command.link), command.link).faulty.setWeather(command.outgoing, command.incoming)
      return {}
    case 'counters':
      return { ...stack.counters, ...Object.fromEntries([...links].map(([name, { faulty }]) => [name, faulty.counters()])) }
    case 'capture': {
      const file = openSync(command.file, 'w')
      const sink = (block: Uint8Array): boolean => writeSync(file, block) === block.length
      recording = { file, capture: must(must(links.get(command.link), command.link).capture.start({ sink }), 'capture') }
      return {}
    }
    case 'end-capture': {
      const { capture, file } = must(recording, 'capture')
      capture.stop()
      closeSync(file)
      recording = undefined
      return capture.counts()
    }
    case 'memory':
      return { produced, ...process.memoryUsage() }
    case 'connections':
      return stack.tcp.connections()
    case 'certificate':
      return { cert: certificate.cert }
    case 'connect':
      return new Promise((resolve) => {
        const socket = net.connect(command.port, command.host, () => resolve({ connected: true }))
        socket.once('error', (error: NodeJS.ErrnoException) => resolve({ connected: false, code: error.code }))
        if (command.keepAliveMs !== undefined) socket.setKeepAlive(true, command.keepAliveMs)
        session(socket, false)
      })
    case 'say':
      must(sessions.at(-1), 'session').write(`${command.line}\n`)
      return {}
    case 'advertise':
      stack.routerDiscovery.advertise(must(stack.interface(command.link), command.link))
      return {}
  }
}

openLinks()
for (const [port, serve] of SERVICES) net.createServer({ allowHalfOpen: port !== 2222 }, serve).listen(port)
createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line) as StackHostCommand
  perform(command).then(
    (answer) => console.log(`answer ${command.id} ${JSON.stringify(answer)}`),
    (error: unknown) => console.log(`refused ${command.id} ${String(error)}`),
  )
})
console.log('ready')
