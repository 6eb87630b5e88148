export * from './decision.ts'
export * from './dhcp.ts'
export * from './dns.ts'
export * from './refusal.ts'
