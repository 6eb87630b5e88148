/**
 * What would happen to a request: it goes the way of every other, through the same pipeline, over an engine that writes
 * beside the real one. For people: the decision, the reply with the origin of each option, and why not otherwise.
 */
import { err, i32, ok, toHex, u32 } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { BROADCAST, formatIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Decision, OptionValue } from '../../model/index.ts'
import { DROP_REASONS } from '../drop-reasons.ts'
import type { DropReason } from '../drop-reasons.ts'
import { describeDestination } from '../engine.ts'
import type { Engine } from '../engine.ts'
import { effectiveOption } from '../effective-options.ts'
import { isLeaseQuery, readExchange, readRequest } from '../exchange.ts'
import type { Arrival, Exchange } from '../exchange.ts'
import type { EffectiveTimes } from '../levels.ts'
import type { DhcpReply } from '../ports.ts'
import { decodeOption } from '../wire/option-values.ts'
import { CIADDR_AT, GIADDR_AT, OPTIONS_AT } from '../wire/layout.ts'
import { CLIENT_PORT, SERVER_PORT, parseMessage } from '../wire/message.ts'
import { TrialEngine } from './trial-engine.ts'
import { whyNot } from './why-not.ts'
import type { WhyNot } from './why-not.ts'

export type SentOption = {
  readonly code: number
  readonly name: string
  readonly value: OptionValue
  /** The level that says it; "protocol" for what every reply of the kind has, "the client" for what it sent itself. */
  readonly origin: string
}

export type WhatIf = {
  /** The request as octets, in hexadecimal. */
  readonly request: string
  readonly decision: Omit<Decision, 'id'>
  readonly reply:
    | {
        /** Where it goes, for people. */
        readonly to: string
        /** yiaddr. */
        readonly address: Ipv4
        readonly options: readonly SentOption[]
        readonly bytes: string
      }
    | undefined
  /** What was taken for granted instead of asked on the wire. */
  readonly assumed: readonly string[]
  readonly whyNot: readonly WhyNot[]
}

/** Why octets are no request of a client. */
export type NoRequest = { readonly problem: string }

/** `engine` is read and not changed. */
export function whatIf(engine: Engine, bytes: Uint8Array, arrival: Arrival): Result<WhatIf, NoRequest> {
  const message = readRequest(bytes, arrival)
  if (!message.ok) return dropped(message.error)
  if (isLeaseQuery(message.value)) return err({ problem: 'a LEASEQUERY is the question of a relay, and not of a client' })
  const read = readExchange(message.value, arrival)
  if (!read.ok) return dropped(read.error)
  const x = read.value
  const outcome = new TrialEngine(engine).run(x)
  const { decision, replies, assumed } = outcome
  const reply = replies[0]
  return ok({
    request: toHex(bytes),
    // An exchange that waits for something that never comes ends without one.
    decision: decision ?? unanswered(engine, x),
    reply: reply === undefined ? undefined : replyOf(engine, x, reply),
    assumed,
    whyNot: whyNot(engine, x),
  })
}

const dropped = (reason: DropReason): Result<never, NoRequest> => err({ problem: DROP_REASONS[reason] })

const unanswered = (engine: Engine, x: Exchange): Omit<Decision, 'id'> => ({
  at: engine.ports.clock.wallMs(),
  kind: 'dhcp',
  interfaceName: x.arrival.interfaceName,
  mac: x.client.mac,
  clientId: x.client.clientId,
  address: x.address === undefined ? undefined : formatIpv4(x.address),
  hostName: x.hostName,
  received: x.type,
  sent: 'none',
  steps: x.trace,
})

function replyOf(engine: Engine, x: Exchange, reply: DhcpReply): NonNullable<WhatIf['reply']> {
  const bytes = reply.bytes.subarray(0, reply.length)
  const parsed = parseMessage(bytes)
  const { registry } = engine.configuration
  const options = parsed.ok ? [...parsed.value.options] : []
  return {
    to: describeDestination(reply.to, x.client.mac),
    address: parsed.ok ? parsed.value.yiaddr : 0,
    options: options.map(([code, octets]) => {
      const { name, row } = registry.coded(code)
      const value = decodeOption(row, octets, registry)
      return { code, name, value: value.ok ? value.value : toHex(octets), origin: originOf(x, code, octets) }
    }),
    bytes: toHex(bytes),
  }
}

const LEASE_TIME = 51
const TIMES: ReadonlyMap<number, keyof EffectiveTimes['origins']> = new Map([
  [LEASE_TIME, 'leaseSeconds'],
  [58, 'renewSeconds'],
  [59, 'rebindSeconds'],
])

function originOf(x: Exchange, code: number, octets: Uint8Array): string {
  const field = TIMES.get(code)
  if (field !== undefined) {
    const wanted = code === LEASE_TIME && x.requestedSeconds === u32(octets, 0)
    return wanted ? 'the client' : (x.levels?.times.origins[field] ?? 'built-in')
  }
  const sent = x.message.options.get(code)
  if (sent !== undefined && toHex(sent) === toHex(octets)) return 'the client'
  const entry = effectiveOption(x, code)
  return entry?.octets != null && toHex(entry.octets) === toHex(octets) ? entry.origin : 'protocol'
}

/** How a request that nobody sent would have come: from a relay, to us alone from who has an address, else to everybody. */
export function arrivalOf(engine: Engine, interfaceName: string, bytes: Uint8Array): Arrival {
  const isWhole = bytes.length >= OPTIONS_AT
  const giaddr = isWhole ? i32(bytes, GIADDR_AT) : 0
  const ciaddr = isWhole ? i32(bytes, CIADDR_AT) : 0
  return {
    interfaceName,
    source: giaddr === 0 ? ciaddr : giaddr,
    sourcePort: giaddr === 0 ? CLIENT_PORT : SERVER_PORT,
    target: giaddr === 0 && ciaddr !== 0 ? (engine.ownAddressOn(interfaceName) ?? BROADCAST) : BROADCAST,
  }
}
