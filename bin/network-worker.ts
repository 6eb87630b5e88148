/**
 * SHELL: the network thread. Owns the TAP device's traffic, the stack, DHCP, DNS and all live state; everything durable
 * goes to the storage thread, everything people ask comes from the main thread. See docs/adr/0001-threads.md.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Appliance, type ApplianceSettings } from '../services/appliance.ts'
import type { Decision, Facts } from '../services/index.ts'
import type { DnsOptions } from '../services/dns/index.ts'
import { postedBatch } from '../services/storage/posted-batch.ts'
import { storedDecision, type StoredDecision } from '../services/storage/stored-decision.ts'
import type { BatchAnswer } from '../services/storage/writer.ts'
import { CacheFileStore } from '../services/storage/cache-file-store.ts'
import { KeyFile } from '../services/storage/key-file.ts'
import { openReader } from '../services/storage/sqlite.ts'
import type { Medium } from '../services/index.ts'
import type { OpenMedium, TapHandle } from '../services/links/media.ts'
import { makeKeyPair } from '../services/zone-signing/key-pair.ts'
import { formatIpv4, type Link, netOf } from '../stack/index.ts'
import { SystemClock, SystemRandom } from '../stack/platform/index.ts'
import { answerCall, type CallMessage } from './channel.ts'
import type { DeviceTable } from './devices.ts'
import { openGuestLink, openTapLink, type StationsLeft, WorkerMedia } from './media.ts'
import { goBeforeOthers } from './priority.ts'
import type { HistoryAnswer, StorageRequest } from './storage-worker.ts'
import { type StreamRequest, StreamSources } from './streams.ts'
import type { TlsPorts } from './tls-messages.ts'
import { TlsSide } from './tls-side.ts'
import { carry, type TunnelMessage, Tunnels } from './tunnel.ts'

export type NetworkWorkerData = {
  /** Where the database is, to be read once at the start. */
  readonly directory: string
  /** The first link: its medium, and its device when that is a TAP device. */
  readonly link: string
  readonly medium: Medium
  readonly device: TapHandle | undefined
  readonly mac: string
  readonly mtu: number
  /** Of the other interfaces. */
  readonly devices: DeviceTable
  readonly settings: ApplianceSettings
  /** Where answered queries are noted. */
  readonly queryLog: SharedArrayBuffer
  /** Links on which an earlier worker served DHCP. */
  readonly served: readonly string[]
  /** Port of the appliance's own address on which the API is to be reached; undefined: not there. */
  readonly apiPort: number | undefined
}
/** From the main thread, besides CallMessage. */
export type NetworkControl =
  | { readonly kind: 'storage'; readonly port: MessagePort }
  /** Ways to a TLS thread that begins when it is wanted. */
  | { readonly kind: 'tls'; readonly ports: TlsPorts }
  | { readonly kind: 'close' }
/** To the main thread, besides AnswerMessage. */
export type NetworkReport =
  | { readonly kind: 'ready' }
  /** No other DHCP server keeps us from serving this link any more. */
  | { readonly kind: 'served'; readonly interfaceName: string }
  | { readonly kind: 'events'; readonly events: readonly LoggedEvent[]; readonly suppressed: number }
  | { readonly kind: 'tls-wanted' }
  | { readonly kind: 'link-gone'; readonly problem: string; readonly remedy: string }
  | { readonly kind: 'closed' }
export type LoggedEvent = { readonly event: string; readonly facts: Facts }

/** Decisions gathered before they go to the storage thread, in number and in milliseconds. */
const DECISIONS_PER_MESSAGE = 128
const DECISIONS_WAIT_MS = 50
/** Log lines a second that reach the main thread; a storm of leases must not drown in its own log. */
const EVENTS_PER_SECOND = 200

goBeforeOthers()

const control = parentPort as MessagePort
const data = workerData as NetworkWorkerData
const clock = new SystemClock()
const random = new SystemRandom()
let appliance: Appliance | undefined
let link: Link | undefined
let guests: Required<OpenMedium> | undefined
let storage: MessagePort | undefined

let tlsSide: TlsSide | undefined
let tlsPorts: TlsPorts | undefined
/** Pieces of histories that the storage thread has been asked for, by number. */
const questions = new Map<number, (piece: HistoryAnswer['piece']) => void>()
let lastQuestion = 0
const readHistory: NonNullable<DnsOptions['history']> = (zoneId, before) => new Promise((resolve) => {
  questions.set(++lastQuestion, resolve)
  storage?.postMessage({ kind: 'history', question: lastQuestion, zoneId, before } satisfies StorageRequest)
})

let decisions: StoredDecision[] = []
function sendDecisions(): void {
  if (decisions.length === 0) return
  storage?.postMessage({ kind: 'decisions', decisions } satisfies StorageRequest)
  decisions = []
}
function decide(decision: Omit<Decision, 'id'>): void {
  decisions.push(storedDecision(decision))
  if (decisions.length === 1) clock.at(clock.now() + DECISIONS_WAIT_MS, sendDecisions)
  else if (decisions.length >= DECISIONS_PER_MESSAGE) sendDecisions()
}

