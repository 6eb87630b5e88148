/** Every event of the appliance: id, level, sentence, meaning, remedy. Joined from the tables of its parts. */
import { CERTIFICATE_EVENTS } from '../certificates/events.ts'
import { DHCP_CLIENT_EVENTS } from '../dhcp/client/events.ts'
import { OTHER_SERVER_EVENTS } from '../dhcp/coexist/events.ts'
import { DHCP_EVENTS } from '../dhcp/events.ts'
import { DNS_EVENTS } from '../dns/events.ts'
import { SIGNING_EVENTS } from '../dns/rollover/events.ts'
import { LEASE_NAME_EVENTS } from '../lease-names/events.ts'
import type { TraceStep } from '../model/index.ts'
import { APPLIANCE_EVENTS } from './appliance-events.ts'
import type { EventRow, EventTable } from './event.ts'

export const EVENTS: EventTable = { ...APPLIANCE_EVENTS, ...DHCP_EVENTS, ...DHCP_CLIENT_EVENTS, ...OTHER_SERVER_EVENTS, ...DNS_EVENTS, ...SIGNING_EVENTS, ...LEASE_NAME_EVENTS, ...CERTIFICATE_EVENTS }

/** The row of an event; undefined for an id that this version does not know (a decision of an older one, say). */
export const eventRow = (id: string): EventRow | undefined => (Object.hasOwn(EVENTS, id) ? EVENTS[id] : undefined)

/** A step as one line for a person. A fact that is missing or null shows as '–'; an unknown id shows with its facts. */
export function renderStep(step: TraceStep): string {
  const [id, facts] = step
  const row = eventRow(id)
  if (row === undefined) return `${id} ${JSON.stringify(facts)}`
  return row.says.replace(/\{(\w+)\}/g, (_, name: string) => {
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined
    return fact === undefined || fact === null ? '–' : String(fact)
  })
}
