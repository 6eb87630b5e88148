/**
 * Takes a zone by AXFR (RFC 5936) again and again, for so many seconds, without looking into the records:
 *
 *   node test/bench/axfr.ts SERVER ZONE SECONDS
 *
 * Prints one JSON object: transfers finished, records and octets of the last, seconds that one takes on average.
 */
import { connect } from 'node:net'
import { name } from '../../services/dns/wire/name.ts'

const [server, zone, duration] = process.argv.slice(2) as [string, string, string]
const question = Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name(zone), 0, 252, 0, 1])
const SOA = 6

/** Type of the last record of a message: the second SOA ends a transfer. The records here are A, NS and SOA. */
function lastType(message: Buffer): number {
  let at = 12 + (message.readUInt16BE(4) === 1 ? question.length - 12 : 0)
  let type = 0
  for (let n = message.readUInt16BE(6); n > 0; n--) {
    while ((message[at] as number) > 0 && (message[at] as number) < 0xc0) at += 1 + (message[at] as number)
    at += (message[at] as number) >= 0xc0 ? 2 : 1
    type = message.readUInt16BE(at)
    at += 10 + message.readUInt16BE(at + 8)
  }
  return type
}

/** One transfer; records and octets in it. */
async function transfer(): Promise<{ readonly records: number; readonly octets: number }> {
  const socket = connect(53, server)
  socket.write(Buffer.concat([Buffer.of(0, question.length), question]))
  let pending: Buffer = Buffer.alloc(0)
  let records = 0
  let octets = 0
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    octets += chunk.length
    let at = 0
    while (pending.length - at >= 2 && pending.length - at >= 2 + pending.readUInt16BE(at)) {
      const message = pending.subarray(at + 2, at + 2 + pending.readUInt16BE(at))
      at += 2 + message.length
      const rcode = (message[3] as number) & 15
      if (rcode !== 0) throw new Error(`the transfer is refused: rcode ${rcode}`)
      records += message.readUInt16BE(6)
      if (records > 1 && lastType(message) === SOA) {
        socket.destroy()
        return { records, octets }
      }
    }
    pending = pending.subarray(at)
  }
  throw new Error(`the connection ended after ${records} records`)
}

const start = performance.now()
let transfers = 0
let last = { records: 0, octets: 0 }
do {
  last = await transfer()
  transfers++
} while (performance.now() - start < Number(duration) * 1000)
const seconds = (performance.now() - start) / 1000
process.stdout.write(`${JSON.stringify({ transfers, ...last, secondsEach: seconds / transfers })}\n`)
