/** The API's connections between two threads: back-pressure both ways, ends, and a peer that is gone. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type TunnelMessage, Tunnels, type TunnelSocket } from '../../../bin/tunnel.ts'

const ADDRESSES = { remoteAddress: '10.53.0.9', remotePort: 40_000, localAddress: '10.53.0.2', localPort: 80 }

/** Both sides, each message delivered in a turn of its own, as a message port does. */
function pair() {
  const sent = { toMain: 0, toNetwork: 0 }
  const accepted: TunnelSocket[] = []
  const main = new Tunnels((message: TunnelMessage) => {
    if (message.tunnel === 'data') sent.toNetwork += message.bytes.length
    setImmediate(() => network.receive(message))
  })
  const network = new Tunnels((message: TunnelMessage) => {
    if (message.tunnel === 'data') sent.toMain += message.bytes.length
    setImmediate(() => {
      const opened = main.receive(message)
      if (opened !== undefined) accepted.push(opened)
    })
  })
  return { main, network, accepted, sent }
}

async function connected() {
  const tunnels = pair()
  const far = tunnels.network.open(ADDRESSES)
  if (far === undefined) throw new Error('refused')
  await turns(2)
  const near = tunnels.accepted[0]
  if (near === undefined) throw new Error('not accepted')
  return { ...tunnels, near, far }
}
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** All that comes; the stream stays open for writing. */
async function text(socket: TunnelSocket): Promise<string> {
  let all = ''
  socket.on('data', (chunk: Buffer) => (all += String(chunk)))
  await once(socket, 'end')
  return all
}

/** Octets without end, and how many were drawn. */
function source(): { readonly stream: Readable; readonly drawn: () => number } {
  let drawn = 0
  const stream = new Readable({
    highWaterMark: 65_536,
    read() {
      drawn += 65_536
      this.push(Buffer.alloc(65_536, drawn >>> 16))
    },
  })
  return { stream, drawn: () => drawn }
}

describe('a reader that does not read', () => {
  test.each(['near', 'far'] as const)('stops a writer at the other end, and costs bounded memory: %s writes', async (writer) => {
    const tunnel = await connected()
    const { stream, drawn } = source()
    stream.pipe(writer === 'near' ? tunnel.near : tunnel.far)
    await turns(2_000)
    expect(drawn()).toBeGreaterThan(0)
    expect(drawn()).toBeLessThanOrEqual(8 * 65_536)
    const held = drawn()
    await turns(500)
    expect(drawn()).toBe(held)
    // It reads again, and more comes.
    const reader = writer === 'near' ? tunnel.far : tunnel.near
    let got = 0
    reader.on('data', (chunk: Buffer) => (got += chunk.length))
    await turns(2_000)
    expect(got).toBeGreaterThan(1_000_000)
    stream.destroy()
    tunnel.near.destroy()
  })

  test('of an answer of node:http, which waits and is not thrown away', async () => {
    const tunnel = await connected()
    const { stream, drawn } = source()
    const server = createServer((_asked, answer) => void stream.pipe(answer))
    server.emit('connection', tunnel.near)
    tunnel.far.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await turns(2_000)
    expect(drawn()).toBeGreaterThan(0)
    expect(drawn()).toBeLessThanOrEqual(10 * 65_536)
    const closed = once(stream, 'close')
    tunnel.far.destroy()
    stream.destroy()
    await closed
    server.close()
  })
})

test('a request and its answer, and who asked', async () => {
  const tunnel = await connected()
  const server = createServer((asked, answer) => answer.end(`${asked.socket.remoteAddress} ${asked.url}`))
  server.emit('connection', tunnel.near)
  const answer = await new Promise<string>((resolve) => {
    request({ path: '/leases', createConnection: () => tunnel.far as never }, (response) => {
      let all = ''
      response.on('data', (chunk: Buffer) => (all += String(chunk)))
      response.on('end', () => resolve(all))
    }).end()
  })
  expect(answer).toBe('10.53.0.9 /leases')
  server.close()
})

test('an end in one direction leaves the other open', async () => {
  const { near, far } = await connected()
  far.end('all that I say')
  expect(await text(near)).toBe('all that I say')
  near.end('and the answer')
  expect(await text(far)).toBe('and the answer')
})

test('when the other side is gone, streams end, and writes fail', async () => {
  const { network, near, far } = await connected()
  far.write('x')
  const closed = [once(near, 'close'), once(far, 'close')]
  far.on('error', () => {})
  network.closeAll()
  await Promise.all(closed)
  expect([near.destroyed, far.destroyed]).toEqual([true, true])
})

test('no more than 256 at a time', async () => {
  const { network } = pair()
  const opened = Array.from({ length: 257 }, () => network.open(ADDRESSES))
  expect(opened.filter((socket) => socket !== undefined).length).toBe(256)
  network.closeAll()
  await turns(3)
  expect(network.open(ADDRESSES)).toBeDefined()
})
