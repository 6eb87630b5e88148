/**
 * One request on its way through the server: what was read from it, and the trace of what was decided. It owns a copy
 * of the message, because it may wait for a probe or for the disk.
 */
import { err, i32, ok, toHex, u16, u32 } from '../../stack/platform/index.ts'
import type { Result } from '../../stack/platform/index.ts'
import { formatMac, isGroupMac, isLoopback, isUnicast } from '../../stack/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'
import { clientKey } from '../model/index.ts'
import type { TraceStep } from '../model/index.ts'
import type { CompiledClass } from './classify/classes.ts'
import type { Scope, SubnetScope } from './configuration.ts'
import type { DropReason } from './drop-reasons.ts'
import type { CompiledHost } from './hosts.ts'
import type { ClientIdentity } from './lease-machine.ts'
import type { Levels } from './levels.ts'
import { BOOT_REQUEST, BOOT_SERVER_PORT, CLIENT_PORT, ETHERNET, MESSAGE_TYPES, SERVER_PORT, parseMessage } from './wire/message.ts'
import type { DhcpMessage, MessageType } from './wire/message.ts'
import { CHADDR_AT } from './wire/layout.ts'
import type { RawOptions } from './wire/options.ts'
import { asksForSourcePort, relaySubOptions } from './wire/relay-information.ts'

/** Where a datagram came from. */
export type Arrival = {
  readonly interfaceName: string
  readonly source: Ipv4
  readonly sourcePort: number
  /** Its IP destination: the limited broadcast address or one of ours. */
  readonly target: Ipv4
  /** Its UDP destination: 67 unless it says 4011. */
  readonly port?: number
}

/** What clients send; a request without option 53 is one of BOOTP (RFC 1534 §2). */
export type ClientMessageType = 'DISCOVER' | 'REQUEST' | 'DECLINE' | 'RELEASE' | 'INFORM' | 'BOOTP'
const CLIENT_TYPES: ReadonlySet<MessageType | 'BOOTP'> = new Set(['DISCOVER', 'REQUEST', 'DECLINE', 'RELEASE', 'INFORM', 'BOOTP'])

const NO_CLASSES: readonly CompiledClass[] = []

export class Exchange {
  readonly message: DhcpMessage
  readonly type: ClientMessageType
  readonly arrival: Arrival
  readonly client: ClientIdentity
  /** Option 50 and 54; undefined when absent. */
  readonly requested: Ipv4 | undefined
  readonly serverId: Ipv4 | undefined
  readonly trace: TraceStep[] = []
  /** Set by the pipeline's first steps. */
  scope: Scope | undefined = undefined
  /** Our own address where the request came in. */
  serverAddress: Ipv4 = 0
  /** What the client is to take for the server: our address, unless its relay says another (RFC 5107). */
  serverIdentifier: Ipv4 = 0
  /** The subnet of the segment that is tried first. */
  preferred: SubnetScope | undefined = undefined
  host: CompiledHost | undefined = undefined
  /** By priority. */
  classes: readonly CompiledClass[] = NO_CLASSES
  /** Why this client gets no address at all; undefined when it may. */
  denied: string | undefined = undefined
  /** What counts for this client at its address; set when that is known. */
  levels: Levels | undefined = undefined
  hostName: string | undefined = undefined
  /** Option 82 under which the client got the address that it now renews without its relay. */
  recalledRelay: Uint8Array | undefined = undefined
  /** The full name of the lease, as far as there is one. */
  fullName: string | undefined = undefined
  /** What the decision is about, as far as is known. */
  address: Ipv4 | undefined = undefined
  /** Addresses of the client's host whose holder was asked for on its behalf. */
  readonly asked: Ipv4[] = []
  /** Candidates tried for this DISCOVER. */
  candidates = 0

  constructor(message: DhcpMessage, type: ClientMessageType, arrival: Arrival, client: ClientIdentity) {
    this.message = message
    this.type = type
    this.arrival = arrival
    this.client = client
    const requested = message.options.get(50)
    const serverId = message.options.get(54)
    this.requested = requested === undefined ? undefined : i32(requested, 0)
    this.serverId = serverId === undefined ? undefined : i32(serverId, 0)
  }

  get relayed(): boolean {
    return this.message.giaddr !== 0
  }

  /** Option 80: the client takes an ACK at once (RFC 4039 §3.1). */
  get asksForRapidCommit(): boolean {
    return this.type === 'DISCOVER' && this.message.options.get(RAPID_COMMIT)?.length === 0
  }

