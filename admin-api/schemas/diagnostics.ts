import { Type, type TSchema, type TUnsafe } from 'typebox'
import type {
  CaptureInput,
  PingEventView,
  PingInput,
  SocketView,
  TcpDetails,
  TracerouteEventView,
  TracerouteInput,
} from '../../services/index.ts'
import {
  COMPONENT,
  count,
  creation,
  freeText,
  integer,
  list,
  nullable,
  object,
  oneOf,
  page,
  pagingFields,
  parameters,
  text,
  view,
  word,
} from './common.ts'

/** A name of 253 characters, or an address. */
const target = freeText(253, 'An address, or a name that the appliance resolves.', 'printer.lab.internal')
const yes = (description: string) => Type.Boolean({ description })
const ms = (description: string, example: number) => Type.Number({ description, examples: [example] })
const onlyKind = <const K extends string>(kind: K) => oneOf([kind], 'What this is about.')
const inputInterface = nullable(
  freeText(15, 'The name of an interface; null: the one that the route says.', 'taproot0'),
)
const sequence = count('The number of the request, from 1.', 1)

/** One of several shapes, told apart by their "kind". */
const anyOf = <V>(name: string, description: string, shapes: readonly TSchema[]): TUnsafe<V> =>
  Type.Unsafe<V>({ anyOf: shapes, description, [COMPONENT]: name })

type Kind<V extends { readonly kind: string }, K extends V['kind']> = Extract<V, { readonly kind: K }>

export const PING_DEFAULTS = {
  count: 4, intervalMs: 1000, timeoutMs: 2000, octets: 56, ttl: 64, dontFragment: false, source: null, interface: null,
} as const satisfies Omit<PingInput, 'target'>

export const PingCreation = creation(
  'PingCreation',
  'What to ping, and how.',
  {
    target,
    count: nullable(integer(1, 1_000_000, 'Requests to send; null: until the client goes away.', 4)),
    intervalMs: integer(10, 3_600_000, 'From one request to the next.', 1000),
    timeoutMs: integer(1, 3_600_000, 'A request that is not answered by then counts as lost.', 2000),
    octets: integer(0, 65_507, 'Data in each request.', 56),
    ttl: integer(1, 255, 'Time to live.', 64),
    dontFragment: yes('Routers are not to fragment the requests.'),
    source: nullable(text('ipv4', 'An address of the appliance to send from.')),
    interface: inputInterface,
  },
  PING_DEFAULTS,
)

const rtt = object('PingTimes', 'Round-trip times.', {
  minMs: ms('The least.', 0.3),
  meanMs: ms('Their mean.', 0.4),
  maxMs: ms('The most.', 0.5),
  deviationMs: ms('Their standard deviation.', 0.1),
})

export const PingEvent = anyOf<PingEventView>(
  'PingEvent',
  'What became of a request, or the beginning or the end of a ping.',
  [
    view<Kind<PingEventView, 'start'>>()('PingStart', 'The first event.', {
      kind: onlyKind('start'),
      target: word('As it was given.', 'printer'),
      address: text('ipv4', 'What it resolved to.'),
      octets: count('Data in each request.', 56),
    }),
    view<Kind<PingEventView, 'reply'>>()('PingReply', 'A reply came.', {
      kind: onlyKind('reply'),
      sequence,
      from: text('ipv4', 'Who answered.'),
      octets: count('Of the ICMP message.', 64),
      ttl: count('What was left of the time to live.', 64),
      rttMs: ms('How long it took.', 0.312),
      duplicate: yes('It came before.'),
      late: yes('A later request was answered before.'),
      damaged: yes('The data is not what was sent.'),
    }),
    view<Kind<PingEventView, 'error'>>()('PingError', 'Somebody says why there is no reply.', {
      kind: onlyKind('error'),
      sequence,
      from: nullable(text('ipv4', 'Who says so; an own address when nobody answers ARP.')),
      type: count('ICMP type.', 3),
      code: count('ICMP code.', 1),
      mtu: nullable(count('What the next hop takes, when that is why.', 1400)),
      says: word('In words.', 'Destination Host Unreachable'),
    }),
    view<Kind<PingEventView, 'timeout'>>()('PingTimeout', 'No answer came in time.', {
      kind: onlyKind('timeout'),
      sequence,
    }),
    view<Kind<PingEventView, 'unsent'>>()('PingUnsent', 'A request could not be sent.', {
      kind: onlyKind('unsent'),
      sequence,
      errno: word('As sockets call it.', 'ENETUNREACH'),
      says: word('In words.', 'no route to the target'),
    }),
    view<Kind<PingEventView, 'done'>>()('PingDone', 'The last event.', {
      kind: onlyKind('done'),
      sent: count('Requests.', 4),
      received: count('Requests that were answered.', 4),
      duplicates: count('Replies that came again.', 0),
      errors: count('Errors that came.', 0),
      elapsedMs: ms('From the first request to the end.', 3004),
      rtt: nullable(rtt),
    }),
  ],
)

