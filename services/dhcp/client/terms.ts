/**
 * What a server's OFFER or ACK grants, read from its octets (RFC 2131 §4.3.1 table 3, RFC 2132, RFC 3442). Nothing here
 * trusts the server further than the form goes: an option that is malformed counts as absent, and what would make the
 * interface useless (an MTU of 68, an address that no host can have) is not taken.
 */
import { err, i32, ok, u16, u32 } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { contains, isLoopback, isUnicast, lengthOf, maskOf } from '../../../stack/index.ts'
import type { Ipv4, Prefix } from '../../../stack/index.ts'
import { decodeNames, labelsOf } from '../wire/names.ts'
import type { DhcpMessage } from '../wire/message.ts'
import type { RawOptions } from '../wire/options.ts'

/** A route from option 121 or 249, or the default route by a router of option 3. `router` 0: on the link itself. */
export type TermsRoute = { readonly destination: Prefix; readonly router: Ipv4 }

/** Plain data: it is also what is remembered over a restart. Times in seconds. */
export type Terms = {
  readonly address: Ipv4
  readonly prefix: Prefix
  /** Option 54: to whom renewals and the release go. */
  readonly server: Ipv4
  readonly leaseSeconds: number
  /** T1 and T2, RFC 2131 §4.4.5. */
  readonly renewSeconds: number
  readonly rebindSeconds: number
  readonly routes: readonly TermsRoute[]
  readonly nameServers: readonly Ipv4[]
  readonly domain: string | undefined
  readonly searchList: readonly string[]
  /** Octets; undefined when none was given that is at least MIN_MTU_OCTETS. */
  readonly mtu: number | undefined
}

/** RFC 2132 §9.2: a lease for ever. */
export const INFINITE = 0xffff_ffff
/**
 * Smaller ones are ignored: every IPv4 host takes 576 octets (RFC 791 §3.1), and a server that says less would only
 * have everything cut to pieces.
 */
export const MIN_MTU_OCTETS = 576
/** Taken of each list; a message of 1,500 octets has room for more than anybody needs. */
export const MAX_ROUTES = 64
export const MAX_NAME_SERVERS = 8
export const MAX_SEARCH_NAMES = 16

/** Why an OFFER or ACK is not usable. */
export type TermsFault = 'no-server-identifier' | 'no-lease-time' | 'unusable-address'

export function readTerms(message: DhcpMessage): Result<Terms, TermsFault> {
  const { options, yiaddr: address } = message
  const from = addressOption(options, 54)
  if (from === undefined || !isUnicast(from)) return err('no-server-identifier')
  const leaseSeconds = longOption(options, 51)
  if (leaseSeconds === undefined || leaseSeconds === 0) return err('no-lease-time')
  const prefix = prefixOf(options, address)
  if (!isHost(address, prefix)) return err('unusable-address')
  const { renewSeconds, rebindSeconds } = timesOf(options, leaseSeconds)
  return ok({
    address, prefix, server: from, leaseSeconds, renewSeconds, rebindSeconds,
    routes: routesOf(options),
    nameServers: addressList(options, 6).slice(0, MAX_NAME_SERVERS),
    domain: domainOf(options),
    searchList: (decodeNames(options.get(119) ?? new Uint8Array(0)) ?? []).slice(0, MAX_SEARCH_NAMES),
    mtu: mtuOf(options),
  })
}

function prefixOf(options: RawOptions, address: Ipv4): Prefix {
  const mask = addressOption(options, 1)
  const length = mask === undefined ? undefined : lengthOf(mask)
  // RFC 2131 table 3 leaves the mask out when it is that of the address's class.
  const known = length === undefined || length === 0 ? classLength(address) : length
  return { network: address & maskOf(known), length: known }
}

/** RFC 791 §3.2 */
const classLength = (a: Ipv4): number => (a >= 0 ? 8 : a >>> 30 === 2 ? 16 : 24)

