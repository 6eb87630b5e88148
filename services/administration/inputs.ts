/** What people give and what they get back, as all parts of the facade read and page it. */
import { type Ipv4, parseIpv4 } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import type { Page, Paging } from '../facade.ts'
import { type Refusal, refusal } from '../model/index.ts'

export const notFound = (what: string, remedy: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('not-found', '', `there is no ${what}`, remedy))

export const badCursor = (after: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('invalid', '/after', `"${after}" is no page mark`, 'give the value of "next" from the page before'))

/** Reads one field of an input; a refusal carries its pointer. */
export function addressField(pointer: string, text: string): Result<Ipv4, Refusal> {
  const address = parseIpv4(text)
  return address === undefined
    ? err(refusal('invalid', pointer, `"${text}" is not an IPv4 address`, 'give four octets from 0 to 255, as 10.53.0.20'))
    : ok(address)
}

/** One page from one row more than asked: the mark is the last one's. */
export function pageOf<Row, View>(rows: readonly Row[], limit: number, mark: (row: Row) => number, view: (row: Row) => View): Page<View> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items: items.map(view), next: rows.length > limit && last !== undefined ? String(mark(last)) : null }
}

export const cursorOf = (paging: Paging): number | undefined | 'bad' => {
  if (paging.after === undefined) return undefined
  return /^-?\d{1,15}$/.test(paging.after) ? Number(paging.after) : 'bad'
}

/** Undefined fields of a partial input stay away, so that a spread does not erase what is there. */
export const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }

/** null is how an input says "none"; undefined is how the model does. */
export const none = <T>(value: T | null | undefined): T | undefined => value ?? undefined

export function pick<T>(list: Result<readonly T[], Refusal>, matches: (item: T) => boolean, what: string): Result<T, Refusal> {
  if (!list.ok) return list
  const found = list.value.find(matches)
  return found === undefined ? notFound(what, 'list what there is') : ok(found)
}

/** A domain name as we keep it: lower case, without the final dot. */
export const canonical = (name: string): string => name.toLowerCase().replace(/(.)\.$/, '$1')

const TIME = /^\d{4}-\d\d-\d\d(?:(T| )\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/i
const DAY_MS = 86_400_000

/** A time, or all of a day, in ms of wall time, both ends included. What names no zone is UTC. */
export function periodField(field: string, text: string): Result<{ readonly from: number; readonly to: number }, Refusal> {
  const [, time, zone] = TIME.exec(text) ?? []
  const from = TIME.test(text) ? Date.parse(`${text.replace(' ', 'T')}${time !== undefined && zone === undefined ? 'Z' : ''}`) : Number.NaN
  return Number.isNaN(from)
    ? err(refusal('invalid', field, `"${text}" is neither a time nor a date`, 'as 2026-11-17, 2026-11-17T14:02 or 2026-11-17T14:02:00+01:00'))
    : ok({ from, to: time === undefined ? from + DAY_MS - 1 : from })
}
