/** SHELL: how queries get to servers that are forwarded to: datagrams, and kept connections by TCP, TLS and HTTPS. */
import type { Stack } from '../../stack/index.ts'
import type { Clock, HostDatagrams } from '../../stack/platform/index.ts'
import { hostQuery, stackQuery } from '../dns-endpoint.ts'
import type { ForwardTarget } from '../dns/forwarding/forward-target.ts'
import type { TransportStanding } from '../dns/forwarding/forwarding.ts'
import type { SendTo } from '../dns/resolver/exchange.ts'
import { Channels, type OpenChannel } from './channels.ts'
import { type Channel, Connection } from './connection.ts'
import { Dialler } from './dial.ts'
import { HttpsChannel } from './https-channel.ts'

export type Transports = {
  readonly send: SendTo<ForwardTarget>
  readonly standing: (target: ForwardTarget) => TransportStanding
  readonly close: () => void
}

/** Octets that a connection may hold unsent; who does not read for so long is not asked any more. */
const MAX_UNSENT_OCTETS = 256 * 1024

export function transports(stack: Stack, clock: Clock, datagrams: HostDatagrams): Transports {
  const byHost = hostQuery(datagrams)
  const byStack = stackQuery(stack)
  const dialler = new Dialler(stack)
  const channels = new Channels(clock, openChannel(dialler))
  return {
    send: (target, transport, bytes, length, received, failed) =>
      transport === 'udp'
        ? (target.via === 'host' ? byHost : byStack)(target, bytes, length, received, failed)
        : channels.send(target, transport, bytes, length, received, failed),
    standing: (target) => channels.standing(target),
    close: () => channels.close(),
  }
}

const openChannel = (dialler: Dialler): OpenChannel => (target, transport, options, problem): Channel => {
  if (transport === 'https') return new HttpsChannel(target, dialler, options, problem)
  const dialling = { close: (): void => {} }
  const connection = new Connection({
    ...options,
    ended: (...all) => {
      dialling.close()
      options.ended(...all)
    },
  })
  const dialled = {
    ready: (stream: { readonly writableLength: number; write(octets: Uint8Array): unknown }): void => {
      connection.ready({
        write: (octets) => {
          if (stream.writableLength > MAX_UNSENT_OCTETS) connection.broken('unreachable')
          else stream.write(octets)
        },
        close: () => dialling.close(),
      })
    },
    octets: (octets: Uint8Array): void => connection.octets(octets),
    broken: (why: Parameters<Connection['broken']>[0], text: string): void => {
      problem(text)
      connection.broken(why)
    },
  }
  const begun = transport === 'tls' ? dialler.tls(target, 'dot', dialled) : dialler.plain(target, dialled)
  dialling.close = () => begun.close()
  return connection
}
