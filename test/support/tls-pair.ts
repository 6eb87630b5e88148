/** A TLS client and server over a pair of streams in memory: what the library makes of a certificate. */
import { duplexPair } from 'node:stream'
import type { Socket } from 'node:net'
import { connect, type ConnectionOptions, TLSSocket } from 'node:tls'
import type { KeyPair } from '../../services/certificates/x509.ts'

/** The client's error code when it refuses the server; 'trusted' when it does not. */
export async function tlsVerdict(server: KeyPair, client: Pick<ConnectionOptions, 'ca' | 'servername' | 'host'>): Promise<string> {
  const [ours, theirs] = duplexPair()
  const serving = new TLSSocket(ours as unknown as Socket, { isServer: true, cert: server.certificate, key: server.key })
  // A client that refuses ends the connection.
  serving.on('error', () => {})
  return new Promise((resolve) => {
    const asking = connect({ socket: theirs as unknown as Socket, ...client })
    const end = (verdict: string): void => {
      asking.destroy()
      serving.destroy()
      resolve(verdict)
    }
    asking.once('secureConnect', () => end('trusted'))
    asking.once('error', (error: NodeJS.ErrnoException) => end(error.code === undefined || error.code === 'UNSPECIFIED' ? error.message : error.code))
  })
}
