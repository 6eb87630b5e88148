/**
 * How many leases a class or the port of a relay may hold. A bound lease names the limits that it counts against in its
 * row, so that the counts are right again after a restart, and stay right when a class is changed.
 */
import { toHex } from '../../stack/platform/index.ts'
import type { Lease, LeaseChange } from '../model/index.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import type { Exchange } from './exchange.ts'
import { CIRCUIT_ID, REMOTE_ID } from './wire/relay-information.ts'

export class LeaseCounts {
  /** Bounded by the leases that count, each of which has an address of a pool. */
  readonly #counts = new Map<string, number>()
  readonly #beneath: LeaseCounts | undefined

  /** `beneath` is where to go on from, and is left as it is. */
  constructor(beneath?: LeaseCounts) {
    this.#beneath = beneath
  }

  /** Follows changes that are on their way to the disk. */
  apply(changes: readonly LeaseChange[]): void {
    for (const { before, after } of changes) {
      this.#add(before, -1)
      this.#add(after, 1)
    }
  }

  /** Takes back changes that did not get there. */
  revert(changes: readonly LeaseChange[]): void {
    for (const { before, after } of changes) {
      this.#add(after, -1)
      this.#add(before, 1)
    }
  }

  of(limit: string): number {
    return this.#counts.get(limit) ?? this.#beneath?.of(limit) ?? 0
  }

  /** Passes rows on, counted. */
  *counting(leases: Iterable<Lease>): Iterable<Lease> {
    for (const lease of leases) {
      this.#add(lease, 1)
      yield lease
    }
  }

  #add(lease: Lease | undefined, by: number): void {
    if (lease?.countedUnder === undefined || lease.state !== 'bound') return
    for (const limit of lease.countedUnder) {
      const count = this.of(limit) + by
      if (count === 0 && this.#beneath === undefined) this.#counts.delete(limit)
      else this.#counts.set(limit, count)
    }
  }
}

type Limit = { readonly key: string; readonly most: number; readonly what: string }

/** The limits that a lease of this client counts against. */
function limitsOf(x: Exchange, scope: Scope): readonly Limit[] {
  const limits: Limit[] = []
  for (const { clientClass } of x.classes) {
    const { id, name, leaseLimit } = clientClass
    if (leaseLimit !== undefined) limits.push({ key: `class ${id}`, most: leaseLimit, what: `class ${name}` })
  }
  const { leasesPerRelayPort: most } = scope.segment.policy
  const port = most === undefined ? undefined : relayPort(x)
  if (most !== undefined && port !== undefined) {
    limits.push({ key: `port ${scope.segment.id} ${port}`, most, what: 'port of its relay' })
  }
  return limits
}

/** Which port of which relay a request came by, as far as the relay says (RFC 3046 §3.1, §3.2). */
export function relayPort(x: Exchange): string | undefined {
  const [circuit, remote] = [x.relay.get(CIRCUIT_ID), x.relay.get(REMOTE_ID)]
  if (circuit === undefined && remote === undefined) return undefined
  return `${remote === undefined ? '*' : toHex(remote)} ${circuit === undefined ? '*' : toHex(circuit)}`
}

/** For the row of a lease that is given now. */
export function countedUnder(x: Exchange, scope: Scope): readonly string[] | undefined {
  const limits = limitsOf(x, scope)
  return limits.length === 0 ? undefined : limits.map(limit => limit.key)
}

/** The limit that another lease of this client would break, for people; a lease that it holds already is no other. */
export function brokenLimit(engine: Engine, x: Exchange, scope: Scope): string | undefined {
  const broken = limitsOf(x, scope).filter(limit => engine.counts.of(limit.key) >= limit.most)
  if (broken.length === 0) return undefined
  const held = [...engine.table.ofClient(x.client.key, scope)].flatMap(({ state }) =>
    state.kind === 'bound' ? (state.row.countedUnder ?? []) : [],
  )
  const limit = broken.find(each => !held.includes(each.key))
  return limit && `${limit.most} leases for its ${limit.what}`
}
