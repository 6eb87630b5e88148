/**
 * Zones between servers, as the appliance does it: who is told of a change, and what is copied from where. The cores are
 * in services/dns/transfer; here they meet the stack and the store.
 */
import type { Stack } from '../stack/index.ts'
import type { Clock, SecureRandom } from '../stack/platform/index.ts'
import { stackQuery } from './dns-endpoint.ts'
import { stackQueryStream } from './dns-stream-query.ts'
import { stackQueryTls } from './dns-tls-query.ts'
import { type DnsServer, Notifier, Secondaries } from './dns/index.ts'
import type { Facts, SecondaryZone } from './model/index.ts'
import type { Settled } from './storage/commit-queue.ts'
import type { Transaction, Write } from './storage/store.ts'

/** After a start, secondaries are told once the links are there. */
const FIRST_NOTIFY_MS = 5000

export type ZoneTransfersOptions = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly stack: Stack
  readonly dns: DnsServer
  /** Those that are stored. */
  readonly snapshot: { readonly secondaries: readonly SecondaryZone[] }
  readonly nextRecordId: () => number
  readonly submit: (transaction: Transaction, settled: Settled) => void
  /** Stores an event, and puts it into the log. */
  readonly tell: (event: string, facts: Facts) => void
}

export class ZoneTransfers {
  readonly notifier: Notifier
  readonly secondaries: Secondaries

  constructor({ clock, random, stack, dns, snapshot, nextRecordId, submit, tell }: ZoneTransfersOptions) {
    const shared = {
      clock, random, zones: dns.zones, keys: dns.tsigKeys, query: stackQuery(stack), count: dns.counters.count.bind(dns.counters), emit: tell,
    }
    this.notifier = new Notifier({
      ...shared, transfers: dns.transfers, isOwn: (address) => stack.interfaces.some(({ addressing }) => addressing.isOwn(address)),
    })
    this.secondaries = new Secondaries({
      ...shared, served: dns.served, queryStream: stackQueryStream(stack), queryTls: stackQueryTls(stack), nextRecordId,
      store: (secondary, version, done) => {
        const at = clock.wallMs()
        const writes: Write[] = version === undefined
          ? [{ kind: 'secondary-put', secondary }]
          : [
              { kind: 'zone-put', zone: version.zone },
              { kind: 'zone-edit', at, edit: version.edit },
              { kind: 'secondary-put', secondary },
              { kind: 'event', at, event: version.event, facts: version.facts },
            ]
        submit(writes, (fault) => done(fault === undefined))
      },
    }, snapshot.secondaries)
    dns.onNotify = (notify, source, signer) => this.secondaries.notified(notify, source, signer)
    dns.served.onChanged = (zone) => this.notifier.changed(zone)
    dns.served.onRemoved = (zone) => {
      this.notifier.forget(zone.zone.id)
      this.secondaries.forget(zone.zone.id)
    }
    for (const zone of dns.zones.all()) this.notifier.changed(zone, FIRST_NOTIFY_MS)
  }

  close(): void {
    this.notifier.close()
    this.secondaries.close()
  }
}
