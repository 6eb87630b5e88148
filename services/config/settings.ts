/**
 * The settings of the program: one table. A setting comes from a flag, else from the environment, else from the YAML
 * file, else it has a default. Every value goes through the same check, whatever it came from; a refusal names the
 * setting, the value and what would be right.
 */
import {
  compareIpv4,
  contains,
  formatIpv4,
  formatMac,
  formatPrefix,
  type InterfaceAddress,
  type Ipv4,
  lastOf,
  parseInterfaceAddress,
  parseIpv4,
  parseMac,
  parsePrefix,
  type Prefix,
  SOCKET_PATH_BYTES,
} from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { type ForwardServer, parseForwardServer, QUERY_LOG_MODES } from '../model/index.ts'
import { parseServer } from './server-address.ts'

export type AddressRange = { readonly first: Ipv4; readonly last: Ipv4 }

/** A text, or why it is not right (what would be). */
type Parse<T> = (text: string) => Result<T, string>
export type SettingRow<T> = {
  readonly flag: string
  readonly env: string
  /** Path in the YAML file. */
  readonly yaml: string
  readonly parse: Parse<T>
  /** undefined: derived from other settings; see `complete`. */
  readonly initial: string | undefined
  readonly help: string
}

const row = <T>(name: string, yaml: string, initial: string | undefined, parse: Parse<T>, help: string): SettingRow<T> => ({
  flag: `--${name}`,
  env: `TAPROOT_${name.toUpperCase().replaceAll('-', '_')}`,
  yaml,
  parse,
  initial,
  help,
})

const oneOf =
  <const T extends string>(...values: readonly T[]): Parse<T> =>
  (text) =>
    values.includes(text as T) ? ok(text as T) : err(`one of ${values.join(', ')}`)

const whole =
  (least: number, most: number, unit: string): Parse<number> =>
  (text) =>
    /^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most
      ? ok(Number(text))
      : err(`a whole number of ${unit} from ${least} to ${most}`)

const orNone =
  <T>(parse: Parse<T>): Parse<T | undefined> =>
  (text) =>
    text === 'none' ? ok(undefined) : withNone(parse(text))
const withNone = <T>(result: Result<T, string>): Result<T, string> => (result.ok ? result : err(`${result.error}, or none`))

const listOf =
  <T>(parse: Parse<T>, between: RegExp | string = ','): Parse<readonly T[]> =>
  (text) => {
    const values: T[] = []
    for (const part of text.split(between).map((p) => p.trim())) {
      const value = parse(part)
      if (!value.ok) return err(`${value.error}${text.includes(',') ? ` (see "${part}")` : ''}; several are joined by commas`)
      values.push(value.value)
    }
    return ok(values)
  }

const deviceName: Parse<string> = (text) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(text) ? ok(text) : err('a device name of 1 to 15 letters, digits, ".", "_" or "-", as taproot0')

const macAddress: Parse<Uint8Array> = (text) => {
  const mac = parseMac(text)
  return mac !== undefined && ((mac[0] as number) & 1) === 0
    ? ok(mac)
    : err('an Ethernet address of a single station, as 02:00:0a:35:00:02')
}

const interfaceAddress: Parse<InterfaceAddress> = (text) => {
  const parsed = text.includes('/') ? parseInterfaceAddress(text) : undefined
  return parsed !== undefined && parsed.prefix.length >= 8 && parsed.prefix.length <= 30
    ? ok(parsed)
    : err('an IPv4 address with its prefix length from 8 to 30, as 10.53.0.2/24')
}

const address: Parse<Ipv4> = (text) => {
  const parsed = parseIpv4(text)
  return parsed === undefined ? err('an IPv4 address, as 10.53.0.1') : ok(parsed)
}

const range: Parse<AddressRange> = (text) => {
  const [first, last, more] = text.split('-').map((part) => parseIpv4(part.trim()))
  return first !== undefined && last !== undefined && more === undefined && compareIpv4(first, last) <= 0
    ? ok({ first, last })
    : err('a range of addresses, lowest first, as 10.53.0.100-10.53.0.199')
}

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const domainName: Parse<string> = (text) => {
  const name = text.toLowerCase().replace(/\.$/, '')
  return name.length <= 253 && DOMAIN.test(name) ? ok(name) : err('a domain name, as lab.internal')
}