  /** Option 51 in seconds. */
  get requestedSeconds(): number | undefined {
    const octets = this.message.options.get(51)
    return octets === undefined ? undefined : u32(octets, 0)
  }

  /** Option 57 in octets. */
  get maxMessageBytes(): number | undefined {
    const octets = this.message.options.get(57)
    return octets === undefined ? undefined : u16(octets, 0)
  }

  /** Option 82 as hexadecimal, as a lease keeps it. */
  get relayInformation(): string | undefined {
    const octets = this.message.options.get(82) ?? this.recalledRelay
    return octets === undefined ? undefined : toHex(octets)
  }

  /** What is known of where the client is: the sub-options of its relay, or of the relay that its lease came by. */
  get relay(): RawOptions {
    const { options } = this.message
    if (options.has(82) || this.recalledRelay === undefined) return relaySubOptions(options)
    return relaySubOptions(new Map([[82, this.recalledRelay]]))
  }

  /** chaddr as the six octets of an Ethernet address. */
  get hardwareAddress(): Uint8Array {
    return this.message.chaddr.subarray(0, 6)
  }
}

/** Reads a datagram; the message keeps `bytes`. Every fault is a reason to drop. */
export function readRequest(bytes: Uint8Array, arrival: Arrival): Result<DhcpMessage, DropReason> {
  const parsed = parseMessage(bytes)
  // PXE firmware asks a boot server from whichever port it has open.
  const usual = arrival.sourcePort === CLIENT_PORT || arrival.sourcePort === SERVER_PORT || arrival.port === BOOT_SERVER_PORT
  if (!usual && !(parsed.ok && parsed.value.giaddr !== 0 && asksForSourcePort(parsed.value.options))) return err('bad-port')
  if (!parsed.ok) return parsed
  const { op, giaddr } = parsed.value
  if (op !== BOOT_REQUEST) return err('not-a-request')
  // RFC 1542 §4.1.1: the relay's own address, so that of a host.
  if (giaddr !== 0 && (!isUnicast(giaddr) || isLoopback(giaddr))) return err('bad-relay-address')
  return parsed
}

/** True for the questions of relay agents (RFC 4388), which are about clients and not from one. */
export const isLeaseQuery = (message: DhcpMessage): boolean => typeOf(message.options) === 'LEASEQUERY'

/** Makes a client's request of a message. */
export function readExchange(message: DhcpMessage, arrival: Arrival): Result<Exchange, DropReason> {
  if (message.hardwareType !== ETHERNET || message.hardwareLength !== 6) return err('bad-hardware')
  if (isGroupMac(message.chaddr) || isZero(message.chaddr)) return err('bad-hardware-address')
  const type = typeOf(message.options)
  if (type === undefined) return err('unknown-message-type')
  if (!CLIENT_TYPES.has(type)) return err('server-message')
  if (!FIXED_LENGTHS.every(([code, length]) => (message.options.get(code)?.length ?? length) === length)) {
    return err('bad-option-length')
  }
  return ok(new Exchange(message, type as ClientMessageType, arrival, identify(message)))
}

/** The hardware address of a message too broken to read, for its trace; zeros where there is none. */
export const macOf = (bytes: Uint8Array): Mac =>
  bytes.length >= CHADDR_AT + 6 ? formatMac(bytes, CHADDR_AT) : '00:00:00:00:00:00'

const RAPID_COMMIT = 80

/** Options on which the conversation depends, and their length in octets. */
const FIXED_LENGTHS: readonly (readonly [code: number, length: number])[] = [
  [50, 4],
  [51, 4],
  [53, 1],
  [54, 4],
  [57, 2],
]

function typeOf(options: RawOptions): MessageType | 'BOOTP' | undefined {
  const octets = options.get(53)
  return octets === undefined ? 'BOOTP' : MESSAGE_TYPES[(octets[0] ?? 0) - 1]
}

/** RFC 2131 §4.2: by client identifier if there is one, else by chaddr. An empty identifier identifies nobody. */
function identify(message: DhcpMessage): ClientIdentity {
  const mac = formatMac(message.chaddr)
  const octets = message.options.get(61)
  const clientId = octets === undefined || octets.length === 0 ? undefined : toHex(octets)
  return { key: clientKey(message.hardwareType, mac, clientId), hardwareType: message.hardwareType, mac, clientId }
}

function isZero(chaddr: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (chaddr[i] !== 0) return false
  return true
}
