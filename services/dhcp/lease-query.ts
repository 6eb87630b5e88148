/**
 * Leasequery (RFC 4388, RFC 6926): what is known of leases, told to relay agents that lost their own memory of them.
 * Pure: a question and a view of the leases in, answers out. Nothing of it changes a lease.
 *
 * By address: ciaddr set, no hardware address, no option 61. By hardware address: htype, hlen and chaddr only. By client
 * identifier: option 61 only. Anything else is malformed (RFC 4388 §6.2). In bulk also by relay or remote identifier,
 * and for all (RFC 6926 §7.2), within a time window.
 */
import { equalBytes, fromHex, put32, toHex, u32 } from '../../stack/platform/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { Lease } from '../model/index.ts'
import type { OutgoingOption } from './reply.ts'
import { messageTypeCode } from './wire/message.ts'
import type { DhcpMessage, MessageType } from './wire/message.ts'
import { codeOf } from './wire/options-table.ts'
import { RELAY_ID, REMOTE_ID, relaySubOptions } from './wire/relay-information.ts'

/** The leases, as they are on disk. */
export type LeaseQueryView = {
  readonly wallMs: number
  /** Our address where the question came in. */
  readonly server: Ipv4
  /** False for an address that we never give out. */
  manages(address: Ipv4): boolean
  lease(address: Ipv4): Lease | undefined
  ofClientId(clientId: string): Iterable<Lease>
  ofMac(mac: Uint8Array): Iterable<Lease>
  /** Every row; undefined now and then, where whoever walks may rest. */
  all(): Iterable<Lease | undefined>
}

export type LeaseAnswer = {
  readonly type: MessageType
  readonly ciaddr: Ipv4
  readonly hardwareType: number
  readonly hardware: Uint8Array
  readonly options: readonly OutgoingOption[]
}

const CLIENT_ID = codeOf('client-identifier')
const PARAMETER_REQUEST_LIST = codeOf('parameter-request-list')
const LEASE_TIME = codeOf('lease-time')
const RENEWAL_TIME = codeOf('renewal-time')
const REBINDING_TIME = codeOf('rebinding-time')
const RELAY_INFORMATION = codeOf('relay-agent-information')
const LAST_TRANSACTION = codeOf('client-last-transaction-time')
const ASSOCIATED = codeOf('associated-addresses')
const HOST_NAME = codeOf('host-name')
const BASE_TIME = codeOf('base-time')
const START_OF_STATE = codeOf('start-time-of-state')
const DHCP_STATE = codeOf('dhcp-state')
const QUERY_START = codeOf('query-start-time')
const QUERY_END = codeOf('query-end-time')
const STATUS_CODE = codeOf('status-code')

const NO_HARDWARE = new Uint8Array(0)
/** As many as a datagram holds beside the rest. */
const MAX_ASSOCIATED = 64

/** RFC 6926 §6.2.2 */
export const BULK_STATUS = { success: 0, unspecified: 1, terminated: 2, malformed: 3, 'not-allowed': 4 } as const
/** RFC 6926 §6.2.7 */
const DHCP_STATES: { readonly [State in Lease['state']]: number } = { bound: 2, expired: 3, released: 4, declined: 5 }

type Question =
  | { readonly kind: 'address'; readonly address: Ipv4 }
  | { readonly kind: 'mac'; readonly mac: Uint8Array }
  | { readonly kind: 'client-id'; readonly clientId: string }
  | { readonly kind: 'none' }

/** Undefined for a message that asks in two ways at once. */
function questionOf(message: DhcpMessage): Question | undefined {
  const clientId = message.options.get(CLIENT_ID)
  const hardware = message.hardwareLength > 0 && message.hardwareLength <= message.chaddr.length
  const ways = Number(message.ciaddr !== 0) + Number(clientId !== undefined) + Number(hardware)
  if (ways > 1 || message.hardwareLength > message.chaddr.length) return undefined
  if (message.ciaddr !== 0) return { kind: 'address', address: message.ciaddr }
  if (clientId !== undefined) return { kind: 'client-id', clientId: toHex(clientId) }
  return hardware ? { kind: 'mac', mac: message.chaddr.subarray(0, message.hardwareLength) } : { kind: 'none' }
}

