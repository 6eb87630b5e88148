/** Public face of what is known about other DHCP servers. */
export { Coexistence } from './coexistence.ts'
export type { CoexistencePolicy, CoexistencePorts } from './coexistence.ts'
export { OTHER_SERVER_EVENTS } from './events.ts'
export type { Sighting, SightingKind, Sign } from './sightings.ts'
