/** What the storage thread receives is what the network thread posted, as text or as it is. */
import { expect, test } from 'vitest'
import { postedBatch, receivedBatch } from '../../../../services/storage/posted-batch.ts'
import type { Transaction } from '../../../../services/storage/store.ts'
import { ADDRESS, change, lease, leaseRecord, NOON, released } from '../../../support/leases.ts'

const held = lease(ADDRESS, { hostName: 'alpha "β" \\ \u0007', expiresAt: undefined, countedUnder: ['class:guests'] })
const record = leaseRecord(7, 'alpha.lab.internal', 'A', ADDRESS, ADDRESS)
const edit = { zoneId: 1, serialBefore: 4_294_967_295, serialAfter: 1, remove: [record], add: [{ ...record, id: 8, comment: 'x' }] }
const everyday: Transaction = [
  { kind: 'lease', at: NOON, change: change(undefined, held) },
  { kind: 'lease', at: NOON, change: released(held) },
  { kind: 'event', at: NOON, event: 'dhcp.lease.bound', facts: { address: ADDRESS, seconds: 60, known: true } },
  { kind: 'zone-edit', at: NOON, edit },
]
const rare: Transaction = [{ kind: 'token', name: 'by hand', sha256: Uint8Array.of(1, 2, 3), at: NOON }]

test.each([
  ['leases, their names and events', [everyday, everyday.slice(1)]],
  ['anything else', [rare]],
  ['both together', [everyday, rare]],
])('%s arrive as they were posted', (_what, transactions) => {
  expect(receivedBatch(structuredClone(postedBatch(3, transactions)))).toEqual({ batch: 3, transactions })
})
