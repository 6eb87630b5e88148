/**
 * A DHCP server on virtual time with everything around it in memory: a disk that answers at once, later or never, a
 * link on which chosen addresses answer ARP, and a log of what was sent and decided.
 */
import { formatIpv4, ipv4, mac, BROADCAST } from '../../stack/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'
import { SeededSecureRandom, VirtualClock, fromHex } from '../../stack/platform/index.ts'
import type {
  Decision,
  DhcpConfiguration,
  Host,
  Lease,
  LeaseChange,
  OptionSet,
  OptionValue,
  Pool,
  Segment,
  Subnet,
  TraceStep,
} from '../../services/model/index.ts'
import { readExchange, readRequest } from '../../services/dhcp/exchange.ts'
import type { Exchange } from '../../services/dhcp/exchange.ts'
import { DEFAULT_POLICY, EMPTY_CONFIGURATION, EMPTY_LEVEL } from '../../services/model/index.ts'
import {
  DhcpServer,
  MESSAGE_TYPES,
  decodeOptions,
  emitMessage,
  encodeOption,
  messageTypeCode,
  optionNamed,
  parseMessage,
} from '../../services/dhcp/index.ts'
import type {
  Arrival,
  DhcpMessage,
  DhcpReply,
  DhcpSettings,
  MessageType,
  ReplyDestination,
} from '../../services/dhcp/index.ts'

export const SERVER = ipv4('10.53.0.2')

type SubnetFields = Partial<Omit<Subnet, 'level'>> & {
  readonly options?: OptionSet
  readonly leaseSeconds?: number
  readonly minLeaseSeconds?: number
  readonly maxLeaseSeconds?: number
}
/** In segment 1 unless said otherwise; an hour, from a minute to a day. */
export const subnet = ({ options, leaseSeconds, minLeaseSeconds, maxLeaseSeconds, ...change }: SubnetFields = {}): Subnet => ({
  id: 1,
  segmentId: 1,
  prefix: { network: ipv4('10.53.0.0'), length: 24 },
  domain: 'lab.internal',
  level: {
    ...EMPTY_LEVEL,
    options: options ?? {},
    leaseTimes: { leaseSeconds: leaseSeconds ?? 3600, minSeconds: minLeaseSeconds ?? 60, maxSeconds: maxLeaseSeconds ?? 86_400 },
  },
  ...change,
})
/** On lan0. */
export const segment = (id: number, change: Partial<Segment> = {}): Segment => ({
  id,
  siteId: 1,
  name: `segment-${id}`,
  interfaceName: 'lan0',
  relays: [],
  domain: undefined,
  policy: DEFAULT_POLICY,
  level: EMPTY_LEVEL,
  ...change,
})
export const pool = (first: string, last: string, change: Partial<Pool> = {}): Pool => ({
  id: 1,
  subnetId: 1,
  first: ipv4(first),
  last: ipv4(last),
  allow: [],
  deny: [],
  allocator: 'free-queue',
  level: EMPTY_LEVEL,
  ...change,
})
type HostFields = Partial<Host> & { readonly mac?: string; readonly clientId?: string; readonly subnetId?: number; readonly options?: OptionSet }
/** A host with one address, known by what is given. */
export const host = (address: string, { mac: hardware, clientId, subnetId = 1, options, ...change }: HostFields = {}): Host => ({
  id: 1,
  name: undefined,
  identifiers: [
    ...(clientId === undefined ? [] : [{ kind: 'client-id', value: clientId } as const]),
    ...(hardware === undefined ? [] : [{ kind: 'mac', value: hardware } as const]),
  ],
  addresses: [{ subnetId, address: ipv4(address) }],
  classes: [],
  denied: false,
  tags: [],
  comment: undefined,
  level: { ...EMPTY_LEVEL, options: options ?? {} },
  ...change,
})
/** A segment on lan0 for every subnet that names one which is not given. */
export const configuration = (change: Partial<DhcpConfiguration> = {}): DhcpConfiguration => {
  const subnets = change.subnets ?? [subnet()]
  const segments = [...new Set(subnets.map(each => each.segmentId))].map(id => segment(id))
  return { ...EMPTY_CONFIGURATION, segments, subnets, pools: [pool('10.53.0.100', '10.53.0.109')], ...change }
}

