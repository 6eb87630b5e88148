/**
 * An engine for one made-up exchange. It reads what the real one knows and writes beside it: no lease, no offer, no
 * counter and no limit of the real one changes, nothing is sent, and nobody is asked on the wire.
 */
import type { Clock, SecureRandom } from '../../../stack/platform/index.ts'
import { formatIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { EMPTY_CONFIGURATION } from '../../model/index.ts'
import type { Decision, LeaseChange } from '../../model/index.ts'
import { AddressSource } from '../allocate/address-source.ts'
import type { AddressView } from '../allocate/allocator.ts'
import type { Scope } from '../configuration.ts'
import { DeclineLimits } from '../decline-limits.ts'
import { Engine } from '../engine.ts'
import type { Exchange } from '../exchange.ts'
import { HostTakeovers } from '../host-takeover.ts'
import { LeaseCounts } from '../lease-limits.ts'
import { NewClients } from '../new-clients.ts'
import { ObservedAddresses } from '../observed-addresses.ts'
import type { DhcpReply } from '../ports.ts'
import { run } from '../pipeline.ts'
import { TrialTable } from './trial-table.ts'

/** What the exchange came to. */
export type TrialOutcome = {
  decision: Omit<Decision, 'id'> | undefined
  readonly replies: DhcpReply[]
  readonly changes: LeaseChange[]
  /** What was taken for granted instead of asked on the wire. */
  readonly assumed: string[]
}

/** Secrets of a trial are zeros: they are told to whoever asks. */
const NO_SECRETS: SecureRandom = { secure: true, u32: () => 0, below: () => 0, chance: () => false, fill: into => into.fill(0) }

export class TrialEngine extends Engine {
  readonly outcome: TrialOutcome
  override readonly table: TrialTable
  override readonly addresses: AddressSource
  override readonly observed: ObservedAddresses
  override readonly declines: DeclineLimits
  override readonly counts: LeaseCounts
  override readonly newClients: NewClients
  override readonly takeovers: HostTakeovers
  readonly #later: (() => void)[] = []

  constructor(beneath: Engine) {
    const outcome: TrialOutcome = { decision: undefined, replies: [], changes: [], assumed: [] }
    const clock = standing(beneath.ports.clock)
    super(trialPorts(beneath, clock, outcome), beneath.settings, EMPTY_CONFIGURATION, [], x => run(this, x))
    this.outcome = outcome
    this.configuration = beneath.configuration
    this.table = new TrialTable(beneath.table, clock, beneath.offerMs)
    this.addresses = new TrialAddresses(beneath.addresses)
    this.observed = new ObservedAddresses(beneath.observed)
    this.declines = new DeclineLimits(clock.now(), beneath.declines)
    this.counts = new LeaseCounts(beneath.counts)
    this.newClients = new NewClients(beneath.newClients)
    this.takeovers = new HostTakeovers(beneath.takeovers)
  }

  override later(_ms: number, what: () => void): boolean {
    this.#later.push(what)
    return true
  }

  /** Takes the exchange to its end, as if all waits were over. */
  run(x: Exchange): TrialOutcome {
    run(this, x)
    for (const what of this.#later) what()
    return this.outcome
  }
}

class TrialAddresses extends AddressSource {
  readonly #beneath: AddressSource

  constructor(beneath: AddressSource) {
    super(NO_SECRETS)
    this.#beneath = beneath
  }

  override next(scope: Scope, x: Exchange, view: AddressView): Ipv4 | undefined {
    return this.#beneath.peek(scope, x, view)
  }
}

/** The present, for as long as the trial lasts. */
function standing(clock: Clock): Clock {
  const now = clock.now()
  const wallMs = clock.wallMs()
  return { now: () => now, wallMs: () => wallMs, at: () => ({ cancel: () => undefined }) }
}

function trialPorts(beneath: Engine, clock: Clock, outcome: TrialOutcome): Engine['ports'] {
  const assume = (address: Ipv4): void => void outcome.assumed.push(`nobody answers for ${formatIpv4(address)}`)
  return {
    clock,
    random: NO_SECRETS,
    send: reply => outcome.replies.push({ ...reply, bytes: reply.bytes.slice(0, reply.length) }),
    probe: (_interfaceName, address, done) => {
      assume(address)
      done(undefined)
    },
    ping: (address, done) => {
      assume(address)
      done(false)
    },
    commit: (changes, done) => {
      outcome.changes.push(...changes)
      done(true)
    },
    nameFor: (lease, domain) => beneath.ports.nameFor(lease, domain),
    decide: decision => {
      outcome.decision = decision
    },
    tell: () => undefined,
  }
}
