/**
 * What is wrong with an interface among the others, with the field to look at. A pure function: commands and the start-up
 * ask the same one.
 */
import {
  compareIpv4, formatIpv4, formatPrefix, type InterfaceAddress, isLoopback, isUnicast, lastOf, overlaps, parseMac,
  SOCKET_PATH_BYTES,
} from '../../stack/index.ts'
import { type NetworkInterface, type Refusal, refusal } from '../model/index.ts'

/** Each is a device, a receive ring and a share of every route look-up. */
export const INTERFACE_LIMIT = 64
/** Every datagram's target is compared with all of them. */
export const ADDRESS_LIMIT = 32
/** Each is looked at for every ARP request. */
export const PROXY_RANGE_LIMIT = 64
/** What RFC 791 lets every host expect, and what a link of Ethernet carries. */
const LEAST_MTU = 576
const MOST_MTU = 1500

const invalid = (field: string, problem: string, remedy: string): Refusal => refusal('invalid', field, problem, remedy)
const conflict = (field: string, problem: string, remedy: string): Refusal =>
  refusal('conflict', field, problem, remedy)

export const addressText = ({ address, prefix }: InterfaceAddress): string => `${formatIpv4(address)}/${prefix.length}`

/** `others` are those that are there besides, the first one included. */
export const checkInterface = (i: NetworkInterface, others: readonly NetworkInterface[]): Refusal | undefined =>
  checkName(i, others) ?? checkMac(i) ?? checkAddresses(i, others) ?? checkProperties(i) ?? checkMedium(i, others)

function checkName({ name, mtu }: NetworkInterface, others: readonly NetworkInterface[]): Refusal | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(name)) {
    return invalid('/name', `"${name}" is no name of a device`, '1 to 15 letters, digits, ".", "_" or "-", as lab1')
  }
  if (others.some((other) => other.name === name)) {
    return conflict('/name', `there is an interface "${name}" already`, 'choose another name, or change that one')
  }
  if (others.length >= INTERFACE_LIMIT) {
    return conflict('', `there are ${others.length} interfaces, the most that there can be`, 'remove one first')
  }
  if (mtu < LEAST_MTU || mtu > MOST_MTU) return invalid('/mtu', `${mtu} is no MTU`, `${LEAST_MTU} to ${MOST_MTU} octets`)
  return undefined
}

function checkMac(i: NetworkInterface): Refusal | undefined {
  for (const [field, text] of [['/mac', i.mac], ['/peerMac', i.peerMac]] as const) {
    if (text === undefined) continue
    const octets = parseMac(text)
    if (octets === undefined || ((octets[0] as number) & 1) === 1) {
      const remedy = 'six pairs, the first one even, as 02:00:0a:36:00:02'
      return invalid(field, `"${text}" is no hardware address of a single station`, remedy)
    }
  }
  if (i.mac === i.peerMac) return conflict('/peerMac', 'it is our own hardware address', "give the other station's")
  if (i.addressing === 'dhcp' && i.peerMac !== undefined) {
    return conflict('/addressing', 'a link without ARP has no DHCP', "'static', or leave peerMac out")
  }
  return undefined
}