function isHost(address: Ipv4, prefix: Prefix): boolean {
  if (!isUnicast(address) || isLoopback(address)) return false
  const hostPart = ~maskOf(prefix.length)
  return prefix.length >= 31 || ((address & hostPart) !== 0 && (address & hostPart) !== hostPart)
}

/** RFC 2131 §4.4.5: 0.5 and 0.875 of the lease, unless the server says otherwise in the right order. */
function timesOf(options: RawOptions, lease: number): Pick<Terms, 'renewSeconds' | 'rebindSeconds'> {
  if (lease === INFINITE) return { renewSeconds: INFINITE, rebindSeconds: INFINITE }
  const t1 = longOption(options, 58)
  const t2 = longOption(options, 59)
  const rebindSeconds = t2 !== undefined && t2 > 0 && t2 < lease ? t2 : Math.floor((lease * 7) / 8)
  const half = Math.min(Math.floor(lease / 2), rebindSeconds)
  return { renewSeconds: t1 !== undefined && t1 > 0 && t1 < rebindSeconds ? t1 : half, rebindSeconds }
}

/** RFC 3442: where there are classless routes the routers of option 3 are not looked at. */
function routesOf(options: RawOptions): readonly TermsRoute[] {
  const classless = readRoutes(options.get(121)) ?? readRoutes(options.get(249))
  if (classless !== undefined) return classless
  const router = addressList(options, 3)[0]
  return router === undefined ? [] : [{ destination: { network: 0, length: 0 }, router }]
}

/** Width, the significant octets of the destination, router; undefined when there are none or they are malformed. */
function readRoutes(b: Uint8Array | undefined): readonly TermsRoute[] | undefined {
  if (b === undefined || b.length === 0) return undefined
  const routes: TermsRoute[] = []
  for (let at = 0; at < b.length && routes.length < MAX_ROUTES; ) {
    const length = b[at] as number
    const significant = Math.ceil(length / 8)
    if (length > 32 || at + 1 + significant + 4 > b.length) return undefined
    let network = 0
    for (let i = 0; i < significant; i++) network |= (b[at + 1 + i] as number) << (24 - 8 * i)
    const router = i32(b, at + 1 + significant)
    routes.push({ destination: { network: network & maskOf(length), length }, router })
    at += 1 + significant + 4
  }
  return routes
}

/** Addresses of hosts that can be spoken to; the others of the list are left out. */
function addressList(options: RawOptions, code: number): readonly Ipv4[] {
  const b = options.get(code)
  if (b === undefined || b.length % 4 !== 0) return []
  const list: Ipv4[] = []
  for (let at = 0; at < b.length; at += 4) {
    const address = i32(b, at)
    if (isUnicast(address) && !isLoopback(address) && !list.includes(address)) list.push(address)
  }
  return list
}

function domainOf(options: RawOptions): string | undefined {
  const b = options.get(15)
  if (b === undefined) return undefined
  const text = String.fromCharCode(...b).replace(/\0+$/, '').toLowerCase()
  return text === '' ? undefined : labelsOf(text)?.join('.')
}

function mtuOf(options: RawOptions): number | undefined {
  const b = options.get(26)
  const mtu = b?.length === 2 ? u16(b, 0) : 0
  return mtu >= MIN_MTU_OCTETS ? mtu : undefined
}

function addressOption(options: RawOptions, code: number): Ipv4 | undefined {
  const b = options.get(code)
  return b?.length === 4 ? i32(b, 0) : undefined
}

function longOption(options: RawOptions, code: number): number | undefined {
  const b = options.get(code)
  return b?.length === 4 ? u32(b, 0) : undefined
}

/** Whom to ask by ARP whether we are still on the link of a lease (RFC 4436 §4.2): its first router there. */
export const routerOf = (terms: Terms): Ipv4 | undefined =>
  terms.routes.map(({ router }) => router).find(router => contains(terms.prefix, router))
