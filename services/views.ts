/** From the model to the views of the facade: addresses become text, times RFC 3339, absent null. */
import { formatIpv4, formatPrefix, type Ipv4 } from '../stack/index.ts'
import { fromHex } from '../stack/platform/index.ts'
import { describeClientIdentifier, type WhatIf } from './dhcp/index.ts'
import { fieldsOf } from './dns/index.ts'
import { renderStep } from './events/catalogue.ts'
import type {
  ChangedRecordView,
  DecisionView,
  LeaseHistoryView,
  LeaseView,
  RecordHistoryView,
  RecordView,
  WhatIfView,
  ZoneVersionView,
  ZoneView,
} from './facade.ts'
import type { Decision, DnsRecord, Lease, RecordOwner, Subnet, TraceStep, Zone } from './model/index.ts'
import type { LeaseHolding, RecordChange, ZoneVersion } from './storage/store.ts'

export const timeText = (ms: number): string => new Date(ms).toISOString()
const orNull = <T>(value: T | undefined): T | null => value ?? null

/** `subnetOf` gives the subnet's prefix by id; a subnet that is gone shows as "removed". */
export const leaseView = (l: Lease, subnetOf: (id: number) => Subnet | undefined): LeaseView => {
  const subnet = subnetOf(l.subnetId)
  return {
    address: formatIpv4(l.address),
    subnet: subnet === undefined ? 'removed' : formatPrefix(subnet.prefix),
    state: l.state,
    mac: l.mac,
    clientId: orNull(l.clientId),
    clientIdText: l.clientId === undefined ? null : describeClientIdentifier(fromHex(l.clientId) ?? new Uint8Array(0)),
    hostName: orNull(l.hostName),
    name: orNull(l.publishedName),
    hostId: orNull(l.hostId),
    startedAt: timeText(l.startedAt),
    renewedAt: timeText(l.renewedAt),
    expiresAt: l.expiresAt === undefined ? null : timeText(l.expiresAt),
  }
}

export const holdingView = (h: LeaseHolding): LeaseHistoryView => ({
  address: formatIpv4(h.address),
  mac: h.mac,
  clientId: orNull(h.clientId),
  hostName: orNull(h.hostName),
  from: timeText(h.from),
  to: h.to === undefined ? null : timeText(h.to),
  ended: orNull(h.ended),
})

export const poolSize = (p: { readonly first: Ipv4; readonly last: Ipv4 }): number => (p.last >>> 0) - (p.first >>> 0) + 1
export const zoneView = (z: Zone, records: number, role: ZoneView['role']): ZoneView => ({
  id: z.id,
  name: z.name,
  view: orNull(z.view),
  role,
  serial: z.serial,
  records,
  primaryServer: z.primaryServer,
  hostmaster: z.hostmaster,
  refresh: z.refresh,
  retry: z.retry,
  expire: z.expire,
  minimum: z.minimum,
  defaultTtl: z.defaultTtl,
  soaTtl: z.soaTtl ?? z.defaultTtl,
  serialPolicy: z.serialPolicy ?? 'increment',
})

/** "hand", "file", "system", "transfer", "catalog", "lease 10.53.0.100", "update key.lab.internal". */
export function ownerText(o: RecordOwner): string {
  if (o.kind === 'lease') return `lease ${o.address}`
  return o.kind === 'update' ? `update ${o.key}` : o.kind
}

export const recordView = (r: DnsRecord, zone: string): RecordView => ({
  id: r.id,
  zone,
  name: r.name,
  type: r.type,
  ttl: r.ttl,
  data: r.data,
  fields: fieldsOf(r.type, r.data) ?? null,
  owner: ownerText(r.owner),
  enabled: r.enabled,
  expiresAt: r.expiresAt === undefined ? null : timeText(r.expiresAt),
  comment: orNull(r.comment),
})

export const recordChangeView = (c: RecordChange): RecordHistoryView => ({
  at: timeText(c.at),
  serial: c.serial,
  action: c.action,
  name: c.name,
  type: c.type,
  ttl: c.ttl,
  data: c.data,
  owner: ownerText(c.owner),
  by: orNull(c.author),
})

export const decisionView = (d: Decision): DecisionView => ({
  id: d.id,
  at: timeText(d.at),
  kind: d.kind,
  interface: d.interfaceName,
  mac: d.mac,
  clientId: orNull(d.clientId),
  address: orNull(d.address),
  hostName: orNull(d.hostName),
  received: d.received,
  sent: d.sent,
  steps: d.steps.map(stepView),
})

const stepView = (step: TraceStep): DecisionView['steps'][number] => ({ id: step[0], text: renderStep(step), facts: step[1] })

export const whatIfView = ({ request, decision: d, reply, assumed, whyNot }: WhatIf): WhatIfView => ({
  request,
  interface: d.interfaceName,
  mac: d.mac,
  address: orNull(d.address),
  received: d.received,
  sent: d.sent,
  steps: d.steps.map(stepView),
  reply: reply === undefined ? null : { ...reply, address: formatIpv4(reply.address) },
  assumed,
  whyNot,
})

/** `hasId`: the record is there under its id. */
export const changedRecordView = (r: DnsRecord, action: 'add' | 'remove', hasId: boolean): ChangedRecordView => ({
  id: hasId ? r.id : null,
  action,
  name: r.name,
  type: r.type,
  ttl: r.ttl,
  data: r.data,
  owner: ownerText(r.owner),
  enabled: r.enabled,
})

/** Who made a version: its author, or the owners of the records that it changed. */
export const zoneVersionView = ({ serial, at, added, removed, author, owners }: ZoneVersion): ZoneVersionView => ({
  serial,
  at: timeText(at),
  added,
  removed,
  by: author ?? owners.map(ownerText).join(', '),
})
