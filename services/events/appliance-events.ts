/** Events of the composition itself: configuration, zones, storage. */
import type { EventTable } from './event.ts'

export const APPLIANCE_EVENTS = {
  'configuration.changed': {
    level: 'info',
    says: '{what} {id} {how}',
    means: 'An administrator changed the DHCP configuration; it counts from the next packet on.',
  },
  'interface.changed': {
    level: 'info',
    says: 'interface {interface} {how}',
    means: 'An administrator changed the network; it counts from the next frame on.',
  },
  'interface.down': {
    level: 'warn',
    says: 'interface {interface} is down: {reason}',
    means: 'Everything else goes on without it; subnets and routes on it wait for it.',
    remedy: 'See to the reason, then try again with: taproot interface up NAME.',
  },
  'neighbour.changed': {
    level: 'info',
    says: 'static neighbour {address} at {mac} on {interface} {how}',
    means: 'An administrator named a hardware address, or took that back; it counts from the next frame on.',
  },
  'query-log.changed': {
    level: 'info',
    says: 'the query log is {mode}; queries are kept for {days} days, in at most {mebibytes} MiB',
    means: 'An administrator said how much of the queries is written down. What was written before stays until it is too old, or is forgotten.',
  },
  'route.changed': {
    level: 'info',
    says: 'static route {route} {how}',
    means: 'An administrator changed the routing table; it counts from the next datagram on.',
  },
  'routing.changed': {
    level: 'info',
    says: 'forwarding is {forwarding}',
    means: 'An administrator made the appliance a router, or a host again.',
  },
  'zone.changed': {
    level: 'info',
    says: 'zone {zone} {how}, serial {serial}',
    means: 'An administrator changed a zone; it counts from the next query on.',
  },
  'zone.record.expired': {
    level: 'info',
    says: '{name} {type} {data} is over and was removed from {zone}',
    means: 'The record had an end, which has come. The version of the zone can be taken back like any other.',
  },
  'zone.expiry.refused': {
    level: 'warn',
    says: 'a record of {zone} is over and stays: {because}',
    means: 'Its removal would leave a zone that cannot be served. It is tried again every hour.',
    remedy: 'Add what the zone would lack, or take the end off the record.',
  },
  'stack.fault': {
    level: 'error',
    says: 'a frame brought a bug of ours to light and was dropped: {error}',
    means: 'The boundary of one frame caught an exception. Everything else goes on.',
    remedy: 'Report it with this line.',
  },
  'storage.failed': {
    level: 'error',
    says: 'a lease could not be stored, so it was not acknowledged: {fault}',
    means: 'No ACK leaves before its binding is on disk. The client asks again by itself.',
    remedy: 'Free space on the file system of the data directory, or see why it cannot be written.',
  },
} as const satisfies EventTable
