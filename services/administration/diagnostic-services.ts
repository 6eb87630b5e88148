/** Ping, traceroute, sockets and captures: the network side does them, because the stack is there. */
import type {
  Answer, CaptureInput, DiagnosticServices, Page, Paging, PingEventView, PingInput, SocketFilter, SocketView, Streaming,
  TracerouteEventView, TracerouteInput,
} from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'

export type ApplianceDiagnosticsOptions = {
  readonly network: NetworkSide
}

export class ApplianceDiagnostics implements DiagnosticServices {
  readonly #o: ApplianceDiagnosticsOptions

  constructor(options: ApplianceDiagnosticsOptions) {
    this.#o = options
  }

  ping(input: PingInput): Streaming<PingEventView> {
    return this.#o.network.diagnostics.ping(input)
  }

  traceroute(input: TracerouteInput): Streaming<TracerouteEventView> {
    return this.#o.network.diagnostics.traceroute(input)
  }

  capture(input: CaptureInput): Streaming<Uint8Array> {
    return this.#o.network.diagnostics.capture(input)
  }

  listSockets(filter: SocketFilter, paging: Paging): Answer<Page<SocketView>> {
    return this.#o.network.diagnostics.sockets(filter, paging)
  }
}
