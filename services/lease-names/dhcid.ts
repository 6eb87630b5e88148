/**
 * DHCID rdata (RFC 4701 §3): which client a name belongs to, so that servers that share a zone leave each other's names
 * alone (RFC 4703). It is a digest: whoever knows the client can check it, nobody can read the client out of it.
 *
 *   identifier type u16 | digest type u8 (1: SHA-256) | SHA-256 of (identifier, name in canonical wire format)
 */
import { hash } from 'node:crypto'
import { fromHex } from '../../stack/platform/index.ts'
import type { Lease } from '../model/index.ts'

const SHA_256 = 1
/** RFC 4701 §3.3 */
const BY_HARDWARE = 0
const BY_CLIENT_ID = 1
const BY_DUID = 2
/** RFC 4361 §6.1: 255, IAID of four octets, DUID. */
const NODE_SPECIFIC = 0xff
const DUID_AT = 5

/** The rdata in base 64, as zone files write it, for the client of a lease under this full name (no last dot). */
export function dhcidOf(lease: Pick<Lease, 'hardwareType' | 'mac' | 'clientId'>, name: string): string {
  const [type, identifier] = identifierOf(lease)
  const digest = hash('sha256', Buffer.concat([identifier, canonical(name)]), 'buffer')
  return Buffer.concat([Uint8Array.of(type >>> 8, type, SHA_256), digest]).toString('base64')
}

/** RFC 4701 §3.3: a DUID before a client identifier before the hardware address. */
function identifierOf(lease: Pick<Lease, 'hardwareType' | 'mac' | 'clientId'>): readonly [number, Uint8Array] {
  const clientId = lease.clientId === undefined ? undefined : fromHex(lease.clientId)
  if (clientId !== undefined && clientId[0] === NODE_SPECIFIC && clientId.length > DUID_AT) {
    return [BY_DUID, clientId.subarray(DUID_AT)]
  }
  if (clientId !== undefined) return [BY_CLIENT_ID, clientId]
  return [BY_HARDWARE, Uint8Array.of(lease.hardwareType, ...(fromHex(lease.mac) ?? []))]
}

/** RFC 4034 §6.2: labels with their lengths, lower case, not compressed. */
function canonical(name: string): Uint8Array {
  const parts = name.toLowerCase().split('.').map(label => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'))
  return Buffer.concat([...parts, Uint8Array.of(0)])
}
