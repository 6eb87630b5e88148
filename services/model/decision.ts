/**
 * Why the appliance did what it did, as data. A core returns a trace of the steps it took; the trace becomes a Decision
 * with an id. Texts are made from services/events/catalogue.ts when a person reads it, never when it happens.
 */
import type { Mac } from '../../stack/index.ts'

export type Fact = string | number | boolean | null
export type Facts = { readonly [name: string]: Fact }

/** One step: an event id of the catalogue and its facts. */
export type TraceStep = readonly [id: string, facts: Facts]

export type Decision = {
  /** Ascending; assigned when the decision is handed over. */
  readonly id: number
  /** Wall time in ms. */
  readonly at: number
  readonly kind: 'dhcp'
  readonly interfaceName: string
  readonly mac: Mac
  /** Hexadecimal; undefined when the client sent none. */
  readonly clientId: string | undefined
  /** The address that the decision is about, as text; undefined when none came into it. */
  readonly address: string | undefined
  readonly hostName: string | undefined
  /** What came: 'DISCOVER', 'REQUEST', … or 'malformed'. */
  readonly received: string
  /** What went out: 'OFFER', 'ACK', 'NAK', or 'none'. */
  readonly sent: string
  readonly steps: readonly TraceStep[]
}
