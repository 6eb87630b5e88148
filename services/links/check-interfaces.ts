/**
 * What is wrong with an interface among the others, with the field to look at. A pure function: commands and the start-up
 * ask the same one.
 */
import { compareIpv4, formatIpv4, formatPrefix, type InterfaceAddress, isUnicast, lastOf, overlaps, parseMac, SOCKET_PATH_BYTES } from '../../stack/index.ts'
import { type NetworkInterface, type Refusal, refusal } from '../model/index.ts'

/** Each is a device, a receive ring and a share of every route look-up. */
export const INTERFACE_LIMIT = 64
/** Every datagram's target is compared with all of them. */
export const ADDRESS_LIMIT = 32
/** Each is looked at for every ARP request. */
export const PROXY_RANGE_LIMIT = 64
/** What RFC 791 lets every host expect, and what a slot of the TAP device's ring holds. */
const LEAST_MTU = 576
const MOST_MTU = 1500

const invalid = (field: string, problem: string, remedy: string): Refusal => refusal('invalid', field, problem, remedy)
const conflict = (field: string, problem: string, remedy: string): Refusal => refusal('conflict', field, problem, remedy)

export const addressText = ({ address, prefix }: InterfaceAddress): string => `${formatIpv4(address)}/${prefix.length}`

/** `others` are those that are there besides, the first one included. */
export function checkInterface(i: NetworkInterface, others: readonly NetworkInterface[]): Refusal | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(i.name))
    return invalid('/name', `"${i.name}" is no name of a device`, '1 to 15 letters, digits, ".", "_" or "-", as lab1')
  if (others.some((other) => other.name === i.name)) return conflict('/name', `there is an interface "${i.name}" already`, 'choose another name, or change that one')
  if (others.length >= INTERFACE_LIMIT) return conflict('', `there are ${others.length} interfaces, the most that there can be`, 'remove one first')
  if (i.mtu < LEAST_MTU || i.mtu > MOST_MTU) return invalid('/mtu', `${i.mtu} is no MTU`, `${LEAST_MTU} to ${MOST_MTU} octets`)
  if (i.addressing === 'dhcp' && i.peerMac !== undefined) return conflict('/addressing', 'a link without ARP has no DHCP', "'static', or leave peerMac out")
  return checkMac(i) ?? checkAddresses(i, others) ?? checkProperties(i) ?? checkMedium(i, others)
}

function checkMac(i: NetworkInterface): Refusal | undefined {
  for (const [field, text] of [['/mac', i.mac], ['/peerMac', i.peerMac]] as const) {
    if (text === undefined) continue
    const octets = parseMac(text)
    if (octets === undefined || ((octets[0] as number) & 1) === 1)
      return invalid(field, `"${text}" is no hardware address of a single station`, 'six pairs, the first one even, as 02:00:0a:36:00:02')
  }
  return i.mac === i.peerMac ? conflict('/peerMac', 'it is our own hardware address', "give the other station's") : undefined
}

function checkAddresses(i: NetworkInterface, others: readonly NetworkInterface[]): Refusal | undefined {
  if (i.addresses.length > ADDRESS_LIMIT) return invalid('/addresses', `${i.addresses.length} are too many`, `at most ${ADDRESS_LIMIT}`)
  for (const [n, own] of i.addresses.entries()) {
    const field = `/addresses/${n}`
    const text = addressText(own)
    const wrong = hostFault(own)
    if (wrong !== undefined) return invalid(field, `${text}: ${wrong}`, "a host's address with the length of its prefix, as 10.54.0.2/24")
    if (i.addresses.slice(0, n).some((other) => other.address === own.address)) return conflict(field, `${text} is given twice`, 'give it once')
    for (const other of others) {
      const taken = other.addresses.find(({ prefix }) => overlaps(prefix, own.prefix))
      if (taken !== undefined) return conflict(field, `${text} overlaps ${addressText(taken)} of ${other.name}`, 'a block that no other interface has')
    }
  }
  return undefined
}

/** Why an address cannot be a host's; /31 (RFC 3021) and /32 have no address of the network and of broadcast. */
function hostFault({ address, prefix }: InterfaceAddress): string | undefined {
  if (!isUnicast(address) || address >>> 24 === 127) return 'no host can have this address'
  if (prefix.length === 0) return 'everything would be on this link'
  if (prefix.length >= 31) return undefined
  if (address === prefix.network) return `it is the address of the network ${formatPrefix(prefix)}`
  return address === lastOf(prefix) ? `it is the broadcast address of ${formatPrefix(prefix)}` : undefined
}

function checkProperties(i: NetworkInterface): Refusal | undefined {
  if (typeof i.proxyArp !== 'string') {
    if (i.proxyArp.length === 0) return invalid('/proxyArpRanges', 'no range is given', "blocks to answer for, as 10.60.0.0/24; or proxyArp 'off' or 'routed'")
    if (i.proxyArp.length > PROXY_RANGE_LIMIT) return invalid('/proxyArpRanges', `${i.proxyArp.length} are too many`, `at most ${PROXY_RANGE_LIMIT}`)
  }
  if (i.routerDiscovery === 'advertise' && i.addresses.length === 0)
    return conflict('/routerDiscovery', 'there is no address to advertise', 'give the interface an address first')
  const fate = i.impairment
  for (const name of ['loss', 'duplication', 'reordering', 'corruption'] as const) {
    const chance = fate?.[name] ?? 0
    if (!(chance >= 0 && chance <= 1)) return invalid(`/impairment/${name}`, `${chance} is no chance`, 'a number from 0 to 1, as 0.01 for one frame in a hundred')
  }
  return undefined
}

function checkMedium(i: NetworkInterface, others: readonly NetworkInterface[]): Refusal | undefined {
  const { medium } = i
  if (medium.kind === 'tap') return checkHostEnd(i)
  const { socket } = medium
  if (!socket.startsWith('/')) return invalid('/socket', `"${socket}" does not begin at the root`, 'the whole path of a unix socket, as /run/taproot/lab1.sock')
  if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES || socket.includes('\0'))
    return invalid('/socket', `a path of ${Buffer.byteLength(socket)} octets is too long`, `at most ${SOCKET_PATH_BYTES} octets`)
  const taken = others.find((other) => other.medium.kind === 'qemu' && other.medium.socket === socket)
  return taken === undefined ? undefined : conflict('/socket', `${taken.name} listens there already`, 'a path of its own')
}

function checkHostEnd(i: NetworkInterface): Refusal | undefined {
  const host = i.medium.kind === 'tap' ? i.medium.hostEnd.address : undefined
  if (host === undefined) return undefined
  const text = addressText(host)
  const wrong = hostFault(host)
  if (wrong !== undefined) return invalid('/hostEnd/address', `${text}: ${wrong}`, "a host's address with the length of its prefix")
  if (i.addresses.some((own) => own.address === host.address)) return conflict('/hostEnd/address', `${text} is our own address on this link`, 'an address of its own for each end')
  const shared = i.addresses.some((own) => own.prefix.length === host.prefix.length && compareIpv4(own.prefix.network, host.prefix.network) === 0)
  return shared ? undefined : conflict('/hostEnd/address', `${text} lies in no block of this interface`, `an address of ${i.addresses.map(({ prefix }) => formatPrefix(prefix)).join(' or ') || 'a block that the interface has'}`)
}
