/**
 * The servers of behaviours.ts, from inside a host that has all their addresses:
 *
 *   node test/lab/internet/difficult-servers.ts
 *
 * Prints "ready" when all listen. A line on standard input is answered by a line of JSON: how many queries each zone's
 * server has had since the last.
 */
import { createSocket, type Socket } from 'node:dgram'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { type Behaviour, BEHAVIOURS, type Reply } from './behaviours.ts'
import { readAsked } from './message.ts'
import { STRANGER } from './stranger.ts'

const asked = new Map<string, number>()

const bound = (address: string, port: number): Promise<Socket> => new Promise((resolve, reject) => {
  const socket = createSocket({ type: 'udp4', reuseAddr: true, recvBufferSize: 1 << 20 })
  socket.once('error', reject).bind(port, address, () => resolve(socket))
})

async function serve(behaviour: Behaviour, stranger: Socket): Promise<void> {
  const { zone, address } = behaviour
  const socket = await bound(address, 53)
  const otherPort = await bound(address, 5353)
  socket.on('message', (octets, client) => {
    const query = readAsked(octets)
    if (query === undefined) return
    asked.set(zone, (asked.get(zone) ?? 0) + 1)
    for (const reply of behaviour.answer(query, 'udp')) {
      const from = reply.from === 'other-port' ? otherPort : reply.from === 'other-address' ? stranger : socket
      const send = (): void => from.send(reply.octets, client.port, client.address)
      if (reply.afterMs === undefined) send()
      else setTimeout(send, reply.afterMs)
    }
  })
  if (behaviour.tcp !== 'closed') await serveStreams(behaviour)
}

const framed = ({ octets }: Reply): Uint8Array => Uint8Array.from([octets.length >> 8, octets.length & 255, ...octets])

function serveStreams(behaviour: Behaviour): Promise<void> {
  const server = createServer(stream => {
    let received = Buffer.alloc(0)
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const length = received.readUInt16BE(0)
        const query = readAsked(received.subarray(2, 2 + length))
        received = received.subarray(2 + length)
        if (query === undefined || behaviour.tcp === 'deaf') continue
        asked.set(behaviour.zone, (asked.get(behaviour.zone) ?? 0) + 1)
        for (const reply of behaviour.answer(query, 'tcp')) stream.write(framed(reply))
      }
    })
  })
  return new Promise((resolve, reject) => void server.once('error', reject).listen(53, behaviour.address, () => resolve()))
}

const stranger = await bound(STRANGER, 53)
await Promise.all(BEHAVIOURS.map(behaviour => serve(behaviour, stranger)))
createInterface({ input: process.stdin }).on('line', () => {
  process.stdout.write(`${JSON.stringify(Object.fromEntries(asked))}\n`)
  asked.clear()
})
process.stdout.write('ready\n')
