/**
 * SHELL: the TLS thread: keys, handshakes and HTTPS (services/tls/tls-front.ts). It begins with the first connection to a
 * port of TLS. See docs/adr/0007-tls-thread.md.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { DNS_OVER_TLS_PORT, MAX_DNS_OVER_TLS } from '../services/dns-tls-endpoint.ts'
import type { HttpsAnswer } from '../services/tls/https-front.ts'
import { type TlsCount, TlsFront } from '../services/tls/tls-front.ts'
import type { FromTls, TlsControl, TlsWorkerData, ToTls } from './tls-messages.ts'
import { type TunnelMessage, Tunnels } from './tunnel.ts'

/** Counts are told so often at most. */
const COUNTS_MS = 250
/** Connections of https to the API at a time. */
const MAX_API_CONNECTIONS = 64

const control = parentPort as MessagePort
const { wire, plain, pair, apiAddress } = workerData as TlsWorkerData

let counts: { [What in TlsCount]?: number } = {}
function count(what: TlsCount): void {
  if (Object.keys(counts).length === 0)
    setTimeout(() => {
      plain.postMessage({ counts } satisfies FromTls)
      counts = {}
    }, COUNTS_MS).unref()
  counts[what] = (counts[what] ?? 0) + 1
}

const answers = new Map<number, (answer: HttpsAnswer) => void>()
let questions = 0

const dnsStreams = new Tunnels((message) => plain.postMessage(message), MAX_DNS_OVER_TLS)
const apiStreams = new Tunnels((message) => control.postMessage(message), MAX_API_CONNECTIONS)
const connections = new Tunnels((message) => wire.postMessage(message))

const front = new TlsFront({
  pair,
  count,
  openDns: (ends) => dnsStreams.open(ends),
  openApi: (ends) => (ends.localAddress === apiAddress ? (apiStreams.open(ends) ?? 'busy') : 'none'),
  ask: (question, answered) => {
    const https = ++questions
    answers.set(https, answered)
    plain.postMessage({ https, question } satisfies FromTls)
  },
})

wire.on('message', (message: TunnelMessage) => {
  const opened = connections.receive(message)
  if (opened?.localPort === DNS_OVER_TLS_PORT) front.acceptDns(opened)
  else if (opened !== undefined) front.acceptHttps(opened)
})

plain.on('message', (message: TunnelMessage | ToTls) => {
  if ('tunnel' in message) {
    dnsStreams.receive(message)
    return
  }
  answers.get(message.https)?.(message.answer)
  answers.delete(message.https)
})

control.on('message', (message: TunnelMessage | TlsControl) => {
  if ('tunnel' in message) {
    apiStreams.receive(message)
    return
  }
  front.use(message.pair)
})
