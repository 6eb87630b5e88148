/**
 * Asks a DNS server many questions from inside a host of the lab:
 *
 *   node test/lab/ask-dns.ts SERVER udp|tcp [PATIENCE_MS] < queries > answers
 *
 * A line of hexadecimal digits is a query message; the answers come in the same order, a line each, "-" where none
 * came. Over UDP some queries are outstanding at a time and are asked again when nothing comes; over TCP one connection
 * carries them all (RFC 7766 §6.2.1.1: answers may overtake one another, so the id says which is which).
 */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

const [server, transport, patience] = process.argv.slice(2) as [string, string, string | undefined]
/** Few enough for every receive buffer on the way. */
const WINDOW = 32
const PATIENCE_MS = Number(patience ?? 1_500)
const TRIES = 3

const lines = (await text(process.stdin)).split('\n').filter(line => line !== '')
const queries = lines.map(line => Buffer.from(line, 'hex'))
const answers: string[] = queries.map(() => '-')

/** Puts the query's number in place of its id: there are fewer than 65,536. */
const numbered = (query: Buffer, id: number): Buffer => {
  const copy = Buffer.from(query)
  copy.writeUInt16BE(id, 0)
  return copy
}

async function overUdp(): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.connect(53, server, resolve))
  const waiting = new Map<number, (done: boolean) => void>()
  socket.on('message', message => {
    const id = message.readUInt16BE(0)
    const done = waiting.get(id)
    if (done === undefined) return
    answers[id] = message.toString('hex')
    done(true)
  })
  let next = 0
  const ask = async (): Promise<void> => {
    while (next < queries.length) {
      const id = next++
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const answered = await new Promise<boolean>(resolve => {
          const timer = setTimeout(resolve, PATIENCE_MS, false)
          waiting.set(id, done => (clearTimeout(timer), resolve(done)))
          socket.send(numbered(queries[id] as Buffer, id))
        })
        waiting.delete(id)
        if (answered) break
      }
    }
  }
  await Promise.all(Array.from({ length: WINDOW }, ask))
  socket.close()
}

async function overTcp(): Promise<void> {
  const socket = connect(53, server)
  let received = Buffer.alloc(0)
  let left = queries.length
  const framed = (id: number): Buffer => {
    const query = numbered(queries[id] as Buffer, id)
    return Buffer.concat([Buffer.of(query.length >> 8, query.length & 255), query])
  }
  let next = 0
  for (; next < Math.min(WINDOW, queries.length); next++) socket.write(framed(next))
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk])
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const message = received.subarray(2, 2 + received.readUInt16BE(0))
      received = received.subarray(2 + message.length)
      answers[message.readUInt16BE(0)] = message.toString('hex')
      left--
      if (next < queries.length) socket.write(framed(next++))
    }
    if (left === 0) break
  }
  socket.destroy()
}

if (queries.length > 0) await (transport === 'tcp' ? overTcp() : overUdp())
process.stdout.write(`${answers.join('\n')}\n`)