export type ZoneFile = { readonly zone: string; readonly path: string }
const zoneFile: Parse<ZoneFile> = (text) => {
  const equals = text.indexOf('=')
  const zone = equals > 0 ? domainName(text.slice(0, equals)) : undefined
  return zone?.ok === true && equals < text.length - 1
    ? ok({ zone: zone.value, path: text.slice(equals + 1) })
    : err('a zone and its master file, as example.internal=/etc/taproot/example.zone')
}

export type Upstreams = { readonly kind: 'auto' | 'none' | 'root' } | { readonly kind: 'list'; readonly servers: readonly ForwardServer[] }
/** A pin belongs to the server before it, and not to a server of its own. */
const BETWEEN_UPSTREAMS = /,(?!\s*pin-sha256=)/
const upstreamServers = listOf(parseForwardServer, BETWEEN_UPSTREAMS)
const upstreams: Parse<Upstreams> = (text) => {
  if (text === 'auto' || text === 'none' || text === 'root') return ok({ kind: text })
  const servers = upstreamServers(text)
  return servers.ok ? ok({ kind: 'list', servers: servers.value }) : err(`${servers.error}; or auto (those of the host, or the root where it has none), root, or none`)
}

const anyText: Parse<string> = (text) => (text.length > 0 && !text.includes('\0') ? ok(text) : err('a path'))

const anyPrefix: Parse<Prefix> = (text) => {
  const parsed = parsePrefix(text)
  return parsed === undefined ? err('a network with its prefix length, as 10.53.0.0/24') : ok(parsed)
}

const serverName: Parse<string> = (text) => (/^[\x21-\x7e]{1,64}$/.test(text) ? ok(text) : err('1 to 64 printing ASCII characters without blanks'))

const socketPath: Parse<string> = (text) =>
  text.startsWith('/') && !text.includes('\0') && Buffer.byteLength(text) <= SOCKET_PATH_BYTES
    ? ok(text)
    : err(`the whole path of a unix socket of at most ${SOCKET_PATH_BYTES} octets, as /run/user/1000/taproot.sock`)

