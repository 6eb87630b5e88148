/** A stack under test with a raw peer at the other end of a virtual wire: frames in by hand, frames out to look at. */
import { formatMac, ipv4, mac, parseInterfaceAddress, Stack, virtualWire } from '../../stack/index.ts'
import type { DatagramHandler, DatagramMeta, Interface, InterfaceAddress, Link } from '../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import type { Result } from '../../stack/platform/index.ts'
import * as arp from '../../stack/wire/arp.ts'
import { describeFrame } from '../../stack/wire/describe.ts'
import * as ethernet from '../../stack/wire/ethernet.ts'
import * as icmp from '../../stack/wire/icmp.ts'
import * as ip from '../../stack/wire/ipv4.ts'
import * as udp from '../../stack/wire/udp.ts'

export const HOST_MAC = '02:00:00:00:00:01'
export const PEER_MAC = '02:00:00:00:00:02'
export const OTHER_MAC = '02:00:00:00:00:03'
export const ALL_MAC = 'ff:ff:ff:ff:ff:ff'
export const HOST = '10.53.0.2'
export const PEER = '10.53.0.9'

/** For constants of tests: throws on a bad text. */
export function addressOn(text: string): InterfaceAddress {
  const parsed = parseInterfaceAddress(text)
  if (parsed === undefined) throw new Error(`not an interface address: ${text}`)
  return parsed
}

/** The raw end of a wire. */
export class RawPeer {
  readonly link: Link
  readonly #frames: Uint8Array[] = []
  /** How often the other side's frames came as one batch. */
  batches = 0

  constructor(link: Link) {
    this.link = link
    link.onFrame = (buffer, at, length) => this.#frames.push(buffer.slice(at, at + length))
    link.onBatchEnd = () => this.batches++
  }

  send(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      const at = this.link.reserve()
      this.link.txBuffer.set(frame, at)
      this.link.commit(frame.length)
    }
    this.link.flush()
  }

  /** What arrived since the last take, as octets. */
  take(): Uint8Array[] {
    return this.#frames.splice(0)
  }

  /** What arrived since the last take, one line each. */
  lines(): string[] {
    return this.take().map((frame) => describeFrame(frame))
  }
}

export type Bench = {
  readonly clock: VirtualClock
  readonly stack: Stack
  readonly iface: Interface
  readonly peer: RawPeer
  /** Bugs that frames brought to light. */
  readonly faults: unknown[]
  /** Sends frames from the peer, lets a moment pass, and gives the lines of what came back. */
  readonly answer: (...frames: readonly Uint8Array[]) => string[]
}

export type BenchOptions = {
  readonly addresses?: readonly string[]
  readonly mtu?: number
  /** The host's link cuts super-segments; not when not given. */
  readonly offloads?: boolean
  readonly seed?: number
  /** The peer's mapping is known already, so that no ARP stands between. True when not given. */
  readonly knowsPeer?: boolean
  readonly timeWaitMs?: number
}

/** A host 10.53.0.2/24 (unless told otherwise), whose announcements are over. */
export function bench(options: BenchOptions = {}): Bench {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock, {
    macs: [HOST_MAC, PEER_MAC], mtu: options.mtu ?? 1500, offloads: options.offloads ?? false,
  })
  const faults: unknown[] = []
  const random = new SeededSecureRandom(options.seed ?? 1)
  const timeWait = options.timeWaitMs === undefined ? {} : { timeWaitMs: options.timeWaitMs }
  const stack = new Stack({ clock, random, onFault: (fault) => faults.push(fault), ...timeWait })
  const addresses = (options.addresses ?? [`${HOST}/24`]).map(addressOn)
  const iface = stack.addInterface(near, { addresses })
  const peer = new RawPeer(far)
  if (options.knowsPeer ?? true) iface.neighbours.addStatic(ipv4(PEER), mac(PEER_MAC))
  clock.advance(5_000)
  peer.take()
  return {
    clock, stack, iface, peer, faults,
    answer: (...frames) => {
      peer.send(...frames)
      clock.advance(10)
      return peer.lines()
    },
  }
}

export type Addressing = {
  readonly from?: string
  readonly to?: string
  readonly fromMac?: string
  readonly toMac?: string
}

export function etherFrame(type: number, payload: Uint8Array, options: Addressing = {}): Uint8Array {
  const frame = new Uint8Array(ethernet.ETHERNET_HEADER_BYTES + Math.max(payload.length, ethernet.MIN_PAYLOAD_BYTES))
  ethernet.emit({ destination: options.toMac ?? HOST_MAC, source: options.fromMac ?? PEER_MAC, type }, frame, 0)
  frame.set(payload, ethernet.ETHERNET_HEADER_BYTES)
  return frame
}

export type DatagramFields = Addressing & Partial<Omit<ip.Ipv4Header, 'source' | 'target' | 'payloadLength'>>

