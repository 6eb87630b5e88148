/**
 * SHELL: the storage thread. Commits what the network worker posts, everything queued with one fsync, and writes
 * decisions when no commit waits. See docs/adr/0001-threads.md.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { HistoryPiece } from '../services/dns/index.ts'
import { openDecisions } from '../services/storage/decisions.ts'
import type { StoredDecision } from '../services/storage/stored-decision.ts'
import { type PostedBatch, receivedBatch } from '../services/storage/posted-batch.ts'
import { openStore } from '../services/storage/sqlite.ts'
import { type Batch, commitBatches } from '../services/storage/writer.ts'
import { goBeforeOthers } from './priority.ts'

export type StorageWorkerData = { readonly directory: string }
/** From the main thread. connect: serve this network worker from now on, after what the last one had posted. */
export type StorageControl = { readonly kind: 'connect'; readonly port: MessagePort } | { readonly kind: 'close' }
/** From the network worker. */
export type StorageRequest =
  | { readonly kind: 'commit'; readonly posted: PostedBatch }
  | { readonly kind: 'decisions'; readonly decisions: readonly StoredDecision[] }
  | HistoryQuestion
/** Answered by a HistoryAnswer of the same number, between two commits. */
export type HistoryQuestion = { readonly kind: 'history'; readonly question: number; readonly zoneId: number; readonly before: number | undefined }
export type HistoryAnswer = { readonly question: number; readonly piece: HistoryPiece }

/** Decisions in one transaction; ended early when a commit waits. */
const DECISIONS_AT_ONCE = 256
/** Decisions that wait at most; beyond it the newest are dropped and counted. */
const DECISIONS_WAITING = 20_000

/**
 * The write-ahead log grows by so many octets, about, with a commit and with each transaction in it (measured with new
 * leases and their names). At 8 MiB it is due to be moved: few enough that no checkpoint takes long, and not so few
 * that checkpoints and commits get into each other's way on the disk many times a second.
 */
const LOG_OCTETS_PER_COMMIT = 38_000
const LOG_OCTETS_PER_TRANSACTION = 1_400
const LOG_OCTETS_PER_CHECKPOINT = 8 * 1024 * 1024

goBeforeOthers()

const control = parentPort as MessagePort
const { directory } = workerData as StorageWorkerData

// The main thread has opened and checked it before any worker begins.
const opened = openStore(directory, Date.now(), true)
if (!opened.ok) throw new Error(opened.error.problem)
const store = opened.value
const openedDecisions = openDecisions(directory, Date.now())
const decisionStore = openedDecisions.ok ? openedDecisions.value : undefined
if (!openedDecisions.ok) control.postMessage({ kind: 'decisions-fault', problem: openedDecisions.error.problem })

let network: MessagePort | undefined
let batches: Batch[] = []
let decisions: StoredDecision[] = []
/** One at a time for each transfer that needs it. */
let questions: HistoryQuestion[] = []
let dropped = 0
let scheduled = false
let logOctets = 0

function gather(request: StorageRequest): void {
  if (request.kind === 'commit') batches.push(receivedBatch(request.posted))
  else if (request.kind === 'history') questions.push(request)
  else if (decisions.length < DECISIONS_WAITING) decisions.push(...request.decisions)
  else dropped += request.decisions.length
}

function take(request: StorageRequest): void {
  gather(request)
  schedule()
}

/** The main thread moves the write-ahead log into the database, so that no commit waits for it. */
function tellAboutLog(transactions: number): void {
  logOctets += LOG_OCTETS_PER_COMMIT + transactions * LOG_OCTETS_PER_TRANSACTION
  if (logOctets < LOG_OCTETS_PER_CHECKPOINT) return
  logOctets = 0
  control.postMessage({ kind: 'checkpoint-due' })
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  setImmediate(work)
}

/** True when a transaction has come in meanwhile. */
function commitWaits(): boolean {
  drain(network)
  return batches.length > 0
}

/** Takes all that has been posted, commits it, and only when nothing waits spends a moment on decisions. */
function work(): void {
  scheduled = false
  drain(network)
  const now = batches
  batches = []
  const port = network
  if (now.length > 0) {
    commitBatches(store, now, (answer) => port?.postMessage(answer))
    tellAboutLog(now.reduce((sum, { transactions }) => sum + transactions.length, 0))
  } else if (questions.length > 0) {
    const { question, zoneId, before } = questions.shift() as HistoryQuestion
    port?.postMessage({ question, piece: store.historyPiece(zoneId, before) } satisfies HistoryAnswer)
  } else if (decisions.length > 0) {
    const some = decisions.slice(0, DECISIONS_AT_ONCE)
    const added = decisionStore?.add(some, commitWaits)
    if (added?.ok === false) dropped += some.length
    decisions = decisions.slice(added?.ok === true ? added.value : some.length)
    if (dropped > 0) {
      control.postMessage({ kind: 'decisions-dropped', count: dropped })
      dropped = 0
    }
  }
  if (decisions.length > 0 || batches.length > 0 || questions.length > 0) schedule()
}

function drain(port: MessagePort | undefined): void {
  if (port === undefined) return
  for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port))
    gather(got.message as StorageRequest)
}

control.on('message', (message: StorageControl) => {
  if (message.kind === 'connect') {
    // What the last network worker posted is committed before the new one is told the state of things.
    drain(network)
    if (batches.length > 0) commitBatches(store, batches, () => {})
    batches = []
    questions = []
    network?.close()
    network = message.port
    network.on('message', take)
    network.postMessage({ stored: true })
    return
  }
  drain(network)
  if (batches.length > 0) commitBatches(store, batches, (answer) => network?.postMessage(answer))
  batches = []
  while (decisions.length > 0) decisionStore?.add(decisions.splice(0, DECISIONS_AT_ONCE))
  network?.close()
  store.close()
  decisionStore?.close()
  control.postMessage({ kind: 'closed' })
  control.close()
})
control.postMessage({ kind: 'opened' })
