/**
 * How soon a change of a zone is in the answers, seen from a client:
 *
 *   node test/bench/dns-change.ts SERVER ZONE rest|update TOKEN CHANGES
 *
 * Adds A records, one at a time, over the REST API (of the appliance) or by an UPDATE without signature (RFC 2136), and
 * asks for each without pause until it is answered. Prints one JSON object: milliseconds from the sending of the change
 * to its confirmation and to the first answer with it, median and worst.
 */
import { createSocket } from 'node:dgram'
import { name } from '../../services/dns/wire/name.ts'
import { median } from './measure.ts'

const [server, zone, way, token, changes] = process.argv.slice(2) as [string, string, string, string, string]
const socket = createSocket('udp4')
await new Promise<void>(resolve => socket.connect(53, server, resolve))
const waiting = new Map<number, (message: Buffer) => void>()
socket.on('message', message => waiting.get(message.readUInt16BE(0))?.(message))

let lastId = 0
/** Sends a message with an id of its own and waits for the answer, asking again after a quarter of a second. */
async function exchange(body: readonly number[]): Promise<Buffer> {
  const id = (lastId = (lastId + 1) & 0xffff)
  const message = Buffer.from([id >> 8, id & 255, ...body])
  const answer = new Promise<Buffer>(resolve => waiting.set(id, resolve))
  const timer = setInterval(() => socket.send(message), 250)
  socket.send(message)
  const got = await answer
  clearInterval(timer)
  waiting.delete(id)
  return got
}

const query = (label: string): readonly number[] => [1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name(`${label}.${zone}`), 0, 1, 0, 1]

async function change(label: string, lastOctet: number): Promise<void> {
  if (way === 'rest') {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ name: label, type: 'A', data: `10.99.0.${lastOctet}` })
    const answer = await fetch(`http://${server}/api/v1/zones/${zone}/records`, { method: 'POST', headers, body })
    if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
    await answer.arrayBuffer()
    return
  }
  const update = [0x28, 0, 0, 1, 0, 0, 0, 1, 0, 0, ...name(zone), 0, 6, 0, 1, ...name(`${label}.${zone}`), 0, 1, 0, 1]
  const answer = await exchange([...update, 0, 0, 0, 60, 0, 4, 10, 99, 0, lastOctet])
  const rcode = (answer[3] as number) & 15
  if (rcode !== 0) throw new Error(`the update is refused: rcode ${rcode}`)
}

const confirmed: number[] = []
const seen: number[] = []
for (let i = 0; i < Number(changes); i++) {
  const label = `change-${process.pid}-${i}`
  const start = performance.now()
  let done = false
  const changed = change(label, i & 255).then(() => {
    done = true
    confirmed.push(performance.now() - start)
  })
  // Without a change that is confirmed, this would never end; change() throws then.
  const asked = (async () => {
    for (;;) {
      const confirmedBefore = done
      const answer = await exchange(query(label))
      if (((answer[3] as number) & 15) === 0 && answer.readUInt16BE(6) === 1) return seen.push(performance.now() - start)
      if (confirmedBefore) throw new Error(`${label} is confirmed, and the query after that is not answered with it`)
    }
  })()
  await Promise.all([changed, asked])
}
socket.close()
const figures = { confirmed: median(confirmed), confirmedWorst: Math.max(...confirmed), seen: median(seen), seenWorst: Math.max(...seen) }
process.stdout.write(`${JSON.stringify(figures)}\n`)
