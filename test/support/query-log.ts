/** Zones and rows for tests of the query log. */
import type { NotedQuery } from '../../services/dns/query-log/ring.ts'
import { SOURCE } from '../../services/dns/query-log/sources.ts'
import { name as wireName } from '../../services/dns/wire/name.ts'
import { typeCode } from '../../services/dns/wire/type-names.ts'
import { type DnsRecord, PLAIN_RECORD, type QueryLogMode, type Zone } from '../../services/index.ts'
import type { QueryLogReader, QueryRow, QuerySearch } from '../../services/storage/query-log-reader.ts'
import type { QueryLogWriter } from '../../services/storage/query-log-writer.ts'
import { parseIpv4 } from '../../stack/index.ts'

export const zoneOf = (name: string): Zone => ({
  id: 1, name, serial: 1, primaryServer: `ns.${name}`, hostmaster: `hostmaster.${name}`,
  refresh: 3600, retry: 600, expire: 604_800, minimum: 60, defaultTtl: 300,
})

export const record = (id: number, name: string, type: string, data: string): DnsRecord => ({
  id, zoneId: 1, name, type, ttl: 300, data, owner: { kind: 'hand' }, ...PLAIN_RECORD,
})

/** A query with RD. */
export function queryOf(name: string, type = 'A'): Uint8Array {
  const wire = wireName(name)
  const code = typeCode(type) ?? 0
  const b = new Uint8Array(12 + wire.length + 4)
  b.set([0x12, 0x34, 1, 0, 0, 1])
  b.set(wire, 12)
  b.set([code >> 8, code & 255, 0, 1], 12 + wire.length)
  return b
}

const encoder = new TextEncoder()

/** What the ring gives for a query; 2026-11-22T12:00Z and a tenth of a second for each that was made before. */
export function noted(name: string, fields: Partial<Omit<NotedQuery, 'name' | 'detail'>> & { readonly detail?: string; readonly from?: string } = {}): NotedQuery {
  const { detail, from, ...rest } = fields
  return {
    at: Date.UTC(2026, 10, 22, 12), client: parseIpv4(from ?? '10.53.0.20') as number, type: 1, rcode: 0, tookUs: 0, ageSeconds: 0,
    octets: 100, flags: 0x8180, source: SOURCE.network, carrier: 0, asked: 0, mode: 'full', ...rest, name: wireName(name), detail: encoder.encode(detail ?? ''),
  }
}

/** Writes them in one transaction. */
export function write(log: QueryLogWriter, queries: readonly NotedQuery[], mode: QueryLogMode = 'full'): void {
  const added = log.add((take) => {
    for (const each of queries) take({ ...each, mode })
    return queries.length
  })
  if (!added.ok) throw new Error(added.error.detail)
}

/** All rows of a search. */
export const found = (reader: QueryLogReader, search: QuerySearch, limit = 10_000, before?: number): readonly QueryRow[] =>
  [...reader.search(search, limit, before)].flat()
