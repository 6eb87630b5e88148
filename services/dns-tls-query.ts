/**
 * SHELL: zones by DNS over TLS (RFC 9103) from primaries, over the appliance's own TCP. The primary is authenticated by
 * the name in its certificate, by its public key, or, where neither is given, not at all (RFC 8310 §5: opportunistic).
 */
import { createHash, type X509Certificate } from 'node:crypto'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { formatIpv4, netOf, type NetSocket, type Stack } from '../stack/index.ts'
import type { SecondariesOptions } from './dns/index.ts'
import { framed, FrameReader } from './dns/wire/framing.ts'
import type { PrimaryTls } from './model/index.ts'

type QueryTls = SecondariesOptions['queryTls']

/** RFC 9103 §9.1 and RFC 7858 §3.1: what is spoken within. */
const DNS_OVER_TLS = ['dot']

export const stackQueryTls =
  (stack: Stack): QueryTls =>
  (primary, tls, bytes, length, received, failed) => {
    const below = netOf(stack).connect({ port: primary.port, host: formatIpv4(primary.address), allowHalfOpen: true })
    const socket = connect({ ...optionsOf(tls), socket: below })
    const query = framed(bytes, 0, length)
    const frames = new FrameReader()
    let open = true
    const cancel = (): void => {
      if (!open) return
      open = false
      socket.destroy()
      below.destroy()
    }
    const fail = (why: 'unreachable' | 'untrusted'): void => {
      if (!open) return
      cancel()
      failed(why)
    }
    socket.once('secureConnect', () => {
      if (!open) return
      if (!isTrusted(socket, tls)) return fail('untrusted')
      // RFC 9103 §9.1: both ends MUST have agreed on it.
      if (socket.alpnProtocol !== 'dot') return fail('unreachable')
      socket.write(query)
    })
    socket.on('data', (octets: Buffer) => {
      let from = 0
      const source = {
        read: (into: Uint8Array, at: number, most: number): number => {
          const part = octets.subarray(from, from + most)
          into.set(part, at)
          from += part.length
          return part.length
        },
      }
      while (open && frames.next(source)) received(frames.buffer, 0, frames.length)
    })
    const ended = (): void => fail('unreachable')
    socket.on('error', ended).on('end', ended).on('close', ended)
    below.on('error', ended)
    return { cancel }
  }

/** RFC 9103 §9.1: TLS 1.3 or newer. Who the other end is is judged by isTrusted. */
function optionsOf({ serverName, authority }: PrimaryTls): ConnectionOptions & { readonly socket?: NetSocket } {
  return {
    ALPNProtocols: DNS_OVER_TLS,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(authority === undefined ? {} : { ca: authority }),
  }
}

function isTrusted(socket: TLSSocket, { serverName, pin }: PrimaryTls): boolean {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return false
  if (pin !== undefined && pinOf(certificate) !== pin) return false
  return serverName === undefined || (socket.authorized && certificate.checkHost(serverName) !== undefined)
}

/** SHA-256 of the public key as it stands in the certificate, in base64 (RFC 7858 §4.2, RFC 7469 §2.4). */
export const pinOf = (certificate: X509Certificate): string =>
  createHash('sha256').update(certificate.publicKey.export({ type: 'spki', format: 'der' })).digest('base64')
