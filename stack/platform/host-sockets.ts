/**
 * SHELL: datagrams and streams through the host's own sockets, for what the appliance asks outside without a route of
 * its own.
 */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

export type HostExchange = { cancel(): void }

/**
 * Sends one datagram from a fresh socket (the host picks a random source port) and hands over what comes back from that
 * very address and port, until cancel(). `failed` gets the errno name once; nothing is called after cancel().
 */
export function hostExchange(
  address: string,
  port: number,
  bytes: Uint8Array,
  received: (datagram: Uint8Array) => void,
  failed: (code: string) => void,
): HostExchange {
  const socket = createSocket('udp4')
  let open = true
  const cancel = (): void => {
    if (!open) return
    open = false
    socket.close()
  }
  const fail = (error: Error): void => {
    if (!open) return
    cancel()
    failed('code' in error ? String(error.code) : 'EUNKNOWN')
  }
  socket.on('error', fail)
  socket.on('message', (message) => {
    if (open) received(message)
  })
  // Connected, so that the kernel drops what others send and reports a closed port.
  socket.connect(port, address, () => {
    if (!open) return
    socket.send(bytes, (error) => {
      if (error) fail(error)
    })
  })
  return { cancel }
}

/**
 * Opens a connection, writes `bytes`, and hands over what comes, until cancel(). `failed` gets the errno name once, and
 * "EPIPE" when the peer ends the connection; nothing is called after cancel().
 */
export function hostStream(
  address: string,
  port: number,
  bytes: Uint8Array,
  received: (octets: Uint8Array) => void,
  failed: (code: string) => void,
): HostExchange {
  const socket = connect({ host: address, port, noDelay: true })
  let open = true
  const cancel = (): void => {
    open = false
    socket.destroy()
  }
  const fail = (code: string): void => {
    if (!open) return
    cancel()
    failed(code)
  }
  socket.on('error', (error) => fail('code' in error ? String(error.code) : 'EUNKNOWN'))
  socket.on('close', () => fail('EPIPE'))
  socket.on('end', () => fail('EPIPE'))
  socket.on('data', (octets) => {
    if (open && typeof octets !== 'string') received(octets)
  })
  socket.write(bytes)
  return { cancel }
}
