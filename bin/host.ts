/** SHELL: what the host has already, so that the appliance takes nothing that is in use. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { basename } from 'node:path'
import { contains, type Ipv4, maskOf, overlaps, parseInterfaceAddress, parseIpv4, type Prefix } from '../stack/index.ts'

/** A network that the host is on or routes to, and by which device. */
export type HostNetwork = { readonly prefix: Prefix; readonly device: string }

/** Addresses of the host's devices, and its routes other than the default. */
export function hostNetworks(): readonly HostNetwork[] {
  const networks: HostNetwork[] = []
  for (const [device, addresses] of Object.entries(networkInterfaces()))
    for (const address of addresses ?? []) {
      const parsed = address.family === 'IPv4' && address.cidr !== null ? parseInterfaceAddress(address.cidr) : undefined
      if (parsed !== undefined) networks.push({ prefix: parsed.prefix, device })
    }
  return [...networks, ...hostRoutes()]
}

/** /proc/net/route: hexadecimal fields in host byte order (little-endian on every machine we run on). */
function hostRoutes(): readonly HostNetwork[] {
  if (!existsSync('/proc/net/route')) return []
  const swap = (hex: string): number => Buffer.from(hex, 'hex').readInt32LE(0)
  return readFileSync('/proc/net/route', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter((fields) => fields.length > 7 && fields[7] !== '00000000')
    .map(([device, network, , , , , , mask]) => ({
      prefix: { network: swap(network as string), length: 32 - Math.clz32(~swap(mask as string)) === 32 ? 0 : Math.clz32(~swap(mask as string)) },
      device: device as string,
    }))
}

/** The network that `wanted` would collide with, if any; those on `except` are our own. */
export const takenBy = (wanted: Prefix, networks: readonly HostNetwork[], except: readonly string[]): HostNetwork | undefined =>
  networks.find((network) => !except.includes(network.device) && overlaps(network.prefix, wanted))

/** A private block of the same length that the host does not use: 10.53.0.0, 10.54.0.0, … then 172.29.0.0, 192.168.53.0. */
export function freePrefix(length: number, networks: readonly HostNetwork[], except: readonly string[]): Prefix | undefined {
  const candidates: number[] = []
  for (let second = 53; second < 256; second++) candidates.push((10 << 24) | (second << 16))
  candidates.push((172 << 24) | (29 << 16), (192 << 24) | (168 << 16) | (53 << 8))
  return candidates
    .map((network) => ({ network: network & maskOf(length), length }))
    .find((prefix) => takenBy(prefix, networks, except) === undefined)
}

/** "taproot0" → "taproot1": the first name of that kind that no device has. */
export function freeDeviceName(name: string): string {
  const stem = name.replace(/\d+$/, '').slice(0, 13)
  for (let i = 0; ; i++) if (!deviceExists(`${stem}${i}`)) return `${stem}${i}`
}

export const deviceExists = (name: string): boolean => existsSync(`/sys/class/net/${name}`)
/** The bridge, or other device, that a device is a port of. */
export function bridgeOf(name: string): string | undefined {
  try {
    return basename(readlinkSync(`/sys/class/net/${name}/master`))
  } catch {
    return undefined // it is a port of none
  }
}
/** Octets of layer 3 that a device carries, by /sys. */
export const deviceMtu = (name: string): number => Number(readFileSync(`/sys/class/net/${name}/mtu`, 'utf8'))
/** A TAP (not TUN) device: IFF_TAP is 0x0002 in its flags. */
export function isTapDevice(name: string): boolean {
  const file = `/sys/class/net/${name}/tun_flags`
  return existsSync(file) && (Number(readFileSync(file, 'utf8').trim()) & 0x0002) !== 0
}

/** The nameservers in resolv.conf that are no address of ours. */
export function hostNameservers(own: Prefix, file = '/etc/resolv.conf'): readonly Ipv4[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1])
    .map((text) => (text === undefined ? undefined : parseIpv4(text)))
    .filter((address) => address !== undefined)
    .filter((address) => !contains(own, address))
}
