/**
 * A stack of ours on a TAP device in the network namespace that it is started in, with an HTTP server on its port 80:
 * GET /bytes/<n> gives that many octets, PUT answers with the SHA-256 of what it got, GET /counters shows TCP's.
 * Prints "ready". Usage: node test/lab/tcp-host.ts <address/prefix>
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { mac, netOf, openTap, parseInterfaceAddress, Stack, TapLink } from '../../stack/index.ts'
import { SystemClock, SystemRandom } from '../../stack/platform/index.ts'

const address = parseInterfaceAddress(process.argv[2] ?? '')
const opened = openTap({ name: 'tap0', attachOnly: false, persist: false, ownerUid: undefined, offloads: true })
if (!opened.ok || address === undefined) throw new Error('cannot start')
const link = new TapLink({
  ...opened.value, mac: mac('02:00:00:00:77:01'), mtu: 1500,
  onGone: (code) => console.log('gone', code),
})
const stack = new Stack({
  clock: new SystemClock(), random: new SystemRandom(), onFault: (fault) => console.log('fault', fault),
})

/** The same for everybody who asks for so many. */
function octets(length: number): Buffer {
  const all = Buffer.alloc(length)
  for (let i = 0; i < length; i++) all[i] = (i * 31 + (i >>> 9)) & 255
  return all
}

const http = createServer((asked, answer) => {
  if (asked.method === 'PUT') {
    const hash = createHash('sha256')
    asked.on('data', (chunk: Buffer) => hash.update(chunk))
    asked.on('end', () => answer.end(hash.digest('hex')))
  } else if (asked.url === '/counters') {
    answer.end(JSON.stringify(stack.counters['tcp']))
  } else {
    answer.end(octets(Number(/^\/bytes\/(\d+)$/.exec(asked.url ?? '')?.[1] ?? 0)))
  }
})
const server = netOf(stack).createServer((socket) => http.emit('connection', socket))
server.listen(80, () => {
  stack.addInterface(link, { addresses: [address] })
  console.log('ready')
})
