/** An appliance on a link of a simulated LAN, with its store in memory and a writer that answers at once. */
import { Appliance, type ApplianceSettings } from '../../services/appliance.ts'
import type { Decision, Facts } from '../../services/index.ts'
import { seed as seedWrites } from '../../services/seed.ts'
import { memoryStore, type SqliteStore } from '../../services/storage/sqlite.ts'
import type { Link } from '../../stack/index.ts'
import { SeededSecureRandom, type VirtualClock } from '../../stack/platform/index.ts'
import { settingsOf } from './running-appliance.ts'
import { TestMedia } from './test-media.ts'
import { keysForTests } from './signing-keys.ts'

export type ApplianceOnLink = {
  readonly appliance: Appliance
  readonly store: SqliteStore
  readonly log: (readonly [event: string, facts: Facts])[]
  readonly decisions: Omit<Decision, 'id'>[]
  /** Ends it; what it had begun comes to nothing. */
  close(): void
}

export type ApplianceOnOptions = {
  readonly clock: VirtualClock
  readonly link: Link
  readonly seed: number
  /** As on the command line. */
  readonly flags?: { readonly [name: string]: string }
  readonly settings?: Partial<ApplianceSettings>
  readonly store?: SqliteStore
  /** The link may lead into somebody else's network. */
  readonly shared?: boolean
  readonly alreadyServed?: readonly string[]
}

export function applianceOn(o: ApplianceOnOptions): ApplianceOnLink {
  const { clock, link } = o
  const settings = settingsOf({ upstreams: 'none', 'lease-time': '600', link: link.name, ...o.flags })
  const store = o.store ?? memoryStore()
  const writes = seedWrites(store.load(), settings, [], clock.wallMs())
  if (!writes.ok) throw new Error(writes.error.problem)
  store.commit([writes.value])
  const log: ApplianceOnLink['log'] = []
  const decisions: ApplianceOnLink['decisions'] = []
  let live = true
  const later = (run: () => void): void => void clock.at(clock.now(), () => live && run())
  const appliance: Appliance = new Appliance({
    keys: keysForTests(),
    clock,
    random: new SeededSecureRandom(o.seed),
    link,
    media: new TestMedia(clock, o.shared ?? false),
    settings: {
      cache: { octets: 1024 * 1024 },
      address: settings.address, gateway: settings.gateway, gatewayMetric: 0, upstreams: [], upstreamPath: 'stack',
      upstreamsFromUplinks: false, releaseUplinks: false, probe: true,
      serveBesideOthers: settings.serveBesideOthers === 'yes',
      ...o.settings,
    },
    ...(o.alreadyServed === undefined ? {} : { alreadyServed: o.alreadyServed }),
    snapshot: store.load(),
    answerSlabs: [{ slotOctets: 512, slots: 8 }],
    soon: later,
    post: (batch, transactions) => {
      const faults = store.commit(transactions)
      later(() => appliance.settle(batch, faults))
    },
    decide: decision => decisions.push(decision),
    log: (event, facts) => log.push([event, facts]),
  })
  return {
    appliance, store, log, decisions,
    close: () => {
      live = false
      appliance.close()
    },
  }
}