export type Sent = {
  /** BOOTP: without option 53. */
  readonly type: MessageType | 'BOOTP'
  readonly interfaceName: string
  readonly to: ReplyDestination
  readonly message: DhcpMessage
  readonly options: OptionSet
  readonly length: number
  readonly yiaddr: string
}

export type RequestFields = {
  readonly mac?: string
  readonly xid?: number
  readonly secs?: number
  readonly flags?: number
  readonly ciaddr?: string
  readonly giaddr?: string
  readonly options?: OptionSet
  /** Added as they are, after the others. */
  readonly raw?: readonly (readonly [code: number, hex: string])[]
}

/** A client's message as octets. */
export function clientMessage(type: MessageType | 'BOOTP', fields: RequestFields = {}): Uint8Array {
  const options = new Map<number, Uint8Array>(type === 'BOOTP' ? [] : [[53, Uint8Array.of(messageTypeCode(type))]])
  for (const [name, value] of Object.entries(fields.options ?? {})) {
    const row = optionNamed(name)
    const encoded = row === undefined ? undefined : encodeOption(row, value as OptionValue)
    if (row === undefined || encoded?.ok !== true) throw new Error(`cannot encode ${name}`)
    options.set(row.code, encoded.value)
  }
  for (const [code, hex] of fields.raw ?? []) options.set(code, fromHex(hex) as Uint8Array)
  const chaddr = new Uint8Array(16)
  chaddr.set(mac(fields.mac ?? '02:00:00:00:00:01'))
  return emitMessage({
    op: 1,
    hardwareType: 1,
    hardwareLength: 6,
    hops: 0,
    xid: fields.xid ?? 0x1234_5678,
    secs: fields.secs ?? 0,
    flags: fields.flags ?? 0,
    ciaddr: fields.ciaddr === undefined ? 0 : ipv4(fields.ciaddr),
    yiaddr: 0,
    siaddr: 0,
    giaddr: fields.giaddr === undefined ? 0 : ipv4(fields.giaddr),
    chaddr,
    sname: new Uint8Array(64),
    file: new Uint8Array(128),
    options,
  })
}

/** A message as the steps of the pipeline see it. Throws for one that is dropped. */
export function exchangeOf(bytes: Uint8Array): Exchange {
  const arrival = { interfaceName: 'lan0', source: 0, sourcePort: 68, target: BROADCAST }
  const message = readRequest(bytes, arrival)
  const exchange = message.ok ? readExchange(message.value, arrival) : message
  if (!exchange.ok) throw new Error(exchange.error)
  return exchange.value
}

export type World = {
  readonly clock: VirtualClock
  readonly server: DhcpServer
  readonly sent: Sent[]
  /** The same as octets. */
  readonly bytes: Uint8Array[]
  readonly decisions: Omit<Decision, 'id'>[]
  /** Events that no lease changed with. */
  readonly told: TraceStep[]
  /** What is on disk. */
  readonly disk: Map<Ipv4, Lease>
  readonly commits: (readonly LeaseChange[])[]
  readonly probes: string[]
  readonly pings: string[]
  /** Who answers ARP, by address. */
  readonly holders: Map<string, Mac>
  /** 'now' answers in the call; 'later' keeps commits in `pending`; 'broken' fails. */
  storage: 'now' | 'later' | 'broken'
  readonly pending: ((durable: boolean) => void)[]
  nameFor: (lease: Lease) => string | undefined
  receive(bytes: Uint8Array, arrival?: Partial<Arrival>): void
  /** Sends, lets probes end, and returns what was sent because of it. */
  exchange(type: MessageType | 'BOOTP', fields?: RequestFields, arrival?: Partial<Arrival>): readonly Sent[]
  /** DISCOVER and REQUEST; the address or undefined. */
  acquire(fields?: RequestFields): string | undefined
  /** The event ids of the last decision. */
  lastSteps(): readonly string[]
}

