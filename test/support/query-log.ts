/** Zones and rows for tests of the query log. */
import { name as wireName } from '../../services/dns/wire/name.ts'
import { typeCode } from '../../services/dns/wire/type-names.ts'
import { type DnsRecord, PLAIN_RECORD, type Zone } from '../../services/index.ts'

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
