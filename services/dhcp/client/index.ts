/** Public face of the DHCP client's core. */
export { CLIENT_COUNTERS, DhcpClient } from './client.ts'
export type { ClientCounter, ClientPorts, ClientReport, HistoryEntry, RememberedLease } from './client.ts'
export { clientStep, DHCP_CLIENT_EVENTS } from './events.ts'
export { clientIdOf } from './messages.ts'
export type { ClientIdentity } from './messages.ts'
export type { ClientStateKind } from './state.ts'
export { routerOf } from './terms.ts'
export type { Terms, TermsRoute } from './terms.ts'
