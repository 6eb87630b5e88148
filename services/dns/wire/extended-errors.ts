/** Extended DNS errors (RFC 8914): an option of OPT that says why, beside the rcode. */
import { OPTION, OPTION_HEAD_OCTETS } from './edns.ts'

/** The whole option as it is sent: option head, INFO-CODE (u16), EXTRA-TEXT (UTF-8). */
export type ExtendedError = Uint8Array

/** What policy says, RFC 8914 §4.5, §4.16 and §4.19. */
export const INFO_CODE = { forged: 4, blocked: 15, prohibited: 18 } as const

/** RFC 8914 §2. For what is known only when it happens; what is always said the same stands below. */
export function extendedError(infoCode: number, text: string): ExtendedError {
  const extra = new TextEncoder().encode(text)
  const length = 2 + extra.length
  return Uint8Array.from([
    OPTION.EXTENDED_ERROR >> 8, OPTION.EXTENDED_ERROR & 255, length >> 8, length & 255, infoCode >> 8, infoCode & 255, ...extra,
  ])
}

/** INFO-CODE. */
export const infoCodeOf = (error: ExtendedError): number => ((error[OPTION_HEAD_OCTETS] as number) << 8) | (error[OPTION_HEAD_OCTETS + 1] as number)

const option = extendedError

/** What we say, RFC 8914 §4. The texts are for a person who reads the output of dig. */
export const EXTENDED_ERROR = {
  specialUse: option(0, 'a name for local use only (RFC 6761, RFC 6303): never asked outside'),
  overloaded: option(0, 'too many questions are waiting for upstream servers'),
  cachedError: option(13, 'asking upstream failed a moment ago'),
  stale: option(3, ''),
  staleNxdomain: option(19, ''),
  bogus: option(6, ''),
  blocked: option(15, 'a list or rule of this network blocks the name'),
  notAuthoritative: option(20, ''),
  notSupported: option(21, ''),
  noReachableAuthority: option(22, 'no upstream server answered'),
  noServerOfZone: option(22, 'no server of the zone gave an answer'),
  endlessAlias: option(0, 'its aliases lead round in a circle, or on for too long'),
  tooCostly: option(0, 'to find it out takes more questions than are allowed for one'),
  /** RFC 9824 §9. */
  invalidQueryType: option(30, ''),
  expired: option(24, 'a copy of a zone that no primary server has confirmed in time'),
  networkError: option(23, 'the upstream servers cannot be reached'),
  updateNotAllowed: option(18, 'no rule lets this sender update the zone'),
  updateNameNotAllowed: option(18, 'no rule lets this sender change records of this name and type'),
  updateForeignRecord: option(18, 'it would touch records of people or leases'),
  updatesFull: option(0, 'too many updates are waiting'),
  updateUnstored: option(0, 'the update could not be stored'),
} as const
