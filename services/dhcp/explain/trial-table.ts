/**
 * The lease table as one made-up exchange sees it: what it writes is written here, what it reads and did not write is
 * read from the real one, which stays as it is. What waits for the disk or for a probe there is taken as gone well.
 */
import type { Clock } from '../../../stack/platform/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { ClientKey } from '../../model/index.ts'
import { FREE, ownerOf, step } from '../lease-machine.ts'
import type { BindingState } from '../lease-machine.ts'
import { Binding, LeaseTable } from '../lease-table.ts'

export class TrialTable extends LeaseTable {
  readonly #beneath: LeaseTable
  readonly #clock: Clock
  readonly #offerMs: number
  /** Addresses that the exchange wrote to. */
  readonly #written = new Set<Ipv4>()

  /** `clock` stands still and runs nothing. */
  constructor(beneath: LeaseTable, clock: Clock, offerMs: number) {
    super({ clock, due: () => undefined, freed: () => undefined }, [])
    this.#beneath = beneath
    this.#clock = clock
    this.#offerMs = offerMs
  }

  override get offers(): number {
    return this.#beneath.offers + super.offers
  }
  override get probes(): number {
    return this.#beneath.probes + super.probes
  }
  override get saves(): number {
    return this.#beneath.saves + super.saves
  }

  override find(address: Ipv4): Binding | undefined {
    if (this.#written.has(address)) return super.find(address)
    const found = this.#beneath.find(address)
    return found === undefined ? undefined : new Binding(address, found.subnetId, this.#goneWell(found.state))
  }

  override stateOf(address: Ipv4): BindingState {
    return this.find(address)?.state ?? FREE
  }

  override kindOf(address: Ipv4): BindingState['kind'] {
    if (this.#written.has(address)) return super.kindOf(address)
    const kind = this.#beneath.kindOf(address)
    return kind === 'saving' || kind === 'probing' ? this.stateOf(address).kind : kind
  }

  override knows(address: Ipv4): boolean {
    return this.#written.has(address) ? super.knows(address) : this.#beneath.knows(address)
  }

  override set(binding: Binding, state: BindingState, due?: number): void {
    this.#written.add(binding.address)
    super.set(binding, state, due)
  }

  override *ofClient(client: ClientKey, scope: { holds(subnetId: number): boolean }): Iterable<Binding> {
    const read = [...this.#beneath.ofClient(client, scope)].filter(({ address }) => !this.#written.has(address))
    // Whoever iterates may set the state.
    const mine = [...read, ...super.ofClient(client, scope)].map(({ address }) => address)
    for (const address of mine) {
      const binding = this.find(address)
      if (binding !== undefined && ownerOf(binding.state) === client) yield binding
    }
  }

  #goneWell(state: BindingState): BindingState {
    const now = this.#clock.now()
    if (state.kind === 'saving') return step(state, { kind: 'saved' }, { now, wallMs: this.#clock.wallMs() })[0]
    if (state.kind !== 'probing') return state
    return step(state, { kind: 'probe-clear', offerMs: this.#offerMs }, { now, wallMs: this.#clock.wallMs() })[0]
  }
}
