/**
 * SHELL: starts and supervises the storage thread and the network thread. A worker that dies is reported and replaced;
 * what was acknowledged is on disk, and the new network worker begins from there. When the storage worker dies, the
 * network worker goes too: it could not know which of its last transactions reached the disk.
 */
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { HealthView } from '../services/index.ts'
import type { NetworkSide } from '../services/network-side.ts'
import { type AnswerMessage, NetworkCaller } from './channel.ts'
import type { LoggedEvent, NetworkControl, NetworkReport, NetworkWorkerData } from './network-worker.ts'
import type { StreamReport } from './streams.ts'
import type { KeyPair } from '../services/certificates/x509.ts'
import { TlsThread, type TlsThreadOptions } from './tls-thread.ts'
import { type TunnelMessage, Tunnels, type TunnelSocket } from './tunnel.ts'

export type ThreadsOptions = {
  readonly directory: string
  /** Asked anew for every worker: devices come and go. */
  readonly network: () => Omit<NetworkWorkerData, 'served'>
  readonly onEvents: (events: readonly LoggedEvent[], suppressed: number) => void
  /** Somebody on the link connected to the API. */
  readonly onConnection: (socket: TunnelSocket) => void
  readonly tls: Pick<TlsThreadOptions, 'pair' | 'apiAddress'>
  /** The write-ahead log has grown; somebody other than the storage thread should move it into the database. */
  readonly onCheckpointDue: () => void
  /** Frames flow, at the start and after a worker was replaced. */
  readonly onReady: () => void
  /** A worker died and is being replaced. */
  readonly onRestart: (worker: 'network' | 'storage' | 'tls', reason: string) => void
  /** It died too often, or the device is gone: nothing more can be done here. */
  readonly onGiveUp: (reason: string) => void
}

/** Replacements within RESTART_WINDOW_MS at most; a worker that keeps dying needs a person. */
const MOST_RESTARTS = 5
const RESTART_WINDOW_MS = 60_000
/**
 * Young generations in MiB (three semi-spaces). A larger one is filled before it is swept, so that the program seems to
 * use more memory; but what is under way when a small one is swept is copied, twice. The network thread has some 10 KB
 * under way for each exchange.
 */
const LIMITS = {
  storage: { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 4096 },
  network: { maxYoungGenerationSizeMb: 48, maxOldGenerationSizeMb: 4096 },
  // A TLS session lives outside of it.
  tls: { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 512 },
} as const
/** How long health shows that decisions were dropped. */
const DROP_SHOWN_MS = 60_000
/** How long a worker may take to end. */
const CLOSE_PATIENCE_MS = 5_000

/** Why the workers could not be brought up; without a remedy it is a fault of the program. */
export type StartFault = { readonly problem: string; readonly remedy: string | undefined }

export class Threads {
  readonly #o: ThreadsOptions
  readonly #caller = new NetworkCaller()
  #storage: Worker | undefined
  #networkWorker: Worker | undefined
  #tls: TlsThread | undefined
  #closing = false
  #restarts: number[] = []
  #lastReason = ''
  #decisionsDropped = 0
  /** Links on which DHCP is served: a new worker goes on with them without searching for other servers first. */
  readonly #served = new Set<string>()
  #lastDropAt = Number.NEGATIVE_INFINITY
  #decisionsFault: string | undefined
  /** Ends the wait of start(): with undefined when frames flow, else with why they never will. */
  #started: (failure: StartFault | undefined) => void = () => {}
  #isStarted = false

  constructor(options: ThreadsOptions) {
    this.#o = options
  }

  get network(): NetworkSide {
    return this.#caller.network
  }

  /** Resolves when frames flow, with undefined; or with the reason why the workers could not be brought up. */
  async start(): Promise<StartFault | undefined> {
    const started = new Promise<StartFault | undefined>((resolve) => {
      this.#started = resolve
    })
    this.#startStorage()
    this.#startNetwork()
    return started
  }

  /** What health says of the threads. */
  checks(): HealthView['checks'] {
    return [
      {
        name: 'workers',
        status: this.#restarts.length > 0 ? 'degraded' : 'ok',
        detail: this.#restarts.length > 0 ? `${this.#restarts.length} restarts, the last: ${this.#lastReason}` : 'no worker has died',
      },
      this.#decisionsCheck(),
    ]
  }

  #decisionsCheck(): HealthView['checks'][number] {
    if (this.#decisionsFault !== undefined) return { name: 'decisions', status: 'degraded', detail: this.#decisionsFault }
    const lately = performance.now() - this.#lastDropAt < DROP_SHOWN_MS
    const dropped = this.#decisionsDropped
    return {
      name: 'decisions',
      status: lately ? 'degraded' : 'ok',
      detail: dropped > 0 ? `${dropped} decisions were not kept, because too many came at once or there was no space` : 'every decision is kept',
    }
  }