export const TRACEROUTE_DEFAULTS = {
  method: 'udp', firstHop: 1, maxHops: 30, probesPerHop: 3, timeoutMs: 1000, port: null, names: true,
} as const satisfies Omit<TracerouteInput, 'target'>

const hop = integer(1, 255, 'Counted from 1.', 30)
export const TracerouteCreation = creation(
  'TracerouteCreation',
  'Where to, and how.',
  {
    target,
    method: oneOf(['udp', 'icmp', 'tcp'], 'What the probes are: datagrams to closed ports, echo requests, or SYNs.'),
    firstHop: hop,
    maxHops: hop,
    probesPerHop: integer(1, 10, 'Probes for each hop.', 3),
    timeoutMs: integer(1, 60_000, 'How long to wait for each answer.', 1000),
    port: nullable(
      integer(1, 65_535, 'The first port of UDP probes, the port of TCP probes; null: 33434 and 80.', 443),
    ),
    names: yes('Say the names that hops have in the reverse zones.'),
  },
  TRACEROUTE_DEFAULTS,
)

export const TracerouteEvent = anyOf<TracerouteEventView>(
  'TracerouteEvent',
  'What became of a probe, or the beginning or the end.',
  [
    view<Kind<TracerouteEventView, 'start'>>()('TracerouteStart', 'The first event.', {
      kind: onlyKind('start'),
      target: word('As it was given.', 'printer'),
      address: text('ipv4', 'What it resolved to.'),
      maxHops: count('Hops at most.', 30),
      octets: count('Of each probe.', 60),
    }),
    view<Kind<TracerouteEventView, 'probe'>>()('TracerouteProbe', 'A probe was answered, or was not.', {
      kind: onlyKind('probe'),
      hop: count('Its time to live.', 1),
      attempt: count('The number of the probe at this hop, from 1.', 1),
      answer: oneOf(
        ['hop', 'target', 'unreachable', 'timeout'],
        'A router on the way, the target, somebody who says that it goes no further, or nobody.',
      ),
      from: nullable(text('ipv4', 'Who answered.')),
      name: nullable(word('Its name in our reverse zones.', 'router.lab.internal')),
      rttMs: nullable(ms('How long it took.', 0.4)),
      mark: nullable(word('Why it goes no further, as traceroute writes it.', '!H')),
    }),
    view<Kind<TracerouteEventView, 'unsent'>>()('TracerouteUnsent', 'A probe could not be sent.', {
      kind: onlyKind('unsent'),
      errno: word('As sockets call it.', 'ENETUNREACH'),
      says: word('In words.', 'no route to the target'),
    }),
    view<Kind<TracerouteEventView, 'done'>>()('TracerouteDone', 'The last event.', {
      kind: onlyKind('done'),
      reached: yes('The target answered.'),
    }),
  ],
)

