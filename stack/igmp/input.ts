/**
 * IGMP in (RFC 2236 §3, RFC 3376 §7.1, §9.1): queries of routers and reports of other members, to the interface by
 * which they came; and the way out for what an interface has to say.
 */
import { isMulticast } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import type { ProtocolHandler } from '../ipv4/protocols.ts'
import type { Counters } from '../platform/index.ts'
import * as wire from '../wire/igmp.ts'
import * as ip from '../wire/ipv4.ts'
import { ALL_SYSTEMS, IGMP_ROUTERS } from './host.ts'
import type { IgmpHostPorts } from './host.ts'

export const IGMP_COUNTERS = [
  'received', 'truncated', 'checksum', 'queries', 'reports', 'query-malformed', 'query-refused', 'ignored', 'sent',
  'unsent',
] as const
export type IgmpCounters = Counters<(typeof IGMP_COUNTERS)[number]>

/** RFC 2236 §2: never beyond the link. */
const IGMP_TTL = 1

export class IgmpInput implements ProtocolHandler {
  readonly #counters: IgmpCounters

  constructor(counters: IgmpCounters) {
    this.#counters = counters
  }

  receive(d: ReceivedDatagram): void {
    const counters = this.#counters
    const b = d.buffer
    const end = d.payloadAt + d.payloadLength
    counters.count('received')
    const fault = wire.check(b, d.payloadAt, end)
    if (fault !== undefined) return counters.count(fault)
    switch (wire.igmpType(b, d.payloadAt)) {
      case wire.MEMBERSHIP_QUERY: return this.#query(d, b, end)
      case wire.REPORT_V1:
      case wire.REPORT_V2:
        counters.count('reports')
        return d.iface.igmp.heardReport(wire.igmpGroup(b, d.payloadAt))
      default: return counters.count('ignored')
    }
  }

  /** Nobody waits for a report of ours. */
  failed(): void {}

  #query(d: ReceivedDatagram, b: Uint8Array, end: number): void {
    const version = wire.queryVersion(b, d.payloadAt, end)
    if (version === undefined) return this.#counters.count('query-malformed')
    const group = wire.igmpGroup(b, d.payloadAt)
    if (group !== 0 && !isMulticast(group)) return this.#counters.count('query-malformed')
    // RFC 3376 §9.1: from afar, or by somebody who only plays the router.
    const astray = group === 0 && d.target !== ALL_SYSTEMS
    if (version !== 1 && (astray || !hasRouterAlert(b, d.at))) return this.#counters.count('query-refused')
    this.#counters.count('queries')
    d.iface.igmp.query(version, group, wire.maxResponseMs(b, d.payloadAt, version))
  }
}

/** What an interface sends by, with the router alert option that RFC 2236 §2 and RFC 3376 §4 ask for. */
export function igmpPorts(iface: Interface, output: Ipv4Output, counters: IgmpCounters): IgmpHostPorts {
  const send = (target: Ipv4, length: number, write: (b: Uint8Array, at: number) => void): void => {
    output.prepare(false, ip.ROUTER_ALERT)
    const mac = Uint8Array.of(1, 0, 0x5e, (target >>> 16) & 0x7f, target >>> 8, target)
    const source = iface.addressing.sourceFor(target)
    if (output.beginOnLink(iface, mac, target, source, ip.PROTOCOL_IGMP, length, IGMP_TTL) !== 0) {
      return counters.count('unsent')
    }
    write(output.buffer, output.payloadAt)
    counters.count(output.commit() === 0 ? 'sent' : 'unsent')
  }
  return {
    sendShort: (type, group, target) =>
      send(target, wire.IGMP_BYTES, (b, at) => wire.writeShort(b, at, type, group)),
    sendReport: (records) =>
      send(IGMP_ROUTERS, wire.reportBytes(records.length), (b, at) => wire.writeReport(b, at, records)),
  }
}

function hasRouterAlert(b: Uint8Array, at: number): boolean {
  const end = at + ip.headerLength(b, at)
  for (let i = at + ip.IPV4_HEADER_BYTES; i < end; ) {
    const kind = b[i] as number
    if (kind === ip.ROUTER_ALERT[0]) return true
    if (kind === ip.OPTION_END) return false
    i += kind === ip.OPTION_NO_OPERATION ? 1 : (b[i + 1] as number)
  }
  return false
}
