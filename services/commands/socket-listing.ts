/** The sockets of the stack as `ss` lists them. */
import { formatIpv4, type Ipv4, type Stack, type TcpView } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import type { Page, Paging, SocketFilter, SocketView, TcpDetails } from '../facade.ts'
import { type Refusal, refusal } from '../model/index.ts'

const STATES = [
  'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'CLOSE-WAIT', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSING', 'LAST-ACK',
  'TIME-WAIT', 'UNCONNECTED',
]

/** UDP first, then listeners, then connections, each by port. `after` is how many came before. */
export function listSockets(stack: Stack, filter: SocketFilter, paging: Paging): Result<Page<SocketView>, Refusal> {
  const state = filter.state?.toUpperCase()
  if (state !== undefined && !STATES.includes(state))
    return err(
      refusal(
        'invalid',
        '/state',
        `"${filter.state ?? ''}" is not a state of a socket`,
        `the states are ${STATES.join(', ')}`,
      ),
    )
  const from = Number(paging.after ?? 0)
  if (!Number.isSafeInteger(from) || from < 0)
    return err(
      refusal(
        'invalid',
        '/after',
        `"${paging.after ?? ''}" is no page mark`,
        'give the value of "next" from the page before',
      ),
    )
  const { protocol, port, address } = filter
  const wanted = (socket: SocketView): boolean =>
    (protocol === undefined || socket.protocol === protocol) &&
    (state === undefined || socket.state === state) &&
    (port === undefined || socket.localPort === port || socket.remotePort === port) &&
    (address === undefined || socket.local === address || socket.remote === address)
  const all = [...udpSockets(stack), ...listeners(stack), ...connections(stack), ...timeWaits(stack)].filter(wanted)
  const end = from + paging.limit
  return ok({ items: all.slice(from, end), next: end < all.length ? String(end) : null })
}

const anyIs = (address: Ipv4): string | null => (address === 0 ? null : formatIpv4(address))
const byPort = (a: SocketView, b: SocketView): number =>
  a.localPort - b.localPort || (a.remotePort ?? 0) - (b.remotePort ?? 0)

const udpSockets = (stack: Stack): readonly SocketView[] =>
  stack
    .udpEndpoints()
    .map((each): SocketView => ({
      protocol: 'udp',
      state: each.remote === 0 ? 'UNCONNECTED' : 'ESTABLISHED',
      local: anyIs(each.address),
      localPort: each.port,
      remote: anyIs(each.remote),
      remotePort: each.remote === 0 ? null : each.remotePort,
      interface: each.iface?.name ?? null,
      receiveQueue: 0,
      sendQueue: 0,
      tcp: null,
    }))
    .sort(byPort)

const listeners = (stack: Stack): readonly SocketView[] =>
  stack.tcp
    .listeners()
    .map((each): SocketView => ({
      protocol: 'tcp',
      state: 'LISTEN',
      local: anyIs(each.address),
      localPort: each.port,
      remote: null,
      remotePort: null,
      interface: null,
      receiveQueue: each.halfOpen,
      sendQueue: each.backlog,
      tcp: null,
    }))
    .sort(byPort)

const connections = (stack: Stack): readonly SocketView[] =>
  stack.tcp
    .connections()
    .map((each): SocketView => ({
      ...between(each),
      state: each.state,
      receiveQueue: each.receiveQueue,
      sendQueue: each.sendQueue,
      tcp: details(each),
    }))
    .sort(byPort)

const timeWaits = (stack: Stack): readonly SocketView[] =>
  stack.tcp
    .timeWaits()
    .map((each): SocketView => ({ ...between(each), state: 'TIME-WAIT', receiveQueue: 0, sendQueue: 0, tcp: null }))
    .sort(byPort)

type Ends = { readonly local: Ipv4; readonly localPort: number; readonly remote: Ipv4; readonly remotePort: number }

const between = ({ local, localPort, remote, remotePort }: Ends) =>
  ({
    protocol: 'tcp',
    local: formatIpv4(local),
    localPort,
    remote: formatIpv4(remote),
    remotePort,
    interface: null,
  }) as const

const details = (view: TcpView): TcpDetails => ({
  rttMs: view.rttMs,
  rttVarianceMs: view.rttVarianceMs,
  leastRttMs: view.leastRttMs ?? null,
  timeoutMs: view.timeoutMs,
  congestion: view.congestion,
  congestionWindow: view.window,
  slowStartThreshold: view.threshold === undefined ? null : Math.floor(view.threshold),
  mss: view.mss,
  inFlight: view.inFlight,
  sendWindow: view.sendWindow,
  receiveWindow: view.receiveWindow,
  retransmitted: view.retransmitted,
  timeouts: view.timeouts,
  acknowledged: view.acknowledged,
  received: view.received,
  timer: view.timer?.kind ?? null,
  timerMs: view.timer?.inMs ?? null,
})
