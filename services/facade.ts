/**
 * What the admin API, the console and the tests may ask of the appliance, part by part. Every method is one user action:
 * it is done and durable when the promise resolves with ok, or refused and nothing has changed.
 * Views are JSON: addresses and names are text, times are RFC 3339 UTC ("2026-11-22T03:11:00.000Z").
 */
import type { CacheServices } from './facade/cache.ts'
import type { CertificateServices } from './facade/certificates.ts'
import type { DhcpServices } from './facade/dhcp.ts'
import type { DiagnosticServices } from './facade/diagnostics.ts'
import type { DnsServices } from './facade/dns.ts'
import type { ForwarderServices } from './facade/forwarders.ts'
import type { TrustAnchorServices } from './facade/trust-anchors.ts'
import type { InterfaceServices } from './facade/interfaces.ts'
import type { LeaseServices } from './facade/leases.ts'
import type { LinkServices } from './facade/links.ts'
import type { OtherServerServices } from './facade/other-servers.ts'
import type { QueryLogServices } from './facade/query-log.ts'
import type { ReasonServices } from './facade/reasons.ts'
import type { RouteServices } from './facade/routes.ts'
import type { CatalogServices } from './facade/catalogs.ts'
import type { SecondaryServices } from './facade/secondaries.ts'
import type { SigningServices } from './facade/signing.ts'
import type { StatusServices } from './facade/status.ts'
import type { TransferServices } from './facade/transfers.ts'
import type { TsigKeyServices } from './facade/tsig-keys.ts'
import type { UpdateServices } from './facade/updates.ts'
import type { ViewServices } from './facade/views.ts'
import type { PolicyServices } from './facade/policies.ts'
import type { UplinkServices } from './facade/uplinks.ts'
import type { ZoneContentsServices } from './facade/zone-contents.ts'

export * from './facade/cache.ts'
export * from './facade/certificates.ts'
export * from './facade/common.ts'
export * from './facade/dhcp.ts'
export * from './facade/diagnostics.ts'
export * from './facade/dns.ts'
export * from './facade/forwarders.ts'
export * from './facade/trust-anchors.ts'
export * from './facade/interfaces.ts'
export * from './facade/leases.ts'
export * from './facade/links.ts'
export * from './facade/other-servers.ts'
export * from './facade/query-log.ts'
export * from './facade/reasons.ts'
export * from './facade/routes.ts'
export * from './facade/catalogs.ts'
export * from './facade/secondaries.ts'
export * from './facade/signing.ts'
export * from './facade/status.ts'
export * from './facade/transfers.ts'
export * from './facade/tsig-keys.ts'
export * from './facade/updates.ts'
export * from './facade/views.ts'
export * from './facade/policies.ts'
export * from './facade/uplinks.ts'
export * from './facade/zone-contents.ts'

export type Services = {
  readonly status: StatusServices
  readonly leases: LeaseServices
  readonly dhcp: DhcpServices
  readonly dns: DnsServices
  readonly zoneContents: ZoneContentsServices
  readonly tsigKeys: TsigKeyServices
  readonly signing: SigningServices
  readonly certificates: CertificateServices
  readonly transfers: TransferServices
  readonly updates: UpdateServices
  readonly views: ViewServices
  readonly forwarders: ForwarderServices
  readonly policies: PolicyServices
  readonly cache: CacheServices
  readonly trustAnchors: TrustAnchorServices
  readonly secondaries: SecondaryServices
  readonly catalogs: CatalogServices
  readonly interfaces: InterfaceServices
  readonly routes: RouteServices
  readonly links: LinkServices
  readonly diagnostics: DiagnosticServices
  readonly uplinks: UplinkServices
  readonly otherServers: OtherServerServices
  readonly queryLog: QueryLogServices
  readonly reasons: ReasonServices
}

/** Where the API's tokens are kept; only hashes go in. */
export interface TokenStore {
  /** SHA-256 of every valid token, 32 octets each. */
  tokenHashes(): readonly Uint8Array[]
  /** What the token with this hash is called. */
  tokenName(sha256: Uint8Array): string | undefined
}
