/** The administrator's commands on DHCP: the whole configuration is checked as it would be before anything is stored. */
import { formatIpv4, type Ipv4, type Stack } from '../../stack/index.ts'
import { type Clock, err, ok } from '../../stack/platform/index.ts'
import { checkConfiguration, type DhcpConfiguration, type DhcpServer } from '../dhcp/index.ts'
import type { Answer } from '../facade.ts'
import { type Lease, type Pool, type Refusal, refusal, type Reservation, type Subnet } from '../model/index.ts'
import type { Change, DhcpSide, New } from '../network-side.ts'
import type { Snapshot, Transaction, Write } from '../storage/store.ts'
import { type CommandTurns, missing } from './turns.ts'

export type DhcpCommandsOptions = {
  readonly clock: Clock
  readonly stack: Stack
  readonly dhcp: DhcpServer
  readonly configuration: DhcpConfiguration
  readonly lastIds: Snapshot['lastIds']
  readonly turns: CommandTurns
}

type Kind = keyof DhcpConfiguration
type ItemOf<K extends Kind> = DhcpConfiguration[K][number]

export class DhcpCommands implements DhcpSide {
  readonly #o: DhcpCommandsOptions
  #configuration: DhcpConfiguration
  readonly #lastIds: { subnets: number; pools: number; reservations: number }

  constructor(options: DhcpCommandsOptions) {
    this.#o = options
    this.#configuration = options.configuration
    const last = options.lastIds
    this.#lastIds = { subnets: last.subnet, pools: last.pool, reservations: last.reservation }
  }

  /** As the last command left it. */
  get configuration(): DhcpConfiguration {
    return this.#configuration
  }

  releaseLease(address: Ipv4): Answer<Lease> {
    return new Promise((resolve) => {
      this.#o.dhcp.release(address, (outcome) => {
        const lease = this.#o.dhcp.lease(address)
        if (outcome === 'released' && lease !== undefined) resolve(ok(lease))
        else if (outcome === 'storage-failed') resolve(err(this.#o.turns.refusal()))
        else resolve(missing(`bound lease of ${formatIpv4(address)}`))
      })
    })
  }

