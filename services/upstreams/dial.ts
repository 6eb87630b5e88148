/**
 * SHELL: streams to servers, over the host's sockets or the appliance's own stack, plain or within TLS (RFC 7858, RFC 8310).
 * A server is authenticated by the name in its certificate, by its public key, or, where neither is given, not at all
 * (RFC 8310 §5: opportunistic). Sessions are resumed, which saves the server a signature and us its verification.
 */
import { connect as hostConnect } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as tlsConnect, type TLSSocket } from 'node:tls'
import type { X509Certificate } from 'node:crypto'
import { formatIpv4, netOf, parseIpv4, type Stack } from '../../stack/index.ts'
import { LruMap } from '../../stack/platform/index.ts'
import { pinOf } from '../dns-tls-query.ts'
import type { ForwardTarget } from '../dns/forwarding/forward-target.ts'
import type { Broken } from './connection.ts'

export type Dialled = {
  /** The stream is there, and with TLS its other end is who was meant. */
  readonly ready: (stream: Duplex) => void
  readonly octets: (octets: Uint8Array) => void
  /** It could not be opened, or has ended; once. `problem` is for people. */
  readonly broken: (why: Broken, problem: string) => void
}
export type Dialling = { close(): void }

/** Sessions that can be resumed; one of each server. */
const MAX_SESSIONS = 256

export class Dialler {
  readonly #stack: Stack
  readonly #sessions = new LruMap<string, Buffer>(MAX_SESSIONS)

  constructor(stack: Stack) {
    this.#stack = stack
  }

  plain(target: ForwardTarget, dialled: Dialled): Dialling {
    const below = this.#below(target)
    below.once('connect', () => dialled.ready(below))
    below.on('data', dialled.octets)
    return watched(below, [below], dialled)
  }

  /** `protocol`: what is to be spoken within (RFC 7301). */
  tls(target: ForwardTarget, protocol: 'dot' | 'h2', dialled: Dialled): Dialling {
    const below = this.#below(target)
    const { authority, name } = target
    const key = `${protocol} ${target.text} ${authority ?? ''}`
    const session = this.#sessions.peek(key)
    const socket = tlsConnect({
      socket: below,
      ALPNProtocols: [protocol],
      minVersion: 'TLSv1.2',
      rejectUnauthorized: false,
      // Whether it is the right one is for doubtAbout to say, with the reason.
      checkServerIdentity: () => undefined,
      ...(name === undefined || parseIpv4(name) !== undefined ? {} : { servername: name }),
      ...(authority === undefined ? {} : { ca: authority }),
      ...(session === undefined ? {} : { session }),
    })
    const dialling = watched(socket, [socket, below], dialled)
    let isTrusted = false
    // A session stands for the handshake that it came from: it is kept only when that was trusted.
    socket.on('session', (fresh: Buffer) => {
      if (isTrusted) this.#sessions.set(key, fresh)
    })
    socket.once('secureConnect', () => {
      const doubt = socket.isSessionReused() ? undefined : doubtAbout(socket, target)
      if (doubt !== undefined) return dialling.fail('untrusted', doubt)
      if (protocol === 'h2' && socket.alpnProtocol !== 'h2') return dialling.fail('unreachable', 'it does not speak HTTP/2')
      isTrusted = true
      const first = socket.getSession()
      if (first !== undefined && socket.getProtocol() !== 'TLSv1.3') this.#sessions.set(key, first)
      dialled.ready(socket)
    })
    if (protocol === 'dot') socket.on('data', dialled.octets)
    return dialling
  }

  #below({ address, port, via }: ForwardTarget): Duplex {
    const host = formatIpv4(address)
    // Half open, so that TLS can end in its own order (stack/sockets/net.ts).
    return via === 'host'
      ? hostConnect({ host, port, noDelay: true, allowHalfOpen: true })
      : netOf(this.#stack).connect({ host, port, noDelay: true, allowHalfOpen: true })
  }
}

/** What ends any of the streams ends the dialling: told once, and not after close(). */
function watched(top: Duplex, streams: readonly Duplex[], { broken }: Dialled): Dialling & { fail(why: Broken, problem: string): void } {
  let isOpen = true
  const close = (): void => {
    isOpen = false
    for (const stream of streams) stream.destroy()
  }
  const fail = (why: Broken, problem: string): void => {
    if (!isOpen) return
    close()
    broken(why, problem)
  }
  for (const stream of streams) {
    stream.on('error', (error: Error) => {
      const code = 'code' in error ? String(error.code) : ''
      fail(code === 'ECONNREFUSED' ? 'refused' : code === 'EMFILE' || code === 'ENFILE' ? 'no-socket' : 'unreachable', error.message)
    })
  }
  top.on('end', () => fail('unreachable', 'it ended the connection'))
  for (const stream of streams) stream.on('close', () => fail('unreachable', 'the connection ended'))
  return { close, fail }
}

/** Why the other end is not who was meant; undefined when it is, or nobody in particular was. */
function doubtAbout(socket: TLSSocket, { name, pin }: ForwardTarget): string | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return 'it shows no certificate'
  if (pin !== undefined && pinOf(certificate) !== pin) return `its public key has the pin ${pinOf(certificate)}, not ${pin}`
  if (name === undefined) return undefined
  if (!socket.authorized) return `its certificate is not vouched for: ${String(socket.authorizationError)}`
  const isFor = parseIpv4(name) === undefined ? certificate.checkHost(name) : certificate.checkIP(name)
  return isFor === undefined ? `its certificate is for ${namesOf(certificate)}, not ${name}` : undefined
}

const namesOf = ({ subjectAltName, subject }: X509Certificate): string => (subjectAltName ?? subject).replaceAll('\n', ', ')