function checkAddresses(i: NetworkInterface, others: readonly NetworkInterface[]): Refusal | undefined {
  const { addresses } = i
  if (addresses.length > ADDRESS_LIMIT) {
    return invalid('/addresses', `${addresses.length} are too many`, `at most ${ADDRESS_LIMIT}`)
  }
  for (const [n, own] of addresses.entries()) {
    const wrong = checkAddress(own, `/addresses/${n}`, addresses.slice(0, n), others)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function checkAddress(
  own: InterfaceAddress, field: string, earlier: readonly InterfaceAddress[], others: readonly NetworkInterface[],
): Refusal | undefined {
  const text = addressText(own)
  const wrong = hostFault(own)
  if (wrong !== undefined) {
    return invalid(field, `${text}: ${wrong}`, "a host's address with the length of its prefix, as 10.54.0.2/24")
  }
  if (earlier.some((other) => other.address === own.address)) return conflict(field, `${text} is given twice`, 'give it once')
  for (const other of others) {
    const taken = other.addresses.find(({ prefix }) => overlaps(prefix, own.prefix))
    if (taken === undefined) continue
    return conflict(field, `${text} overlaps ${addressText(taken)} of ${other.name}`, 'a block that no other interface has')
  }
  return undefined
}

/** Why an address cannot be a host's; /31 (RFC 3021) and /32 have no address of the network and of broadcast. */
function hostFault({ address, prefix }: InterfaceAddress): string | undefined {
  if (!isUnicast(address) || isLoopback(address)) return 'no host can have this address'
  if (prefix.length === 0) return 'everything would be on this link'
  if (prefix.length >= 31) return undefined
  if (address === prefix.network) return `it is the address of the network ${formatPrefix(prefix)}`
  return address === lastOf(prefix) ? `it is the broadcast address of ${formatPrefix(prefix)}` : undefined
}

function checkProperties({ addresses, impairment, proxyArp, routerDiscovery }: NetworkInterface): Refusal | undefined {
  if (typeof proxyArp !== 'string' && proxyArp.length === 0) {
    const remedy = "blocks to answer for, as 10.60.0.0/24; or proxyArp 'off' or 'routed'"
    return invalid('/proxyArpRanges', 'no range is given', remedy)
  }
  if (typeof proxyArp !== 'string' && proxyArp.length > PROXY_RANGE_LIMIT) {
    return invalid('/proxyArpRanges', `${proxyArp.length} are too many`, `at most ${PROXY_RANGE_LIMIT}`)
  }
  if (routerDiscovery === 'advertise' && addresses.length === 0) {
    return conflict('/routerDiscovery', 'there is no address to advertise', 'give the interface an address first')
  }
  for (const name of ['loss', 'duplication', 'reordering', 'corruption'] as const) {
    const chance = impairment?.[name] ?? 0
    if (chance >= 0 && chance <= 1) continue
    const remedy = 'a number from 0 to 1, as 0.01 for one frame in a hundred'
    return invalid(`/impairment/${name}`, `${chance} is no chance`, remedy)
  }
  return undefined
}

function checkMedium(i: NetworkInterface, others: readonly NetworkInterface[]): Refusal | undefined {
  const { medium } = i
  if (medium.kind === 'tap') return checkHostEnd(i, medium.hostEnd.address)
  const { socket } = medium
  const octets = Buffer.byteLength(socket)
  if (!socket.startsWith('/')) {
    const remedy = 'the whole path of a unix socket, as /run/taproot/lab1.sock'
    return invalid('/socket', `"${socket}" does not begin at the root`, remedy)
  }
  if (socket.includes('\0')) return invalid('/socket', 'it has an octet of zero in it', 'a path')
  if (octets > SOCKET_PATH_BYTES) {
    return invalid('/socket', `a path of ${octets} octets is too long`, `at most ${SOCKET_PATH_BYTES} octets`)
  }
  const taken = others.find((other) => other.medium.kind === 'qemu' && other.medium.socket === socket)
  return taken === undefined ? undefined : conflict('/socket', `${taken.name} listens there already`, 'a path of its own')
}

function checkHostEnd({ addresses }: NetworkInterface, host: InterfaceAddress | undefined): Refusal | undefined {
  if (host === undefined) return undefined
  const field = '/hostEnd/address'
  const text = addressText(host)
  const wrong = hostFault(host)
  if (wrong !== undefined) return invalid(field, `${text}: ${wrong}`, "a host's address with the length of its prefix")
  if (addresses.some((own) => own.address === host.address)) {
    return conflict(field, `${text} is our own address on this link`, 'an address of its own for each end')
  }
  const isShared = addresses.some(
    ({ prefix }) => prefix.length === host.prefix.length && compareIpv4(prefix.network, host.prefix.network) === 0,
  )
  if (isShared) return undefined
  const blocks = addresses.map(({ prefix }) => formatPrefix(prefix)).join(' or ')
  return conflict(field, `${text} lies in no block of this interface`, `an address of ${blocks || 'a block that it has'}`)
}
