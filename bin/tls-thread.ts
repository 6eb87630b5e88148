/**
 * SHELL: the TLS thread as the main thread sees it: begun when somebody connects to a port of TLS, and again after it has
 * died, with new ways between it and the network thread.
 */
import { once } from 'node:events'
import { MessageChannel, type ResourceLimits, Worker } from 'node:worker_threads'
import type { KeyPair } from '../services/certificates/x509.ts'
import type { TlsControl, TlsPorts, TlsWorkerData } from './tls-messages.ts'
import { type TunnelMessage, Tunnels, type TunnelSocket } from './tunnel.ts'

export type TlsThreadOptions = {
  /** What the TLS servers show now. */
  readonly pair: () => KeyPair
  /** Where the API is reached by https; undefined: nowhere. */
  readonly apiAddress: string | undefined
  readonly limits: ResourceLimits
  /** Hands the network thread its ends. */
  readonly toNetwork: (ports: TlsPorts) => void
  /** Somebody connected to the API by https. */
  readonly onConnection: (socket: TunnelSocket) => void
  readonly onDeath: (reason: string) => void
}

export class TlsThread {
  readonly #o: TlsThreadOptions
  #ports: TlsPorts
  #worker: Worker | undefined
  #ending = false

  constructor(options: TlsThreadOptions) {
    this.#o = options
    this.#ports = this.#newPorts()
  }

  /** Nothing happens when it runs. */
  begin(): void {
    if (this.#worker !== undefined || this.#ending) return
    const { wire, plain } = this.#ports
    const worker = new Worker(new URL('./tls-worker.ts', import.meta.url), {
      workerData: { wire, plain, pair: this.#o.pair(), apiAddress: this.#o.apiAddress } satisfies TlsWorkerData,
      transferList: [wire, plain],
      resourceLimits: this.#o.limits,
    })
    this.#worker = worker
    const api = new Tunnels((message) => worker.postMessage(message))
    worker.on('message', (message: TunnelMessage) => {
      const socket = api.receive(message)
      if (socket !== undefined) this.#o.onConnection(socket)
    })
    let reason = 'it ended by itself'
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    })
    worker.once('exit', () => {
      api.closeAll()
      if (this.#ending) return
      this.#worker = undefined
      this.#ports = this.#newPorts()
      this.#o.onDeath(reason)
    })
  }

  show(pair: KeyPair): void {
    this.#worker?.postMessage({ kind: 'pair', pair } satisfies TlsControl)
  }

  /** Ends what is open, and resolves when the thread is gone. */
  async end(): Promise<void> {
    this.#ending = true
    const worker = this.#worker
    if (worker === undefined) return
    const gone = once(worker, 'exit')
    await worker.terminate()
    await gone
  }

  /** For tests: as if it had crashed. */
  async kill(): Promise<void> {
    await this.#worker?.terminate()
  }

  #newPorts(): TlsPorts {
    const wire = new MessageChannel()
    const plain = new MessageChannel()
    this.#o.toNetwork({ wire: wire.port1, plain: plain.port1 })
    return { wire: wire.port2, plain: plain.port2 }
  }
}
