/**
 * The least change that makes a zone what a list of records says: what is there already keeps its id, its owner and its
 * comment. Records of leases belong to their leases and stay; one that the list has too is not doubled.
 */
import type { DnsRecord, RecordOwner } from '../../model/index.ts'
import type { Change, NewRecord } from './changes.ts'
import { isMade } from './made-records.ts'
import { isInstruction } from './shelf.ts'
import type { FileRecord } from './master-file.ts'

export type DifferenceOptions = {
  /** replace: what the list does not have goes. merge: it stays. */
  readonly mode: 'replace' | 'merge'
  /** Of records that are new. */
  readonly owner: RecordOwner
  /**
   * Of what is there, only this is compared; left away: everything, but for the name servers that the zone was made with
   * where the list names none.
   */
  readonly among?: (record: DnsRecord) => boolean
}

/** One that says a comment puts it in the place of the present one. */
export type WantedRecord = FileRecord & { readonly comment?: string | undefined }

const setKey = (r: FileRecord): string => `${r.name.toLowerCase()} ${r.type}`
const recordKey = (r: FileRecord): string => `${setKey(r)} ${r.data}`

/** `zoneName` as it is stored: lower case, without the final dot. */
export function difference(
  present: Iterable<DnsRecord>, wanted: readonly WantedRecord[], zoneName: string, options: DifferenceOptions,
): Change {
  const { mode, owner } = options
  const left = new Map(wanted.map((record) => [recordKey(record), record]))
  const ttls = new Map(wanted.map((record) => [setKey(record), record.ttl]))
  const namesServers = wanted.some((record) => record.type === 'NS' && record.name.toLowerCase() === zoneName)
  const among = options.among ?? ((record: DnsRecord) => namesServers || !isOfSystem(record, zoneName))
  const instructed = new Set(wanted.filter(isInstruction).map((record) => record.name.toLowerCase()))
  const removeIds: number[] = []
  const add: NewRecord[] = []
  const leave = (record: DnsRecord, put?: WantedRecord): void => {
    removeIds.push(record.id)
    if (put !== undefined) add.push(newRecord(put, record.owner, { ...record, ...('comment' in put ? { comment: put.comment } : {}) }))
  }
  for (const record of present) {
    const key = recordKey(record)
    const same = left.get(key)
    if (record.owner.kind === 'lease') {
      left.delete(key)
      continue
    }
    if (isMade(record)) {
      // They come and go with the ALIAS or URL record; without that the list means an address of its own.
      if (mode === 'merge' || instructed.has(record.name.toLowerCase())) left.delete(key)
      else removeIds.push(record.id)
      continue
    }
    if (same !== undefined) {
      left.delete(key)
      const said = !('comment' in same) || same.comment === record.comment
      if (!said || !record.enabled || record.ttl !== same.ttl || record.name !== same.name) leave(record, same)
      continue
    }
    // What is off is not in any file.
    if (!record.enabled || !among(record)) continue
    const ttl = ttls.get(setKey(record))
    if (mode === 'replace') leave(record)
    else if (ttl !== undefined && ttl !== record.ttl) leave(record, { ...record, ttl })
  }
  for (const record of left.values()) add.push(newRecord(record, owner, { expiresAt: undefined, comment: record.comment }))
  return { removeIds, add }
}

const isOfSystem = (record: DnsRecord, zoneName: string): boolean =>
  record.owner.kind === 'system' || (record.type === 'NS' && record.name.toLowerCase() === zoneName)

/** Of a record that was read already. */
export const newRecord = (
  record: FileRecord, owner: RecordOwner, old: Pick<DnsRecord, 'expiresAt' | 'comment'>,
): NewRecord => ({
  name: record.name, type: record.type, ttl: record.ttl, data: record.data, owner, isCanonical: true,
  expiresAt: old.expiresAt, comment: old.comment,
})
