/**
 * The Host header as a defence against DNS rebinding: a web page whose name was made to point at this machine still
 * sends its own name. So a request must name this machine by a loopback name, by the address it came to, or by a
 * name from the settings.
 */
import { isLoopback, parseIpv4 } from '../../stack/index.ts'

/** "name", "name:8053", "[::1]:8053" → the name, lower case; undefined when it is none of these. */
export function hostName(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(?::\d{1,5})?$/i.exec(header)
  return match?.[1]?.toLowerCase()
}

/** IPv6 sockets show IPv4 peers as ::ffff:127.0.0.1. */
const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address)

/** Whether a request with this Host, which came to `localAddress`, is meant for us. */
export function isOwnHost(
  header: string | undefined,
  localAddress: string | undefined,
  allowed: ReadonlySet<string>,
): boolean {
  const name = header === undefined ? undefined : hostName(header)
  if (name === undefined) return false
  if (name === 'localhost' || name === '[::1]' || allowed.has(name)) return true
  const address = parseIpv4(name)
  if (address !== undefined && isLoopback(address)) return true
  if (localAddress === undefined) return false
  const own = plain(localAddress)
  return name === own || name === `[${own}]`
}
