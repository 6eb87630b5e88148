import { createHash } from 'node:crypto'
import { createServer, request } from 'node:http'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import Fastify from 'fastify'
import { netOf } from '../../../../stack/sockets/net.ts'
import type { NetServer, NetSocket } from '../../../../stack/sockets/net.ts'
import { tcpWorld } from '../../../support/tcp-hosts.ts'
import type { World } from '../../../support/tcp-hosts.ts'

/** Virtual time goes on by itself between turns of the event loop, until the test is over. */
let running: World[] = []
function world(): World {
  const made = tcpWorld({ wire: { delayMs: 1 } })
  running.push(made)
  const turn = (): void => {
    if (!running.includes(made)) return
    made.clock.advance(20)
    setImmediate(turn)
  }
  setImmediate(turn)
  return made
}
afterEach(() => {
  for (const { faults } of running) expect(faults).toEqual([])
  running = []
})

async function listen(w: World, onConnection: (socket: NetSocket) => void, port = 80): Promise<NetServer> {
  const server = netOf(w.right).createServer(onConnection)
  server.listen(port)
  await once(server, 'listening')
  return server
}

const dial = (w: World, port = 80): NetSocket => netOf(w.left).connect(port, '10.53.0.2')

async function text(socket: NetSocket): Promise<string> {
  let all = ''
  for await (const chunk of socket) all += String(chunk)
  return all
}

describe('[T14] sockets in the shape of node:net', () => {
  test('a greeting, an answer, and both sides close', async () => {
    const w = world()
    const server = await listen(w, (socket) => {
      expect(socket.remoteAddress).toBe('10.53.0.1')
      socket.on('data', (chunk) => socket.end(`echo ${String(chunk)}`))
    })
    const client = dial(w)
    expect(client.connecting).toBe(true)
    await once(client, 'connect')
    expect([client.remoteAddress, client.remotePort, client.readyState]).toEqual(['10.53.0.2', 80, 'open'])
    client.write('hello')
    expect(await text(client)).toBe('echo hello')
    expect([client.bytesRead, client.bytesWritten]).toEqual([10, 5])
    const closed = once(server, 'close')
    server.close()
    await closed
  })

  test('what is written before the connection is there goes out after', async () => {
    const w = world()
    await listen(w, (socket) => void socket.pipe(socket))
    const client = dial(w)
    client.end('early')
    expect(await text(client)).toBe('early')
  })

  test('half open: the client ends, the server goes on', async () => {
    const w = world()
    await listen(w, (socket) => {
      socket.resume()
      socket.on('end', () => socket.end('after your end'))
    })
    const client = dial(w)
    client.end()
    expect(await text(client)).toBe('after your end')
  })

  test('a port where nobody listens: ECONNREFUSED', async () => {
    const client = dial(world(), 81)
    const [error] = await once(client, 'error') as [NodeJS.ErrnoException]
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '10.53.0.2', port: 81 })
  })

  test.each([
    ['10.53.0.77', 'EHOSTUNREACH'],
    ['8.8.8.8', 'ENETUNREACH'],
    ['www.example', 'EINVAL'],
  ])('a host that cannot be reached, %s: %s', async (host, code) => {
    const client = netOf(world().left).connect(80, host)
    const [error] = await once(client, 'error') as [NodeJS.ErrnoException]
    expect(error.code).toBe(code)
    expect(client.destroyed).toBe(true)
  })

  test('a port that is taken: EADDRINUSE', async () => {
    const w = world()
    await listen(w, () => {})
    const second = netOf(w.right).createServer()
    second.listen(80)
    const [error] = await once(second, 'error') as [NodeJS.ErrnoException]
    expect(error.code).toBe('EADDRINUSE')
  })

  test('a reset by the peer: ECONNRESET', async () => {
    const w = world()
    await listen(w, (socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.resetAndDestroy())
    })
    const client = dial(w)
    client.write('x')
    const [error] = await once(client, 'error') as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
  })

  test('setTimeout tells of silence', async () => {
    const w = world()
    await listen(w, () => {})
    const client = dial(w)
    await once(client, 'connect')
    client.setTimeout(500)
    await once(client, 'timeout')
    client.destroy()
  })

  test('a reader that does not read stops the writer, and costs bounded memory', async () => {
    const w = world()
    let stalled: NetSocket | undefined
    await listen(w, (socket) => {
      stalled = socket
      socket.pause()
    })
    const client = dial(w)
    await once(client, 'connect')
    const chunk = Buffer.alloc(64 * 1024, 7)
    let written = 0
    for (let i = 0; i < 400; i++) {
      if (!client.write(chunk)) break
      written += chunk.length
    }
    const drained = once(client, 'drain').then(() => 'drained')
    const waited = new Promise((resolve) => w.clock.at(w.clock.now() + 20_000, () => resolve('stalled')))
    for (let i = 0; i < 100; i++) client.write(chunk)
    expect(await Promise.race([drained, waited])).toBe('stalled')
    expect(written).toBeLessThan(1 << 20)
    expect(w.right.tcp.connections()[0]?.receiveQueue).toBeLessThanOrEqual(70_000)
    stalled?.resume()
    expect(await drained).toBe('drained')
    client.destroy()
  })

  test('pipe: 3 MB there and back, whole', async () => {
    const w = world()
    await listen(w, (socket) => void socket.pipe(socket))
    const client = dial(w)
    const octets = Buffer.alloc(3_000_000)
    for (let i = 0; i < octets.length; i++) octets[i] = (i * 31 + (i >>> 9)) & 255
    client.end(octets)
    const got = createHash('sha256')
    for await (const chunk of client) got.update(chunk as Buffer)
    expect(got.digest('hex')).toBe(createHash('sha256').update(octets).digest('hex'))
  })
})

describe('[T14] node:http and fastify run on them unchanged', () => {
  type Answer = { readonly status: number | undefined; readonly body: string }
  const get = (w: World, path: string, body?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          path,
          method: body === undefined ? 'GET' : 'POST',
          host: '10.53.0.2',
          // Node asks for its own class by name; what it uses of it is all there.
          createConnection: () => dial(w) as unknown as Socket,
        },
        (answer) => {
          let all = ''
          answer.on('data', (chunk: Buffer) => (all += String(chunk)))
          answer.on('end', () => resolve({ status: answer.statusCode, body: all }))
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })

  test('a node:http server and client', async () => {
    const w = world()
    const http = createServer((asked, answer) => {
      let length = 0
      asked.on('data', (chunk: Buffer) => (length += chunk.length))
      asked.on('end', () => answer.end(`${asked.method} ${asked.url} ${length} ${asked.socket.remoteAddress}`))
    })
    await listen(w, (socket) => http.emit('connection', socket))
    expect(await get(w, '/a')).toEqual({ status: 200, body: 'GET /a 0 10.53.0.1' })
    expect(await get(w, '/b', 'x'.repeat(200_000))).toEqual({ status: 200, body: 'POST /b 200000 10.53.0.1' })
  })

  test('fastify', async () => {
    const w = world()
    const app = Fastify()
    app.get('/leases', () => ({ leases: Array.from({ length: 5000 }, (_, i) => i) }))
    await app.ready()
    await listen(w, (socket) => app.server.emit('connection', socket))
    const { status, body } = await get(w, '/leases')
    expect(status).toBe(200)
    expect((JSON.parse(body) as { leases: number[] }).leases.length).toBe(5000)
    await app.close()
  })
})
