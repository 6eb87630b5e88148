/**
 * Servers that questions are forwarded to, and the text that people write for one:
 *
 *   192.0.2.1  192.0.2.1:5353                              plain DNS over UDP and TCP
 *   tls://192.0.2.1  tls://192.0.2.1:8853#dns.example      DNS over TLS (RFC 7858)
 *   tls://192.0.2.1#dns.example,pin-sha256=BASE64
 *   https://dns.example/dns-query#192.0.2.1                DNS over HTTPS (RFC 8484)
 *   https://192.0.2.1/dns-query                            with a certificate for the address
 *
 * What stands behind "#" says who is meant: by TLS the name that its certificate must be for, by HTTPS the address of the
 * name; and a pin, the SHA-256 of its public key (RFC 7858 §4.2). By TLS without name and pin it need not prove
 * anything (RFC 8310 §5, opportunistic privacy); by HTTPS it always must.
 */
import { formatIpv4, type Ipv4, isUnicast, parseIpv4 } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'

export type ForwardServer = {
  readonly by: 'plain' | 'tls' | 'https'
  readonly address: Ipv4
  readonly port: number
  /** Host name or, by HTTPS, address that its certificate must be for; undefined: it need not be for any. */
  readonly name: string | undefined
  /** SHA-256 of its public key in base64. */
  readonly pin: string | undefined
  /** By HTTPS, with the slash: "/dns-query". */
  readonly path: string | undefined
}

export const PORTS = { plain: 53, tls: 853, https: 443 } as const

const SHA256_OCTETS = 32
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/
const PIN = 'pin-sha256='
const LONGEST_PATH = 200

/** The server that a text names; otherwise what would be right. */
export function parseForwardServer(text: string): Result<ForwardServer, string> {
  const [, scheme, rest = text] = /^([a-z]+):\/\/(.*)$/i.exec(text) ?? []
  const [where = '', said, ...more] = rest.split('#')
  if (more.length > 0) return err('one "#" at most')
  const words = said === undefined ? [] : said.split(',')
  switch (scheme?.toLowerCase()) {
    case undefined:
      return said === undefined ? endpoint(where, 'plain') : err('a name or a pin needs tls:// in front')
    case 'tls':
      return overTls(where, words)
    case 'https':
      return overHttps(where, words)
    default:
      return err('ADDRESS[:PORT], tls://ADDRESS[:PORT]#NAME or https://NAME/dns-query#ADDRESS')
  }
}

function overTls(where: string, words: readonly string[]): Result<ForwardServer, string> {
  const server = endpoint(where, 'tls')
  if (!server.ok) return server
  const pin = pinOf(words)
  if (!pin.ok) return pin
  const [name, more] = words.filter((word) => !word.startsWith(PIN)).map((word) => word.toLowerCase().replace(/\.$/, ''))
  if (more !== undefined) return err('one name behind the "#"')
  if (name !== undefined && !HOST_NAME.test(name)) return err('the name that its certificate is for behind the "#", as tls://192.0.2.1#dns.example')
  return ok({ ...server.value, name, pin: pin.value })
}

function overHttps(where: string, words: readonly string[]): Result<ForwardServer, string> {
  const [, host = '', port, path = '/dns-query'] = /^([^/:]*)(:\d{1,5})?(\/.*)?$/.exec(where) ?? []
  const name = host.toLowerCase().replace(/\.$/, '')
  const pin = pinOf(words)
  if (!pin.ok) return pin
  const [given, more] = words.filter((word) => !word.startsWith(PIN))
  const own = parseIpv4(name)
  const address = own === undefined ? given : name
  if (own === undefined && !HOST_NAME.test(name)) return err('as https://dns.example/dns-query#192.0.2.1')
  if (address === undefined || more !== undefined || (own !== undefined && given !== undefined)) {
    return err('the address of the server behind the "#", as https://dns.example/dns-query#192.0.2.1')
  }
  const plainPath = path.replace(/\{\?dns\}$/, '')
  if (!/^\/[!-~]*$/.test(plainPath) || plainPath.length > LONGEST_PATH || /[{}?]/.test(plainPath)) {
    return err(`a path of ${LONGEST_PATH} characters at most without "?", as /dns-query`)
  }
  const server = endpoint(`${address}${port ?? ''}`, 'https')
  return server.ok ? ok({ ...server.value, name, pin: pin.value, path: plainPath }) : server
}

function endpoint(text: string, by: ForwardServer['by']): Result<ForwardServer, string> {
  const [, host = '', digits] = /^([^:]*)(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = parseIpv4(host)
  const port = digits === undefined ? PORTS[by] : Number(digits)
  if (address === undefined || !isUnicast(address)) return err('the IPv4 address of one host, as 192.0.2.1')
  if (port < 1 || port > 65_535) return err('a port from 1 to 65535')
  return ok({ by, address, port, name: undefined, pin: undefined, path: undefined })
}

function pinOf(words: readonly string[]): Result<string | undefined, string> {
  const [word, more] = words.filter((each) => each.startsWith(PIN))
  if (more !== undefined) return err('one pin')
  const pin = word?.slice(PIN.length)
  if (pin === undefined) return ok(undefined)
  const octets = Buffer.from(pin, 'base64')
  return octets.length === SHA256_OCTETS && octets.toString('base64') === pin
    ? ok(pin)
    : err('behind pin-sha256= what "openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64" prints')
}

/** The shortest text for it: parseForwardServer reads it back. */
export function formatForwardServer({ by, address, port, name, pin, path }: ForwardServer): string {
  const at = port === PORTS[by] ? '' : `:${port}`
  const text = formatIpv4(address)
  const pins = pin === undefined ? [] : [`${PIN}${pin}`]
  if (by === 'plain') return `${text}${at}`
  const words = by === 'tls' ? [...(name === undefined ? [] : [name]), ...pins] : [...(name === text ? [] : [text]), ...pins]
  const said = words.length === 0 ? '' : `#${words.join(',')}`
  return by === 'tls' ? `tls://${text}${at}${said}` : `https://${name ?? text}${at}${path ?? ''}${said}`
}