/** The answer to a LEASEQUERY; undefined when it is malformed and gets none. */
export function answerLeaseQuery(message: DhcpMessage, view: LeaseQueryView): LeaseAnswer | undefined {
  const question = questionOf(message)
  if (question === undefined || question.kind === 'none') return undefined
  if (question.kind === 'address') {
    if (!view.manages(question.address)) return without('LEASEUNKNOWN', message, view)
    const lease = view.lease(question.address)
    return lease?.state === 'bound' ? active(lease, [], message, view) : without('LEASEUNASSIGNED', message, view)
  }
  const found = question.kind === 'mac' ? view.ofMac(question.mac) : view.ofClientId(question.clientId)
  const bound = [...found].filter(lease => lease.state === 'bound')
  // RFC 4388 §6.4.2: the one that the client spoke of last stands for it.
  const latest = bound.toSorted((a, b) => b.renewedAt - a.renewedAt)[0]
  return latest === undefined ? without('LEASEUNKNOWN', message, view) : active(latest, bound, message, view)
}

/**
 * The answers to a BULKLEASEQUERY, one by one, the last of them LEASEQUERYDONE. Undefined where the walk may rest.
 */
export function* answerBulkLeaseQuery(message: DhcpMessage, view: LeaseQueryView): Generator<LeaseAnswer | undefined> {
  const question = questionOf(message)
  const start = seconds(message, QUERY_START)
  const end = seconds(message, QUERY_END)
  const inverted = start !== undefined && end !== undefined && start > end
  if (question === undefined || question.kind === 'address' || inverted) {
    yield done(view, BULK_STATUS.malformed, 'ask in one way, not by address, and within a window')
    return
  }
  const matches = filterOf(message)
  for (const lease of walk(question, view)) {
    if (lease === undefined) {
      yield undefined
      continue
    }
    const since = sinceOf(lease) / 1000
    if (!matches(lease) || (start !== undefined && since < start) || (end !== undefined && since > end)) continue
    yield bulkAnswer(lease, message, view)
  }
  yield done(view, BULK_STATUS.success, '')
}

/** The only answer to a requestor who may not ask (RFC 6926 §8.2). */
export const notAllowed = (view: Pick<LeaseQueryView, 'server' | 'wallMs'>): LeaseAnswer =>
  done(view, BULK_STATUS['not-allowed'], 'only relay agents that a segment names may ask')

function walk(question: Question, view: LeaseQueryView): Iterable<Lease | undefined> {
  if (question.kind === 'mac') return view.ofMac(question.mac)
  return question.kind === 'client-id' ? view.ofClientId(question.clientId) : view.all()
}

/** RFC 6926 §7.2: by relay or remote identifier, when the question carries one. */
function filterOf(message: DhcpMessage): (lease: Lease) => boolean {
  const asked = relaySubOptions(message.options)
  const wanted = [REMOTE_ID, RELAY_ID].flatMap(code => {
    const value = asked.get(code)
    return value === undefined ? [] : [[code, value] as const]
  })
  if (wanted.length === 0) return () => true
  return lease => {
    const octets = relayOctets(lease)
    if (octets === undefined) return false
    const known = relaySubOptions(new Map([[RELAY_INFORMATION, octets]]))
    return wanted.every(([code, value]) => equalBytes(known.get(code) ?? NO_HARDWARE, value))
  }
}

function active(lease: Lease, all: readonly Lease[], message: DhcpMessage, view: LeaseQueryView): LeaseAnswer {
  const wanted = message.options.get(PARAMETER_REQUEST_LIST)
  const options = known(lease, 'LEASEACTIVE', view, wanted)
  // RFC 4388 §6.1: only for those who ask, and only when there is more than one.
  if (wanted?.includes(ASSOCIATED) === true && all.length > 1) {
    const addresses = new Uint8Array(4 * Math.min(all.length, MAX_ASSOCIATED))
    for (const [i, each] of all.slice(0, MAX_ASSOCIATED).entries()) put32(addresses, 4 * i, each.address)
    options.push([ASSOCIATED, addresses])
  }
  return { type: 'LEASEACTIVE', ciaddr: lease.address, ...hardwareOf(lease), options }
}

function bulkAnswer(lease: Lease, message: DhcpMessage, view: LeaseQueryView): LeaseAnswer {
  const type = lease.state === 'bound' ? 'LEASEACTIVE' : 'LEASEUNASSIGNED'
  const options = known(lease, type, view, message.options.get(PARAMETER_REQUEST_LIST))
  options.push(
    [BASE_TIME, long(view.wallMs / 1000)],
    [START_OF_STATE, long(Math.max(0, view.wallMs - sinceOf(lease)) / 1000)],
    [DHCP_STATE, Uint8Array.of(DHCP_STATES[lease.state])],
  )
  return { type, ciaddr: lease.address, ...hardwareOf(lease), options }
}

