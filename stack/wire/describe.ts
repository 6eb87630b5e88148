/** One line of text for any frame, for logs and failing tests. Takes any octets. */
import { formatIpv4 } from '../address/ipv4.ts'
import * as arp from './arp.ts'
import * as ethernet from './ethernet.ts'
import * as icmp from './icmp.ts'
import * as ip from './ipv4.ts'
import * as tcp from './tcp.ts'
import * as udp from './udp.ts'

export function describeFrame(b: Uint8Array, at = 0, length = b.length - at): string {
  const frame = ethernet.parse(b, at, at + length)
  if (!frame.ok) return `Ethernet: ${frame.error}, ${length} octets`
  const { source, destination, type } = frame.value
  const head = `${source} > ${destination}`
  const payload = at + ethernet.ETHERNET_HEADER_BYTES
  if (type === ethernet.ETHERTYPE_ARP) return `${head} ${describeArp(b, payload, at + length)}`
  if (type === ethernet.ETHERTYPE_IPV4) return `${head} ${describeDatagram(b, payload, at + length)}`
  return `${head} type 0x${type.toString(16).padStart(4, '0')}, ${length} octets`
}

function describeArp(b: Uint8Array, at: number, end: number): string {
  const packet = arp.parse(b, at, end)
  if (!packet.ok) return `ARP: ${packet.error}`
  const { operation, sender, senderMac, target } = packet.value
  if (operation === arp.ARP_REPLY) return `ARP ${formatIpv4(sender)} is at ${senderMac}`
  if (sender === 0) return `ARP probe for ${formatIpv4(target)}`
  if (sender === target) return `ARP announcement of ${formatIpv4(target)}`
  return `ARP who has ${formatIpv4(target)}? tell ${formatIpv4(sender)}`
}

/** One line for an IPv4 datagram without a frame around it. */
export function describeDatagram(b: Uint8Array, at: number, end: number): string {
  const header = ip.parse(b, at, end)
  if (!header.ok) return `IPv4: ${header.error}`
  const h = header.value
  const from = formatIpv4(h.source)
  const to = formatIpv4(h.target)
  const body = at + ip.IPV4_HEADER_BYTES + h.options.length
  const bodyEnd = body + h.payloadLength
  if (h.moreFragments || h.fragmentOffset > 0) {
    const piece = `${h.payloadLength}@${h.fragmentOffset}${h.moreFragments ? '+' : ''}`
    return `${from} > ${to} fragment of ${h.identification}, protocol ${h.protocol}: ${piece}`
  }
  if (h.protocol === ip.PROTOCOL_UDP) {
    const u = udp.parse(b, body, bodyEnd, h.source, h.target)
    if (!u.ok) return `${from} > ${to} UDP: ${u.error}`
    return `${from}:${u.value.sourcePort} > ${to}:${u.value.targetPort} UDP ${u.value.payloadLength}`
  }
  if (h.protocol === ip.PROTOCOL_TCP) {
    const t = tcp.parse(b, body, bodyEnd, h.source, h.target)
    if (!t.ok) return `${from} > ${to} TCP: ${t.error}`
    return `${from}:${t.value.sourcePort} > ${to}:${t.value.targetPort} TCP ${describeSegment(t.value)}`
  }
  if (h.protocol === ip.PROTOCOL_ICMP) {
    const m = icmp.parse(b, body, bodyEnd)
    if (!m.ok) return `${from} > ${to} ICMP: ${m.error}`
    return `${from} > ${to} ${nameIcmp(m.value.type, m.value.code)} ${m.value.body.length}`
  }
  return `${from} > ${to} protocol ${h.protocol} ${h.payloadLength}`
}

const FLAG_LETTERS = [
  [tcp.SYN, 'S'], [tcp.FIN, 'F'], [tcp.RST, 'R'], [tcp.PSH, 'P'], [tcp.URG, 'U'], [tcp.ACK, '.'],
] as const

function describeSegment(h: tcp.TcpHeader): string {
  const letters = FLAG_LETTERS.map(([flag, letter]) => ((h.flags & flag) !== 0 ? letter : '')).join('')
  const ack = (h.flags & tcp.ACK) !== 0 ? ` ack ${h.acknowledgment}` : ''
  return `[${letters}] seq ${h.sequence}${ack} win ${h.window} ${h.payloadLength}`
}

const UNREACHABLE = ['net', 'host', 'protocol', 'port', 'fragmentation needed'] as const

function nameIcmp(type: number, code: number): string {
  switch (type) {
    case icmp.ECHO_REQUEST: return 'echo request'
    case icmp.ECHO_REPLY: return 'echo reply'
    case icmp.DESTINATION_UNREACHABLE: return `unreachable (${UNREACHABLE[code] ?? code})`
    case icmp.TIME_EXCEEDED: return `time exceeded (${code})`
    case icmp.PARAMETER_PROBLEM: return 'parameter problem'
    default: return `ICMP type ${type} code ${code}`
  }
}
