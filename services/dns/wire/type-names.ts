/**
 * Record type and class numbers and their names. Types that have rdata come from rdata-table.ts, query and meta types
 * stand here; any other number is written TYPE731 (RFC 3597 §5). IANA "DNS parameters", RFC 6895.
 */
import { RDATA } from './rdata-table.ts'
import type { RrType } from './rdata-table.ts'

export const CLASS_IN = 1

/** Types that are never stored: they mean something in a query or in one message only (RFC 6895 §3.1). */
export const META = {
  OPT: 41, TKEY: 249, TSIG: 250, IXFR: 251, AXFR: 252, MAILB: 253, MAILA: 254, ANY: 255,
} as const

/** Numbers by mnemonic: TYPE.MX is 15. */
export const TYPE = Object.fromEntries(Object.entries(RDATA).map(([name, row]) => [name, row.code])) as {
  readonly [T in RrType]: (typeof RDATA)[T]['code']
}

const CODES = new Map<string, number>([...Object.entries(TYPE), ...Object.entries(META)])
const NAMES = new Map<number, string>([...CODES].map(([name, code]) => [code, name]))

/** "MX", or "TYPE731" for a number without a name. */
export const typeName = (code: number): string => NAMES.get(code) ?? `TYPE${code}`

/** Undefined when the text is neither a mnemonic (in any case) nor TYPEn. */
export function typeCode(text: string): number | undefined {
  const upper = text.toUpperCase()
  const known = CODES.get(upper)
  if (known !== undefined) return known
  const match = /^TYPE(0|[1-9]\d{0,4})$/.exec(upper)
  return match !== null && Number(match[1]) <= 65_535 ? Number(match[1]) : undefined
}

/** True for types that no zone can hold: 0, OPT and the range 128–255. */
export const isMetaType = (code: number): boolean => code === 0 || code === META.OPT || (code >= 128 && code <= 255)

/** Whether a question of this type, by its mnemonic or as TYPE731, is answered from zones: data, or ANY. */
export function isAskable(text: string): boolean {
  const code = typeCode(text)
  return code !== undefined && (code === META.ANY || !isMetaType(code))
}
