/** Public face of the services layer. */
export * from './facade.ts'
export * from './model/index.ts'
export { classlessZoneName, formatZoneFile, reverseZoneName, readZoneFile } from './dns/index.ts'
export { StreamBroken } from './pipe.ts'
export { LEASE_EXPORTS, leaseHeader, leaseLine, readDnsmasq, readIsc, readKea, type ImportNote, type Translated } from './dhcp/index.ts'
export { policiesTag } from './policies/views.ts'
