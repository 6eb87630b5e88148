/**
 * A zone whose signatures were made anew gets the next serial, or secondaries would serve the old ones until they are
 * over (RFC 1996, RFC 4035 §5.3.1). It is an edit without records: numbered behind the others, and on disk first.
 */
import type { Clock } from '../stack/platform/index.ts'
import type { DnsServer } from './dns/index.ts'
import type { Settled } from './storage/commit-queue.ts'
import type { Transaction } from './storage/store.ts'
import type { ZoneBook } from './zone-book.ts'

/** From now on, for all zones of the server. One that cannot be stored is made up for by the next renewal. */
export function moveSerialsOfRenewed(
  clock: Clock, dns: DnsServer, zones: ZoneBook, submit: (transaction: Transaction, settled: Settled) => void,
): void {
  const underWay = new Set<number>()
  dns.signing.onResigned = (zoneId) => {
    if (underWay.has(zoneId) || dns.zones.byId(zoneId) === undefined) return
    underWay.add(zoneId)
    const edit = zones.number({ zoneId, remove: [], add: [] })
    submit([{ kind: 'zone-edit', at: clock.wallMs(), edit }], (fault) => {
      underWay.delete(zoneId)
      zones.settled(edit, fault === undefined)
    })
  }
}
