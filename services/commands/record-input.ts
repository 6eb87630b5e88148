/** Records as people give them, read for the zone. */
import { err, ok, type Result } from '../../stack/platform/index.ts'
import type { NewRecord } from '../dns/index.ts'
import type { RecordInput } from '../facade.ts'
import { type DnsRecord, type Refusal, refusal } from '../model/index.ts'

/** `pointer`: where the input is in the whole request. `wallMs`: an end lies behind it. */
export function readRecord(input: RecordInput, pointer: string, wallMs: number): Result<NewRecord, Refusal> {
  const { name, type, ttl, data, comment, enabled = true, expiresAt = null } = input
  const ends = expiresAt === null ? undefined : Date.parse(expiresAt)
  if (ends !== undefined && !(ends > wallMs))
    return err(refusal('invalid', `${pointer}/expiresAt`, `${expiresAt} is over`, 'a time in the future, or null'))
  return ok({ name, type, ttl, data, comment: comment ?? undefined, enabled, expiresAt: ends, owner: { kind: 'hand' }, pointer })
}

/** What a change starts from: the record as it is. */
export const inputOf = ({ name, type, ttl, data, comment, enabled, expiresAt }: DnsRecord): RecordInput => ({
  name: `${name}.`,
  type,
  ttl,
  data,
  comment: comment ?? null,
  enabled,
  expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
})
