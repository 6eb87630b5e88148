/** What an administrator looks into the network with, on the side where the stack is. */
import type { Stack } from '../../stack/index.ts'
import type { Clock } from '../../stack/platform/index.ts'
import type {
  Answer,
  CaptureInput,
  Page,
  Paging,
  PingEventView,
  PingInput,
  SocketFilter,
  SocketView,
  Streaming,
  TracerouteEventView,
  TracerouteInput,
} from '../facade.ts'
import type { DiagnosticSide } from '../network-side.ts'
import { capture } from './capture-command.ts'
import { Hosts, type HostsOptions } from './hosts.ts'
import { ping, traceroute } from './probe-commands.ts'
import { listSockets } from './socket-listing.ts'

export type DiagnosticCommandsOptions = HostsOptions & { readonly clock: Clock }

export class DiagnosticCommands implements DiagnosticSide {
  readonly #stack: Stack
  readonly #clock: Clock
  readonly #hosts: Hosts

  constructor(options: DiagnosticCommandsOptions) {
    this.#stack = options.stack
    this.#clock = options.clock
    this.#hosts = new Hosts(options)
  }

  ping(input: PingInput): Streaming<PingEventView> {
    return ping(this.#stack, this.#hosts, input)
  }

  traceroute(input: TracerouteInput): Streaming<TracerouteEventView> {
    return traceroute(this.#stack, this.#hosts, input)
  }

  capture(input: CaptureInput): Streaming<Uint8Array> {
    return capture(this.#stack, this.#clock, this.#hosts, input)
  }

  async sockets(filter: SocketFilter, paging: Paging): Answer<Page<SocketView>> {
    return listSockets(this.#stack, filter, paging)
  }
}
