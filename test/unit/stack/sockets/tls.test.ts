/** node:tls and node:https run on our sockets unchanged. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import { connect, TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { netOf, type NetSocket } from '../../../../stack/sockets/net.ts'
import { selfSigned } from '../../../support/certificate.ts'
import { tcpWorld, type World } from '../../../support/tcp-hosts.ts'

const NAME = 'stack.test'
const own = selfSigned([NAME], ['10.53.0.2'], new Date())

let running: World | undefined
function world(weather = {}): World {
  const made = tcpWorld({ wire: { delayMs: 1 }, weather })
  running = made
  const turn = (): void => {
    if (running !== made) return
    made.clock.advance(20)
    setImmediate(turn)
  }
  setImmediate(turn)
  return made
}
afterEach(() => {
  expect(running?.faults).toEqual([])
  running = undefined
})

/** Node asks for its own class by name; what it uses of it is all there. */
const asSocket = (socket: NetSocket): Socket => socket as unknown as Socket
const dial = (w: World): Socket => asSocket(netOf(w.left).connect({ port: 443, host: '10.53.0.2', allowHalfOpen: true }))

async function listen(w: World, onConnection: (socket: NetSocket) => void): Promise<void> {
  await once(netOf(w.right).createServer({ allowHalfOpen: true }, onConnection).listen(443), 'listening')
}

describe('[T14] node:tls', () => {
  test.each([
    ['on a good line', {}],
    ['on a bad line', { loss: 0.03, corruption: 0.01, reordering: 0.1, duplication: 0.05 }],
  ])('a megabyte there and back, %s, in TLS 1.3, with the server’s name and certificate checked', async (_line, weather) => {
    const w = world(weather)
    await listen(w, (socket) => {
      const secure = new TLSSocket(asSocket(socket), { isServer: true, ...own })
      secure.pipe(secure)
    })
    const octets = randomBytes(1_000_000)
    const client = connect({ socket: dial(w), servername: NAME, ca: own.cert })
    await once(client, 'secureConnect')
    expect([client.authorized, client.getProtocol()]).toEqual([true, 'TLSv1.3'])
    client.end(octets)
    const hash = createHash('sha256')
    for await (const chunk of client) hash.update(chunk as Buffer)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(octets).digest('hex'))
  })

  test('a certificate that nobody vouches for is refused', async () => {
    const w = world()
    await listen(w, (socket) => {
      new TLSSocket(asSocket(socket), { isServer: true, ...own }).on('error', () => socket.destroy())
    })
    const client = connect({ socket: dial(w), servername: NAME })
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })
})

describe('[T14] node:https', () => {
  test('a server and a client', async () => {
    const w = world()
    const server: Server = createServer(own, (asked, answer) => {
      let length = 0
      asked.on('data', (chunk: Buffer) => (length += chunk.length))
      asked.on('end', () => answer.end(`${asked.method} ${asked.url} ${length}`))
    })
    await listen(w, (socket) => server.emit('connection', socket))
    const body = await new Promise<string>((resolve, reject) => {
      const sent = request(
        {
          host: NAME, method: 'POST', path: '/',
          createConnection: () => connect({ socket: dial(w), servername: NAME, ca: own.cert }),
        },
        (answer) => {
          let all = ''
          answer.on('data', (chunk: Buffer) => (all += String(chunk)))
          answer.on('end', () => resolve(all))
        },
      )
      sent.on('error', reject)
      sent.end(Buffer.alloc(300_000))
    })
    expect(body).toBe('POST / 300000')
  })
})
