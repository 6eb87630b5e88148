/**
 * ProxyDHCP (Preboot Execution Environment 2.1 §2.2; UEFI 2.10 §24.7 for HTTP boot): boot information only, beside
 * another server that gives addresses. A boot client gets an OFFER without an address on port 67, and an ACK on port
 * 4011 when it asks there; all others, and everything about addresses, is left to the other server.
 *
 *   DISCOVER "PXEClient…" ─▶ 67     OFFER, yiaddr 0, options 60, 97, 43, siaddr, file
 *   REQUEST, INFORM       ─▶ 4011   ACK to the port that asked
 */
import { BROADCAST, formatIpv4 } from '../../stack/index.ts'
import { put32, u16 } from '../../stack/platform/index.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { levelsFor } from './effective-options.ts'
import { offerDelayMs } from './offer-delay.ts'
import type { OutgoingOption, ReplyBoot, ReplyDestination } from './reply.ts'
import { BOOT_SERVER_PORT, messageTypeCode } from './wire/message.ts'

const VENDOR_SPECIFIC = 43
const VENDOR_CLASS = 60
const TFTP_SERVER_NAME = 66
const BOOT_FILE_NAME = 67
const PARAMETER_REQUEST_LIST = 55
const ARCHITECTURE = 93
const MACHINE_ID = 97

/** What firmware begins its vendor class with, and wants to see as that of the answer. */
const BOOT_CLASSES = ['PXEClient', 'HTTPClient'].map(text => Uint8Array.from(text, c => c.charCodeAt(0)))

/**
 * PXE 2.1 table 2-2: PXE_DISCOVERY_CONTROL (6) with bit 3, "boot the file named in this packet", so that firmware
 * neither shows a menu nor looks for boot servers; then the end.
 */
const BOOT_THIS_FILE = Uint8Array.of(6, 1, 0x08, 255)

/** Answers a request on a segment whose mode is proxy. */
export function proxy(engine: Engine, x: Exchange, scope: Scope): void {
  const bootClass = bootClassOf(x)
  if (bootClass === undefined) return end(engine, x, dhcpStep('dhcp.proxy.no-boot-client', {}))
  const type = answerType(x)
  if (type === undefined) return end(engine, x, dhcpStep('dhcp.proxy.not-ours', { message: x.type }))
  // Without an address of ours it is the segment's own levels that count, and the client's host and classes.
  const near = x.message.ciaddr !== 0 ? x.message.ciaddr : (x.preferred ?? scope.subnets[0])?.subnet.prefix.network ?? 0
  const levels = levelsFor(x, scope, near)
  const configured = levels.option(VENDOR_SPECIFIC)?.octets ?? undefined
  const { bootFile, nextServer, serverName } = levels.boot
  if (bootFile === '' && configured === undefined) {
    return end(engine, x, dhcpStep('dhcp.proxy.nothing-to-boot', { architecture: architectureOf(x) }))
  }
  const boot: ReplyBoot = { bootFile, serverName, nextServer: nextServer === 0 ? x.serverAddress : nextServer }
  const delay = type === 'OFFER' ? offerDelayMs(x, scope) : 0
  const send = (): void => answer(engine, x, type, boot, bootClass, configured ?? BOOT_THIS_FILE)
  if (delay === 0 || !engine.later(delay, send)) send()
  else x.trace.push(dhcpStep('dhcp.offer.delayed', { ms: delay }))
}

function end(engine: Engine, x: Exchange, step: ReturnType<typeof dhcpStep>): void {
  x.trace.push(step)
  engine.finish(x, 'none')
}

function bootClassOf(x: Exchange): Uint8Array | undefined {
  const vendorClass = x.message.options.get(VENDOR_CLASS)
  return BOOT_CLASSES.find(text => text.every((octet, i) => vendorClass?.[i] === octet))
}

/** The REQUEST that is broadcast to port 67 is for the server that gave the address. */
function answerType(x: Exchange): 'OFFER' | 'ACK' | undefined {
  const atBootServer = x.arrival.port === BOOT_SERVER_PORT
  if (x.type === 'DISCOVER') return atBootServer ? undefined : 'OFFER'
  if (x.type === 'INFORM') return 'ACK'
  return x.type === 'REQUEST' && atBootServer ? 'ACK' : undefined
}

/** RFC 4578 §2.1: the first of the list; null when the client names none. */
function architectureOf(x: Exchange): number | null {
  const octets = x.message.options.get(ARCHITECTURE)
  return octets === undefined || octets.length < 2 ? null : u16(octets, 0)
}

function answer(
  engine: Engine, x: Exchange, type: 'OFFER' | 'ACK', boot: ReplyBoot, bootClass: Uint8Array, vendor: Uint8Array,
): void {
  const options: OutgoingOption[] = [
    [53, Uint8Array.of(messageTypeCode(type))], [54, long(x.serverIdentifier)], [VENDOR_CLASS, bootClass],
  ]
  const machine = x.message.options.get(MACHINE_ID)
  if (machine !== undefined && machine.length > 0) options.push([MACHINE_ID, machine])
  options.push([VENDOR_SPECIFIC, vendor])
  const wanted = x.message.options.get(PARAMETER_REQUEST_LIST)
  // HTTP boot reads its URI from option 67 alone (UEFI 2.10 §24.7.3.1).
  const names = [
    [TFTP_SERVER_NAME, boot.serverName || formatIpv4(boot.nextServer)], [BOOT_FILE_NAME, boot.bootFile],
  ] as const
  for (const [code, name] of names) {
    if (name !== '' && wanted?.includes(code) === true) options.push([code, ascii(name)])
  }
  const target = engine.reply(x, type, 0, options, destination(x), boot)
  const server = formatIpv4(boot.nextServer)
  x.trace.push(dhcpStep('dhcp.proxy.answered', { file: boot.bootFile || null, server, target }))
  engine.finish(x, type)
}

/** Without yiaddr there is nobody to unicast to, unless the client wrote from an address of its own. */
function destination(x: Exchange): ReplyDestination | undefined {
  if (x.relayed) return undefined
  const { port, source, sourcePort } = x.arrival
  if (source === 0 || source === BROADCAST) return { kind: 'broadcast' }
  if (port === BOOT_SERVER_PORT) return { kind: 'boot-client', address: source, port: sourcePort }
  return x.type === 'INFORM' ? { kind: 'unicast', address: source } : { kind: 'broadcast' }
}

function long(value: number): Uint8Array {
  const octets = new Uint8Array(4)
  put32(octets, 0, value)
  return octets
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))
