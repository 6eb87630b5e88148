/** What can be wrong with signed data: the code of RFC 8914 §4 and a text for people. */
import { extendedError, infoCodeOf } from '../wire/extended-errors.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import { formatKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { typeName } from '../wire/type-names.ts'

/** RFC 8914 §4.2 to §4.13, RFC 9276 §5 and, for the last, the registry of RFC 8914. */
export const FAULT_CODE = {
  other: 0, unsupportedAlgorithm: 1, unsupportedDigest: 2, indeterminate: 5, bogus: 6, expired: 7, notYetValid: 8, keyMissing: 9,
  signatureMissing: 10, noZoneKeyBit: 11, denialMissing: 12, noReachableAuthority: 22, expiredBeforeValid: 25, iterations: 27,
} as const

export type Fault = {
  readonly code: number
  readonly text: string
  /** We have stopped early, or nobody answered: that says nothing of the zone, and is not remembered as its fault. */
  readonly isOurs: boolean
}

/** Names in texts come from the wire; a client is to get its answer all the same, and people the end of the sentence. */
const MAX_TEXT = 240
const MAX_NAME_TEXT = 64

export const fault = (code: number, text: string): Fault => ({ code, text: text.slice(0, MAX_TEXT), isOurs: false })

/** A budget is used up: see Budget. */
export const outOfBudget = (what: string): Fault => ({ code: FAULT_CODE.other, text: `not validated: ${what}`.slice(0, MAX_TEXT), isOurs: true })

/** Nobody answered. Who asks for it remembers that (RFC 9520). */
export const unheard = (text: string): Fault => ({ ...fault(FAULT_CODE.noReachableAuthority, text), isOurs: true })

/**
 * Of two things that are wrong the one that says more: of an expired and a missing signature the expired one. Codes without
 * a place stand behind.
 */
const TELLING: readonly number[] = [
  FAULT_CODE.bogus, FAULT_CODE.expired, FAULT_CODE.notYetValid, FAULT_CODE.expiredBeforeValid, FAULT_CODE.noZoneKeyBit, FAULT_CODE.keyMissing,
]
export function moreTelling(a: Fault | undefined, b: Fault): Fault {
  const place = (one: Fault): number => (TELLING.indexOf(one.code) + TELLING.length + 1) % (TELLING.length + 1)
  return a === undefined || place(b) < place(a) ? b : a
}

/** Whether data is bogus for what it is, and not because we have stopped early. */
export const isOfTheData = (error: ExtendedError | undefined): boolean =>
  error !== undefined && infoCodeOf(error) !== FAULT_CODE.other && infoCodeOf(error) !== FAULT_CODE.noReachableAuthority

export const errorOf = (one: Fault): ExtendedError => extendedError(one.code, one.text)

function nameText(key: NameKey): string {
  const text = formatKey(key)
  return text.length > MAX_NAME_TEXT ? `${text.slice(0, MAX_NAME_TEXT)}…` : text
}
/** With the final dot, as zones are written. */
export const zoneText = (key: NameKey): string => (key === ROOT_KEY ? '.' : `${nameText(key)}.`)
export const setText = (owner: NameKey, type: number): string => `${nameText(owner)} ${typeName(type)}`

/** "2026-11-20 04:05 UTC" */
export const timeText = (secondsSince1970: number): string => `${new Date(1000 * secondsSince1970).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** A time of a signature, which is known modulo 2^32 (RFC 4034 §3.1.5), as seconds since 1970. */
export const fullTime = (stamp: number, nowSeconds: number): number => nowSeconds + ((stamp - (nowSeconds >>> 0)) | 0)
