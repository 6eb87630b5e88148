/**
 * Which options a reply carries and in which order (RFC 2131 §3.5, §4.3.1, table 3): first those that the protocol
 * needs, then what the client asked for in its order (option 55). Values come from effective-options.ts.
 *
 * Deviation: RFC 2131 §4.3.1 would also have configured values sent that the client did not ask for. Like ISC dhcpd,
 * Kea and dnsmasq we send a client that has a list what is on it; a client without a list gets everything configured.
 */
import { put32 } from '../../stack/platform/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { fqdnAnswer } from './client-fqdn.ts'
import { effectiveCodes, effectiveOption } from './effective-options.ts'
import type { Exchange } from './exchange.ts'
import { INFINITE_SECONDS } from './lease-machine.ts'
import { renewalTimes } from './lease-time.ts'
import { bootOptions } from './reply.ts'
import type { OutgoingOption, ReplyType } from './reply.ts'
import { messageTypeCode } from './wire/message.ts'
import { OPTIONS, codeOf } from './wire/options-table.ts'

const MASK = codeOf('subnet-mask')
const ROUTERS = codeOf('routers')
const STATIC_ROUTES = codeOf('static-routes')
const CLASSLESS_ROUTES = codeOf('classless-static-routes')
const MICROSOFT_ROUTES = codeOf('microsoft-classless-static-routes')
const CLIENT_ID = codeOf('client-identifier')
const CLIENT_FQDN = codeOf('client-fqdn')
const MACHINE_ID = codeOf('client-machine-id')
const IPV6_ONLY = codeOf('ipv6-only-preferred')
const RAPID_COMMIT: OutgoingOption = [codeOf('rapid-commit'), new Uint8Array(0)]
const PARAMETER_REQUEST_LIST = codeOf('parameter-request-list')
const RELAY_INFORMATION = codeOf('relay-agent-information')

const TYPES: { readonly [Type in ReplyType]: OutgoingOption } = {
  OFFER: [53, Uint8Array.of(messageTypeCode('OFFER'))],
  ACK: [53, Uint8Array.of(messageTypeCode('ACK'))],
  NAK: [53, Uint8Array.of(messageTypeCode('NAK'))],
}

/** Codes that an answer to a parameter request list never brings: the protocol's own. */
const NEVER_FROM_LIST: ReadonlySet<number> = new Set(
  Object.values(OPTIONS).flatMap(row => ('role' in row ? [row.code as number] : [])),
)

/** The options of an OFFER or ACK. `seconds` is undefined in the answer to an INFORM, which has no times (§4.3.5). */
export function leaseOptions(x: Exchange, type: 'OFFER' | 'ACK', seconds: number | undefined): OutgoingOption[] {
  if (x.type === 'BOOTP') return bootpOptions(x)
  const options: OutgoingOption[] = [TYPES[type], [54, long(x.serverIdentifier)]]
  if (seconds !== undefined) {
    options.push([51, long(seconds)])
    if (seconds !== INFINITE_SECONDS && x.levels !== undefined) {
      const { t1, t2 } = renewalTimes(seconds, x.levels.times)
      options.push([58, long(t1)], [59, long(t2)])
    }
  }
  // RFC 2132 §3.3: the mask stands before the routers.
  const mask = valueOf(x, MASK)
  if (mask !== undefined) options.push([MASK, mask])
  configured(x, options)
  longBootNames(x, options)
  answerFqdn(x, options)
  // RFC 4039 §3.1: it tells the client that this ACK ends the conversation.
  if (type === 'ACK' && x.asksForRapidCommit) options.push(RAPID_COMMIT)
  echoMachineId(x, options)
  echoClientId(x, options)
  return options
}

/** RFC 1534 §2: nothing that only DHCP knows. */
function bootpOptions(x: Exchange): OutgoingOption[] {
  const options: OutgoingOption[] = []
  const mask = valueOf(x, MASK)
  if (mask !== undefined) options.push([MASK, mask])
  configured(x, options)
  return options
}

