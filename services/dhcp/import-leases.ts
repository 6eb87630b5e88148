/** Leases of another server into the running table and the store, all in one transaction. */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { clientKey } from '../model/index.ts'
import type { ClientKey, Lease, LeaseChange, TraceStep } from '../model/index.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { ForeignLease } from './interchange/foreign-leases.ts'
import type { ImportNote } from './interchange/translated.ts'

export type ImportedLeases = {
  readonly taken: number
  readonly notes: readonly ImportNote[]
  /** Leases that were taken without a name in DNS, and why. */
  readonly unnamed: readonly Unnamed[]
  /** Nothing was stored. */
  readonly failed: boolean
}
type Unnamed = { readonly line: number; readonly address: Ipv4; readonly why: TraceStep }

const ETHERNET = 1

/** What the rows before have come to. */
type Taken = {
  /** Clients that get a lease here, by segment. */
  readonly clients: Set<string>
  /** Addresses by the name that they are published under. */
  readonly names: Map<string, string>
  readonly notes: ImportNote[]
  readonly unnamed: Unnamed[]
}

/**
 * Takes what is not held already, with its name. A lease that has ended is kept as the last one of its address, so that
 * its client gets that again. With `dryRun` it only says what would be done.
 */
export function importLeases(engine: Engine, rows: readonly ForeignLease[], dryRun: boolean, done: (imported: ImportedLeases) => void): void {
  const leases: Lease[] = []
  const taken: Taken = { clients: new Set(), names: new Map(), notes: [], unnamed: [] }
  const { notes, unnamed } = taken
  for (const row of rows) {
    const refused = refusalOf(engine, row, taken)
    if (refused === undefined) leases.push(leaseFor(engine, row, taken))
    else notes.push({ line: row.line, ...refused })
  }
  if (dryRun || leases.length === 0) {
    done({ taken: leases.length, notes, unnamed, failed: false })
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
    done({ taken: changes.length, notes, unnamed, failed: !durable })
  })
}

const hasEnded = (engine: Engine, { expiresAt }: ForeignLease): boolean => expiresAt !== undefined && expiresAt <= engine.ports.clock.wallMs()
const keyOf = ({ mac, clientId }: ForeignLease): ClientKey => clientKey(ETHERNET, mac, clientId)

/** Why a row is not taken. */
function refusalOf(engine: Engine, row: ForeignLease, taken: Taken): Omit<ImportNote, 'line'> | undefined {
  const { address } = row
  const scope = engine.configuration.scopeHolding(address)
  const text = formatIpv4(address)
  if (scope === undefined || !scope.isHostAddress(address)) return { problem: `${text} is an address of no subnet`, remedy: 'add the subnet first' }
  if (engine.ownAddressOn(scope.segment.interfaceName) === address) return { problem: `${text} is our own address`, remedy: 'leave the line out' }
  const state = engine.table.stateOf(address)
  if (state.kind !== 'free') return { problem: `${text} is held already`, remedy: 'release it first, if the file is right' }
  if (hasEnded(engine, row)) return state.row === undefined ? undefined : { problem: `${text} has a history here, which is kept`, remedy: 'nothing is to be done' }
  const held = [...engine.table.ofClient(keyOf(row), scope)].find(binding => binding.state.kind !== 'free')
  const other = held ?? engine.table.beingTakenFrom(keyOf(row), scope)
  const key = `${scope.segment.id} ${keyOf(row)}`
  if (other !== undefined || taken.clients.has(key)) return { problem: `the client of ${text} has another lease in this segment`, remedy: 'keep the one that it uses' }
  taken.clients.add(key)
  return undefined
}

/** The row as a lease of ours: with its host entry, if one stands for it, and the name that it is published under. */
function leaseFor(engine: Engine, row: ForeignLease, taken: Taken): Lease {
  const { line, address, mac, clientId, expiresAt } = row
  const scope = engine.configuration.scopeHolding(address)
  const ended = hasEnded(engine, row)
  const at = ended && expiresAt !== undefined ? expiresAt : engine.ports.clock.wallMs()
  const said = { clientId, mac, hostName: row.hostName, uuid: undefined, circuitId: undefined, remoteId: undefined }
  const host = engine.configuration.hosts.match(said, subnetId => scope?.holds(subnetId) === true)?.host
  const lease: Lease = {
    address,
    subnetId: scope?.subnetIdOf(address) ?? 0,
    state: ended ? 'expired' : 'bound',
    hardwareType: ETHERNET,
    mac,
    clientId,
    hostName: host?.host.name ?? row.hostName,
    publishedName: undefined,
    hostId: host?.host.addresses.some(each => each.address === address) === true ? host.host.id : undefined,
    startedAt: at,
    renewedAt: at,
    expiresAt,
    relayInformation: undefined,
    countedUnder: undefined,
  }
  if (ended) return lease
  const text = formatIpv4(address)
  const owner = engine.configuration.hosts.at(address)
  if (owner !== undefined && owner !== host) {
    taken.notes.push({ line, problem: `${text} is reserved for ${owner.label}`, remedy: 'its client has it and was left with it until it renews; then it gets another' })
  }
  const { name, trace } = engine.ports.nameFor(lease, scope?.subnetHolding(address)?.domain)
  if (name === undefined) {
    if (trace !== undefined) taken.unnamed.push({ line, address, why: trace })
    return lease
  }
  const holder = taken.names.get(name)
  if (holder !== undefined) {
    taken.notes.push({ line, problem: `${text} has no name in DNS: ${name} is that of ${holder}`, remedy: 'rename one of the two, or give it another name with a host entry' })
    return lease
  }
  taken.names.set(name, text)
  return { ...lease, publishedName: name }
}
