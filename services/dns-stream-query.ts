/** SHELL: queries to upstream servers over TCP (RFC 7766), a connection each, for answers that came truncated. */
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_ENDED, formatIpv4, type Stack } from '../stack/index.ts'
import { hostStream } from '../stack/platform/index.ts'
import type { DnsPorts } from './dns/index.ts'
import { framed, FrameReader } from './dns/wire/framing.ts'

type QueryStream = NonNullable<DnsPorts['queryStream']>

/** Over the host's sockets. */
export const hostQueryStream: QueryStream = (upstream, bytes, length, received, failed) => {
  const frames = new FrameReader()
  return hostStream(
    formatIpv4(upstream.address),
    upstream.port,
    framed(bytes, 0, length),
    (octets) => {
      let from = 0
      const source = {
        read: (into: Uint8Array, at: number, most: number): number => {
          const part = octets.subarray(from, from + most)
          into.set(part, at)
          from += part.length
          return part.length
        },
      }
      while (frames.next(source)) received(frames.buffer, 0, frames.length)
    },
    (code) => failed(code === 'ECONNREFUSED' ? 'refused' : code === 'EMFILE' || code === 'ENFILE' ? 'no-socket' : 'unreachable'),
  )
}

/** Over the appliance's own stack. */
export const stackQueryStream =
  (stack: Stack): QueryStream =>
  (upstream, bytes, length, received, failed) => {
    const connected = stack.tcp.connect({ address: upstream.address, port: upstream.port })
    if (!connected.ok) {
      failed(connected.error.kind === 'no-route' ? 'unreachable' : 'no-socket')
      return { cancel: () => {} }
    }
    const endpoint = connected.value
    const query = framed(bytes, 0, length)
    const frames = new FrameReader()
    let open = true
    const cancel = (): void => {
      if (!open) return
      open = false
      endpoint.close()
    }
    endpoint.onEvents = (events) => {
      if (!open) return
      // A query always fits a send buffer that is empty.
      if ((events & EVENT_CONNECTED) !== 0) endpoint.write(query, 0, query.length)
      while (open && frames.next(endpoint)) received(frames.buffer, 0, frames.length)
      if (!open || (events & (EVENT_ENDED | EVENT_CLOSED)) === 0) return
      cancel()
      failed(endpoint.error === 'ECONNREFUSED' ? 'refused' : 'unreachable')
    }
    // What ended while the first segment was sent has been told already, to nobody.
    if (endpoint.error !== '') endpoint.onEvents(EVENT_CLOSED)
    return { cancel }
  }
