/**
 * The network side on a cable that leads nowhere, with its store in memory and a writer that answers in a microtask, and
 * the services of the main thread over it: what the API sees, without threads and without a device.
 */
import { onTestFinished } from 'vitest'
import { applianceServices } from '../../services/appliance-services.ts'
import { Appliance, type ApplianceOptions } from '../../services/appliance.ts'
import { readSettings, type Settings } from '../../services/config/settings.ts'
import type { Decision, Facts, HealthView, Lease, Refusal, Services } from '../../services/index.ts'
import { seed } from '../../services/seed.ts'
import { openDecisions, type DecisionStore } from '../../services/storage/decisions.ts'
import { storedDecision } from '../../services/storage/stored-decision.ts'
import type { SqliteStore } from '../../services/storage/sqlite.ts'
import type { StoreFault, Transaction } from '../../services/storage/store.ts'
import { type Link, virtualWire } from '../../stack/index.ts'
import { SeededSecureRandom, VirtualClock, type Result } from '../../stack/platform/index.ts'
import { MemoryQueryLog } from './memory-query-log.ts'
import { FakeCertificates } from './fake-certificates.ts'
import { change, NOON } from './leases.ts'
import { type MemoryFiles, testLists, type TestLists } from './lists.ts'
import { opened, smallDisk } from './storage.ts'
import { TestDevices, TestMedia } from './test-media.ts'
import { keysForTests } from './signing-keys.ts'

/** As the command line reads them: flags by name without the dashes. */
export function settingsOf(flags: { readonly [name: string]: string } = {}): Settings {
  const settings = readSettings({ flags: new Map(Object.entries(flags).map(([name, value]) => [`--${name}`, value])), environment: {}, file: undefined })
  if (!settings.ok) throw new Error(JSON.stringify(settings.error))
  return settings.value
}

export type Running = {
  readonly clock: VirtualClock
  readonly store: SqliteStore
  readonly decisions: DecisionStore
  readonly appliance: Appliance
  readonly services: Services
  readonly lists: TestLists
  readonly media: TestMedia
  readonly devices: TestDevices
  readonly log: (readonly [event: string, facts: Facts])[]
  /** The other end of the first link. */
  readonly wire: Link
  readonly queryLog: MemoryQueryLog
  /** While set, every transaction fails with it. */
  fault: StoreFault | undefined
  /** What the threads would say of themselves. */
  supervision: HealthView['checks']
  decide(decision: Omit<Decision, 'id'>): void
  bind(lease: Lease): void
}

/** With 10.53.0.2/24, the pool .100–.199 and lab.internal unless told otherwise, and whatever was written before. */
export function startAppliance(options: { readonly flags?: { readonly [name: string]: string }; readonly before?: Transaction; readonly keys?: ApplianceOptions['keys']; readonly files?: MemoryFiles; readonly upstreams?: ApplianceOptions['settings']['upstreams'] } = {}): Running {
  const clock = new VirtualClock(NOON)
  const { store } = smallDisk()
  const settings = settingsOf({ upstreams: 'none', ...options.flags })
  const writes = seed(store.load(), settings, [], NOON)
  if (!writes.ok) throw new Error(writes.error.problem)
  for (const transaction of [writes.value, options.before ?? []]) {
    const [fault] = store.commit([transaction])
    if (fault !== undefined) throw new Error(fault.detail)
  }
  const decisions = opened(openDecisions(undefined, NOON))
  const [link, wire] = virtualWire(clock, { names: [settings.link, 'nowhere'] })
  const media = new TestMedia(clock)
  const devices = new TestDevices()
  const log: Running['log'] = []
  const queryLog = new MemoryQueryLog()
  const appliance = new Appliance({
    keys: options.keys ?? keysForTests(),
    clock,
    random: new SeededSecureRandom(1),
    link,
    media,
    queryLog: queryLog.memory,
    settings: { address: settings.address, gateway: settings.gateway, gatewayMetric: 0, upstreams: options.upstreams ?? [], upstreamPath: 'stack', upstreamsFromUplinks: true, releaseUplinks: false, probe: true, serveBesideOthers: false, cache: { octets: 1024 * 1024 } },
    snapshot: store.load(),
    answerSlabs: [{ slotOctets: 512, slots: 8 }],
    soon: queueMicrotask,
    post: (batch, transactions) => {
      const faults = running.fault === undefined ? store.commit(transactions) : transactions.map(() => running.fault)
      queueMicrotask(() => appliance.settle(batch, faults))
    },
    decide: (decision) => running.decide(decision),
    log: (event, facts) => log.push([event, facts]),
  })
  const lists = testLists(clock, appliance.network.lists, store, options.files)
  const running: Running = {
    lists, clock, store, decisions, appliance, media, devices, log, wire, queryLog,
    fault: undefined,
    supervision: [],
    services: applianceServices({ network: appliance.network, listKeeper: lists.keeper, reader: store, decisions, queryLog, devices, certificates: new FakeCertificates(), clock, version: '1.2.3', supervision: () => running.supervision }),
    decide: (decision) => void decisions.add([storedDecision(decision)]),
    bind: (lease) => void store.commit([[{ kind: 'lease', at: NOON, change: change(undefined, lease) }]]),
  }
  onTestFinished(() => appliance.close())
  return running
}

/** The value of what must have been done. */
export async function done<T>(answer: Promise<Result<T, Refusal>>): Promise<T> {
  const result = await answer
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`)
  return result.value
}

/** "conflict /name: there is …", for what must have been refused. */
export async function refused(answer: Promise<Result<unknown, Refusal>>): Promise<string> {
  const result = await answer
  if (result.ok) throw new Error(`done: ${JSON.stringify(result.value)}`)
  const { code, field, problem, remedy } = result.error
  if (remedy === '') throw new Error('a refusal says what would be right')
  return `${code} ${field}: ${problem}`
}