export const SETTINGS = {
  link: row('link', 'link.name', 'taproot0', deviceName, 'TAP device: made if missing, attached to if it exists'),
  linkSocket: row('link-socket', 'link.socket', 'none', orNone(socketPath), 'instead of a TAP device, and without root: unix socket for guests of QEMU'),
  linkMac: row('link-mac', 'link.mac', undefined, macAddress, "Ethernet address of the appliance (default: made from its address)"),
  hostMac: row('host-mac', 'link.hostMac', undefined, macAddress, "Ethernet address of the host's end (default: made from its address)"),
  mtu: row('mtu', 'link.mtu', '1500', whole(576, 1500, 'octets'), 'largest IPv4 datagram on the link'),
  offloads: row('offloads', 'link.offloads', 'auto', oneOf('auto', 'off'), 'let the kernel compute checksums and cut and join TCP segments, where it can'),
  bridge: row('bridge', 'link.bridge', 'none', orNone(deviceName), 'bridge that the TAP device joins; made if missing; it gets the host address'),
  persist: row('persist', 'link.persist', 'no', oneOf('yes', 'no'), 'leave the TAP device when the program ends'),
  owner: row('owner', 'link.owner', 'none', orNone(whole(0, 0x7fff_ffff, 'user id')), 'user id that may attach to the TAP device later'),
  hostAddress: row('host-address', 'link.hostAddress', undefined, orNone(interfaceAddress), "the host's end of the link (default: first address of the subnet)"),
  address: row('address', 'address', '10.53.0.2/24', interfaceAddress, 'the appliance: its own address and its subnet'),
  forwarding: row('forwarding', 'forwarding', 'no', oneOf('yes', 'no'), 'whether the appliance is a router between its links'),
  gateway: row('gateway', 'gateway', undefined, orNone(address), "default gateway, for the appliance and its clients (default: the host's end)"),
  pool: row('pool', 'dhcp.pool', undefined, listOf(range), 'addresses for DHCP clients (default: .100–.199 of the subnet)'),
  leaseTime: row('lease-time', 'dhcp.leaseTime', '3600', whole(60, 31_536_000, 'seconds'), 'how long a lease lasts'),
  probe: row('probe', 'dhcp.probe', 'yes', oneOf('yes', 'no'), 'ask by ARP whether an address is in use before it is offered'),
  serveBesideOthers: row('serve-beside-others', 'dhcp.serveBesideOthers', 'no', oneOf('yes', 'no'), 'serve a shared link although another DHCP server answers there'),
  domain: row('domain', 'dns.domain', 'lab.internal', orNone(domainName), "zone of the leases' names, with its reverse zone"),
  zoneFile: row('zone-file', 'dns.zones', 'none', orNone(listOf(zoneFile)), 'master files to serve, NAME=PATH'),
  rateLimit: row('rate-limit', 'dns.rateLimit', 'none', orNone(whole(1, 1_000_000, 'answers a second')), 'most DNS answers of one kind over UDP to 256 neighbouring addresses; who proves its address by TCP or a cookie is not limited'),
  rateLimitExempt: row('rate-limit-exempt', 'dns.rateLimitExempt', 'none', orNone(listOf(anyPrefix)), 'clients that --rate-limit leaves alone: PREFIX,…'),
  nsid: row('nsid', 'dns.nsid', 'none', orNone(serverName), 'name of this server, for clients that ask by EDNS (RFC 5001)'),
  queryLog: row('query-log', 'dns.queryLog', 'full', oneOf(...QUERY_LOG_MODES), 'what is written down of queries: all; without the last octet of addresses; without names and addresses; nothing'),
  upstreams: row('upstreams', 'dns.upstreams', 'auto', upstreams, 'servers that are asked for all other names: ADDRESS[:PORT], tls://ADDRESS#NAME, https://NAME/dns-query#ADDRESS,…; root: nobody, all is found from the root servers on; auto: the servers of the host, else root'),
  upstreamPath: row('upstream-path', 'dns.upstreamPath', 'host', oneOf('host', 'stack'), "how they are reached: the host's sockets, or the appliance's own stack and gateway"),
  rootHints: row('root-hints', 'dns.rootHints', 'none', orNone(anyText), "master file with NS and A records of the root's servers; none: IANA's list"),
  localRoot: row('local-root', 'dns.localRoot', 'none', orNone(listOf((text) => parseServer(text, 53))), 'servers that give the whole root zone by transfer: ADDRESS[:PORT],…; a copy of it is kept, and no root server is asked (RFC 8806)'),
  trustAnchors: row('trust-anchors', 'dns.trustAnchors', 'none', orNone(anyText), "master file with DS or DNSKEY records that are trusted from the start; none: IANA's keys of the root"),
  dnssecValidation: row('dnssec-validation', 'dns.validation', 'auto', oneOf('auto', 'yes', 'no'), 'whether answers of others are validated; auto: unless upstream servers give no signatures'),
  cacheSize: row('cache-size', 'dns.cacheSize', '64', whole(1, 2048, 'MiB'), 'memory for what other servers said, in MiB; taken as it is used'),
  cacheMinTtl: row('cache-min-ttl', 'dns.cacheMinTtl', '0', whole(0, 3600, 'seconds'), 'least time that records of other servers are kept'),
  cacheMaxTtl: row('cache-max-ttl', 'dns.cacheMaxTtl', '86400', whole(60, 604_800, 'seconds'), 'longest time that they are kept'),
  serveStale: row('serve-stale', 'dns.serveStale', '86400', whole(0, 259_200, 'seconds'), 'how long they may still be given after that while nobody can be asked; 0: never'),
  mixCase: row('mix-case', 'dns.mixCase', 'no', oneOf('yes', 'no'), 'random letter case in questions to other servers, against forgery'),
  uplinkRelease: row('uplink-release', 'uplinks.release', 'no', oneOf('yes', 'no'), 'give the DHCP leases of uplinks back when the program ends'),
  dnsOverTls: row('dns-over-tls', 'dns.overTls', 'yes', oneOf('yes', 'no'), 'DNS over TLS, port 853'),
  https: row('https', 'dns.overHttps', 'yes', oneOf('yes', 'no'), 'port 443: DNS over HTTPS, and the API by https where it is on the link'),
  tlsCertificate: row('tls-certificate', 'tls.certificate', 'none', orNone(anyText), "PEM file with the certificate of the TLS servers, and those that vouch for it; none: one by the appliance's own authority"),
  tlsKey: row('tls-key', 'tls.key', 'none', orNone(anyText), 'PEM file with its key'),
  data: row('data', 'data', 'data', anyText, 'data directory: database, token'),
  api: row('api', 'api.listen', '127.0.0.1:8053', orNone((text) => parseServer(text, 8053)), 'where the REST API and the console listen on the host'),
  apiOnLink: row('api-on-link', 'api.onLink', 'yes', oneOf('yes', 'no'), "whether the API is reached on the appliance's own address too, port 80, over its own TCP"),
  logFormat: row('log-format', 'log.format', 'auto', oneOf('auto', 'pretty', 'json'), 'auto: pretty on a terminal, else JSON lines'),
  logLevel: row('log-level', 'log.level', 'info', oneOf('trace', 'debug', 'info', 'warn', 'error'), 'least level that is logged'),
} as const satisfies Record<string, SettingRow<unknown>>

