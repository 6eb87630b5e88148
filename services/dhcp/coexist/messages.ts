/** The DISCOVER of a search, and what other servers' messages say (RFC 2131 §2, §4.3.1). */
import { i32, u32 } from '../../../stack/platform/index.ts'
import { formatMac, type Ipv4 } from '../../../stack/index.ts'
import {
  BOOT_REPLY, BOOT_REQUEST, BROADCAST_FLAG, emitMessage, ETHERNET, MESSAGE_TYPES, messageTypeCode, parseMessage,
} from '../wire/message.ts'
import { CHADDR_BYTES, FILE_BYTES, SNAME_BYTES } from '../wire/layout.ts'
import type { RawOptions } from '../wire/options.ts'
import type { Sign } from './sightings.ts'

/** Type 0 (RFC 2132 §9.14: no hardware address) and a text, so that no server takes us for one of its clients. */
const CLIENT_ID = Uint8Array.from('\0taproot-search', c => c.charCodeAt(0))
/** What tells most about a server: mask, routers, name servers, lease time. */
const PARAMETERS = Uint8Array.of(1, 3, 6, 51, 54)

export function emitSearch(xid: number, mac: Uint8Array): Uint8Array {
  const chaddr = new Uint8Array(CHADDR_BYTES)
  chaddr.set(mac)
  return emitMessage({
    op: BOOT_REQUEST, hardwareType: ETHERNET, hardwareLength: 6, hops: 0, xid, secs: 0, flags: BROADCAST_FLAG,
    ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0, chaddr,
    sname: new Uint8Array(SNAME_BYTES), file: new Uint8Array(FILE_BYTES),
    options: new Map([[53, Uint8Array.of(messageTypeCode('DISCOVER'))], [61, CLIENT_ID], [55, PARAMETERS]]),
  })
}

/** Reads what was heard on port 68. Undefined when it is no server's message or names no server. */
export function readSign(
  bytes: Uint8Array, interfaceName: string, searchXid: number | undefined, mac: string,
): Sign | undefined {
  const parsed = parseMessage(bytes)
  if (!parsed.ok || parsed.value.op !== BOOT_REPLY) return undefined
  const { options, xid, yiaddr, chaddr } = parsed.value
  const message = MESSAGE_TYPES[(options.get(53)?.[0] ?? 0) - 1]
  const server = addresses(options, 54)[0]
  if (server === undefined || (message !== 'OFFER' && message !== 'ACK' && message !== 'NAK')) return undefined
  const client = formatMac(chaddr)
  const lease = options.get(51)
  return {
    interfaceName, server, message, client,
    kind: xid === searchXid && client === mac ? 'answered-our-search' : 'answered-a-client',
    offered: yiaddr === 0 ? undefined : yiaddr,
    routers: addresses(options, 3), nameServers: addresses(options, 6),
    leaseSeconds: lease?.length === 4 ? u32(lease, 0) : undefined,
  }
}

/** Enough to know a server by. */
const MAX_ADDRESSES = 4

function addresses(options: RawOptions, code: number): readonly Ipv4[] {
  const octets = options.get(code) ?? new Uint8Array(0)
  const count = Math.min(MAX_ADDRESSES, Math.floor(octets.length / 4))
  return Array.from({ length: count }, (_, i) => i32(octets, 4 * i))
}