/** All events of a tool that has ended, for clients that ask for application/json. */
export const report = <V>(name: string, event: TUnsafe<V>) =>
  object(name, 'All events, after the end.', { events: list(event, 'In the order in which they came.') })

export const CAPTURE_DEFAULTS = {
  interface: null, filter: '', snapLength: null, count: null, seconds: null, promiscuous: true,
} as const satisfies CaptureInput

export const captureQuery = parameters({
  interface: Type.Optional(
    freeText(
      15,
      'The name of an interface, "lo" too, or "any" for all but "lo"; the first one when not given.',
      'taproot0',
    ),
  ),
  filter: Type.Optional(
    freeText(
      2000,
      'Which frames: arp, ip, icmp, igmp, udp, tcp, broadcast, host A, net A/n, port N, ether host M, ' +
        'joined by and, or, not and brackets.',
      'udp and port 53',
    ),
  ),
  snapLength: Type.Optional(integer(14, 65_535, 'Octets kept of each frame; all when not given.', 128)),
  count: Type.Optional(integer(1, 1_000_000_000, 'Ends after so many frames.', 100)),
  seconds: Type.Optional(integer(1, 86_400, 'Ends after so long.', 10)),
  promiscuous: Type.Optional(
    oneOf(['yes', 'no'], 'Whether frames that are not for the appliance are kept too; they are when not given.'),
  ),
})

const tcp = view<TcpDetails>()('TcpDetails', 'A TCP connection as its own side knows it.', {
  rttMs: ms('Smoothed round-trip time; 0 before the first sample.', 0.4),
  rttVarianceMs: ms('Its variance as in RFC 6298.', 0.1),
  leastRttMs: nullable(ms('The least of late; null before the first sample.', 0.3)),
  timeoutMs: ms('The retransmission time-out.', 1000),
  congestion: word('The congestion control.', 'cubic'),
  congestionWindow: count('Octets that it lets be in flight.', 14_600),
  slowStartThreshold: nullable(count('Where slow start ends, in octets; null before the first loss.', 29_200)),
  mss: count('Octets of the largest segment.', 1460),
  inFlight: count('Octets in flight.', 0),
  sendWindow: count('Octets that the peer takes.', 64_240),
  receiveWindow: count('Octets that we take.', 65_535),
  retransmitted: count('Segments sent again since it began.', 0),
  timeouts: count('Time-outs in a row.', 0),
  acknowledged: count('Octets that the peer acknowledged.', 1234),
  received: count('Octets that came in order.', 567),
  timer: nullable(word('The next to run out.', 'keep-alive')),
  timerMs: nullable(ms('How soon.', 200)),
})

const port = (of: string) => count(`The port of the ${of}.`, 53)
export const Socket = view<SocketView>()('Socket', 'A socket of the own network stack.', {
  protocol: oneOf(['tcp', 'udp'], 'The transport.'),
  state: word('LISTEN, ESTABLISHED and so on; UNCONNECTED for most of UDP.', 'ESTABLISHED'),
  local: nullable(text('ipv4', 'Our address; null: any.', '10.53.0.2')),
  localPort: port('own side'),
  remote: nullable(text('ipv4', "The peer's address.", '10.53.0.1')),
  remotePort: nullable(port('peer')),
  interface: nullable(word('The only interface that it hears; null: any.', 'taproot0')),
  receiveQueue: count('Octets received and not read; of a listener: handshakes under way.', 0),
  sendQueue: count('Octets written and not acknowledged; of a listener: its backlog.', 0),
  tcp: nullable(tcp),
})
export const SocketPage = page('Socket', Socket)
export const socketQuery = parameters({
  protocol: Type.Optional(oneOf(['tcp', 'udp'], 'The transport.')),
  state: Type.Optional(freeText(20, 'The state.', 'ESTABLISHED')),
  port: Type.Optional(integer(1, 65_535, 'The port on either side.', 53)),
  address: Type.Optional(text('ipv4', 'The address on either side.')),
  ...pagingFields,
})