export const PROBE_WAIT_MS = 200

export type WorldOptions = {
  readonly configuration?: DhcpConfiguration
  readonly leases?: Iterable<Lease>
  readonly settings?: Partial<DhcpSettings>
  readonly clock?: VirtualClock
  readonly disk?: Map<Ipv4, Lease>
}

export function world(options: WorldOptions = {}): World {
  const clock = options.clock ?? new VirtualClock()
  const disk = options.disk ?? new Map<Ipv4, Lease>()
  const w: World = {
    clock,
    sent: [],
    bytes: [],
    decisions: [],
    told: [],
    disk,
    commits: [],
    probes: [],
    pings: [],
    holders: new Map(),
    storage: 'now',
    pending: [],
    nameFor: lease => (lease.hostName === undefined ? undefined : `${lease.hostName}.lab.internal`),
    server: new DhcpServer(
      {
        clock,
        random: new SeededSecureRandom(1),
        send: reply => {
          w.bytes.push(reply.bytes.slice(0, reply.length))
          w.sent.push(readReply(reply))
        },
        probe: (_interface, address, done) => {
          w.probes.push(formatIpv4(address))
          const holder = w.holders.get(formatIpv4(address))
          clock.at(clock.now() + (holder === undefined ? PROBE_WAIT_MS : 1), () => done(holder))
        },
        ping: (address, done) => {
          w.pings.push(formatIpv4(address))
          clock.at(clock.now() + PROBE_WAIT_MS, () => done(w.holders.has(formatIpv4(address))))
        },
        commit: (changes, done) => {
          w.commits.push(changes)
          const finish = (durable: boolean): void => {
            if (durable) for (const change of changes) disk.set(change.after.address, change.after)
            done(durable)
          }
          if (w.storage === 'later') w.pending.push(finish)
          else finish(w.storage === 'now')
        },
        nameFor: (lease, domain) => ({ name: domain === undefined ? undefined : w.nameFor(lease), trace: undefined }),
        decide: decision => w.decisions.push(decision),
        tell: event => w.told.push(event),
      },
      { serverAddress: name => (name === 'lan0' ? SERVER : undefined), ...options.settings },
      options.configuration ?? configuration(),
      options.leases ?? disk.values(),
    ),
    receive: (bytes, arrival = {}) =>
      w.server.receive(bytes, 0, bytes.length, {
        interfaceName: 'lan0',
        source: 0,
        sourcePort: 68,
        target: BROADCAST,
        ...arrival,
      }),
    exchange: (type, fields = {}, arrival = {}) => {
      const before = w.sent.length
      w.receive(clientMessage(type, fields), arrival)
      clock.advance(10 * PROBE_WAIT_MS)
      return w.sent.slice(before)
    },
    acquire: (fields = {}) => {
      const offer = w.exchange('DISCOVER', fields)[0]
      if (offer?.type !== 'OFFER') return undefined
      const wants = { 'requested-address': offer.yiaddr, 'server-identifier': formatIpv4(SERVER) }
      const answer = w.exchange('REQUEST', { ...fields, options: { ...fields.options, ...wants } })[0]
      return answer?.type === 'ACK' ? answer.yiaddr : undefined
    },
    lastSteps: () => (w.decisions.at(-1)?.steps ?? []).map(step => step[0]),
  }
  return w
}

function readReply(reply: DhcpReply): Sent {
  const bytes = reply.bytes.slice(0, reply.length)
  const parsed = parseMessage(bytes)
  if (!parsed.ok) throw new Error(`the server sent a bad message: ${parsed.error}`)
  const message = parsed.value
  const type = MESSAGE_TYPES[(message.options.get(53)?.[0] ?? 0) - 1] ?? 'BOOTP'
  return {
    type,
    interfaceName: reply.interfaceName,
    to: reply.to,
    message,
    // Read when asked for: most of a crowd's answers are only counted.
    get options() {
      return decodeOptions(message.options)
    },
    length: reply.length,
    yiaddr: formatIpv4(message.yiaddr),
  }
}