/** What a lease says of itself, as far as it is wanted; everything when nobody says what is (RFC 4388 §6.4.2). */
function known(lease: Lease, type: MessageType, view: LeaseQueryView, wanted: Uint8Array | undefined): OutgoingOption[] {
  const options = heads(type, view)
  const put = (code: number, value: Uint8Array | undefined): void => {
    if (value !== undefined && (wanted === undefined || wanted.includes(code))) options.push([code, value])
  }
  if (lease.state === 'bound') {
    for (const [code, value] of timesLeft(lease, view.wallMs)) put(code, value)
  }
  if (lease.clientId !== undefined) put(CLIENT_ID, fromHex(lease.clientId))
  put(LAST_TRANSACTION, long(Math.max(0, view.wallMs - lease.renewedAt) / 1000))
  if (lease.hostName !== undefined) put(HOST_NAME, Uint8Array.from(lease.hostName, c => c.charCodeAt(0)))
  put(RELAY_INFORMATION, relayOctets(lease))
  return options
}

/**
 * What is left of the lease, and of its T1 and T2 while they are to come. A row does not keep T1 and T2: they are told
 * as the fractions of RFC 2131 §4.4.5.
 */
function* timesLeft(lease: Lease, wallMs: number): Iterable<OutgoingOption> {
  if (lease.expiresAt === undefined) {
    yield [LEASE_TIME, long(0xffff_ffff)]
    return
  }
  const whole = lease.expiresAt - lease.renewedAt
  for (const [code, fraction] of [[LEASE_TIME, 1], [RENEWAL_TIME, 1 / 2], [REBINDING_TIME, 7 / 8]] as const) {
    const left = lease.renewedAt + whole * fraction - wallMs
    if (left > 0 || code === LEASE_TIME) yield [code, long(Math.max(0, left) / 1000)]
  }
}

const without = (type: MessageType, message: DhcpMessage, view: LeaseQueryView): LeaseAnswer => ({
  type,
  ciaddr: message.ciaddr,
  hardwareType: message.hardwareType,
  hardware: message.chaddr.subarray(0, Math.min(message.hardwareLength, message.chaddr.length)),
  options: [
    ...heads(type, view),
    // Whose leases are unknown stands in the answer as in the question.
    ...[...message.options].filter(([code]) => code === CLIENT_ID),
  ],
})

function done(view: Pick<LeaseQueryView, 'server' | 'wallMs'>, status: number, text: string): LeaseAnswer {
  const options = heads('LEASEQUERYDONE', view)
  options.push([BASE_TIME, long(view.wallMs / 1000)])
  // RFC 6926 §6.2.2: no status code means success.
  if (status !== BULK_STATUS.success) {
    options.push([STATUS_CODE, Uint8Array.of(status, ...Uint8Array.from(text, c => c.charCodeAt(0)))])
  }
  return { type: 'LEASEQUERYDONE', ciaddr: 0, hardwareType: 0, hardware: NO_HARDWARE, options }
}

const heads = (type: MessageType, view: Pick<LeaseQueryView, 'server'>): OutgoingOption[] => [
  [53, Uint8Array.of(messageTypeCode(type))],
  [54, long(view.server)],
]

function hardwareOf(lease: Lease): { readonly hardwareType: number; readonly hardware: Uint8Array } {
  return { hardwareType: lease.hardwareType, hardware: fromHex(lease.mac) ?? NO_HARDWARE }
}

/** Wall time in ms since when the lease is what it is. */
function sinceOf(lease: Lease): number {
  if (lease.state === 'bound' || lease.state === 'declined') return lease.startedAt
  return lease.expiresAt ?? lease.renewedAt
}

const relayOctets = (lease: Lease): Uint8Array | undefined =>
  lease.relayInformation === undefined ? undefined : fromHex(lease.relayInformation)

function seconds(message: DhcpMessage, code: number): number | undefined {
  const octets = message.options.get(code)
  return octets?.length === 4 ? u32(octets, 0) : undefined
}

function long(value: number): Uint8Array {
  const octets = new Uint8Array(4)
  put32(octets, 0, Math.floor(value))
  return octets
}