export function ipDatagram(payload: Uint8Array, fields: DatagramFields = {}): Uint8Array {
  const header: ip.Ipv4Header = {
    tos: 0,
    identification: 7,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    protocol: ip.PROTOCOL_UDP,
    options: new Uint8Array(0),
    ...fields,
    payloadLength: payload.length,
    source: ipv4(fields.from ?? PEER),
    target: ipv4(fields.to ?? HOST),
  }
  const datagram = new Uint8Array(ip.IPV4_HEADER_BYTES + header.options.length + payload.length)
  datagram.set(payload, ip.emit(header, datagram, 0))
  return datagram
}

export const ipFrame = (payload: Uint8Array, fields: DatagramFields = {}): Uint8Array =>
  etherFrame(ethernet.ETHERTYPE_IPV4, ipDatagram(payload, fields), fields)

export type UdpFields = DatagramFields & { readonly fromPort?: number; readonly toPort?: number }

/** A UDP header with its checksum, and payload. */
export function udpSegment(payload: Uint8Array, fields: UdpFields = {}): Uint8Array {
  const segment = new Uint8Array(udp.UDP_HEADER_BYTES + payload.length)
  segment.set(payload, udp.UDP_HEADER_BYTES)
  const header = { sourcePort: fields.fromPort ?? 4000, targetPort: fields.toPort ?? 53, payloadLength: payload.length }
  udp.emit(header, segment, 0, ipv4(fields.from ?? PEER), ipv4(fields.to ?? HOST))
  return segment
}

export const udpFrame = (payload: Uint8Array, fields: UdpFields = {}): Uint8Array =>
  ipFrame(udpSegment(payload, fields), fields)

export function icmpMessage(type: number, code: number, rest: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(icmp.ICMP_HEADER_BYTES + body.length)
  icmp.emit({ type, code, rest, body }, message, 0)
  return message
}

export const echoRequest = (length: number, sequence = 1): Uint8Array =>
  icmpMessage(icmp.ECHO_REQUEST, 0, (0x1234 << 16) | sequence, octets(length))

export const icmpFrame = (message: Uint8Array, fields: DatagramFields = {}): Uint8Array =>
  ipFrame(message, { protocol: ip.PROTOCOL_ICMP, ...fields })

export type ArpFields = {
  readonly operation?: number
  readonly senderMac?: string
  readonly sender?: string
  readonly targetMac?: string
  readonly target?: string
  readonly toMac?: string
}

/** A request for the host's address by the peer, unless told otherwise. */
export function arpFrame(fields: ArpFields = {}): Uint8Array {
  const packet = new Uint8Array(arp.ARP_BYTES)
  const senderMac = fields.senderMac ?? PEER_MAC
  arp.emit(
    {
      operation: fields.operation ?? arp.ARP_REQUEST,
      senderMac,
      sender: ipv4(fields.sender ?? PEER),
      targetMac: fields.targetMac ?? formatMac(new Uint8Array(6)),
      target: ipv4(fields.target ?? HOST),
    },
    packet,
    0,
  )
  return etherFrame(ethernet.ETHERTYPE_ARP, packet, { fromMac: senderMac, toMac: fields.toMac ?? ALL_MAC })
}

/** 0, 1, 2 … modulo 251, so that no two neighbouring units of 8 are the same. */
export function octets(length: number): Uint8Array {
  const filled = new Uint8Array(length)
  for (let i = 0; i < length; i++) filled[i] = i % 251
  return filled
}

/** The fragments of a datagram's payload at the given offsets (in octets; the last goes to the end), as frames. */
export function fragmentFrames(
  payload: Uint8Array,
  cuts: readonly number[],
  fields: DatagramFields = {},
): Uint8Array[] {
  return cuts.map((from, i) => {
    const to = cuts[i + 1] ?? payload.length
    const more = to < payload.length
    return ipFrame(payload.subarray(from, to), { ...fields, fragmentOffset: from, moreFragments: more })
  })
}

/** Puts a frame's IPv4 header right after a change by hand. */
export function resealed(frame: Uint8Array, change: (b: Uint8Array, at: number) => void): Uint8Array {
  const copy = frame.slice()
  const at = ethernet.ETHERNET_HEADER_BYTES
  change(copy, at)
  ip.rewrite(copy, at, ip.totalLength(copy, at), ((copy[at + 6] as number) << 8) | (copy[at + 7] as number))
  return copy
}

export type Received = Readonly<Omit<DatagramMeta, 'targetPort' | 'interfaceIndex'>> & { readonly payload: Uint8Array }

/** A handler that keeps copies of what an endpoint receives. */
export function collector(): { readonly got: Received[]; readonly onDatagram: DatagramHandler } {
  const got: Received[] = []
  return {
    got,
    onDatagram: (b, at, length, { source, sourcePort, target, ttl, linkBroadcast }) =>
      got.push({ source, sourcePort, target, ttl, linkBroadcast, payload: b.slice(at, at + length) }),
  }
}

/** The value of a Result that must have one. */
export function must<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`)
  return result.value
}