  /** Ends the network worker, then commits what it left, closes the database and ends the storage worker. */
  async close(): Promise<void> {
    this.#closing = true
    const tlsGone = this.#tls?.end()
    for (const worker of [this.#networkWorker, this.#storage]) {
      if (worker === undefined) continue
      const gone = once(worker, 'exit')
      worker.postMessage({ kind: 'close' })
      // A worker that is stuck must not keep the program from ending; what was acknowledged is on disk.
      const patience = setTimeout(() => void worker.terminate(), CLOSE_PATIENCE_MS)
      await gone
      clearTimeout(patience)
    }
    await tlsGone
  }

  /** A link came into a network that may be somebody else's, or left it. A later worker is not to take it for served. */
  async linkShared(interfaceName: string, shared: boolean): Promise<void> {
    this.#served.delete(interfaceName)
    await this.network.otherServers.linkShared(interfaceName, shared)
  }

  /** For tests: as if the worker had crashed. */
  async kill(worker: 'network' | 'storage' | 'tls'): Promise<void> {
    if (worker === 'tls') await this.#tls?.kill()
    else await (worker === 'network' ? this.#networkWorker : this.#storage)?.terminate()
  }

  #startStorage(): void {
    // The size on the command line has done its work for this thread's heap; above LIMITS it would count for all.
    setFlagsFromString('--max-semi-space-size=0')
    const worker = new Worker(new URL('./storage-worker.ts', import.meta.url), {
      workerData: { directory: this.#o.directory },
      resourceLimits: LIMITS.storage,
    })
    this.#storage = worker
    worker.on('message', (message: { readonly kind: string; readonly count?: number; readonly problem?: string }) => {
      if (message.kind === 'checkpoint-due') this.#o.onCheckpointDue()
      if (message.kind === 'decisions-dropped') {
        this.#decisionsDropped += message.count ?? 0
        this.#lastDropAt = performance.now()
      }
      if (message.kind === 'decisions-fault') this.#decisionsFault = message.problem
    })
    this.#supervise(worker, 'storage')
  }

  #startNetwork(): void {
    const worker = new Worker(new URL('./network-worker.ts', import.meta.url), {
      workerData: { ...this.#o.network(), served: [...this.#served] } satisfies NetworkWorkerData,
      resourceLimits: LIMITS.network,
    })
    this.#networkWorker = worker
    const { port1, port2 } = new MessageChannel()
    this.#storage?.postMessage({ kind: 'connect', port: port1 }, [port1])
    worker.postMessage({ kind: 'storage', port: port2 }, [port2])
    void this.#tls?.end()
    this.#tls = this.#tlsThread(worker)
    const tunnels = new Tunnels((message) => worker.postMessage(message))
    worker.once('exit', () => tunnels.closeAll())
    worker.on('message', (message: NetworkReport | AnswerMessage | StreamReport | TunnelMessage) => {
      if ('tunnel' in message) {
        const socket = tunnels.receive(message)
        if (socket !== undefined) this.#o.onConnection(socket)
      } else if ('answer' in message || 'stream' in message) this.#caller.receive(message)
      else this.#report(worker, message)
    })
    this.#supervise(worker, 'network')
  }

  #tlsThread(network: Worker): TlsThread {
    return new TlsThread({
      ...this.#o.tls,
      limits: LIMITS.tls,
      toNetwork: (ports) => network.postMessage({ kind: 'tls', ports } satisfies NetworkControl, [ports.wire, ports.plain]),
      onConnection: this.#o.onConnection,
      onDeath: (reason) => this.#o.onRestart('tls', reason),
    })
  }

  /** The TLS servers show another certificate from now on. */
  showCertificate(pair: KeyPair): void {
    this.#tls?.show(pair)
  }

  #report(worker: Worker, report: NetworkReport): void {
    switch (report.kind) {
      case 'ready':
        this.#caller.connect(worker)
        this.#o.onReady()
        this.#isStarted = true
        this.#started(undefined)
        return
      case 'served':
        this.#served.add(report.interfaceName)
        return
      case 'tls-wanted':
        this.#tls?.begin()
        return
      case 'events':
        this.#o.onEvents(report.events, report.suppressed)
        return
      case 'link-gone':
        this.#giveUp(report)
        return
      case 'closed':
        return
    }
  }

  #giveUp(fault: StartFault): void {
    if (this.#isStarted) this.#o.onGiveUp(fault.remedy === undefined ? fault.problem : `${fault.problem}; ${fault.remedy}`)
    else this.#started(fault)
  }

  #supervise(worker: Worker, kind: 'network' | 'storage'): void {
    let reason = 'it ended by itself'
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    })
    worker.on('exit', () => {
      const current = kind === 'network' ? this.#networkWorker : this.#storage
      if (this.#closing || worker !== current) return
      this.#replace(kind, reason)
    })
  }

  #replace(kind: 'network' | 'storage', reason: string): void {
    const now = performance.now()
    this.#restarts = [...this.#restarts.filter((at) => now - at < RESTART_WINDOW_MS), now]
    this.#lastReason = `${kind}: ${reason.split('\n')[0] ?? ''}`
    this.#caller.connect(undefined)
    if (this.#restarts.length > MOST_RESTARTS) {
      this.#giveUp({ problem: `the ${kind} worker died ${this.#restarts.length} times within a minute: ${reason}`, remedy: undefined })
      return
    }
    this.#o.onRestart(kind, reason)
    if (kind === 'storage') {
      const old = this.#networkWorker
      this.#networkWorker = undefined
      this.#startStorage()
      void (old?.terminate() ?? Promise.resolve(0)).then(() => this.#startNetwork())
    } else this.#startNetwork()
  }
}
