/**
 * Relay agent information (option 82, RFC 3046): sub-options of code, length, value. One that stands there twice or runs
 * past the end makes the whole unreadable, and unreadable it is only carried back.
 */
import { splitOptions } from './option-values.ts'
import type { RawOptions } from './options.ts'

export const CIRCUIT_ID = 1
export const REMOTE_ID = 2
/** RFC 3527 §3: the client is on the link of this address, giaddr only says where to answer. */
export const LINK_SELECTION = 5
/** RFC 5107 §4: what the client is to take for the server, so that it renews through the relay. */
export const SERVER_IDENTIFIER_OVERRIDE = 11
/** RFC 5010 §3: bit 7 says that the client's message came to the relay by unicast. */
export const RELAY_FLAGS = 10
export const RELAY_ID = 12
export const UNICAST_FLAG = 0x80
/** RFC 8357 §4: the relay sends from a port of its own choice, and wants the answer there. */
const SOURCE_PORT = 19

const NONE: RawOptions = new Map()

export const asksForSourcePort = (options: RawOptions): boolean => relaySubOptions(options).has(SOURCE_PORT)

/** The sub-options by code; none when there is no option 82 or it is malformed. */
export function relaySubOptions(options: RawOptions): RawOptions {
  const octets = options.get(82)
  return octets === undefined ? NONE : (splitOptions(octets, false) ?? NONE)
}
