/**
 * The client FQDN option (81, RFC 4702): who updates the DNS, as the client wishes and the segment's policy decides, and
 * what the client is told of it.
 *
 *   flags: bit 0 S (the server updates A), bit 1 O (the server decided otherwise than S), bit 2 E (wire encoding),
 *   bit 3 N (the server updates nothing) | two octets of 255 | name
 */
import { encodeName, labelsOf } from './wire/names.ts'

const SERVER = 1
const OVERRIDE = 2
const ENCODED = 4
const NO_UPDATE = 8
/** RFC 4702 §2.2: the response codes are no longer used; a server sends 255. */
const NO_RCODE = 255

/** The part of a segment's policy that counts here. */
export type NamePolicy = { readonly enabled: boolean; readonly updateFromClient: boolean }

/**
 * True when we publish names for this client: we do it for everybody, unless the policy leaves it to clients that say
 * that they do it themselves (S clear) or want none (N set). `option` is option 81; undefined for a client without it.
 */
export function weUpdate(option: Uint8Array | undefined, policy: NamePolicy): boolean {
  if (!policy.enabled) return false
  const flags = option?.[0]
  if (flags === undefined || !policy.updateFromClient) return true
  return (flags & SERVER) !== 0 && (flags & NO_UPDATE) === 0
}

/**
 * Option 81 of a reply (RFC 4702 §4), for the client's own `option`. `name` is the full name under which the lease
 * stands or would stand; undefined returns the client's name as it is.
 */
export function fqdnAnswer(option: Uint8Array, name: string | undefined, policy: NamePolicy): Uint8Array | undefined {
  if (option.length < 3) return undefined
  const asked = option[0] as number
  const serve = weUpdate(option, policy)
  const wanted = (asked & SERVER) !== 0
  // §4: S and N are never both set; O tells that S is not what the client set.
  const flags = (asked & ENCODED) | (serve ? SERVER : NO_UPDATE) | (serve !== wanted ? OVERRIDE : 0)
  const told = name === undefined ? option.subarray(3) : encoded(name, (asked & ENCODED) !== 0)
  return told === undefined ? undefined : Uint8Array.of(flags, NO_RCODE, NO_RCODE, ...told)
}

function encoded(name: string, wire: boolean): Uint8Array | undefined {
  if (!wire) return Uint8Array.from(name, c => c.charCodeAt(0))
  const labels = labelsOf(name)
  return labels === undefined ? undefined : encodeName(labels, false)
}
