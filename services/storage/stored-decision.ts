import type { Decision } from '../model/index.ts'
import type { Cell } from './row-batch.ts'

/**
 * A decision on its way to the file, as the cells of its row after the id: its steps are text already, and a list
 * crosses threads at a third of the cost of an object.
 */
export type StoredDecision = readonly Cell[]

/** Places of those by which decisions are looked for. */
export const DECISION_CELLS = { mac: 3, address: 5, hostName: 6 } as const

export const storedDecision = (d: Omit<Decision, 'id'>): StoredDecision => [
  d.at, d.kind, d.interfaceName, d.mac, d.clientId ?? null, d.address ?? null, d.hostName ?? null, d.received, d.sent,
  JSON.stringify(d.steps),
]
