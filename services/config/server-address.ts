/** "10.0.0.1" or "10.0.0.1:5353": where a server is, or where we listen. */
import { formatIpv4, type Ipv4, parseIpv4 } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'

export type ServerAddress = { readonly address: Ipv4; readonly port: number }

/** The error says what would be right. */
export function parseServer(text: string, defaultPort: number): Result<ServerAddress, string> {
  const [host, portText, more] = text.split(':')
  const address = parseIpv4(host ?? '')
  const port = portText === undefined ? defaultPort : /^\d{1,5}$/.test(portText) ? Number(portText) : -1
  if (address === undefined || more !== undefined || port < 1 || port > 65_535)
    return err(`an IPv4 address with an optional port from 1 to 65535, as 10.0.0.1:${defaultPort}`)
  return ok({ address, port })
}

export const formatServer = (s: ServerAddress): string => `${formatIpv4(s.address)}:${s.port}`
