/** Leases of another server into the running table and the store, all in one transaction. */
import { formatIpv4 } from '../../stack/index.ts'
import { clientKey } from '../model/index.ts'
import type { Lease, LeaseChange } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { ForeignLease } from './interchange/foreign-leases.ts'
import type { ImportNote } from './interchange/translated.ts'

/** `failed`: nothing was stored. */
export type ImportedLeases = { readonly taken: number; readonly notes: readonly ImportNote[]; readonly failed: boolean }

const ETHERNET = 1

/**
 * Takes what is not held already. A lease that has ended is kept as the last one of its address, so that its client
 * gets that again. Names are published when the client renews. With `dryRun` it only says what would be done.
 */
export function importLeases(engine: Engine, rows: readonly ForeignLease[], dryRun: boolean, done: (imported: ImportedLeases) => void): void {
  const notes: ImportNote[] = []
  const leases: Lease[] = []
  /** Clients that get a lease here, by segment. */
  const taken = new Set<string>()
  for (const row of rows) {
    const judged = judge(engine, row, taken)
    if ('problem' in judged) notes.push(judged)
    else leases.push(judged)
  }
  if (dryRun || leases.length === 0) {
    done({ taken: leases.length, notes, failed: false })
    return
  }
  const changes: LeaseChange[] = []
  for (const lease of leases) {
    for (const effect of engine.apply(lease.address, lease.subnetId, { kind: 'import', lease })) {
      if (effect.kind === 'save') changes.push(effect.change)
    }
  }
  engine.save(changes, durable => {
    for (const { after } of changes) {
      const address = formatIpv4(after.address)
      engine.decideFor(after, 'administrator', [durable ? dhcpStep('dhcp.lease.imported', { address }) : dhcpStep('dhcp.storage.failed', { address })])
    }
    done({ taken: changes.length, notes, failed: !durable })
  })
}

function judge(engine: Engine, row: ForeignLease, taken: Set<string>): Lease | ImportNote {
  const { line, address, mac, clientId, hostName, expiresAt } = row
  const scope = engine.configuration.scopeHolding(address)
  const subnet = scope?.subnetHolding(address)
  const text = formatIpv4(address)
  if (scope === undefined || subnet === undefined || !scope.isHostAddress(address)) {
    return { line, problem: `${text} is an address of no subnet`, remedy: 'add the subnet first' }
  }
  if (engine.ownAddressOn(scope.segment.interfaceName) === address) return { line, problem: `${text} is our own address`, remedy: 'leave the line out' }
  const wallMs = engine.ports.clock.wallMs()
  const hasEnded = expiresAt !== undefined && expiresAt <= wallMs
  const state = engine.table.stateOf(address)
  if (state.kind !== 'free') return { line, problem: `${text} is held already`, remedy: 'release it first, if the file is right' }
  const client = clientKey(ETHERNET, mac, clientId)
  if (state.row !== undefined && hasEnded) return { line, problem: `${text} has a history here, which is kept`, remedy: 'nothing is to be done' }
  const other = [...engine.table.ofClient(client, scope)].find(binding => binding.state.kind !== 'free')
  const key = `${scope.segment.id} ${client}`
  if (!hasEnded && (other !== undefined || taken.has(key))) {
    return { line, problem: `the client of ${text} has another lease in this segment`, remedy: 'keep the one that it uses' }
  }
  if (!hasEnded) taken.add(key)
  const at = hasEnded ? expiresAt : wallMs
  return {
    address,
    subnetId: subnet.subnet.id,
    state: hasEnded ? 'expired' : 'bound',
    hardwareType: ETHERNET,
    mac,
    clientId,
    hostName,
    publishedName: undefined,
    hostId: undefined,
    startedAt: at,
    renewedAt: at,
    expiresAt,
    relayInformation: undefined,
    countedUnder: undefined,
  }
}
