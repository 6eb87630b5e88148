/** What an expression can ask of a request: one row per field. A field that the request does not have has no values. */
import type { Exchange } from '../exchange.ts'
import { CIRCUIT_ID, LINK_SELECTION, REMOTE_ID } from '../wire/relay-information.ts'

/** octets: text or 0x…; mac and address also by prefix; numbers are compared by size; words in any letter case. */
export type Field =
  | { readonly kind: 'octets'; readonly says?: string; readonly read: (x: Exchange) => readonly Uint8Array[] }
  | { readonly kind: 'mac'; readonly read: (x: Exchange) => readonly Uint8Array[] }
  | { readonly kind: 'address'; readonly read: (x: Exchange) => readonly number[] }
  | { readonly kind: 'number'; readonly read: (x: Exchange) => readonly number[] }
  | { readonly kind: 'word'; readonly read: (x: Exchange) => readonly string[] }

const NONE: readonly never[] = []
const some = <T>(value: T | undefined): readonly T[] => (value === undefined ? NONE : [value])
const address = (value: number): readonly number[] => (value === 0 ? NONE : [value])

const RELAY_SUBSCRIBER_ID = 6
const VENDOR_CLASS = 60
const CLIENT_ID = 61
const USER_CLASS = 77
const ARCHITECTURE = 93
const UUID = 97

export const optionField = (code: number): Field => ({
  kind: 'octets', says: `option[${code}]`, read: x => some(x.message.options.get(code)),
})
export const relayField = (code: number): Field => ({
  kind: 'octets',
  says: `relay[${code}]`,
  read: x => some(x.relay.get(code)),
})

export const FIELDS: { readonly [name: string]: Field } = {
  mac: { kind: 'mac', read: x => [x.hardwareAddress] },
  'client-id': optionField(CLIENT_ID),
  /** The 16 octets behind the type octet, RFC 4578 §2.3. */
  uuid: { kind: 'octets', read: x => some(x.message.options.get(UUID)?.subarray(1)) },
  'vendor-class': optionField(VENDOR_CLASS),
  'user-class': { kind: 'octets', read: x => userClasses(x.message.options.get(USER_CLASS)) },
  'host-name': { kind: 'octets', read: x => (x.hostName === undefined ? NONE : [ascii(x.hostName)]) },
  architecture: { kind: 'number', read: x => words(x.message.options.get(ARCHITECTURE)) },
  'message-type': { kind: 'word', read: x => [x.type] },
  interface: { kind: 'word', read: x => [x.arrival.interfaceName] },
  secs: { kind: 'number', read: x => [x.message.secs] },
  hops: { kind: 'number', read: x => [x.message.hops] },
  giaddr: { kind: 'address', read: x => address(x.message.giaddr) },
  ciaddr: { kind: 'address', read: x => address(x.message.ciaddr) },
  'requested-address': { kind: 'address', read: x => some(x.requested) },
  'relay.circuit-id': relayField(CIRCUIT_ID),
  'relay.remote-id': relayField(REMOTE_ID),
  'relay.subscriber-id': relayField(RELAY_SUBSCRIBER_ID),
  'relay.link-selection': relayField(LINK_SELECTION),
}

/** RFC 3004 §4: items, each after its length. iPXE and others send bare text, so the whole is a value too. */
function userClasses(octets: Uint8Array | undefined): readonly Uint8Array[] {
  if (octets === undefined) return NONE
  const items: Uint8Array[] = [octets]
  for (let at = 0; at < octets.length;) {
    const end = at + 1 + (octets[at] as number)
    if (end > octets.length) return [octets]
    items.push(octets.subarray(at + 1, end))
    at = end
  }
  return items
}

/** RFC 4578 §2.1: a list of 16-bit numbers. */
function words(octets: Uint8Array | undefined): readonly number[] {
  const numbers: number[] = []
  for (let at = 0; at + 1 < (octets?.length ?? 0); at += 2) {
    numbers.push(((octets?.[at] as number) << 8) | (octets?.[at + 1] as number))
  }
  return numbers
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))

/** Bit 1 of the first octet: chosen by the machine itself, as phones do anew for every network (IEEE 802c). */
export const isLocallyAdministered = (x: Exchange): boolean => ((x.hardwareAddress[0] as number) & 2) !== 0