export type SettingName = keyof typeof SETTINGS
type ValueOf<R> = R extends SettingRow<infer T> ? T : never
type Parsed = { [K in SettingName]: ValueOf<(typeof SETTINGS)[K]> }

/** All settings, complete and consistent with each other. */
export type Settings = Readonly<Parsed>

/** One setting that was refused. */
export type SettingFault = {
  /** As the person wrote it: "--pool", "TAPROOT_POOL", "dhcp.pool in taproot.yaml". */
  readonly setting: string
  readonly value: string
  readonly problem: string
  readonly remedy: string
}

export type Sources = {
  /** By flag without its value: { '--pool': '10.53.0.5-10.53.0.9' }. */
  readonly flags: ReadonlyMap<string, string>
  readonly environment: { readonly [name: string]: string | undefined }
  /** The parsed YAML document, and its file's name for messages; undefined when there is none. */
  readonly file: { readonly name: string; readonly document: unknown } | undefined
}

type Found = { readonly text: string; readonly setting: string }

/** Reads, checks and completes the settings. All faults are reported, not only the first. */
export function readSettings(sources: Sources): Result<Settings, readonly SettingFault[]> {
  const faults: SettingFault[] = []
  const file = flattenFile(sources, faults)
  const parsed: { [name: string]: unknown } = {}
  const origins = new Map<string, Found>()
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const found = find(setting, sources, file)
    const text = found?.text ?? setting.initial
    if (found !== undefined) origins.set(name, found)
    if (text === undefined) continue
    const value = (setting as SettingRow<unknown>).parse(text)
    if (value.ok) parsed[name] = value.value
    else
      faults.push({
        setting: found?.setting ?? setting.flag,
        value: text,
        problem: 'this value is not understood',
        remedy: `give ${value.error}`,
      })
  }
  if (faults.length > 0) return err(faults)
  return complete(parsed as Parsed, origins)
}

function find(setting: SettingRow<unknown>, sources: Sources, file: ReadonlyMap<string, Found>): Found | undefined {
  const flag = sources.flags.get(setting.flag)
  if (flag !== undefined) return { text: flag, setting: setting.flag }
  const variable = sources.environment[setting.env]
  if (variable !== undefined && variable !== '') return { text: variable, setting: setting.env }
  return file.get(setting.yaml)
}

const isMapping = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The YAML document as texts by path. Lists are joined by commas, mappings under dns.zones become NAME=PATH. */
function flattenFile(sources: Sources, faults: SettingFault[]): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>()
  const name = sources.file?.name ?? ''
  const known = Object.values(SETTINGS).map((setting) => setting.yaml)
  const visit = (path: string, value: unknown): void => {
    const setting = `${path} in ${name}`
    if (known.includes(path)) {
      found.set(path, { text: textOf(value), setting })
    } else if (isMapping(value) && (path === '' || known.some((k) => k.startsWith(`${path}.`)))) {
      for (const [key, inner] of Object.entries(value)) visit(path === '' ? key : `${path}.${key}`, inner)
    } else {
      faults.push({ setting, value: textOf(value), problem: 'there is no such setting', remedy: `the settings are ${known.join(', ')}` })
    }
  }
  const document = sources.file?.document
  if (document !== undefined && document !== null) visit('', document)
  return found
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(',')
  if (isMapping(value)) return Object.entries(value).map(([key, inner]) => `${key}=${textOf(inner)}`).join(',')
  if (value === true) return 'yes'
  if (value === false) return 'no'
  return value === null ? 'none' : String(value)
}

/** The pool that a subnet gets when none is named: .100–.199 where they fit, else its upper half. */
function initialPool(prefix: Prefix): AddressRange {
  if (prefix.length <= 24) return { first: prefix.network + 100, last: prefix.network + 199 }
  const size = 2 ** (32 - prefix.length)
  return { first: prefix.network + size / 2, last: lastOf(prefix) - 1 }
}

/** Locally administered and the same at every start, so that neighbours need not learn it anew. */
const macFrom = (kind: number, a: Ipv4): Uint8Array => new Uint8Array([0x02, kind, a >>> 24, a >>> 16, a >>> 8, a])

