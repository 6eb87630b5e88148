/**
 * SHELL: streams through the host's own sockets, for what the appliance asks outside without a route of its own.
 */
import { connect } from 'node:net'

export type HostExchange = { cancel(): void }

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