  async subnets(): Answer<readonly Subnet[]> {
    return ok(this.#configuration.subnets)
  }

  addSubnet(subnet: New<Subnet>): Answer<Subnet> {
    return this.#add('subnets', subnet, (item) => ({ kind: 'subnet-put', subnet: item }))
  }

  changeSubnet(id: number, change: Change<Subnet>): Answer<Subnet> {
    return this.#change('subnets', id, change, (item) => ({ kind: 'subnet-put', subnet: item }))
  }

  removeSubnet(id: number): Answer<null> {
    const users = (['pools', 'reservations'] as const).filter((kind) => this.#configuration[kind].some((item) => item.subnetId === id))
    if (users.length > 0) return Promise.resolve(err(refusal('conflict', '', `subnet ${id} has ${users.join(' and ')}`, `remove its ${users.join(' and ')} first`)))
    return this.#remove('subnets', id, { kind: 'subnet-remove', id })
  }

  async pools(): Answer<readonly Pool[]> {
    return ok(this.#configuration.pools)
  }

  addPool(pool: New<Pool>): Answer<Pool> {
    return this.#add('pools', pool, (item) => ({ kind: 'pool-put', pool: item }))
  }

  changePool(id: number, change: Change<Pool>): Answer<Pool> {
    return this.#change('pools', id, change, (item) => ({ kind: 'pool-put', pool: item }))
  }

  removePool(id: number): Answer<null> {
    return this.#remove('pools', id, { kind: 'pool-remove', id })
  }

  async reservations(): Answer<readonly Reservation[]> {
    return ok(this.#configuration.reservations)
  }

  addReservation(reservation: New<Reservation>): Answer<Reservation> {
    return this.#add('reservations', reservation, (item) => ({ kind: 'reservation-put', reservation: item }))
  }

  changeReservation(id: number, change: Change<Reservation>): Answer<Reservation> {
    return this.#change('reservations', id, change, (item) => ({ kind: 'reservation-put', reservation: item }))
  }

  removeReservation(id: number): Answer<null> {
    return this.#remove('reservations', id, { kind: 'reservation-remove', id })
  }

  #add<K extends Kind>(kind: K, fields: Omit<ItemOf<K>, 'id'>, write: (item: ItemOf<K>) => Write): Answer<ItemOf<K>> {
    return this.#o.turns.take(async () => {
      const item = { ...fields, id: this.#lastIds[kind] + 1 } as unknown as ItemOf<K>
      const done = await this.#configure(kind, [...this.#items(kind), item], this.#items(kind).length, [write(item), this.#news(kind, 'added', item.id)])
      if (!done.ok) return done
      this.#lastIds[kind]++
      return ok(item)
    })
  }

  #change<K extends Kind>(kind: K, id: number, change: Partial<Omit<ItemOf<K>, 'id'>>, write: (item: ItemOf<K>) => Write): Answer<ItemOf<K>> {
    return this.#o.turns.take(async () => {
      const items = this.#items(kind)
      const at = items.findIndex((item) => item.id === id)
      const old = items[at]
      if (old === undefined) return missing(`${SINGULAR[kind]} ${id}`)
      const item = { ...old, ...change }
      const done = await this.#configure(kind, items.with(at, item), at, [write(item), this.#news(kind, 'changed', id)])
      return done.ok ? ok(item) : done
    })
  }

  #remove(kind: Kind, id: number, write: Write): Answer<null> {
    return this.#o.turns.take(async () => {
      const items: readonly ItemOf<Kind>[] = this.#items(kind)
      if (!items.some((item) => item.id === id)) return missing(`${SINGULAR[kind]} ${id}`)
      return this.#configure(kind, items.filter((item) => item.id !== id) as never, -1, [write, this.#news(kind, 'removed', id)])
    })
  }

  #items<K extends Kind>(kind: K): readonly ItemOf<K>[] {
    return this.#configuration[kind] as readonly ItemOf<K>[]
  }

  /** Checks the whole configuration as it would be; the item at `at` is the one that the person gave. */
  async #configure<K extends Kind>(kind: K, items: readonly ItemOf<K>[], at: number, writes: Transaction): Answer<null> {
    const next: DhcpConfiguration = { ...this.#configuration, [kind]: items }
    const checked = checkConfiguration(next)
    if (!checked.ok) return err(pointedAt(checked.error, `/${kind}/${at}`))
    if (kind === 'subnets' && at >= 0) {
      const refused = this.#checkInterface((items[at] as Subnet).interfaceName)
      if (refused !== undefined) return err(refused)
    }
    const stored = await this.#o.turns.store(writes)
    if (!stored.ok) return stored
    this.#configuration = next
    this.#o.dhcp.configure(next)
    return ok(null)
  }

  #checkInterface(name: string): Refusal | undefined {
    const names = this.#o.stack.interfaces.map((i) => i.name)
    return names.includes(name) ? undefined : refusal('invalid', '/interface', `there is no interface "${name}"`, `one of: ${names.join(', ')}`)
  }

  #news(kind: Kind, what: 'added' | 'changed' | 'removed', id: number): Write {
    return { kind: 'event', at: this.#o.clock.wallMs(), event: 'configuration.changed', facts: { what: SINGULAR[kind], id, how: what } }
  }
}

const SINGULAR: { readonly [K in Kind]: string } = { subnets: 'subnet', pools: 'pool', reservations: 'reservation' }

/** The check speaks of the whole configuration; a person gave one item of it. */
function pointedAt(r: Refusal, item: string): Refusal {
  if (r.field.startsWith(`${item}/`)) return { ...r, field: r.field.slice(item.length) }
  const [, kind, index] = r.field.split('/')
  return { ...r, field: '', problem: `with this change ${SINGULAR[kind as Kind] ?? kind} number ${Number(index) + 1} would be wrong: ${r.problem}` }
}
