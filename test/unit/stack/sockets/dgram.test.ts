import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { dgramOf, ipv4 } from '../../../../stack/index.ts'
import type { DgramSocket, RemoteInfo } from '../../../../stack/index.ts'
import { bench, HOST, must, octets, PEER, udpFrame } from '../../../support/stack-lan.ts'

/** A socket with what it heard; `tick` lets process.nextTick and the clock run. */
function open(options: 'udp4' | { readonly type: 'udp4'; readonly reuseAddr: boolean } = 'udp4') {
  const lan = bench()
  const heard: [string, RemoteInfo][] = []
  const socket = dgramOf(lan.stack).createSocket(options, (message, remote) => heard.push([message.toString(), remote]))
  const errors: string[] = []
  socket.on('error', (error) => errors.push(error.code ?? ''))
  const tick = async (): Promise<void> => {
    lan.clock.advance(10)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { ...lan, socket, heard, errors, tick }
}
const send = (socket: DgramSocket, ...args: Parameters<DgramSocket['send']>): Promise<string | number> =>
  new Promise((resolve) => {
    socket.send(...args, (error: NodeJS.ErrnoException | null, bytes: number) => resolve(error?.code ?? bytes))
  })

describe('[T14] sockets in the shape of node:dgram', () => {
  test('bind, listening, address, message, send, close', async () => {
    const { socket, heard, peer, clock, tick } = open()
    socket.bind(53)
    await once(socket, 'listening')
    expect(socket.address()).toEqual({ address: '0.0.0.0', family: 'IPv4', port: 53 })
    peer.send(udpFrame(new TextEncoder().encode('hello')))
    await tick()
    expect(heard).toEqual([['hello', { address: PEER, family: 'IPv4', port: 4000, size: 5 }]])
    peer.lines()
    expect(await send(socket, 'answer', 4000, PEER)).toBe(6)
    clock.advance(1)
    expect(peer.lines().map((line) => line.split(' ').slice(3).join(' '))).toEqual([`${HOST}:53 > ${PEER}:4000 UDP 6`])
    socket.close()
    await once(socket, 'close')
    expect(() => socket.close()).toThrow('not running')
  })

  test('a message is the receiver’s own', async () => {
    const { stack, peer, tick } = open()
    const socket = dgramOf(stack).createSocket('udp4').bind(54)
    const [arrived] = [once(socket, 'message')]
    peer.send(udpFrame(octets(20), { toPort: 54 }))
    await tick()
    expect(new Uint8Array((await arrived)[0] as Buffer)).toEqual(octets(20))
  })

  test.each([
    ['a string', ['text', 9, PEER], 4],
    ['octets', [Uint8Array.from([1, 2]), 9, PEER], 2],
    ['a list', [['ab', 'cd', Uint8Array.from([1])], 9, PEER], 5],
    ['a part', ['abcdef', 1, 3, 9, PEER], 3],
    ['nothing', ['', 9, PEER], 0],
    ['to localhost when no address is given', ['x', 9], 1],
    ['too much', [new Uint8Array(65_508), 9, PEER], 'EMSGSIZE'],
    ['no route', ['x', 9, '8.8.8.8'], 'ENETUNREACH'],
    ['broadcast without leave', ['x', 9, '10.53.0.255'], 'EACCES'],
    ['a name', ['x', 9, 'example.com'], 'EINVAL'],
    ['no target', ['x'], 'EDESTADDRREQ'],
  ] as const)('send: %s', async (_name, args, result) => {
    expect(await send(open().socket, ...(args as unknown as Parameters<DgramSocket['send']>))).toBe(result)
  })

  test('setBroadcast gives leave, before and after binding', async () => {
    const { socket } = open()
    socket.setBroadcast(true)
    expect(await send(socket, 'x', 9, '255.255.255.255')).toBe(1)
    socket.setBroadcast(false)
    expect(await send(socket, 'x', 9, '255.255.255.255')).toBe('EACCES')
  })

  test('setTTL', async () => {
    const { socket, peer, clock } = open()
    expect(socket.setTTL(7)).toBe(7)
    await send(socket, 'x', 9, PEER)
    clock.advance(1)
    expect(peer.take()[0]?.[14 + 8]).toBe(7)
    expect(() => socket.setTTL(0)).toThrow('1 to 255')
  })

  test('a connected socket hears its peer only, and of a closed port there', async () => {
    const { socket, heard, errors, peer, tick } = open()
    socket.connect(2000, PEER)
    await once(socket, 'connect')
    expect(socket.remoteAddress()).toEqual({ address: PEER, family: 'IPv4', port: 2000 })
    const { port } = socket.address()
    peer.send(udpFrame(octets(3), { fromPort: 2001, toPort: port }))
    peer.send(udpFrame(octets(4), { fromPort: 2000, toPort: port }))
    await tick()
    expect(heard.map(([, remote]) => remote.size)).toEqual([4])
    expect(await send(socket, 'x')).toBe(1)
    expect(await send(socket, 'x', 2000, PEER)).toBe('EISCONN')
    socket.disconnect()
    expect(() => socket.remoteAddress()).toThrow('not connected')
    socket.connect(99, '127.0.0.1')
    await send(socket, 'x')
    await tick()
    expect(errors).toEqual(['ECONNREFUSED'])
  })

  test('one that is not connected hears nothing of that', async () => {
    const { socket, errors, tick } = open()
    await send(socket, 'x', 99, '127.0.0.1')
    await tick()
    expect(errors).toEqual([])
  })

  test('binding fails as an error event', async () => {
    const { socket, stack, errors, tick } = open()
    must(stack.bindUdp({ port: 53, onDatagram: () => {} }))
    socket.bind({ port: 53 })
    await tick()
    socket.bind(54, PEER)
    await tick()
    socket.bind(54, HOST)
    socket.bind(55)
    await tick()
    expect(errors).toEqual(['EADDRINUSE', 'EADDRNOTAVAIL', 'ERR_SOCKET_ALREADY_BOUND'])
    expect(socket.address()).toEqual({ address: HOST, family: 'IPv4', port: 54 })
  })

  test('reuseAddr shares a port; ref and unref are harmless', () => {
    const { stack } = bench()
    const shared = { type: 'udp4', reuseAddr: true } as const
    const sockets = [0, 1].map(() => dgramOf(stack).createSocket(shared).bind(53).ref().unref())
    expect(sockets.map((socket) => socket.address().port)).toEqual([53, 53])
    expect(ipv4(sockets[0]?.address().address ?? '')).toBe(0)
  })
})