let events: LoggedEvent[] = []
let suppressed = 0
function sendEvents(): void {
  control.postMessage({ kind: 'events', events, suppressed } satisfies NetworkReport)
  events = []
  suppressed = 0
}
function log(event: string, facts: Facts): void {
  if (events.length === 0 && suppressed === 0) clock.at(clock.now() + 100, sendEvents)
  if (events.length < EVENTS_PER_SECOND / 10) events.push({ event, facts })
  else suppressed++
}

const tunnels = new Tunnels((message) => control.postMessage(message))
const streams = new StreamSources((message, transfer) => control.postMessage(message, transfer), (error) =>
  log('stack.fault', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }))

function serveApi(stack: Appliance['stack']): void {
  if (data.apiPort === undefined) return
  const host = formatIpv4(data.settings.address.address)
  netOf(stack).createServer({ allowHalfOpen: true }, (socket) => carry(socket, tunnels)).listen({ port: data.apiPort, host })
}

const NO_TLS = { dns: false, https: false } as const

function serveTls({ dns, stack }: Appliance): void {
  const want = (): void => control.postMessage({ kind: 'tls-wanted' } satisfies NetworkReport)
  tlsSide = new TlsSide({ stack, dns, clock, serves: data.settings.tls ?? NO_TLS, want })
  if (tlsPorts !== undefined) tlsSide.connect(tlsPorts)
}

const linkGone = (problem: string, remedy: string): void =>
  control.postMessage({ kind: 'link-gone', problem, remedy } satisfies NetworkReport)

const stationsLeft: StationsLeft = (name, stations) => appliance?.dhcp.stationsLeft(name, stations)

/** The first link; without it there is nothing to do. */
function openFirst(): Link {
  const { device, link: name, mac, medium, mtu } = data
  if (medium.kind === 'tap' && device !== undefined) {
    return openTapLink({ name, mac, mtu, device }, (code) => linkGone(`the TAP device ${name} is gone (${code})`, 'start again'))
  }
  if (medium.kind !== 'qemu') throw new Error('a TAP device is open before the network worker begins')
  guests = openGuestLink(clock, { name, mac, mtu, socket: medium.socket, owner: medium.owner }, stationsLeft)
  return guests.link
}

/** Frames flow once guests can connect; without guests they do already. */
async function sayReady(): Promise<void> {
  const fault = await guests?.ready
  if (fault === undefined) control.postMessage({ kind: 'ready' } satisfies NetworkReport)
  else linkGone(fault.problem, fault.remedy)
}

function begin(port: MessagePort): void {
  // Read here and not sent: a million leases as messages would take seconds and a gigabyte.
  const reader = openReader(data.directory)
  link = openFirst()
  const first = { medium: data.medium, shared: data.device?.shared ?? false, guests: () => guests?.guests() ?? [] }
  appliance = new Appliance({
    clock,
    random,
    link,
    media: new WorkerMedia(clock, first, data.devices, stationsLeft),
    settings: data.settings,
    snapshot: reader.snapshot(),
    soon: queueMicrotask,
    post: (batch, transactions) => port.postMessage({ kind: 'commit', posted: postedBatch(batch, transactions) } satisfies StorageRequest),
    history: readHistory,
    cacheFile: new CacheFileStore(data.directory),
    queryLog: data.queryLog,
    decide,
    alreadyServed: data.served,
    served: (interfaceName) => control.postMessage({ kind: 'served', interfaceName } satisfies NetworkReport),
    keys: { sealing: new KeyFile(data.directory, random), makeKeyPair },
    log,
  })
  reader.close()
  serveApi(appliance.stack)
  serveTls(appliance)
  void sayReady()
}

function onStorage(port: MessagePort, message: BatchAnswer | HistoryAnswer | { readonly stored: true }): void {
  if ('stored' in message) begin(port)
  else if ('question' in message) {
    questions.get(message.question)?.(message.piece)
    questions.delete(message.question)
  }
  else appliance?.settle(message.batch, message.faults)
}

control.on('message', async (message: NetworkControl | CallMessage | StreamRequest | TunnelMessage) => {
  if ('tunnel' in message) {
    tunnels.receive(message)
    return
  }
  if ('stream' in message) {
    streams.receive(message)
    return
  }
  if ('call' in message) {
    if (appliance !== undefined) control.postMessage(await answerCall(appliance.network, message, streams))
    return
  }
  if (message.kind === 'storage') {
    storage = message.port
    storage.on('message', (answer) => onStorage(message.port, answer as BatchAnswer))
    return
  }
  if (message.kind === 'tls') {
    tlsPorts = message.ports
    tlsSide?.connect(tlsPorts)
    return
  }
  streams.closeAll()
  tlsSide?.close()
  appliance?.close()
  link?.close()
  guests?.close()
  sendDecisions()
  storage?.close()
  control.postMessage({ kind: 'closed' } satisfies NetworkReport)
  control.close()
})