/** PXE 2.1 table 2-3: firmware finds its own answers by the identifier that it sent (option 97, RFC 4578 §2.3). */
function echoMachineId(x: Exchange, options: OutgoingOption[]): void {
  const octets = x.message.options.get(MACHINE_ID)
  if (octets !== undefined && octets.length > 0) options.push([MACHINE_ID, octets])
}

function longBootNames(x: Exchange, options: OutgoingOption[]): void {
  if (x.levels === undefined) return
  for (const option of bootOptions(x.levels.boot)) if (!options.some(([code]) => code === option[0])) options.push(option)
}

/** RFC 4702 §4: whoever sent the option is told what becomes of it. */
function answerFqdn(x: Exchange, options: OutgoingOption[]): void {
  const sent = x.message.options.get(CLIENT_FQDN)
  const policy = x.scope?.segment.policy.ddns
  const answer = sent === undefined || policy === undefined ? undefined : fqdnAnswer(sent, x.fullName, policy)
  if (answer !== undefined) options.push([CLIENT_FQDN, answer])
}

/** RFC 2131 table 3: a NAK carries little else than why. */
export function nakOptions(x: Exchange, why: string): OutgoingOption[] {
  const options: OutgoingOption[] = [TYPES.NAK, [54, long(x.serverIdentifier)], [56, ascii(why)]]
  echoClientId(x, options)
  return options
}

/** RFC 3046 §2.2: what the relay put in comes back as it was, as the last option. */
export function relayInformation(x: Exchange): OutgoingOption | undefined {
  const octets = x.message.options.get(RELAY_INFORMATION)
  return octets === undefined ? undefined : [RELAY_INFORMATION, octets]
}

/** RFC 6842 §3, against RFC 2131 table 3: the client identifier is returned if there was one. */
function echoClientId(x: Exchange, options: OutgoingOption[]): void {
  const octets = x.message.options.get(CLIENT_ID)
  if (octets !== undefined) options.push([CLIENT_ID, octets])
}

/** By code: the last reply that has it. Spares every reply a set of its own. */
const GIVEN = new Float64Array(256)
let replies = 0

function configured(x: Exchange, options: OutgoingOption[]): void {
  const wanted = x.message.options.get(PARAMETER_REQUEST_LIST)
  const codes = wanted ?? everyCode(x)
  // RFC 3442: a client that takes classless routes ignores the older options, so they are not sent beside them.
  const routes = wanted?.includes(CLASSLESS_ROUTES) === true ? CLASSLESS_ROUTES : MICROSOFT_ROUTES
  const classless = wanted?.includes(routes) === true && valueOf(x, routes) !== undefined
  const reply = ++replies
  GIVEN[MASK] = reply
  for (const code of codes) {
    if (GIVEN[code] === reply || NEVER_FROM_LIST.has(code)) continue
    GIVEN[code] = reply
    if (classless && (code === ROUTERS || code === STATIC_ROUTES)) continue
    const value = valueOf(x, code)
    if (value !== undefined) options.push([code, value])
  }
}

/** The value that counts; undefined when there is none. */
const valueOf = (x: Exchange, code: number): Uint8Array | undefined => effectiveOption(x, code)?.octets ?? undefined

/** RFC 8925 §3.3: a client that did not ask for it is not told that it need not take its address. */
const everyCode = (x: Exchange): readonly number[] => effectiveCodes(x).filter(code => code !== IPV6_ONLY)

/** Four octets, not to be changed: those of our addresses and lease times are asked for again and again. */
function long(value: number | Ipv4): Uint8Array {
  const known = LONGS.get(value)
  if (known !== undefined) return known
  if (LONGS.size >= MOST_LONGS) LONGS.clear()
  const octets = new Uint8Array(4)
  put32(octets, 0, value)
  LONGS.set(value, octets)
  return octets
}

const MOST_LONGS = 256
const LONGS = new Map<number, Uint8Array>()

function ascii(text: string): Uint8Array {
  const octets = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) octets[i] = text.charCodeAt(i)
  return octets
}
