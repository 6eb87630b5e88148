/**
 * Zones between servers, as the appliance does it: who is told of a change. The cores are in services/dns/transfer; here
 * they meet the stack and the store.
 */
import type { Stack } from '../stack/index.ts'
import type { Clock, SecureRandom } from '../stack/platform/index.ts'
import { stackQuery } from './dns-endpoint.ts'
import { type DnsServer, Notifier } from './dns/index.ts'
import type { Facts } from './model/index.ts'

/** After a start, secondaries are told once the links are there. */
const FIRST_NOTIFY_MS = 5000

export type ZoneTransfersOptions = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly stack: Stack
  readonly dns: DnsServer
  /** Stores an event, and puts it into the log. */
  readonly tell: (event: string, facts: Facts) => void
}

export class ZoneTransfers {
  readonly notifier: Notifier

  constructor({ clock, random, stack, dns, tell }: ZoneTransfersOptions) {
    this.notifier = new Notifier({
      clock, random, zones: dns.zones, transfers: dns.transfers, keys: dns.tsigKeys,
      query: stackQuery(stack),
      isOwn: (address) => stack.interfaces.some(({ addressing }) => addressing.isOwn(address)),
      count: (what) => dns.counters.count(what),
      emit: tell,
    })
    dns.served.onChanged = (zone) => this.notifier.changed(zone)
    dns.served.onRemoved = (zone) => this.notifier.forget(zone.zone.id)
    for (const zone of dns.zones.all()) this.notifier.changed(zone, FIRST_NOTIFY_MS)
  }

  close(): void {
    this.notifier.close()
  }
}
