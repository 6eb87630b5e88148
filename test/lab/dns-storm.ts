/**
 * What no client sends, as fast as one process can, from inside a host of the lab:
 *
 *   node test/lab/dns-storm.ts SERVER SECONDS SEED
 *
 * Damaged datagrams of every kind to port 53, and slow TCP connections: some say nothing, some half a length, some one
 * octet of a message now and then. Prints one JSON object with what was sent.
 */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { SeededRandom } from '../../stack/platform/index.ts'
import { queryBytes } from '../support/dns.ts'
import { mutated, noise } from '../support/mutations.ts'

const [server, seconds, seed] = process.argv.slice(2) as [string, string, string]
const random = new SeededRandom(Number(seed))
/** Between looks at the clock and at what has come. */
const BURST = 64
const SLOW_CONNECTIONS = 100

const GOOD = [
  queryBytes('www.lab.internal', 'A'), queryBytes('x.lab.internal', 'ANY', { edns: { dnssecOk: true } }),
  queryBytes('lab.internal', 'AXFR'), queryBytes('lab.internal', 'IXFR'),
  queryBytes('www.lab.internal', 'A', { edns: { options: [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 3, 0, 0] } }),
  // NOTIFY and UPDATE of a zone, STATUS, an answer.
  ...[0x2400, 0x2800, 0x1000, 0x8180].map(flags => queryBytes('lab.internal', 'SOA', { flags })),
]

function datagram(): Uint8Array {
  if (random.chance(0.15)) return noise(random, random.below(600))
  const good = GOOD[random.below(GOOD.length)] as Uint8Array
  const bad = mutated(good, random)
  if (random.chance(0.2)) for (let i = 4; i < Math.min(12, bad.length); i++) bad[i] = random.below(256)
  return bad
}

const socket = createSocket('udp4')
await new Promise<void>(resolve => socket.connect(53, server, resolve))
let answers = 0
socket.on('message', () => answers++)
socket.on('error', () => undefined)

const opened = { slow: 0, closed: 0 }
function slowly(): void {
  const connection = connect(53, server)
  const trickle = setInterval(() => connection.write(Uint8Array.of(random.below(256))), 200)
  connection.on('connect', () => {
    opened.slow++
    if (random.chance(0.5)) connection.write(Uint8Array.from([0xff, 0xff, ...noise(random, random.below(40))]))
    if (random.chance(0.4)) clearInterval(trickle)
  })
  connection.on('error', () => undefined)
  connection.on('close', () => {
    opened.closed++
    clearInterval(trickle)
    if (performance.now() < end) setTimeout(slowly, 20)
  })
}

const end = performance.now() + 1000 * Number(seconds)
for (let i = 0; i < SLOW_CONNECTIONS; i++) slowly()
let sent = 0
while (performance.now() < end) {
  for (let i = 0; i < BURST; i++, sent++) socket.send(datagram(), () => undefined)
  await new Promise(resolve => setImmediate(resolve))
}
process.stdout.write(`${JSON.stringify({ sent, answers, ...opened })}\n`)
process.exit(0)