/** Derives what was not given, then checks the settings against each other. */
function complete(p: Parsed, origins: ReadonlyMap<string, Found>): Result<Settings, readonly SettingFault[]> {
  const { address: own, prefix } = p.address
  const given = (name: SettingName): boolean => origins.has(name)
  const hostAddress: InterfaceAddress | undefined = given('hostAddress') || p.linkSocket !== undefined
    ? p.hostAddress
    : { address: own === prefix.network + 1 ? prefix.network + 2 : prefix.network + 1, prefix }
  const settings: Settings = {
    ...p,
    hostAddress,
    gateway: given('gateway') ? p.gateway : hostAddress?.address,
    pool: given('pool') ? p.pool : [initialPool(prefix)],
    linkMac: given('linkMac') ? p.linkMac : macFrom(0x54, own),
    hostMac: given('hostMac') ? p.hostMac : macFrom(0x48, hostAddress?.address ?? own),
  }
  const faults = contradictions(settings, (name) => origins.get(name))
  return faults.length === 0 ? ok(settings) : err(faults)
}

function contradictions(s: Settings, origin: (name: SettingName) => Found | undefined): readonly SettingFault[] {
  const faults: SettingFault[] = []
  const refuse = (name: SettingName, value: string, problem: string, remedy: string): void => {
    faults.push({ setting: origin(name)?.setting ?? SETTINGS[name].flag, value, problem, remedy })
  }
  const { address: own, prefix } = s.address
  const block = formatPrefix(prefix)
  const isHost = (a: Ipv4): boolean => contains(prefix, a) && a !== prefix.network && a !== lastOf(prefix)
  const hostPart = `an address inside ${block} other than its first and last`
  if (!isHost(own)) refuse('address', formatIpv4(own), `this is the network or broadcast address of ${block}`, `give ${hostPart}`)
  if (formatMac(s.hostMac) === formatMac(s.linkMac))
    refuse('hostMac', formatMac(s.hostMac), 'it is the address of the appliance too', 'give each end an address of its own')
  const host = s.hostAddress
  if (host !== undefined && (!isHost(host.address) || host.address === own || host.prefix.length !== prefix.length))
    refuse(
      'hostAddress',
      `${formatIpv4(host.address)}/${host.prefix.length}`,
      `it does not fit the appliance's ${formatIpv4(own)}/${prefix.length}`,
      `give ${hostPart} and ${formatIpv4(own)}, with /${prefix.length}`,
    )
  // A gateway that was not given is the host, which has been checked.
  if (s.gateway !== undefined && origin('gateway') !== undefined && (!isHost(s.gateway) || s.gateway === own))
    refuse('gateway', formatIpv4(s.gateway), 'a gateway must be another host of the subnet', `give ${hostPart}, or none`)
  for (const name of ['hostAddress', 'bridge'] as const) {
    const found = origin(name)
    if (s.linkSocket !== undefined && s[name] !== undefined && found !== undefined)
      refuse(name, found.text, 'a link by --link-socket has no end on the host', 'leave it out, or --link-socket')
  }
  if ((s.tlsCertificate === undefined) !== (s.tlsKey === undefined)) {
    const name = s.tlsKey === undefined ? 'tlsCertificate' : 'tlsKey'
    refuse(name, s[name] ?? '', 'a certificate and its key go together', 'give --tls-certificate and --tls-key, or neither')
  }
  for (const pool of s.pool) {
    const text = `${formatIpv4(pool.first)}-${formatIpv4(pool.last)}`
    const inside = (a: Ipv4 | undefined): boolean =>
      a !== undefined && compareIpv4(pool.first, a) <= 0 && compareIpv4(a, pool.last) <= 0
    if (!isHost(pool.first) || !isHost(pool.last)) refuse('pool', text, `it reaches outside ${block}`, `give a range of hosts inside ${block}`)
    else if (inside(own) || inside(host?.address))
      refuse('pool', text, 'it contains the address of the appliance or of the host', `leave ${formatIpv4(own)}${host === undefined ? '' : ` and ${formatIpv4(host.address)}`} out of it`)
  }
  const ordered = [...s.pool].sort((a, b) => compareIpv4(a.first, b.first))
  ordered.forEach((pool, i) => {
    const next = ordered[i + 1]
    if (next !== undefined && compareIpv4(next.first, pool.last) <= 0)
      refuse('pool', `${formatIpv4(next.first)}-${formatIpv4(next.last)}`, 'two ranges overlap', 'join them, or separate them')
  })
  return faults
}
