/** What the network thread and the TLS thread say to each other, besides the streams of two tunnels. */
import type { MessagePort } from 'node:worker_threads'
import type { KeyPair } from '../services/certificates/x509.ts'
import type { HttpsAnswer, HttpsAsk } from '../services/tls/https-front.ts'
import type { TlsCount } from '../services/tls/tls-front.ts'

/** The ways between the two: connections as they are on the wire, and what is in them. */
export type TlsPorts = { readonly wire: MessagePort; readonly plain: MessagePort }

export type TlsWorkerData = TlsPorts & {
  readonly pair: KeyPair
  /** Where the API is reached by https; undefined: nowhere. */
  readonly apiAddress: string | undefined
}
/** From the main thread, besides the API's tunnels. */
export type TlsControl = { readonly kind: 'pair'; readonly pair: KeyPair }

/** On the plain port, besides the tunnels of DNS streams. */
export type FromTls = { readonly https: number; readonly question: HttpsAsk } | { readonly counts: { readonly [What in TlsCount]?: number } }
export type ToTls = { readonly https: number; readonly answer: HttpsAnswer }
