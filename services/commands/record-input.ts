/** Records as people give them, read for the zone. */
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { dataOf } from '../dns/index.ts'
import type { NewRecord } from '../dns/index.ts'
import type { RecordInput } from '../facade.ts'
import { type DnsRecord, type Refusal, refusal } from '../model/index.ts'

/** `pointer`: where the input is in the whole request. `wallMs`: an end lies behind it. */
export function readRecord(input: RecordInput, pointer: string, wallMs: number): Result<NewRecord, Refusal> {
  const { name, type, ttl, comment, enabled = true, expiresAt = null } = input
  const data = dataGiven(input, pointer)
  if (!data.ok) return data
  const ends = expiresAt === null ? undefined : Date.parse(expiresAt)
  if (ends !== undefined && !(ends > wallMs))
    return err(refusal('invalid', `${pointer}/expiresAt`, `${expiresAt} is over`, 'a time in the future, or null'))
  return ok({ name, type, ttl, data: data.value, comment: comment ?? undefined, enabled, expiresAt: ends, owner: { kind: 'hand' }, pointer })
}

/** The data of a record, however it is given: exactly one of the two. */
function dataGiven({ type, data, fields = null }: RecordInput, pointer: string): Result<string, Refusal> {
  if (fields === null) {
    return data === null ? err(refusal('invalid', `${pointer}/data`, 'the record has no data', 'data, or fields')) : ok(data)
  }
  if (data !== null) return err(refusal('invalid', `${pointer}/fields`, 'data and fields are one too many', 'one of them'))
  const written = dataOf(type, fields)
  if (written.ok) return written
  const { field, what } = written.error
  const at = `${pointer}/fields${field === '' ? '' : `/${field}`}`
  return err(refusal('invalid', at, what, `the fields of ${type} as GET /dns/types lists them`))
}

/** A record as it will be. */
export const changed = (old: DnsRecord, change: Partial<RecordInput>): RecordInput =>
  ({ ...inputOf(old), ...(change.fields == null ? {} : { data: null }), ...change })

/** What a change starts from: the record as it is. */
const inputOf = ({ name, type, ttl, data, comment, enabled, expiresAt }: DnsRecord): RecordInput => ({
  name: `${name}.`,
  type,
  ttl,
  data,
  comment: comment ?? null,
  enabled,
  expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
})
