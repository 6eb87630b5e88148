import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { HostDatagrams } from '../../../../stack/platform/index.ts'

const open: { close(): unknown }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

/** A server on the loopback that answers as told, and the ports that it was asked from. */
async function server(answer: (message: Buffer, from: RemoteInfo, socket: Socket) => void = (message, from, socket) => socket.send(message, from.port, from.address)) {
  const socket = createSocket('udp4')
  const ports: number[] = []
  socket.on('message', (message, from) => {
    ports.push(from.port)
    answer(message, from, socket)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  open.push(socket)
  return { ports, port: socket.address().port }
}

function datagrams(): HostDatagrams {
  const made = new HostDatagrams()
  open.push(made)
  return made
}

/** What comes of one question: the first datagram, or the name of the error. */
const ask = (by: HostDatagrams, port: number, text: string): Promise<string> => new Promise((resolve) => {
  const exchange = by.exchange('127.0.0.1', port, Buffer.from(text), (datagram) => {
    const got = Buffer.from(datagram).toString()
    exchange.cancel()
    resolve(got)
  }, resolve)
})

describe('questions by the host\'s datagrams', () => {
  test('each gets its answer; a socket serves eight, one after the other', async () => {
    const { port, ports } = await server()
    const by = datagrams()
    for (let i = 0; i < 20; i++) expect(await ask(by, port, `question ${i}`)).toBe(`question ${i}`)
    expect(new Set(ports.slice(0, 8)).size).toBe(1)
    expect(new Set(ports.slice(8, 16)).size).toBe(1)
    expect(new Set(ports).size).toBe(3)
  })

  test('those at the same time have ports of their own', async () => {
    const { port, ports } = await server()
    const by = datagrams()
    const texts = Array.from({ length: 30 }, (_, i) => `question ${i}`)
    expect(await Promise.all(texts.map((text) => ask(by, port, text)))).toEqual(texts)
    expect(new Set(ports).size).toBe(30)
  })

  test('a socket whose question had no answer does not serve again: it may still come', async () => {
    const { port, ports } = await server((message, from, socket) => {
      if (message.toString() !== 'silence') socket.send(message, from.port, from.address)
    })
    const by = datagrams()
    for (let i = 0; i < 3; i++) {
      const exchange = by.exchange('127.0.0.1', port, Buffer.from('silence'), () => {}, () => {})
      await new Promise<void>((resolve) => {
        const asked = ports.length
        const look = (): unknown => (ports.length > asked ? resolve() : setImmediate(look))
        look()
      })
      exchange.cancel()
      expect(await ask(by, port, 'hello')).toBe('hello')
    }
    for (const i of [0, 2, 4]) expect(ports.slice(i + 1)).not.toContain(ports[i])
  })

  test('where no way leads, that is told', async () => {
    // To everybody: a socket that has not asked for that may not.
    const told = await new Promise<string>((resolve) => datagrams().exchange('255.255.255.255', 53, Buffer.from('hello'), () => {}, resolve))
    expect(told).toBe('EACCES')
  })

  test('a closed port is told, once', async () => {
    const { port } = await server()
    for (const each of open.splice(0)) each.close()
    expect(await ask(datagrams(), port, 'anybody there?')).toBe('ECONNREFUSED')
  })
})
