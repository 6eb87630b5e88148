/**
 * SHELL: the thread of the query log: takes what the network thread noted out of the ring and writes it down, in batches,
 * behind everything else that the machine has to do. What it is too slow for stays in the ring until that is full, and
 * then is dropped there: nobody waits for it.
 */
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { RingReader } from '../services/dns/query-log/ring.ts'
import type { QueryLogSettings } from '../services/index.ts'
import { isDamaged, openQueryLog, QUERY_LOG_FILE, type QueryLogWriter } from '../services/storage/query-log-writer.ts'
import { removeDatabase } from '../services/storage/sqlite.ts'
import { goBehindOthers } from './priority.ts'

export type QueryLogWorkerData = { readonly directory: string; readonly memory: SharedArrayBuffer; readonly settings: QueryLogSettings }
/** From the main thread. flush and clear are answered by done with the same number. */
export type QueryLogControl =
  | { readonly kind: 'settings'; readonly settings: QueryLogSettings }
  | { readonly kind: 'flush' | 'clear'; readonly number: number }
  | { readonly kind: 'close' }
export type QueryLogReport =
  | { readonly kind: 'done'; readonly number: number; readonly problem: string | undefined }
  /** Undefined: it works. */
  | { readonly kind: 'fault'; readonly problem: string | undefined }
  /** The file is another one: readers must open it anew. */
  | { readonly kind: 'anew' }
  | { readonly kind: 'closed' }

/** How often the ring is looked into. */
const DRAIN_MS = 100
/** Queries written down a second for long: some 5% of a processor. */
const QUERIES_PER_SECOND = 10_000
/** What may have been saved up of that. */
const BURST = 20_000
/** Queries in one transaction: some ten milliseconds. */
const AT_ONCE = 2_000
const PRUNE_MS = 1_000
/** Leases need room on the file system more than queries do. */
const LEAST_FREE_OCTETS = 64 * 1024 * 1024

goBehindOthers()

const control = parentPort as MessagePort
const { directory, memory, settings: first } = workerData as QueryLogWorkerData
const ring = new RingReader(memory)
let settings = first
let allowance = BURST
let problem: string | undefined
let isTight = lookForRoom()
let log: QueryLogWriter | undefined = open()

const report = (message: QueryLogReport): void => control.postMessage(message)

function open(): QueryLogWriter | undefined {
  const opened = openQueryLog(directory, Date.now())
  if (opened.ok) return opened.value
  tell(opened.error.problem)
  return undefined
}

function tell(now: string | undefined): void {
  if (now === problem) return
  problem = now
  report({ kind: 'fault', problem })
}

/** At most so many; what a fault loses is lost. Returns how many there were. */
function drain(most: number): number {
  if (log === undefined || isTight) return ring.drain(most)
  const added = log.add((take) => ring.drain(most, take))
  if (added.ok) {
    tell(undefined)
    return added.value
  }
  tell(`queries are not written down: ${added.error.detail}`)
  if (isDamaged(added.error)) {
    log.close()
    removeDatabase(join(directory, QUERY_LOG_FILE))
    log = open()
    report({ kind: 'anew' })
  }
  return most
}

function drainAll(): void {
  while (drain(AT_ONCE) === AT_ONCE);
}

const draining = setInterval(() => {
  allowance = Math.min(BURST, allowance + (QUERIES_PER_SECOND * DRAIN_MS) / 1_000)
  for (let count = AT_ONCE; count === AT_ONCE && allowance > 0; allowance -= count) count = drain(Math.min(AT_ONCE, allowance))
}, DRAIN_MS)
/** True when there is little room left: then the oldest queries go, whatever may be kept, and no new ones come. */
function lookForRoom(): boolean {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize < LEAST_FREE_OCTETS
}

const pruning = setInterval(() => {
  const wasTight = isTight
  isTight = lookForRoom()
  if (isTight) tell('queries are not written down, and the oldest go: the file system of the data directory is almost full')
  else if (wasTight) tell(undefined)
  const pruned = log?.prune(isTight ? { ...settings, maxMebibytes: 0 } : settings, Date.now())
  if (pruned?.ok === false) tell(`old queries cannot be taken away: ${pruned.error.detail}`)
}, PRUNE_MS)

control.on('message', (message: QueryLogControl) => {
  switch (message.kind) {
    case 'settings':
      settings = message.settings
      // Perhaps nothing comes any more.
      drainAll()
      log?.pause()
      return
    case 'flush':
      drainAll()
      report({ kind: 'done', number: message.number, problem: undefined })
      return
    case 'clear': {
      drainAll()
      const cleared = log?.clear()
      report({ kind: 'done', number: message.number, problem: cleared?.ok === false ? cleared.error.detail : undefined })
      return
    }
    case 'close':
      clearInterval(draining)
      clearInterval(pruning)
      drainAll()
      log?.pause()
      log?.close()
      report({ kind: 'closed' })
      control.close()
  }
})
