/** Ping and traceroute as streams of events: each goes out as it happens, and leaving the stream ends the tool. */
import {
  formatIpv4,
  type Ipv4,
  type PingEvent,
  SEND_FAULT,
  SEND_FAULT_TEXT,
  type Stack,
  type TracerouteEvent,
} from '../../stack/index.ts'
import { err, ok } from '../../stack/platform/index.ts'
import type { PingEventView, PingInput, Streaming, TracerouteEventView, TracerouteInput } from '../facade.ts'
import { refusal } from '../model/index.ts'
import { Pipe } from '../pipe.ts'
import type { Hosts } from './hosts.ts'
import { icmpErrorText, unreachableMark } from './icmp-texts.ts'

/** Events that wait for a reader at most; one that leaves so many is not reading any more. */
const WAITING_EVENTS = 1024
const NOT_READ = refusal('unavailable', '', 'nobody read what came, so it was ended', 'start it again')
const TOO_MANY = refusal('unavailable', '', 'too many pings and traceroutes run already', 'end some of them')
const ICMP_HEADER_OCTETS = 8
const TRACEROUTE_OCTETS = 60

export async function ping(stack: Stack, hosts: Hosts, input: PingInput): Streaming<PingEventView> {
  const target = await hosts.target(input.target)
  if (!target.ok) return target
  const source = hosts.source(input.source)
  if (!source.ok) return source
  const via = hosts.interface(input.interface)
  if (!via.ok) return via
  const pipe = new Pipe<PingEventView>({ limit: WAITING_EVENTS, onLeave: () => tool?.stop() })
  pipe.put({ kind: 'start', target: input.target, address: formatIpv4(target.value), octets: input.octets })
  const { intervalMs, timeoutMs, octets, ttl, dontFragment } = input
  const options = {
    target: target.value, source: source.value, intervalMs, timeoutMs, octets, ttl, dontFragment,
    ...(input.count === null ? {} : { count: input.count }), ...(via.value === undefined ? {} : { via: via.value }),
  }
  const tool = stack.ping(options, (event) => {
    const view = pingView(event, target.value, stack)
    if (view.kind === 'done') pipe.end(view)
    else if (!pipe.put(view)) pipe.break(NOT_READ)
  })
  return tool === undefined ? err(TOO_MANY) : ok(pipe)
}

export async function traceroute(stack: Stack, hosts: Hosts, input: TracerouteInput): Streaming<TracerouteEventView> {
  const target = await hosts.target(input.target)
  if (!target.ok) return target
  const pipe = new Pipe<TracerouteEventView>({ limit: WAITING_EVENTS, onLeave: () => tool?.stop() })
  const { method, firstHop, maxHops, probesPerHop, timeoutMs } = input
  pipe.put({
    kind: 'start',
    target: input.target,
    address: formatIpv4(target.value),
    maxHops,
    octets: TRACEROUTE_OCTETS,
  })
  const options = {
    target: target.value,
    method,
    firstHop,
    maxHops,
    probesPerHop,
    timeoutMs,
    ...(input.port === null ? {} : { port: input.port }),
  }
  // Names are looked up one after the other, so that events stay in order.
  let turn: Promise<void> = Promise.resolve()
  const tool = stack.traceroute(options, (event) => {
    turn = turn.then(async () => {
      const name =
        event.kind === 'probe' && event.from !== 0 && input.names ? await hosts.nameOf(event.from) : undefined
      const view = tracerouteView(event, name)
      if (view.kind === 'done') pipe.end(view)
      else if (!pipe.put(view)) pipe.break(NOT_READ)
    })
  })
  return tool === undefined ? err(TOO_MANY) : ok(pipe)
}

/** Who we are towards a target, for what we say ourselves. */
function ownAddressTo(stack: Stack, target: Ipv4): string | null {
  const source = stack.routes.lookup(target)?.iface.addressing.sourceFor(target)
  return source === undefined ? null : formatIpv4(source)
}

function pingView(event: PingEvent, target: Ipv4, stack: Stack): PingEventView {
  const ourselves = ownAddressTo(stack, target)
  switch (event.kind) {
    case 'reply':
      return { ...event, from: formatIpv4(target), octets: event.octets + ICMP_HEADER_OCTETS }
    case 'error':
      return {
        ...event,
        from: event.from === 0 ? ourselves : formatIpv4(event.from),
        mtu: event.mtu === 0 ? null : event.mtu,
        says: icmpErrorText(event.type, event.code, event.mtu),
      }
    case 'timeout':
      return event
    case 'unsent': {
      // ARP has just failed: the same as the errors before and after it.
      if (event.fault === SEND_FAULT.hostUnreachable)
        return {
          kind: 'error',
          sequence: event.sequence,
          from: ourselves,
          type: 3,
          code: 1,
          mtu: null,
          says: icmpErrorText(3, 1, 0),
        }
      const { errno, says } = SEND_FAULT_TEXT[event.fault]
      const mtu = stack.ipv4.mtuTo(target)
      return {
        kind: 'unsent',
        sequence: event.sequence,
        errno,
        says: event.fault === SEND_FAULT.tooLong ? `message too long, mtu=${mtu}` : says,
      }
    }
    case 'done': {
      const { sent, received, duplicates, errors, elapsedMs, minMs, meanMs, maxMs, deviationMs } = event.summary
      const measured = minMs !== undefined && meanMs !== undefined && maxMs !== undefined && deviationMs !== undefined
      return {
        kind: 'done',
        sent,
        received,
        duplicates,
        errors,
        elapsedMs,
        rtt: measured ? { minMs, meanMs, maxMs, deviationMs } : null,
      }
    }
  }
}

function tracerouteView(event: TracerouteEvent, name: string | undefined): TracerouteEventView {
  switch (event.kind) {
    case 'probe': {
      const { hop, attempt, answer, code } = event
      const answered = answer !== 'timeout'
      return {
        kind: 'probe', hop, attempt, answer,
        from: answered ? formatIpv4(event.from) : null,
        name: name ?? null,
        rttMs: answered ? event.rttMs : null,
        mark: answer === 'unreachable' ? unreachableMark(code) : null,
      }
    }
    case 'unsent': {
      const { errno, says } = SEND_FAULT_TEXT[event.fault]
      return { kind: 'unsent', errno, says }
    }
    case 'done':
      return event
  }
}
