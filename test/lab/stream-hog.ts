/**
 * Holds as many connections to a port as it gets, and gives each no more than the beginning of something:
 *
 *   node test/lab/stream-hog.ts SERVER PORT COUNT HEX
 *
 * Prints "held N" after a second, and "ended" when the server has ended the first of them.
 */
import { connect } from 'node:net'

const [server, port, count, hex] = process.argv.slice(2) as [string, string, string, string]
let held = 0
let said = false

for (let i = 0; i < Number(count); i++) {
  const socket = connect(Number(port), server)
  socket.once('connect', () => {
    held++
    socket.write(Buffer.from(hex, 'hex'))
  })
  socket.on('error', () => {})
  socket.once('close', () => {
    held--
    if (said) console.log('ended')
  })
}
setTimeout(() => {
  console.log(`held ${held}`)
  said = true
}, 1000)
