/** A server of a rule as the exchange and the transports know it. */
import type { ForwardRule, ForwardServer } from '../../model/index.ts'
import { formatForwardServer } from '../../model/index.ts'
import type { Server } from '../resolver/server-book.ts'

export type ForwardTarget = Server & {
  /** As the administrator writes it. */
  readonly text: string
  readonly via: ForwardRule['path']
  /** As of ForwardServer. */
  readonly name: string | undefined
  readonly pin: string | undefined
  readonly path: string | undefined
  /** Certificates (PEM) that the name is believed by; undefined: those that the system trusts. */
  readonly authority: string | undefined
}

const TRANSPORT = { plain: 'udp', tls: 'tls', https: 'https' } as const

export const forwardTarget = (server: ForwardServer, { path: via, authority }: Pick<ForwardRule, 'path' | 'authority'>): ForwardTarget => ({
  address: server.address, port: server.port, transport: TRANSPORT[server.by], text: formatForwardServer(server), via, name: server.name, pin: server.pin, path: server.path, authority,
})
