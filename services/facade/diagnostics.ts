/** What an administrator looks into a network with: ping, traceroute, sockets, captures. */
import type { Answer, Page, Paging, Streaming } from './common.ts'

export type PingInput = {
  /** An address, or a name that our own DNS resolves; a single label also in the domains of the subnets. */
  readonly target: string
  /** Requests to send; null: until the stream is left. */
  readonly count: number | null
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Octets of data; the ICMP header's 8 come on top. */
  readonly octets: number
  readonly ttl: number
  readonly dontFragment: boolean
  /** An address of ours; null: chosen by the route. */
  readonly source: string | null
  /** null: chosen by the route. */
  readonly interface: string | null
}

export type PingEventView =
  | { readonly kind: 'start'; readonly target: string; readonly address: string; readonly octets: number }
  | {
      readonly kind: 'reply'
      readonly sequence: number
      readonly from: string
      /** With the ICMP header. */
      readonly octets: number
      readonly ttl: number
      readonly rttMs: number
      readonly duplicate: boolean
      /** A later request was answered before. */
      readonly late: boolean
      /** The data is not what was sent. */
      readonly damaged: boolean
    }
  /** Somebody says why there is no reply. `from` null: we ourselves, because nobody answers ARP. */
  | {
      readonly kind: 'error'
      readonly sequence: number
      readonly from: string | null
      readonly type: number
      readonly code: number
      /** The next hop's MTU, when that is why; else null. */
      readonly mtu: number | null
      /** "Destination Host Unreachable" */
      readonly says: string
    }
  | { readonly kind: 'timeout'; readonly sequence: number }
  | { readonly kind: 'unsent'; readonly sequence: number; readonly errno: string; readonly says: string }
  | {
      readonly kind: 'done'
      readonly sent: number
      readonly received: number
      readonly duplicates: number
      readonly errors: number
      readonly elapsedMs: number
      /** null when nothing came. */
      readonly rtt: {
        readonly minMs: number
        readonly meanMs: number
        readonly maxMs: number
        readonly deviationMs: number
      } | null
    }

export type TracerouteInput = {
  /** As for ping. */
  readonly target: string
  readonly method: 'udp' | 'icmp' | 'tcp'
  readonly firstHop: number
  readonly maxHops: number
  readonly probesPerHop: number
  readonly timeoutMs: number
  /** The first port of UDP probes, the port of TCP probes; null: 33434 and 80. */
  readonly port: number | null
  /** Look the hops' names up in our own zones. */
  readonly names: boolean
}

export type TracerouteEventView =
  | {
      readonly kind: 'start'
      readonly target: string
      readonly address: string
      readonly maxHops: number
      readonly octets: number
    }
  | {
      readonly kind: 'probe'
      readonly hop: number
      /** From 1. */
      readonly attempt: number
      readonly answer: 'hop' | 'target' | 'unreachable' | 'timeout'
      /** null with 'timeout'. */
      readonly from: string | null
      readonly name: string | null
      readonly rttMs: number | null
      /** "!H" and the like, with 'unreachable'. */
      readonly mark: string | null
    }
  | { readonly kind: 'unsent'; readonly errno: string; readonly says: string }
  | { readonly kind: 'done'; readonly reached: boolean }

export type CaptureInput = {
  /** null: the first one. "any": all but the loopback, as they are when it begins. */
  readonly interface: string | null
  /** As for tcpdump: "arp or udp and port 53"; an empty text keeps everything. */
  readonly filter: string
  /** Octets kept of each frame; null: all. */
  readonly snapLength: number | null
  /** Ends after so many frames; null: never. */
  readonly count: number | null
  /** Ends after so long; null: never. */
  readonly seconds: number | null
  /** Also frames that are not for us. */
  readonly promiscuous: boolean
}

export type TcpDetails = {
  readonly rttMs: number
  readonly rttVarianceMs: number
  /** null before the first sample. */
  readonly leastRttMs: number | null
  readonly timeoutMs: number
  readonly congestion: string
  /** The congestion window, and where slow start ends (null before the first loss); octets. */
  readonly congestionWindow: number
  readonly slowStartThreshold: number | null
  readonly mss: number
  readonly inFlight: number
  readonly sendWindow: number
  readonly receiveWindow: number
  /** Segments sent again since the connection began; time-outs in a row. */
  readonly retransmitted: number
  readonly timeouts: number
  /** Octets. */
  readonly acknowledged: number
  readonly received: number
  /** The next timer to run out. */
  readonly timer: string | null
  readonly timerMs: number | null
}

export type SocketView = {
  readonly protocol: 'tcp' | 'udp'
  /** 'LISTEN', 'ESTABLISHED' …; 'UNCONNECTED' and 'ESTABLISHED' for UDP. */
  readonly state: string
  /** null: any. */
  readonly local: string | null
  readonly localPort: number
  readonly remote: string | null
  readonly remotePort: number | null
  /** null: any. */
  readonly interface: string | null
  /**
   * Octets received and not read, written and not acknowledged; of a listener: handshakes under way, and its backlog.
   * UDP has no queues.
   */
  readonly receiveQueue: number
  readonly sendQueue: number
  /** null but for TCP connections. */
  readonly tcp: TcpDetails | null
}

export type SocketFilter = {
  readonly protocol?: SocketView['protocol'] | undefined
  readonly state?: string | undefined
  /** On either side. */
  readonly port?: number | undefined
  /** On either side. */
  readonly address?: string | undefined
}

export interface DiagnosticServices {
  ping(input: PingInput): Streaming<PingEventView>
  traceroute(input: TracerouteInput): Streaming<TracerouteEventView>
  /** A pcapng file as it is written; ends with the counts of frames seen and left out. */
  capture(input: CaptureInput): Streaming<Uint8Array>
  listSockets(filter: SocketFilter, paging: Paging): Answer<Page<SocketView>>
}
