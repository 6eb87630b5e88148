/**
 * What an event is. Every part that decides something declares its events in a table of its own
 * (services/dhcp/events.ts, services/dns/events.ts …); services/events/catalogue.ts joins them. A trace step names one
 * of them and gives its facts.
 */
import type { Fact } from '../model/index.ts'

export type EventLevel = 'debug' | 'info' | 'warn' | 'error'

export type EventRow = {
  /** How loud: 'warn' and 'error' want a person. */
  readonly level: EventLevel
  /** One line for a person; {name} stands for the fact of that name. */
  readonly says: string
  /** What it means to somebody who does not know the protocol by heart. */
  readonly means: string
  /** What to do about it, where there is something to do. */
  readonly remedy?: string
}

export type EventTable = { readonly [id: string]: EventRow }

/** The names in braces of a sentence: 'offer {address} to {client}' → 'address' | 'client'. */
export type FactNames<Says extends string> = Says extends `${string}{${infer Name}}${infer Rest}`
  ? Name | FactNames<Rest>
  : never

/** The facts that an event of a table must come with: one for each name in its sentence. */
export type FactsOf<Row extends EventRow> = { readonly [Name in FactNames<Row['says']>]: Fact }
