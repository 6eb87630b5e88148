/**
 * ARP for Ethernet and IPv4 (RFC 826).
 *    0        2        4     5     6        8              14           18             24           28
 *   | hrd 1  | pro 800 | hln | pln | op     | sender MAC   | sender IP  | target MAC   | target IP  |
 */
import { formatMac, parseMac } from '../address/mac.ts'
import type { Mac } from '../address/mac.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import { assert, err, i32, ok, put16, put32, u16 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'

export const ARP_BYTES = 28
export const ARP_REQUEST = 1
export const ARP_REPLY = 2

export const operation = (b: Uint8Array, at: number): number => u16(b, at + 6)
/** Offset of the sender's hardware address within the packet. */
export const SENDER_MAC = 8
export const senderAddress = (b: Uint8Array, at: number): Ipv4 => i32(b, at + 14)
/** Offset of the target's hardware address within the packet. */
export const TARGET_MAC = 18
export const targetAddress = (b: Uint8Array, at: number): Ipv4 => i32(b, at + 24)

export type ArpFault = 'truncated' | 'hardware-type' | 'protocol-type' | 'address-length' | 'operation'

/** After `undefined` every accessor is safe for the same packet. Octets after the 28 are padding. */
export function check(b: Uint8Array, at: number, end: number): ArpFault | undefined {
  if (end - at < ARP_BYTES) return 'truncated'
  if (u16(b, at) !== 1) return 'hardware-type'
  if (u16(b, at + 2) !== 0x0800) return 'protocol-type'
  if (b[at + 4] !== 6 || b[at + 5] !== 4) return 'address-length'
  const op = operation(b, at)
  return op === ARP_REQUEST || op === ARP_REPLY ? undefined : 'operation'
}

export type ArpPacket = {
  readonly operation: number
  readonly senderMac: Mac
  readonly sender: Ipv4
  readonly targetMac: Mac
  readonly target: Ipv4
}

export function parse(b: Uint8Array, at: number, end: number): Result<ArpPacket, ArpFault> {
  const fault = check(b, at, end)
  if (fault !== undefined) return err(fault)
  return ok({
    operation: operation(b, at),
    senderMac: formatMac(b, at + SENDER_MAC),
    sender: senderAddress(b, at),
    targetMac: formatMac(b, at + TARGET_MAC),
    target: targetAddress(b, at),
  })
}

/** Writes the 28 octets at `at`. The addresses must be well formed. */
export function emit(packet: ArpPacket, b: Uint8Array, at: number): void {
  const senderMac = parseMac(packet.senderMac)
  const targetMac = parseMac(packet.targetMac)
  assert(senderMac !== undefined && targetMac !== undefined, 'an ARP packet has two hardware addresses')
  write(b, at, packet.operation, senderMac, packet.sender, targetMac, packet.target)
}

/** As emit, from octets. */
export function write(
  b: Uint8Array,
  at: number,
  op: number,
  senderMac: Uint8Array,
  sender: Ipv4,
  targetMac: Uint8Array,
  target: Ipv4,
): void {
  put16(b, at, 1)
  put16(b, at + 2, 0x0800)
  b[at + 4] = 6
  b[at + 5] = 4
  put16(b, at + 6, op)
  b.set(senderMac, at + SENDER_MAC)
  put32(b, at + 14, sender)
  b.set(targetMac, at + TARGET_MAC)
  put32(b, at + 24, target)
}
